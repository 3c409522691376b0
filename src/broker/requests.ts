/**
 * What the doors say to the broker and what it answers: the same words for HTTP and for Kafka's wire protocol.
 * Names of topics and groups come as the client wrote them; the broker checks them. Leases come checked: the door that
 * made a token proves that it is ours, the broker decides whether it still counts.
 */
import type { AcquireMode, EmptyReason } from '../core/share-partition/acquire.ts';
import type { GroupId, Holder, HolderKind, TopicId } from '../core/ids.ts';
import type { Rejection } from '../core/errors.ts';
import type { ShareGroupState } from '../core/share-group/membership.ts';
import type { EndingOutcome } from '../core/share-partition/ending.ts';
import type { SettleType } from '../core/share-partition/settle.ts';
import type { RecordState } from '../core/share-partition/window.ts';
import type { NewBatch, StoredBatch } from '../ports/record-log.ts';

// ───────────── topics ─────────────

export interface CreateTopicRequest {
  readonly name: string;
  /** null: `num.partitions`. */
  readonly partitions: number | null;
  readonly config: Readonly<Record<string, string>>;
  /** Only says whether it could be created, and how it would be. */
  readonly validateOnly?: boolean;
  /** Of a cluster's topic; -1, or absent: as the cluster has it. */
  readonly replicationFactor?: number;
}

export interface TopicDescription {
  readonly name: string;
  readonly topicId: TopicId;
  readonly partitions: readonly {
    readonly partition: number;
    readonly logStartOffset: number;
    /** Exclusive: the high watermark. */
    readonly logEndOffset: number;
    /** null: not known. */
    readonly sizeBytes: number | null;
  }[];
  /** The topic configs that sash obeys with their effective values, as strings with Kafka's names. */
  readonly config: Readonly<Record<string, string>>;
  /** What was set. */
  readonly overrides: Readonly<Record<string, string>>;
  /** Of a cluster's topic: what is in force where nothing was set. */
  readonly inherited?: Readonly<Record<string, string>>;
  /** Appended, over the last 10 s. */
  readonly recordsInPerSecond: number;
  readonly bytesInPerSecond: number;
}

// ───────────── produce and read ─────────────

export interface ProduceRequest {
  readonly topic: string;
  /** All or nothing. Several batches may go to one partition. Batches are already checked (codec). */
  readonly batches: readonly { readonly partition: number; readonly batch: NewBatch }[];
  readonly requestKey?: { readonly key: string; readonly fingerprint: string; readonly layout: string };
}

export type ProduceOutcome =
  | { readonly kind: 'appended'; readonly baseOffsets: readonly number[] }
  | { readonly kind: 'replayed'; readonly baseOffsets: readonly number[]; readonly layout: string };

export interface ReadRequest {
  readonly topic: string;
  readonly partition: number;
  /** Inclusive. */
  readonly startOffset: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
}

export interface ReadOutcome {
  /** Whole batches; the first may begin before `startOffset`. */
  readonly batches: readonly StoredBatch[];
  readonly topicId: TopicId;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
}

// ───────────── acquire ─────────────

export interface AcquireRequest {
  readonly group: string;
  readonly topics: readonly string[];
  readonly holder: Holder;
  /** In all partitions together. */
  readonly maxRecords: number;
  /** Of record bytes as stored; the first record always comes. */
  readonly maxBytes: number;
  /** 0: answer at once. */
  readonly waitMs: number;
  /** null: the group's `share.record.lock.duration.ms`. */
  readonly lockDurationMs: number | null;
  readonly acquireMode: AcquireMode;
  /** Used only for share partitions without a start offset. null: the group's `share.auto.offset.reset`. */
  readonly startFrom: 'earliest' | 'latest' | null;
}

/** Neighbouring offsets acquired together, with one delivery count and one lock. */
export interface AcquiredRange {
  readonly topic: string;
  readonly topicId: TopicId;
  readonly partition: number;
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  readonly deliveryCount: number;
  readonly deliveryCountLimit: number;
  /** With both epochs: which acquisition this is; part of the lease. */
  readonly acquisition: number;
  readonly leaderEpoch: number;
  readonly stateEpoch: number;
  /** Reason given when an earlier delivery failed. */
  readonly lastFailure: string | null;
  /** Wall clock, ms. */
  readonly lockedUntilMs: number;
  readonly lockRemainingMs: number;
  /** The log's batches that cover the range, in order; they may reach beyond it on both sides. */
  readonly batches: readonly StoredBatch[];
}

