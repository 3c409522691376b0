import { describe, expect, it } from 'vitest';
import type { ArchivedPage, ResetTarget, SettleRequest } from '../../src/broker/requests.ts';
import { codeOf, leasesOf, must, offsetsOf, startBroker, troubledBroker, wordsOf } from './broker-fixture.ts';
import { settle } from './fake-clock.ts';

type Fixture = Awaited<ReturnType<typeof troubledBroker>>;

const window0 = async ({ broker }: Fixture) => must(await broker.windows('g'))[0]!;

const reset = ({ broker }: Fixture, to: ResetTarget, change: { dryRun?: boolean; partitions?: number[] } = {}) =>
  broker.reset({ group: 'g', topic: 't', partitions: null, to, dryRun: false, ...change });

const settleRange = (
  { broker }: Fixture,
  type: SettleRequest['type'],
  [firstOffset, lastOffset]: readonly [number, number],
  change: { dryRun?: boolean; reason?: string } = {},
) =>
  broker.settle({
    group: 'g',
    topic: 't',
    partition: 0,
    firstOffset,
    lastOffset,
    type,
    reason: null,
    dryRun: false,
    ...change,
  });

/** Ten records a second apart, of which offsets 0 to 3 are acquired. */
const halfRead = async () => {
  const fixture = await troubledBroker();
  for (let index = 0; index < 10; index++) {
    await fixture.produce('t', [`${index}`]);
    await fixture.clock.advance(1_000);
  }
  const leases = leasesOf(must(await fixture.acquire({ maxRecords: 4 })).ranges);
  return { ...fixture, leases };
};

