import { describe, expect, it } from 'vitest';
import { findGaps } from '../../../src/core/share-partition/log-bounds.ts';
import { lag } from '../../../src/core/share-partition/window.ts';
import { runsText } from './printed-window.ts';
import { SimulatedPartition, member } from './simulated-partition.ts';

const c1 = member('c1');
const span = (firstOffset: number, lastOffset: number) => ({ firstOffset, lastOffset });

describe('the gaps of a read', () => {
  it('are none when the log gave all that was planned', () => {
    expect(findGaps([span(3, 9)], [span(0, 4), span(5, 12)], 13)).toEqual([]);
  });

  it('are what the log skipped in front, between and behind', () => {
    expect(findGaps([span(0, 19)], [span(2, 4), span(8, 9)], 20)).toEqual([span(0, 1), span(5, 7), span(10, 19)]);
  });

  it('are only in what was planned', () => {
    expect(findGaps([span(2, 3), span(8, 9)], [span(3, 3), span(9, 9)], 20)).toEqual([span(2, 2), span(8, 8)]);
  });

  it('are only where the log was read: beyond it nothing is known', () => {
    expect(findGaps([span(0, 9)], [span(0, 4)], 5)).toEqual([]);
    expect(findGaps([span(0, 9)], [span(0, 4)], 7)).toEqual([span(5, 6)]);
  });

  it('are the whole plan when the log gave nothing', () => {
    expect(findGaps([span(4, 6), span(9, 9)], [], 10)).toEqual([span(4, 6), span(9, 9)]);
  });
});

describe('a hole in the log', () => {
  it('is archived when it is found, so that the window slides over it', () => {
    const p = new SimulatedPartition();
    p.produce(10);
    p.hole(0, 3);
    p.acquire(c1, 6);
    expect(runsText(p.window)).toBe('4-9 acquired c1 #1');
    expect(lag(p.window, p.logEndOffset)).toBe(6);
  });

  it('is archived among available records, but does not take a record from who holds it', () => {
    const p = new SimulatedPartition();
    p.produce(4);
    p.acquire(c1, 4);
    p.acknowledgeRange(c1, 1, 2, ['release']);
    p.hole(0, 1);
    p.acquire(c1, 4);
    expect(runsText(p.window)).toBe('0 acquired c1 #1 | 1 archived #1 | 2 acquired c1 #2 | 3 acquired c1 #1');
  });

  it('frees the slots that it would have taken in a full window', () => {
    const p = new SimulatedPartition({ inFlightLimit: 3 });
    p.produce(10);
    p.hole(0, 2);
    p.acquire(c1, 3);
    expect(runsText(p.window)).toBe('3-5 acquired c1 #1');
  });
});

describe('a log start that moves', () => {
  const held = (): SimulatedPartition => {
    const p = new SimulatedPartition();
    p.produce(10);
    p.acquire(c1, 6);
    p.acknowledgeRange(c1, 4, 4, ['accept']);
    return p;
  };

  it('takes locks on deleted records with it, and keeps the others', () => {
    const p = held();
    p.moveLogStart(2);
    expect(runsText(p.window)).toBe('2-3 acquired c1 #1 | 4 acknowledged #1 | 5 acquired c1 #1');
    expect(p.window.counts).toMatchObject({ acquired: 3, acknowledged: 1 });
    expect([...(p.window.holders.get(c1) ?? [])].map((lock) => lock.held)).toEqual([3]);
  });

  it('slides on over what is finished where it stops', () => {
    const p = held();
    p.moveLogStart(4);
    expect(p.window.startOffset).toBe(5);
  });

  it('empties the window when it reaches the end, and goes beyond it', () => {
    const p = held();
    p.moveLogStart(6);
    expect([p.window.startOffset, p.window.endOffset, p.window.holders.size]).toEqual([6, 6, 0]);
    p.moveLogStart(8);
    expect([p.window.startOffset, p.window.endOffset, lag(p.window, 10)]).toEqual([8, 8, 2]);
    expect(p.acquire(c1, 5)).toMatchObject([{ firstOffset: 8, lastOffset: 9, deliveryCount: 1 }]);
  });

  it('does nothing when it lies before the window', () => {
    const p = held();
    p.acknowledgeRange(c1, 0, 1, ['accept']);
    p.moveLogStart(1);
    expect(p.window.startOffset).toBe(2);
  });

  it('leaves late acknowledgements, time-outs and releases of the deleted records without effect', () => {
    const p = held();
    p.moveLogStart(2);
    expect(p.acknowledgeRange(c1, 0, 1, ['accept'])).toEqual({ ok: true, value: [] });
    p.advance(30_000);
    expect(p.expireLocks().map((change) => change.ending.firstOffset)).toEqual([2, 5]);
    expect(p.releaseHolder(c1)).toEqual([]);
  });

  it('takes available records with it without an ending: nothing of them is stored', () => {
    const p = held();
    p.acknowledgeRange(c1, 0, 2, ['release']);
    const stored = p.stored.endings.length;
    p.moveLogStart(2);
    expect(p.window.counts).toMatchObject({ available: 1, acquired: 2, acknowledged: 1, archived: 0 });
    expect(p.stored.endings.length).toBe(stored);
  });
});
