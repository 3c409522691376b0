import { describe, expect, it } from 'vitest';
import { blocksOf, rasterize } from '../../../src/dashboard/strip/raster.ts';
import type { Block } from '../../../src/dashboard/strip/raster.ts';
import { recordStates } from '../../../src/dashboard/api-types.ts';
import { segmentsOf } from '../../../src/dashboard/strip/strip-picture.ts';
import type { StripColumn, StripPicture, StripRun } from '../../../src/dashboard/strip/strip-picture.ts';

const [available, acquired, delayed, acknowledged, archived] = recordStates.keys() as unknown as number[];
const [a, l, d, k, x] = [0, 1, 2, 3, 4];

const picture = (change: {
  runs?: readonly StripRun[];
  columns?: readonly StripColumn[];
  toOffset?: number;
}): StripPicture => {
  const toOffset = change.toOffset ?? (change.runs?.at(-1)?.[1] ?? 0) + 1;
  return {
    topic: 'emails',
    partition: 0,
    startOffset: 0,
    endOffset: toOffset,
    fromOffset: 0,
    version: 1,
    holders: ['mailer-1', 'mailer-2'],
    runs: change.runs ?? null,
    columns: change.columns ?? null,
    columnOffsets: change.columns === undefined ? null : 100,
    toOffset,
  };
};

/** Each block as `state@x+width:y+height`, with the holder behind it. */
const drawn = (blocks: readonly Block[]): string[] =>
  blocks.map(
    ({ state, holder, x, width, y, height }) =>
      `${recordStates[state]}@${x}+${width}:${y}+${height}${holder === -1 ? '' : ` by ${holder}`}`,
  );

describe('A strip', () => {
  it('draws runs that are wider than a pixel one beside the other, over the full height', () => {
    const segments = segmentsOf(
      picture({
        runs: [
          [0, 9, k, 1, -1, null],
          [10, 14, l, 2, 1, 9000],
          [15, 19, l, 1, 0, 9000],
          [20, 39, a, 0, -1, null],
        ],
      }),
    );
    const raster = rasterize(segments, { from: 0, to: 40 }, 80);
    expect(drawn(blocksOf(raster, 30, 3))).toEqual([
      'acknowledged@0+20:0+30',
      'acquired@20+10:0+30 by 0',
      'acquired@30+10:0+30 by 1',
      'available@40+40:0+30',
    ]);
    expect(raster.holders).toEqual(['mailer-2', 'mailer-1']);
  });

  it('stacks what shares a pixel by its share', () => {
    const runs: StripRun[] = [];
    for (let offset = 0; offset < 1000; offset += 2)
      runs.push([offset, offset, a, 0, -1, null], [offset + 1, offset + 1, k, 1, -1, null]);
    const blocks = blocksOf(rasterize(segmentsOf(picture({ runs })), { from: 0, to: 1000 }, 10), 40, 3);
    expect(drawn(blocks)).toEqual(['available@0+10:0+20', 'acknowledged@0+10:20+20']);
  });

  it('never loses one locked record among a million', () => {
    const segments = segmentsOf(
      picture({
        runs: [
          [0, 499_999, k, 1, -1, null],
          [500_000, 500_000, l, 4, 0, 12_000],
          [500_001, 999_999, k, 1, -1, null],
        ],
      }),
    );
    expect(drawn(blocksOf(rasterize(segments, { from: 0, to: 1_000_000 }, 1000), 30, 4))).toEqual([
      'acknowledged@0+500:0+30',
      'acquired@500+1:0+4 by 0',
      'acknowledged@500+1:4+26',
      'acknowledged@501+499:0+30',
    ]);
  });

  it('draws nothing where the window is not, and only what is in view', () => {
    const segments = segmentsOf(picture({ runs: [[0, 9, x, 5, -1, null]] }));
    expect(drawn(blocksOf(rasterize(segments, { from: -10, to: 20 }, 30), 20, 2))).toEqual(['archived@10+10:0+20']);
    expect(drawn(blocksOf(rasterize(segments, { from: 5, to: 7 }, 30), 20, 2))).toEqual(['archived@0+30:0+20']);
    expect(blocksOf(rasterize(segments, { from: 50, to: 70 }, 30), 20, 2)).toEqual([]);
    expect(blocksOf(rasterize([], { from: 50, to: 70 }, 30), 20, 2)).toEqual([]);
  });

  it('draws columns that the server has counted as it would draw the runs', () => {
    const segments = segmentsOf(
      picture({
        toOffset: 1000,
        columns: [
          [5, 0, 0, 0, 100, 0, -1],
          [2, 50, 25, 25, 0, 0, 1],
          [3, 100, 0, 0, 0, 0, -1],
        ],
      }),
    );
    expect(segments.map(({ firstOffset, endOffset, state }) => [firstOffset, endOffset, state])).toEqual([
      [0, 500, 'acknowledged'],
      [500, 700, null],
      [700, 1000, 'available'],
    ]);
    expect(segments[1]!.counts).toEqual([100, 50, 50, 0, 0]);
    expect(drawn(blocksOf(rasterize(segments, { from: 0, to: 1000 }, 10), 40, 3))).toEqual([
      'acknowledged@0+5:0+40',
      'delayed@5+2:0+10',
      'acquired@5+2:10+10 by 0',
      'available@5+2:20+20',
      'available@7+3:0+40',
    ]);
  });

  it('fills the full height in each column that the window reaches, whatever the rounding', () => {
    const segments = segmentsOf(
      picture({ toOffset: 700, columns: Array.from({ length: 7 }, () => [1, 33, 33, 1, 32, 1, 0] as StripColumn) }),
    );
    const blocks = blocksOf(rasterize(segments, { from: 0, to: 700 }, 7), 31, 2);
    for (let column = 0; column < 7; column += 1) {
      const inColumn = blocks.filter((block) => block.x <= column && column < block.x + block.width);
      expect(inColumn.reduce((sum, { height }) => sum + height, 0)).toBe(31);
      expect(inColumn).toHaveLength(5);
    }
  });

  it('has the states in the order in which the server numbers them', () => {
    expect([available, acquired, delayed, acknowledged, archived]).toEqual([a, l, d, k, x]);
  });
});
