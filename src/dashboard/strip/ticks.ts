import { count as formatOffset } from '../format.ts';
import { spanOf, xOf } from './view.ts';
import type { View } from './view.ts';

export interface Tick {
  readonly offset: number;
  /** Of the middle of its record where records are wide, else of its left edge. */
  readonly x: number;
  readonly label: string;
}

/** Round offsets (1, 2 or 5 times a power of ten apart, never less than one record), so that labels do not touch. */
export function ticksOf(view: View, width: number): readonly Tick[] {
  const span = spanOf(view);
  const labelPx = formatOffset(Math.ceil(Math.max(0, view.to))).length * 7 + 28;
  const wanted = Math.max(1, (span * labelPx) / width);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = Math.max(1, [1, 2, 5, 10].map((each) => each * power).find((each) => each >= wanted * 0.999) ?? wanted);
  const recordPx = width / span;
  const middle = recordPx >= 12 ? 0.5 : 0;
  const ticks: Tick[] = [];
  for (let offset = Math.max(0, Math.ceil(view.from / step) * step); offset + middle <= view.to; offset += step)
    ticks.push({ offset, x: xOf(view, width, offset + middle), label: formatOffset(offset) });
  return ticks;
}
