import { describe, expect, it } from 'vitest';
import { codeOf, isSettled, leasesOf, must, wordsOf } from '../broker/broker-fixture.ts';
import { settle } from '../broker/fake-clock.ts';
import { placesOf, threeNodes } from './three-nodes.ts';

describe('an acquire at any node', () => {
  it('gets records of every node, its own first', async () => {
    const { one, produce } = await threeNodes();
    for (const partition of [2, 1, 0]) await produce(partition, ['a']);
    const places: string[] = [];
    for (let index = 0; index < 3; index++) places.push(...placesOf(must(await one.acquire()).ranges));
    expect(places[0]).toBe('0/0');
    expect(places.sort()).toEqual(['0/0', '1/0', '2/0']);
    expect(must(await one.acquire())).toMatchObject({ ranges: [], emptyReason: 'all_locked', lag: 3 });
  });

  it('tells what is left to do at all nodes, also where one of them had records at once', async () => {
    const { one, produce, clock } = await threeNodes();
    await produce(0, ['a', 'b']);
    await produce(1, ['c', 'd', 'e']);
    await clock.advance(5_000);
    expect(must(await one.acquire())).toMatchObject({ ranges: [{ partition: 0 }], lag: 5, oldestAgeMs: 5_000 });
    await produce(2, ['f']);
    await clock.advance(1_001);
    // As they said a second ago; meanwhile they are asked.
    expect(must(await one.acquire({ worker: 'w2' })).lag).toBe(5);
    await settle();
    await produce(0, ['g']);
    expect(must(await one.acquire({ worker: 'w2' })).lag).toBe(7);
  });

  it('asks nobody else where its own node has records, but for one time in eight', async () => {
    const { one, produce, peers } = await threeNodes();
    await one.acquire();
    const texts = Array.from({ length: 16 }, () => 'a');
    await produce(0, texts);
    await produce(1, texts);
    peers.made.length = 0;
    const places: string[] = [];
    for (let index = 0; index < 16; index++) places.push(...placesOf(must(await one.acquire()).ranges));
    expect(places.filter((each) => each.startsWith('1/')).length).toBe(2);
    expect(peers.count('acquire')).toBeLessThanOrEqual(4);
  });

  it('gives all that its node took, also where several ranges lie in one batch that is as large as the answer may be', async () => {
    const { one, produce } = await threeNodes();
    await produce(0, ['a'.repeat(1_000), 'b', 'c', 'd', 'e']);
    const { ranges } = must(await one.acquire({ maxRecords: 5 }));
    const [first, second, third, fourth, fifth] = leasesOf(ranges);
    await one.acknowledge('reject', [second!, fourth!]);
    await one.acknowledge('release', [first!, third!, fifth!]);
    const again = must(await one.acquire({ maxRecords: 5, maxBytes: 1_200 }));
    expect(placesOf(again.ranges)).toEqual(['0/0', '0/2', '0/4']);
    expect(must(await one.acquire({ worker: 'w2' }))).toMatchObject({ ranges: [], emptyReason: 'all_locked' });
  });

  it('says which node could not be asked for a while, each time, and asks it again when the while is over', async () => {
    const { one, peers, produce, clock } = await threeNodes();
    must(await one.acquire());
    await produce(1, ['a']);
    peers.away.add(2);
    for (let index = 0; index < 3; index++) {
      const outcome = must(await one.acquire());
      expect(outcome.ranges).toEqual([]);
      expect(outcome.problem).toContain('Node 2 at http://10.0.0.2:8080 cannot be asked now');
    }
    peers.away.delete(2);
    await clock.advance(2_000);
    expect(placesOf(must(await one.acquire()).ranges)).toEqual(['1/0']);
  });

  it('starts the group in all partitions at one moment, before anybody is served', async () => {
    const { two, produce, one, topicId } = await threeNodes();
    await produce(0, ['old']);
    await produce(1, ['old']);
    expect(must(await two.acquire({ startFrom: 'latest' }))).toMatchObject({ ranges: [], lag: 0 });
    await produce(0, ['new']);
    await produce(1, ['new']);
    expect(must(await two.acquire()).ranges).toHaveLength(1);
    expect(must(await two.acquire()).ranges).toHaveLength(1);
    expect(must(await two.acquire()).ranges).toHaveLength(0);
    expect(one.local.nodeCalls.storedShareGroup('g')?.topics).toEqual({ [topicId]: 3 });
    expect(two.local.nodeCalls.storedShareGroup('g')?.topics).toEqual({ [topicId]: 3 });
  });

  it('makes no group where one node cannot say where it starts, and tells to ask again', async () => {
    const { two, peers, produce } = await threeNodes();
    await produce(0, ['a']);
    peers.away.add(3);
    const refused = await two.acquire();
    expect(codeOf(refused)).toBe('BUSY');
    expect(refused).toMatchObject({ error: { message: expect.stringContaining('Node 3 at http://10.0.0.3:8080') } });
    peers.away.delete(3);
    expect(placesOf(must(await two.acquire()).ranges)).toEqual(['0/0']);
  });
});

