import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/codec/record-batch.ts';
import {
  codeOf,
  isSettled,
  leasesOf,
  must,
  offsetsOf,
  startBroker,
  troubledBroker,
  wordsOf,
} from './broker-fixture.ts';
import { settle } from './fake-clock.ts';

const window0 = async ({ broker }: Awaited<ReturnType<typeof troubledBroker>>) => must(await broker.windows('g'))[0]!;

describe('an append whose outcome is unknown', () => {
  it('wakes those who wait also when it comes to be after its answer', async () => {
    const { broker, log, acquire, clock } = await troubledBroker();
    const waiting = acquire({ waitMs: 60_000 });
    await settle();
    const value = new TextEncoder().encode('late');
    const batch = encodeBatch({ records: [{ key: null, value, headers: [], timestampMs: clock.wallMs() }] });
    log.appends = 'not_done';
    expect(codeOf(await broker.produce({ topic: 't', batches: [{ partition: 0, batch }] }))).toBe('OUTCOME_UNKNOWN');
    log.appends = 'works';
    // Past the broker, as what a disk does late.
    await log.append({ entries: [{ topicId: must(broker.describeTopic('t')).topicId, partition: 0, batch }] });
    expect(await isSettled(waiting)).toBe(false);
    await clock.advance(1_000);
    expect(must(await waiting).ranges).toMatchObject([{ firstOffset: 0, deliveryCount: 1 }]);
  });
});

