import { partitionForKey } from '../core/partitioner.ts';
import { refuse } from './problem.ts';
import type { Answered } from './problem.ts';
import type { IncomingRecord } from './record-input.ts';

const maxRememberedTopics = 10_000;

/** Where the records without a partition and without a key go: all of one request to one partition, and the next request's to the next. */
export class StickyPartitions {
  readonly #next = new Map<string, number>();

  next(topic: string, partitionCount: number): number {
    const partition = (this.#next.get(topic) ?? 0) % partitionCount;
    if (this.#next.size >= maxRememberedTopics) this.#next.clear();
    this.#next.set(topic, partition + 1);
    return partition;
  }
}

/** The record's own partition, or Kafka's murmur2 of its key, or the sticky one. */
export const partitionOf = (
  record: IncomingRecord,
  partitionCount: number,
  sticky: number,
  path: string,
): Answered<number> => {
  if (record.partition !== null) {
    return record.partition < partitionCount
      ? { ok: true, value: record.partition }
      : refuse(
          'INVALID_REQUEST',
          `${path}partition is ${record.partition}; the greatest is ${partitionCount - 1}: the topic has ${partitionCount}`,
          `${path}partition`,
        );
  }
  return { ok: true, value: record.key === null ? sticky : partitionForKey(record.key, partitionCount) };
};
