import { describe, expect, it } from 'vitest';
import { codeOf, leasesOf, must, wordsOf } from '../broker/broker-fixture.ts';
import { placesOf, threeNodes } from './three-nodes.ts';

type Fixture = Awaited<ReturnType<typeof threeNodes>>;
type Node = Fixture['one'];

const operatorAt = ({ broker }: Node) => broker.operator({ door: 'http', from: '127.0.0.1' });

/** Three nodes with two records in each partition; the worker `w1` has the first of each. */
async function workedOn(): Promise<Fixture> {
  const fixture = await threeNodes();
  for (const partition of [0, 1, 2]) await fixture.produce(partition, ['a', 'b']);
  for (let index = 0; index < 3; index++) {
    const [place] = placesOf(must(await fixture.one.acquire({ maxRecords: 1 })).ranges);
    // Another partition each time.
    if (place === '0/0' && index === 0) {
      for (const other of [fixture.two, fixture.three]) must(await other.acquire({ maxRecords: 1 }));
      break;
    }
  }
  return fixture;
}

describe('what is looked at, at any node,', () => {
  it('is all windows, each with the node that has it', async () => {
    const { one, three } = await workedOn();
    for (const { broker } of [one, three]) {
      const { rows, unreachable } = must(await broker.nodes.windows('g'));
      expect(unreachable).toEqual([]);
      expect(rows.map((row) => [row.partition, row.node, row.counts.acquired, row.lag])).toEqual([
        [0, 1, 1, 2],
        [1, 2, 1, 2],
        [2, 3, 1, 2],
      ]);
    }
  });

  it('is one row for a group, with the sums of all nodes, and each worker once', async () => {
    const { two, clock } = await workedOn();
    const [row] = must(await two.broker.listShareGroups());
    expect(row).toMatchObject({
      group: 'g',
      state: 'Stable',
      workers: 1,
      lag: 6,
      inFlight: 3,
      inFlightLimit: 6_000,
      error: null,
    });
    expect(must(await two.broker.describeShareGroup('g'))).toMatchObject({ lag: 6, workers: 1 });
    expect(must(await two.broker.nodes.workers('g'))).toMatchObject({
      rows: [{ holder: 'w1', records: 3, waiting: 0 }],
      unreachable: [],
    });
    await clock.advance(10_000);
    expect(row?.blockedBy).toMatchObject({ topic: 't', offset: 0, holder: 'w1' });
  });

  it('says of a node that is away what cannot be told without it', async () => {
    const { one, peers } = await workedOn();
    peers.away.add(3);
    const [row] = must(await one.broker.listShareGroups());
    expect(row).toMatchObject({
      lag: null,
      inFlight: null,
      workers: 1,
      error: expect.stringContaining('Node 3 at http://10.0.0.3:8080'),
    });
    const unreachable = [{ nodeId: 3, httpUrl: 'http://10.0.0.3:8080', error: row?.error }];
    const windows = must(await one.broker.nodes.windows('g'));
    expect(windows.rows.map((each) => each.partition)).toEqual([0, 1]);
    expect(windows.unreachable).toEqual(unreachable);
    expect(must(await one.broker.nodes.workers('g'))).toMatchObject({ rows: [{ records: 2 }], unreachable });
  });

  it('is a record, its window, and a picture of it, wherever they are', async () => {
    const { one } = await workedOn();
    const place = { group: 'g', topic: 't', partition: 2 };
    expect(must(await one.broker.peek({ ...place, offset: 0 }))).toMatchObject({ state: 'acquired', holder: 'w1' });
    expect(must(await one.broker.windowPage({ ...place, fromOffset: null, limit: 10 })).runs).toHaveLength(1);
    const strips = must(
      await one.broker.live.strips({
        group: 'g',
        windows: [
          { topic: 't', partition: 2 },
          { topic: 't', partition: 0 },
          { topic: 't', partition: 1 },
        ],
        columns: 10,
        fromOffset: null,
        endOffset: null,
      }),
    );
    expect(strips.map((each) => each.partition)).toEqual([2, 0, 1]);
    expect(codeOf(await one.broker.peek({ ...place, partition: 7, offset: 0 }))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(codeOf(await one.broker.peek({ ...place, group: 'none', offset: 0 }))).toBe('GROUP_ID_NOT_FOUND');
  });

  it('is a topic with where each partition ends, as its owner knows, and its records', async () => {
    const { two } = await workedOn();
    const read = must(
      await two.broker.read({ topic: 't', partition: 0, startOffset: 0, maxRecords: 10, maxBytes: 10_000 }),
    );
    expect(read.logEndOffset).toBe(2);
    expect(must(await two.broker.describeTopic('t')).partitions.map((each) => each.logEndOffset)).toEqual([2, 2, 2]);
    expect(await two.broker.listTopics()).toHaveLength(1);
  });

  it('are archived records of all nodes, newest first, page by page', async () => {
    const { one, two, clock } = await workedOn();
    await clock.advance(31_000);
    const places: string[] = [];
    for (let index = 0; index < 6; index++) {
      const { ranges } = must(await one.acquire());
      places.unshift(...placesOf(ranges));
      await one.acknowledge('reject', leasesOf(ranges));
      await clock.advance(10);
    }
    const found: string[] = [];
    let after: string | null = null;
    do {
      const page: { records: readonly { partition: number; offset: number }[]; next: string | null } = must(
        await two.broker.archived({ group: 'g', topic: null, partition: null, after, limit: 2 }),
      );
      found.push(...page.records.map((each) => `${each.partition}/${each.offset}`));
      after = page.next;
    } while (after !== null);
    expect(found).toEqual(places);
  });
});

describe('what an operator does, at any node,', () => {
  it('pauses the group at all nodes, and resumes it', async () => {
    const { one, two, three } = await workedOn();
    must(await operatorAt(three).pause('g', true));
    for (const node of [one, two, three]) {
      expect(must(await node.acquire({ worker: 'w2' }))).toMatchObject({ ranges: [], emptyReason: 'paused' });
    }
    must(await operatorAt(two).pause('g', false));
    expect(must(await one.acquire({ worker: 'w2' })).ranges).toHaveLength(1);
  });

  it('tells the others of two changes in their order, though the first is slow on its way', async () => {
    const { one, two, three, peers } = await workedOn();
    peers.late.push({ method: 'groupChanged', turns: 5_000 }, { method: 'groupChanged', turns: 5_000 });
    const told = peers.count('groupChanged');
    const paused = operatorAt(one).pause('g', true);
    while (peers.count('groupChanged') === told) await Promise.resolve();
    must(await operatorAt(one).pause('g', false));
    must(await paused);
    for (const { local } of [one, two, three])
      expect(local.nodeCalls.storedShareGroup('g')).toMatchObject({ paused: false });
  });

  it('pauses a group that begins to read a topic at that moment, whichever comes first', async () => {
    const { one, two } = await threeNodes();
    for (let turns = 0; turns < 60; turns++) {
      const group = `g${turns}`;
      must(await one.local.nodeCalls.createShareGroup(group));
      const starting = one.acquire({ group });
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      must(await operatorAt(one).pause(group, true));
      must(await starting);
      for (const { local } of [one, two])
        expect(local.nodeCalls.storedShareGroup(group)).toMatchObject({ paused: true });
    }
  });

  it('changes the config of the group at all nodes', async () => {
    const { one, two, three } = await workedOn();
    must(await operatorAt(two).alterShareGroup('g', { 'share.delivery.count.limit': '2' }));
    for (const { local } of [one, two, three]) {
      expect(must(await local.describeShareGroup('g')).config['share.delivery.count.limit']?.value).toBe('2');
    }
    must(await operatorAt(two).alterGroupConfig('later', { 'share.delivery.count.limit': '3' }, false));
    expect(three.local.groupConfigs.configured).toEqual(['g', 'later']);
  });

  it('settles a range where its window is, and leaves one line in the audit', async () => {
    const { one, two } = await workedOn();
    const range = { group: 'g', topic: 't', partition: 2, firstOffset: 0, lastOffset: 1, reason: null, dryRun: false };
    expect(must(await operatorAt(one).settle({ ...range, type: 'reject' }))).toMatchObject({
      rejected: 1,
      locksTaken: 1,
    });
    const lines = must(await one.broker.auditPage({ group: 'g', after: null, limit: 10 })).lines;
    expect(lines.map((each) => each.action)).toEqual(['settle']);
    expect(must(await two.broker.auditPage({ group: 'g', after: null, limit: 10 })).lines).toEqual([]);
  });

  it('moves the start of all partitions, in their order', async () => {
    const { two, one } = await workedOn();
    const request = { group: 'g', topic: 't', partitions: null, to: 'latest', dryRun: false } as const;
    const rows = must(await operatorAt(two).reset({ ...request, dryRun: true }));
    expect(rows.map((row) => [row.partition, row.startOffsetBefore, row.startOffsetAfter])).toEqual([
      [0, 0, 2],
      [1, 0, 2],
      [2, 0, 2],
    ]);
    must(await operatorAt(two).reset(request));
    expect(must(await one.broker.describeShareGroup('g')).lag).toBe(0);
  });

  it('frees what a worker has at all nodes', async () => {
    const { two, one } = await workedOn();
    expect(must(await operatorAt(two).releaseWorker('g', 'w1'))).toEqual({ released: 3, archived: 0 });
    expect(must(await one.broker.nodes.workers('g'))).toEqual({ rows: [], unreachable: [] });
  });

  it('deletes the group at all nodes, unless somebody works in it at one of them', async () => {
    const { one, two, three, clock, produce } = await workedOn();
    expect(codeOf(await operatorAt(three).deleteShareGroup('g'))).toBe('NON_EMPTY_GROUP');
    must(await operatorAt(three).releaseWorker('g', 'w1'));
    const { ranges } = must(await two.acquire({ worker: 'w2' }));
    expect(ranges[0]?.partition).toBe(1);
    const refused = await operatorAt(three).deleteShareGroup('g');
    expect(codeOf(refused)).toBe('NON_EMPTY_GROUP');
    // It goes on everywhere as if nothing had been asked.
    expect(wordsOf(await one.acknowledge('accept', leasesOf(ranges)))).toEqual(['accepted']);
    must(await operatorAt(two).deleteShareGroup('g'));
    for (const { broker } of [one, two, three]) {
      expect(must(await broker.listShareGroups())).toEqual([]);
      expect(codeOf(await broker.windows('g'))).toBe('GROUP_ID_NOT_FOUND');
    }
    await produce(0, ['c']);
    expect(must(await three.acquire({ worker: 'w2', startFrom: 'earliest' })).lag).toBeGreaterThan(0);
    await clock.advance(0);
  });

  it('sets and forgets start offsets wherever their partitions are', async () => {
    const { two, three } = await workedOn();
    const wanted = [{ topic: 't', partitions: [2, 0, 9].map((partition) => ({ partition, startOffset: 1 })) }];
    expect(codeOf(await operatorAt(two).alterOffsets('g', wanted))).toBe('NON_EMPTY_GROUP');
    must(await operatorAt(two).releaseWorker('g', 'w1'));
    const altered = must(await operatorAt(two).alterOffsets('g', wanted));
    expect(altered[0]?.partitions.map((each) => [each.partition, each.startOffset, each.error?.code ?? null])).toEqual([
      [2, 1, null],
      [0, 1, null],
      [9, null, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ]);
    const described = must(await three.broker.shareOffsets.describe('g', [{ topic: 't', partitions: [1, 2, 0] }]));
    expect(described[0]?.partitions.map((each) => [each.partition, each.startOffset])).toEqual([
      [1, 0],
      [2, 1],
      [0, 1],
    ]);
    expect(must(await operatorAt(three).deleteOffsets('g', ['t']))).toMatchObject([{ topic: 't', error: null }]);
    expect(must(await two.broker.windows('g'))).toEqual([]);
    expect(must(await two.acquire({ startFrom: 'latest' })).lag).toBe(0);
  });

  it('on a group whose coordinator is away is to be tried again', async () => {
    const { two, peers } = await workedOn();
    peers.away.add(1);
    expect(codeOf(await operatorAt(two).pause('g', true))).toBe('BUSY');
  });
});
