import { recordStates } from '../api-types.ts';
import type { Segment } from './strip-picture.ts';
import { spanOf, xOf } from './view.ts';
import type { View } from './view.ts';

const stateCount = recordStates.length;
const acquired = recordStates.indexOf('acquired');

/** How much of each pixel column is in which state. */
export interface Raster {
  readonly width: number;
  /** `[column * 5 + state]`: 0 to 1. They add up to 1 where the window covers the column. */
  readonly shares: Float32Array;
  /** `[column]`: of the acquired records the holder of most, as an index into `holders`; -1 where nobody holds any. */
  readonly holderOf: Int32Array;
  readonly holders: readonly string[];
}

/** @param width of the strip, in device pixels */
export function rasterize(segments: readonly Segment[], view: View, width: number): Raster {
  const shares = new Float32Array(width * stateCount);
  const holderOf = new Int32Array(width).fill(-1);
  const most = new Float32Array(width);
  const holders: string[] = [];
  const indexes = new Map<string, number>();
  const indexOf = (holder: string): number => {
    let index = indexes.get(holder);
    if (index === undefined) {
      index = holders.push(holder) - 1;
      indexes.set(holder, index);
    }
    return index;
  };

  // Records of a pixel or more have sharp edges; narrower ones share pixels.
  const edge = width / spanOf(view) >= 1 ? Math.round : (x: number): number => x;
  for (const segment of segments) {
    const left = Math.max(0, edge(xOf(view, width, segment.firstOffset)));
    const right = Math.min(width, edge(xOf(view, width, segment.endOffset)));
    if (right <= left) continue;
    const records = segment.endOffset - segment.firstOffset;
    const holder = segment.holder === null ? -1 : indexOf(segment.holder);
    for (let column = Math.floor(left); column < right; column += 1) {
      const covered = Math.min(right, column + 1) - Math.max(left, column);
      for (let state = 0; state < stateCount; state += 1) {
        const part = (covered * (segment.counts[state] ?? 0)) / records;
        if (part === 0) continue;
        const at = column * stateCount + state;
        shares[at] = (shares[at] ?? 0) + part;
        if (state === acquired && part > (most[column] ?? 0)) {
          most[column] = part;
          holderOf[column] = holder;
        }
      }
    }
  }
  return { width, shares, holderOf, holders };
}

/** A rectangle of one state; in device pixels, `y` from the strip's top. */
export interface Block {
  readonly state: number;
  /** Index into the raster's holders; -1 but for acquired records. */
  readonly holder: number;
  readonly x: number;
  readonly width: number;
  readonly y: number;
  readonly height: number;
}

/** From top to bottom: what wants an eye on it comes first. */
const stackOrder = ['archived', 'delayed', 'acquired', 'available', 'acknowledged'].map((state) =>
  recordStates.indexOf(state as (typeof recordStates)[number]),
);

/**
 * The blocks to draw: in each column its states on top of each other by their share, neighbours that are alike as one
 * block. A state that is there at all is at least `minHeight` high: one locked record among thousands must not vanish.
 */
export function blocksOf(raster: Raster, height: number, minHeight: number): readonly Block[] {
  const blocks: Block[] = [];
  /** For each place of the stack, the block that the next column may widen. */
  const open: ({ -readonly [K in keyof Block]: Block[K] } | undefined)[] = [];
  const heights: number[] = Array.from({ length: stateCount }, () => 0);
  for (let column = 0; column < raster.width; column += 1) {
    stackHeights(raster.shares, column, height, minHeight, heights);
    const holder = raster.holderOf[column] ?? -1;
    let y = 0;
    for (const [place, state] of stackOrder.entries()) {
      const blockHeight = heights[state] ?? 0;
      const blockHolder = state === acquired ? holder : -1;
      const last = open[place];
      if (blockHeight === 0) {
        open[place] = undefined;
      } else if (last !== undefined && last.y === y && last.height === blockHeight && last.holder === blockHolder) {
        last.width += 1;
      } else {
        const block = { state, holder: blockHolder, x: column, width: 1, y, height: blockHeight };
        blocks.push(block);
        open[place] = block;
      }
      y += blockHeight;
    }
  }
  return blocks;
}

function stackHeights(
  shares: Float32Array,
  column: number,
  height: number,
  minHeight: number,
  heights: number[],
): void {
  let sum = 0;
  let largest = 0;
  for (let state = 0; state < stateCount; state += 1) {
    const share = shares[column * stateCount + state] ?? 0;
    sum += share;
    if (share > (shares[column * stateCount + largest] ?? 0)) largest = state;
  }
  let used = 0;
  for (let state = 0; state < stateCount; state += 1) {
    const share = shares[column * stateCount + state] ?? 0;
    // Where the window begins or ends within the column, what there is of it fills the column.
    const part = share < 1e-6 ? 0 : Math.max(minHeight, Math.round((share / sum) * height));
    heights[state] = part;
    used += part;
  }
  // What the small ones have been given, and what rounding has left over, is the largest one's.
  if (sum > 0) heights[largest] = Math.max(0, (heights[largest] ?? 0) + height - used);
}
