import { describe, expect, it } from 'vitest';
import { hitTest, segmentWith, stepCursor } from '../../../src/dashboard/strip/hit-test.ts';
import { segmentsOf } from '../../../src/dashboard/strip/strip-picture.ts';
import type { StripRun } from '../../../src/dashboard/strip/strip-picture.ts';

const segments = (...runs: StripRun[]) =>
  segmentsOf({
    topic: 'emails',
    partition: 0,
    startOffset: runs[0]?.[0] ?? 0,
    endOffset: (runs.at(-1)?.[1] ?? -1) + 1,
    fromOffset: runs[0]?.[0] ?? 0,
    toOffset: (runs.at(-1)?.[1] ?? -1) + 1,
    version: 1,
    holders: ['mailer-1'],
    runs,
    columns: null,
    columnOffsets: null,
  });

const large = segments(
  [1000, 499_999, 3, 1, -1, null],
  [500_000, 500_000, 1, 4, 0, 12_000],
  [500_001, 1_000_999, 0, 0, -1, null],
);
const largeView = { from: 1000, to: 1_001_000 };

describe('Pointing at a strip', () => {
  it('finds the run under the pointer, and the record', () => {
    const hit = hitTest(large, largeView, 1000, 250.5)!;
    expect(hit.segment.state).toBe('acknowledged');
    expect(hit.offset).toBe(251_500);
  });

  it('reaches one record among a million, a little beside it too', () => {
    for (const x of [497, 499, 501]) expect(hitTest(large, largeView, 1000, x)!.offset).toBe(500_000);
    expect(hitTest(large, largeView, 1000, 510)!.segment.state).toBe('available');
  });

  it('means exactly the record under the pointer where records are wide', () => {
    const view = { from: 499_998, to: 500_003 };
    expect(hitTest(large, view, 1000, 399)!.offset).toBe(499_999);
    expect(hitTest(large, view, 1000, 401)!.offset).toBe(500_000);
    expect(hitTest(large, view, 1000, 601)!.offset).toBe(500_001);
  });

  it('finds nothing beside the window, and nothing in an empty one', () => {
    expect(hitTest(large, { from: 0, to: 1_001_000 }, 10_000, 2)).toBeUndefined();
    expect(hitTest([], largeView, 1000, 500)).toBeUndefined();
    expect(segmentWith(large, 999)).toBeUndefined();
    expect(segmentWith(large, 1_001_000)).toBeUndefined();
  });
});

describe('The arrow keys', () => {
  it('walk from run to run where records are too narrow to see', () => {
    expect(stepCursor(large, largeView, 1000, 1000, 1)).toBe(500_000);
    expect(stepCursor(large, largeView, 1000, 500_000, 1)).toBe(500_001);
    expect(stepCursor(large, largeView, 1000, 700_000, -1)).toBe(500_001);
    expect(stepCursor(large, largeView, 1000, 500_001, -1)).toBe(500_000);
    expect(stepCursor(large, largeView, 1000, 500_000, -1)).toBe(1000);
  });

  it('walk record by record where they are wide, and stop at the ends of the window', () => {
    const view = { from: 499_990, to: 500_010 };
    expect(stepCursor(large, view, 1000, 499_995, 1)).toBe(499_996);
    expect(stepCursor(large, view, 1000, 500_001, -1)).toBe(500_000);
    expect(stepCursor(large, view, 1000, 1000, -1)).toBe(1000);
    expect(stepCursor(large, view, 1000, 1_000_999, 1)).toBe(1_000_999);
  });
});
