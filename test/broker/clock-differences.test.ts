import { describe, expect, it } from 'vitest';
import { MemoryMetadata } from '../../src/store/memory-metadata.ts';
import { leasesOf, must, offsetsOf, startBroker, wordsOf } from './broker-fixture.ts';
import { FakeClock } from './fake-clock.ts';
import { FaultyLog, FaultyStore } from './faulty-outside.ts';
import { MemoryCluster } from './memory-cluster.ts';

const hourMs = 3_600_000;

/** Two nodes on one log and one store; the wall clock of the second differs by so much from that of the first, which owns `t` at first. */
async function twoClocks(differenceMs: number) {
  const cluster = new MemoryCluster();
  const shared = { log: new FaultyLog(), store: new FaultyStore(), metadata: new MemoryMetadata() };
  const clocks = [new FakeClock(), new FakeClock()] as const;
  clocks[1].jumpWall(differenceMs);
  // Nor do their monotonic clocks have anything in common.
  await clocks[1].advance(77_777);
  const one = await startBroker({ ...shared, cluster: cluster.node(1), clock: clocks[0] });
  const { topicId } = must(await one.broker.createTopic({ name: 't', partitions: 1, config: {} }));
  const partition = { topicId, partition: 0 };
  await cluster.give([partition], 1);
  must(await one.acquire());
  const two = await startBroker({ ...shared, cluster: cluster.node(2), clock: clocks[1] });
  const moveTo = (node: number): Promise<void> => cluster.give([partition], node);
  return { one, two, clocks, moveTo, steal: () => cluster.steal(partition, 2) };
}

describe.each([hourMs, -hourMs])('where the clocks of two nodes differ by %d ms', (differenceMs) => {
  it('a delay is off by the difference and no more, and nothing accepted comes back', async () => {
    const { one, two, clocks, moveTo } = await twoClocks(differenceMs);
    await one.produce('t', ['accepted', 'delayed', 'free']);
    const [accepted, delayed] = leasesOf(must(await one.acquire({ maxRecords: 2 })).ranges);
    expect(wordsOf(await one.acknowledge('accept', [accepted!]))).toEqual(['accepted']);
    expect(wordsOf(await one.acknowledge('release', [delayed!], { delayMs: 10_000 }))).toEqual(['released']);
    await moveTo(2);
    // A clock that is ahead is past the delay already, one that is behind has it all before it.
    expect(offsetsOf(must(await two.acquire({ maxRecords: 10 })).ranges)).toEqual(differenceMs > 0 ? [1, 2] : [2]);
    await clocks[1].advance(10_000 + hourMs);
    expect(offsetsOf(must(await two.acquire({ maxRecords: 10 })).ranges)).toEqual([1, 2]);
    expect(wordsOf(await two.acknowledge('accept', [accepted!]))).toEqual(['accepted again']);
  });

  it('a lock lasts as long at the node that takes over as at the one before', async () => {
    const { one, two, clocks, moveTo } = await twoClocks(differenceMs);
    await one.produce('t', ['a']);
    must(await one.acquire());
    await moveTo(2);
    expect(offsetsOf(must(await two.acquire()).ranges)).toEqual([0]);
    await clocks[1].advance(29_999);
    expect(offsetsOf(must(await two.acquire()).ranges)).toEqual([]);
    await clocks[1].advance(1);
    const again = must(await two.acquire()).ranges;
    expect(offsetsOf(again)).toEqual([0]);
    expect(again[0]?.deliveryCount).toBe(2);
  });

  it('the node that does not know of its loss is fenced, whatever its clock says', async () => {
    const { one, two, steal } = await twoClocks(differenceMs);
    await one.produce('t', ['a']);
    const held = leasesOf(must(await one.acquire()).ranges);
    await steal();
    const taken = leasesOf(must(await two.acquire()).ranges);
    expect(wordsOf(await one.acknowledge('accept', held))).toEqual(['NOT_OWNER']);
    expect(wordsOf(await two.acknowledge('accept', taken))).toEqual(['accepted']);
  });
});
