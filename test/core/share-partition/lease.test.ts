import { describe, expect, it } from 'vitest';
import {
  type AcknowledgeType,
  type Lease,
  judgeEnded,
  standingOf,
} from '../../../src/core/share-partition/acknowledge.ts';
import { runsText } from './printed-window.ts';
import { type LeaseOutcome, SimulatedPartition, member } from './simulated-partition.ts';

const c1 = member('c1');
const c2 = member('c2');

/** Four records acquired by c1, with its lease of offset 1. */
const leased = (
  settings: ConstructorParameters<typeof SimulatedPartition>[0] = {},
): { p: SimulatedPartition; lease: Lease } => {
  const p = new SimulatedPartition(settings);
  p.produce(6);
  const [range] = p.acquire(c1, 4);
  return { p, lease: p.leaseOf(range!, 1) };
};
const answer = (outcome: LeaseOutcome): string =>
  outcome.code ?? (outcome.replayed === true ? `${outcome.status} replayed` : outcome.status);

const all: AcknowledgeType[] = ['accept', 'release', 'reject', 'renew'];

/** Every acknowledgement answers so, and none of them changes anything (I4). */
function expectInert(p: SimulatedPartition, lease: Lease, code: string): void {
  const before = [runsText(p.window), p.window.startOffset, p.stored.endings.length];
  for (const type of all) expect(answer(p.acknowledge(lease, type))).toBe(code);
  expect([runsText(p.window), p.window.startOffset, p.stored.endings.length]).toEqual(before);
}

describe('a live lease', () => {
  it.each([
    ['accept', 'accepted', 'acknowledged'],
    ['release', 'released', 'available'],
    ['reject', 'rejected', 'archived'],
    ['renew', 'renewed', 'acquired'],
  ] as const)('with %s is %s', (type, status, state) => {
    const { p, lease } = leased();
    expect(answer(p.acknowledge(lease, type))).toBe(status);
    expect(p.window.runs.find(1)?.state).toBe(state);
    expect(p.window.runs.find(0)?.state).toBe('acquired');
  });

  it('is archived by the release that uses up the last attempt', () => {
    const { p, lease } = leased({ deliveryCountLimit: 1 });
    expect(answer(p.acknowledge(lease, 'release', { delayMs: 1_000, reason: 'smtp 421' }))).toBe('archived');
    expect(p.window.counts).toMatchObject({ archived: 1, delayed: 0 });
    expect(p.window.runs.find(1)?.reason).toBe('smtp 421');
  });

  it('counts until just before its deadline, and renewing moves that', () => {
    const { p, lease } = leased();
    p.advance(29_999);
    expect(answer(p.acknowledge(lease, 'renew', { lockDurationMs: 60_000 }))).toBe('renewed');
    p.advance(59_999);
    expect(answer(p.acknowledge(lease, 'accept'))).toBe('accepted');
  });

  it('is not touched by the wall clock (I11)', () => {
    const { p, lease } = leased();
    p.wallMs += 1e9;
    expect(p.expireLocks()).toEqual([]);
    expect(standingOf(p.window, lease, p.nowMs).kind).toBe('live');
    p.wallMs -= 2e9;
    p.advance(30_000);
    expect(standingOf(p.window, lease, p.nowMs).kind).toBe('error');
  });
});

describe('LEASE_EXPIRED', () => {
  it('is a lease from its deadline on, swept or not', () => {
    const { p, lease } = leased();
    p.advance(30_000);
    expectInert(p, lease, 'LEASE_EXPIRED');
    p.expireLocks();
    expectInert(p, lease, 'LEASE_EXPIRED');
  });

  it('is a lease whose time-out used up the last attempt, and the message does not promise another attempt', () => {
    const { p, lease } = leased({ deliveryCountLimit: 1 });
    p.advance(30_000);
    p.expireLocks();
    expectInert(p, lease, 'LEASE_EXPIRED');
    const verdict = judgeEnded(p.window, lease, 'accept', p.history.get(1), 0);
    expect(verdict).toMatchObject({
      kind: 'error',
      message: expect.not.stringContaining('handed out again') as string,
    });
  });

  it('is a lease from before a crash while nobody has the record, inside the window and beyond it', () => {
    const { p, lease } = leased();
    p.crash();
    expect(p.window.endOffset).toBe(0);
    expectInert(p, lease, 'LEASE_EXPIRED');

    const other = leased();
    other.p.acknowledgeRange(c1, 3, 3, ['accept']);
    other.p.crash();
    expect(other.p.window.endOffset).toBe(4);
    expectInert(other.p, other.lease, 'LEASE_EXPIRED');
  });

  it('is a lease from before a crash although an earlier delivery of the record has an ending', () => {
    const { p, lease } = leased();
    p.acknowledge(lease, 'release');
    const [range] = p.acquire(c2, 1);
    const second = p.leaseOf(range!, 1);
    p.crash();
    expectInert(p, second, 'LEASE_EXPIRED');
  });
});

it('a lease is not superseded by how an earlier delivery ended', () => {
  const { p, lease } = leased();
  p.acknowledge(lease, 'release');
  const earlier = p.history.get(1);
  const [range] = p.acquire(c1, 1);
  const newer = p.leaseOf(range!, 1);
  expect(judgeEnded(p.window, newer, 'accept', earlier, 0)).toMatchObject({ code: 'LEASE_EXPIRED' });
});

