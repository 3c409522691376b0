import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { topicId } from '../core/ids.ts';
import type { TopicPartition } from '../core/ids.ts';
import type { StoredBatch } from '../ports/record-log.ts';
import type { BatchPlace } from './batch-place.ts';
import { PartitionPositions } from './partition-position.ts';
import type { PartitionPosition } from './partition-position.ts';

/** A batch as the database has it: its bytes, which have not been checked, or the place of those that lie in a file. */
export interface BatchRow extends Omit<StoredBatch, 'bytes'> {
  readonly sizeBytes: number;
  readonly bytes: Uint8Array | BatchPlace;
}

/**
 * The batches of a partition from an offset on, in order. A batch that starts before the offset may hold it, so the
 * search starts one batch before: the last segment that starts at or before the offset, and in it the last batch.
 */
const fromOffset = `
  FROM log_segment s CROSS JOIN record_batch b ON b.segment = s.segment AND b.partition_key = s.partition_key
  WHERE s.partition_key = ?1
    AND s.first_offset >= coalesce((SELECT max(first_offset) FROM log_segment WHERE partition_key = ?1 AND first_offset <= ?2), 0)
    AND b.base_offset >= coalesce(
      (SELECT max(base_offset) FROM record_batch
       WHERE partition_key = ?1 AND base_offset <= ?2 AND segment =
         (SELECT segment FROM log_segment WHERE partition_key = ?1 AND first_offset <= ?2 ORDER BY first_offset DESC LIMIT 1)), ?2)
    AND b.last_offset >= ?2`;
const inOrder = 'ORDER BY s.first_offset, b.base_offset';

/** The main thread's side of the record log: what is stored, read through the reading connection. */
export class LogReader {
  readonly #positions: PartitionPositions;
  readonly #partitions: StatementSync;
  readonly #batches: StatementSync;
  readonly #timestampAt: StatementSync;
  readonly #segments: StatementSync;
  readonly #offsetForTimestamp: StatementSync;
  readonly #maxTimestamp: StatementSync;

  constructor(database: DatabaseSync) {
    this.#positions = new PartitionPositions(database);
    this.#partitions = database.prepare('SELECT partition_key, topic_id, partition FROM topic_partition');
    this.#batches = database.prepare(
      `SELECT b.base_offset, b.last_offset, b.base_timestamp, b.max_timestamp, b.bytes,
              b.batch_file, b.file_position, b.size_bytes ${fromOffset} AND b.base_offset < ?3 ${inOrder}`,
    );
    this.#timestampAt = database.prepare(`SELECT b.base_timestamp ${fromOffset} ${inOrder} LIMIT 1`);
    this.#segments = database.prepare(
      `SELECT segment FROM log_segment
       WHERE partition_key = ?1 AND first_offset < ?3
         AND first_offset >= coalesce((SELECT max(first_offset) FROM log_segment WHERE partition_key = ?1 AND first_offset <= ?2), 0)
       ORDER BY first_offset`,
    );
    this.#offsetForTimestamp = database.prepare(
      `SELECT base_offset FROM record_batch
       WHERE segment = ? AND partition_key = ? AND base_offset < ? AND last_offset >= ? AND max_timestamp >= ?
       ORDER BY base_offset LIMIT 1`,
    );
    this.#maxTimestamp = database.prepare(
      `SELECT base_offset, max_timestamp FROM record_batch
       WHERE segment = ?1 AND partition_key = ?2 AND base_offset < ?3 AND base_offset >= coalesce(
         (SELECT max(base_offset) FROM record_batch WHERE segment = ?1 AND partition_key = ?2 AND base_offset <= ?4), ?4)
       ORDER BY max_timestamp DESC, base_offset LIMIT 1`,
    );
  }

  partitions(): readonly { readonly topicPartition: TopicPartition; readonly position: PartitionPosition }[] {
    const rows = this.#partitions.all() as { partition_key: number; topic_id: string; partition: number }[];
    return rows.flatMap((row) => {
      const position = this.#positions.load(row.partition_key);
      const topicPartition = { topicId: topicId(row.topic_id), partition: row.partition };
      return position === undefined ? [] : [{ topicPartition, position }];
    });
  }

  position(partitionKey: number): PartitionPosition | undefined {
    return this.#positions.load(partitionKey);
  }

  /** Batches that hold an offset from `startOffset` to before `endOffset`; read one by one, stop when you have enough. */
  *batches(partitionKey: number, startOffset: number, endOffset: number): Generator<BatchRow, void, void> {
    for (const row of this.#batches.iterate(partitionKey, startOffset, endOffset)) {
      yield {
        baseOffset: row.base_offset as number,
        lastOffset: row.last_offset as number,
        baseTimestampMs: row.base_timestamp as number,
        maxTimestampMs: row.max_timestamp as number,
        ...bytesOf(row),
      };
    }
  }

  /** Base timestamp of the batch that holds `offset`, or the next one. */
  timestampAt(partitionKey: number, offset: number): number | undefined {
    return (this.#timestampAt.get(partitionKey, offset) as { base_timestamp: number } | undefined)?.base_timestamp;
  }

  /** The segments that hold batches of the range, in its order. */
  segments(
    partitionKey: number,
    range: { readonly startOffset: number; readonly endOffset: number },
  ): readonly number[] {
    const rows = this.#segments.all(partitionKey, range.startOffset, range.endOffset) as { segment: number }[];
    return rows.map((row) => row.segment);
  }

  /** Looks through the index of the partition's batches in one segment, without their bytes: about a millisecond. */
  offsetForTimestamp(
    partitionKey: number,
    segment: number,
    range: { readonly startOffset: number; readonly endOffset: number },
    timestampMs: number,
  ): number | undefined {
    const { startOffset, endOffset } = range;
    const row = this.#offsetForTimestamp.get(segment, partitionKey, endOffset, startOffset, timestampMs);
    return (row as { base_offset: number } | undefined)?.base_offset;
  }

  /** The first of the partition's batches in one segment that have the greatest timestamp there. */
  maxTimestamp(
    partitionKey: number,
    segment: number,
    range: { readonly startOffset: number; readonly endOffset: number },
  ): { readonly baseOffset: number; readonly maxTimestampMs: number } | undefined {
    const row = this.#maxTimestamp.get(segment, partitionKey, range.endOffset, range.startOffset) as
      { base_offset: number; max_timestamp: number } | undefined;
    return row === undefined ? undefined : { baseOffset: row.base_offset, maxTimestampMs: row.max_timestamp };
  }
}

function bytesOf(row: Record<string, unknown>): Pick<BatchRow, 'sizeBytes' | 'bytes'> {
  if (row['batch_file'] === null) {
    const bytes = row['bytes'] as Uint8Array;
    return { sizeBytes: bytes.length, bytes };
  }
  const fileNumber = row['batch_file'] as number;
  const position = row['file_position'] as number;
  const sizeBytes = row['size_bytes'] as number;
  return { sizeBytes, bytes: { fileNumber, position, sizeBytes } };
}
