import { describe, expect, it } from 'vitest';
import { type Acquired, acquire, joined, planAcquire, whyEmpty } from '../../../src/core/share-partition/acquire.ts';
import { apply, emptyWindow } from '../../../src/core/share-partition/window.ts';
import { rangeText, runsText } from './printed-window.ts';
import { SimulatedPartition, member } from './simulated-partition.ts';

const c1 = member('c1');
const c2 = member('c2');

const partition = (records: number, settings: ConstructorParameters<typeof SimulatedPartition>[0] = {}) => {
  const p = new SimulatedPartition(settings);
  if (records > 0) p.produce(records);
  return p;
};
/** `0-4 #1, 7 #2`: the ranges acquired and which delivery it is. */
const got = (acquired: readonly Acquired[]): string =>
  acquired.map((range) => `${rangeText(range)} #${range.deliveryCount}`).join(', ');

describe('acquiring new records', () => {
  it('gives the lowest offsets, at most as many as asked for, on their first delivery', () => {
    const p = partition(10);
    expect(got(p.acquire(c1, 4))).toBe('0-3 #1');
    expect(got(p.acquire(c2, 4))).toBe('4-7 #1');
    expect(got(p.acquire(c1, 4))).toBe('8-9 #1');
    expect(got(p.acquire(c1, 4))).toBe('');
    expect(runsText(p.window)).toBe('0-3 acquired c1 #1 | 4-7 acquired c2 #1 | 8-9 acquired c1 #1');
  });

  it('gives nothing of an empty log, and does not move the window', () => {
    const p = partition(0);
    expect(p.acquire(c1, 4)).toEqual([]);
    expect([p.window.startOffset, p.window.endOffset]).toEqual([0, 0]);
  });

  it('begins at the start of the window, wherever the batch begins', () => {
    const p = new SimulatedPartition();
    p.produce(10);
    p.reset(7);
    expect(got(p.acquire(c1, 10))).toBe('7-9 #1');
    p.reset(7);
    expect(got(p.acquire(c1, 1, { mode: 'batch_optimized' }))).toBe('7-9 #1');
  });

  it('gives nothing while the start lies beyond the end of the log', () => {
    const p = partition(5);
    p.reset(8);
    expect(p.acquire(c1, 5)).toEqual([]);
    p.produce(5);
    expect(got(p.acquire(c1, 5))).toBe('8-9 #1');
  });

  it('decides without changing the window', () => {
    const p = partition(5);
    const lock = { holder: c1, nowMs: 0, wallMs: 0, lockDurationMs: 10 };
    acquire(p.window, p.limits(5), p.batches, lock);
    planAcquire(p.window, p.limits(5), p.logEndOffset);
    expect(p.window.endOffset).toBe(0);
  });

  it('locks until now plus the lock duration, each call with a number of its own', () => {
    const p = partition(5);
    const [first] = p.acquire(c1, 2, { lockDurationMs: 700 });
    const [second] = p.acquire(c1, 2);
    expect(first?.lock).toMatchObject({ deadlineMs: p.nowMs + 700, acquiredAtMs: p.wallMs, holder: c1, held: 2 });
    expect(second?.lock.acquisition).toBeGreaterThan(first!.lock.acquisition);
  });

  it('gives only what was read: a stale plan is a smaller batch, never a wrong one', () => {
    const p = partition(5);
    p.produce(5);
    expect(got(p.acquire(c1, 8, { readEndOffset: 5 }))).toBe('0-4 #1');
    expect(runsText(p.window)).toBe('0-4 acquired c1 #1');
  });

  it('passes over what somebody else acquired between plan and read', () => {
    const p = partition(6);
    const plan = planAcquire(p.window, p.limits(4), p.logEndOffset);
    p.acquire(c2, 2);
    const lock = { holder: c1, nowMs: 0, wallMs: 0, lockDurationMs: 10 };
    expect(got(acquire(p.window, p.limits(4), plan, lock))).toBe('2-3 #1');
  });
});

