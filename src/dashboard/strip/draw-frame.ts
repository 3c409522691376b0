import type { StripColours } from './strip-colours.ts';
import type { Segment } from './strip-picture.ts';
import { count as formatOffset } from '../format.ts';
import { ticksOf } from './ticks.ts';
import { fitView, isFit, spanOf, xOf } from './view.ts';
import type { Bounds, View } from './view.ts';

/** A row of a list, or the one window that is looked at closely. */
export type StripSize = 'compact' | 'full';

/** What is marked on a strip. */
export interface Marks {
  /** The record at the start keeps the window from sliding. */
  readonly isBlocked: boolean;
  /** What the pointer or the keyboard is on; `end` is exclusive. */
  readonly focus: { readonly firstOffset: number; readonly endOffset: number } | null;
  /** Inclusive. */
  readonly selection: { readonly firstOffset: number; readonly lastOffset: number } | null;
}

/** All that is seen on a strip. */
export interface Scene {
  readonly size: StripSize;
  readonly bounds: Bounds;
  readonly segments: readonly Segment[];
  readonly view: View;
  readonly marks: Marks;
}

/** Where the parts of a strip are, from its top, CSS pixels. */
export function metricsOf(size: StripSize, height: number): { readonly top: number; readonly trackHeight: number } {
  return size === 'compact'
    ? { top: 5, trackHeight: Math.max(1, height - 6) }
    : { top: 24, trackHeight: Math.max(1, height - 24 - 26) };
}

interface Frame {
  readonly context: CanvasRenderingContext2D;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
  readonly colours: StripColours;
}

/** Draws track, records and marks. @param records draws the records, at so many device pixels from the top */
export function drawFrame(frame: Frame, scene: Scene, view: View, records: (top: number) => void): void {
  const { context, ratio } = frame;
  const { top, trackHeight } = metricsOf(scene.size, frame.height);
  const css = (): void => context.setTransform(ratio, 0, 0, ratio, 0, 0);

  css();
  context.save();
  context.beginPath();
  context.roundRect(0, top, frame.width, trackHeight, scene.size === 'full' ? 6 : 4);
  context.clip();
  drawTrack(frame, scene, view, top, trackHeight);
  context.setTransform(1, 0, 0, 1, 0, 0);
  records(Math.round(top * ratio));
  context.restore();

  css();
  if (scene.size === 'full') drawAxis(frame, scene, view, top + trackHeight);
  drawSelection(frame, scene, view, top, trackHeight);
  drawFocus(frame, scene, view, top, trackHeight);
  drawEnds(frame, scene, view, top, trackHeight);
}

/** Left of the window everything is finished, right of it nothing was handed out yet. */
function drawTrack(
  { context, width, colours }: Frame,
  { bounds }: Scene,
  view: View,
  top: number,
  height: number,
): void {
  const start = xOf(view, width, bounds.startOffset);
  const end = xOf(view, width, Math.max(bounds.startOffset, bounds.endOffset));
  context.fillStyle = colours.unread;
  context.fillRect(0, top, width, height);
  context.fillStyle = colours.finished;
  context.fillRect(0, top, Math.max(0, start), height);
  context.fillStyle = colours.back;
  if (end > start) context.fillRect(start, top, end - start, height);
}

function drawAxis({ context, width, colours }: Frame, { bounds }: Scene, view: View, y: number): void {
  context.font = `11px ${colours.font}`;
  context.textBaseline = 'top';
  context.textAlign = 'center';
  context.fillStyle = colours.soft;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.beginPath();
  for (const { x, label } of ticksOf(view, width)) {
    const at = Math.round(x) + 0.5;
    context.moveTo(at, y + 1);
    context.lineTo(at, y + 5);
    const half = context.measureText(label).width / 2;
    if (x - half > 0 && x + half < width) context.fillText(label, x, y + 7);
  }
  context.stroke();
  if (isFit(view, bounds)) return;
  // Where in the window the view is.
  const whole = fitView(bounds);
  const left = ((view.from - whole.from) / spanOf(whole)) * width;
  const thumb = Math.max(6, (spanOf(view) / spanOf(whole)) * width);
  context.beginPath();
  context.roundRect(0, y + 22, width, 3, 1.5);
  context.fillStyle = colours.unread;
  context.fill();
  context.beginPath();
  context.roundRect(Math.min(Math.max(0, left), width - thumb), y + 22, thumb, 3, 1.5);
  context.fillStyle = colours.soft;
  context.fill();
}

