import type { Histogram } from '../core/measure/histogram.ts';
import type { RequestMeter } from '../core/measure/request-meter.ts';
import type { RecordState } from '../core/share-partition/window.ts';
import type { OperationEnd, OperationKind } from './operation-queue.ts';

/**
 * What the parts of a server tell about themselves when somebody measures: plain numbers. Those that are counted grow from the start of the
 * process on, while what they are of exists.
 */

export interface ShareTally {
  readonly delivered: number;
  readonly accepted: number;
  readonly released: number;
  readonly rejected: number;
  readonly renewed: number;
  readonly lockTimeouts: number;
  readonly archived: number;
}

export interface BrokerMeasures {
  /** Whether requests can be served. */
  readonly isReady: boolean;
  /** Of all groups there ever were. */
  readonly tally: ShareTally;
  readonly groups: readonly GroupMeasures[];
  readonly topics: readonly TopicMeasures[];
  readonly shareSessions: number;
  /** In all share sessions together. */
  readonly shareSessionPartitions: number;
  /** From when a turn begins until what it decided is durable and answered. */
  readonly turnSeconds: Histogram;
  /** Commands of a turn: what is written together for one share partition. */
  readonly turnCommands: Histogram;
}

export interface GroupMeasures {
  readonly group: string;
  readonly state: 'Empty' | 'Stable';
  readonly isPaused: boolean;
  /** Kafka members. */
  readonly members: number;
  /** HTTP workers that hold records or wait for some. */
  readonly workers: number;
  /** Acquires and fetches that wait. */
  readonly waiting: number;
  readonly tally: ShareTally;
  readonly partitions: readonly SharePartitionMeasures[];
}

export interface SharePartitionMeasures {
  readonly topic: string;
  readonly partition: number;
  readonly tally: ShareTally;
  /** undefined: it could not be loaded in time. */
  readonly window: WindowMeasures | undefined;
}

export interface WindowMeasures {
  readonly counts: Readonly<Record<RecordState, number>>;
  readonly runs: number;
  readonly inFlight: number;
  readonly inFlightLimit: number;
  readonly lag: number;
  readonly oldestAgeMs: number | null;
  /** How long the start has been where it is while records were in flight; 0 where none are. */
  readonly startStandsMs: number;
}

export interface TopicMeasures {
  readonly topic: string;
  readonly tally: { readonly requests: number; readonly recordsIn: number; readonly bytesIn: number };
  readonly partitions: readonly {
    readonly partition: number;
    readonly logStartOffset: number;
    readonly logEndOffset: number;
    /** null: not known. */
    readonly sizeBytes: number | null;
  }[];
}

export interface DoorMeasures {
  readonly connections: number;
  readonly requests: ReadonlyMap<string, RequestMeter>;
}

export interface StorageMeasures {
  /** From when a group of writes is given to the writer until it is durable. */
  readonly commitSeconds: Histogram;
  /** Writes that were committed together. */
  readonly commitWrites: Histogram;
  /** Writes that failed. */
  readonly failedWrites: number;
  /** Writes that were asked for and are not durable yet. */
  readonly waitingWrites: number;
  /** Bytes of the files, by their names. */
  readonly files: ReadonlyMap<string, number>;
  /** Of the disk that the data folder is on; undefined where it cannot be told. */
  readonly freeBytes: number | undefined;
}

/** Operations in the background, by kind. */
export type OperationMeasures = Readonly<Record<OperationKind, OperationCounts>>;

export interface OperationCounts {
  /** At this node. */
  readonly running: number;
  /** Nobody works at them yet; of all nodes. null: the queue cannot be asked. */
  readonly waiting: number | null;
  /** At this node. */
  readonly ended: Readonly<Record<OperationEnd['state'], number>>;
}

/** Calls to other nodes, by their method, by what came of them: granted, refused, or without an answer. */
export type ForwardedCalls = ReadonlyMap<
  string,
  { readonly answered: number; readonly rejected: number; readonly failed: number }
>;
