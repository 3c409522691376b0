/**
 * The shapes of the HTTP API, as openapi/openapi.json has them. Offsets are numbers up to 2^53-1; `first`/`last` are
 * inclusive, `start`/`end` half-open; `…Ms` are ms, `…At` and `…Until` are RFC 3339 in UTC.
 */

import type { UnreachableNode } from './api-nodes.ts';

export type { Node, NodesAnswer, UnreachableNode } from './api-nodes.ts';

export type ValueEncoding = 'text' | 'json' | 'base64';
export type WantedEncoding = ValueEncoding | 'auto';

/** A header as acquire and read give it; what acquire gave can be produced again. */
export interface RecordHeader {
  readonly key: string;
  readonly value: string | null;
  readonly encoding: 'text' | 'base64' | null;
}

/** A record as it is stored. */
export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** ms since 1970, as the producer or the log set it. */
  readonly timestamp: number;
  /** As `keyEncoding` says; null is Kafka's null. */
  readonly key: unknown;
  readonly keyEncoding: ValueEncoding | null;
  /** As `valueEncoding` says; null is Kafka's null. */
  readonly value: unknown;
  readonly valueEncoding: ValueEncoding | null;
  readonly headers: readonly RecordHeader[];
}

/** A record to produce. */
export interface NewRecord {
  /** Default: Kafka's murmur2 of the key; without a key a partition of the server's choice. */
  readonly partition?: number | null;
  /** ms since 1970. Default: now. */
  readonly timestamp?: number | null;
  /** A string is its UTF-8 bytes, any other JSON value its JSON text; null or absent is Kafka's null. */
  readonly key?: unknown;
  readonly keyEncoding?: ValueEncoding | null;
  /** As `key`. */
  readonly value?: unknown;
  readonly valueEncoding?: ValueEncoding | null;
  readonly headers?: Readonly<Record<string, string | null>> | readonly Partial<RecordHeader>[] | null;
}

/** Where a record is. */
export interface RecordPlace {
  readonly partition: number;
  readonly offset: number;
}

export interface ProduceAnswer {
  /** In the order of the request. */
  readonly results: readonly RecordPlace[];
  /** The Idempotency-Key was seen before: this is the first answer again. */
  readonly replayed?: true;
}

export interface ProduceLinesAnswer {
  readonly produced: number;
  readonly failed: number;
  /** The first 100 lines that failed; lines count from 1. */
  readonly errors: readonly {
    readonly line: number;
    readonly code: string;
    readonly message: string;
    readonly field?: string;
  }[];
}

export interface ReadAnswer {
  readonly records: readonly StoredRecord[];
  readonly logStartOffset: number;
  /** Exclusive. */
  readonly logEndOffset: number;
  /** Where to go on; null at the end of the log. */
  readonly nextOffset: number | null;
}

export interface Topic {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly logStartOffset: number;
    /** Exclusive. */
    readonly logEndOffset: number;
    /** null: not known, as over a Kafka, which is not asked for it. */
    readonly sizeBytes: number | null;
  }[];
  readonly config: Readonly<Record<string, string>>;
  /** Produced, over the last 10 s. */
  readonly recordsInPerSecond: number;
  readonly bytesInPerSecond: number;
}

export type Acknowledgement =
  /** Done. */
  | { readonly lease: string; readonly type: 'accept' }
  /** Again, perhaps later. */
  | { readonly lease: string; readonly type: 'release'; readonly delayMs?: number; readonly reason?: string }
  /** Never again: archived. */
  | { readonly lease: string; readonly type: 'reject'; readonly reason?: string }
  /** Still working: the lock starts anew. */
  | { readonly lease: string; readonly type: 'renew'; readonly lockDurationMs?: number };

export type AcknowledgeResult =
  | {
      readonly lease: string;
      /** archived: the release used up the last attempt. */
      readonly status: 'accepted' | 'rejected' | 'archived';
      /** The same outcome was recorded before; nothing was done again. */
      readonly replayed?: true;
    }
  | { readonly lease: string; readonly status: 'released'; readonly availableAt: string; readonly replayed?: true }
  | {
      readonly lease: string;
      readonly status: 'renewed';
      readonly lockedUntil: string;
      readonly lockRemainingMs: number;
    }
  | {
      readonly lease: string;
      readonly status: 'error';
      readonly code: string;
      readonly retriable: boolean;
      readonly message: string;
    };

