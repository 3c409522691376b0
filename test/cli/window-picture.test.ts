import { describe, expect, it } from 'vitest';
import { cellsOf, paint } from '../../src/cli/window-picture.ts';
import type { WindowStrip } from '../../src/client/api.ts';

const strip = (picture: Partial<WindowStrip>): WindowStrip => ({
  topic: 'emails',
  partition: 0,
  startOffset: 100,
  endOffset: 110,
  fromOffset: 100,
  toOffset: 110,
  version: 1,
  atMs: 0,
  holders: ['a', 'b'],
  runs: null,
  columns: null,
  columnOffsets: null,
  ...picture,
});
const [available, acquired, delayed, acknowledged, archived] = [0, 1, 2, 3, 4];

/** Without colours, as in a test that has no terminal. */
const drawn = (picture: Partial<WindowStrip>, width: number): string =>
  paint(cellsOf(strip(picture), width), ['a', 'b']);

describe('a window as characters', () => {
  it('has one for each record where there is room', () => {
    const runs: WindowStrip['runs'] = [
      [100, 102, acquired, 1, 0, 500],
      [103, 103, delayed, 1, -1, 500],
      [104, 107, acknowledged, 1, -1, null],
      [108, 108, archived, 5, -1, null],
      [109, 109, available, 1, -1, null],
    ];
    expect(drawn({ runs }, 80)).toBe('▓▓▓◌████×░');
    expect(drawn({ runs }, 10)).toBe('▓▓▓◌████×░');
  });

  it('shows of each part what most of its records are', () => {
    const runs: WindowStrip['runs'] = [
      [100, 102, acquired, 1, 0, 500],
      [103, 104, delayed, 1, -1, 500],
      [105, 109, acknowledged, 1, -1, null],
    ];
    expect(drawn({ runs }, 2)).toBe('▓█');
    // 100–102, 103–105, 106–109
    expect(drawn({ runs }, 3)).toBe('▓◌█');
    expect(drawn({ runs }, 1)).toBe('█');
  });

  it('reads the columns of the server, and who holds most in them', () => {
    const columns: WindowStrip['columns'] = [
      [2, 0, 5, 0, 5, 0, 1],
      [1, 0, 0, 1, 9, 0, -1],
      [3, 10, 0, 0, 0, 0, -1],
    ];
    const cells = cellsOf(strip({ columns, columnOffsets: 10, endOffset: 160, toOffset: 160 }), 6);
    expect(cells.map(({ state, holder }) => [state, holder])).toEqual([
      ['acquired', 'b'],
      ['acquired', 'b'],
      ['acknowledged', null],
      ['available', null],
      ['available', null],
      ['available', null],
    ]);
  });

  it('is empty where nothing is in flight', () => {
    expect(drawn({ toOffset: 100, endOffset: 100, runs: [] }, 80)).toBe('');
  });
});
