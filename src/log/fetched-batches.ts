import { CodecError } from '../codec/codec-error.ts';
import type { FetchResponseAbortedTransaction } from '../codec/messages/fetch.ts';
import { type BatchHeader, inspectBatch, openBatch } from '../codec/record-batch.ts';
import { type TopicPartition, topicPartitionText } from '../core/ids.ts';
import { Fault } from '../ports/fault.ts';
import type { StoredBatch } from '../ports/record-log.ts';

/** Offsets that hold no record for a reader and never will, kept like a batch: its bytes are empty. */
export const isHole = (batch: StoredBatch): boolean => batch.bytes.length === 0;

export interface FetchedBatches {
  /** In offset order and without a hole between them: from the offset that was asked for on, every offset is in one. */
  readonly batches: readonly StoredBatch[];
  /** The offset behind them. */
  readonly nextOffset: number;
  /** Why they end there, when it is not the end of what was fetched: CORRUPT, with its offsets. */
  readonly damage: Fault | undefined;
}

/** What a reader with isolation level 1 has to leave out is known from the answer alone, wherever it begins to read. */
export interface FetchedRecords {
  readonly fetchOffset: number;
  /** As they came; the last batch may be cut off. */
  readonly records: Uint8Array;
  /** Those that reach into what was fetched (`abortedTransactions`). */
  readonly aborted: readonly FetchResponseAbortedTransaction[];
}

/**
 * Cuts fetched records into batches, which stay views into them. Control batches and the batches of aborted transactions become
 * holes, as does what compaction has taken (Fetcher and CompletedFetch of Kafka's consumer).
 */
export const cutBatches = (partition: TopicPartition, fetched: FetchedRecords): FetchedBatches => {
  const { records, fetchOffset } = fetched;
  const transactions = new Transactions(fetched.aborted);
  const batches: StoredBatch[] = [];
  let nextOffset = fetchOffset;
  const skipTo = (endOffset: number): void => {
    if (endOffset <= nextOffset) return;
    const before = batches.at(-1);
    const isJoined = before !== undefined && isHole(before);
    if (isJoined) batches.pop();
    batches.push({ ...hole, baseOffset: isJoined ? before.baseOffset : nextOffset, lastOffset: endOffset - 1 });
    nextOffset = endOffset;
  };
  for (let position = 0; position + lengthEnds <= records.length;) {
    const rest = records.subarray(position);
    const sizeBytes = lengthEnds + new DataView(rest.buffer, rest.byteOffset, rest.length).getInt32(8);
    if (sizeBytes > rest.length) break;
    let header: BatchHeader;
    try {
      header = inspectBatch(rest, { allowGaps: true });
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      return { batches, nextOffset, damage: damageOf(partition, rest, error) };
    }
    position += header.sizeBytes;
    // A leader may begin with a batch that lies before what was asked for.
    if (header.lastOffset < nextOffset) {
      transactions.passes(header, rest);
      continue;
    }
    skipTo(header.baseOffset);
    if (transactions.passes(header, rest) && header.recordsCount > 0) {
      const { baseOffset, lastOffset, baseTimestampMs, maxTimestampMs } = header;
      const bytes = rest.subarray(0, header.sizeBytes);
      batches.push({ baseOffset, lastOffset, baseTimestampMs, maxTimestampMs, bytes });
      nextOffset = lastOffset + 1;
    } else skipTo(header.lastOffset + 1);
  }
  return { batches, nextOffset, damage: undefined };
};

/** Base offset and length of a batch: its size is known behind them. */
const lengthEnds = 12;
const hole = { baseTimestampMs: -1, maxTimestampMs: -1, bytes: new Uint8Array(0) };

/** Which of the batches, one after the other, belong to transactions that were aborted. */
class Transactions {
  /** Not begun yet, the first one last. */
  readonly #ahead: FetchResponseAbortedTransaction[];
  readonly #aborted = new Set<number>();

  constructor(aborted: readonly FetchResponseAbortedTransaction[]) {
    this.#ahead = aborted.toSorted((a, b) => b.firstOffset - a.firstOffset);
  }

  /** Whether a reader gets this batch. */
  passes(header: BatchHeader, bytes: Uint8Array): boolean {
    while (this.#ahead.length > 0 && this.#ahead.at(-1)!.firstOffset <= header.lastOffset) {
      this.#aborted.add(this.#ahead.pop()!.producerId);
    }
    if (header.isControl) {
      if (this.#aborted.has(header.producerId) && isAbort(bytes.subarray(0, header.sizeBytes))) {
        this.#aborted.delete(header.producerId);
      }
      return false;
    }
    return !header.isTransactional || !this.#aborted.has(header.producerId);
  }
}

/** A control record's key is a version and a type, both int16: 0 aborts, 1 commits (ControlRecordType in Kafka). */
const isAbort = (bytes: Uint8Array): boolean => {
  const [record] = openBatch(bytes, { crcChecked: true });
  const key = record?.key ?? null;
  return key !== null && key.length >= 4 && key[2] === 0 && key[3] === 0;
};

const damageOf = (partition: TopicPartition, bytes: Uint8Array, error: CodecError): Fault => {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const baseOffset = Number(header.getBigInt64(0));
  // Formats before version 2 hold the offset of their last record, and nothing else that can be relied on.
  const deltas = bytes.length > 27 && bytes[16] === 2 ? Math.max(0, header.getInt32(23)) : 0;
  return new Fault({
    code: 'CORRUPT',
    operation: 'read',
    message: `the record batch at offset ${baseOffset} of partition ${topicPartitionText(partition)} in Kafka cannot be read: ${error.message}`,
    retriable: false,
    outcome: 'refused',
    hint: "compare the replicas of the partition; a topic with a message format before 2 has to be written again by today's producers",
    offsets: { firstOffset: baseOffset, lastOffset: baseOffset + deltas },
    cause: error,
  });
};