describe('records that the log has but cannot give', () => {
  const damaged = (firstOffset: number, lastOffset: number) => ({ firstOffset, lastOffset });

  it.each([
    ['in the middle', [damaged(3, 5)], '0-2, 6-9'],
    ['at the start', [damaged(0, 2)], '3-9'],
    ['one alone, behind the first', [damaged(1, 1)], '0, 2-9'],
    ['at the end', [damaged(7, 9)], '0-6'],
    ['in two places', [damaged(0, 0), damaged(4, 4)], '1-3, 5-9'],
    ['everywhere', [damaged(0, 9)], ''],
  ])('%s are left out of the plan, and of nothing else', (_where, spans, planned) => {
    const p = partition(10);
    expect(planAcquire(p.window, p.limits(20), p.logEndOffset, spans).map(rangeText).join(', ')).toBe(planned);
  });

  it('before the start of the window, or over it, hide nothing behind them', () => {
    const p = partition(10);
    p.reset(4);
    const plan = (first: number, last: number) =>
      planAcquire(p.window, p.limits(20), p.logEndOffset, [damaged(first, last)])
        .map(rangeText)
        .join(', ');
    expect([plan(0, 2), plan(2, 5)]).toEqual(['4-9', '6-9']);
  });
});

describe('new records on both sides of a hole', () => {
  it('are counted together against what was asked for', () => {
    const p = partition(10);
    p.hole(3, 4);
    expect(got(p.acquire(c1, 4))).toBe('0-2 #1, 5 #1');
  });
});

describe('redelivery', () => {
  it('goes before new records, the lowest offset first, and the count goes up', () => {
    const p = partition(10);
    p.acquire(c1, 4);
    p.acknowledgeRange(c1, 3, 3, ['release']);
    p.acknowledgeRange(c1, 1, 1, ['release']);
    expect(planAcquire(p.window, p.limits(4), p.logEndOffset).map(rangeText)).toEqual(['1', '3-5']);
    expect(got(p.acquire(c2, 4))).toBe('1 #2, 3 #2, 4-5 #1');
  });

  it('gives neighbours with one count together, and with different counts apart', () => {
    const p = partition(4);
    p.acquire(c1, 2);
    p.acquire(c2, 2);
    p.releaseHolder(c2);
    p.acquire(c2, 1);
    p.releaseHolder(c2);
    p.releaseHolder(c1);
    expect(got(p.acquire(c1, 4))).toBe('0-1 #2, 2 #3, 3 #2');
  });

  it('names the reason of the last failure, and gives records with different reasons apart', () => {
    const p = partition(2);
    p.acquire(c1, 1);
    p.acquire(c2, 1);
    p.releaseHolder(c1, 'smtp 421');
    p.releaseHolder(c2);
    expect(p.acquire(c1, 2)).toMatchObject([
      { firstOffset: 0, lastFailure: 'smtp 421' },
      { firstOffset: 1, lastFailure: null },
    ]);
  });

  it('never gives what is acquired, acknowledged, archived or delayed', () => {
    const p = partition(5);
    const [range] = p.acquire(c1, 5);
    p.acknowledgeRange(c1, 1, 2, ['accept', 'reject']);
    p.acknowledge(p.leaseOf(range!, 3), 'release', { delayMs: 1_000 });
    p.acknowledgeRange(c1, 4, 4, ['release']);
    expect(got(p.acquire(c2, 5))).toBe('4 #2');
    p.advance(999);
    expect(got(p.acquire(c2, 5))).toBe('');
    p.advance(1);
    expect(got(p.acquire(c2, 5))).toBe('3 #2');
  });
});

describe('the limit of records in flight', () => {
  it('is the length of the window: finished records behind an unfinished one count', () => {
    const p = partition(10, { inFlightLimit: 4 });
    p.acquire(c1, 10);
    p.acknowledgeRange(c1, 1, 3, ['accept']);
    expect(got(p.acquire(c1, 10))).toBe('');
    p.acknowledgeRange(c1, 0, 0, ['accept']);
    expect(got(p.acquire(c1, 10))).toBe('4-7 #1');
  });

  it('does not hinder redelivery at a full window', () => {
    const p = partition(10, { inFlightLimit: 4 });
    p.acquire(c1, 10);
    p.acknowledgeRange(c1, 3, 3, ['release']);
    expect(got(p.acquire(c2, 10))).toBe('3 #2');
  });

  it('leaves only the room for new records after those that are redelivered', () => {
    const p = partition(10, { inFlightLimit: 4 });
    p.acquire(c1, 3);
    p.acknowledgeRange(c1, 0, 2, ['release']);
    expect(got(p.acquire(c2, 10))).toBe('0-2 #2, 3 #1');
  });

  it('lets nothing new in when it was lowered below what is in flight, and more when it was raised', () => {
    const p = partition(10, { inFlightLimit: 4 });
    p.acquire(c1, 4);
    p.settings.inFlightLimit = 2;
    expect(got(p.acquire(c1, 10))).toBe('');
    p.settings.inFlightLimit = 6;
    expect(got(p.acquire(c1, 10))).toBe('4-5 #1');
  });

  it('counts what lies between the end of the window and a later batch', () => {
    const window = emptyWindow(0, { stateEpoch: 0, leaderEpoch: 1 });
    const limits = { mode: 'record_limit', maxRecords: 10, inFlightLimit: 6, deliveryCountLimit: 5 } as const;
    const lock = { holder: c1, nowMs: 0, wallMs: 0, lockDurationMs: 10 };
    expect(got(acquire(window, limits, [{ firstOffset: 4, lastOffset: 20 }], lock))).toBe('4-5 #1');
    expect(acquire(window, limits, [{ firstOffset: 6, lastOffset: 20 }], lock)).toEqual([]);
  });
});