export interface AcquireOutcome {
  readonly ranges: readonly AcquiredRange[];
  /** null when something was acquired. */
  readonly emptyReason: EmptyReason | null;
  /** With `delayed`: when the first delayed record becomes available. */
  readonly nextAvailableMs: number | null;
  /** When nothing was acquired: which records are damaged, or what cannot be asked or handed out at this moment, and what to do. For people. */
  readonly problem: string | null;
  /** Exact number of unfinished records in the partitions asked for. */
  readonly lag: number;
  /** Age of the oldest unfinished record; null when there is none. */
  readonly oldestAgeMs: number | null;
  /** Set when this call gave the group its first start offset in a topic asked for: the policy used. */
  readonly started: string | null;
}

// ───────────── acknowledge ─────────────

/** A lease, checked by the door: which acquisition of which record the caller means. */
export interface LeaseRef {
  readonly topicId: TopicId;
  readonly partition: number;
  readonly offset: number;
  readonly acquisition: number;
  readonly leaderEpoch: number;
  readonly stateEpoch: number;
}

export type AcknowledgeType = 'accept' | 'release' | 'reject' | 'renew';

export interface Acknowledgement {
  readonly lease: LeaseRef;
  readonly type: AcknowledgeType;
  /** release only: not handed out again for so long. */
  readonly delayMs?: number;
  /** release and reject only: at most 1 KiB of UTF-8. */
  readonly reason?: string;
  /** renew only: null or absent is the group's lock duration. */
  readonly lockDurationMs?: number;
}

export type AcknowledgeResult =
  | { readonly status: 'accepted' | 'rejected' | 'archived'; readonly replayed?: true }
  | { readonly status: 'released'; readonly replayed?: true; /** Wall clock, ms. */ readonly availableAtMs: number }
  | { readonly status: 'renewed'; readonly lockRemainingMs: number; readonly lockedUntilMs: number }
  | { readonly status: 'error'; readonly error: Rejection };

// ───────────── windows ─────────────

export interface WindowSummary {
  readonly topic: string;
  readonly partition: number;
  /** `node.id` of the node that has it, where there are several. */
  readonly node?: number;
  /** SPSO. */
  readonly startOffset: number;
  /** Exclusive: one past SPEO. */
  readonly endOffset: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly stateEpoch: number;
  readonly counts: Readonly<Record<RecordState, number>>;
  /** endOffset − startOffset. */
  readonly inFlight: number;
  readonly inFlightLimit: number;
  readonly lag: number;
  readonly oldestAgeMs: number | null;
  readonly holders: readonly {
    readonly holder: string;
    readonly kind: HolderKind;
    readonly records: number;
    readonly oldestLockMs: number;
  }[];
  readonly blockedBy: BlockedBy | null;
  /** Grows with whatever changes in the window; never goes back while the server runs. */
  readonly version: number;
  /** Wall clock, ms: when durations of this row were measured. */
  readonly atMs: number;
}

/** What keeps the start of the window where it is. */
export interface BlockedBy {
  readonly offset: number;
  readonly state: RecordState;
  readonly holder: string | null;
  readonly deliveryCount: number;
  readonly sinceMs: number;
  /** For how long the start has not moved. */
  readonly standingMs: number;
  /** For people, such as "offset 120,045 on emails-3 has been locked by mailer-7f9c for 4 min, 3rd delivery of 5". */
  readonly sentence: string;
}

export interface GroupBlockedBy extends BlockedBy {
  readonly topic: string;
  readonly partition: number;
}

export interface WindowRun {
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  readonly state: RecordState;
  readonly deliveryCount: number;
  readonly holder: string | null;
  readonly lockRemainingMs: number | null;
  readonly availableInMs: number | null;
  /** The reason that was given last when a delivery failed. */
  readonly lastFailure: string | null;
}

export interface WindowPageRequest {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** null: from the window's start on. */
  readonly fromOffset: number | null;
  readonly limit: number;
}

export interface WindowPage {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly runs: readonly WindowRun[];
  /** Where to go on, or null when this was the last page. */
  readonly nextOffset: number | null;
}

export interface Attempt {
  readonly deliveryCount: number;
  readonly holder: string;
  /** Wall clock, ms. */
  readonly acquiredAtMs: number;
  /** null while it is going on. */
  readonly endedAtMs: number | null;
  readonly outcome: EndingOutcome | null;
  readonly reason: string | null;
}