export interface AcquireRequest {
  readonly topics: readonly string[];
  /** Default: 1. */
  readonly maxRecords?: number;
  readonly maxBytes?: number;
  /** How long to wait for a first record. Default: 0. */
  readonly waitMs?: number;
  readonly workerId?: string;
  /** Default: the group's share.record.lock.duration.ms. */
  readonly lockDurationMs?: number;
  readonly acquireMode?: 'record_limit' | 'batch_optimized';
  /** Used only where the group has no start yet. */
  readonly startFrom?: 'earliest' | 'latest';
  readonly encoding?: WantedEncoding;
  /** Settled, durably, before anything is acquired. */
  readonly acknowledgements?: readonly Acknowledgement[];
}

export interface AcquiredRecord extends StoredRecord {
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
  /** A record that fails at this count is archived. */
  readonly deliveryCountLimit: number;
  /** The reason given when an earlier delivery failed. */
  readonly lastFailure: string | null;
  readonly lockedUntil: string;
  readonly lockRemainingMs: number;
  readonly lease: string;
}

export type EmptyReason = 'paused' | 'draining' | 'delayed' | 'damaged' | 'window_full' | 'all_locked' | 'no_records';

export interface AcquireAnswer {
  readonly records: readonly AcquiredRecord[];
  /** null when there are records. */
  readonly emptyReason: EmptyReason | null;
  /** With delayed: when the first delayed record becomes available; wall clock. */
  readonly nextAvailableMs?: number;
  /** With damaged: for people. */
  readonly problem?: string;
  readonly lag: number;
  readonly oldestAgeMs: number | null;
  /** By the call that gave the group its start in a topic. */
  readonly started?: string;
  /** Of the acknowledgements that came along. */
  readonly results?: readonly AcknowledgeResult[];
}

/** In the order in which a strip counts them. */
export const recordStates = ['available', 'acquired', 'delayed', 'acknowledged', 'archived'] as const;
export type RecordState = (typeof recordStates)[number];
export type HolderKind = 'http' | 'kafka' | 'operator';
export type Outcome = 'accepted' | 'released' | 'rejected' | 'expired' | 'gap' | 'retried';

export interface ShareGroupRow {
  readonly group: string;
  readonly state: 'Empty' | 'Stable';
  /** Kafka members. */
  readonly members: number;
  /** HTTP workers that hold a lock or wait in an acquire. */
  readonly workers: number;
  /** Unfinished records; null where `error` says why it cannot be told. */
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
  /** Of all its windows the one whose start has stood still for longest. */
  readonly blockedBy: (BlockedBy & { readonly topic: string; readonly partition: number }) | null;
  readonly paused: boolean;
  readonly error: string | null;
  /** When the durations of this row were measured, by the server's clock. */
  readonly atMs: number;
}

export interface ShareGroup extends ShareGroupRow {
  readonly config: Readonly<Record<string, { readonly value: string; readonly source: 'default' | 'group' }>>;
}

export interface BlockedBy {
  readonly offset: number;
  readonly state: RecordState;
  readonly holder: string | null;
  readonly deliveryCount: number;
  /** How long it has been locked; without a lock, the age of the record. */
  readonly sinceMs: number;
  /** How long the start of the window has not moved. */
  readonly standingMs: number;
  /** For people. */
  readonly sentence: string;
}

/** One row per share partition. */
export interface WindowRow {
  readonly topic: string;
  readonly partition: number;
  /** `node.id` of the node that has it, where there are several. */
  readonly node?: number | undefined;
  /** SPSO: the lowest unfinished offset. */
  readonly startOffset: number;
  /** Exclusive: one past SPEO. */
  readonly endOffset: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly stateEpoch: number;
  readonly counts: Readonly<Record<RecordState, number>>;
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
  /** What keeps the start where it is. */
  readonly blockedBy: BlockedBy | null;
  /** Changes whenever anything in the window does. */
  readonly version: number;
  /** When the durations of this row were measured, by the server's clock. */
  readonly atMs: number;
}