describe('batch_optimized', () => {
  it('rounds up to the end of the log batch, past what was asked for', () => {
    const p = partition(4);
    p.produce(4);
    expect(got(p.acquire(c1, 1, { mode: 'batch_optimized' }))).toBe('0-3 #1');
    expect(got(p.acquire(c2, 4, { mode: 'batch_optimized' }))).toBe('4-7 #1');
  });

  it('rounds up past the limit of the window by less than a batch', () => {
    const p = partition(4, { inFlightLimit: 6 });
    p.produce(4);
    p.produce(4);
    expect(got(p.acquire(c1, 12, { mode: 'batch_optimized' }))).toBe('0-7 #1');
    expect(got(p.acquire(c1, 12, { mode: 'batch_optimized' }))).toBe('');
  });

  it('rounds redelivered records up too, but not into what is not free', () => {
    const p = partition(6);
    p.acquire(c1, 6);
    p.acknowledgeRange(c1, 0, 3, ['release']);
    expect(got(p.acquire(c2, 2, { mode: 'batch_optimized' }))).toBe('0-3 #2');
  });

  it('cuts new records at log batches into pieces of at least the batch size', () => {
    const p = new SimulatedPartition();
    for (const size of [2, 2, 2, 5, 1]) p.produce(size);
    expect(got(p.acquire(c1, 100, { mode: 'batch_optimized', batchSize: 3 }))).toBe('0-3 #1, 4-10 #1, 11 #1');
  });

  it('does not cut a single huge batch', () => {
    const p = partition(1_000);
    expect(got(p.acquire(c1, 10, { mode: 'batch_optimized', batchSize: 10 }))).toBe('0-999 #1');
  });

  it('gives each piece a lock of its own, and pieces stay pieces when they are redelivered', () => {
    const p = new SimulatedPartition();
    for (const size of [2, 2]) p.produce(size);
    const pieces = p.acquire(c1, 4, { mode: 'batch_optimized', batchSize: 2 });
    expect(got(pieces)).toBe('0-1 #1, 2-3 #1');
    expect(pieces.map((piece) => piece.lock.held)).toEqual([2, 2]);
  });

  it('is not used by members of record_limit beside it', () => {
    const p = partition(4);
    expect(got(p.acquire(c1, 1))).toBe('0 #1');
    expect(got(p.acquire(c2, 1, { mode: 'batch_optimized' }))).toBe('1-3 #1');
  });
});

