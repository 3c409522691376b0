import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { batchSizeSql } from './batch-place.ts';

/** Where a partition's log starts and ends. */
export interface PartitionPosition {
  readonly partitionKey: number;
  readonly startOffset: number;
  /** One past the last stored offset. */
  readonly endOffset: number;
  /** Bytes ever appended before the first stored batch, and in all: their difference is the size. */
  readonly startPosition: number;
  readonly endPosition: number;
  /** The segment that holds the partition's last batch, or -1. */
  readonly lastSegment: number;
}

/**
 * Finds where partitions start and end: not written at each append (that would be one more page a partition), but
 * found from the first and the last batch.
 */
export class PartitionPositions {
  readonly #partition: StatementSync;
  readonly #lastSegment: StatementSync;
  readonly #lastBatch: StatementSync;
  readonly #firstBatch: StatementSync;

  constructor(database: DatabaseSync) {
    this.#partition = database.prepare(
      'SELECT start_offset, end_offset, end_position FROM topic_partition WHERE partition_key = ?',
    );
    this.#lastSegment = database.prepare(
      'SELECT segment FROM log_segment WHERE partition_key = ? ORDER BY first_offset DESC LIMIT 1',
    );
    this.#lastBatch = database.prepare(
      `SELECT last_offset, position + ${batchSizeSql} AS end_position FROM record_batch
       WHERE segment = ? AND partition_key = ? ORDER BY base_offset DESC LIMIT 1`,
    );
    this.#firstBatch = database.prepare(
      `SELECT b.position FROM log_segment s CROSS JOIN record_batch b ON b.segment = s.segment AND b.partition_key = s.partition_key
       WHERE s.partition_key = ?1
         AND s.first_offset >= coalesce((SELECT max(first_offset) FROM log_segment WHERE partition_key = ?1 AND first_offset <= ?2), 0)
         AND b.last_offset >= ?2
       ORDER BY s.first_offset, b.base_offset LIMIT 1`,
    );
  }

  load(partitionKey: number): PartitionPosition | undefined {
    const partition = this.#partition.get(partitionKey) as
      { start_offset: number; end_offset: number; end_position: number } | undefined;
    if (partition === undefined) return undefined;
    let endOffset = partition.end_offset;
    let endPosition = partition.end_position;
    const segment = this.#lastSegment.get(partitionKey) as { segment: number } | undefined;
    if (segment !== undefined) {
      const batch = this.#lastBatch.get(segment.segment, partitionKey) as
        { last_offset: number; end_position: number } | undefined;
      if (batch !== undefined && batch.last_offset >= endOffset) {
        endOffset = batch.last_offset + 1;
        endPosition = batch.end_position;
      }
    }
    return {
      partitionKey,
      startOffset: partition.start_offset,
      endOffset,
      startPosition: this.startPosition(partitionKey, partition.start_offset) ?? endPosition,
      endPosition,
      lastSegment: segment?.segment ?? -1,
    };
  }

  /** Position of the first batch that holds `startOffset` or a later one. */
  startPosition(partitionKey: number, startOffset: number): number | undefined {
    const batch = this.#firstBatch.get(partitionKey, startOffset) as { position: number } | undefined;
    return batch?.position;
  }
}
