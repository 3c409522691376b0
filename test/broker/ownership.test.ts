import { newTopicId } from '../../src/system/topic-ids.ts';
import { describe, expect, it } from 'vitest';
import type { TopicPartition } from '../../src/core/ids.ts';
import type { Fault } from '../../src/ports/fault.ts';
import { MemoryMetadata } from '../../src/store/memory-metadata.ts';
import { codeOf, isSettled, leasesOf, must, offsetsOf, startBroker, wordsOf } from './broker-fixture.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { FaultyLog, FaultyStore, faultOf } from './faulty-outside.ts';
import { MemoryCluster } from './memory-cluster.ts';

/** Two brokers on one log and one store. Node 1 owns all partitions of topic `t`, coordinates all groups, and has read `t` in group `g`. */
async function twoNodes(partitions = 2) {
  const cluster = new MemoryCluster();
  const shared = {
    log: new FaultyLog(),
    store: new FaultyStore(),
    metadata: new MemoryMetadata(),
    clock: new FakeClock(),
  };
  const one = await startBroker({ ...shared, cluster: cluster.node(1) });
  const { topicId } = must(await one.broker.createTopic({ name: 't', partitions, config: {} }));
  const all = Array.from({ length: partitions }, (_, partition): TopicPartition => ({ topicId, partition }));
  await cluster.give(all, 1);
  must(await one.acquire());
  const two = await startBroker({ ...shared, cluster: cluster.node(2) });
  return { cluster, ...shared, one, two, all, topicId, at: (partition: number) => all[partition]! };
}

const partitionsOf = (rows: readonly { readonly partition: number }[]): number[] => rows.map((each) => each.partition);

describe('a node among several', () => {
  it('hands out records of its own partitions alone', async () => {
    const { cluster, one, two, at } = await twoNodes();
    await one.produce('t', ['a'], 0);
    await one.produce('t', ['b'], 1);
    await cluster.give([at(1)], 2);
    expect(partitionsOf(must(await one.acquire({ maxRecords: 10 })).ranges)).toEqual([0]);
    expect(partitionsOf(must(await two.acquire({ maxRecords: 10 })).ranges)).toEqual([1]);
    expect(partitionsOf(must(await one.broker.windows('g')))).toEqual([0]);
    expect(partitionsOf(must(await two.broker.windows('g')))).toEqual([1]);
  });

  it('refuses what is asked of the partitions of another node, and names it', async () => {
    const { cluster, one, two, at, topicId } = await twoNodes();
    await one.produce('t', ['a'], 1);
    await cluster.give([at(1)], 2);
    const leases = leasesOf(must(await two.acquire()).ranges);
    const window = { group: 'g', topic: 't', partition: 1 };
    const outcomes = [
      await one.broker.peek({ ...window, offset: 0 }),
      await one.broker.windowPage({ ...window, fromOffset: null, limit: 10 }),
      await one.broker.settle({
        ...window,
        firstOffset: 0,
        lastOffset: 0,
        type: 'accept',
        reason: null,
        dryRun: false,
      }),
      await one.broker.reset({ group: 'g', topic: 't', partitions: [1], to: 'earliest', dryRun: false }),
      await one.broker.read({ topic: 't', partition: 1, startOffset: 0, maxRecords: 1, maxBytes: 1_000 }),
      await one.broker.shareOffsets.describe('g', [{ topic: 't', partitions: [1] }]),
      one.broker.logs.bounds(at(1)),
      await two.broker.nodeCalls.startedShareGroupTopic('g', topicId, 3),
    ];
    expect(outcomes.map(codeOf)).toEqual([...Array.from({ length: 7 }, () => 'NOT_OWNER'), 'NOT_COORDINATOR']);
    expect(wordsOf(await one.acknowledge('accept', leases))).toEqual(['NOT_OWNER']);
    expect(outcomes[0]).toMatchObject({
      error: { message: 't-1 is owned by node 2 (http://10.0.0.2:8080); ask there.' },
    });
    expect(wordsOf(await two.acknowledge('accept', leases))).toEqual(['accepted']);
  });

  it('refuses an acquire of topics of which it owns nothing', async () => {
    const { two } = await twoNodes();
    expect(codeOf(await two.acquire({ waitMs: 10_000 }))).toBe('NOT_OWNER');
  });

  it('changes only groups that it coordinates', async () => {
    const { cluster, two, at } = await twoNodes();
    await cluster.give([at(1)], 2);
    expect(codeOf(await two.acquire({ group: 'new' }))).toBe('NOT_COORDINATOR');
    expect(codeOf(await two.broker.pause('g', true))).toBe('NOT_COORDINATOR');
    expect(codeOf(await two.broker.alterShareGroup('g', { 'share.delivery.count.limit': '3' }))).toBe(
      'NOT_COORDINATOR',
    );
    expect(codeOf(await two.broker.deleteShareGroup('g'))).toBe('NOT_COORDINATOR');
  });
});

