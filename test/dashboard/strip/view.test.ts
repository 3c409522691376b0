import { describe, expect, it } from 'vitest';
import { fitView, isFit, offsetAt, panView, revealOffset, xOf, zoomView } from '../../../src/dashboard/strip/view.ts';
import { ticksOf } from '../../../src/dashboard/strip/ticks.ts';

const million = { startOffset: 120_045, endOffset: 1_120_045 };

describe('The scale of a strip', () => {
  it('shows the whole window with a little room at both ends, and a window of few records not as a wall', () => {
    const view = fitView(million);
    expect(xOf(view, 1040, 120_045)).toBeCloseTo(20);
    expect(xOf(view, 1040, 1_120_045)).toBeCloseTo(1020);
    expect(isFit(view, million)).toBe(true);
    const few = fitView({ startOffset: 7, endOffset: 9 });
    expect(few.to - few.from).toBeGreaterThan(30);
  });

  it('says which offset is at a pixel, and which pixel an offset is at', () => {
    const view = { from: 100, to: 200 };
    expect(offsetAt(view, 500, 250)).toBe(150);
    expect(xOf(view, 500, 150)).toBe(250);
  });

  it('zooms around the offset under the pointer, from a million offsets down to one, and back', () => {
    let view = fitView(million);
    const anchor = 620_045.4;
    const x = xOf(view, 1000, anchor);
    for (let step = 0; step < 100; step += 1) {
      view = zoomView(view, million, 0.8, anchor);
      expect(xOf(view, 1000, anchor)).toBeCloseTo(x, 3);
    }
    expect(view.to - view.from).toBe(1);
    for (let step = 0; step < 100; step += 1) view = zoomView(view, million, 1.25, anchor);
    expect(view).toEqual(fitView(million));
  });

  it('does not leave the window, however far it is pulled', () => {
    const view = zoomView(fitView(million), million, 0.01, 500_000);
    const span = view.to - view.from;
    const left = panView(view, million, -1e9);
    expect(left.from).toBeCloseTo(120_045 - span * 0.02);
    expect(left.to - left.from).toBeCloseTo(span);
    const right = panView(view, million, 1e9);
    expect(right.to).toBeGreaterThan(1_120_045);
    expect(right.from).toBeLessThan(1_120_045);
  });

  it('moves as little as needed to show an offset', () => {
    const view = { from: 500_000, to: 500_100 };
    expect(revealOffset(view, million, 500_050)).toBe(view);
    expect(revealOffset(view, million, 500_200).to).toBe(500_202);
    expect(revealOffset(view, million, 499_000).from).toBe(498_999);
  });
});

describe('The ticks of a strip', () => {
  it('stand at round offsets, apart enough for their labels', () => {
    const ticks = ticksOf(fitView(million), 1000);
    expect(ticks.map(({ offset }) => offset)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((each) => each * 100_000));
    expect(ticks.at(-1)!.label).toBe('1,100,000');
    for (const view of [fitView(million), { from: 0, to: 37 }, { from: 999_990.5, to: 1_000_003 }]) {
      const xs = ticksOf(view, 800).map(({ x }) => x);
      for (const [index, x] of xs.entries()) if (index > 0) expect(x - xs[index - 1]!).toBeGreaterThan(40);
    }
  });

  it('are never closer than one record, and stand under the middle of a record that is wide', () => {
    const ticks = ticksOf({ from: 10, to: 14 }, 800);
    expect(ticks.map(({ offset }) => offset)).toEqual([10, 11, 12, 13]);
    expect(ticks[0]!.x).toBe(100);
  });

  it('never show an offset below zero', () => {
    expect(ticksOf({ from: -20, to: 30 }, 800)[0]!.offset).toBe(0);
  });
});
