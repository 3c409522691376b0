import type { Run } from '../../../src/core/share-partition/run-tree.ts';
import { type Window, recordState } from '../../../src/core/share-partition/window.ts';
import { holderId } from '../../../src/core/ids.ts';

export const rangeText = (range: { firstOffset: number; lastOffset: number }): string =>
  range.firstOffset === range.lastOffset ? `${range.firstOffset}` : `${range.firstOffset}-${range.lastOffset}`;

/** `0-2 acquired c1 #1`: range, state, holder, delivery count. */
export const runText = (run: Readonly<Run>): string =>
  [
    rangeText(run),
    recordState(run),
    ...(run.lock === null ? [] : [holderId(run.lock.holder)]),
    `#${run.deliveryCount}`,
  ].join(' ');

/** All runs on one line. Neighbours that only differ in what is not shown are shown as one. */
export function runsText(window: Window): string {
  const runs: { firstOffset: number; lastOffset: number; text: string }[] = [];
  for (const run of window.runs.from(window.startOffset)) {
    const text = runText({ ...run, firstOffset: 0, lastOffset: 0 }).slice(2);
    const before = runs.at(-1);
    if (before?.text === text) before.lastOffset = run.lastOffset;
    else runs.push({ firstOffset: run.firstOffset, lastOffset: run.lastOffset, text });
  }
  return runs.map((run) => `${rangeText(run)} ${run.text}`).join(' | ');
}
