import { describe, expect, it } from 'vitest';
import type { EndChange } from '../../../src/core/share-partition/acknowledge.ts';
import { expireLocks, releaseHolder } from '../../../src/core/share-partition/locks.ts';
import { rangeText, runsText } from './printed-window.ts';
import { SimulatedPartition, member } from './simulated-partition.ts';

const c1 = member('c1');
const c2 = member('c2');

const partition = (settings: ConstructorParameters<typeof SimulatedPartition>[0] = {}): SimulatedPartition => {
  const p = new SimulatedPartition(settings);
  p.produce(10);
  return p;
};

describe('a lock that runs out', () => {
  it.each([
    [-1, '0-3 acquired c1 #1'],
    [0, '0-3 available #1'],
    [1, '0-3 available #1'],
  ])('%i ms after its deadline: %s', (afterMs, runs) => {
    const p = partition();
    p.acquire(c1, 4);
    p.advance(30_000 + afterMs);
    p.expireLocks();
    expect(runsText(p.window)).toBe(runs);
  });

  it('takes only the records that are still locked by it', () => {
    const p = partition();
    p.acquire(c1, 6);
    p.acknowledgeRange(c1, 1, 4, ['accept', 'release', 'reject', 'renew']);
    p.advance(15_000);
    p.acknowledgeRange(c1, 4, 4, ['renew']);
    p.acquire(c2, 1);
    p.advance(15_000);
    expect(p.expireLocks().map((change) => rangeText(change.ending))).toEqual(['0', '5']);
    expect(runsText(p.window)).toBe(
      '0 available #1 | 1 acknowledged #1 | 2 acquired c2 #2 | 3 archived #1 | 4 acquired c1 #1 | 5 available #1',
    );
  });

  it('expires each lock at its own time', () => {
    const p = partition();
    p.acquire(c1, 2, { lockDurationMs: 300 });
    p.acquire(c2, 2, { lockDurationMs: 100 });
    expect(p.window.runs.nextDeadlineMs).toBe(p.nowMs + 100);
    p.advance(100);
    expect(p.expireLocks()).toMatchObject([
      { ending: { firstOffset: 2, lastOffset: 3, holder: c2, outcome: 'expired' } },
    ]);
    expect(p.window.runs.nextDeadlineMs).toBe(p.nowMs + 200);
  });

  it('archives at the limit and slides the window on', () => {
    const p = partition({ deliveryCountLimit: 2, lockDurationMs: 10 });
    p.acquire(c1, 3);
    p.advance(10);
    p.expireLocks();
    expect(p.window.startOffset).toBe(0);
    p.acquire(c1, 3);
    p.advance(10);
    expect(p.expireLocks()).toMatchObject([{ ending: { state: 'archived', outcome: 'expired', deliveryCount: 2 } }]);
    expect([p.window.startOffset, p.window.endOffset]).toEqual([3, 3]);
  });

  it('archives at a limit that was lowered in the meantime', () => {
    const p = partition({ deliveryCountLimit: 5, lockDurationMs: 10 });
    for (let i = 0; i < 2; i++) {
      p.acquire(c1, 1);
      p.advance(10);
      p.expireLocks();
    }
    p.settings.deliveryCountLimit = 2;
    expect(runsText(p.window)).toBe('0 available #2');
    p.acquire(c1, 1);
    p.advance(10);
    p.expireLocks();
    expect(p.window.startOffset).toBe(1);
  });

  it('keeps the reason of an earlier failure', () => {
    const p = partition({ lockDurationMs: 10 });
    p.acquire(c1, 1);
    p.releaseHolder(c1, 'smtp 421');
    p.acquire(c1, 1);
    p.advance(10);
    p.expireLocks();
    expect(p.window.runs.find(0)?.reason).toBe('smtp 421');
  });
});