/** The picture of a window at a resolution. */
export interface WindowStrip {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  /** Of the picture. */
  readonly fromOffset: number;
  /** Of the picture; exclusive. */
  readonly toOffset: number;
  readonly version: number;
  readonly atMs: number;
  readonly holders: readonly string[];
  /** When there are at most as many as columns were asked for. State: its place in {@link recordStates}; holder -1: nobody. */
  readonly runs:
    | readonly (readonly [
        firstOffset: number,
        lastOffset: number,
        state: number,
        deliveryCount: number,
        holder: number,
        msLeft: number | null,
      ])[]
    | null;
  /** Otherwise: `width` neighbours are alike, and each has so many records of each state. */
  readonly columns:
    | readonly (readonly [
        width: number,
        available: number,
        acquired: number,
        delayed: number,
        acknowledged: number,
        archived: number,
        holder: number,
      ])[]
    | null;
  /** Offsets in one column; the last one may have fewer. */
  readonly columnOffsets: number | null;
}

/** A Kafka client in a share group. */
export interface Member {
  readonly memberId: string;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rackId: string | null;
  readonly memberEpoch: number;
  readonly assignment: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
  readonly subscribedTopics: readonly string[];
  /** How long ago its last heartbeat came. */
  readonly lastHeartbeatMs: number;
}

/** What an operator did. */
export interface AuditLine {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly group: string | null;
  readonly topic: string | null;
  readonly partition: number | null;
  /** For people. */
  readonly summary: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly door: 'http' | 'kafka';
  readonly from: string;
}

export interface AuditPage {
  /** Newest first. */
  readonly lines: readonly AuditLine[];
  /** `after` of the next page; null on the last. */
  readonly next: string | null;
}

export interface WindowPage {
  readonly startOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly runs: readonly {
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
  }[];
  /** `fromOffset` of the next page; null on the last. */
  readonly nextOffset: number | null;
}

export interface PeekAnswer {
  readonly record: StoredRecord & {
    readonly deliveryCount: number;
    readonly deliveryCountLimit: number;
    readonly lastFailure: string | null;
  };
  /** finished: before the window's start. unread: from its end on. */
  readonly state: RecordState | 'finished' | 'unread';
  readonly deliveryCount: number;
  readonly holder: string | null;
  /** The last attempts, oldest first; there may be fewer than `deliveryCount`. */
  readonly attempts: readonly {
    readonly deliveryCount: number;
    readonly holder: string;
    readonly acquiredAt: string;
    readonly endedAt: string | null;
    readonly outcome: Outcome | null;
    readonly reason: string | null;
  }[];
}

export interface ArchivedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly deliveryCount: number;
  /** How its last delivery ended. */
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly holder: string;
  readonly archivedAt: string;
}

export interface ArchivedPage {
  /** Newest first. */
  readonly records: readonly ArchivedRecord[];
  /** `after` of the next page; null on the last. */
  readonly next: string | null;
}

export interface WorkerRow {
  readonly holder: string;
  readonly kind: HolderKind;
  readonly records: number;
  readonly oldestLockMs: number | null;
  /** Acquires of this worker that wait. */
  readonly waiting: number;
  /** Accepted, over the last 10 s. */
  readonly acknowledgedPerSecond: number;
  /** Records that it released or rejected, or whose lock ran out, in the last 10 minutes. */
  readonly failures: number;
}

/** null: it could not be told. */
export interface HistorySample {
  readonly atMs: number;
  readonly lag: number | null;
  readonly inFlight: number | null;
  readonly oldestAgeMs: number | null;
  readonly deliveredPerSecond: number;
  readonly acknowledgedPerSecond: number;
  readonly archivedPerSecond: number;
}

export interface History {
  /** Between two samples, about. */
  readonly intervalMs: number;
  /** Oldest first; none from before the start of the server. */
  readonly samples: readonly HistorySample[];
}

export interface WindowsAnswer {
  readonly windows: readonly WindowRow[];
  /** Empty: nothing is left out. */
  readonly unreachable: readonly UnreachableNode[];
}

export interface WorkersAnswer {
  readonly workers: readonly WorkerRow[];
  /** Empty: nothing is left out. */
  readonly unreachable: readonly UnreachableNode[];
}

interface Event<Name extends string, Data> {
  readonly id: string;
  readonly event: Name;
  readonly data: Data;
}

