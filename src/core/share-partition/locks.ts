import type { Holder } from '../ids.ts';
import { type EndChange, type TurnTime, endRun } from './acknowledge.ts';
import type { Lock } from './run-tree.ts';
import type { Window } from './window.ts';

/**
 * Locks that end without an acknowledgement. Running out and being taken from a member do not differ from a release:
 * the delivery counts, and at the limit the record is archived (KIP-932 section 1.1 rule 2).
 */

/**
 * The locks that are over at `time.nowMs`, lowest offset first, in about `maxEndings` endings: what more there is, the
 * next call finds once these have been applied.
 */
export function expireLocks(window: Window, time: TurnTime, maxEndings = Infinity): EndChange[] {
  const changes: EndChange[] = [];
  let offset = window.startOffset;
  for (;;) {
    if (changes.length >= maxEndings) return changes;
    const run = window.runs.firstExpired(offset, time.nowMs);
    if (run === undefined) return changes;
    endRun(changes, window, run, run, { outcome: 'expired', reason: null, delayMs: 0 }, time);
    offset = run.lastOffset + 1;
  }
}

/**
 * What `holder` holds, when its session closes, or an operator frees it: in about `maxEndings` endings, as above.
 *
 * @param limits.nextAcquisition only what was acquired before this acquisition
 */
export function releaseHolder(
  window: Window,
  holder: Holder,
  reason: string | null,
  time: TurnTime,
  limits: { readonly nextAcquisition: number; readonly maxEndings: number } = {
    nextAcquisition: Infinity,
    maxEndings: Infinity,
  },
): EndChange[] {
  const changes: EndChange[] = [];
  const locks: Lock[] = [];
  for (const lock of window.holders.get(holder) ?? []) {
    if (locks.length >= limits.maxEndings) break;
    if (lock.acquisition < limits.nextAcquisition) locks.push(lock);
  }
  for (const lock of locks.sort((a, b) => a.firstOffset - b.firstOffset)) {
    for (const run of window.runs.from(Math.max(lock.firstOffset, window.startOffset))) {
      if (run.firstOffset > lock.lastOffset || changes.length >= limits.maxEndings) break;
      if (run.lock === lock) endRun(changes, window, run, run, { outcome: 'released', reason, delayMs: 0 }, time);
    }
  }
  return changes;
}
