import { describe, expect, it } from 'vitest';
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

type Fixture = Awaited<ReturnType<typeof troubledBroker>>;

const window0 = async ({ broker }: Pick<Fixture, 'broker'>) => must(await broker.windows('g'))[0]!;

describe('a new group', () => {
  it('starts at the end unless told otherwise, and says so once', async () => {
    const { produce, acquire } = await troubledBroker();
    await produce('t', ['before']);
    expect(must(await acquire({ startFrom: null }))).toMatchObject({ ranges: [], started: 'latest', lag: 0 });
    expect(must(await acquire({ startFrom: 'earliest' }))).toMatchObject({ ranges: [], started: null });
    await produce('t', ['after']);
    expect(offsetsOf(must(await acquire()).ranges)).toEqual([1]);
  });

  it('starts where its config says, if the request does not', async () => {
    const { broker, produce, acquire } = await troubledBroker();
    must(await broker.alterShareGroup('g', { 'share.auto.offset.reset': 'earliest' }));
    must(await broker.alterShareGroup('h', { 'share.auto.offset.reset': 'earliest' }));
    await produce('t', ['before']);
    expect(must(await acquire({ startFrom: null }))).toMatchObject({ started: 'earliest', lag: 1 });
    expect(must(await acquire({ group: 'h', startFrom: 'latest' }))).toMatchObject({ started: 'latest', lag: 0 });
  });

  it('starts at the first record that is young enough, or else at the end', async () => {
    const { broker, clock, produce, acquire } = await troubledBroker();
    for (let index = 0; index < 5; index++) {
      await produce('t', [`${index}`]);
      await clock.advance(60_000);
    }
    must(await broker.alterShareGroup('g', { 'share.auto.offset.reset': 'by_duration:PT2M' }));
    expect(must(await acquire({ startFrom: null }))).toMatchObject({
      ranges: [{ firstOffset: 3 }],
      started: 'by_duration:PT120S',
    });
    must(await broker.alterShareGroup('h', { 'share.auto.offset.reset': 'by_duration:PT10S' }));
    expect(must(await acquire({ group: 'h', startFrom: null })).ranges).toEqual([]);
    await produce('t', ['new']);
    expect(offsetsOf(must(await acquire({ group: 'h' })).ranges)).toEqual([5]);
  });

  it('has its start durably, before anything was acquired or acknowledged', async () => {
    const fixture = await troubledBroker({ partitions: 2 });
    await fixture.produce('t', ['before']);
    await fixture.acquire({ startFrom: 'latest' });
    await fixture.produce('t', ['between'], 0);
    await fixture.produce('t', ['between'], 1);
    // No stop: the process is killed.
    const after = await startBroker(fixture);
    const { ranges } = must(await after.acquire({ startFrom: null, maxRecords: 10 }));
    expect(ranges).toMatchObject([
      { partition: 0, firstOffset: 1 },
      { partition: 1, firstOffset: 0 },
    ]);
  });

  it('does not affect others, which read the same topic at their own pace', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a', 'b']);
    await acquire();
    const theirs = must(await acquire({ group: 'h', maxRecords: 5 })).ranges;
    expect(offsetsOf(theirs)).toEqual([0, 1]);
    await acknowledge('accept', leasesOf(must(await acquire()).ranges));
    expect(must(await broker.windows('h'))[0]).toMatchObject({ startOffset: 0, counts: { acquired: 2 } });
  });

  it('has a name that Kafka allows, and reads topics that exist', async () => {
    const { broker, acquire } = await troubledBroker();
    expect(codeOf(await acquire({ group: '' }))).toBe('INVALID_GROUP_ID');
    expect(codeOf(await acquire({ topics: ['nowhere'] }))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(await acquire({ topics: ['__internal'] }))).toBe('INVALID_TOPIC_EXCEPTION');
    expect(codeOf(await broker.alterShareGroup('g', { 'share.nothing': '1' }))).toBe('INVALID_CONFIG');
    expect(must(await broker.listShareGroups())).toEqual([]);
  });
});

