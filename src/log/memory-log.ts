import { topicPartitionText } from '../core/ids.ts';
import type { TopicPartition } from '../core/ids.ts';
import { PartitionMap } from '../core/partition-map.ts';
import { type ProducerState, checkSequence, stateAfter } from '../core/producer/producer-state.ts';
import { Fault, closedAdapter } from '../ports/fault.ts';
import type {
  Append,
  AppendOutcome,
  LeaderEpochEnd,
  LogBounds,
  RecordLog,
  RequestKey,
  StoredBatch,
} from '../ports/record-log.ts';

interface Partition {
  startOffset: number;
  endOffset: number;
  batches: StoredBatch[];
  /** Of the batches. */
  sizeBytes: number;
  readonly producers: Map<number, Producer>;
}

interface Producer {
  readonly state: ProducerState;
  readonly usedAtMs: number;
}

interface UsedKey {
  readonly requestKey: RequestKey;
  readonly baseOffsets: readonly number[];
}

const dayMs = 24 * 60 * 60 * 1000;

/** The record log in memory: for tests, and obviously right. */
export class MemoryLog implements RecordLog {
  readonly mayHaveHoles = false;
  readonly knowsSizes: boolean = true;
  readonly #requestKeyRetentionMs: number;
  readonly #producerIdExpirationMs: number;
  readonly #partitions = new PartitionMap<Partition>();
  readonly #usedKeys = new Map<string, UsedKey>();
  #closed = false;

  constructor(options: { readonly requestKeyRetentionMs?: number; readonly producerIdExpirationMs?: number } = {}) {
    this.#requestKeyRetentionMs = options.requestKeyRetentionMs ?? dayMs;
    this.#producerIdExpirationMs = options.producerIdExpirationMs ?? dayMs;
  }

  watch(): void {}

  async follow(): Promise<void> {}

  unfollow(): void {}

