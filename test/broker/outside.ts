import type { TopicPartition } from '../../src/core/ids.ts';
import type { GroupId, TopicId } from '../../src/core/ids.ts';
import { type Result, ok } from '../../src/core/result.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import type { MetadataChanges, StoredGroup, StoredTopic } from '../../src/ports/metadata-store.ts';
import type { Append, AppendOutcome, LogBounds, LogChanges } from '../../src/ports/record-log.ts';
import { MemoryMetadata } from '../../src/store/memory-metadata.ts';

/** A log that others append to as well: it tells of whatever comes and of starts that move. */
export class WatchedLog extends MemoryLog {
  #changes: LogChanges | undefined;

  override watch(changes?: LogChanges): void {
    this.#changes = changes;
  }

  override async append(append: Append): Promise<AppendOutcome> {
    const outcome = await super.append(append);
    if (outcome.kind === 'appended') {
      for (const { topicId, partition, batch } of append.entries) {
        this.#changes?.appended({ topicId, partition }, batch.bytes.length);
      }
    }
    return outcome;
  }

  /** Retention, or somebody's DeleteRecords, at the cluster. */
  async trimOutside(partition: TopicPartition, startOffset: number): Promise<LogBounds> {
    const bounds = await super.trim(partition, startOffset);
    this.#changes?.startMoved(partition);
    return bounds;
  }
}

/** Metadata of a cluster, which others change as well. */
export class OutsideMetadata extends MemoryMetadata {
  override readonly topicsBelongTo = 'cluster';
  readonly #log: MemoryLog;
  #changes: MetadataChanges | undefined;
  /** What the next refresh finds. */
  unheard: (() => void)[] = [];
  refreshes = 0;
  refusal: Result<never> | undefined;

  constructor(log: MemoryLog) {
    super();
    this.#log = log;
  }

  override watch(changes?: MetadataChanges): void {
    this.#changes = changes;
  }

  override async refreshTopics(): Promise<void> {
    this.refreshes++;
    for (const tell of this.unheard.splice(0)) tell();
  }

  override async putTopic(topic: StoredTopic): Promise<Result<StoredTopic>> {
    return this.refusal ?? ok(await this.topicOutside(topic));
  }

  override async deleteTopic(topicId: TopicId): Promise<Result<null>> {
    return this.refusal ?? (await super.deleteTopic(topicId));
  }

  /** Created or altered at the cluster; told by `tell`. */
  async topicOutside(topic: StoredTopic): Promise<StoredTopic> {
    const stored = { ...topic, inherited: topic.inherited ?? {} };
    await super.putTopic(stored);
    const partitions = Array.from({ length: topic.partitionCount }, (_, partition) => ({
      topicId: topic.topicId,
      partition,
    }));
    await this.#log.createPartitions(partitions);
    return stored;
  }

  tell(there: readonly StoredTopic[], gone: readonly TopicId[] = []): void {
    this.#changes?.topics(there, gone);
  }

  tellGroup(group: GroupId, stored: StoredGroup | null): void {
    this.#changes?.group(group, stored);
  }
}
