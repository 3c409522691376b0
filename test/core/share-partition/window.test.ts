import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EndChange, endRun, outcomeOf } from '../../../src/core/share-partition/acknowledge.ts';
import { expireLocks } from '../../../src/core/share-partition/locks.ts';
import {
  apply,
  checkWindow,
  emptyWindow,
  inFlight,
  lag,
  loadWindow,
  recordState,
  startOffsetAfter,
} from '../../../src/core/share-partition/window.ts';
import { runsText } from './printed-window.ts';
import { SimulatedPartition, member } from './simulated-partition.ts';

const c1 = member('c1');
const c2 = member('c2');

const acquired = (records: number, settings: ConstructorParameters<typeof SimulatedPartition>[0] = {}) => {
  const p = new SimulatedPartition(settings);
  p.produce(records);
  p.acquire(c1, records);
  return p;
};

describe('an empty window', () => {
  it('starts and ends at its start offset and holds nothing', () => {
    const window = emptyWindow(7, { stateEpoch: 2, leaderEpoch: 3 });
    checkWindow(window);
    expect(window).toMatchObject({ startOffset: 7, endOffset: 7, stateEpoch: 2, leaderEpoch: 3 });
    expect([inFlight(window), lag(window, 7), lag(window, 10)]).toEqual([0, 0, 3]);
  });

  it('has no lag below zero where it starts beyond the end of the log', () => {
    expect(lag(emptyWindow(12, { stateEpoch: 0, leaderEpoch: 1 }), 10)).toBe(0);
  });
});

describe('the start of the window', () => {
  it('slides over finished records in front, accepted or archived, and stops at the first unfinished one', () => {
    const p = acquired(6);
    p.acknowledgeRange(c1, 1, 3, ['accept', 'reject', 'gap']);
    expect(p.window.startOffset).toBe(0);
    p.acknowledgeRange(c1, 0, 0, ['accept']);
    expect(p.window.startOffset).toBe(4);
    p.acknowledgeRange(c1, 4, 4, ['release']);
    expect(p.window.startOffset).toBe(4);
    expect(p.window.endOffset).toBe(6);
  });

  it('meets the end when all is finished, and the window is empty', () => {
    const p = acquired(6);
    p.acknowledgeRange(c1, 0, 5, ['accept']);
    expect([p.window.startOffset, p.window.endOffset, p.window.runs.size]).toEqual([6, 6, 0]);
    expect(p.window.counts).toEqual({ available: 0, delayed: 0, acquired: 0, acknowledged: 0, archived: 0 });
  });

  it('slides when the record in front is archived by a time-out', () => {
    const p = acquired(3, { deliveryCountLimit: 1 });
    p.acknowledgeRange(c1, 1, 2, ['accept']);
    p.advance(30_000);
    p.expireLocks();
    expect(p.window.startOffset).toBe(3);
  });
});

describe('the counts and the lag', () => {
  it('are of records, by state', () => {
    const p = acquired(6);
    const lock = p.window.runs.find(5)!.lock!;
    p.acknowledgeRange(c1, 1, 4, ['accept', 'reject', 'release', 'accept']);
    p.acknowledge({ offset: 5, acquisition: lock.acquisition, leaderEpoch: 1, stateEpoch: 0 }, 'release', {
      delayMs: 9,
    });
    p.produce(4);
    expect(p.window.counts).toEqual({ available: 1, delayed: 1, acquired: 1, acknowledged: 2, archived: 1 });
    expect(lag(p.window, p.logEndOffset)).toBe(7);
    expect(inFlight(p.window)).toBe(6);
    expect(recordState(p.window.runs.find(5)!)).toBe('delayed');
  });

  it('give the same lag after a reload', () => {
    const p = acquired(6);
    p.acknowledgeRange(c1, 1, 4, ['accept', 'reject', 'release', 'accept']);
    const before = lag(p.window, p.logEndOffset);
    p.crash();
    expect(lag(p.window, p.logEndOffset)).toBe(before);
  });
});

describe('an acquisition that is given back', () => {
  it('is as if it had not been', () => {
    const p = acquired(4);
    p.acknowledgeRange(c1, 0, 3, ['release']);
    const [range] = p.acquire(c2, 4);
    const { acquisition } = range!.lock;
    apply(p.window, { kind: 'undo_acquire', firstOffset: 0, lastOffset: 3, acquisition });
    expect(runsText(p.window)).toBe('0-3 available #1');
    expect(p.window.holders.size).toBe(0);
    expect(p.acquire(c2, 4)[0]?.deliveryCount).toBe(2);
  });

  it('leaves alone what was acquired anew', () => {
    const p = acquired(4);
    const { acquisition } = p.window.runs.find(0)!.lock!;
    p.acknowledgeRange(c1, 0, 0, ['release']);
    p.acquire(c2, 1);
    apply(p.window, { kind: 'undo_acquire', firstOffset: 0, lastOffset: 3, acquisition });
    expect(runsText(p.window)).toBe('0 acquired c2 #2 | 1-3 available #0');
  });
});

