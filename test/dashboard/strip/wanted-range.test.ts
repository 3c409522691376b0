import { describe, expect, it } from 'vitest';
import type { StripPicture } from '../../../src/dashboard/strip/strip-picture.ts';
import { wantedRange } from '../../../src/dashboard/strip/wanted-range.ts';

const picture = (change: Partial<StripPicture>): StripPicture => ({
  topic: 'emails',
  partition: 0,
  startOffset: 1000,
  endOffset: 1_001_000,
  fromOffset: 1000,
  toOffset: 1_001_000,
  version: 1,
  holders: [],
  runs: null,
  columns: [],
  columnOffsets: 1000,
  ...change,
});

describe('The range that a zoomed strip asks for', () => {
  it('is none while the picture of the whole window has all its runs', () => {
    expect(wantedRange({ from: 2000, to: 3000 }, picture({ runs: [], columns: null }), null)).toBeNull();
  });

  it('is what is in view and half as much on each side', () => {
    expect(wantedRange({ from: 2000, to: 3000 }, picture({}), null)).toEqual({ fromOffset: 1500, endOffset: 3500 });
    expect(wantedRange({ from: -100.5, to: 99.5 }, picture({}), null)).toEqual({ fromOffset: 0, endOffset: 200 });
  });

  it('stays the same while panning within it, and at the ends of the window', () => {
    const range = { fromOffset: 1500, endOffset: 3500 };
    expect(wantedRange({ from: 2400, to: 3400 }, picture({}), range)).toBe(range);
    expect(wantedRange({ from: 2600, to: 3600 }, picture({}), range)).toEqual({ fromOffset: 2100, endOffset: 4100 });
    const first = { fromOffset: 900, endOffset: 3000 };
    expect(wantedRange({ from: 800, to: 2000 }, picture({}), first)).toBe(first);
  });

  it('is another one when the view has come much closer, unless its runs are all known', () => {
    const range = { fromOffset: 1500, endOffset: 3500 };
    const ofRange = { fromOffset: 1500, toOffset: 3500 };
    expect(wantedRange({ from: 2400, to: 2500 }, picture(ofRange), range)).toEqual({
      fromOffset: 2350,
      endOffset: 2550,
    });
    expect(wantedRange({ from: 2400, to: 2500 }, picture({ ...ofRange, runs: [] }), range)).toBe(range);
  });
});
