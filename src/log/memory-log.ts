import { topicPartitionText } from '../core/ids.ts';
import type { TopicPartition } from '../core/ids.ts';
import { Fault } from '../ports/fault.ts';
import type { Append, AppendOutcome, LogBounds, RecordLog, RequestKey, StoredBatch } from '../ports/record-log.ts';

interface Partition {
  startOffset: number;
  endOffset: number;
  batches: StoredBatch[];
}

interface UsedKey {
  readonly requestKey: RequestKey;
  readonly baseOffsets: readonly number[];
}

/** The record log in memory: for tests, and obviously right. */
export class MemoryLog implements RecordLog {
  readonly #requestKeyRetentionMs: number;
  readonly #partitions = new Map<string, Partition>();
  readonly #usedKeys = new Map<string, UsedKey>();
  #closed = false;

  constructor(options: { readonly requestKeyRetentionMs?: number } = {}) {
    this.#requestKeyRetentionMs = options.requestKeyRetentionMs ?? 24 * 60 * 60 * 1000;
  }

  async createPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    this.#checkOpen('create partitions');
    for (const partition of partitions) {
      const name = topicPartitionText(partition);
      if (!this.#partitions.has(name)) this.#partitions.set(name, { startOffset: 0, endOffset: 0, batches: [] });
    }
  }

  async deletePartitions(partitions: readonly TopicPartition[]): Promise<void> {
    this.#checkOpen('delete partitions');
    for (const partition of partitions) this.#partitions.delete(topicPartitionText(partition));
  }

  async append({ entries, requestKey }: Append): Promise<AppendOutcome> {
    this.#checkOpen('append');
    const partitions = entries.map((entry) => this.#known(entry, 'append'));
    if (requestKey !== undefined) {
      const used = this.#usedKeys.get(keyText(requestKey));
      if (used !== undefined && used.requestKey.nowMs >= requestKey.nowMs - this.#requestKeyRetentionMs) {
        if (used.requestKey.fingerprint !== requestKey.fingerprint) return { kind: 'key_reused' };
        return { kind: 'replayed', baseOffsets: used.baseOffsets, layout: used.requestKey.layout };
      }
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
    return { kind: 'appended', baseOffsets };
  }

  bounds(topicPartition: TopicPartition): LogBounds | undefined {
    const partition = this.#partitions.get(topicPartitionText(topicPartition));
    return partition === undefined ? undefined : boundsOf(partition);
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
    const greatest = Math.max(...batches.map((batch) => batch.maxTimestampMs));
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
      if (first.maxTimestampMs >= minTimestampMs && boundsOf(partition).sizeBytes <= maxBytes) break;
      partition.batches.shift();
      partition.startOffset = first.lastOffset + 1;
    }
    return boundsOf(partition);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #known(topicPartition: TopicPartition, operation: string): Partition {
    const name = topicPartitionText(topicPartition);
    const partition = this.#partitions.get(name);
    if (partition !== undefined) return partition;
    throw new Fault({
      code: 'STORAGE_FAILED',
      operation,
      message: `the partition is not known to the log: ${name}`,
      retriable: false,
      outcome: 'refused',
      hint: 'create the topic first',
    });
  }

  #checkOpen(operation: string): void {
    if (!this.#closed) return;
    throw new Fault({
      code: 'CLOSED',
      operation,
      message: 'the log has been closed',
      retriable: false,
      outcome: 'refused',
      hint: 'the process is stopping; ask again when it has started',
    });
  }
}

const keyText = (requestKey: RequestKey): string => `${requestKey.topicId}/${requestKey.key}`;

const boundsOf = ({ startOffset, endOffset, batches }: Partition): LogBounds => ({
  startOffset,
  endOffset,
  sizeBytes: batches.reduce((sum, batch) => sum + batch.bytes.length, 0),
});