describe('a change that was decided before the window moved on', () => {
  it('ends only what retention has left', () => {
    const p = acquired(6);
    p.advance(30_000);
    const decided = expireLocks(p.window, p.time);
    p.moveLogStart(4);
    for (const change of decided) apply(p.window, change);
    checkWindow(p.window);
    expect(runsText(p.window)).toBe('4-5 available #1');
  });

  it('takes only available records for a hole', () => {
    const p = acquired(5);
    p.acknowledgeRange(c1, 1, 3, ['accept', 'release', 'reject']);
    apply(p.window, { kind: 'gap', firstOffset: 0, lastOffset: 4 });
    checkWindow(p.window);
    expect(runsText(p.window)).toBe('0 acquired c1 #1 | 1 acknowledged #1 | 2-3 archived #1 | 4 acquired c1 #1');
  });

  it('locks only what is still available', () => {
    const p = acquired(2);
    const { lock } = p.window.runs.find(0)!;
    p.releaseHolder(c1);
    p.acquire(c2, 1);
    apply(p.window, { kind: 'acquire', lock: { ...lock!, acquisition: 9, held: 0 } });
    checkWindow(p.window);
    expect(runsText(p.window)).toBe('0 acquired c2 #2 | 1 acquired c1 #2');
  });
});

describe('the start offset that is stored with endings', () => {
  const after = (
    p: SimulatedPartition,
    ...ranges: [first: number, last: number, state: 'acknowledged' | 'available'][]
  ): number =>
    startOffsetAfter(
      p.window,
      ranges.map(([firstOffset, lastOffset, state]) => {
        return { ...p.history.get(9)!, firstOffset, lastOffset, state };
      }),
    );
  /** 0-9, of which 3-4 and 9 are finished. */
  const some = (): SimulatedPartition => {
    const p = acquired(10);
    p.acknowledgeRange(c1, 3, 4, ['accept']);
    p.acknowledgeRange(c1, 9, 9, ['accept']);
    return p;
  };

  it('does not move without the record in front', () => {
    expect(after(some(), [1, 2, 'acknowledged'])).toBe(0);
    expect(after(some(), [0, 2, 'available'])).toBe(0);
    expect(after(some())).toBe(0);
  });

  it('goes on over what was finished before', () => {
    expect(after(some(), [0, 2, 'acknowledged'])).toBe(5);
  });

  it('joins endings of any order', () => {
    expect(after(some(), [5, 6, 'acknowledged'], [1, 2, 'acknowledged'], [0, 0, 'acknowledged'])).toBe(7);
    expect(after(some(), [5, 8, 'acknowledged'], [0, 2, 'acknowledged'])).toBe(10);
  });

  it('is where the window starts after these endings were applied', () => {
    // SimulatedPartition.write compares the two at each write; here with endings in any order and number.
    const part = fc.tuple(fc.nat(19), fc.constantFrom('accept', 'release', 'reject'));
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(part, { selector: ([offset]) => offset }), { maxLength: 6 }), (writes) => {
        const p = acquired(20);
        for (const parts of writes) {
          const changes: EndChange[] = [];
          for (const [offset, type] of parts) {
            const run = offset < p.window.startOffset ? undefined : p.window.runs.find(offset);
            if (run?.lock == null) continue;
            const how = { outcome: outcomeOf[type], reason: null, delayMs: 0 };
            endRun(changes, p.window, run, { firstOffset: offset, lastOffset: offset }, how, p.time);
          }
          const expected = startOffsetAfter(
            p.window,
            changes.map((change) => change.ending),
          );
          p.write(changes);
          expect(p.window.startOffset).toBe(expected);
        }
      }),
    );
  });
});

