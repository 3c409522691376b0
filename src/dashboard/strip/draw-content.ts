import { holderColour } from './holder-colour.ts';
import { blocksOf, rasterize } from './raster.ts';
import { recordStates } from '../api-types.ts';
import type { Segment } from './strip-picture.ts';
import type { StripColours } from './strip-colours.ts';
import { patternPx, stripPatterns } from './strip-patterns.ts';
import type { StripPatterns } from './strip-patterns.ts';
import { spanOf, xOf } from './view.ts';
import type { View } from './view.ts';

/** Records as wide as this are drawn one by one, CSS pixels. */
const cellPx = 7;

/** Draws the records of a view over the whole of a canvas; what moves or is marked on it is drawn elsewhere. */
export function drawContent(
  context: CanvasRenderingContext2D,
  segments: readonly Segment[],
  view: View,
  colours: StripColours,
  ratio: number,
): void {
  const { width, height } = context.canvas;
  context.clearRect(0, 0, width, height);
  const patterns = stripPatterns(colours, ratio);
  // Patterns move with the records.
  const shift = (-view.from * (width / spanOf(view))) % (patternPx * ratio);
  for (const pattern of patterns) pattern?.setTransform(new DOMMatrix([1, 0, 0, 1, shift, 0]));
  if (width / spanOf(view) >= cellPx * ratio) drawCells(context, segments, view, colours, patterns, ratio);
  else drawBlocks(context, segments, view, colours, patterns, ratio);
}

function drawBlocks(
  context: CanvasRenderingContext2D,
  segments: readonly Segment[],
  view: View,
  colours: StripColours,
  patterns: StripPatterns,
  ratio: number,
): void {
  const { width, height } = context.canvas;
  const raster = rasterize(segments, view, width);
  const blocks = blocksOf(raster, height, Math.round(3 * ratio));
  // One path for each colour: a few fills, however many blocks.
  const byFill = Map.groupBy(blocks, ({ state, holder }) => `${state} ${holder}`);
  for (const same of byFill.values()) {
    const { state, holder } = same[0]!;
    context.beginPath();
    for (const { x, y, width, height } of same) context.rect(x, y, width, height);
    context.fillStyle = fillOf(state, raster.holders[holder], colours);
    context.fill();
    const pattern = patterns[state];
    if (pattern == null) continue;
    context.fillStyle = pattern;
    context.fill();
  }
}

const fillOf = (state: number, holder: string | null | undefined, colours: StripColours): string =>
  recordStates[state] === 'acquired' && holder != null
    ? holderColour(holder, colours.isDark)
    : colours.states[state]!.fill;

function drawCells(
  context: CanvasRenderingContext2D,
  segments: readonly Segment[],
  view: View,
  colours: StripColours,
  patterns: StripPatterns,
  ratio: number,
): void {
  const { width, height } = context.canvas;
  const recordPx = width / spanOf(view);
  const gap = Math.max(ratio, Math.min(3 * ratio, recordPx * 0.08));
  const radius = Math.min(4 * ratio, recordPx * 0.18);
  for (const segment of segments) {
    if (segment.endOffset <= view.from || segment.firstOffset >= view.to) continue;
    // Columns that are seen too closely until the next picture comes: by what most of their records are.
    const state = segment.counts.indexOf(Math.max(...segment.counts));
    const first = Math.max(segment.firstOffset, Math.floor(view.from));
    const end = Math.min(segment.endOffset, Math.ceil(view.to));
    context.beginPath();
    for (let offset = first; offset < end; offset += 1) {
      const x = xOf(view, width, offset);
      context.roundRect(x + gap / 2, 0, recordPx - gap, height, radius);
    }
    context.fillStyle = fillOf(state, segment.holder, colours);
    context.fill();
    const pattern = patterns[state];
    if (pattern != null) {
      context.fillStyle = pattern;
      context.fill();
    }
    const count = segment.deliveryCount ?? 0;
    if (count > 1 && recordPx >= 24 * ratio && segment.state !== 'acknowledged')
      for (let offset = first; offset < end; offset += 1)
        drawDeliveries(context, count, xOf(view, width, offset + 0.5), height, colours, ratio);
  }
}

/** `×3` on a record that is not out for the first time. */
function drawDeliveries(
  context: CanvasRenderingContext2D,
  count: number,
  x: number,
  height: number,
  colours: StripColours,
  ratio: number,
): void {
  context.font = `600 ${11 * ratio}px ${colours.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const text = `×${count}`;
  const half = context.measureText(text).width / 2 + 3 * ratio;
  context.beginPath();
  context.roundRect(x - half, height / 2 - 8 * ratio, half * 2, 16 * ratio, 8 * ratio);
  context.fillStyle = colours.back;
  context.fill();
  context.fillStyle = colours.text;
  context.fillText(text, x, height / 2 + ratio * 0.5);
}
