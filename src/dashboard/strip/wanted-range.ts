import type { StripPicture } from './strip-picture.ts';
import { spanOf } from './view.ts';
import type { View } from './view.ts';

export interface OffsetRange {
  readonly fromOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
}

/**
 * The range to ask pictures of, for a view into a part of the window: half a view more on each side, and the one before
 * as long as it does, so that panning asks nothing. null: the whole window will do, because all its runs are known.
 */
export function wantedRange(view: View, picture: StripPicture | null, before: OffsetRange | null): OffsetRange | null {
  if (picture === null) return before;
  const { startOffset, endOffset, fromOffset, toOffset, runs } = picture;
  const covers = (first: number, end: number, part: View): boolean =>
    first <= Math.max(part.from, startOffset) && end >= Math.min(part.to, endOffset);
  const whole = { from: startOffset, to: endOffset };
  const hasAllRuns = runs !== null && covers(fromOffset, toOffset, before === null ? whole : view);
  if (before === null && hasAllRuns) return null;
  const span = spanOf(view);
  if (before !== null && covers(before.fromOffset, before.endOffset, view)) {
    if (hasAllRuns || (before.endOffset - before.fromOffset) / span < 3.2) return before;
  }
  const first = Math.max(0, Math.floor(view.from - span / 2));
  return { fromOffset: first, endOffset: Math.max(first + 1, Math.ceil(view.to + span / 2)) };
}