function drawSelection(
  { context, width, colours }: Frame,
  { marks: { selection } }: Scene,
  view: View,
  top: number,
  height: number,
): void {
  if (selection === null) return;
  const left = xOf(view, width, selection.firstOffset);
  const right = Math.max(left + 2, xOf(view, width, selection.lastOffset + 1));
  context.globalAlpha = 0.22;
  context.fillStyle = colours.accent;
  context.fillRect(left, top, right - left, height);
  context.globalAlpha = 1;
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.strokeRect(left, top + 1, right - left, height - 2);
}

function drawFocus(
  { context, width, colours }: Frame,
  { marks: { focus } }: Scene,
  view: View,
  top: number,
  height: number,
): void {
  if (focus === null) return;
  const left = Math.max(-4, xOf(view, width, focus.firstOffset));
  const right = Math.min(width + 4, Math.max(left + 3, xOf(view, width, focus.endOffset)));
  context.beginPath();
  context.roundRect(left + 0.5, top + 0.5, right - left - 1, height - 1, 3);
  context.strokeStyle = colours.back;
  context.lineWidth = 3.5;
  context.stroke();
  context.strokeStyle = colours.text;
  context.lineWidth = 1.75;
  context.stroke();
}

/** The start (with a flag when it is blocked) and the end. */
function drawEnds(
  { context, width, colours }: Frame,
  { bounds, marks, size }: Scene,
  view: View,
  top: number,
  height: number,
): void {
  const start = xOf(view, width, bounds.startOffset);
  const end = xOf(view, width, Math.max(bounds.startOffset, bounds.endOffset));
  const isFull = size === 'full';
  // Beside the records, not on them: the first one may be a pixel wide.
  const line = (x: number, colour: string, thick: number): void => {
    if (x < -thick || x > width + thick) return;
    context.fillStyle = colour;
    context.fillRect(x, top - (isFull ? 6 : 4), thick, height + (isFull ? 10 : 5));
  };
  const startThick = marks.isBlocked ? 2.5 : 2;
  if (bounds.endOffset > bounds.startOffset) line(end, colours.soft, 1.5);
  line(start - startThick, marks.isBlocked ? colours.bad : colours.text, startThick);
  if (marks.isBlocked && start > -8 && start < width + 8) {
    // A flag at the record that keeps the window from sliding.
    const flagTop = isFull ? top - 8 : 0;
    const length = isFull ? 9 : 6;
    context.beginPath();
    context.moveTo(start - startThick, flagTop);
    context.lineTo(start + length, flagTop + (isFull ? 4.5 : 3));
    context.lineTo(start - startThick, flagTop + (isFull ? 9 : 6));
    context.closePath();
    context.fillStyle = colours.bad;
    context.fill();
  }
  if (isFull) drawEndLabels({ context, width, colours }, bounds, marks.isBlocked, start, end, top);
}

function drawEndLabels(
  { context, width, colours }: Pick<Frame, 'context' | 'width' | 'colours'>,
  bounds: Scene['bounds'],
  isBlocked: boolean,
  start: number,
  end: number,
  top: number,
): void {
  context.textBaseline = 'alphabetic';
  context.font = `600 12px ${colours.font}`;
  const indent = isBlocked ? 13 : 5;
  const startText = `start ${formatOffset(bounds.startOffset)}${isBlocked ? ', blocked' : ''}`;
  const startWidth = context.measureText(startText).width;
  // Out of view to the left or right: the label stays at that edge, with an arrow.
  const startShown = start < -1 ? `← ${startText}` : start > width + 1 ? `${startText} →` : startText;
  const shownWidth = context.measureText(startShown).width;
  const startX = start > width + 1 ? width - shownWidth : Math.max(0, Math.min(start + indent, width - startWidth));
  context.textAlign = 'left';
  context.fillStyle = isBlocked ? colours.bad : colours.text;
  context.fillText(startShown, startX, top - 9);
  if (bounds.endOffset <= bounds.startOffset) return;
  const endText = `end ${formatOffset(bounds.endOffset - 1)}`;
  const endShown = end < -1 ? `← ${endText}` : end > width + 1 ? `${endText} →` : endText;
  const endWidth = context.measureText(endShown).width;
  const endX = Math.min(width - endWidth, Math.max(end - endWidth - 5, 0));
  // Where both do not fit, the start is what people ask for.
  if (endX < startX + shownWidth + 14) return;
  context.fillStyle = colours.soft;
  context.fillText(endShown, endX, top - 9);
}