describe('LEASE_SUPERSEDED', () => {
  it('is a lease whose record somebody else has now', () => {
    const { p, lease } = leased();
    p.advance(30_000);
    p.expireLocks();
    p.acquire(c2, 4);
    expectInert(p, lease, 'LEASE_SUPERSEDED');
  });

  it('is a lease whose record the same member acquired again', () => {
    const { p, lease } = leased();
    p.acknowledge(lease, 'release');
    p.acquire(c1, 1);
    expectInert(p, lease, 'LEASE_SUPERSEDED');
  });

  it('is a lease whose record somebody else has finished', () => {
    const { p, lease } = leased();
    p.acknowledge(lease, 'release');
    const [range] = p.acquire(c2, 1);
    p.acknowledge(p.leaseOf(range!, 1), 'accept');
    expectInert(p, lease, 'LEASE_SUPERSEDED');
    p.acknowledgeRange(c1, 0, 0, ['accept']);
    expect(p.window.startOffset).toBe(2);
    expectInert(p, lease, 'LEASE_SUPERSEDED');
  });

  it.each(['accept', 'reject', 'release', 'retry'] as const)(
    'is a lease whose record an operator settled: %s',
    (type) => {
      const { p, lease } = leased();
      p.settle(1, 1, type);
      expectInert(p, lease, 'LEASE_SUPERSEDED');
    },
  );

  it('is a lease from before a crash when somebody has the record, also with the same acquisition number', () => {
    const { p, lease } = leased();
    p.crash();
    const [range] = p.acquire(c2, 4);
    expect(p.leaseOf(range!, 1).acquisition).toBe(lease.acquisition);
    expectInert(p, lease, 'LEASE_SUPERSEDED');
    p.releaseHolder(c2);
    expectInert(p, lease, 'LEASE_SUPERSEDED');
  });
});

describe('ALREADY_SETTLED and the replay', () => {
  it.each([
    ['accept', 'accepted replayed', 'ALREADY_SETTLED', 'ALREADY_SETTLED'],
    ['release', 'ALREADY_SETTLED', 'released replayed', 'ALREADY_SETTLED'],
    ['reject', 'ALREADY_SETTLED', 'ALREADY_SETTLED', 'rejected replayed'],
  ] as const)('after %s: accept, release and reject answer %s, %s, %s', (first, ...answers) => {
    const { p, lease } = leased();
    p.acknowledge(lease, first);
    const before = runsText(p.window);
    expect((['accept', 'release', 'reject'] as const).map((type) => answer(p.acknowledge(lease, type)))).toEqual(
      answers,
    );
    expect(answer(p.acknowledge(lease, 'renew'))).toBe('ALREADY_SETTLED');
    expect(runsText(p.window)).toBe(before);
  });

  it('replays through a crash and after the window has passed the record', () => {
    const { p, lease } = leased();
    p.acknowledgeRange(c1, 0, 0, ['accept']);
    p.acknowledge(lease, 'accept');
    p.crash();
    expect(p.window.startOffset).toBe(2);
    expect(answer(p.acknowledge(lease, 'accept'))).toBe('accepted replayed');
    expect(answer(p.acknowledge(lease, 'release'))).toBe('ALREADY_SETTLED');
  });

  it('replays a release as archived when it was that', () => {
    const { p, lease } = leased({ deliveryCountLimit: 1 });
    p.acknowledge(lease, 'release');
    expect(answer(p.acknowledge(lease, 'release'))).toBe('archived replayed');
  });

  it('says that it does not know any more when the ending is no longer kept', () => {
    const { p, lease } = leased();
    p.acknowledgeRange(c1, 0, 3, ['accept']);
    expect(standingOf(p.window, lease, p.nowMs)).toEqual({ kind: 'ended' });
    expect(judgeEnded(p.window, lease, 'accept', undefined, 0)).toMatchObject({
      code: 'ALREADY_SETTLED',
      message: expect.stringContaining('no longer kept') as string,
    });
  });

  it('is also what a lease gets that outlived a crash, for a record that turned out to be gone from the middle', () => {
    const { p, lease } = leased();
    p.crash();
    p.hole(0, 1);
    p.acquire(c2, 4);
    expect(p.window.startOffset).toBe(2);
    expectInert(p, lease, 'ALREADY_SETTLED');
  });
});

it('a finished record that the log begins with is not gone', () => {
  const { p, lease } = leased();
  p.acknowledgeRange(c1, 0, 3, ['accept']);
  expect(judgeEnded(p.window, lease, 'accept', undefined, 1)).toMatchObject({ code: 'ALREADY_SETTLED' });
  expect(judgeEnded(p.window, lease, 'accept', undefined, 2)).toMatchObject({ code: 'RECORD_GONE' });
});

describe('RECORD_GONE', () => {
  it('is a lease whose record retention has deleted', () => {
    const { p, lease } = leased();
    p.moveLogStart(2);
    expectInert(p, lease, 'RECORD_GONE');
  });

  it('is a lease from before a reset, also when the record was acquired again since', () => {
    const { p, lease } = leased();
    p.reset(0);
    expectInert(p, lease, 'RECORD_GONE');
    const [range] = p.acquire(c2, 4);
    expect(p.leaseOf(range!, 1).acquisition).toBe(lease.acquisition);
    expectInert(p, lease, 'RECORD_GONE');
  });

  it('does not hide how a record ended before it was deleted', () => {
    const { p, lease } = leased();
    p.acknowledge(lease, 'accept');
    p.moveLogStart(4);
    expect(answer(p.acknowledge(lease, 'accept'))).toBe('accepted replayed');
  });
});

it('lets a lease of one record do nothing to its neighbours', () => {
  const { p, lease } = leased();
  p.acknowledge(lease, 'accept');
  expect(runsText(p.window)).toBe('0 acquired c1 #1 | 1 acknowledged #1 | 2-3 acquired c1 #1');
});
