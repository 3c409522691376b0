import { describe, expect, it } from 'vitest';
import {
  type AcknowledgeType,
  type EndChange,
  acknowledgeRange,
  endRun,
} from '../../../src/core/share-partition/acknowledge.ts';
import { maxEndingOffsets } from '../../../src/core/share-partition/ending.ts';
import { apply } from '../../../src/core/share-partition/window.ts';
import { rangeText, runsText } from './printed-window.ts';
import { SimulatedPartition, member } from './simulated-partition.ts';

const c1 = member('c1');
const c2 = member('c2');

/** Ten records: 0-7 acquired by c1, 8-9 not handed out. */
const acquired = (settings: ConstructorParameters<typeof SimulatedPartition>[0] = {}): SimulatedPartition => {
  const p = new SimulatedPartition(settings);
  p.produce(10);
  p.acquire(c1, 8);
  return p;
};
const code = (result: ReturnType<SimulatedPartition['acknowledgeRange']>): string =>
  result.ok ? 'ok' : result.error.code;

describe('a range acknowledged by its owner', () => {
  it.each([
    ['accept', '0 acquired c1 #1 | 1-3 acknowledged #1 | 4-7 acquired c1 #1'],
    ['release', '0 acquired c1 #1 | 1-3 available #1 | 4-7 acquired c1 #1'],
    ['reject', '0 acquired c1 #1 | 1-3 archived #1 | 4-7 acquired c1 #1'],
    ['gap', '0 acquired c1 #1 | 1-3 archived #1 | 4-7 acquired c1 #1'],
    ['renew', '0-7 acquired c1 #1'],
  ] as const)('with %s becomes what it should, and only it', (type, runs) => {
    const p = acquired();
    expect(code(p.acknowledgeRange(c1, 1, 3, [type]))).toBe('ok');
    expect(runsText(p.window)).toBe(runs);
  });

  it('takes one type for each offset', () => {
    const p = acquired();
    const types: AcknowledgeType[] = ['release', 'accept', 'gap', 'reject', 'renew', 'accept', 'accept', 'release'];
    expect(code(p.acknowledgeRange(c1, 0, 7, types))).toBe('ok');
    expect(runsText(p.window)).toBe(
      '0 available #1 | 1 acknowledged #1 | 2-3 archived #1 | 4 acquired c1 #1 | 5-6 acknowledged #1 | 7 available #1',
    );
  });

  it('leaves the lock of the rest as it was', () => {
    const p = acquired();
    const deadlineMs = p.nowMs + 30_000;
    p.advance(1_000);
    p.acknowledgeRange(c1, 2, 3, ['accept']);
    expect(p.window.runs.find(1)?.lock?.deadlineMs).toBe(deadlineMs);
    expect(p.window.runs.find(4)?.lock).toBe(p.window.runs.find(1)?.lock);
    expect(p.window.runs.find(4)?.lock?.held).toBe(6);
  });

  it('ends once: the second time it is refused, or fine where the window has passed it', () => {
    const p = acquired();
    expect(code(p.acknowledgeRange(c1, 1, 1, ['accept']))).toBe('ok');
    expect(code(p.acknowledgeRange(c1, 1, 1, ['accept']))).toBe('INVALID_RECORD_STATE');
    p.acknowledgeRange(c1, 0, 0, ['accept']);
    expect(code(p.acknowledgeRange(c1, 0, 1, ['accept']))).toBe('ok');
    expect(code(p.acknowledgeRange(c2, 0, 1, ['release']))).toBe('ok');
  });

  it('is all or nothing: one record of somebody else refuses all', () => {
    const p = acquired();
    p.acknowledgeRange(c1, 5, 5, ['release']);
    p.acquire(c2, 1);
    const before = runsText(p.window);
    expect(code(p.acknowledgeRange(c1, 0, 7, ['accept']))).toBe('INVALID_RECORD_STATE');
    expect(code(p.acknowledgeRange(c2, 4, 5, ['accept']))).toBe('INVALID_RECORD_STATE');
    expect(runsText(p.window)).toBe(before);
    expect(code(p.acknowledgeRange(c2, 5, 5, ['accept']))).toBe('ok');
  });

  it('does not renew anything when a later part of it is refused', () => {
    const p = acquired();
    p.acknowledgeRange(c1, 7, 7, ['accept']);
    const deadlineMs = p.window.runs.nextDeadlineMs;
    p.advance(10);
    expect(code(p.acknowledgeRange(c1, 0, 7, ['renew']))).toBe('INVALID_RECORD_STATE');
    expect(p.window.runs.nextDeadlineMs).toBe(deadlineMs);
  });

  it.each([[-1], [0]])('is refused when its lock ran out %i ms after the deadline or later', (before) => {
    const p = acquired();
    p.advance(30_000 + before);
    expect(code(p.acknowledgeRange(c1, 0, 0, ['accept']))).toBe(before < 0 ? 'ok' : 'INVALID_RECORD_STATE');
  });

  it('is refused past the last acquired offset, and of available records', () => {
    const p = acquired();
    expect(code(p.acknowledgeRange(c1, 7, 8, ['accept']))).toBe('INVALID_REQUEST');
    expect(code(p.acknowledgeRange(c1, 8, 8, ['accept']))).toBe('INVALID_REQUEST');
    p.acknowledgeRange(c1, 0, 0, ['release']);
    expect(code(p.acknowledgeRange(c1, 0, 0, ['accept']))).toBe('INVALID_RECORD_STATE');
  });

  it('names the last offset that was acquired', () => {
    const p = acquired();
    const result = p.acknowledgeRange(c1, 6, 8, ['accept']);
    expect(result.ok ? '' : result.error.message).toContain('past the last acquired offset, 7');
  });

  it('names the offset that does not fit', () => {
    const p = acquired();
    p.acknowledgeRange(c1, 5, 5, ['accept']);
    const result = p.acknowledgeRange(c1, 0, 7, ['accept']);
    expect(result.ok ? '' : result.error.message).toContain(
      'offset 5 is not acquired by this member: it is acknowledged',
    );
  });

  it('is refused with a wrong number of types, or when it ends before it begins', () => {
    const p = acquired();
    expect(code(p.acknowledgeRange(c1, 0, 2, ['accept', 'accept']))).toBe('INVALID_REQUEST');
    expect(code(p.acknowledgeRange(c1, 0, 2, []))).toBe('INVALID_REQUEST');
    expect(code(p.acknowledgeRange(c1, 2, 1, ['accept']))).toBe('INVALID_REQUEST');
  });

  it('applies the types to the right offsets where it begins before the window', () => {
    const p = acquired();
    p.acknowledgeRange(c1, 0, 1, ['accept']);
    p.acknowledgeRange(c1, 0, 3, ['reject', 'reject', 'release', 'accept']);
    expect(runsText(p.window)).toBe('2 available #1 | 3 acknowledged #1 | 4-7 acquired c1 #1');
  });

  it('is archived by a release at the limit, on exactly that delivery', () => {
    const p = acquired({ deliveryCountLimit: 2 });
    p.acknowledgeRange(c1, 0, 7, ['release']);
    p.acquire(c2, 3);
    p.acknowledgeRange(c2, 0, 2, ['accept', 'release', 'accept']);
    expect(p.window.startOffset).toBe(3);
    expect(p.history.get(1)).toMatchObject({ outcome: 'released', state: 'archived', deliveryCount: 2 });
  });
});