describe('a reset', () => {
  const startMs = 1_790_000_001_000;
  for (const [name, to, startOffsetAfter] of [
    ['the earliest record', 'earliest', 0],
    ['the end', 'latest', 10],
    ['an offset', { offset: 7 }, 7],
    ['an offset past the end, which is taken as the end', { offset: 70 }, 10],
    ['the first record of a time or later', { timestampMs: startMs + 4_500 }, 5],
    ['a time before all records', { timestampMs: 0 }, 0],
    ['a time after all records, which is the end', { timestampMs: startMs + 999_999 }, 10],
  ] as const) {
    it(`goes to ${name}: the dry run says so and changes nothing, then it happens`, async () => {
      const fixture = await halfRead();
      const row = {
        topic: 't',
        partition: 0,
        startOffsetBefore: 0,
        startOffsetAfter,
        lagBefore: 10,
        lagAfter: 10 - startOffsetAfter,
        locksDropped: 4,
      };
      expect(must(await reset(fixture, to, { dryRun: true }))).toEqual([row]);
      expect(await window0(fixture)).toMatchObject({ stateEpoch: 0, startOffset: 0, counts: { acquired: 4 } });
      expect(must(await reset(fixture, to))).toEqual([row]);
      expect(await window0(fixture)).toMatchObject({
        stateEpoch: 1,
        startOffset: startOffsetAfter,
        endOffset: startOffsetAfter,
        counts: { acquired: 0 },
        lag: 10 - startOffsetAfter,
      });
      expect(wordsOf(await fixture.acknowledge('accept', fixture.leases))).toEqual(Array(4).fill('RECORD_GONE'));
      const next = must(await fixture.acquire());
      expect(offsetsOf(next.ranges)).toEqual(startOffsetAfter < 10 ? [startOffsetAfter] : []);
      if (startOffsetAfter < 10) expect(next.ranges[0]).toMatchObject({ deliveryCount: 1, stateEpoch: 1 });
    });
  }

  it('does not go in front of what retention has left', async () => {
    const fixture = await halfRead();
    must(await fixture.broker.alterTopic('t', { config: { 'retention.ms': '5500' } }));
    await fixture.broker.applyRetention();
    expect(must(await reset(fixture, { offset: 0 }))).toMatchObject([{ startOffsetAfter: 5 }]);
  });

  it('of some partitions leaves the others alone', async () => {
    const fixture = await troubledBroker({ partitions: 3 });
    for (const partition of [0, 1, 2]) await fixture.produce('t', ['a', 'b'], partition);
    await fixture.acquire({ maxRecords: 6 });
    expect(must(await reset(fixture, 'latest', { partitions: [1] }))).toMatchObject([{ partition: 1 }]);
    const starts = must(await fixture.broker.windows('g')).map((each) => each.startOffset);
    expect(starts).toEqual([0, 2, 0]);
    expect(codeOf(await reset(fixture, 'latest', { partitions: [3] }))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });

  it('of a topic that the group never read decides its start; a dry run decides nothing', async () => {
    const fixture = await troubledBroker({ partitions: 2 });
    must(await fixture.broker.createTopic({ name: 'u', partitions: 1, config: {} }));
    await fixture.acquire({ topics: ['u'] });
    for (const partition of [0, 1]) await fixture.produce('t', ['a', 'b'], partition);
    expect(must(await reset(fixture, { offset: 1 }, { dryRun: true, partitions: [0] }))).toEqual([
      {
        topic: 't',
        partition: 0,
        startOffsetBefore: null,
        startOffsetAfter: 1,
        lagBefore: null,
        lagAfter: 1,
        locksDropped: 0,
      },
    ]);
    expect(must(await fixture.broker.windows('g')).map((each) => each.topic)).toEqual(['u']);
    must(await reset(fixture, { offset: 1 }, { partitions: [0] }));
    const first = must(await fixture.acquire({ startFrom: 'earliest', maxRecords: 10 }));
    expect(first.ranges.map((each) => [each.partition, each.firstOffset, each.lastOffset])).toEqual([
      [0, 1, 1],
      [1, 0, 1],
    ]);
  });

  it('goes before the acknowledgements that wait for their turn, so that they cannot hold it up for ever', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['a', 'b']);
    const [a, b] = leasesOf(must(await fixture.acquire({ maxRecords: 2 })).ranges);
    fixture.store.writes = 'hangs';
    const first = fixture.acknowledge('accept', [a!]);
    await settle();
    const second = fixture.acknowledge('accept', [b!]);
    await settle();
    const resetting = reset(fixture, 'latest');
    await settle();
    fixture.store.trouble.letGo();
    expect(wordsOf(await first)).toEqual(['accepted']);
    must(await resetting);
    expect(wordsOf(await second)).toEqual(['RECORD_GONE']);
  });

  it('comes through while acknowledgements never stop', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', Array.from({ length: 50 }, String));
    const leases = leasesOf(must(await fixture.acquire({ maxRecords: 50 })).ranges);
    let resetDone = false;
    const resetting = reset(fixture, 'latest').then(() => (resetDone = true));
    let calls = 0;
    while (!resetDone && calls < 40) await fixture.acknowledge('accept', [leases[calls++]!]);
    await resetting;
    expect(calls).toBeLessThan(40);
  });

  it('keeps what happened before as history, but counts none of it', async () => {
    const fixture = await halfRead();
    await fixture.acknowledge('reject', [fixture.leases[0]!], { reason: 'bad' });
    must(await reset(fixture, 'earliest'));
    const peek = must(await fixture.broker.peek({ group: 'g', topic: 't', partition: 0, offset: 0 }));
    expect(peek).toMatchObject({ state: 'unread', deliveryCount: 0, attempts: [{ outcome: 'rejected' }] });
  });

  it('stays over a restart', async () => {
    const fixture = await halfRead();
    must(await reset(fixture, { offset: 7 }));
    await fixture.broker.stop();
    const after = await startBroker(fixture);
    expect(must(await after.broker.windows('g'))[0]).toMatchObject({ startOffset: 7, stateEpoch: 1, lag: 3 });
    expect(wordsOf(await after.acknowledge('accept', [fixture.leases[0]!]))).toEqual(['RECORD_GONE']);
  });

  it('of a topic that is deleted meanwhile is told so, and not that the server stops', async () => {
    const { broker, store } = await troubledBroker();
    must(await broker.alterShareGroup('g', {}));
    store.opens = 'hangs';
    const reset = broker.reset({ group: 'g', topic: 't', partitions: null, to: 'earliest', dryRun: false });
    await settle();
    const deleted = broker.deleteTopic('t');
    await settle();
    store.trouble.letGo();
    expect(codeOf(await reset)).toBe('BUSY');
    must(await deleted);
  });
});

