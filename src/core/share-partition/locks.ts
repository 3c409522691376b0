import type { Holder } from '../ids.ts';
import { type EndChange, type TurnTime, endRun } from './acknowledge.ts';
import type { Window } from './window.ts';

/**
 * Locks that end without an acknowledgement. Running out and being taken from a member do not differ from a release:
 * the delivery counts, and at the limit the record is archived (KIP-932 section 1.1 rule 2).
 */

/** Every lock that is over at `time.nowMs`. */
export function expireLocks(window: Window, time: TurnTime): EndChange[] {
  const changes: EndChange[] = [];
  let offset = window.startOffset;
  for (;;) {
    const run = window.runs.firstExpired(offset, time.nowMs);
    if (run === undefined) return changes;
    endRun(changes, window, run, run, { outcome: 'expired', reason: null, delayMs: 0 }, time);
    offset = run.lastOffset + 1;
  }
}

/** Everything that `holder` holds: when its session closes, or an operator frees it. */
export function releaseHolder(window: Window, holder: Holder, reason: string | null, time: TurnTime): EndChange[] {
  const changes: EndChange[] = [];
  const locks = [...(window.holders.get(holder) ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
  for (const lock of locks) {
    for (const run of window.runs.from(Math.max(lock.firstOffset, window.startOffset))) {
      if (run.firstOffset > lock.lastOffset) break;
      if (run.lock === lock) endRun(changes, window, run, run, { outcome: 'released', reason, delayMs: 0 }, time);
    }
  }
  return changes;
}
