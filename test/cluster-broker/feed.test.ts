import { describe, expect, it } from 'vitest';
import type { FeedChange } from '../../src/broker/feed-change.ts';
import { codeOf, leasesOf, must } from '../broker/broker-fixture.ts';
import { settle } from '../broker/fake-clock.ts';
import { threeNodes } from './three-nodes.ts';

type Fixture = Awaited<ReturnType<typeof threeNodes>>;

/** Somebody who watches at a node. */
const watch = async ({ broker }: Fixture['one'], group: string | null) => {
  const changes: FeedChange[] = [];
  const told = { hasEnded: false, lastId: '' };
  const watching = must(
    await broker.live.feed.watch(group, null, {
      take: (entries) => {
        for (const { id, change } of entries) {
          changes.push(change);
          told.lastId = id;
        }
        return true;
      },
      end: () => void (told.hasEnded = true),
    }),
  );
  return { told, watching, taken: () => changes.splice(0) };
};

const windowsIn = (changes: readonly FeedChange[]) =>
  changes.flatMap((each) =>
    each.kind === 'window' ? [`${each.row.partition} at ${each.row.node}: ${each.row.lag}`] : [],
  );

describe('who watches a group at any node', () => {
  it('sees the windows of all nodes, and what changes in them', async () => {
    const { one, two, produce, clock } = await threeNodes();
    must(await one.acquire());
    const { taken, watching } = await watch(two, 'g');
    const [snapshot] = taken();
    expect(snapshot).toMatchObject({
      kind: 'group-overview',
      unreachable: [],
      group: { group: 'g', lag: 0, error: null },
      windows: [
        { partition: 0, node: 1 },
        { partition: 1, node: 2 },
        { partition: 2, node: 3 },
      ],
    });
    await produce(2, ['a', 'b']);
    await clock.advance(250);
    const changes = taken();
    expect(windowsIn(changes)).toEqual(['2 at 3: 2']);
    expect(changes.find((each) => each.kind === 'group')).toMatchObject({ row: { lag: 2 } });
    must(await one.acquire());
    await clock.advance(1_250);
    expect(taken().find((each) => each.kind === 'workers')).toMatchObject({ workers: [{ holder: 'w1', records: 1 }] });
    watching.leave();
  });

  it('is told nothing while nothing happens, and asks nobody when it has gone', async () => {
    const { one, two, clock, peers } = await threeNodes();
    must(await one.acquire());
    const { taken, watching } = await watch(two, 'g');
    await clock.advance(1_000);
    taken();
    await clock.advance(3_000);
    expect(taken()).toEqual([]);
    expect(peers.count('changes')).toBeGreaterThan(10);
    watching.leave();
    peers.made.length = 0;
    await clock.advance(3_000);
    expect(peers.count('changes')).toBe(0);
  });

  it('sees a window move to another node', async () => {
    const { one, two, clock, cluster, all } = await threeNodes();
    must(await one.acquire());
    const { taken } = await watch(two, 'g');
    taken();
    await cluster.give([all[2]!], 1);
    await settle();
    await clock.advance(500);
    expect(windowsIn(taken()).at(-1)).toBe('2 at 1: 0');
  });

  it('is told of a node that is away, and goes on seeing what it told last', async () => {
    const { one, two, clock, peers, produce } = await threeNodes();
    must(await one.acquire());
    const { taken } = await watch(two, 'g');
    taken();
    peers.away.add(3);
    await produce(0, ['a']);
    await clock.advance(500);
    const changes = taken();
    expect(windowsIn(changes)).toEqual(['0 at 1: 1']);
    expect(changes.findLast((each) => each.kind === 'group')).toMatchObject({
      row: { lag: null, error: expect.stringContaining('Node 3') },
    });
    const node = { nodeId: 3, httpUrl: 'http://10.0.0.3:8080', error: expect.stringContaining('Node 3') };
    expect(changes.filter((each) => each.kind === 'unreachable')).toEqual([{ kind: 'unreachable', nodes: [node] }]);
    const { taken: later } = await watch(two, 'g');
    expect(later()[0]).toMatchObject({ unreachable: [node] });
    peers.away.delete(3);
    await clock.advance(500);
    const back = taken();
    expect(back.findLast((each) => each.kind === 'group')).toMatchObject({ row: { lag: 1, error: null } });
    expect(back.filter((each) => each.kind === 'unreachable')).toEqual([{ kind: 'unreachable', nodes: [] }]);
  });

  it('is told at the beginning of a node that is away, or has not answered yet, whose windows are missing', async () => {
    const { one, two, three, clock, peers } = await threeNodes();
    must(await one.acquire());
    peers.away.add(3);
    const { taken } = await watch(two, 'g');
    expect(taken()[0]).toMatchObject({ windows: [{ node: 1 }, { node: 2 }], unreachable: [{ nodeId: 3 }] });
    peers.away.delete(3);
    const slow = Promise.withResolvers<void>();
    const answer = three.broker.peerCalls.changes;
    peers.join(3, { ...three.broker.peerCalls, changes: (...args) => slow.promise.then(() => answer(...args)) });
    const all = watch(one, null);
    await settle();
    await clock.advance(1_000);
    const { taken: overview } = await all;
    expect(overview()[0]).toMatchObject({
      unreachable: [{ nodeId: 3, error: 'Node 3 at http://10.0.0.3:8080 has not answered yet.' }],
    });
    slow.resolve();
    await clock.advance(1_000);
    expect(overview().filter((each) => each.kind === 'unreachable')).toEqual([{ kind: 'unreachable', nodes: [] }]);
  });

  it('is told when an operator does something at another node, once', async () => {
    const { one, two, three, clock } = await threeNodes();
    must(await one.acquire());
    const { taken } = await watch(two, 'g');
    taken();
    must(await three.broker.operator({ door: 'http', from: '::1' }).pause('g', true));
    await clock.advance(1_000);
    const changes = taken();
    expect(changes.filter((each) => each.kind === 'audit')).toMatchObject([{ line: { action: 'pause' } }]);
    expect(changes.findLast((each) => each.kind === 'group')).toMatchObject({ row: { paused: true } });
  });

  it('is told that it was deleted, and its stream ends', async () => {
    const { one, two, clock } = await threeNodes();
    must(await one.acquire());
    const { taken, told } = await watch(two, 'g');
    taken();
    must(await one.broker.operator({ door: 'http', from: '::1' }).deleteShareGroup('g'));
    await clock.advance(250);
    expect(taken().at(-1)).toEqual({ kind: 'group-deleted', group: 'g' });
    expect(told.hasEnded).toBe(true);
    const again = await two.broker.live.feed.watch('g', null, { take: () => true, end: () => {} });
    expect(codeOf(again)).toBe('GROUP_ID_NOT_FOUND');
  });

  it('ends when its node stops', async () => {
    const { one, two } = await threeNodes();
    must(await one.acquire());
    const { told } = await watch(two, 'g');
    await two.broker.drain();
    expect(told.hasEnded).toBe(true);
  });
});

describe('who watches all at any node', () => {
  it('sees groups and topics with what all nodes have', async () => {
    const { one, three, produce, clock } = await threeNodes();
    must(await one.acquire());
    await produce(1, ['a']);
    const { taken } = await watch(three, null);
    expect(taken()[0]).toMatchObject({
      kind: 'overview',
      groups: [{ group: 'g', lag: 1 }],
      topics: [{ name: 't', partitions: [{ logEndOffset: 0 }, { logEndOffset: 1 }, { logEndOffset: 0 }] }],
    });
    await one.acknowledge('accept', leasesOf(must(await one.acquire()).ranges));
    await clock.advance(1_000);
    expect(taken().findLast((each) => each.kind === 'group')).toMatchObject({ row: { lag: 0 } });
  });
});
