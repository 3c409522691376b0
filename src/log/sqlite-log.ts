import { crc32c } from '@node-rs/crc32';

import { topicPartitionText } from '../core/ids.ts';
import type { TopicPartition } from '../core/ids.ts';
import { PartitionMap } from '../core/partition-map.ts';
import { Fault } from '../ports/fault.ts';
import type { Append, AppendOutcome, LeaderEpochEnd, LogBounds, RecordLog, StoredBatch } from '../ports/record-log.ts';
import { BatchCache } from './batch-cache.ts';
import { BatchFileReader } from '../sqlite/batch-file-reader.ts';
import { batchFilePath } from '../sqlite/batch-place.ts';
import type { Database } from '../sqlite/database.ts';
import {
  appendOperation,
  applyRetentionOperation,
  createPartitionsOperation,
  deletePartitionsOperation,
  trimOperation,
} from '../sqlite/log-operations.ts';
import type { PartitionReply } from '../sqlite/log-operations.ts';
import { LogReader } from '../sqlite/log-reader.ts';
import type { BatchRow } from '../sqlite/log-reader.ts';
import { stampBatch, unknownPartitionFault } from '../sqlite/log-writer.ts';
import { closedFault, corruptFault } from '../sqlite/sqlite-fault.ts';

export interface SqliteLogOptions {
  /** Bytes of batches kept in memory for reading again; default 16 MiB. */
  readonly cacheBytes?: number;
  /** How long a request key is remembered; default 24 hours. */
  readonly requestKeyRetentionMs?: number;
  /** How long a producer is remembered in a partition to which it appends nothing; default 24 hours. */
  readonly producerIdExpirationMs?: number;
}

/** Segments looked through in one go, about 20 ms where one partition fills them; other work gets its turn between two. */
const segmentsPerLook = 16;
const noBytes = new Uint8Array();
const dayMs = 24 * 60 * 60 * 1000;

/** A partition as far as it is confirmed. */
interface Partition {
  readonly partitionKey: number;
  startOffset: number;
  endOffset: number;
  startPosition: number;
  endPosition: number;
}

/** The record log in the database of the data folder. */
export class SqliteLog implements RecordLog {
  readonly mayHaveHoles = false;
  readonly knowsSizes = true;
  readonly #database: Database;
  readonly #reader: LogReader;
  readonly #cache: BatchCache;
  readonly #requestKeyRetentionMs: number;
  readonly #producerIdExpirationMs: number;
  readonly #partitions = new PartitionMap<Partition>();
  /** Those with an append whose outcome is unknown, not read again yet. */
  readonly #unsure = new Set<Partition>();
  #closed = false;

