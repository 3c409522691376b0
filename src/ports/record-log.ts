import type { Rejection } from '../core/errors.ts';
import type { TopicPartition } from '../core/ids.ts';
import type { SequencedBatch } from '../core/producer/producer-state.ts';

/**
 * The partitioned log. It stores Kafka record batches (v2) as they came: opaque bytes behind a small header.
 * A batch is checked once (CRC, counts) by whoever brings it in, before `append`.
 */

/** What the log needs to know of a batch that is to be appended. `bytes` holds exactly one record batch v2. */
export interface NewBatch {
  readonly bytes: Uint8Array;
  /** Offsets the batch takes: last offset delta + 1. */
  readonly offsetCount: number;
  /** Timestamp of its first record, ms since 1970. */
  readonly baseTimestampMs: number;
  /** The greatest timestamp in it, ms since 1970. */
  readonly maxTimestampMs: number;
}

/**
 * A batch as stored. `bytes` carries its final base offset and the partition leader epoch: that of the cluster's leader that wrote it,
 * and 0 where one process has the log for itself. Callers must not change them.
 */
export interface StoredBatch {
  readonly baseOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly bytes: Uint8Array;
}

/** Makes a produce request idempotent: stored in the same transaction as the batches. */
export interface RequestKey {
  readonly topicId: TopicPartition['topicId'];
  /** What the client sent as `Idempotency-Key`. */
  readonly key: string;
  /** A digest of the request's body: the same key with another fingerprint is refused. */
  readonly fingerprint: string;
  /** Opaque text given back on a replay, so that the first answer can be made again. */
  readonly layout: string;
  /** Wall clock, ms: when the key was used. Keys older than the adapter's `requestKeyRetentionMs` are forgotten. */
  readonly nowMs: number;
}

/** Makes an append of one batch idempotent: what the log remembers of the producer is stored in the same transaction. */
export interface ProducerSequence extends SequencedBatch {
  /** Wall clock, ms. A producer that has appended nothing to the partition for the adapter's `producerIdExpirationMs` is forgotten. */
  readonly nowMs: number;
}

export interface Append {
  /** All or nothing, in this order. Several entries may go to one partition. */
  readonly entries: readonly (TopicPartition & { readonly batch: NewBatch })[];
  readonly requestKey?: RequestKey;
  /** Only with exactly one entry, and no `requestKey`. */
  readonly producer?: ProducerSequence;
}

export type AppendOutcome =
  /** Durable. `baseOffsets[i]` belongs to `entries[i]`; of a batch that its producer has sent before, it is the one from then. */
  | { readonly kind: 'appended'; readonly baseOffsets: readonly number[] }
  /** The key was used before with the same fingerprint: nothing was appended; the first answer's parts. */
  | { readonly kind: 'replayed'; readonly baseOffsets: readonly number[]; readonly layout: string }
  /** The key was used before with another fingerprint: nothing was appended. */
  | { readonly kind: 'key_reused' }
  /** The batch is not the producer's next one (producer-state.ts): nothing was appended. */
  | { readonly kind: 'refused'; readonly error: Rejection };

export interface LogBounds {
  /** First offset still stored; equals `endOffset` when the partition is empty. */
  readonly startOffset: number;
  /** One past the last confirmed offset (the high watermark). */
  readonly endOffset: number;
  /** Bytes of the stored batches. */
  readonly sizeBytes: number;
}

export interface LeaderEpochEnd {
  readonly leaderEpoch: number;
  /** One past the last offset that the epoch's leader wrote; the end of the log for the one that leads. */
  readonly endOffset: number;
}

/** What happens to partitions without this process: others append to them, their retention moves their start. */
export interface LogChanges {
  /** The end of a followed partition has moved, by about so many bytes. */
  appended(partition: TopicPartition, sizeBytes: number): void;
  startMoved(partition: TopicPartition): void;
}

export interface RecordLog {
  /**
   * Whether offsets without a record are usual, as in a cluster that has transactions and compaction. Otherwise they mean that
   * records are missing.
   */
  readonly mayHaveHoles: boolean;
  /** Whether bounds have all bytes that are stored. A cluster's have those that have come since this process follows the partition: enough to see that some came. */
  readonly knowsSizes: boolean;

