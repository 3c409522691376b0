import type { Segment } from './strip-picture.ts';
import { offsetAt, xOf } from './view.ts';
import type { View } from './view.ts';

export interface Hit {
  readonly segment: Segment;
  /** The record that is meant. */
  readonly offset: number;
}

/** The segment that has the offset; undefined outside of them. */
export function segmentWith(segments: readonly Segment[], offset: number): Segment | undefined {
  let low = 0;
  let high = segments.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const segment = segments[middle]!;
    if (offset < segment.firstOffset) high = middle - 1;
    else if (offset >= segment.endOffset) low = middle + 1;
    else return segment;
  }
  return undefined;
}

/** Narrower than this can hardly be pointed at. */
const narrowPx = 4;

/**
 * What a pointer at `x` is on. A narrow segment within reach is preferred to the wide one under the pointer: one record
 * among thousands is what people try to hit.
 */
export function hitTest(
  segments: readonly Segment[],
  view: View,
  width: number,
  x: number,
  reachPx = narrowPx,
): Hit | undefined {
  const offset = Math.floor(offsetAt(view, width, x));
  const under = segmentWith(segments, offset);
  if (under !== undefined && widthOf(under, view, width) < narrowPx) return { segment: under, offset };
  let [nearest, distance] = [under, Number.POSITIVE_INFINITY];
  const first = segmentIndexFrom(segments, offsetAt(view, width, x - reachPx));
  for (let index = first; index < segments.length; index += 1) {
    const segment = segments[index]!;
    const left = xOf(view, width, segment.firstOffset);
    if (left > x + reachPx) break;
    const away = Math.abs(left + widthOf(segment, view, width) / 2 - x);
    if (widthOf(segment, view, width) < narrowPx && away <= reachPx && away < distance)
      [nearest, distance] = [segment, away];
  }
  if (nearest === undefined) return undefined;
  return {
    segment: nearest,
    offset: nearest === under ? offset : Math.min(Math.max(offset, nearest.firstOffset), nearest.endOffset - 1),
  };
}

const widthOf = (segment: Segment, view: View, width: number): number =>
  xOf(view, width, segment.endOffset) - xOf(view, width, segment.firstOffset);

/** Of the first segment that ends after the offset. */
function segmentIndexFrom(segments: readonly Segment[], offset: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle]!.endOffset > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Records as wide as this are walked one by one, narrower ones segment by segment. */
const wideRecordPx = 6;

/** Where an arrow key takes the cursor: to the next record or segment, within the window. */
export function stepCursor(
  segments: readonly Segment[],
  view: View,
  width: number,
  cursor: number,
  direction: -1 | 1,
): number {
  const first = segments[0]?.firstOffset ?? cursor;
  const last = (segments.at(-1)?.endOffset ?? cursor + 1) - 1;
  const segment = segmentWith(segments, cursor);
  const recordPx = width / (view.to - view.from);
  let next = cursor + direction;
  if (segment !== undefined && recordPx < wideRecordPx) {
    if (direction === 1) next = segment.endOffset;
    else if (cursor > segment.firstOffset) next = segment.firstOffset;
    else next = segmentWith(segments, cursor - 1)?.firstOffset ?? first;
  }
  return Math.min(Math.max(next, first), last);
}