describe('a partition that changes hands', () => {
  it('goes on where it was: what was accepted stays so, what was locked is free', async () => {
    const { cluster, one, two, at } = await twoNodes(1);
    await one.produce('t', ['a', 'b', 'c']);
    const leases = leasesOf(must(await one.acquire({ maxRecords: 2 })).ranges);
    expect(wordsOf(await one.acknowledge('accept', leases.slice(0, 1)))).toEqual(['accepted']);
    await cluster.give([at(0)], 2);
    expect(wordsOf(await one.acknowledge('accept', leases.slice(1)))).toEqual(['NOT_OWNER']);
    expect(wordsOf(await two.acknowledge('accept', leases.slice(1)))).toEqual(['LEASE_EXPIRED']);
    expect(offsetsOf(must(await two.acquire({ maxRecords: 10 })).ranges)).toEqual([1, 2]);
  });

  it('answers who waits for it, and lets others wait', async () => {
    const { cluster, one, at } = await twoNodes();
    const waiting = one.acquire({ waitMs: 30_000 });
    expect(await isSettled(waiting)).toBe(false);
    await cluster.give([at(1)], 2);
    expect(codeOf(await waiting)).toBe('NOT_OWNER');
    const again = one.acquire({ waitMs: 30_000 });
    expect(await isSettled(again)).toBe(false);
    await one.produce('t', ['a'], 0);
    expect(offsetsOf(must(await again).ranges)).toEqual([0]);
  });

  it('has those who wait ask again when this node gets more of their topic', async () => {
    const { cluster, one, at } = await twoNodes();
    await cluster.give([at(1)], 2);
    const waiting = one.acquire({ waitMs: 30_000 });
    await settle();
    await cluster.give([at(1)], 1);
    expect(must(await waiting).ranges).toEqual([]);
  });

  it('is opened at once, which fences who had it before', async () => {
    const { cluster, one, two, at, clock } = await twoNodes(1);
    await one.produce('t', ['a', 'b']);
    const leases = leasesOf(must(await one.acquire({ maxRecords: 1 })).ranges);
    await cluster.steal(at(0), 2);
    await settle();
    cluster.node(1).beats = false;
    expect(wordsOf(await one.acknowledge('accept', leases))).toEqual(['NOT_OWNER']);
    // It would take it back by loading it.
    expect(wordsOf(await one.acknowledge('accept', leases))).toEqual(['NOT_OWNER']);
    const theirs = leasesOf(must(await two.acquire({ maxRecords: 2 })).ranges);
    expect(theirs.map((each) => each.offset)).toEqual([0, 1]);
    await clock.advance(1_000);
    expect(wordsOf(await two.acknowledge('accept', theirs))).toEqual(['accepted', 'accepted']);
  });

  it('waits until log and store are there again, and says meanwhile that it is being taken over', async () => {
    const { cluster, one, two, at, store, clock } = await twoNodes(1);
    await one.produce('t', ['a']);
    store.lists = 'fails';
    const given = cluster.give([at(0)], 2);
    await settle();
    const refused = await two.acquire();
    expect(codeOf(refused)).toBe('NOT_OWNER');
    expect(refused).toMatchObject({
      error: { message: 't-0 is being taken over by this node at this moment; ask again.' },
    });
    store.lists = 'works';
    await clock.advance(500);
    await given;
    expect(offsetsOf(must(await two.acquire()).ranges)).toEqual([0]);
  });

  it('is not told as changed before the write under way has come out', async () => {
    const { cluster, one, two, at, store } = await twoNodes(1);
    await one.produce('t', ['a']);
    const leases = leasesOf(must(await one.acquire()).ranges);
    store.writes = 'hangs';
    const accepted = one.acknowledge('accept', leases);
    await settle();
    const given = cluster.give([at(0)], 2);
    expect(await isSettled(given)).toBe(false);
    store.trouble.letGo();
    expect(wordsOf(await accepted)).toEqual(['accepted']);
    await given;
    expect(must(await two.acquire()).ranges).toEqual([]);
  });
});

