import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { BatchFiles } from './batch-files.ts';
import { batchSizeSql } from './batch-place.ts';
import {
  appendKind,
  readAppend,
  readApplyRetention,
  readCreatePartitions,
  readDeletePartitions,
  readTrim,
  writePartitionReply,
} from './log-operations.ts';
import type { AppendEntry, ReceivedRequestKey } from './log-operations.ts';
import type { BackgroundWork, OperationCall } from './operation.ts';
import { PartitionPositions } from './partition-position.ts';
import { ProducerStates } from './producer-states.ts';
import { rowsPerSegment } from './schema.ts';
import { refusedFault } from './sqlite-fault.ts';

/** A partition as the writer knows it: ahead of what is durable while a transaction is open. */
interface Partition {
  readonly partitionKey: number;
  startOffset: number;
  endOffset: number;
  startPosition: number;
  endPosition: number;
  lastSegment: number;
}

/** A record batch v2 without records. */
const batchHeaderBytes = 61;
const noBytes = new Uint8Array();
/** Rows that one step of background work deletes, and that one retention operation looks at. */
const rowsPerStep = 256;
/** Request keys used between two searches for old ones. */
const keysBetweenPurges = 1024;
/** After so many steps, files with nothing left in them go, too: they have the room that the disk may be waiting for. */
const stepsBetweenTidying = 32;
/** Bytes of batches that one step deletes: freeing a page of a large batch means reading it. */
const bytesPerStep = 4 * 1024 * 1024;

