/** The offsets that a strip shows, from its left edge to its right one; fractions of a record are fine. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** A window, as far as the scale is concerned; `endOffset` is exclusive. */
export interface Bounds {
  readonly startOffset: number;
  readonly endOffset: number;
}

/** A window of few records is no wall of a few huge ones. */
const minFitSpan = 32;
/** Of what is shown, on each side: so that one sees where the window begins and ends. */
const margin = 0.02;

export const spanOf = (view: View): number => view.to - view.from;

/** The whole window. */
export function fitView({ startOffset, endOffset }: Bounds): View {
  const span = Math.max(minFitSpan, endOffset - startOffset);
  return { from: startOffset - span * margin, to: startOffset + span * (1 + margin) };
}

/** Pixels from the left edge. */
export const xOf = (view: View, width: number, offset: number): number => ((offset - view.from) / spanOf(view)) * width;

/** The offset, with its fraction, at so many pixels from the left edge. */
export const offsetAt = (view: View, width: number, x: number): number => view.from + (x / width) * spanOf(view);

/** Shows `factor` times as many offsets; the offset `anchor` stays where it is. At most the whole window, at least one record. */
export function zoomView(view: View, bounds: Bounds, factor: number, anchor: number): View {
  const span = Math.min(Math.max(spanOf(view) * factor, 1), spanOf(fitView(bounds)));
  const fraction = (anchor - view.from) / spanOf(view);
  const from = anchor - fraction * span;
  return intoBounds({ from, to: from + span }, bounds);
}

/** Moved by so many offsets, not beyond the window's ends. */
export const panView = (view: View, bounds: Bounds, by: number): View =>
  intoBounds({ from: view.from + by, to: view.to + by }, bounds);

/** Moved as little as needed to have `offset` in it, with a little room. */
export function revealOffset(view: View, bounds: Bounds, offset: number): View {
  const room = Math.min(1, spanOf(view) * 0.1);
  if (offset - room < view.from) return panView(view, bounds, offset - room - view.from);
  if (offset + 1 + room > view.to) return panView(view, bounds, offset + 1 + room - view.to);
  return view;
}

/** Between two views; `t` from 0 to 1. */
export const betweenViews = (a: View, b: View, t: number): View => ({
  from: a.from + (b.from - a.from) * t,
  to: a.to + (b.to - a.to) * t,
});

/** Whether all of the window is shown: then the view follows it. */
export const isFit = (view: View, bounds: Bounds): boolean => spanOf(view) >= spanOf(fitView(bounds)) * 0.999;

function intoBounds(view: View, bounds: Bounds): View {
  const whole = fitView(bounds);
  const span = spanOf(view);
  if (span >= spanOf(whole)) return whole;
  const slack = span * margin;
  const last = Math.max(bounds.endOffset, bounds.startOffset + minFitSpan) + slack - span;
  const from = Math.max(bounds.startOffset - slack, Math.min(view.from, last));
  return { from, to: from + span };
}
