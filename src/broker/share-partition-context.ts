import type { GroupConfig } from '../core/group-config.ts';
import type { Holder } from '../core/ids.ts';
import type { Acquired } from '../core/share-partition/acquire.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fault } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import type { RecordLog, StoredBatch } from '../ports/record-log.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { GroupActivity } from './activity.ts';
import type { TurnMeter } from './turn-meter.ts';
import type { Wanted } from './read-planned.ts';

/** What a share partition asks of its surroundings. */
export interface SharePartitionContext {
  readonly clock: Clock;
  readonly log: RecordLog;
  readonly store: StateStore;
  readonly logger: Logger;
  /** Of its group. */
  readonly activity: GroupActivity;
  /** Read at each use: a changed config counts from the next turn on. */
  config(): GroupConfig;
  /** The offset where a share partition without stored state starts, and the policy that says so. */
  resolveStart(startFrom: StartFrom): Promise<{ readonly offset: number; readonly policy: string }>;
  /** Whether this node may hand out records of the partition at this moment; otherwise another node may be doing it. */
  mayHandOut(): boolean;
  /** The fault while stored state is known to be lost: then nothing is handed out, although that would write nothing. */
  stateLost(): Fault | undefined;
  /** Something may have become deliverable. */
  published(): void;
  /** How long turns take. */
  readonly turns: TurnMeter;
  /** How the last write went: what `readyz` tells. */
  written(fault: Fault | undefined): void;
}

/** What the request that comes first says; null leaves it to the group's `share.auto.offset.reset`. */
export type StartFrom = 'earliest' | 'latest' | null;

export interface AcquireWish extends Wanted {
  readonly holder: Holder;
  /** null: the group's `share.record.lock.duration.ms`. */
  readonly lockDurationMs: number | null;
  /** Nobody is there any more to give records to, or nothing is to be handed out now. */
  isOff(): boolean;
}

export interface Fetched {
  /** In offset order. */
  readonly acquired: readonly Acquired[];
  /** The log batches that cover them. */
  readonly batches: readonly StoredBatch[];
  readonly bytes: number;
  /** Of the window that they were acquired in. */
  readonly leaderEpoch: number;
  readonly stateEpoch: number;
}