/** The writer's side of the record log. Assigns offsets at insert, so that a refused append uses up none. */
export class LogWriter {
  readonly #startWork: (work: BackgroundWork) => void;
  readonly #positions: PartitionPositions;
  /** Loaded at first use; forgotten when a transaction is undone. */
  readonly #partitions = new Map<number, Partition>();
  readonly #purging = new Set<number>();
  #nextRow = 1;
  /** The first key of a process looks for old ones, too. */
  #keysSincePurge = keysBetweenPurges;
  readonly #producers: ProducerStates;
  readonly #files: BatchFiles;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(database: DatabaseSync, startWork: (work: BackgroundWork) => void, files: BatchFiles) {
    this.#files = files;
    this.#startWork = startWork;
    this.#positions = new PartitionPositions(database);
    this.#producers = new ProducerStates(database, startWork);
    this.#sql = prepare(database);
  }

  /** A transaction begins, with so many bytes of payload. */
  begin(payloadBytes: number): void {
    this.#files.begin(payloadBytes);
  }

  /** Reads every partition once, and takes up the deleting that the last process left. */
  start(): void {
    this.#files.start();
    const lastRow = (this.#sql.lastRow.get() as { row_number: number | null }).row_number ?? 0;
    let lastSegment = Math.floor(lastRow / rowsPerSegment);
    const partitions = this.#sql.allPartitions.all() as { partition_key: number }[];
    for (const row of partitions) {
      const partition = this.#partition(row.partition_key);
      if (partition === undefined) continue;
      lastSegment = Math.max(lastSegment, partition.lastSegment);
      const first = this.#sql.firstSegment.get(partition.partitionKey) as { first_offset: number } | undefined;
      if (first !== undefined && first.first_offset < partition.startOffset)
        this.#deleteBatches(partition.partitionKey);
    }
    // A fresh segment: rows at the end may have been deleted, and a segment must not come twice in a partition.
    this.#nextRow = (lastSegment + 1) * rowsPerSegment;
    const purges = this.#sql.allPurges.all() as { key: number }[];
    for (const { key } of purges) this.#deleteBatches(key);
  }

  /** The open transaction was undone: what is known of the partitions is stored again. */
  forget(outcome: 'refused' | 'unknown'): void {
    this.#partitions.clear();
    this.#producers.forget();
    this.#files.forget(outcome);
  }

  beforeCommit(): void {
    this.#producers.beforeCommit();
    this.#files.beforeCommit();
  }

  committed(): void {
    this.#producers.committed();
    this.#files.committed();
  }

  createPartitions({ request, reply }: OperationCall): void {
    for (const { topicId, partition } of readCreatePartitions(request)) {
      this.#sql.insertPartition.run(topicId, partition);
      const { partition_key } = this.#sql.partitionKey.get(topicId, partition) as { partition_key: number };
      const created = this.#partition(partition_key);
      if (created === undefined) throw new Error(`partition ${topicId}/${partition} is not there after it was created`);
      writePartitionReply(reply, created);
    }
  }

  /** Those that a topic does not have yet: in the transaction that stores the topic. */
  createPartitionsOf(topicId: string, partitionCount: number): void {
    for (let partition = 0; partition < partitionCount; partition++) this.#sql.insertPartition.run(topicId, partition);
  }

  deletePartitions({ request }: OperationCall): void {
    for (const partitionKey of readDeletePartitions(request)) this.#deletePartition(partitionKey);
  }

  deletePartitionsOf(topicId: string): void {
    const rows = this.#sql.partitionsOf.all(topicId) as { partition_key: number }[];
    for (const row of rows) this.#deletePartition(row.partition_key);
  }

  #deletePartition(partitionKey: number): void {
    if (this.#partition(partitionKey) === undefined) return;
    this.#sql.deletePartition.run(partitionKey);
    this.#sql.insertPurge.run(partitionKey);
    this.#partitions.delete(partitionKey);
    this.#deleteBatches(partitionKey);
  }

  append({ request, reply, bytes }: OperationCall): void {
    const { entries, requestKey, producer } = readAppend(request);
    if (requestKey !== undefined) {
      const used = this.#usedKey(requestKey);
      if (used !== undefined) {
        if (used.fingerprint !== requestKey.fingerprint) {
          reply.number(appendKind.keyReused);
        } else {
          const baseOffsets = JSON.parse(used.base_offsets) as number[];
          reply.number(appendKind.replayed);
          reply.number(baseOffsets.length);
          for (const baseOffset of baseOffsets) reply.number(baseOffset);
          reply.text(used.layout);
        }
        return;
      }
    }
    for (const { partitionKey, sizeBytes } of entries) {
      this.#knownPartition(partitionKey, 'append');
      if (sizeBytes < batchHeaderBytes) {
        throw refusedFault(
          'STORAGE_FAILED',
          'append',
          `a record batch has at least ${batchHeaderBytes} bytes, and this one has ${sizeBytes}`,
          'this is a bug of sash; please report it with this message',
        );
      }
    }

    const [first] = entries;
    if (producer !== undefined && first !== undefined) {
      const checked = this.#producers.check(first.partitionKey, producer, first.offsetCount);
      if (!checked.ok) {
        reply.number(appendKind.refused);
        reply.text(checked.error.code);
        reply.text(checked.error.message);
        return;
      }
      if (checked.value !== undefined) {
        reply.number(appendKind.duplicate);
        reply.number(checked.value);
        return;
      }
    }

    reply.number(appendKind.appended);
    const baseOffsets = entries.map((entry) => this.#insertBatch(entry, bytes(entry.sizeBytes)));
    for (const baseOffset of baseOffsets) reply.number(baseOffset);
    if (requestKey !== undefined) this.#insertKey(requestKey, baseOffsets);
    const baseOffset = baseOffsets[0];
    if (producer !== undefined && first !== undefined && baseOffset !== undefined) {
      this.#producers.appended(first.partitionKey, producer, { baseOffset, offsetCount: first.offsetCount });
    }
  }

  trim({ request, reply }: OperationCall): void {
    const { partitionKey, startOffset } = readTrim(request);
    const partition = this.#knownPartition(partitionKey, 'trim');
    this.#moveStart(partition, Math.min(startOffset, partition.endOffset));
    writePartitionReply(reply, partition);
  }

  applyRetention({ request, reply }: OperationCall): void {
    const { partitionKey, minTimestampMs, maxBytes } = readApplyRetention(request);
    const partition = this.#knownPartition(partitionKey, 'apply retention');
    const batches = this.#sql.batchesFrom.all(partitionKey, partition.startOffset, rowsPerStep) as {
      last_offset: number;
      max_timestamp: number;
      position: number;
    }[];
    let startOffset = partition.startOffset;
    let dropped = 0;
    for (const batch of batches) {
      const tooOld = minTimestampMs !== null && batch.max_timestamp < minTimestampMs;
      const isNewest = batch.last_offset + 1 === partition.endOffset;
      const tooMuch = maxBytes !== null && partition.endPosition - batch.position > maxBytes && !isNewest;
      if (!tooOld && !tooMuch) break;
      startOffset = batch.last_offset + 1;
      dropped++;
    }
    this.#moveStart(partition, startOffset);
    writePartitionReply(reply, partition);
    reply.number(dropped === rowsPerStep ? 1 : 0);
  }

  #partition(partitionKey: number): Partition | undefined {
    const known = this.#partitions.get(partitionKey);
    if (known !== undefined) return known;
    const loaded = this.#positions.load(partitionKey);
    if (loaded !== undefined) this.#partitions.set(partitionKey, loaded);
    return loaded;
  }

  #knownPartition(partitionKey: number, operation: string): Partition {
    const partition = this.#partition(partitionKey);
    if (partition !== undefined) return partition;
    throw unknownPartitionFault(operation, 'it was deleted meanwhile');
  }

  #insertBatch(entry: AppendEntry, bytes: Uint8Array): number {
    const partition = this.#knownPartition(entry.partitionKey, 'append');
    const baseOffset = partition.endOffset;
    stampBatch(bytes, baseOffset);
    const row = this.#nextRow++;
    const segment = Math.floor(row / rowsPerSegment);
    if (partition.lastSegment !== segment) {
      this.#sql.insertSegment.run(entry.partitionKey, baseOffset, segment);
      partition.lastSegment = segment;
    }
    const lastOffset = baseOffset + entry.offsetCount - 1;
    const place = this.#files.place(row, bytes);
    this.#sql.insertBatch.run(
      row,
      segment,
      entry.partitionKey,
      baseOffset,
      lastOffset,
      entry.baseTimestampMs,
      entry.maxTimestampMs,
      partition.endPosition,
      place === undefined ? bytes : noBytes,
      place?.fileNumber ?? null,
      place?.position ?? null,
      place?.sizeBytes ?? null,
    );
    partition.endOffset = lastOffset + 1;
    partition.endPosition += bytes.length;
    return baseOffset;
  }

  #usedKey(requestKey: ReceivedRequestKey): { fingerprint: string; layout: string; base_offsets: string } | undefined {
    return this.#sql.requestKey.get(requestKey.topicId, requestKey.key, requestKey.nowMs - requestKey.retentionMs) as
      { fingerprint: string; layout: string; base_offsets: string } | undefined;
  }

  #insertKey(key: ReceivedRequestKey, baseOffsets: readonly number[]): void {
    this.#sql.insertRequestKey.run(
      key.topicId,
      key.key,
      key.fingerprint,
      key.layout,
      JSON.stringify(baseOffsets),
      key.nowMs,
    );
    this.#keysSincePurge++;
    if (this.#keysSincePurge < keysBetweenPurges) return;
    this.#keysSincePurge = 0;
    this.#startWork(this.#forgetRequestKeys(key.nowMs - key.retentionMs));
  }

  *#forgetRequestKeys(usedBeforeMs: number): BackgroundWork {
    let deleted: number | bigint = 0;
    do {
      yield () => {
        deleted = this.#sql.deleteRequestKeys.run(usedBeforeMs, rowsPerStep).changes;
      };
    } while (deleted !== 0);
  }

  #moveStart(partition: Partition, startOffset: number): void {
    if (startOffset <= partition.startOffset) return;
    partition.startOffset = startOffset;
    partition.startPosition =
      this.#positions.startPosition(partition.partitionKey, startOffset) ?? partition.endPosition;
    this.#sql.moveStart.run(startOffset, partition.endOffset, partition.endPosition, partition.partitionKey);
    this.#deleteBatches(partition.partitionKey);
  }

  /** Deletes the rows of batches wholly before the partition's start; all of them when the partition is gone. */
  #deleteBatches(partitionKey: number): void {
    if (this.#purging.has(partitionKey)) return;
    this.#purging.add(partitionKey);
    this.#startWork(this.#deletingBatches(partitionKey));
  }

  *#deletingBatches(partitionKey: number): BackgroundWork {
    let steps = 0;
    try {
      for (;;) {
        const step = this.#deletionStep(partitionKey);
        if (step === undefined) break;
        yield step;
        if (++steps % stepsBetweenTidying === 0) yield* this.#files.tidying();
      }
      yield* this.#files.tidying();
      if (this.#partition(partitionKey) === undefined) {
        yield* this.#producers.deleting(partitionKey);
        yield () => void this.#sql.deletePurge.run(partitionKey);
      }
    } finally {
      this.#purging.delete(partitionKey);
    }
  }

  #deletionStep(partitionKey: number): (() => void) | undefined {
    const partition = this.#partition(partitionKey);
    const startOffset = partition?.startOffset ?? Number.MAX_SAFE_INTEGER;
    const first = this.#sql.firstSegment.get(partitionKey) as { first_offset: number; segment: number } | undefined;
    if (first === undefined || first.first_offset >= startOffset) return undefined;
    const batches = this.#sql.segmentBatches.all(first.segment, partitionKey, startOffset, rowsPerStep) as {
      row_number: number;
      size_bytes: number;
      batch_file: number | null;
    }[];
    if (batches.length > 0) {
      return () => {
        let sizeBytes = 0;
        const dropped = new Map<number, number>();
        for (const batch of batches) {
          this.#sql.deleteBatch.run(batch.row_number);
          // A page of a large batch is read before it is free. The bytes in a file are not.
          if (batch.batch_file === null) sizeBytes += batch.size_bytes;
          else dropped.set(batch.batch_file, (dropped.get(batch.batch_file) ?? 0) + batch.size_bytes);
          if (sizeBytes >= bytesPerStep) break;
        }
        for (const [fileNumber, bytes] of dropped) this.#files.dropped(fileNumber, bytes);
      };
    }
    // The segment that is being written keeps its entry: a partition has one entry a segment.
    const holdsMore =
      this.#sql.segmentBatches.get(first.segment, partitionKey, Number.MAX_SAFE_INTEGER, 1) !== undefined;
    if (holdsMore || first.segment === partition?.lastSegment) return undefined;
    return () => void this.#sql.deleteSegment.run(partitionKey, first.first_offset);
  }
}