describe('a node whose last heartbeat is too long ago', () => {
  it('hands out nothing, settles what was handed out, and goes on when it beats again', async () => {
    const { cluster, one } = await twoNodes(1);
    await one.produce('t', ['a', 'b']);
    const leases = leasesOf(must(await one.acquire()).ranges);
    cluster.node(1).beats = false;
    expect(must(await one.acquire())).toMatchObject({
      ranges: [],
      problem: 'Nothing of t-0 is handed out at this moment: the nodes are settling who has it. Ask again.',
    });
    expect(wordsOf(await one.acknowledge('accept', leases))).toEqual(['accepted']);
    const waiting = one.acquire({ waitMs: 30_000 });
    expect(await isSettled(waiting)).toBe(false);
    cluster.node(1).beats = true;
    await cluster.node(1).tell({ gained: [], lost: [] });
    expect(offsetsOf(must(await waiting).ranges)).toEqual([1]);
  });

  it('hands out nothing when the store has lost state, also to those who wait', async () => {
    let trouble: Fault | undefined;
    const health = { busyMs: () => 0, probe: async () => {}, trouble: () => trouble };
    const { broker, acquire, produce } = await startBroker({ health });
    must(await broker.createTopic({ name: 't', partitions: 1, config: {} }));
    const waiting = acquire({ waitMs: 30_000 });
    await settle();
    trouble = faultOf('STATE_LOST', 'refused', 'read');
    await produce('t', ['a']);
    expect(await isSettled(waiting)).toBe(false);
    expect(codeOf(await acquire())).toBe('STATE_LOST');
    trouble = undefined;
    await produce('t', ['b']);
    expect(offsetsOf(must(await waiting).ranges)).toEqual([0]);
  });

  it('hands out nothing that it was reading meanwhile', async () => {
    const { cluster, one, log } = await twoNodes(1);
    await one.produce('t', ['a']);
    log.reads = 'hangs';
    const asked = one.acquire();
    await settle();
    cluster.node(1).beats = false;
    log.trouble.letGo();
    expect(must(await asked).ranges).toEqual([]);
  });
});

describe('a group that starts in a topic over several nodes', () => {
  it('starts in each part at its owner, and is known to read the topic when all have started', async () => {
    const { cluster, one, two, at, topicId, metadata } = await twoNodes();
    await cluster.give([at(1)], 2);
    await one.produce('t', ['a', 'b'], 1);
    must(await one.broker.alterShareGroup('late', {}));
    const stored = (await metadata.loadAll()).groups.find((each) => each.group === 'late')!;
    expect(must(await one.broker.nodeCalls.openShareGroupTopic(stored, topicId, 'latest'))).toEqual([0]);
    expect(must(await two.broker.nodeCalls.openShareGroupTopic(stored, topicId, 'latest'))).toEqual([1]);
    expect((await metadata.loadAll()).groups.find((each) => each.group === 'late')?.topics).toEqual({});
    must(await one.broker.nodeCalls.startedShareGroupTopic('late', topicId, 2));
    expect((await metadata.loadAll()).groups.find((each) => each.group === 'late')?.topics).toEqual({ [topicId]: 2 });
    await one.produce('t', ['c'], 1);
    expect(offsetsOf(must(await two.acquire({ group: 'late', maxRecords: 10 })).ranges)).toEqual([2]);
  });

  it('starts nowhere at a node that has not heard of the topic yet, which is no reason to refuse the group', async () => {
    const { one, two, metadata } = await twoNodes();
    must(await one.broker.alterShareGroup('late', {}));
    const stored = (await metadata.loadAll()).groups.find((each) => each.group === 'late')!;
    expect(must(await two.broker.nodeCalls.openShareGroupTopic(stored, newTopicId(), 'latest'))).toEqual([]);
  });

  it('is told what its coordinator changes', async () => {
    const { cluster, two, at, one, metadata } = await twoNodes();
    await cluster.give([at(1)], 2);
    await one.produce('t', ['a'], 1);
    must(await one.broker.pause('g', true));
    const stored = (await metadata.loadAll()).groups[0]!;
    must(await two.broker.nodeCalls.shareGroupChanged(stored.group, stored));
    const waiting = two.acquire({ waitMs: 30_000 });
    expect(await isSettled(waiting)).toBe(false);
    must(await two.broker.nodeCalls.shareGroupChanged(stored.group, { ...stored, paused: false }));
    expect(offsetsOf(must(await waiting).ranges)).toEqual([0]);
    expect(codeOf(await two.broker.nodeCalls.closeShareGroup('g', null))).toBe('NON_EMPTY_GROUP');
    must(await two.broker.nodeCalls.shareGroupChanged(stored.group, null));
    expect(codeOf(await two.broker.windows('g'))).toBe('GROUP_ID_NOT_FOUND');
  });
});