/** What changed on the server. Each row is whole, and replaces the one before. */
export type ServerEvent =
  | Event<
      'snapshot',
      | {
          readonly groups: readonly ShareGroupRow[];
          readonly topics: readonly Topic[];
          /** What these have is as they told it last, or left out. */
          readonly unreachable: readonly UnreachableNode[];
          readonly atMs: number;
        }
      | {
          readonly group: ShareGroup;
          readonly windows: readonly WindowRow[];
          readonly workers: readonly WorkerRow[];
          readonly unreachable: readonly UnreachableNode[];
          readonly atMs: number;
        }
    >
  | Event<'group', ShareGroupRow | ShareGroup>
  | Event<'group-deleted', { readonly group: string }>
  | Event<'topic', Topic>
  | Event<'topic-deleted', { readonly topic: string }>
  | Event<'window', WindowRow>
  | Event<'window-removed', { readonly topic: string; readonly partition: number }>
  | Event<'workers', { readonly workers: readonly WorkerRow[]; readonly atMs: number }>
  /** All of them, as they are now. */
  | Event<'unreachable', { readonly nodes: readonly UnreachableNode[] }>
  | Event<'sample', HistorySample>
  | Event<'audit', AuditLine>
  | Event<'operation', Operation>;

export interface ResetRequest {
  readonly topic: string;
  /** Default: all of the topic. */
  readonly partitions?: readonly number[];
  readonly to: 'earliest' | 'latest' | { readonly offset: number } | { readonly timestampMs: number };
  /** Only say what would change. */
  readonly dryRun?: boolean;
}

export interface ResetAnswer {
  readonly dryRun: boolean;
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly startOffsetBefore: number | null;
    readonly startOffsetAfter: number;
    readonly lagBefore: number | null;
    readonly lagAfter: number;
    readonly locksDropped: number;
  }[];
}

export interface SettleRequest {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  /** retry: available again, with one attempt given back. */
  readonly type: 'accept' | 'reject' | 'release' | 'retry';
  readonly reason?: string;
  /** Only say what would change. */
  readonly dryRun?: boolean;
}

export interface SettleAnswer {
  readonly dryRun: boolean;
  readonly accepted: number;
  readonly rejected: number;
  readonly released: number;
  readonly archived: number;
  readonly retried: number;
  /** Leases that end with it. */
  readonly locksTaken: number;
  /** Offsets that are finished already or not in the window. */
  readonly skipped: number;
}

/** What goes on in the background, over restarts too. */
export type OperationRequest =
  | {
      readonly kind: 'settle';
      readonly group: string;
      /** Default: all windows of the group. */
      readonly topic?: string;
      /** Needs a topic. Default: all windows on it. */
      readonly partition?: number;
      /** Needs a partition. Default: the start of the window. */
      readonly firstOffset?: number;
      /** Inclusive; needs a partition. Default: the end of the window, as it is when its turn comes. */
      readonly lastOffset?: number;
      readonly type: SettleRequest['type'];
      readonly reason?: string;
    }
  | { readonly kind: 'delete-group'; readonly group: string }
  | { readonly kind: 'export-window'; readonly group: string; readonly topic: string; readonly partition: number };

export interface Operation {
  readonly id: string;
  readonly kind: OperationRequest['kind'];
  readonly group: string;
  /** null: all that the group reads. */
  readonly topic: string | null;
  readonly partition: number | null;
  /** What else was asked for; other with each kind. */
  readonly request: Readonly<Record<string, unknown>>;
  /** `queued` and `running` go on by themselves. */
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  /** It ends after the step under way. */
  readonly cancelling: boolean;
  /** Offsets (settle, export-window) or windows (delete-group). */
  readonly done: number;
  /** null: not known yet. May change while it runs. */
  readonly total: number | null;
  /** What came of it so far; other with each kind. */
  readonly result: Readonly<Record<string, unknown>> | null;
  /** Why it failed; while it runs: why the last step did, which is tried again. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Of the text that can be fetched; null: there is none, or not any more. */
  readonly resultBytes: number | null;
  readonly resultExpiresAt: string | null;
  readonly door: 'http' | 'kafka';
  /** The address that asked. */
  readonly from: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly updatedAt: string;
  readonly endedAt: string | null;
}