/** Nothing was written: no partition is known by this name. */
export const unknownPartitionFault = (operation: string, why: string): Error =>
  refusedFault('STORAGE_FAILED', operation, `the partition is not known to the log: ${why}`, 'create the topic first');

/** The base offset (int64) and, at 12, the leader epoch (int32) of a record batch v2; the CRC does not cover them. */
export function stampBatch(bytes: Uint8Array, baseOffset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  view.setUint32(0, Math.floor(baseOffset / 2 ** 32));
  view.setUint32(4, baseOffset % 2 ** 32);
  view.setInt32(12, 0);
}

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql);
  return {
    lastRow: statement('SELECT max(row_number) AS row_number FROM record_batch'),
    allPartitions: statement('SELECT partition_key FROM topic_partition'),
    allPurges: statement(`SELECT key FROM purge WHERE kind = 'topic_partition'`),
    insertPartition: statement(
      `INSERT INTO topic_partition (topic_id, partition, start_offset, end_offset, end_position) VALUES (?, ?, 0, 0, 0)
       ON CONFLICT (topic_id, partition) DO NOTHING`,
    ),
    partitionKey: statement('SELECT partition_key FROM topic_partition WHERE topic_id = ? AND partition = ?'),
    partitionsOf: statement('SELECT partition_key FROM topic_partition WHERE topic_id = ?'),
    deletePartition: statement('DELETE FROM topic_partition WHERE partition_key = ?'),
    insertPurge: statement(`INSERT INTO purge (kind, key) VALUES ('topic_partition', ?)`),
    deletePurge: statement(`DELETE FROM purge WHERE kind = 'topic_partition' AND key = ?`),
    insertSegment: statement('INSERT INTO log_segment (partition_key, first_offset, segment) VALUES (?, ?, ?)'),
    firstSegment: statement(
      'SELECT first_offset, segment FROM log_segment WHERE partition_key = ? ORDER BY first_offset LIMIT 1',
    ),
    deleteSegment: statement('DELETE FROM log_segment WHERE partition_key = ? AND first_offset = ?'),
    insertBatch: statement(
      `INSERT INTO record_batch
         (row_number, segment, partition_key, base_offset, last_offset, base_timestamp, max_timestamp, position, bytes,
          batch_file, file_position, size_bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    segmentBatches: statement(
      `SELECT row_number, ${batchSizeSql} AS size_bytes, batch_file FROM record_batch
       WHERE segment = ? AND partition_key = ? AND last_offset < ? ORDER BY base_offset LIMIT ?`,
    ),
    deleteBatch: statement('DELETE FROM record_batch WHERE row_number = ?'),
    batchesFrom: statement(
      `SELECT b.last_offset, b.max_timestamp, b.position
       FROM log_segment s CROSS JOIN record_batch b ON b.segment = s.segment AND b.partition_key = s.partition_key
       WHERE s.partition_key = ?1
         AND s.first_offset >= coalesce((SELECT max(first_offset) FROM log_segment WHERE partition_key = ?1 AND first_offset <= ?2), 0)
         AND b.last_offset >= ?2
       ORDER BY s.first_offset, b.base_offset LIMIT ?3`,
    ),
    moveStart: statement(
      'UPDATE topic_partition SET start_offset = ?, end_offset = ?, end_position = ? WHERE partition_key = ?',
    ),
    requestKey: statement(
      `SELECT fingerprint, layout, base_offsets FROM request_key WHERE topic_id = ? AND key = ? AND used_at_ms >= ?`,
    ),
    insertRequestKey: statement(
      `INSERT INTO request_key (topic_id, key, fingerprint, layout, base_offsets, used_at_ms) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (topic_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, layout = excluded.layout,
         base_offsets = excluded.base_offsets, used_at_ms = excluded.used_at_ms`,
    ),
    deleteRequestKeys: statement(
      `DELETE FROM request_key WHERE (topic_id, key) IN
         (SELECT topic_id, key FROM request_key WHERE used_at_ms < ? ORDER BY used_at_ms LIMIT ?)`,
    ),
  };
}