  /**
   * Told of what happens to followed partitions; of one's own appends it may be told too. Never where one process has the log for itself.
   */
  watch(changes: LogChanges): void;
  /**
   * From now on `bounds` of these partitions is exact to within the time that the log needs to hear of an append; resolves when it is known,
   * except of partitions that have no leader at present: watchers are told when they have one.
   * Does nothing where one process has the log for itself: it always knows.
   */
  follow(partitions: readonly TopicPartition[]): Promise<void>;
  /** They are somebody else's now. */
  unfollow(partitions: readonly TopicPartition[]): void;

  /** Makes an empty partition known (offset 0). Creating one that exists does nothing. Durable when it resolves. */
  createPartitions(partitions: readonly TopicPartition[]): Promise<void>;
  /** Deletes partitions with all their records. Unknown ones are ignored. */
  deletePartitions(partitions: readonly TopicPartition[]): Promise<void>;

  /**
   * Appends durably: when it resolves, the records survive a crash. Appends of one caller to one partition keep
   * their order. Faults: `STORAGE_FULL` and `STORAGE_FAILED`; no offset is used up by a refused append.
   *
   * The sequence of a producer is checked where the append takes its place in the order, so that after one that failed those
   * behind it are refused too. What is remembered of producers is as durable as their batches, and outlives them.
   */
  append(append: Append): Promise<AppendOutcome>;

  /** Synchronous and cheap: kept in memory. `undefined` for an unknown partition. Confirmed records only. */
  bounds(partition: TopicPartition): LogBounds | undefined;

  /**
   * The epoch of the partition's leader, of the cluster that keeps the log: it stands in the batches, and clients of Kafka compare
   * it. 0 where one process has the log for itself, and for an unknown partition. Synchronous and cheap.
   */
  leaderEpoch(partition: TopicPartition): number;

  /**
   * Where the batches of a leader epoch end: of the greatest epoch that is not above the one asked for, and -1 for both when there
   * is none, or the one asked for is still to come (OffsetForLeaderEpoch).
   */
  endOfLeaderEpoch(partition: TopicPartition, leaderEpoch: number): Promise<LeaderEpochEnd>;

  /**
   * Whole batches in offset order, from the one that holds `startOffset` (or the next one after it, where offsets are
   * missing) up to the one that holds `endOffset - 1`. Stops when `maxBytes` would be passed, but the first batch
   * always comes. Empty when nothing is stored in the range. Fault `CORRUPT` when stored bytes are not a batch,
   * with its offsets where the log knows them.
   */
  read(
    partition: TopicPartition,
    range: { readonly startOffset: number; readonly endOffset: number; readonly maxBytes: number },
  ): Promise<readonly StoredBatch[]>;

  /**
   * The batch that holds `offset`, where it is in memory: as `read` gives it, at once. `undefined` says nothing: it may be stored,
   * or there is none. Synchronous and cheap; never a batch outside the bounds.
   */
  cached(partition: TopicPartition, offset: number): StoredBatch | undefined;

  /**
   * Base offset of the first batch whose greatest timestamp is at or after `timestampMs`; `undefined` when there is
   * none. Batches wholly before `fromOffset` (default: the start of the log) do not count. (Batch granularity: the caller
   * looks inside the batch where the very record matters.)
   */
  offsetForTimestamp(partition: TopicPartition, timestampMs: number, fromOffset?: number): Promise<number | undefined>;

  /** Base offset of the first of the batches with the greatest timestamp of all; `undefined` when there is none. */
  offsetOfMaxTimestamp(partition: TopicPartition): Promise<number | undefined>;

  /** Base timestamp of the batch that holds `offset` or the next one stored after it; `undefined` past the end. */
  timestampAt(partition: TopicPartition, offset: number): Promise<number | undefined>;

  /**
   * Moves the start of the log to `startOffset` (half-open: records before it are gone), as DeleteRecords does.
   * A batch that lies partly before it stays stored until it lies wholly before. Never moves back; clamped to the end.
   * Resolves with the new bounds, durably.
   */
  trim(partition: TopicPartition, startOffset: number): Promise<LogBounds>;

  /**
   * Applies `retention.ms` and `retention.bytes` to one partition: drops whole batches from the front, oldest first,
   * while the batch's greatest timestamp is before `minTimestampMs`, or while more than `maxBytes` remain; the
   * newest batch is never too much, however large. `undefined` means no limit. Resolves with the new bounds.
   */
  applyRetention(
    partition: TopicPartition,
    limits: { readonly minTimestampMs?: number; readonly maxBytes?: number },
  ): Promise<LogBounds>;

  /** Bytes the partition's files take is not known here; flushes and closes. Pending appends settle first. */
  close(): Promise<void>;
}
