import { batchHeaderBytes, encodeBatch } from '../codec/record-batch.ts';
import type { EncodedBatch, NewRecord } from '../codec/record-batch.ts';
import { refuse } from './problem.ts';
import type { Answered } from './problem.ts';

/**
 * Batches are closed at this size. Larger ones are written a little faster, but an acquire of a single record has to
 * read and check the whole batch around it.
 */
const batchTargetBytes = 16 * 1024;

/** More than a record's lengths, times and counts ever take. */
const recordOverheadBytes = 32;
const headerOverheadBytes = 10;

/** A batch and the records in it, by the number of their `add`. */
export interface BuiltBatch {
  readonly partition: number;
  readonly batch: EncodedBatch;
  readonly recordNumbers: readonly number[];
}

interface OpenBatch {
  readonly records: NewRecord[];
  readonly recordNumbers: number[];
  sizeBytes: number;
}

/** Gathers records into batches, a partition each, that keep to the topic's `max.message.bytes`. */
export class BatchBuilder {
  readonly #maxMessageBytes: number;
  readonly #targetBytes: number;
  readonly #open = new Map<number, OpenBatch>();
  #closed: BuiltBatch[] = [];
  #count = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#targetBytes = Math.min(batchTargetBytes, maxMessageBytes);
  }

  /**
   * Adds a record and answers its number, from 0; refused is one that no batch of this topic can hold. `field` is where
   * the request has it, if it is one of several.
   */
  add(partition: number, record: NewRecord, field?: string): Answered<number> {
    const sizeBytes = mostBytes(record);
    if (batchHeaderBytes + sizeBytes > this.#maxMessageBytes) {
      // The estimate is generous: only the batch itself tells.
      const alone = encodeBatch({ records: [record] }).bytes.length;
      if (alone > this.#maxMessageBytes) {
        return refuse(
          'MESSAGE_TOO_LARGE',
          `${field ?? 'the record'} makes a batch of ${alone} bytes; the topic's max.message.bytes is ${this.#maxMessageBytes}`,
          field,
        );
      }
    }
    let open = this.#open.get(partition);
    if (open !== undefined && open.sizeBytes + sizeBytes > this.#targetBytes) {
      this.#close(partition, open);
      open = undefined;
    }
    if (open === undefined) {
      open = { records: [], recordNumbers: [], sizeBytes: batchHeaderBytes };
      this.#open.set(partition, open);
    }
    open.records.push(record);
    open.recordNumbers.push(this.#count);
    open.sizeBytes += sizeBytes;
    return { ok: true, value: this.#count++ };
  }

  /** Number of records added since the last `take`. */
  get count(): number {
    return this.#count;
  }

  /** All batches, and starts anew. */
  take(): readonly BuiltBatch[] {
    for (const [partition, open] of this.#open) this.#close(partition, open);
    const built = this.#closed;
    this.#closed = [];
    this.#open.clear();
    this.#count = 0;
    return built;
  }

  #close(partition: number, { records, recordNumbers }: OpenBatch): void {
    this.#closed.push({ partition, batch: encodeBatch({ records }), recordNumbers });
  }
}

const mostBytes = ({ key, value, headers }: NewRecord): number => {
  let bytes = recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
  // A UTF-16 unit is at most 3 bytes of UTF-8.
  for (const header of headers) bytes += headerOverheadBytes + header.key.length * 3 + (header.value?.length ?? 0);
  return bytes;
};