describe('releasing a holder', () => {
  it('frees everything that it holds, and nothing of others', () => {
    const p = partition();
    p.acquire(c1, 2);
    p.acquire(c2, 2);
    p.acquire(c1, 2);
    p.acknowledgeRange(c1, 1, 1, ['accept']);
    expect(p.releaseHolder(c1).map((change) => rangeText(change.ending))).toEqual(['0', '4-5']);
    expect(runsText(p.window)).toBe('0 available #1 | 1 acknowledged #1 | 2-3 acquired c2 #1 | 4-5 available #1');
    expect([...p.window.holders.keys()]).toEqual([c2]);
  });

  it('does nothing for somebody who holds nothing', () => {
    expect(partition().releaseHolder(c1)).toEqual([]);
  });

  it('counts the delivery, and archives at the limit as a release does', () => {
    const p = partition({ deliveryCountLimit: 2 });
    p.acquire(c1, 1);
    p.releaseHolder(c1, 'worker gone');
    p.acquire(c1, 1);
    expect(p.releaseHolder(c1, 'worker gone')).toMatchObject([
      { ending: { state: 'archived', outcome: 'released', reason: 'worker gone', deliveryCount: 2 } },
    ]);
    expect(p.window.startOffset).toBe(1);
  });

  it('finds records whose lock was renewed, and only the part of the window that is left', () => {
    const p = partition();
    p.acquire(c1, 6);
    p.acknowledgeRange(c1, 2, 3, ['renew']);
    p.acknowledgeRange(c1, 0, 0, ['accept']);
    p.moveLogStart(2);
    p.releaseHolder(c1);
    expect(runsText(p.window)).toBe('2-5 available #1');
    expect(p.window.holders.size).toBe(0);
  });

  it('does not take what the holder got and gave away inside the range of its lock', () => {
    const p = partition();
    p.acquire(c1, 4);
    p.acknowledgeRange(c1, 1, 2, ['release']);
    p.acquire(c2, 2);
    p.releaseHolder(c1);
    expect(runsText(p.window)).toBe('0 available #1 | 1-2 acquired c2 #2 | 3 available #1');
  });

  it('comes in the order of the offsets, whichever was acquired first', () => {
    const p = partition();
    p.acquire(c2, 2);
    p.acquire(c1, 2);
    p.acknowledgeRange(c2, 0, 1, ['release']);
    p.acquire(c1, 2);
    expect(p.releaseHolder(c1).map((change) => rangeText(change.ending))).toEqual(['0-1', '2-3']);
  });
});

describe('a part of what there is to end', () => {
  /** Three locks of one record each. */
  const threeLocks = (): SimulatedPartition => {
    const p = partition();
    for (let i = 0; i < 3; i++) p.acquire(c1, 1);
    return p;
  };
  const ranges = (changes: readonly EndChange[]): string[] => changes.map((change) => rangeText(change.ending));

  it('is as many expired locks as asked for, and the next call finds the rest', () => {
    const p = threeLocks();
    p.advance(30_000);
    expect(ranges(p.write(expireLocks(p.window, p.time, 2)))).toEqual(['0', '1']);
    expect(ranges(p.write(expireLocks(p.window, p.time, 2)))).toEqual(['2']);
  });

  it('is as many locks of a holder as asked for, and the next call finds the rest', () => {
    const p = threeLocks();
    const release = () =>
      ranges(p.write(releaseHolder(p.window, c1, null, p.time, { nextAcquisition: Infinity, maxEndings: 2 })));
    expect([release(), release(), release()]).toEqual([['0', '1'], ['2'], []]);
  });

  it('is as many pieces of one lock as asked for', () => {
    const p = partition();
    p.acquire(c1, 5);
    p.acknowledgeRange(c1, 1, 1, ['accept']);
    p.acknowledgeRange(c1, 3, 3, ['accept']);
    const limits = { nextAcquisition: Infinity, maxEndings: 2 };
    expect(ranges(p.write(releaseHolder(p.window, c1, null, p.time, limits)))).toEqual(['0', '2']);
    expect(ranges(p.write(releaseHolder(p.window, c1, null, p.time, limits)))).toEqual(['4']);
  });

  it('is only what a holder had acquired before an acquisition, which is not among it', () => {
    const p = threeLocks();
    const { acquisition } = p.window.runs.find(1)!.lock!;
    const limits = { nextAcquisition: acquisition, maxEndings: Infinity };
    expect(ranges(p.write(releaseHolder(p.window, c1, null, p.time, limits)))).toEqual(['0']);
    expect(runsText(p.window)).toBe('0 available #1 | 1-2 acquired c1 #1');
  });
});
