import { describe, expect, it } from 'vitest';
import { settle } from '../../../src/core/share-partition/settle.ts';
import { runsText } from './printed-window.ts';
import { SimulatedPartition, member, operator } from './simulated-partition.ts';

const c1 = member('c1');
const none = { accepted: 0, rejected: 0, released: 0, archived: 0, retried: 0 };

/** 0-1 acquired once, 2 acquired twice, 3 available once, 4 delayed once, 5 acknowledged, 6-9 not handed out. */
function mixed(deliveryCountLimit = 5): SimulatedPartition {
  const p = new SimulatedPartition({ deliveryCountLimit });
  p.produce(10);
  const [range] = p.acquire(c1, 6);
  p.acknowledgeRange(c1, 2, 2, ['release']);
  p.acquire(c1, 1);
  p.acknowledgeRange(c1, 3, 3, ['release']);
  p.acknowledge(p.leaseOf(range!, 4), 'release', { delayMs: 1_000, reason: 'later' });
  p.acknowledgeRange(c1, 5, 5, ['accept']);
  return p;
}

describe('an operator settles a range', () => {
  it('accept: everything unfinished is finished, held or not; what is finished or unread is skipped', () => {
    const p = mixed();
    const settled = p.settle(1, 9, 'accept', 'done by hand');
    expect(settled).toMatchObject({ counts: { ...none, accepted: 4 }, locksTaken: 2, skipped: 5 });
    expect(runsText(p.window)).toBe('0 acquired c1 #1 | 1 acknowledged #1 | 2 acknowledged #2 | 3-5 acknowledged #1');
  });

  it('reject: everything unfinished is archived with the reason, and the window slides', () => {
    const p = mixed();
    expect(p.settle(0, 4, 'reject', 'broken').counts).toEqual({ ...none, rejected: 5 });
    expect(p.window.startOffset).toBe(6);
    expect(p.history.get(2)).toMatchObject({
      outcome: 'rejected',
      state: 'archived',
      reason: 'broken',
      holder: operator,
    });
  });

  it('release: held and delayed records are available at once, without another delivery counted', () => {
    const p = mixed();
    expect(p.settle(0, 5, 'release')).toMatchObject({ counts: { ...none, released: 5 }, locksTaken: 3, skipped: 1 });
    expect(runsText(p.window)).toBe('0-1 available #1 | 2 available #2 | 3-4 available #1 | 5 acknowledged #1');
    expect(p.window.runs.find(4)?.reason).toBe('later');
  });

  it('release: a record on its last attempt is archived, and the counts say so', () => {
    const p = mixed(2);
    expect(p.settle(0, 4, 'release').counts).toEqual({ ...none, released: 4, archived: 1 });
    expect(p.window.runs.find(2)?.state).toBe('archived');
  });

  it('retry: one attempt is given back, also at the limit', () => {
    const p = mixed(2);
    expect(p.settle(0, 4, 'retry').counts).toEqual({ ...none, retried: 5 });
    expect(runsText(p.window)).toBe('0-1 available #0 | 2 available #1 | 3-4 available #0 | 5 acknowledged #1');
  });

  it('retry: the attempt given back stays given back after a crash', () => {
    const p = mixed(2);
    p.settle(2, 2, 'retry');
    p.crash();
    expect(p.window.runs.find(2)).toMatchObject({ state: 'available', deliveryCount: 1 });
  });

  it('release and retry skip what was never delivered; accept and reject do not', () => {
    const p = new SimulatedPartition();
    p.produce(4);
    p.acquire(c1, 4);
    p.acknowledgeRange(c1, 3, 3, ['accept']);
    p.crash();
    expect(p.settle(0, 2, 'release').skipped).toBe(3);
    expect(p.settle(0, 2, 'retry').skipped).toBe(3);
    expect(p.settle(0, 0, 'accept').counts.accepted).toBe(1);
    expect(p.settle(1, 2, 'reject').counts.rejected).toBe(2);
    expect(p.window.startOffset).toBe(4);
  });

  it('takes over under a number of its own, later than all before it', () => {
    const p = mixed();
    const before = p.window.nextAcquisition;
    const { changes } = p.settle(0, 2, 'release');
    expect(new Set(changes.map((change) => change.ending.acquisition))).toEqual(new Set([before]));
    expect(p.window.nextAcquisition).toBe(before + 1);
    expect(p.acquire(c1, 1)[0]?.lock.acquisition).toBeGreaterThan(before);
  });

  it('is only decided, not done, in a dry run', () => {
    const p = mixed();
    const before = runsText(p.window);
    const range = { firstOffset: 0, lastOffset: 9 };
    const { counts } = settle(p.window, range, 'reject', { holder: operator, reason: null }, p.time);
    expect(counts.rejected).toBe(5);
    expect(runsText(p.window)).toBe(before);
  });

  it('skips all of a range outside the window', () => {
    const p = mixed();
    p.settle(0, 5, 'accept');
    expect(p.settle(0, 3, 'reject')).toMatchObject({ changes: [], skipped: 4 });
    expect(p.settle(7, 9, 'accept')).toMatchObject({ changes: [], skipped: 3 });
  });
});
