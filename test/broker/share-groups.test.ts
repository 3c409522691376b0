import { describe, expect, it } from 'vitest';
import { leasesOf, must, offsetsOf, startBroker } from './broker-fixture.ts';
import { settle } from './fake-clock.ts';

const withTopic = async (partitions = 1) => {
  const fixture = await startBroker();
  must(await fixture.broker.createTopic({ name: 't', partitions, config: {} }));
  return fixture;
};

describe('a share group', () => {
  it('hands out records once, and slides its window over what is accepted', async () => {
    const { broker, produce, acquire, acknowledge } = await withTopic();
    await produce('t', ['a', 'b', 'c']);
    const first = must(await acquire({ maxRecords: 2 }));
    expect(offsetsOf(first.ranges)).toEqual([0, 1]);
    expect(first.lag).toBe(3);
    const second = must(await acquire({ maxRecords: 2, worker: 'w2' }));
    expect(offsetsOf(second.ranges)).toEqual([2]);
    const results = await acknowledge('accept', leasesOf(first.ranges));
    expect(results).toEqual([{ status: 'accepted' }, { status: 'accepted' }]);
    const [window] = must(await broker.windows('g'));
    expect(window).toMatchObject({ startOffset: 2, endOffset: 3, lag: 1, counts: { acquired: 1 } });
    expect(window?.blockedBy?.sentence).toContain('offset 2 on t-0 has been locked by w2');
  });

  it('says why there is nothing: no records, all locked, delayed until, paused', async () => {
    const { broker, clock, produce, acquire, acknowledge } = await withTopic();
    expect(must(await acquire()).emptyReason).toBe('no_records');
    await produce('t', ['a']);
    const { ranges } = must(await acquire());
    expect(must(await acquire()).emptyReason).toBe('all_locked');
    const [released] = await acknowledge('release', leasesOf(ranges), { delayMs: 5_000 });
    expect(released).toEqual({ status: 'released', availableAtMs: clock.wallMs() + 5_000 });
    expect(must(await acquire())).toMatchObject({ emptyReason: 'delayed', nextAvailableMs: clock.wallMs() + 5_000 });
    must(await broker.pause('g', true));
    expect(must(await acquire()).emptyReason).toBe('paused');
    must(await broker.pause('g', false));
    await clock.advance(5_000);
    expect(must(await acquire()).ranges[0]).toMatchObject({ firstOffset: 0, deliveryCount: 2 });
  });

  it('gives a record back when its lock runs out, and the old lease no longer counts', async () => {
    const { clock, produce, acquire, acknowledge } = await withTopic();
    await produce('t', ['a']);
    const old = leasesOf(must(await acquire()).ranges);
    await clock.advance(29_999);
    expect(must(await acquire()).emptyReason).toBe('all_locked');
    await clock.advance(1);
    expect(await acknowledge('accept', old)).toMatchObject([{ status: 'error', error: { code: 'LEASE_EXPIRED' } }]);
    const again = must(await acquire({ worker: 'w2' }));
    expect(again.ranges[0]?.deliveryCount).toBe(2);
    expect(await acknowledge('accept', old)).toMatchObject([{ status: 'error', error: { code: 'LEASE_SUPERSEDED' } }]);
    expect(await acknowledge('accept', leasesOf(again.ranges))).toEqual([{ status: 'accepted' }]);
    expect(await acknowledge('accept', leasesOf(again.ranges))).toEqual([{ status: 'accepted', replayed: true }]);
    expect(await acknowledge('release', leasesOf(again.ranges))).toMatchObject([
      { status: 'error', error: { code: 'ALREADY_SETTLED' } },
    ]);
  });

  it('archives a record at the delivery limit, with its reason and attempts', async () => {
    const { broker, produce, acquire, acknowledge } = await withTopic();
    await produce('t', ['poison']);
    for (let attempt = 1; attempt <= 5; attempt++) {
      const { ranges } = must(await acquire());
      expect(ranges[0]).toMatchObject({ deliveryCount: attempt, lastFailure: attempt === 1 ? null : 'boom' });
      const [result] = await acknowledge('release', leasesOf(ranges), { reason: 'boom' });
      expect(result?.status).toBe(attempt === 5 ? 'archived' : 'released');
    }
    expect(must(await acquire()).emptyReason).toBe('no_records');
    const page = must(await broker.archived({ group: 'g', topic: null, partition: null, after: null, limit: 10 }));
    expect(page.records).toMatchObject([
      { offset: 0, deliveryCount: 5, outcome: 'released', reason: 'boom', holder: 'w1' },
    ]);
    const peek = must(await broker.peek({ group: 'g', topic: 't', partition: 0, offset: 0 }));
    expect(peek).toMatchObject({ state: 'finished', deliveryCount: 5 });
    expect(peek.attempts.map((each) => each.deliveryCount)).toEqual([1, 2, 3, 4, 5]);
  });

  it('serves those who wait in the order in which they came, one record each', async () => {
    const { produce, acquire } = await withTopic();
    const answers: string[] = [];
    const waiting = [];
    for (const worker of ['w1', 'w2', 'w3']) {
      const wait = acquire({ worker, waitMs: 10_000 });
      waiting.push(wait.then((outcome) => answers.push(`${worker} ${offsetsOf(must(outcome).ranges).join()}`)));
      await settle();
    }
    await produce('t', ['a', 'b']);
    await Promise.all(waiting.slice(0, 2));
    expect(answers).toEqual(['w1 0', 'w2 1']);
    await produce('t', ['c']);
    await waiting[2];
    expect(answers[2]).toBe('w3 2');
  });

  it('answers a wait that found nothing when its time is up, and leaves no lock for a client that went away', async () => {
    const { clock, produce, acquire } = await withTopic();
    const wait = acquire({ waitMs: 1_000 });
    await clock.advance(1_100);
    expect(must(await wait).emptyReason).toBe('no_records');
    const controller = new AbortController();
    const gone = acquire({ waitMs: 60_000 }, controller.signal);
    await clock.advance(10);
    controller.abort();
    expect(must(await gone).ranges).toEqual([]);
    await produce('t', ['a']);
    expect(must(await acquire({ worker: 'w2' })).ranges[0]).toMatchObject({ deliveryCount: 1 });
  });

  it('keeps what was accepted, the counts and the delays through a restart, and forgets the locks', async () => {
    const before = await withTopic();
    await before.produce('t', ['a', 'b', 'c', 'd']);
    const { ranges } = must(await before.acquire({ maxRecords: 4 }));
    const leases = leasesOf(ranges);
    await before.acknowledge('accept', [leases[1]!]);
    await before.acknowledge('release', [leases[2]!], { reason: 'later', delayMs: 10_000 });
    await before.broker.stop();
    const { log, store, metadata, clock } = before;
    const after = await startBroker({ log, store, metadata, clock });
    expect(await after.acknowledge('accept', [leases[0]!])).toMatchObject([{ error: { code: 'LEASE_EXPIRED' } }]);
    expect(await after.acknowledge('accept', [leases[1]!])).toEqual([{ status: 'accepted', replayed: true }]);
    const again = must(await after.acquire({ maxRecords: 10 }));
    expect(again.ranges.map((each) => [each.firstOffset, each.lastOffset, each.deliveryCount])).toEqual([
      [0, 0, 1],
      [3, 3, 1],
    ]);
    expect(again.lag).toBe(3);
    await clock.advance(10_000);
    expect(must(await after.acquire()).ranges[0]).toMatchObject({
      firstOffset: 2,
      deliveryCount: 2,
      lastFailure: 'later',
    });
  });
});
