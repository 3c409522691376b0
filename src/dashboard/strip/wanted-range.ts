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
  const { startOffset, endOffset } = picture;
  if (
    before === null &&
    picture.runs !== undefined &&
    picture.fromOffset <= startOffset &&
    picture.toOffset >= endOffset
  )
    return null;
  const span = spanOf(view);
  if (before !== null) {
    const coversView =
      before.fromOffset <= Math.max(view.from, startOffset) && before.endOffset >= Math.min(view.to, endOffset);
    const closeness = (before.endOffset - before.fromOffset) / span;
    if (coversView && closeness < 3.2) return before;
  }
  const fromOffset = Math.max(0, Math.floor(view.from - span / 2));
  return { fromOffset, endOffset: Math.max(fromOffset + 1, Math.ceil(view.to + span / 2)) };
}
