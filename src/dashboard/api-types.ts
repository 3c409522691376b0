/**
 * What the page uses of the server's answers. Written down here and not imported, so that the page is a program of its
 * own; test/dashboard/api-types.ts does not compile when the schemas of src/http say something else.
 */

export const recordStates = ['available', 'acquired', 'delayed', 'acknowledged', 'archived'] as const;
export type RecordState = (typeof recordStates)[number];

export interface Blocker {
  readonly offset: number;
  readonly state: RecordState;
  readonly holder: string | null;
  readonly deliveryCount: number;
  readonly sinceMs: number;
  /** How long the start has not moved. */
  readonly standingMs: number;
  readonly sentence: string;
}

export interface GroupRow {
  readonly group: string;
  readonly state: 'Empty' | 'Stable';
  readonly members: number;
  readonly workers: number;
  readonly lag: number | null;
  readonly oldestAgeMs: number | null;
  readonly inFlight: number | null;
  readonly paused: boolean;
  readonly error: string | null;
  readonly inFlightLimit: number | null;
  readonly archived: number | null;
  readonly deliveredPerSecond: number;
  readonly acknowledgedPerSecond: number;
  /** The server's wall clock when the durations were measured; no event comes only because time passes. */
  readonly atMs: number;
  readonly blockedBy: (Blocker & { readonly topic: string; readonly partition: number }) | null;
}

export interface ConfigEntry {
  readonly value: string;
  readonly source: 'default' | 'group';
}

export interface GroupDescription extends GroupRow {
  readonly config: Readonly<Record<string, ConfigEntry>>;
}

export interface WindowRow {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
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
  readonly blockedBy: Blocker | null;
  /** Changes whenever anything in the window did. */
  readonly version: number;
  readonly atMs: number;
}

export type HolderKind = 'http' | 'kafka' | 'operator';

export interface WorkerRow {
  readonly holder: string;
  readonly kind: HolderKind;
  readonly records: number;
  readonly oldestLockMs: number | null;
  readonly waiting: number;
  readonly acknowledgedPerSecond: number;
  readonly failures: number;
}

export interface TopicRow {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly TopicPartition[];
  readonly config: Readonly<Record<string, string>>;
  readonly recordsInPerSecond: number;
  readonly bytesInPerSecond: number;
}

export interface TopicPartition {
  readonly partition: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly sizeBytes: number;
}

export interface AuditLine {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly group: string | null;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly summary: string;
  readonly detail: unknown;
  readonly door: 'http' | 'kafka';
  readonly from: string;
}

export interface ArchivedRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly deliveryCount: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly holder: string;
  readonly archivedAt: string;
}

export interface MemberRow {
  readonly memberId: string;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rackId: string | null;
  readonly memberEpoch: number;
  readonly assignment: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
  readonly subscribedTopics: readonly string[];
  /** How long ago. */
  readonly lastHeartbeatMs: number;
}

/** null where it could not be told. */
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
  readonly intervalMs: number;
  readonly samples: readonly HistorySample[];
}

export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: unknown;
  readonly keyEncoding: 'text' | 'json' | 'base64' | null;
  readonly value: unknown;
  readonly valueEncoding: 'text' | 'json' | 'base64' | null;
  readonly headers: readonly {
    readonly key: string;
    readonly value: string | null;
    readonly encoding: string | null;
  }[];
}
