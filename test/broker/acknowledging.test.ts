import { describe, expect, it } from 'vitest';
import type { AcknowledgeType, LeaseRef } from '../../src/broker/requests.ts';
import { groupId } from '../../src/core/ids.ts';
import { codeOf, leasesOf, must, offsetsOf, startBroker, troubledBroker, wordsOf } from './broker-fixture.ts';

type Fixture = Awaited<ReturnType<typeof troubledBroker>>;

const window0 = async ({ broker }: Fixture) => must(await broker.windows('g'))[0]!;

const mixed = async (
  { broker }: Fixture,
  items: readonly (readonly [AcknowledgeType, LeaseRef])[],
): Promise<string[]> =>
  wordsOf(
    must(
      await broker.acknowledge(
        'g',
        items.map(([type, lease]) => ({ type, lease })),
      ),
    ),
  );

describe('one call', () => {
  it('settles each lease in its own way, with one result for each in order', async () => {
    const fixture = await troubledBroker({ partitions: 2 });
    await fixture.produce('t', ['a', 'b', 'c']);
    await fixture.produce('t', ['d'], 1);
    const [a, b, c, d] = leasesOf(must(await fixture.acquire({ maxRecords: 4 })).ranges);
    expect(
      await mixed(fixture, [
        ['renew', d!],
        ['reject', c!],
        ['accept', a!],
        ['release', b!],
      ]),
    ).toEqual(['renewed', 'rejected', 'accepted', 'released']);
    const windows = must(await fixture.broker.windows('g'));
    expect(windows[0]).toMatchObject({ startOffset: 1, counts: { available: 1, archived: 1 }, lag: 1 });
    expect(windows[1]).toMatchObject({ counts: { acquired: 1 }, lag: 1 });
    expect(fixture.store.writeCount).toBe(1);
  });

  it('takes the first of ten outcomes for one lease, and says so of the others', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['a']);
    const [lease] = leasesOf(must(await fixture.acquire()).ranges);
    const types: AcknowledgeType[] = ['release', 'accept', 'reject', 'release', 'renew'];
    expect(
      await mixed(
        fixture,
        [...types, ...types].map((type) => [type, lease!]),
      ),
    ).toEqual([
      'released',
      'ALREADY_SETTLED',
      'ALREADY_SETTLED',
      'released again',
      'ALREADY_SETTLED',
      'released again',
      'ALREADY_SETTLED',
      'ALREADY_SETTLED',
      'released again',
      'ALREADY_SETTLED',
    ]);
    expect(must(await fixture.acquire()).ranges[0]).toMatchObject({ deliveryCount: 2 });
  });

  it('stores neighbours that end alike as one ending, whatever stands between them', async () => {
    const fixture = await troubledBroker({ partitions: 2 });
    await fixture.produce('t', ['a', 'b', 'c', 'd', 'e', 'f']);
    await fixture.produce('t', ['g'], 1);
    const leases = leasesOf(must(await fixture.acquire({ maxRecords: 7 })).ranges);
    const at = (offset: number) => leases.find((lease) => lease.partition === 0 && lease.offset === offset)!;
    const g = leases.find((lease) => lease.partition === 1)!;
    const asked: [AcknowledgeType, LeaseRef][] = [
      ['accept', at(0)],
      ['accept', at(1)],
      ['reject', g],
      ['accept', at(2)],
      ['reject', at(3)],
      ['accept', at(5)],
      ['accept', at(4)],
      ['accept', at(5)],
    ];
    expect(await mixed(fixture, asked)).toEqual([
      'accepted',
      'accepted',
      'rejected',
      'accepted',
      'rejected',
      'accepted',
      'accepted',
      'accepted again',
    ]);
    const key = { group: groupId('g'), topicId: at(0).topicId, partition: 0 };
    const endings = await Promise.all([0, 1, 2, 3, 4, 5].map((offset) => fixture.store.latestEnding(key, offset)));
    expect(endings.map((ending) => `${ending!.firstOffset}-${ending!.lastOffset} ${ending!.outcome}`)).toEqual([
      '0-2 accepted',
      '0-2 accepted',
      '0-2 accepted',
      '3-3 rejected',
      '4-4 accepted',
      '5-5 accepted',
    ]);
    expect(await window0(fixture)).toMatchObject({ startOffset: 6, lag: 0 });
  });

  it('does not take a lease of another acquisition along with its neighbours', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['a', 'b', 'c']);
    const [a, b, c] = leasesOf(must(await fixture.acquire({ maxRecords: 3 })).ranges);
    expect(
      await mixed(fixture, [
        ['accept', a!],
        ['accept', { ...b!, acquisition: b!.acquisition + 1 }],
        ['accept', c!],
      ]),
    ).toEqual(['accepted', 'LEASE_SUPERSEDED', 'accepted']);
    expect(await window0(fixture)).toMatchObject({ startOffset: 1, counts: { acquired: 1, acknowledged: 1 } });
  });

  it('gives each neighbour the reason and the delay that it was given', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['a', 'b', 'c']);
    const [a, b, c] = leasesOf(must(await fixture.acquire({ maxRecords: 3 })).ranges);
    const answer = await fixture.broker.acknowledge('g', [
      { type: 'release', lease: a!, reason: 'one' },
      { type: 'release', lease: b!, reason: 'two' },
      { type: 'release', lease: c!, reason: 'two', delayMs: 1_000 },
    ]);
    expect(wordsOf(must(answer))).toEqual(['released', 'released', 'released']);
    const { ranges } = must(await fixture.acquire({ maxRecords: 3 }));
    expect(ranges.map((range) => range.lastFailure)).toEqual(['one', 'two']);
  });

  it('renews before it settles when it is asked in that order, and not after', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['a', 'b']);
    const [a, b] = leasesOf(must(await fixture.acquire({ maxRecords: 2 })).ranges);
    expect(
      await mixed(fixture, [
        ['renew', a!],
        ['accept', a!],
        ['accept', b!],
        ['renew', b!],
      ]),
    ).toEqual(['renewed', 'accepted', 'accepted', 'ALREADY_SETTLED']);
  });

  it('takes the first of many outcomes that come in many calls at once', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['a']);
    const [lease] = leasesOf(must(await fixture.acquire()).ranges);
    const types: AcknowledgeType[] = ['accept', 'reject', 'accept', 'release'];
    const calls = await Promise.all(types.map((type) => mixed(fixture, [[type, lease!]])));
    expect(calls.flat()).toEqual(['accepted', 'ALREADY_SETTLED', 'accepted again', 'ALREADY_SETTLED']);
    expect(await window0(fixture)).toMatchObject({ startOffset: 1, lag: 0 });
  });

  it('settles ten thousand leases at once', async () => {
    const fixture = await troubledBroker();
    must(await fixture.broker.alterShareGroup('g', { 'share.partition.max.record.locks': '20000' }));
    await fixture.produce('t', Array.from({ length: 10_000 }, String));
    const leases = leasesOf(must(await fixture.acquire({ maxRecords: 10_000 })).ranges);
    expect(leases).toHaveLength(10_000);
    const even = leases.filter((_, index) => index % 2 === 0);
    expect(new Set(wordsOf(await fixture.acknowledge('accept', even)))).toEqual(new Set(['accepted']));
    expect(await window0(fixture)).toMatchObject({ startOffset: 1, lag: 5_000 });
    await fixture.acknowledge('accept', leases);
    expect(await window0(fixture)).toMatchObject({ startOffset: 10_000, lag: 0 });
  });

  it('without items has no results, and of an unknown group is refused', async () => {
    const { broker, acquire } = await troubledBroker();
    expect(codeOf(await broker.acknowledge('g', []))).toBe('GROUP_ID_NOT_FOUND');
    await acquire();
    expect(must(await broker.acknowledge('g', []))).toEqual([]);
  });
});