describe('renewing', () => {
  it('restarts the lock of the records named, as often as asked, and counts nothing', () => {
    const p = acquired({ lockDurationMs: 1_000 });
    for (let i = 0; i < 5; i++) {
      p.advance(999);
      expect(code(p.acknowledgeRange(c1, 2, 3, ['renew']))).toBe('ok');
      p.expireLocks();
    }
    expect(runsText(p.window)).toBe('0-1 available #1 | 2-3 acquired c1 #1 | 4-7 available #1');
    expect(p.window.runs.find(2)?.lock).toMatchObject({ deadlineMs: p.nowMs + 1_000, held: 2 });
  });

  it('uses the lock duration of the moment', () => {
    const p = acquired();
    p.settings.lockDurationMs = 500;
    p.acknowledgeRange(c1, 0, 7, ['renew']);
    expect(p.window.runs.nextDeadlineMs).toBe(p.nowMs + 500);
  });

  it('stores nothing', () => {
    const p = acquired();
    p.acknowledgeRange(c1, 0, 7, ['renew']);
    expect(p.stored.endings).toEqual([]);
  });

  it('keeps the acquisition number, so that leases go on', () => {
    const p = acquired();
    const before = p.window.runs.find(0)!.lock!.acquisition;
    p.acknowledgeRange(c1, 0, 0, ['renew']);
    expect(p.window.runs.find(0)?.lock?.acquisition).toBe(before);
  });

  it('is refused where the group does not allow it, and nothing else of the range happens', () => {
    const p = acquired({ renewEnabled: false });
    expect(code(p.acknowledgeRange(c1, 0, 1, ['accept', 'renew']))).toBe('INVALID_RECORD_STATE');
    expect(runsText(p.window)).toBe('0-7 acquired c1 #1');
  });

  it('is refused when the lock is over', () => {
    const p = acquired();
    p.advance(30_000);
    expect(code(p.acknowledgeRange(c1, 0, 7, ['renew']))).toBe('INVALID_RECORD_STATE');
  });

  it('never carries a renewed lock into a later acquisition', () => {
    const p = acquired();
    const renew = { enabled: true, deadlineMs: 99_000 };
    const decided = acknowledgeRange(p.window, c1, { firstOffset: 0, lastOffset: 7 }, ['renew'], renew, p.time);
    p.releaseHolder(c1);
    p.acquire(c2, 8);
    const before = runsText(p.window);
    expect(decided.ok && decided.value.length).toBe(1);
    for (const change of decided.ok ? decided.value : []) apply(p.window, change);
    expect(runsText(p.window)).toBe(before);
    expect(p.window.runs.nextDeadlineMs).toBe(p.nowMs + 30_000);
  });
});

