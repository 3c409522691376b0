import type { Holder } from '../ids.ts';
import { type EndChange, type TurnTime, endRun } from './acknowledge.ts';
import type { EndingOutcome } from './ending.ts';
import { isTerminal } from './run-tree.ts';
import type { Window } from './window.ts';

/**
 * An operator's ending of a range of the window. The records are taken over under a new acquisition number, without
 * counting a delivery, so that a lease still out is superseded; then they end like any others. `retry` makes them
 * available with one attempt given back: the one exception to I6.
 */
export type SettleType = 'accept' | 'reject' | 'release' | 'retry';

export interface Settled {
  readonly changes: readonly EndChange[];
  readonly counts: Record<'accepted' | 'rejected' | 'released' | 'archived' | 'retried', number>;
  /** Records that somebody held. */
  readonly locksTaken: number;
  /** Offsets of the range that are finished or outside the window, and so stay as they are. */
  readonly skipped: number;
}

const outcomes = {
  accept: 'accepted',
  reject: 'rejected',
  release: 'released',
  retry: 'retried',
} as const satisfies Record<SettleType, EndingOutcome>;

export function settle(
  window: Window,
  range: { readonly firstOffset: number; readonly lastOffset: number },
  type: SettleType,
  by: { readonly holder: Holder; readonly reason: string | null },
  time: TurnTime,
): Settled {
  const changes: EndChange[] = [];
  const counts = { accepted: 0, rejected: 0, released: 0, archived: 0, retried: 0 };
  const outcome = outcomes[type];
  const how = { outcome, reason: by.reason, delayMs: 0 };
  const takeOver = { acquisition: window.nextAcquisition, holder: by.holder };
  let locksTaken = 0;
  let settled = 0;
  for (const run of window.runs.from(Math.max(range.firstOffset, window.startOffset))) {
    if (run.firstOffset > range.lastOffset) break;
    if (isTerminal(run.state)) continue;
    // Never delivered: there is nothing to give back.
    if (run.deliveryCount === 0 && (type === 'release' || type === 'retry')) continue;
    const firstOffset = Math.max(run.firstOffset, range.firstOffset);
    const lastOffset = Math.min(run.lastOffset, range.lastOffset);
    const size = lastOffset - firstOffset + 1;
    endRun(changes, window, run, { firstOffset, lastOffset }, how, time, takeOver);
    const usedUp = outcome === 'released' && changes.at(-1)?.ending.state === 'archived';
    counts[usedUp ? 'archived' : outcome] += size;
    if (run.lock !== null) locksTaken += size;
    settled += size;
  }
  return { changes, counts, locksTaken, skipped: range.lastOffset - range.firstOffset + 1 - settled };
}