describe('a wait at any node', () => {
  it.each([0, 1, 2])('ends when something comes to partition %i, whoever owns it', async (partition) => {
    const { one, produce, clock } = await threeNodes();
    const waiting = one.acquire({ waitMs: 30_000 });
    expect(await isSettled(waiting)).toBe(false);
    await produce(partition, ['a']);
    expect(placesOf(must(await waiting).ranges)).toEqual([`${partition}/0`]);
    // Nobody waits any more at the other nodes: what comes there is for others.
    for (const other of [0, 1, 2].filter((each) => each !== partition)) await produce(other, ['b']);
    const counts = must(await one.broker.windows('g')).map((row) => row.counts.acquired);
    expect(counts.reduce((sum, each) => sum + each, 0)).toBe(1);
    await clock.advance(0);
  });

  it('ends with nothing when the time is up, with the lag of all nodes', async () => {
    const { one, three, produce, clock } = await threeNodes();
    await produce(1, ['a', 'b']);
    await produce(2, ['c']);
    for (let index = 0; index < 3; index++) must(await three.acquire({ worker: 'other' }));
    const waiting = one.acquire({ waitMs: 1_000 });
    await settle();
    await clock.advance(980);
    expect(await isSettled(waiting)).toBe(false);
    await clock.advance(60);
    expect(must(await waiting)).toMatchObject({ ranges: [], emptyReason: 'all_locked', lag: 3 });
  });

  it('that its client leaves has nothing locked, at any node, and nobody waits for it any more', async () => {
    const { one, two, produce } = await threeNodes();
    const client = new AbortController();
    const waiting = one.acquire({ waitMs: 30_000 }, client.signal);
    await settle();
    client.abort();
    expect(must(await waiting).ranges).toEqual([]);
    await settle();
    await produce(1, ['a']);
    expect(must(await two.acquire({ worker: 'w2' })).ranges[0]).toMatchObject({ partition: 1, deliveryCount: 1 });
    expect(must(await one.broker.nodes.workers('g')).rows.map((each) => each.holder)).toEqual(['w2']);
  });

  it('takes no more than it asked for when two nodes answer together: the rest is given back, uncounted', async () => {
    const { one, produce, log } = await threeNodes();
    const waiting = one.acquire({ waitMs: 30_000 });
    await settle();
    // Both are being read when both become deliverable.
    log.reads = 'hangs';
    await produce(1, ['a']);
    await produce(2, ['b']);
    log.reads = 'works';
    log.trouble.letGo();
    const first = must(await waiting).ranges;
    expect(first).toHaveLength(1);
    await settle();
    const second = must(await one.acquire({ worker: 'w2' })).ranges;
    expect(placesOf([...first, ...second]).sort()).toEqual(['1/0', '2/0']);
    expect(second[0]).toMatchObject({ deliveryCount: 1 });
  });

  it('goes on when partitions move in the middle of it', async () => {
    const { one, cluster, all, produce } = await threeNodes();
    const waiting = one.acquire({ waitMs: 30_000 });
    await settle();
    await cluster.give([all[1]!, all[2]!], 1);
    await cluster.give([all[0]!], 3);
    expect(await isSettled(waiting)).toBe(false);
    await produce(0, ['a']);
    expect(placesOf(must(await waiting).ranges)).toEqual(['0/0']);
  });

  it('goes on at the others when a node is away, and at that one when it is back', async () => {
    const { one, peers, produce, clock } = await threeNodes();
    must(await one.acquire());
    peers.away.add(2);
    const waiting = one.acquire({ waitMs: 30_000 });
    await settle();
    await produce(1, ['a']);
    await clock.advance(2_000);
    expect(await isSettled(waiting)).toBe(false);
    peers.away.delete(2);
    await clock.advance(1_000);
    expect(placesOf(must(await waiting).ranges)).toEqual(['1/0']);
  });

  it('that ends with nothing says which node could not be asked', async () => {
    const { one, peers, clock } = await threeNodes();
    must(await one.acquire());
    peers.away.add(2);
    const waiting = one.acquire({ waitMs: 1_000 });
    await settle();
    await clock.advance(1_500);
    const outcome = must(await waiting);
    expect(outcome).toMatchObject({ ranges: [], emptyReason: 'no_records' });
    expect(outcome.problem).toContain('Node 2 at http://10.0.0.2:8080 cannot be asked now');
  });

  it('at a node that stops is answered, at the others it goes on without that one', async () => {
    const { one, two, produce, clock } = await threeNodes();
    must(await one.acquire());
    const here = one.acquire({ waitMs: 30_000 });
    const there = two.acquire({ waitMs: 30_000 });
    await settle();
    await two.broker.drain();
    await settle();
    expect(must(await there)).toMatchObject({ ranges: [], emptyReason: 'draining' });
    expect(await isSettled(here)).toBe(false);
    await clock.advance(600);
    await produce(2, ['a']);
    expect(placesOf(must(await here).ranges)).toEqual(['2/0']);
  });
});