  async createPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    this.#checkOpen('create partitions');
    for (const partition of partitions) {
      if (!this.#partitions.has(partition))
        this.#partitions.set(partition, {
          startOffset: 0,
          endOffset: 0,
          batches: [],
          sizeBytes: 0,
          producers: new Map(),
        });
    }
  }

  async deletePartitions(partitions: readonly TopicPartition[]): Promise<void> {
    this.#checkOpen('delete partitions');
    for (const partition of partitions) this.#partitions.delete(partition);
  }

  async append({ entries, requestKey, producer }: Append): Promise<AppendOutcome> {
    this.#checkOpen('append');
    const partitions = entries.map((entry) => this.#known(entry, 'append'));
    if (requestKey !== undefined) {
      const used = this.#usedKeys.get(keyText(requestKey));
      if (used !== undefined && used.requestKey.nowMs >= requestKey.nowMs - this.#requestKeyRetentionMs) {
        if (used.requestKey.fingerprint !== requestKey.fingerprint) return { kind: 'key_reused' };
        return { kind: 'replayed', baseOffsets: used.baseOffsets, layout: used.requestKey.layout };
      }
    }
    const [first] = entries;
    const [partition] = partitions;
    const sent = producer === undefined ? undefined : partition?.producers.get(producer.producerId);
    const isForgotten = sent === undefined || sent.usedAtMs < (producer?.nowMs ?? 0) - this.#producerIdExpirationMs;
    const before = isForgotten ? undefined : sent.state;
    if (producer !== undefined && first !== undefined) {
      const checked = checkSequence(before, producer, first.batch.offsetCount);
      if (!checked.ok) return { kind: 'refused', error: checked.error };
      if (checked.value !== undefined) return { kind: 'appended', baseOffsets: [checked.value] };
    }
    const baseOffsets = entries.map(({ batch }, i) => {
      const partition = partitions[i] as Partition;
      const baseOffset = partition.endOffset;
      // Not slice: that of a Buffer is a view.
      const bytes = new Uint8Array(batch.bytes);
      const header = new DataView(bytes.buffer);
      header.setBigInt64(0, BigInt(baseOffset));
      header.setInt32(12, 0); // leader epoch
      partition.endOffset += batch.offsetCount;
      const { baseTimestampMs, maxTimestampMs } = batch;
      partition.sizeBytes += bytes.length;
      partition.batches.push({
        baseOffset,
        lastOffset: partition.endOffset - 1,
        baseTimestampMs,
        maxTimestampMs,
        bytes,
      });
      return baseOffset;
    });
    if (requestKey !== undefined) this.#usedKeys.set(keyText(requestKey), { requestKey, baseOffsets });
    const [baseOffset] = baseOffsets;
    if (producer !== undefined && first !== undefined && baseOffset !== undefined) {
      const state = stateAfter(before, producer, { baseOffset, offsetCount: first.batch.offsetCount });
      partition?.producers.set(producer.producerId, { state, usedAtMs: producer.nowMs });
    }
    return { kind: 'appended', baseOffsets };
  }

  bounds(topicPartition: TopicPartition): LogBounds | undefined {
    const partition = this.#partitions.get(topicPartition);
    return partition === undefined ? undefined : boundsOf(partition);
  }

  leaderEpoch(): number {
    return 0;
  }

  async endOfLeaderEpoch(topicPartition: TopicPartition, leaderEpoch: number): Promise<LeaderEpochEnd> {
    this.#checkOpen('find the end of a leader epoch');
    const { endOffset } = this.#known(topicPartition, 'find the end of a leader epoch');
    return leaderEpoch === 0 ? { leaderEpoch, endOffset } : { leaderEpoch: -1, endOffset: -1 };
  }

  async read(
    topicPartition: TopicPartition,
    range: { readonly startOffset: number; readonly endOffset: number; readonly maxBytes: number },
  ): Promise<readonly StoredBatch[]> {
    this.#checkOpen('read');
    const { batches, startOffset } = this.#known(topicPartition, 'read');
    const from = Math.max(range.startOffset, startOffset);
    const found: StoredBatch[] = [];
    let leftBytes = range.maxBytes;
    if (from >= range.endOffset) return found;
    for (const batch of batches) {
      if (batch.lastOffset < from) continue;
      if (batch.baseOffset >= range.endOffset) break;
      if (found.length > 0 && batch.bytes.length > leftBytes) break;
      found.push(batch);
      leftBytes -= batch.bytes.length;
    }
    return found;
  }

  cached(topicPartition: TopicPartition, offset: number): StoredBatch | undefined {
    const partition = this.#closed ? undefined : this.#partitions.get(topicPartition);
    if (partition === undefined || offset < partition.startOffset) return undefined;
    return partition.batches.find((batch) => batch.baseOffset <= offset && offset <= batch.lastOffset);
  }

  async offsetForTimestamp(
    topicPartition: TopicPartition,
    timestampMs: number,
    fromOffset = 0,
  ): Promise<number | undefined> {
    this.#checkOpen('find an offset by its timestamp');
    const { batches } = this.#known(topicPartition, 'find an offset by its timestamp');
    return batches.find((batch) => batch.maxTimestampMs >= timestampMs && batch.lastOffset >= fromOffset)?.baseOffset;
  }

  async offsetOfMaxTimestamp(topicPartition: TopicPartition): Promise<number | undefined> {
    this.#checkOpen('find the greatest timestamp');
    const { batches } = this.#known(topicPartition, 'find the greatest timestamp');
    const greatest = batches.reduce((most, batch) => Math.max(most, batch.maxTimestampMs), -Infinity);
    return batches.find((batch) => batch.maxTimestampMs === greatest)?.baseOffset;
  }

  async timestampAt(topicPartition: TopicPartition, offset: number): Promise<number | undefined> {
    this.#checkOpen('find the timestamp of an offset');
    const { batches } = this.#known(topicPartition, 'find the timestamp of an offset');
    return batches.find((batch) => batch.lastOffset >= offset)?.baseTimestampMs;
  }

  async trim(topicPartition: TopicPartition, startOffset: number): Promise<LogBounds> {
    this.#checkOpen('trim');
    const partition = this.#known(topicPartition, 'trim');
    partition.startOffset = Math.max(partition.startOffset, Math.min(startOffset, partition.endOffset));
    partition.batches = partition.batches.filter((batch) => batch.lastOffset >= partition.startOffset);
    partition.sizeBytes = partition.batches.reduce((sum, batch) => sum + batch.bytes.length, 0);
    return boundsOf(partition);
  }

  async applyRetention(
    topicPartition: TopicPartition,
    limits: { readonly minTimestampMs?: number; readonly maxBytes?: number },
  ): Promise<LogBounds> {
    this.#checkOpen('apply retention');
    const partition = this.#known(topicPartition, 'apply retention');
    const { minTimestampMs = -Infinity, maxBytes = Infinity } = limits;
    for (;;) {
      const first = partition.batches[0];
      if (first === undefined) break;
      const tooMuch = partition.sizeBytes > maxBytes && partition.batches.length > 1;
      if (first.maxTimestampMs >= minTimestampMs && !tooMuch) break;
      partition.sizeBytes -= first.bytes.length;
      partition.batches.shift();
      partition.startOffset = first.lastOffset + 1;
    }
    return boundsOf(partition);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #known(topicPartition: TopicPartition, operation: string): Partition {
    const partition = this.#partitions.get(topicPartition);
    if (partition !== undefined) return partition;
    throw new Fault({
      code: 'STORAGE_FAILED',
      operation,
      message: `the partition is not known to the log: ${topicPartitionText(topicPartition)}`,
      retriable: false,
      outcome: 'refused',
      hint: 'create the topic first',
    });
  }

  #checkOpen(operation: string): void {
    if (!this.#closed) return;
    throw closedAdapter(operation, 'the log');
  }
}

const keyText = (requestKey: RequestKey): string => `${requestKey.topicId}/${requestKey.key}`;

const boundsOf = ({ startOffset, endOffset, sizeBytes }: Partition): LogBounds => ({
  startOffset,
  endOffset,
  sizeBytes,
});