describe('a lease', () => {
  it('is expired when its lock is over and nobody has the record, superseded when somebody has', async () => {
    const { clock, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const old = leasesOf(must(await acquire({ lockDurationMs: 1_000 })).ranges);
    await clock.advance(1_000);
    for (const type of ['accept', 'release', 'reject', 'renew'] as const) {
      expect(wordsOf(await acknowledge(type, old))).toEqual(['LEASE_EXPIRED']);
    }
    // Even the same worker.
    const again = leasesOf(must(await acquire()).ranges);
    for (const type of ['accept', 'release', 'reject', 'renew'] as const) {
      expect(wordsOf(await acknowledge(type, old))).toEqual(['LEASE_SUPERSEDED']);
    }
    await acknowledge('accept', again);
    expect(wordsOf(await acknowledge('accept', old))).toEqual(['LEASE_SUPERSEDED']);
  });

  it('that was released says so again, until somebody else has acquired the record', async () => {
    const { produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    expect(wordsOf(await acknowledge('release', leases))).toEqual(['released']);
    expect(wordsOf(await acknowledge('release', leases))).toEqual(['released again']);
    await acquire({ worker: 'w2' });
    expect(wordsOf(await acknowledge('release', leases))).toEqual(['LEASE_SUPERSEDED']);
  });

  it('that used up the last attempt says archived, and archived again', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    must(await broker.alterShareGroup('g', { 'share.delivery.count.limit': '2' }));
    await produce('t', ['a']);
    await acknowledge('release', leasesOf(must(await acquire()).ranges));
    const leases = leasesOf(must(await acquire()).ranges);
    expect(wordsOf(await acknowledge('release', leases))).toEqual(['archived']);
    expect(wordsOf(await acknowledge('release', leases))).toEqual(['archived again']);
    expect(wordsOf(await acknowledge('accept', leases))).toEqual(['ALREADY_SETTLED']);
  });

  it('that was rejected says rejected again', async () => {
    const { produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    expect(wordsOf(await acknowledge('reject', leases, { reason: 'no address' }))).toEqual(['rejected']);
    expect(wordsOf(await acknowledge('reject', leases))).toEqual(['rejected again']);
  });

  it('of an offset that was never handed out is expired, and changes nothing', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['a', 'b']);
    const [lease] = leasesOf(must(await fixture.acquire()).ranges);
    expect(wordsOf(await fixture.acknowledge('accept', [{ ...lease!, offset: 1 }]))).toEqual(['LEASE_EXPIRED']);
    expect(await window0(fixture)).toMatchObject({ lag: 2, counts: { acquired: 1 } });
  });

  it('of a topic that was deleted is gone', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    must(await broker.deleteTopic('t'));
    expect(wordsOf(await acknowledge('accept', leases))).toEqual(['RECORD_GONE']);
  });

  it('of a deleted group never counts in the group that was made again', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const old = leasesOf(must(await acquire()).ranges);
    must(await broker.releaseWorker('g', 'w1'));
    must(await broker.deleteShareGroup('g'));
    const now = leasesOf(must(await acquire({ worker: 'w2' })).ranges);
    const [result] = wordsOf(await acknowledge('accept', old));
    expect(['LEASE_SUPERSEDED', 'LEASE_EXPIRED', 'RECORD_GONE']).toContain(result);
    expect(wordsOf(await acknowledge('accept', now))).toEqual(['accepted']);
  });

  it('of an outcome that cannot be read now is busy', async () => {
    const { store, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    await acknowledge('accept', leases);
    store.reads = 'fails';
    expect(wordsOf(await acknowledge('accept', leases))).toEqual(['BUSY']);
    store.reads = 'works';
    expect(wordsOf(await acknowledge('accept', leases))).toEqual(['accepted again']);
  });
});