describe('acknowledgements at any node', () => {
  it('go to the owners of their leases, and come back in their order', async () => {
    const { one, three, produce } = await threeNodes();
    for (const partition of [0, 1, 2]) await produce(partition, ['a']);
    const leases = [];
    for (let index = 0; index < 3; index++) leases.push(...leasesOf(must(await one.acquire()).ranges));
    const [first, second, third] = leases;
    const answers = await three.acknowledge('accept', [third!, first!, second!]);
    expect(wordsOf(answers)).toEqual(['accepted', 'accepted', 'accepted']);
    const again = await one.acknowledge('accept', [third!, { ...first!, acquisition: 99 }]);
    expect(wordsOf(again)).toEqual(['accepted again', 'ALREADY_SETTLED']);
    expect(must(await one.broker.describeShareGroup('g')).lag).toBe(0);
  });

  it('tell of each lease whose node is away to try again, and settle the others', async () => {
    const { one, produce, peers, clock } = await threeNodes();
    for (const partition of [0, 1]) await produce(partition, ['a']);
    const leases = [...leasesOf(must(await one.acquire()).ranges), ...leasesOf(must(await one.acquire()).ranges)];
    peers.away.add(2);
    const answer = one.acknowledge('accept', leases);
    await settle();
    await clock.advance(2_000);
    expect(wordsOf(await answer).sort()).toEqual(['BUSY', 'accepted']);
  });

  it('say that the outcome is unknown where the node was asked and did not answer; asked again it is the same', async () => {
    const { one, produce, peers } = await threeNodes();
    await produce(1, ['a']);
    const leases = leasesOf(must(await one.acquire()).ranges);
    peers.mute.add(2);
    expect(wordsOf(await one.acknowledge('accept', leases))).toEqual(['OUTCOME_UNKNOWN']);
    peers.mute.delete(2);
    expect(wordsOf(await one.acknowledge('accept', leases))).toEqual(['accepted again']);
  });

  it('wait for the next owner where theirs is stopping, and tell whoever waited in vain to try again', async () => {
    const { one, two, produce, cluster, all, clock } = await threeNodes();
    await produce(0, ['a']);
    await produce(1, ['a']);
    const leases = [...leasesOf(must(await one.acquire()).ranges), ...leasesOf(must(await one.acquire()).ranges)];
    await two.local.stop();
    const inVain = one.acknowledge('accept', leases);
    await settle();
    await clock.advance(2_000);
    expect(wordsOf(await inVain).sort()).toEqual(['SHUTTING_DOWN', 'accepted']);
    const answer = one.acknowledge('accept', leases);
    await settle();
    await cluster.give([all[1]!], 3);
    // The lock ended with the node that held it.
    expect(wordsOf(await answer).sort()).toEqual(['LEASE_EXPIRED', 'accepted again']);
  });

  it('of a partition that has moved are refused by its new owner, not lost', async () => {
    const { one, produce, cluster, all } = await threeNodes();
    await produce(1, ['a']);
    const leases = leasesOf(must(await one.acquire()).ranges);
    await cluster.give([all[1]!], 3);
    expect(wordsOf(await one.acknowledge('accept', leases))).toEqual(['LEASE_EXPIRED']);
    expect(must(await one.acquire({ worker: 'w2' })).ranges[0]).toMatchObject({ partition: 1, deliveryCount: 1 });
  });
});

describe('a partition that nobody has for a moment', () => {
  it('is waited for by who starts a group in its topic', async () => {
    const { one, cluster, all, clock, produce } = await threeNodes({ partitions: 2 });
    await produce(0, ['a']);
    await cluster.take(all[1]!);
    const first = one.acquire();
    await clock.advance(1_000);
    expect(await isSettled(first)).toBe(false);
    await cluster.give([all[1]!], 2);
    await clock.advance(50);
    expect(placesOf(must(await first).ranges)).toEqual(['0/0']);
    await cluster.take(all[1]!);
    const second = one.acquire({ group: 'h' });
    await clock.advance(2_100);
    expect(codeOf(await second)).toBe('NOT_OWNER');
  });
});
