import type { AcquiredRecord } from './api.ts';
import type { Ending } from './handler-outcome.ts';

/** A record as a handler gets it. */
export interface WorkerRecord<V = unknown> extends Omit<
  AcquiredRecord,
  'lease' | 'lockedUntil' | 'lockRemainingMs' | 'value'
> {
  /** As the schema made it; without a schema as `valueEncoding` says. */
  readonly value: V;
}

/** One record that the worker has, from its acquisition until its outcome is confirmed. */
export interface HeldRecord {
  readonly record: WorkerRecord;
  /** Which record it is, wherever it comes from. */
  readonly place: string;
  readonly controller: AbortController;
  /** buffered: its handler has not begun. settling: its outcome is on its way. */
  stage: 'buffered' | 'running' | 'settling';
  /** Of its newest acquisition. */
  lease: string;
  /** How long its lock lasts from a renewal. */
  lockDurationMs: number;
  /** When the lock ends, by this worker's clock. */
  lockEndMs: number;
  renewAtMs: number;
  /**
   * Since it was acquired a request has failed: the server may have been restarted, and then the lock is gone. Its handler
   * does not begin before that is known.
   */
  isDoubtful: boolean;
  /** Nothing that its handler does counts any more: its lock ended, or the worker stops without it. */
  isLost: boolean;
  ending: Ending | null;
  /** The same record acquired again while the handler of the lost one still runs, or while its outcome is on its way. */
  successor: HeldRecord | null;
}

export const hold = (acquired: AcquiredRecord, answeredMs: number): HeldRecord => {
  const { lease, lockedUntil: _, lockRemainingMs, ...record } = acquired;
  return {
    record,
    // The time stamp tells a topic of the same name that was made anew.
    place: `${record.topic}/${record.partition}/${record.offset}/${record.timestamp}`,
    controller: new AbortController(),
    stage: 'buffered',
    lease,
    lockDurationMs: lockRemainingMs,
    lockEndMs: answeredMs + lockRemainingMs,
    renewAtMs: answeredMs + lockRemainingMs / 2,
    isDoubtful: false,
    isLost: false,
    ending: null,
    successor: null,
  };
};

/** The record came again, as after a restart of the server, while it is still in work here: the work goes on under the new lock. */
export const adopt = (held: HeldRecord, { lease, lockDurationMs, lockEndMs, renewAtMs }: HeldRecord): void => {
  Object.assign(held, { lease, lockDurationMs, lockEndMs, isDoubtful: false });
  // One whose handler has taken too long is renewed no more.
  if (held.renewAtMs < Infinity) held.renewAtMs = renewAtMs;
};