  /** Reads where every partition starts and ends. */
  constructor(database: Database, options: SqliteLogOptions = {}) {
    this.#database = database;
    this.#cache = new BatchCache(options.cacheBytes ?? 16 * 1024 * 1024);
    this.#requestKeyRetentionMs = options.requestKeyRetentionMs ?? dayMs;
    this.#producerIdExpirationMs = options.producerIdExpirationMs ?? dayMs;
    this.#reader = database.read('open the log', () => new LogReader(database.reader));
    for (const { topicPartition, position } of database.read('open the log', () => this.#reader.partitions())) {
      this.#partitions.set(topicPartition, position);
    }
  }

  watch(): void {}

  async follow(): Promise<void> {}

  unfollow(): void {}

  async createPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    this.#checkOpen('create partitions');
    const created = await this.#database.submit(createPartitionsOperation(partitions));
    for (const [i, partition] of partitions.entries()) {
      const reply = created[i];
      if (reply !== undefined && !this.#partitions.has(partition)) this.#partitions.set(partition, { ...reply });
    }
  }

  async deletePartitions(partitions: readonly TopicPartition[]): Promise<void> {
    this.#checkOpen('delete partitions');
    const known = partitions.filter((each) => this.#partitions.has(each));
    const keys = known.map((each) => this.#partitions.get(each)?.partitionKey ?? -1);
    if (keys.length === 0) return;
    await this.#database.submit(deletePartitionsOperation(keys));
    for (const [i, each] of known.entries()) {
      if (this.#partitions.get(each)?.partitionKey !== keys[i]) continue;
      this.#partitions.delete(each);
      this.#cache.removePartition(keys[i] ?? -1);
    }
  }

  async append(append: Append): Promise<AppendOutcome> {
    this.#checkOpen('append');
    this.#reload();
    const partitions = append.entries.map((entry) => this.#known(entry, 'append'));
    const entries = append.entries.map(({ batch }, i) => ({ partitionKey: partitions[i]?.partitionKey ?? -1, batch }));
    const operation = appendOperation({
      entries,
      requestKey: append.requestKey,
      requestKeyRetentionMs: this.#requestKeyRetentionMs,
      producer: append.producer,
      producerIdExpirationMs: this.#producerIdExpirationMs,
    });
    const reply = await this.#database.submit(operation).catch((error: unknown) => {
      if (error instanceof Fault && error.outcome === 'unknown') {
        for (const partition of partitions) this.#unsure.add(partition);
        try {
          this.#reload();
        } catch {
          // Tried again by the next append. What this one is told stays: the outcome is unknown.
        }
      }
      throw error;
    });
    if (reply.kind === 'duplicate') return { kind: 'appended', baseOffsets: [reply.baseOffset] };
    if (reply.kind !== 'appended') return reply;

    const { baseOffsets, payload } = reply;
    let at = 0;
    for (const [i, { batch }] of entries.entries()) {
      const partition = partitions[i];
      const baseOffset = baseOffsets[i];
      if (partition === undefined || baseOffset === undefined) break;
      const bytes = payload.subarray(at, (at += batch.bytes.length));
      stampBatch(bytes, baseOffset);
      const lastOffset = baseOffset + batch.offsetCount - 1;
      partition.endOffset = lastOffset + 1;
      partition.endPosition += bytes.length;
      const { baseTimestampMs, maxTimestampMs } = batch;
      this.#cache.add(partition.partitionKey, { baseOffset, lastOffset, baseTimestampMs, maxTimestampMs, bytes });
    }
    return { kind: 'appended', baseOffsets };
  }

  bounds(partition: TopicPartition): LogBounds | undefined {
    const known = this.#partitions.get(partition);
    return known === undefined ? undefined : boundsOf(known);
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
    const partition = this.#known(topicPartition, 'read');
    const endOffset = Math.min(range.endOffset, partition.endOffset);
    const found: StoredBatch[] = [];
    let offset = Math.max(range.startOffset, partition.startOffset);
    let leftBytes = range.maxBytes;
    const files = new BatchFileReader(this.#database.dataDir);
    let missingFile: number | undefined;
    const fits = (sizeBytes: number): boolean => found.length === 0 || sizeBytes <= leftBytes;
    const take = (batch: StoredBatch): void => {
      found.push(batch);
      leftBytes -= batch.bytes.length;
      offset = batch.lastOffset + 1;
    };
    const takeStored = (): boolean => {
      for (const row of this.#reader.batches(partition.partitionKey, offset, endOffset)) {
        const isCached = this.#cache.find(partition.partitionKey, row.baseOffset) !== undefined;
        if (isCached && row.lastOffset >= offset) {
          offset = Math.max(offset, row.baseOffset);
          return true;
        }
        if (!fits(row.sizeBytes)) return false;
        const bytes = row.bytes instanceof Uint8Array ? row.bytes : files.read(row.bytes);
        const fileNumber = row.bytes instanceof Uint8Array ? undefined : row.bytes.fileNumber;
        if (bytes === undefined && missingFile !== fileNumber) {
          // Perhaps it has just been deleted, and the batch or its bytes before it: the next look is at what is there now.
          missingFile = fileNumber;
          return true;
        }
        const { baseOffset, lastOffset, baseTimestampMs, maxTimestampMs } = row;
        const batch = { baseOffset, lastOffset, baseTimestampMs, maxTimestampMs, bytes: bytes ?? noBytes };
        checkBatch(batch, row, topicPartition, this.#database);
        this.#cache.add(partition.partitionKey, batch);
        take(batch);
      }
      return false;
    };
    try {
      while (offset < endOffset) {
        const cached = this.#cache.find(partition.partitionKey, offset);
        if (cached === undefined) {
          if (!this.#database.read('read', takeStored)) break;
        } else {
          if (!fits(cached.bytes.length)) break;
          take(cached);
        }
      }
    } finally {
      files.close();
    }
    return found;
  }

  cached(topicPartition: TopicPartition, offset: number): StoredBatch | undefined {
    const partition = this.#closed ? undefined : this.#partitions.get(topicPartition);
    if (partition === undefined || offset < partition.startOffset || offset >= partition.endOffset) return undefined;
    return this.#cache.find(partition.partitionKey, offset);
  }

  async offsetForTimestamp(
    topicPartition: TopicPartition,
    timestampMs: number,
    fromOffset = 0,
  ): Promise<number | undefined> {
    const operation = 'find an offset by its timestamp';
    this.#checkOpen(operation);
    const { partitionKey, startOffset, endOffset } = this.#known(topicPartition, operation);
    const range = { startOffset: Math.max(startOffset, fromOffset), endOffset };
    for await (const segment of this.#segments(partitionKey, range, operation)) {
      const found = this.#database.read(operation, () =>
        this.#reader.offsetForTimestamp(partitionKey, segment, range, timestampMs),
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async offsetOfMaxTimestamp(topicPartition: TopicPartition): Promise<number | undefined> {
    const operation = 'find the greatest timestamp';
    this.#checkOpen(operation);
    const { partitionKey, startOffset, endOffset } = this.#known(topicPartition, operation);
    const range = { startOffset, endOffset };
    if (startOffset === endOffset) return undefined;
    let greatest: { readonly baseOffset: number; readonly maxTimestampMs: number } | undefined;
    for await (const segment of this.#segments(partitionKey, range, operation)) {
      const found = this.#database.read(operation, () => this.#reader.maxTimestamp(partitionKey, segment, range));
      if (found !== undefined && (greatest === undefined || found.maxTimestampMs > greatest.maxTimestampMs)) {
        greatest = found;
      }
    }
    return greatest?.baseOffset;
  }

  /** The segments that hold batches of the range, in its order; other work gets its turn in between. */
  async *#segments(
    partitionKey: number,
    range: { readonly startOffset: number; readonly endOffset: number },
    operation: string,
  ): AsyncGenerator<number, void, void> {
    let looked = 0;
    for (const segment of this.#database.read(operation, () => this.#reader.segments(partitionKey, range))) {
      yield segment;
      if (++looked % segmentsPerLook === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async timestampAt(topicPartition: TopicPartition, offset: number): Promise<number | undefined> {
    this.#checkOpen('find the timestamp of an offset');
    const partition = this.#known(topicPartition, 'find the timestamp of an offset');
    const from = Math.max(offset, partition.startOffset);
    if (from >= partition.endOffset) return undefined;
    const cached = this.#cache.find(partition.partitionKey, from);
    if (cached !== undefined) return cached.baseTimestampMs;
    return this.#database.read('find the timestamp of an offset', () =>
      this.#reader.timestampAt(partition.partitionKey, from),
    );
  }

  async trim(topicPartition: TopicPartition, startOffset: number): Promise<LogBounds> {
    this.#checkOpen('trim');
    const partition = this.#known(topicPartition, 'trim');
    return moveStart(partition, await this.#database.submit(trimOperation(partition.partitionKey, startOffset)));
  }

  async applyRetention(
    topicPartition: TopicPartition,
    limits: { readonly minTimestampMs?: number; readonly maxBytes?: number },
  ): Promise<LogBounds> {
    this.#checkOpen('apply retention');
    const partition = this.#known(topicPartition, 'apply retention');
    for (;;) {
      const reply = await this.#database.submit(
        applyRetentionOperation({
          partitionKey: partition.partitionKey,
          minTimestampMs: limits.minTimestampMs ?? null,
          maxBytes: limits.maxBytes ?? null,
        }),
      );
      moveStart(partition, reply);
      if (!reply.more) return boundsOf(partition);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#database.settled();
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw closedFault(operation);
  }

  #known(topicPartition: TopicPartition, operation: string): Partition {
    const partition = this.#partitions.get(topicPartition);
    if (partition === undefined) throw unknownPartitionFault(operation, topicPartitionText(topicPartition));
    return partition;
  }

  /**
   * After an unknown outcome: what has been stored after all is there, and will be answered so on a retry.
   *
   * @throws Fault (refused) when it cannot be read: nothing can be appended to what is not known
   */
  #reload(): void {
    for (const partition of this.#unsure) {
      const position = this.#database.read('append', () => this.#reader.position(partition.partitionKey));
      if (position !== undefined) Object.assign(partition, position);
      this.#unsure.delete(partition);
    }
  }
}

const boundsOf = (partition: Partition): LogBounds => ({
  startOffset: partition.startOffset,
  endOffset: partition.endOffset,
  sizeBytes: partition.endPosition - partition.startPosition,
});

function moveStart(partition: Partition, reply: PartitionReply): LogBounds {
  partition.startOffset = Math.max(partition.startOffset, reply.startOffset);
  partition.startPosition = Math.max(partition.startPosition, reply.startPosition);
  return boundsOf(partition);
}

/** Checks what came from the disk: the header's lengths and offset, magic 2, and the CRC over all from the attributes on. */
function checkBatch(batch: StoredBatch, row: BatchRow, topicPartition: TopicPartition, from: Database): void {
  const { bytes, baseOffset, lastOffset } = batch;
  const damage = batchDamage(bytes, baseOffset);
  if (damage === undefined) return;
  const where =
    row.bytes instanceof Uint8Array
      ? from.file
      : `${batchFilePath(from.dataDir, row.bytes.fileNumber)}, position ${row.bytes.position},`;
  const what = bytes.length < row.sizeBytes ? `${bytes.length} of its ${row.sizeBytes} bytes are there` : damage;
  throw corruptFault(
    'read',
    `the record batch at offset ${baseOffset} of partition ${topicPartitionText(topicPartition)} in ${where} is damaged: ${what}`,
    { offsets: { firstOffset: baseOffset, lastOffset } },
  );
}

function batchDamage(bytes: Uint8Array, baseOffset: number): string | undefined {
  if (bytes.length < 61) return `it has ${bytes.length} bytes, and a batch has at least 61`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getInt32(8) + 12;
  if (length !== bytes.length) return `its header says ${length} bytes, and it has ${bytes.length}`;
  const magic = view.getInt8(16);
  if (magic !== 2) return `its magic byte is ${magic} and should be 2`;
  const offset = view.getBigInt64(0);
  if (offset !== BigInt(baseOffset)) return `its header says offset ${offset}`;
  const stored = view.getUint32(17);
  const computed = crc32c(bytes.subarray(21));
  if (stored !== computed) return `its CRC is ${computed} and should be ${stored}`;
  return undefined;
}
