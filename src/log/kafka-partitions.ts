import { type TopicPartition, topicPartitionText } from '../core/ids.ts';
import { PartitionMap } from '../core/partition-map.ts';
import type { LogBounds, LogChanges, StoredBatch } from '../ports/record-log.ts';

/** What is known of a partition of the cluster. */
export interface KafkaPartition extends TopicPartition {
  /** Its place in the cache: another one for each time it is known anew. */
  readonly cacheKey: number;
  readonly topicName: string;
  /** Undefined until the cluster has told them. */
  bounds: LogBounds | undefined;
  /** Where the tail goes on to read. */
  tailOffset: number;
  /** Up to here the bytes are counted. */
  countedOffset: number;
}

/** The partitions of all topics, and the one place where what is known of them changes. */
export class KafkaPartitions {
  readonly #known = new PartitionMap<KafkaPartition>();
  /** Stays when a partition is not known for a while. */
  readonly #followed = new Set<string>();
  readonly #watchers: LogChanges[] = [];
  #lastCacheKey = 0;

  watch(changes: LogChanges): void {
    this.#watchers.push(changes);
  }

  get(partition: TopicPartition): KafkaPartition | undefined {
    return this.#known.get(partition);
  }

  all(): IterableIterator<KafkaPartition> {
    return this.#known.values();
  }

  add({ topicId, partition }: TopicPartition, topicName: string): KafkaPartition {
    const cacheKey = ++this.#lastCacheKey;
    const added = { topicId, partition, topicName, cacheKey, bounds: undefined, tailOffset: 0, countedOffset: 0 };
    this.#known.set(added, added);
    return added;
  }

  remove(partition: TopicPartition): void {
    this.#known.delete(partition);
  }

  follow(partition: TopicPartition): void {
    this.#followed.add(topicPartitionText(partition));
    const known = this.get(partition);
    if (known !== undefined) known.tailOffset = known.bounds?.endOffset ?? 0;
  }

  unfollow(partition: TopicPartition): void {
    this.#followed.delete(topicPartitionText(partition));
  }

  isFollowed(partition: TopicPartition): boolean {
    return this.#followed.has(topicPartitionText(partition));
  }

  /**
   * The cluster has told where a partition starts and ends. Answers may come in another order than they were made in, so neither
   * moves back; an end that lies before what was seen once means that the cluster lost records, which `lost` says.
   */
  learn(
    partition: KafkaPartition,
    told: {
      readonly startOffset?: number;
      readonly endOffset?: number;
      readonly cameBytes?: number;
      readonly lost?: boolean;
    },
  ): void {
    const before = partition.bounds;
    const startOffset = Math.max(before?.startOffset ?? 0, told.startOffset ?? 0);
    const toldEnd = told.endOffset ?? 0;
    const endOffset = Math.max(startOffset, told.lost === true ? toldEnd : Math.max(before?.endOffset ?? 0, toldEnd));
    const cameBytes = told.cameBytes ?? 0;
    partition.bounds = { startOffset, endOffset, sizeBytes: sizeAfter(before, startOffset) + cameBytes };
    if (before === undefined) partition.tailOffset = endOffset;
    if (!this.isFollowed(partition)) return;
    const { topicId, partition: index } = partition;
    for (const watcher of this.#watchers) {
      if (startOffset > (before?.startOffset ?? 0)) watcher.startMoved({ topicId, partition: index });
      // An end that moves before its records came is told too: somebody may wait for them.
      const hasMoved = endOffset > (before?.endOffset ?? 0);
      if (hasMoved || cameBytes > 0) watcher.appended({ topicId, partition: index }, Math.max(1, cameBytes));
    }
  }

  /** The bytes of those batches that have not been counted yet; now they are. */
  count(
    partition: KafkaPartition,
    batches: readonly Pick<StoredBatch, 'baseOffset' | 'lastOffset' | 'bytes'>[],
  ): number {
    let bytes = 0;
    for (const batch of batches) {
      if (batch.baseOffset < partition.countedOffset) continue;
      bytes += batch.bytes.length;
      partition.countedOffset = batch.lastOffset + 1;
    }
    return bytes;
  }
}

/** Kafka does not tell how many bytes retention took: as many as the offsets had on average. */
const sizeAfter = (before: LogBounds | undefined, startOffset: number): number => {
  if (before === undefined || startOffset <= before.startOffset) return before?.sizeBytes ?? 0;
  const left = Math.max(0, before.endOffset - startOffset);
  return Math.round((before.sizeBytes * left) / (before.endOffset - before.startOffset));
};