describe('redelivery near the delivery limit', () => {
  /** Fails everything that it gets, and says how many records each attempt at offset 0 carried. */
  const attemptSizes = (limit: number, records: number): number[] => {
    const p = partition(records, { deliveryCountLimit: limit });
    const sizes: number[] = [];
    // More attempts than any limit: a limit that does not hold shows, and does not hang.
    while (sizes.length < 30) {
      const acquired = p.acquire(c1, records);
      if (acquired[0]?.firstOffset !== 0) return sizes;
      sizes.push(acquired.reduce((sum, range) => sum + range.lastOffset - range.firstOffset + 1, 0));
      p.releaseHolder(c1);
    }
    return sizes;
  };

  it.each([
    [10, [500, 500, 500, 500, 500, 250, 125, 62, 31, 1]],
    [5, [500, 500, 500, 250, 1]],
    [4, [500, 500, 250, 1]],
    [3, [500, 500, 1]],
    [2, [500, 500]],
  ])('halves a batch of 500 at limit %i so: %j', (limit, sizes) => {
    expect(attemptSizes(limit, 500)).toEqual(sizes);
  });

  it('delivers a single record as often as the limit says', () => {
    expect(attemptSizes(7, 1)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  const failed = (records: number, times: number): SimulatedPartition => {
    const p = partition(records, { deliveryCountLimit: 6 });
    for (let i = 0; i < times; i++) {
      p.acquire(c1, records);
      p.releaseHolder(c1);
    }
    return p;
  };

  it('gives nothing after a throttled batch in the same call', () => {
    const p = failed(8, 3);
    p.produce(5);
    expect(got(p.acquire(c1, 100))).toBe('0-3 #4');
  });

  it('stops before a throttled batch when something was acquired already; it leads the next call', () => {
    const p = failed(8, 3);
    p.acquire(c1, 100);
    p.acknowledgeRange(c1, 0, 3, ['accept']);
    p.settle(4, 4, 'retry');
    expect(got(p.acquire(c1, 100))).toBe('4 #3');
    expect(got(p.acquire(c1, 100))).toBe('5-7 #4');
  });

  it('gives the last attempt alone, and before it nothing else', () => {
    const p = failed(4, 3);
    expect(got(p.acquire(c1, 100))).toBe('0-1 #4');
    p.releaseHolder(c1);
    expect(got(p.acquire(c1, 100))).toBe('0 #5');
    p.releaseHolder(c1);
    expect(got(p.acquire(c1, 100))).toBe('0 #6');
    expect(got(p.acquire(c1, 100))).toBe('1 #5');
  });

  it('never gives more than was asked for', () => {
    expect(got(failed(8, 3).acquire(c1, 2))).toBe('0-1 #4');
  });

  it('is not rounded up to log batches', () => {
    expect(got(failed(8, 3).acquire(c1, 100, { mode: 'batch_optimized' }))).toBe('0-3 #4');
  });

  it('does not throttle what has failed less often', () => {
    expect(got(failed(8, 2).acquire(c1, 100))).toBe('0-7 #3');
  });

  it('goes on after a reload', () => {
    const p = failed(8, 3);
    p.crash();
    expect(got(p.acquire(c1, 100))).toBe('0-3 #4');
  });
});

describe('the reason why nothing was acquired', () => {
  const why = (p: SimulatedPartition) => whyEmpty(p.window, p.settings.inFlightLimit, p.logEndOffset);

  it('is no_records at the end of the log', () => {
    const p = partition(1);
    p.acquire(c1, 1);
    p.acknowledgeRange(c1, 0, 0, ['accept']);
    expect(why(p)).toBe('no_records');
  });

  it('is all_locked while somebody holds what there is', () => {
    const p = partition(1);
    p.acquire(c1, 1);
    expect(why(p)).toBe('all_locked');
  });

  it('is window_full when there are more records than the window may hold', () => {
    const p = partition(3, { inFlightLimit: 2 });
    p.acquire(c1, 3);
    expect(why(p)).toBe('window_full');
  });

  it('is damaged where nothing but damaged records is left, and delayed before that', () => {
    const p = partition(3);
    const whyDamaged = () => whyEmpty(p.window, p.settings.inFlightLimit, p.logEndOffset, true);
    const [range] = p.acquire(c1, 2);
    expect(whyDamaged()).toBe('damaged');
    p.acknowledge(p.leaseOf(range!, 1), 'release', { delayMs: 1 });
    expect(whyDamaged()).toBe('delayed');
  });

  it('is all_locked in a window that is full to the last record of the log', () => {
    const p = partition(2, { inFlightLimit: 2 });
    p.acquire(c1, 2);
    expect(why(p)).toBe('all_locked');
  });

  it('is delayed before all others while a delay runs', () => {
    const p = partition(3, { inFlightLimit: 2 });
    const [range] = p.acquire(c1, 3);
    p.acknowledge(p.leaseOf(range!, 1), 'release', { delayMs: 1 });
    expect(why(p)).toBe('delayed');
    p.advance(1);
    apply(p.window, { kind: 'delays_over', nowMs: p.nowMs });
    expect(p.window.counts).toMatchObject({ delayed: 0, available: 1 });
  });
});

it('joins spans that touch or overlap, and leaves empty ones out', () => {
  const spans = [
    [0, 4],
    [5, 6],
    [6, 9],
    [11, 12],
    [20, 19],
  ].map(([firstOffset, lastOffset]) => ({ firstOffset: firstOffset!, lastOffset: lastOffset! }));
  expect(joined(spans).map(rangeText)).toEqual(['0-9', '11-12']);
});
