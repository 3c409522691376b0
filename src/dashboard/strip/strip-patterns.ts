import { recordStates } from '../api-types.ts';
import type { RecordState } from '../api-types.ts';
import type { StripColours } from './strip-colours.ts';

/** Side of a pattern's tile, CSS pixels. */
export const patternPx = 8;

/** Draws one tile of a state's pattern; nothing for acquired, which is the plain one. */
const tiles: Readonly<Record<RecordState, ((context: CanvasRenderingContext2D) => void) | null>> = {
  // Dots: waiting.
  available: (context) => {
    for (const [x, y] of [
      [2, 2],
      [6, 6],
    ] as const) {
      context.beginPath();
      context.arc(x, y, 0.9, 0, 2 * Math.PI);
      context.fill();
    }
  },
  acquired: null,
  // Level lines: asleep.
  delayed: (context) => {
    for (const y of [1, 5]) context.fillRect(0, y, 8, 1.5);
  },
  // Rising lines: done.
  acknowledged: (context) => {
    context.beginPath();
    for (const x of [-8, 0, 8]) {
      context.moveTo(x - 2, 10);
      context.lineTo(x + 10, -2);
    }
    context.stroke();
  },
  // Crosses: given up.
  archived: (context) => {
    context.beginPath();
    for (const x of [-8, 0, 8]) {
      context.moveTo(x - 2, 10);
      context.lineTo(x + 10, -2);
      context.moveTo(x - 2, -2);
      context.lineTo(x + 10, 10);
    }
    context.stroke();
  },
};

/** The pattern of each state, in the order of `recordStates`. */
export type StripPatterns = readonly (CanvasPattern | null)[];

let known: { colours: StripColours; ratio: number; patterns: StripPatterns } | undefined;

/** @param ratio device pixels of a CSS pixel */
export function stripPatterns(colours: StripColours, ratio: number): StripPatterns {
  if (known?.colours !== colours || known.ratio !== ratio) {
    const patterns = recordStates.map((state, index) => patternOf(state, colours.states[index]!.ink, ratio));
    known = { colours, ratio, patterns };
  }
  return known.patterns;
}

function patternOf(state: RecordState, ink: string, ratio: number): CanvasPattern | null {
  const tile = tiles[state];
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(patternPx * ratio);
  canvas.height = canvas.width;
  const context = canvas.getContext('2d');
  if (tile === null || context === null) return null;
  context.scale(canvas.width / patternPx, canvas.height / patternPx);
  context.fillStyle = ink;
  context.strokeStyle = ink;
  context.lineWidth = 1.2;
  tile(context);
  return context.createPattern(canvas, 'repeat');
}