describe('the endings of a range', () => {
  const changesOf = (p: SimulatedPartition, first: number, last: number, types: AcknowledgeType[]): EndChange[] => {
    const result = p.acknowledgeRange(c1, first, last, types);
    return result.ok ? result.value.filter((change) => change.kind === 'end') : [];
  };

  it('are one where only the offsets differ', () => {
    const p = acquired();
    expect(changesOf(p, 0, 7, ['accept']).map((change) => rangeText(change.ending))).toEqual(['0-7']);
  });

  it('are joined over runs that a renewal in part has split', () => {
    const p = acquired();
    p.acknowledgeRange(c1, 2, 3, ['renew']);
    expect(changesOf(p, 0, 7, ['accept']).map((change) => rangeText(change.ending))).toEqual(['0-7']);
  });

  it('are apart where the outcome or the delivery count differs', () => {
    const p = acquired();
    p.acknowledgeRange(c1, 4, 5, ['release']);
    p.acquire(c1, 2);
    const changes = changesOf(p, 0, 7, [
      'accept',
      'reject',
      'accept',
      'accept',
      'accept',
      'accept',
      'accept',
      'accept',
    ]);
    expect(
      changes.map((change) => `${rangeText(change.ending)} ${change.ending.outcome} ${change.ending.deliveryCount}`),
    ).toEqual(['0 accepted 1', '1 rejected 1', '2-3 accepted 1', '4-5 accepted 2', '6-7 accepted 1']);
  });

  it('are apart where only the reason differs, or only the outcome', () => {
    const p = acquired();
    const run = p.window.runs.find(0)!;
    const changes: EndChange[] = [];
    const end = (offset: number, outcome: 'released' | 'expired', reason: string | null) =>
      endRun(
        changes,
        p.window,
        run,
        { firstOffset: offset, lastOffset: offset },
        { outcome, reason, delayMs: 0 },
        p.time,
      );
    end(0, 'released', 'smtp 421');
    end(1, 'released', 'smtp 421');
    end(2, 'released', 'smtp 550');
    end(3, 'released', null);
    end(4, 'expired', null);
    expect(changes.map(({ ending }) => `${rangeText(ending)} ${ending.outcome} ${ending.reason}`)).toEqual([
      '0-1 released smtp 421',
      '2 released smtp 550',
      '3 released null',
      '4 expired null',
    ]);
  });

  it('say who held it, since when, and when it ended, by the wall clock', () => {
    const p = acquired();
    const acquiredAtMs = p.wallMs;
    p.advance(700);
    const [change] = changesOf(p, 3, 3, ['reject']);
    expect(change?.ending).toMatchObject({ holder: c1, acquiredAtMs, endedAtMs: acquiredAtMs + 700, leaderEpoch: 1 });
  });

  it(`never cover more than ${maxEndingOffsets} offsets`, () => {
    const p = new SimulatedPartition({ inFlightLimit: 10_000 });
    p.produce(3_000);
    p.acquire(c1, 3_000);
    p.acknowledgeRange(c1, 100, 199, ['renew']);
    const sizes = changesOf(p, 0, 2_999, ['accept']).map(({ ending }) => ending.lastOffset - ending.firstOffset + 1);
    expect(sizes.reduce((a, b) => a + b)).toBe(3_000);
    expect(Math.max(...sizes)).toBe(maxEndingOffsets);
    expect(p.window.startOffset).toBe(3_000);
  });

  it('have a delay only where the record becomes available', () => {
    const p = acquired({ deliveryCountLimit: 2 });
    p.acknowledgeRange(c1, 0, 0, ['release']);
    p.acquire(c1, 1);
    const how = { outcome: 'released', reason: 'later', delayMs: 5_000 } as const;
    const changes: EndChange[] = [];
    for (const offset of [0, 1]) {
      endRun(changes, p.window, p.window.runs.find(offset)!, { firstOffset: offset, lastOffset: offset }, how, p.time);
    }
    expect(changes).toMatchObject([
      { availableAtMs: 0, ending: { state: 'archived', availableAtMs: null, delayMs: null, reason: 'later' } },
      {
        availableAtMs: p.nowMs + 5_000,
        ending: { state: 'available', availableAtMs: p.wallMs + 5_000, delayMs: 5_000, reason: 'later' },
      },
    ]);
  });
});