describe('loading', () => {
  it('brings back what was acknowledged, archived and released, and nothing that was acquired', () => {
    const p = acquired(8);
    p.acknowledgeRange(c1, 1, 4, ['accept', 'reject', 'release', 'renew']);
    p.crash();
    expect(runsText(p.window)).toBe('0 available #0 | 1 acknowledged #1 | 2 archived #1 | 3 available #1');
    expect(p.window).toMatchObject({ endOffset: 4, leaderEpoch: 2, nextAcquisition: 1 });
    checkWindow(p.window);
  });

  it('takes the last ending of an offset, and hands out an unended delivery again with its old count', () => {
    const p = acquired(2);
    for (let i = 0; i < 3; i++) {
      p.releaseHolder(c1, `failure ${i}`);
      p.acquire(c1, 2);
    }
    p.crash();
    expect(runsText(p.window)).toBe('0-1 available #3');
    expect(p.acquire(c2, 2)).toMatchObject([{ deliveryCount: 4, lastFailure: 'failure 2' }]);
  });

  it('starts where the last write said', () => {
    const p = acquired(6);
    p.acknowledgeRange(c1, 2, 3, ['accept']);
    p.acknowledgeRange(c1, 0, 1, ['accept']);
    p.crash();
    expect([p.window.startOffset, p.window.endOffset]).toEqual([4, 4]);
  });

  it('slides on over what is finished at the start that was stored', () => {
    const p = acquired(6);
    p.acknowledgeRange(c1, 1, 3, ['accept', 'accept', 'release']);
    const window = loadWindow({ ...p.stored, startOffset: 1 }, p.nowMs, p.wallMs);
    checkWindow(window);
    expect(runsText(window)).toBe('3 available #1');
  });

  it('cuts an ending that begins before the start', () => {
    const p = acquired(6);
    p.acknowledgeRange(c1, 0, 3, ['release']);
    p.acquire(c1, 2);
    p.acknowledgeRange(c1, 0, 1, ['accept']);
    p.crash();
    expect(runsText(p.window)).toBe('2-3 available #1');
    checkWindow(p.window);
  });

  it.each([
    ['as long as it still had', 0, 40_000],
    ['over when the wall clock went past it', 60_000, 0],
    ['never longer than asked when the wall clock went back', -1e9, 60_000],
    ['shorter when the process was down for a while', 15_000, 25_000],
  ])('goes on with a delay: %s', (_what, jumpMs, leftMs) => {
    const p = acquired(1);
    const { acquisition } = p.window.runs.find(0)!.lock!;
    p.acknowledge({ offset: 0, acquisition, leaderEpoch: 1, stateEpoch: 0 }, 'release', {
      delayMs: 60_000,
      reason: 'x',
    });
    p.advance(20_000);
    p.crash(jumpMs);
    expect(p.window.runs.find(0)).toMatchObject({
      state: 'available',
      availableAtMs: leftMs === 0 ? 0 : p.nowMs + leftMs,
    });
    expect(p.window.counts).toMatchObject(leftMs === 0 ? { available: 1, delayed: 0 } : { available: 0, delayed: 1 });
  });

  it('of nothing stored is an empty window', () => {
    const window = loadWindow({ startOffset: 4, stateEpoch: 1, leaderEpoch: 2, endings: [] }, 0, 0);
    checkWindow(window);
    expect(window).toMatchObject({ startOffset: 4, endOffset: 4, stateEpoch: 1, leaderEpoch: 2 });
  });
});

describe('a million records in flight', () => {
  it('accepted one by one from behind are one run at every moment, and slide at last', () => {
    const records = 1_000_000;
    const p = acquired(0, { inFlightLimit: records });
    p.produce(records);
    p.acquire(c1, records);
    for (let offset = records - 1; offset > 0; offset -= 50_000) {
      p.acknowledgeRange(c1, Math.max(1, offset - 49_999), offset, ['accept']);
      expect(p.window.runs.size).toBeLessThanOrEqual(2);
    }
    expect(lag(p.window, records)).toBe(1);
    p.acknowledgeRange(c1, 0, 0, ['accept']);
    expect(p.window.startOffset).toBe(records);
  });
});

describe('the check of a window', () => {
  it.each([
    ['a count that is wrong', /counted 4, kept 5/, (p: SimulatedPartition) => void p.window.counts.acquired++],
    ['an end that the runs do not reach', /runs end at 4/, (p: SimulatedPartition) => void p.window.endOffset++],
    ['a lock that is not kept', /0 locks kept, 1 in the runs/, (p: SimulatedPartition) => p.window.holders.clear()],
    [
      'a lock that holds another number',
      /lock 1 holds 3/,
      (p: SimulatedPartition) => void p.window.runs.find(0)!.lock!.held--,
    ],
    [
      'an acquired record without a lock',
      /a lock belongs to acquired records only/,
      (p: SimulatedPartition) => p.window.runs.update(0, 0, (run) => (run.lock = null)),
    ],
    [
      'a run that does not begin where the one before ends',
      /should begin at 0/,
      (p: SimulatedPartition) => p.window.runs.update(0, 3, (run) => void run.firstOffset++),
    ],
    [
      'an acquired record without a delivery',
      /was never delivered/,
      (p: SimulatedPartition) => p.window.runs.update(0, 3, (run) => (run.deliveryCount = 0)),
    ],
    [
      'a finished record in front',
      /finished at the start/,
      (p: SimulatedPartition) =>
        p.window.runs.update(0, 0, (run) => Object.assign(run, { state: 'archived', lock: null })),
    ],
    [
      'a delay on what is not available',
      /only available records are delayed/,
      (p: SimulatedPartition) => p.window.runs.update(0, 0, (run) => (run.availableAtMs = 5)),
    ],
  ])('finds %s', (_what, message, harm) => {
    const p = acquired(4);
    checkWindow(p.window);
    harm(p);
    expect(() => checkWindow(p.window)).toThrow(message);
  });
});