describe('a config that is changed', () => {
  it('counts at once: a lowered delivery limit on the next ending', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a', 'b']);
    for (let attempt = 1; attempt <= 3; attempt++) {
      await acknowledge('release', leasesOf(must(await acquire({ maxRecords: 2 })).ranges));
    }
    must(await broker.alterShareGroup('g', { 'share.delivery.count.limit': '2' }));
    // What is available already may be acquired once more.
    const { ranges } = must(await acquire());
    expect(ranges).toMatchObject([{ deliveryCount: 4, deliveryCountLimit: 2 }]);
    expect(wordsOf(await acknowledge('release', leasesOf(ranges)))).toEqual(['archived']);
  });

  it('counts at once: a narrower window takes nothing new until there is room', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', Array.from({ length: 300 }, String));
    const leases = leasesOf(must(await acquire({ maxRecords: 200 })).ranges);
    must(await broker.alterShareGroup('g', { 'share.partition.max.record.locks': '100' }));
    expect(must(await acquire()).emptyReason).toBe('window_full');
    await acknowledge('accept', leases.slice(0, 100));
    expect(must(await acquire()).emptyReason).toBe('window_full');
    await acknowledge('accept', [leases[100]!]);
    expect(offsetsOf(must(await acquire({ maxRecords: 10 })).ranges)).toEqual([200]);
    expect(await window0({ broker })).toMatchObject({ inFlight: 100, inFlightLimit: 100 });
  });

  it('counts at once: a lock duration on the next acquire', async () => {
    const { broker, clock, produce, acquire } = await troubledBroker();
    await produce('t', ['a', 'b']);
    await acquire();
    must(await broker.alterShareGroup('g', { 'share.record.lock.duration.ms': '15000' }));
    expect(must(await acquire()).ranges).toMatchObject([
      { firstOffset: 1, lockRemainingMs: 15_000, lockedUntilMs: clock.wallMs() + 15_000 },
    ]);
  });

  it('stays over a restart, goes back to its default, and says where it comes from', async () => {
    const fixture = await troubledBroker();
    must(await fixture.broker.alterShareGroup('g', { 'share.delivery.count.limit': '3' }));
    must(await fixture.broker.pause('g', true));
    const after = await startBroker(fixture);
    const name = 'share.delivery.count.limit';
    const described = must(await after.broker.describeShareGroup('g'));
    expect(described.paused).toBe(true);
    expect(described.config[name]).toEqual({ value: '3', source: 'group' });
    const back = must(await after.broker.alterShareGroup('g', { [name]: null }));
    expect(back.config[name]).toEqual({ value: '5', source: 'default' });
    expect(codeOf(await after.broker.alterShareGroup('g', { [name]: '11' }))).toBe('INVALID_CONFIG');
  });
});

describe('a group that is deleted', () => {
  it('must not be in use: nobody holds a record, nobody waits', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    const refused = await broker.deleteShareGroup('g');
    expect(codeOf(refused)).toBe('NON_EMPTY_GROUP');
    expect(refused).toMatchObject({ error: { message: expect.stringContaining('"w1"') as string } });
    await acknowledge('accept', leases);
    const controller = new AbortController();
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 }, controller.signal);
    await settle();
    expect(codeOf(await broker.deleteShareGroup('g'))).toBe('NON_EMPTY_GROUP');
    controller.abort();
    await waiting;
    must(await broker.deleteShareGroup('g'));
    expect(codeOf(await broker.deleteShareGroup('g'))).toBe('GROUP_ID_NOT_FOUND');
    expect(codeOf(await broker.describeShareGroup('g'))).toBe('GROUP_ID_NOT_FOUND');
  });

  it('leaves its config for the group of the same name that comes after it', async () => {
    const fixture = await troubledBroker();
    must(await fixture.broker.alterShareGroup('g', { 'share.delivery.count.limit': '3' }));
    must(await fixture.broker.deleteShareGroup('g'));
    const after = await startBroker(fixture);
    expect(must(await after.broker.listShareGroups())).toEqual([]);
    await after.acquire();
    const { config } = must(await after.broker.describeShareGroup('g'));
    expect(config['share.delivery.count.limit']?.value).toBe('3');
  });

  it('starts anew when it is made again', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a', 'b']);
    await acknowledge('reject', leasesOf(must(await acquire({ maxRecords: 2 })).ranges));
    must(await broker.deleteShareGroup('g'));
    expect(must(await acquire({ startFrom: 'earliest', maxRecords: 5 }))).toMatchObject({
      ranges: [{ firstOffset: 0, lastOffset: 1, deliveryCount: 1 }],
      started: 'earliest',
      lag: 2,
    });
    const archived = await broker.archived({ group: 'g', topic: null, partition: null, after: null, limit: 5 });
    expect(must(archived).records).toEqual([]);
  });

  it('is not brought back by an acquire that comes at the same moment, which gets a new one', async () => {
    const { broker, store, produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    await acquire({ startFrom: 'latest' });
    store.deletes = 'hangs';
    const deleting = broker.deleteShareGroup('g');
    await settle();
    const acquiring = acquire({ startFrom: 'earliest' });
    expect(await isSettled(acquiring)).toBe(false);
    store.trouble.letGo();
    must(await deleting);
    expect(must(await acquiring)).toMatchObject({ ranges: [{ firstOffset: 0 }], started: 'earliest' });
  });

  it('lets nobody have its records who was reading them at that moment', async () => {
    const { broker, log, produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    await acquire({ startFrom: 'earliest', waitMs: 0, maxRecords: 0 });
    for (const waitMs of [0, 60_000]) {
      log.reads = 'hangs';
      const acquiring = acquire({ waitMs });
      await settle();
      expect(log.trouble.held).toBe(1);
      must(await broker.deleteShareGroup('g'));
      log.reads = 'works';
      log.trouble.letGo();
      expect(codeOf(await acquiring)).toBe('BUSY');
      expect(must(await acquire({ maxRecords: 0 })).started).toBe('earliest');
      expect(must(await broker.workers('g'))).toEqual([]);
    }
  });

  it('is not written again by a change that was on its way', async () => {
    const fixture = await troubledBroker();
    await fixture.acquire();
    const all = await Promise.all([
      fixture.broker.deleteShareGroup('g'),
      fixture.broker.pause('g', true),
      fixture.broker.alterShareGroup('g', { 'share.delivery.count.limit': '3' }),
    ]);
    expect(all[0].ok).toBe(true);
    expect(all.slice(1).map(codeOf)).toEqual(['GROUP_ID_NOT_FOUND', 'GROUP_ID_NOT_FOUND']);
    const after = await startBroker(fixture);
    expect(must(await after.broker.listShareGroups())).toEqual([]);
  });
});