describe('an operator settles a range', () => {
  /** Offset 0 is acquired for the second time, 1 for the first, 2 released once, 3 accepted, 4 not read. */
  const world = async () => {
    const fixture = await troubledBroker();
    must(await fixture.broker.alterShareGroup('g', { 'share.delivery.count.limit': '2' }));
    await fixture.produce('t', ['a', 'b', 'c', 'd', 'e']);
    const first = leasesOf(must(await fixture.acquire({ maxRecords: 4 })).ranges);
    await fixture.acknowledge('accept', [first[3]!]);
    await fixture.acknowledge('release', [first[0]!, first[2]!]);
    const second = leasesOf(must(await fixture.acquire({ maxRecords: 1, worker: 'w2' })).ranges);
    return { ...fixture, held: [second[0]!, first[1]!] };
  };
  const nothing = { dryRun: false, accepted: 0, rejected: 0, released: 0, archived: 0, retried: 0 };

  for (const [type, counts, states] of [
    ['accept', { accepted: 3 }, []],
    ['reject', { rejected: 3 }, []],
    ['release', { archived: 1, released: 2 }, ['1 1', '2 1']],
    ['retry', { retried: 3 }, ['0 1', '1 0', '2 0']],
  ] as const) {
    it(`as ${type}: the dry run says what, then it happens, and the leases out are superseded`, async () => {
      const fixture = await world();
      const outcome = { ...nothing, ...counts, locksTaken: 2, skipped: 7 };
      const before = await window0(fixture);
      expect(must(await settleRange(fixture, type, [0, 9], { dryRun: true }))).toEqual({ ...outcome, dryRun: true });
      expect(await window0(fixture)).toEqual(before);
      expect(must(await settleRange(fixture, type, [0, 9], { reason: 'by hand' }))).toEqual(outcome);
      expect(wordsOf(await fixture.acknowledge('accept', fixture.held))).toEqual([
        'LEASE_SUPERSEDED',
        'LEASE_SUPERSEDED',
      ]);
      const page = { group: 'g', topic: 't', partition: 0, fromOffset: null, limit: 10 };
      const { runs } = must(await fixture.broker.windowPage(page));
      const open = runs.flatMap((run) =>
        run.state !== 'available'
          ? []
          : Array.from(
              { length: run.lastOffset - run.firstOffset + 1 },
              (_, i) => `${run.firstOffset + i} ${run.deliveryCount}`,
            ),
      );
      expect(open).toEqual(states);
    });
  }

  it('and an attempt given back can be used again, with no count ever above the limit', async () => {
    const fixture = await world();
    must(await settleRange(fixture, 'retry', [0, 0]));
    const again = must(await fixture.acquire()).ranges;
    expect(again).toMatchObject([{ firstOffset: 0, deliveryCount: 2 }]);
    expect(wordsOf(await fixture.acknowledge('release', leasesOf(again)))).toEqual(['archived']);
  });

  it('of offsets that are finished, unread or not there skips them', async () => {
    const fixture = await world();
    expect(must(await settleRange(fixture, 'accept', [3, 100]))).toEqual({ ...nothing, locksTaken: 0, skipped: 98 });
    expect(codeOf(await settleRange(fixture, 'accept', [5, 4]))).toBe('INVALID_REQUEST');
    expect(codeOf(await fixture.broker.settle({ ...rangeOf('nowhere'), partition: 0 }))).toBe(
      'UNKNOWN_TOPIC_OR_PARTITION',
    );
    expect(codeOf(await fixture.broker.settle({ ...rangeOf('t'), partition: 1 }))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    must(await fixture.broker.createTopic({ name: 'u', partitions: 1, config: {} }));
    expect(codeOf(await fixture.broker.settle({ ...rangeOf('u'), partition: 0 }))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });

  const rangeOf = (topic: string) =>
    ({ group: 'g', topic, firstOffset: 0, lastOffset: 0, type: 'accept', reason: null, dryRun: false }) as const;

  it('stays over a restart, and is among the attempts with its reason', async () => {
    const fixture = await world();
    must(await settleRange(fixture, 'reject', [0, 0], { reason: 'spam' }));
    await fixture.broker.stop();
    const after = await startBroker(fixture);
    const peek = must(await after.broker.peek({ group: 'g', topic: 't', partition: 0, offset: 0 }));
    expect(peek.state).toBe('finished');
    expect(peek.attempts.at(-1)).toMatchObject({ holder: 'api', outcome: 'rejected', reason: 'spam' });
  });
});

describe('a worker that is released', () => {
  it('loses everything it holds in all partitions, and no other loses anything', async () => {
    const fixture = await troubledBroker({ partitions: 2 });
    must(await fixture.broker.alterShareGroup('g', { 'share.delivery.count.limit': '2' }));
    await fixture.produce('t', ['a', 'b', 'c']);
    await fixture.produce('t', ['d'], 1);
    await fixture.acknowledge('release', leasesOf(must(await fixture.acquire({ maxRecords: 1 })).ranges));
    const mine = leasesOf(must(await fixture.acquire({ maxRecords: 3 })).ranges);
    const others = leasesOf(must(await fixture.acquire({ worker: 'w2', maxRecords: 3 })).ranges);
    expect(mine).toHaveLength(3);
    expect(must(await fixture.broker.releaseWorker('g', 'w1'))).toEqual({ released: 2, archived: 1 });
    expect(must(await fixture.broker.releaseWorker('g', 'w1'))).toEqual({ released: 0, archived: 0 });
    expect(must(await fixture.broker.releaseWorker('g', 'nobody'))).toEqual({ released: 0, archived: 0 });
    expect(wordsOf(await fixture.acknowledge('accept', others))).toEqual(['accepted']);
    expect(new Set(wordsOf(await fixture.acknowledge('accept', mine)))).toEqual(new Set(['ALREADY_SETTLED']));
  });
});

describe('the archive', () => {
  const archive = async (partitions: number, texts: number) => {
    const fixture = await troubledBroker({ partitions });
    for (let index = 0; index < texts; index++) {
      await fixture.produce('t', [`${index}`], index % partitions);
      await fixture.acknowledge('reject', leasesOf(must(await fixture.acquire()).ranges), { reason: `r${index}` });
      await fixture.clock.advance(10);
    }
    return fixture;
  };
  const pages = async ({ broker }: Fixture, limit: number, between: () => Promise<unknown> = async () => {}) => {
    const reasons: (string | null)[][] = [];
    let after: string | null = null;
    do {
      const page: ArchivedPage = must(
        await broker.archived({ group: 'g', topic: null, partition: null, after, limit }),
      );
      reasons.push(page.records.map((each) => each.reason));
      after = page.next;
      await between();
    } while (after !== null && reasons.length < 100);
    return reasons;
  };
  const newestFirst = (count: number) => Array.from({ length: count }, (_, index) => `r${count - 1 - index}`);

  for (const limit of [1, 2, 3, 7, 100]) {
    it(`comes newest first, ${limit} a page, each record once, from all partitions`, async () => {
      const fixture = await archive(3, 20);
      const found = await pages(fixture, limit);
      expect(found.flat()).toEqual(newestFirst(20));
      expect(found).toHaveLength(Math.ceil(20 / limit));
    });
  }

  it('does not show a record twice when more are archived meanwhile', async () => {
    const fixture = await archive(2, 10);
    let more = 0;
    const found = await pages(fixture, 3, async () => {
      await fixture.produce('t', ['x'], more % 2);
      await fixture.acknowledge('reject', leasesOf(must(await fixture.acquire()).ranges), { reason: `x${more++}` });
    });
    expect(found.flat().filter((reason) => reason!.startsWith('r'))).toEqual(newestFirst(10));
    expect(new Set(found.flat()).size).toBe(found.flat().length);
  });

  it('is complete also when the wall clock was set back', async () => {
    const fixture = await archive(2, 6);
    fixture.clock.jumpWall(-3_600_000);
    for (let index = 6; index < 12; index++) {
      await fixture.produce('t', ['x'], index % 2);
      await fixture.acknowledge('reject', leasesOf(must(await fixture.acquire()).ranges), { reason: `r${index}` });
    }
    for (const limit of [1, 2, 5]) {
      const found = (await pages(fixture, limit)).flat();
      expect(found).toHaveLength(12);
      expect(new Set(found)).toEqual(new Set(newestFirst(12)));
    }
  });

  it('has a token that fits into an address, with hundreds of partitions', async () => {
    const fixture = await troubledBroker({ partitions: 400 });
    for (let partition = 0; partition < 400; partition++) await fixture.produce('t', ['a', 'b'], partition);
    await fixture.acknowledge('reject', leasesOf(must(await fixture.acquire({ maxRecords: 800 })).ranges));
    const page = await fixture.broker.archived({ group: 'g', topic: null, partition: null, after: null, limit: 799 });
    expect(must(page).next!.length).toBeLessThan(12_000);
    const last = { group: 'g', topic: null, partition: null, after: must(page).next, limit: 10 };
    expect(must(await fixture.broker.archived(last))).toMatchObject({ records: [{ offset: 0 }], next: null });
  });

  it('goes on within a range that was archived at once', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', Array.from({ length: 10 }, String));
    await fixture.acknowledge('reject', leasesOf(must(await fixture.acquire({ maxRecords: 10 })).ranges));
    const offsets: number[] = [];
    let after: string | null = null;
    do {
      const page: ArchivedPage = must(
        await fixture.broker.archived({ group: 'g', topic: 't', partition: 0, after, limit: 4 }),
      );
      offsets.push(...page.records.map((each) => each.offset));
      after = page.next;
    } while (after !== null);
    expect(offsets).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });

  it('can be asked of one topic or partition; what is no page’s token is refused', async () => {
    const fixture = await archive(2, 4);
    const ask = (topic: string | null, partition: number | null, after: string | null = null) =>
      fixture.broker.archived({ group: 'g', topic, partition, after, limit: 10 });
    expect(must(await ask('t', 1)).records.map((each) => each.reason)).toEqual(['r3', 'r1']);
    expect(codeOf(await ask('nowhere', null))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    const textOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const bad of ['?', '', textOf(7), textOf({ t: 1 }), textOf({ t: [[0, 1]] }), textOf({ t: [[0, 1, 'x']] })]) {
      expect(codeOf(await ask(null, null, bad))).toBe('INVALID_REQUEST');
    }
  });

  it('has the holder, the count and the outcome, and no records that retention took', async () => {
    const fixture = await troubledBroker();
    must(await fixture.broker.alterShareGroup('g', { 'share.delivery.count.limit': '2' }));
    await fixture.produce('t', ['a']);
    await fixture.acquire({ lockDurationMs: 1_000 });
    await fixture.clock.advance(1_000);
    await fixture.acquire({ lockDurationMs: 1_000, worker: 'w2' });
    await fixture.clock.advance(1_000);
    const atMs = fixture.clock.wallMs();
    const { records } = must(
      await fixture.broker.archived({ group: 'g', topic: null, partition: null, after: null, limit: 10 }),
    );
    expect(records).toEqual([
      {
        topic: 't',
        partition: 0,
        offset: 0,
        deliveryCount: 2,
        outcome: 'expired',
        reason: null,
        holder: 'w2',
        archivedAtMs: atMs,
      },
    ]);
  });
});

describe('a look', () => {
  it('at one record tells its state, its attempts and why it failed, without locking it', async () => {
    const { broker, clock, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', ['a', 'b']);
    const peek = async (offset: number) => must(await broker.peek({ group: 'g', topic: 't', partition: 0, offset }));
    expect(codeOf(await broker.peek({ group: 'g', topic: 't', partition: 0, offset: 0 }))).toBe('GROUP_ID_NOT_FOUND');
    await acquire({ lockDurationMs: 1_000 });
    expect(await peek(0)).toMatchObject({
      state: 'acquired',
      deliveryCount: 1,
      deliveryCountLimit: 5,
      holder: 'w1',
      attempts: [{ deliveryCount: 1, holder: 'w1', endedAtMs: null, outcome: null }],
    });
    expect(await peek(1)).toMatchObject({ state: 'unread', deliveryCount: 0, holder: null, attempts: [] });
    await clock.advance(1_000);
    expect(await peek(0)).toMatchObject({ state: 'available', deliveryCount: 1, attempts: [{ outcome: 'expired' }] });
    await acknowledge('release', leasesOf(must(await acquire()).ranges), { reason: 'smtp 421', delayMs: 500 });
    expect(await peek(0)).toMatchObject({
      state: 'delayed',
      deliveryCount: 2,
      lastFailure: 'smtp 421',
      attempts: [{ outcome: 'expired' }, { outcome: 'released', reason: 'smtp 421' }],
    });
    await clock.advance(500);
    const both = leasesOf(must(await acquire({ maxRecords: 2 })).ranges);
    await acknowledge('accept', [both[1]!]);
    expect(await peek(1)).toMatchObject({ state: 'acknowledged', attempts: [{ outcome: 'accepted' }] });
    await acknowledge('accept', [both[0]!]);
    expect(await peek(0)).toMatchObject({ state: 'finished', deliveryCount: 3, lastFailure: null });
    for (const offset of [2, 999]) {
      expect(codeOf(await broker.peek({ group: 'g', topic: 't', partition: 0, offset }))).toBe('OFFSET_OUT_OF_RANGE');
    }
    expect(must(await acquire()).emptyReason).toBe('no_records');
  });

  it('at a window goes page by page over its runs', async () => {
    const { broker, clock, produce, acquire, acknowledge } = await troubledBroker();
    await produce('t', Array.from({ length: 10 }, String));
    const leases = leasesOf(must(await acquire({ maxRecords: 9 })).ranges);
    await acknowledge('accept', [leases[2]!, leases[3]!]);
    await acknowledge('reject', [leases[5]!]);
    await acknowledge('release', [leases[7]!], { delayMs: 5_000 });
    await clock.advance(1_000);
    const page = (fromOffset: number | null, limit: number) =>
      broker.windowPage({ group: 'g', topic: 't', partition: 0, fromOffset, limit });
    const all = must(await page(null, 100));
    expect(all).toMatchObject({ startOffset: 0, endOffset: 9, nextOffset: null });
    expect(all.runs.map((run) => `${run.firstOffset}-${run.lastOffset} ${run.state}`)).toEqual([
      '0-1 acquired',
      '2-3 acknowledged',
      '4-4 acquired',
      '5-5 archived',
      '6-6 acquired',
      '7-7 delayed',
      '8-8 acquired',
    ]);
    expect(all.runs[0]).toMatchObject({ holder: 'w1', lockRemainingMs: 29_000, availableInMs: null });
    expect(all.runs[5]).toMatchObject({ holder: null, lockRemainingMs: null, availableInMs: 4_000 });
    const paged = [];
    for (let from: number | null = null; ;) {
      const { runs, nextOffset }: { runs: readonly unknown[]; nextOffset: number | null } = must(await page(from, 3));
      paged.push(...runs);
      if (nextOffset === null) break;
      from = nextOffset;
    }
    expect(paged).toEqual(all.runs);
    expect(must(await page(3, 1)).runs[0]).toMatchObject({ firstOffset: 2 });
    expect(must(await page(9, 1)).runs).toEqual([]);
  });

  it('at all windows tells counts, holders, and in words what blocks the start', async () => {
    const { broker, clock, produce, acquire, acknowledge } = await troubledBroker({ partitions: 2 });
    await produce('t', ['a', 'b', 'c']);
    const leases = leasesOf(must(await acquire({ maxRecords: 2 })).ranges);
    await acquire({ worker: 'w2' });
    await clock.advance(1_500);
    const [first, second] = must(await broker.windows('g'));
    expect(first).toMatchObject({
      partition: 0,
      counts: { acquired: 3 },
      inFlight: 3,
      inFlightLimit: 2_000,
      oldestAgeMs: 1_500,
      holders: [
        { holder: 'w1', kind: 'http', records: 2, oldestLockMs: 1_500 },
        { holder: 'w2', records: 1 },
      ],
      blockedBy: { offset: 0, state: 'acquired', holder: 'w1', deliveryCount: 1, sinceMs: 1_500 },
    });
    expect(second).toMatchObject({ partition: 1, lag: 0, blockedBy: null });
    await acknowledge('release', leases, { delayMs: 5_000, reason: 'smtp 421' });
    expect(must(await broker.windows('g'))[0]!.blockedBy!.sentence).toBe(
      'offset 0 on t-0 waits 5 s more before its 2nd delivery of 5 (“smtp 421”)',
    );
  });
});