describe('a write whose outcome is unknown', () => {
  for (const writes of ['lost_answer', 'not_done'] as const) {
    it(`loads the window again and doubles nothing (the write was ${writes === 'not_done' ? 'not done' : 'done'})`, async () => {
      const fixture = await troubledBroker();
      const { store, produce, acquire, acknowledge } = fixture;
      await produce('t', ['a', 'b']);
      const first = must(await acquire({ maxRecords: 2 })).ranges;
      const [a, b] = leasesOf(first);
      store.writes = writes;
      expect(wordsOf(await acknowledge('accept', [a!]))).toEqual(['OUTCOME_UNKNOWN']);
      store.writes = 'works';
      const done = writes === 'lost_answer';
      expect(wordsOf(await acknowledge('accept', [a!]))).toEqual([done ? 'accepted again' : 'LEASE_EXPIRED']);
      // A lock is live only under the current leader epoch.
      expect(wordsOf(await acknowledge('accept', [b!]))).toEqual(['LEASE_EXPIRED']);
      const again = must(await acquire({ maxRecords: 10 })).ranges;
      expect(offsetsOf(again)).toEqual(done ? [1] : [0, 1]);
      expect(again[0]!.leaderEpoch).toBe(first[0]!.leaderEpoch + 1);
      expect(again.every((range) => range.deliveryCount === 1)).toBe(true);
      expect(wordsOf(await acknowledge('accept', [b!]))).toEqual(['LEASE_SUPERSEDED']);
      await acknowledge('accept', leasesOf(again));
      expect(await window0(fixture)).toMatchObject({ startOffset: 2, lag: 0 });
    });

    it(`serves those who wait from the window loaded again (${writes})`, async () => {
      const { store, produce, acquire, acknowledge } = await troubledBroker();
      await produce('t', ['a']);
      const leases = leasesOf(must(await acquire()).ranges);
      const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
      await settle();
      store.writes = writes;
      expect(wordsOf(await acknowledge('release', leases))).toEqual(['OUTCOME_UNKNOWN']);
      const deliveryCount = writes === 'lost_answer' ? 2 : 1;
      expect(must(await waiting).ranges).toMatchObject([{ firstOffset: 0, deliveryCount }]);
    });

    it(`says of a reset that it is unknown, and shows what is stored (${writes})`, async () => {
      const fixture = await troubledBroker();
      const { broker, store, produce, acquire } = fixture;
      await produce('t', ['a', 'b']);
      await acquire({ maxRecords: 2 });
      store.resets = writes;
      const reset = { group: 'g', topic: 't', partitions: null, to: 'latest' as const, dryRun: false };
      expect(codeOf(await broker.reset(reset))).toBe('OUTCOME_UNKNOWN');
      const done = writes === 'lost_answer';
      expect(await window0(fixture)).toMatchObject({ startOffset: done ? 2 : 0, stateEpoch: done ? 1 : 0 });
    });

    it(`wakes those who wait for records that may be there after all (${writes})`, async () => {
      const { log, produce, acquire } = await troubledBroker();
      const waiting = acquire({ waitMs: 60_000 });
      await settle();
      log.appends = writes;
      await expect(produce('t', ['a'])).rejects.toThrow('OUTCOME_UNKNOWN');
      expect(await isSettled(waiting)).toBe(writes === 'lost_answer');
    });
  }

  it('does not let what was acquired before take back the lock of somebody who acquired after', async () => {
    const { broker, store, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a', 'b']);
    const old = must(await acquire({ maxRecords: 2 })).ranges;
    store.writes = 'not_done';
    await acknowledge('release', [leasesOf(old)[1]!]);
    store.writes = 'works';
    const now = must(await acquire({ worker: 'w2', maxRecords: 2 })).ranges;
    expect(now[0]!.acquisition).toBe(old[0]!.acquisition);
    broker.giveBack('g', old);
    expect(must(await acquire({ worker: 'w3' })).emptyReason).toBe('all_locked');
    expect(wordsOf(await acknowledge('accept', leasesOf(now)))).toEqual(['accepted', 'accepted']);
  });

  it('answers each item when the window cannot be loaded for a while, and goes on when it can', async () => {
    const { store, produce, acquire, acknowledge } = await troubledBroker({ partitions: 2 });
    await produce('t', ['a']);
    await produce('t', ['b'], 1);
    const leases = leasesOf(must(await acquire({ maxRecords: 2 })).ranges);
    store.writes = 'not_done';
    expect(wordsOf(await acknowledge('accept', [leases[0]!]))).toEqual(['OUTCOME_UNKNOWN']);
    store.writes = 'works';
    store.opens = 'fails';
    expect(wordsOf(await acknowledge('accept', leases))).toEqual(['KAFKA_STORAGE_ERROR', 'accepted']);
    expect(codeOf(await acquire())).toBe('KAFKA_STORAGE_ERROR');
    expect(codeOf(await acquire({ waitMs: 10_000 }))).toBe('KAFKA_STORAGE_ERROR');
    store.opens = 'works';
    expect(offsetsOf(must(await acquire()).ranges)).toEqual([0]);
  });

  it('still expires locks that were taken after the window was loaded again', async () => {
    const { clock, store, produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    await acquire();
    store.writes = 'not_done';
    await clock.advance(30_000);
    store.writes = 'works';
    expect(must(await acquire({ worker: 'w2' })).ranges[0]).toMatchObject({ deliveryCount: 1 });
    await clock.advance(30_001);
    expect(must(await acquire({ worker: 'w3' })).ranges[0]).toMatchObject({ deliveryCount: 2 });
  });
});

describe('a share partition that another process has taken over', () => {
  it('refuses the write, loads again, and then owns it', async () => {
    const first = await troubledBroker();
    await first.produce('t', ['a', 'b']);
    const leases = leasesOf(must(await first.acquire({ maxRecords: 2 })).ranges);
    const { store, log, metadata, clock } = first;
    const second = await startBroker({ store, log, metadata, clock });
    const theirs = leasesOf(must(await second.acquire({ worker: 'w2' })).ranges);
    expect(theirs.map((lease) => lease.offset)).toEqual([0]);
    expect(wordsOf(await first.acknowledge('accept', leases))).toEqual(['NOT_OWNER', 'NOT_OWNER']);
    expect(wordsOf(await first.acknowledge('accept', leases))).toEqual(['LEASE_EXPIRED', 'LEASE_EXPIRED']);
    expect(wordsOf(await second.acknowledge('accept', theirs))).toEqual(['NOT_OWNER']);
  });

  it('refuses a reset and loads again', async () => {
    const { broker, store, produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    const { ranges } = must(await acquire());
    await store.open({ group: 'g' as never, topicId: ranges[0]!.topicId, partition: 0 }, null);
    const reset = { group: 'g', topic: 't', partitions: null, to: 'earliest' as const, dryRun: false };
    expect(codeOf(await broker.reset(reset))).toBe('NOT_OWNER');
    expect(must(await broker.reset(reset))).toMatchObject([{ startOffsetAfter: 0, locksDropped: 0 }]);
  });
});