describe('a renewal', () => {
  it('counts the lock from now, for the group’s duration or the one asked for, as often as wanted', async () => {
    const { clock, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    await clock.advance(29_000);
    const [renewed] = await acknowledge('renew', leases);
    expect(renewed).toEqual({ status: 'renewed', lockRemainingMs: 30_000, lockedUntilMs: clock.wallMs() + 30_000 });
    await clock.advance(29_999);
    await acknowledge('renew', leases, { lockDurationMs: 60_000 });
    await clock.advance(59_999);
    expect(wordsOf(await acknowledge('renew', leases))).toEqual(['renewed']);
    expect(wordsOf(await acknowledge('accept', leases))).toEqual(['accepted']);
  });

  it('may make the lock shorter, and the record comes back then', async () => {
    const { clock, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a', 'b']);
    const leases = leasesOf(must(await acquire({ maxRecords: 2 })).ranges);
    await acknowledge('renew', [leases[1]!], { lockDurationMs: 200 });
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    await clock.advance(200);
    expect(must(await waiting).ranges).toMatchObject([{ firstOffset: 1, deliveryCount: 2 }]);
    expect(wordsOf(await acknowledge('accept', [leases[0]!]))).toEqual(['accepted']);
  });

  it('over the server’s longest lock is refused by name', async () => {
    const { acquire, produce, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    expect(await acknowledge('renew', leases, { lockDurationMs: 60_001 })).toMatchObject([
      { error: { code: 'INVALID_REQUEST', field: 'lockDurationMs' } },
    ]);
    expect(codeOf(await acquire({ lockDurationMs: 60_001 }))).toBe('INVALID_REQUEST');
  });

  it('is refused where the group does not allow it, from one call to the next', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    must(await broker.alterShareGroup('g', { 'share.renew.acknowledge.enable': 'false' }));
    expect(wordsOf(await acknowledge('renew', leases))).toEqual(['RENEW_DISABLED']);
    must(await broker.alterShareGroup('g', { 'share.renew.acknowledge.enable': null }));
    expect(wordsOf(await acknowledge('renew', leases))).toEqual(['renewed']);
  });
});

describe('a delay', () => {
  it('is until an instant of the wall clock, but never longer than asked, also over a restart', async () => {
    for (const [jumpMs, waitMs] of [
      [0, 10_000],
      [-86_400_000, 10_000],
      [4_000, 6_000],
      [86_400_000, 0],
    ] as const) {
      const before = await troubledBroker();
      await before.produce('t', ['a']);
      await before.acknowledge('release', leasesOf(must(await before.acquire()).ranges), { delayMs: 10_000 });
      await before.broker.stop();
      before.clock.jumpWall(jumpMs);
      const after = await startBroker(before);
      if (waitMs > 0) {
        expect(must(await after.acquire()).emptyReason).toBe('delayed');
        await before.clock.advance(waitMs - 1);
        expect(must(await after.acquire()).emptyReason).toBe('delayed');
        await before.clock.advance(1);
      }
      expect(offsetsOf(must(await after.acquire()).ranges)).toEqual([0]);
    }
  });

  it('of many records ends for each in its time', async () => {
    const { clock, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a', 'b', 'c']);
    const leases = leasesOf(must(await acquire({ maxRecords: 3 })).ranges);
    for (const [index, delayMs] of [3_000, 1_000, 2_000].entries()) {
      await acknowledge('release', [leases[index]!], { delayMs });
    }
    const order = [];
    for (let index = 0; index < 3; index++) {
      await clock.advance(1_000);
      order.push(...offsetsOf(must(await acquire({ maxRecords: 3 })).ranges));
    }
    expect(order).toEqual([1, 2, 0]);
  });
});

describe('a jump of the wall clock', () => {
  for (const jumpMs of [-86_400_000, 86_400_000]) {
    it(`of ${jumpMs} ms neither expires nor extends a lock, nor a delay, nor a wait`, async () => {
      const { clock, produce, acquire, acknowledge } = await troubledBroker();
      await produce('t', ['a', 'b']);
      const leases = leasesOf(must(await acquire({ maxRecords: 2 })).ranges);
      await acknowledge('release', [leases[1]!], { delayMs: 20_000 });
      const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
      clock.jumpWall(jumpMs);
      await clock.advance(19_999);
      expect(must(await acquire({ worker: 'w3' })).emptyReason).toBe('delayed');
      await clock.advance(1);
      expect(offsetsOf(must(await waiting).ranges)).toEqual([1]);
      await clock.advance(9_999);
      expect(wordsOf(await acknowledge('renew', [leases[0]!]))).toEqual(['renewed']);
      await clock.advance(30_000);
      expect(wordsOf(await acknowledge('renew', [leases[0]!]))).toEqual(['LEASE_EXPIRED']);
    });
  }
});
