import { describe, expect, it } from 'vitest';
import { windowStrip } from '../../src/broker/window-strip.ts';
import { holderOf } from '../../src/core/ids.ts';
import { apply, emptyWindow, recordState } from '../../src/core/share-partition/window.ts';

const states = ['available', 'acquired', 'delayed', 'acknowledged', 'archived'];
const now = { nowMs: 1_000, wallMs: 5_000 };
const whole = { fromOffset: null, endOffset: null };

/** A window from 10 on in which each letter is a record: Available, Delayed, aCknowledged, aRchived, or the digit of who holds it. */
const windowOf = (text: string, startOffset = 10) => {
  const window = emptyWindow(startOffset, { stateEpoch: 0, leaderEpoch: 1 });
  const at = { acquiredAtMs: 4_000, deadlineMs: 3_500, held: 0 };
  for (const [index, letter] of text.split('').entries()) {
    const offset = startOffset + index;
    const holder = holderOf('http', `w${letter}`);
    const span = { firstOffset: offset, lastOffset: offset };
    apply(window, { kind: 'acquire', lock: { acquisition: offset, holder, ...span, ...at } });
    if (/\d/.test(letter)) continue;
    const state = letter === 'C' ? 'acknowledged' : letter === 'R' ? 'archived' : 'available';
    const ending = {
      ...span,
      acquisition: offset,
      leaderEpoch: 1,
      deliveryCount: 1,
      holder,
      acquiredAtMs: 0,
      endedAtMs: 0,
    };
    const how = { outcome: 'released', state, availableAtMs: null, delayMs: null, reason: null } as const;
    apply(window, { kind: 'end', ending: { ...ending, ...how }, availableAtMs: letter === 'D' ? 2_000 : 0 });
  }
  return window;
};

describe('the strip of a window', () => {
  it('is its runs where there is room for them', () => {
    const strip = windowStrip(windowOf('1AACDRR2'), whole, 10, now);
    expect(strip).toMatchObject({ startOffset: 10, endOffset: 18, fromOffset: 10, toOffset: 18, columns: null });
    expect(strip.holders).toEqual(['w1', 'w2']);
    expect(strip.runs).toEqual([
      [10, 10, 1, 1, 0, 2_500],
      [11, 12, 0, 1, -1, null],
      [13, 13, 3, 1, -1, null],
      [14, 14, 2, 1, -1, 1_000],
      [15, 16, 4, 1, -1, null],
      [17, 17, 1, 1, 1, 2_500],
    ]);
  });

  it('is cut to the range asked for, as far as the window reaches', () => {
    const window = windowOf('1AACDRR2');
    expect(windowStrip(window, { fromOffset: 12, endOffset: 16 }, 10, now).runs?.map((run) => run.slice(0, 3))).toEqual(
      [
        [12, 12, 0],
        [13, 13, 3],
        [14, 14, 2],
        [15, 15, 4],
      ],
    );
    expect(windowStrip(window, { fromOffset: 0, endOffset: 99 }, 10, now)).toMatchObject({
      fromOffset: 10,
      toOffset: 18,
    });
    for (const range of [
      { fromOffset: 40, endOffset: 50 },
      { fromOffset: 14, endOffset: 12 },
      { fromOffset: 0, endOffset: 5 },
    ]) {
      const strip = windowStrip(window, range, 10, now);
      expect(strip.runs).toEqual([]);
      expect(strip.toOffset).toBe(strip.fromOffset);
    }
    expect(windowStrip(emptyWindow(3, { stateEpoch: 0, leaderEpoch: 1 }), whole, 1, now)).toMatchObject({
      runs: [],
      fromOffset: 3,
      toOffset: 3,
    });
  });

  it('counts records in columns where there are more runs, and names who holds most in each', () => {
    const strip = windowStrip(windowOf('1A22C1ARDA'), whole, 4, now);
    expect(strip).toMatchObject({ runs: null, columnOffsets: 3, holders: ['w1', 'w2'] });
    expect(strip.columns).toEqual([
      [1, 1, 2, 0, 0, 0, 0],
      [1, 0, 2, 0, 1, 0, 0],
      [1, 1, 0, 1, 0, 1, -1],
      [1, 1, 0, 0, 0, 0, -1],
    ]);
  });

  it('puts neighbouring columns that are alike together', () => {
    const strip = windowStrip(windowOf('1' + 'A'.repeat(9) + '1A'.repeat(10)), whole, 15, now);
    expect(strip.columns).toEqual([
      [1, 1, 1, 0, 0, 0, 0],
      [4, 2, 0, 0, 0, 0, -1],
      [10, 1, 1, 0, 0, 0, 0],
    ]);
  });

  it('agrees with a count of each record, whatever the window, the range and the resolution', () => {
    let seed = 42;
    const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    for (let round = 0; round < 100; round++) {
      const letters = Array.from({ length: 1 + random(60) }, () => '123ADCR'[random(7)]!.repeat(1 + random(9)));
      const window = windowOf(`1${letters.join('')}`);
      const range = { fromOffset: 10 + random(100), endOffset: 10 + random(400) };
      const columns = 1 + random(30);
      const strip = windowStrip(window, range, columns, now);
      const counted = Array.from({ length: 5 }, () => 0);
      let offset = strip.fromOffset;
      const expected = (end: number): number[] => {
        const counts = Array.from({ length: 5 }, () => 0);
        for (; offset < end; offset++) counts[states.indexOf(recordState(window.runs.find(offset)!))]!++;
        return counts;
      };
      if (strip.columns === null) {
        expect(strip.runs!.length).toBeLessThanOrEqual(columns);
        for (const [first, last, state] of strip.runs!) {
          expect(first).toBe(offset);
          expect(expected(last + 1)[state]).toBe(last - first + 1);
        }
      } else {
        for (const [width, ...column] of strip.columns) {
          for (let i = 0; i < width; i++) {
            const counts = expected(Math.min(offset + strip.columnOffsets!, strip.toOffset));
            expect(counts).toEqual(column.slice(0, 5));
            counted.forEach((_, state) => (counted[state]! += counts[state]!));
          }
        }
        expect(strip.columns.reduce((sum, [width]) => sum + width, 0)).toBeLessThanOrEqual(columns);
        expect(counted.reduce((sum, records) => sum + records, 0)).toBe(strip.toOffset - strip.fromOffset);
      }
      expect(offset).toBe(strip.toOffset);
    }
  });
});