export interface PeekOutcome {
  readonly topic: string;
  readonly topicId: TopicId;
  readonly partition: number;
  readonly offset: number;
  /** Before the window's start: `finished`; from its end on: `unread`. */
  readonly state: RecordState | 'finished' | 'unread';
  readonly deliveryCount: number;
  readonly deliveryCountLimit: number;
  readonly holder: string | null;
  readonly lastFailure: string | null;
  readonly attempts: readonly Attempt[];
  /** The batch that holds the record. */
  readonly batch: StoredBatch;
}

export interface ArchivedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly deliveryCount: number;
  /** Why: `rejected`, or the outcome of the attempt that used up the limit. */
  readonly outcome: EndingOutcome;
  readonly reason: string | null;
  /** The last holder. */
  readonly holder: string;
  /** Wall clock, ms. */
  readonly archivedAtMs: number;
}

export interface ArchivedPage {
  readonly records: readonly ArchivedRecord[];
  /** Opaque; give it as `after` for the next page. null: no more. */
  readonly next: string | null;
}

// ───────────── groups ─────────────

export interface ShareGroupRow {
  readonly group: GroupId;
  readonly state: ShareGroupState;
  /** Kafka members. */
  readonly members: number;
  /** HTTP workers that hold a lock or wait in an acquire. */
  readonly workers: number;
  /** null, like what follows, where it cannot be told: see `error`. */
  readonly lag: number | null;
  readonly oldestAgeMs: number | null;
  readonly inFlight: number | null;
  /** Of all its windows together; null without any. */
  readonly inFlightLimit: number | null;
  /** Archived records that are listed. */
  readonly archived: number | null;
  /** Over the last 10 s. */
  readonly deliveredPerSecond: number;
  /** Accepted, over the last 10 s. */
  readonly acknowledgedPerSecond: number;
  /** Of all its windows: what blocks the one whose start has stood still for longest. */
  readonly blockedBy: GroupBlockedBy | null;
  readonly paused: boolean;
  /** For people: which windows cannot be loaded now, and why. */
  readonly error: string | null;
  /** Wall clock, ms: when durations of this row were measured. */
  readonly atMs: number;
}

export interface ShareGroupDescription extends ShareGroupRow {
  readonly config: Readonly<Record<string, { readonly value: string; readonly source: 'default' | 'group' }>>;
}

export interface WorkerRow {
  readonly holder: string;
  readonly kind: HolderKind;
  readonly records: number;
  readonly oldestLockMs: number | null;
  /** Acquire calls of this worker that wait. */
  readonly waiting: number;
  /** Accepted, over the last 10 s. */
  readonly acknowledgedPerSecond: number;
  /** Records that it released or rejected, or whose lock ran out, in the last 10 minutes. */
  readonly failures: number;
}

export type ResetTarget =
  'earliest' | 'latest' | { readonly offset: number } | { /** Wall clock, ms. */ readonly timestampMs: number };

export interface ResetRequest {
  readonly group: string;
  readonly topic: string;
  /** null: all partitions of the topic. */
  readonly partitions: readonly number[] | null;
  readonly to: ResetTarget;
  readonly dryRun: boolean;
}

export interface ResetRow {
  readonly topic: string;
  readonly partition: number;
  readonly startOffsetBefore: number | null;
  readonly startOffsetAfter: number;
  readonly lagBefore: number | null;
  readonly lagAfter: number;
  readonly locksDropped: number;
}

/** An operator's ending of a range: takes the records over without counting a delivery, and ends them. */
export interface SettleRequest {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  /** `retry` makes the record available with one attempt given back (the one exception to I6). */
  readonly type: SettleType;
  readonly reason: string | null;
  readonly dryRun: boolean;
  /** The background operation whose step this is: a step that is repeated changes nothing a second time. */
  readonly operation?: {
    readonly id: string;
    /** The step may have been done before; then what it did is looked up and answered. */
    readonly mayBeDone: boolean;
  };
}

export interface SettleOutcome {
  readonly dryRun: boolean;
  /** Records that are (or would be) ended this way, by what they become. */
  readonly accepted: number;
  readonly rejected: number;
  readonly released: number;
  /** A release on the last attempt archives. */
  readonly archived: number;
  readonly retried: number;
  /** Leases that end with it. */
  readonly locksTaken: number;
  /** Offsets of the range that are finished already or not in the window. */
  readonly skipped: number;
}
