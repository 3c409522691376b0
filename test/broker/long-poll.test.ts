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

/** Lets workers wait one after the other, and notes who is answered with what, in that order. */
function waiters({ acquire }: Fixture, answers: string[]) {
  return async (worker: string, change: Parameters<Fixture['acquire']>[0] = {}, signal: AbortSignal | null = null) => {
    void acquire({ worker, waitMs: 60_000, ...change }, signal).then((outcome) => {
      const got = outcome.ok
        ? (outcome.value.emptyReason ?? outcome.value.ranges.map(placeOf).join(' '))
        : outcome.error.code;
      answers.push(`${worker}: ${got}`);
    });
    await settle();
  };
}

const placeOf = (range: { partition: number; firstOffset: number; lastOffset: number }): string =>
  `${range.partition}/${range.firstOffset}${range.lastOffset === range.firstOffset ? '' : `-${range.lastOffset}`}`;

describe('those who wait', () => {
  it('are woken by a produce of k records as many as can be served, longest wait first', async () => {
    const fixture = await troubledBroker();
    const answers: string[] = [];
    const wait = waiters(fixture, answers);
    for (let index = 0; index < 10; index++) await wait(`w${index}`);
    fixture.log.readCount = 0;
    await fixture.produce('t', ['a', 'b', 'c']);
    await settle();
    expect(answers).toEqual(['w0: 0/0', 'w1: 0/1', 'w2: 0/2']);
    // Nobody else was looked at.
    expect(fixture.log.readCount).toBe(3);
    await fixture.produce('t', ['d']);
    await settle();
    expect(answers.at(-1)).toBe('w3: 0/3');
    expect(answers).toHaveLength(4);
  });

  it('get as much as they asked for, and leave the rest to the next', async () => {
    const fixture = await troubledBroker();
    const answers: string[] = [];
    const wait = waiters(fixture, answers);
    await wait('greedy', { maxRecords: 3 });
    await wait('next', { maxRecords: 3 });
    await fixture.produce('t', ['a', 'b', 'c', 'd']);
    await settle();
    expect(answers).toEqual(['greedy: 0/0-2', 'next: 0/3']);
  });

  it('stay in front of those who come later, also when something comes in between', async () => {
    const fixture = await troubledBroker();
    const answers: string[] = [];
    const wait = waiters(fixture, answers);
    await wait('first');
    fixture.log.reads = 'hangs';
    await fixture.produce('t', ['a', 'b']);
    await wait('second');
    fixture.log.reads = 'works';
    fixture.log.trouble.letGo();
    await settle();
    expect(answers).toEqual(['first: 0/0', 'second: 0/1']);
  });

  it('are not overtaken by one who comes while they are served', async () => {
    const fixture = await troubledBroker();
    const answers: string[] = [];
    const wait = waiters(fixture, answers);
    await wait('first');
    await wait('second');
    fixture.log.reads = 'hangs';
    await fixture.produce('t', ['a', 'b']);
    await wait('third');
    fixture.log.reads = 'works';
    fixture.log.trouble.letGo();
    await settle();
    expect(answers).toEqual(['first: 0/0', 'second: 0/1']);
  });

  it('are answered when their time is up, within 20 ms, with the reason', async () => {
    const fixture = await troubledBroker();
    const answers: string[] = [];
    const wait = waiters(fixture, answers);
    await wait('w1', { waitMs: 1_000 });
    await wait('w2', { waitMs: 2_000 });
    await fixture.clock.advance(999);
    expect(answers).toEqual([]);
    await fixture.clock.advance(21);
    expect(answers).toEqual(['w1: no_records']);
    await fixture.clock.advance(1_000);
    expect(answers).toEqual(['w1: no_records', 'w2: no_records']);
  });

  it('cost no timer each: thousands who come together share a few', async () => {
    const { clock, acquire } = await troubledBroker();
    const before = clock.scheduled;
    const waits = Array.from({ length: 2_000 }, (_, index) => acquire({ worker: `w${index}`, waitMs: 30_000 }));
    await settle();
    expect(clock.scheduled - before).toBeLessThanOrEqual(2);
    await clock.advance(30_020);
    for (const outcome of await Promise.all(waits)) expect(must(outcome).emptyReason).toBe('no_records');
    expect(clock.scheduled).toBe(before);
  });

  it('are gone without a trace when their client goes away, and the next is served', async () => {
    const fixture = await troubledBroker();
    const answers: string[] = [];
    const wait = waiters(fixture, answers);
    const controller = new AbortController();
    const before = fixture.clock.scheduled;
    await wait('gone', {}, controller.signal);
    await wait('next');
    controller.abort();
    await settle();
    expect(answers).toEqual(['gone: no_records']);
    await fixture.produce('t', ['a']);
    await settle();
    expect(answers.at(-1)).toBe('next: 0/0');
    expect(must(await fixture.broker.workers('g')).map((each) => each.holder)).toEqual(['next']);
    // Only the lock's own timer is left.
    expect(fixture.clock.scheduled).toBe(before + 1);
  });

  it('lock nothing when their client was gone before they asked', async () => {
    const { produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    for (const waitMs of [0, 60_000]) {
      expect(must(await acquire({ waitMs }, AbortSignal.abort())).ranges).toEqual([]);
    }
    expect(must(await acquire()).ranges[0]).toMatchObject({ deliveryCount: 1 });
  });

  it('are shown among the workers while they wait', async () => {
    const fixture = await troubledBroker();
    const wait = waiters(fixture, []);
    await wait('w1');
    await wait('w1');
    await wait('w2');
    expect(must(await fixture.broker.workers('g'))).toMatchObject([
      { holder: 'w1', kind: 'http', records: 0, oldestLockMs: null, waiting: 2 },
      { holder: 'w2', waiting: 1 },
    ]);
    expect(must(await fixture.broker.listShareGroups())).toMatchObject([{ group: 'g', state: 'Stable', workers: 2 }]);
  });
});

describe('who waits is woken', () => {
  it('by a release', async () => {
    const { produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    expect(await isSettled(waiting)).toBe(false);
    await acknowledge('release', leases);
    expect(must(await waiting).ranges[0]).toMatchObject({ firstOffset: 0, deliveryCount: 2 });
  });

  it('by a lock that runs out', async () => {
    const { clock, produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    await acquire({ lockDurationMs: 500 });
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    await clock.advance(499);
    expect(await isSettled(waiting)).toBe(false);
    await clock.advance(1);
    expect(must(await waiting).ranges[0]).toMatchObject({ firstOffset: 0, deliveryCount: 2 });
  });

  it('by the end of a delay', async () => {
    const { clock, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    await acknowledge('release', leasesOf(must(await acquire()).ranges), { delayMs: 700 });
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    await clock.advance(699);
    expect(await isSettled(waiting)).toBe(false);
    await clock.advance(1);
    expect(must(await waiting).ranges[0]).toMatchObject({ firstOffset: 0, deliveryCount: 2 });
  });

  it('by room in the window', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    must(await broker.alterShareGroup('g', { 'share.partition.max.record.locks': '100' }));
    await produce('t', Array.from({ length: 101 }, String));
    const leases = leasesOf(must(await acquire({ maxRecords: 1_000 })).ranges);
    expect(leases).toHaveLength(100);
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    await acknowledge('accept', leases.slice(1));
    expect(await isSettled(waiting)).toBe(false);
    expect(must(await acquire({ worker: 'w3' })).emptyReason).toBe('window_full');
    await acknowledge('accept', [leases[0]!]);
    expect(offsetsOf(must(await waiting).ranges)).toEqual([100]);
  });

  it('by a wider window', async () => {
    const { broker, produce, acquire } = await troubledBroker();
    must(await broker.alterShareGroup('g', { 'share.partition.max.record.locks': '100' }));
    await produce('t', Array.from({ length: 101 }, String));
    await acquire({ maxRecords: 1_000 });
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    await settle();
    must(await broker.alterShareGroup('g', { 'share.partition.max.record.locks': '200' }));
    expect(offsetsOf(must(await waiting).ranges)).toEqual([100]);
  });

  it('by a resume, and by nothing while the group is paused', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const held = leasesOf(must(await acquire()).ranges);
    must(await broker.pause('g', true));
    const waiting = acquire({ worker: 'w2', waitMs: 60_000 });
    await produce('t', ['b']);
    expect(await isSettled(waiting)).toBe(false);
    // Acknowledgements still count.
    expect(wordsOf(await acknowledge('accept', held))).toEqual(['accepted']);
    expect(must(await broker.describeShareGroup('g')).paused).toBe(true);
    must(await broker.pause('g', false));
    expect(offsetsOf(must(await waiting).ranges)).toEqual([1]);
  });

  it('by a reset, a retry and a worker that is released', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const first = must(await acquire()).ranges;
    const second = acquire({ worker: 'w2', waitMs: 60_000 });
    await settle();
    must(await broker.releaseWorker('g', 'w1'));
    const held = must(await second).ranges;
    expect(held[0]).toMatchObject({ firstOffset: 0, deliveryCount: 2 });
    const third = acquire({ worker: 'w3', waitMs: 60_000 });
    await settle();
    const range = { group: 'g', topic: 't', partition: 0, firstOffset: 0, lastOffset: 0 };
    must(await broker.settle({ ...range, type: 'retry', reason: null, dryRun: false }));
    expect(must(await third).ranges[0]).toMatchObject({ firstOffset: 0, deliveryCount: 2 });
    const fourth = acquire({ worker: 'w4', waitMs: 60_000 });
    await settle();
    must(await broker.reset({ group: 'g', topic: 't', partitions: null, to: 'earliest', dryRun: false }));
    expect(must(await fourth).ranges[0]).toMatchObject({ firstOffset: 0, deliveryCount: 1 });
    expect(wordsOf(await acknowledge('accept', leasesOf([...first, ...held])))).toEqual(['RECORD_GONE', 'RECORD_GONE']);
  });

  it('by records of any partition and topic that it asked for', async () => {
    const { broker, produce, acquire } = await troubledBroker({ partitions: 3 });
    must(await broker.createTopic({ name: 'u', partitions: 2, config: {} }));
    const waiting = acquire({ topics: ['t', 'u'], waitMs: 60_000 });
    await settle();
    await produce('u', ['a'], 1);
    expect(must(await waiting).ranges).toMatchObject([{ topic: 'u', partition: 1, firstOffset: 0 }]);
  });

  it('when the topic gets partitions: it is answered, so that it asks for those too', async () => {
    const { broker, produce, acquire } = await troubledBroker();
    const waiting = acquire({ waitMs: 60_000 });
    await settle();
    must(await broker.alterTopic('t', { partitions: 2 }));
    expect(must(await waiting).emptyReason).toBe('no_records');
    const again = acquire({ waitMs: 60_000 });
    await settle();
    await produce('t', ['a'], 1);
    expect(must(await again).ranges).toMatchObject([{ partition: 1, firstOffset: 0 }]);
  });

  it('by one record each time, also when many come and go at once', async () => {
    const fixture = await troubledBroker({ partitions: 4 });
    const answers: string[] = [];
    const wait = waiters(fixture, answers);
    const controllers = Array.from({ length: 40 }, () => new AbortController());
    for (const [index, controller] of controllers.entries()) await wait(`w${index}`, {}, controller.signal);
    const produces = Array.from({ length: 20 }, (_, index) => fixture.produce('t', [`${index}`], index % 4));
    for (const [index, controller] of controllers.entries()) if (index % 4 === 0) controller.abort();
    await Promise.all(produces);
    await settle();
    const served = answers.filter((each) => each.includes('/'));
    expect(new Set(served.map((each) => each.split(' ')[1])).size).toBe(20);
    expect(served).toHaveLength(20);
  });
});

describe('partitions', () => {
  it('are taken in turn, so that a busy one does not keep the workers from the others', async () => {
    const { produce, acquire } = await troubledBroker({ partitions: 8 });
    for (const partition of [2, 5]) await produce('t', ['a', 'b', 'c', 'd'], partition);
    const taken = [];
    for (let index = 0; index < 8; index++) taken.push(must(await acquire()).ranges[0]!.partition);
    expect(taken).toEqual([2, 5, 2, 5, 2, 5, 2, 5]);
  });

  it('are taken in turn whatever other groups and other topics do in between', async () => {
    const { broker, produce, acquire } = await troubledBroker({ partitions: 2 });
    must(await broker.createTopic({ name: 'u', partitions: 2, config: {} }));
    for (const partition of [0, 1]) {
      await produce('t', ['a', 'b'], partition);
      await produce('u', ['a', 'b'], partition);
    }
    const taken = [];
    for (let index = 0; index < 4; index++) {
      taken.push(must(await acquire()).ranges[0]!.partition);
      await acquire({ group: 'other' });
      await acquire({ topics: ['u'] });
    }
    expect(taken).toEqual([0, 1, 0, 1]);
  });

  it('fill one answer together', async () => {
    const { produce, acquire } = await troubledBroker({ partitions: 3 });
    for (const partition of [0, 1, 2]) await produce('t', ['a', 'b'], partition);
    const { ranges } = must(await acquire({ maxRecords: 5 }));
    expect(ranges.map(placeOf)).toEqual(['0/0-1', '1/0-1', '2/0']);
  });

  it('may be a thousand', async () => {
    const { broker, produce, acquire, acknowledge } = await troubledBroker({ partitions: 1_000 });
    const waiting = acquire({ waitMs: 60_000 });
    await settle();
    await produce('t', ['a'], 777);
    const { ranges } = must(await waiting);
    expect(ranges).toMatchObject([{ partition: 777, firstOffset: 0 }]);
    await acknowledge('accept', leasesOf(ranges));
    for (let partition = 0; partition < 1_000; partition++) await produce('t', ['b'], partition);
    const all = must(await acquire({ maxRecords: 10_000 }));
    expect(offsetsOf(all.ranges)).toHaveLength(1_000);
    expect(all.lag).toBe(1_000);
    expect(must(await broker.describeShareGroup('g'))).toMatchObject({ lag: 1_000, inFlight: 1_000 });
  });
});

describe('a pause', () => {
  it('also holds back what was being read when it was answered', async () => {
    const { broker, log, produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    log.reads = 'hangs';
    const reading = acquire();
    await settle();
    must(await broker.pause('g', true));
    log.reads = 'works';
    log.trouble.letGo();
    expect(must(await reading)).toMatchObject({ ranges: [], emptyReason: 'paused' });
    must(await broker.pause('g', false));
    expect(must(await acquire()).ranges).toMatchObject([{ firstOffset: 0, deliveryCount: 1 }]);
  });
});

describe('an answer without records says why', () => {
  it('the first reason that holds in any partition asked for', async () => {
    const { broker, clock, produce, acquire, acknowledge } = await troubledBroker({ partitions: 2 });
    expect(must(await acquire()).emptyReason).toBe('no_records');
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    expect(must(await acquire()).emptyReason).toBe('all_locked');
    await produce('t', ['b'], 1);
    const other = leasesOf(must(await acquire()).ranges);
    await acknowledge('release', other, { delayMs: 9_000 });
    await acknowledge('release', leases, { delayMs: 4_000 });
    expect(must(await acquire())).toMatchObject({ emptyReason: 'delayed', nextAvailableMs: clock.wallMs() + 4_000 });
    must(await broker.pause('g', true));
    expect(must(await acquire()).emptyReason).toBe('paused');
  });

  it('draining, at once and to those who wait, when the server stops', async () => {
    const { broker, produce, acquire } = await troubledBroker();
    const waiting = acquire({ waitMs: 60_000 });
    await settle();
    await broker.drain();
    expect(must(await waiting).emptyReason).toBe('draining');
    await produce('t', ['a']);
    expect(must(await acquire({ waitMs: 60_000 })).emptyReason).toBe('draining');
    await broker.stop();
    expect(codeOf(await acquire())).toBe('SHUTTING_DOWN');
    expect(codeOf(broker.ready())).toBe('SHUTTING_DOWN');
  });

  it('draining, to one that was just being looked for when the server stopped', async () => {
    const { broker, log, produce, acquire } = await troubledBroker();
    await produce('t', ['a']);
    log.timestamps = 'fails';
    log.reads = 'hangs';
    const wait = acquire({ waitMs: 60_000, worker: 'w1' });
    await settle();
    const next = acquire({ waitMs: 60_000, worker: 'w2' });
    await settle();
    const drained = broker.drain();
    log.reads = 'works';
    log.trouble.letGo();
    expect(offsetsOf(must(await wait).ranges)).toEqual([0]);
    expect(must(await next).emptyReason).toBe('draining');
    await drained;
  });

  it('with the age of the oldest unfinished record', async () => {
    const { clock, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    await clock.advance(5_000);
    await produce('t', ['b']);
    await clock.advance(1_000);
    const first = must(await acquire());
    expect(first).toMatchObject({ lag: 2, oldestAgeMs: 6_000 });
    await acknowledge('accept', leasesOf(first.ranges));
    const second = must(await acquire());
    expect(second).toMatchObject({ lag: 1, oldestAgeMs: 1_000 });
    await acknowledge('accept', leasesOf(second.ranges));
    expect(must(await acquire())).toMatchObject({ lag: 0, oldestAgeMs: null });
  });
});

describe('a stop', () => {
  it('lets the write on its way finish, and takes nothing new', async () => {
    const { broker, clock, store, log, metadata, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a']);
    const leases = leasesOf(must(await acquire()).ranges);
    store.writes = 'hangs';
    const accept = acknowledge('accept', leases);
    await settle();
    const stopping = broker.stop();
    expect(await isSettled(stopping)).toBe(false);
    store.trouble.letGo();
    await stopping;
    expect(wordsOf(await accept)).toEqual(['accepted']);
    expect(codeOf(await broker.acknowledge('g', []))).toBe('SHUTTING_DOWN');
    expect(clock.scheduled).toBe(0);
    const after = await startBroker({ clock, store, log, metadata });
    expect(must(await after.acquire()).emptyReason).toBe('no_records');
  });
});
