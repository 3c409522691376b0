import { ClusterBroker } from '../../src/cluster/cluster-broker.ts';
import type { AcquireRequest, AcquiredRange, Acknowledgement, LeaseRef } from '../../src/broker/requests.ts';
import { type TopicPartition, holderOf } from '../../src/core/ids.ts';
import { MemoryMetadata } from '../../src/store/memory-metadata.ts';
import { must, startBroker } from '../broker/broker-fixture.ts';
import { FakeClock, settle } from '../broker/fake-clock.ts';
import { FaultyLog, FaultyStore } from '../broker/faulty-outside.ts';
import { MemoryCluster } from '../broker/memory-cluster.ts';
import { DirectPeers } from './direct-peers.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Three nodes on one log, one store and one metadata store, in one process: node 1 coordinates all groups, and of the topic `t` node 1 owns
 * partition 0, node 2 partition 1, node 3 partition 2, and so on.
 */
export async function threeNodes({ partitions = 3 } = {}) {
  const cluster = new MemoryCluster();
  const peers = new DirectPeers();
  const clock = new FakeClock();
  const shared = { log: new FaultyLog(), store: new FaultyStore(), metadata: new MemoryMetadata(), clock };
  const first = await startBroker({ ...shared, cluster: cluster.node(1) });
  const { topicId } = must(await first.broker.createTopic({ name: 't', partitions, config: {} }));
  const all = Array.from({ length: partitions }, (_, partition): TopicPartition => ({ topicId, partition }));
  const started = [
    first,
    await startBroker({ ...shared, cluster: cluster.node(2) }),
    await startBroker({ ...shared, cluster: cluster.node(3) }),
  ];

  const nodes = started.map((each, index) => {
    const node = cluster.node(index + 1);
    const broker = new ClusterBroker({
      broker: each.broker,
      cluster: node,
      peers: peers.of(index + 1),
      clock,
      logger: silent,
    });
    peers.join(index + 1, broker.peerCalls);
    const acquire = (
      { worker = 'w1', ...change }: Partial<AcquireRequest> & { worker?: string } = {},
      signal: AbortSignal | null = null,
    ) =>
      broker.acquire(
        {
          group: 'g',
          topics: ['t'],
          holder: holderOf('http', worker),
          maxRecords: 1,
          maxBytes: 1_048_576,
          waitMs: 0,
          lockDurationMs: null,
          acquireMode: 'record_limit',
          startFrom: 'earliest',
          ...change,
        },
        signal,
      );
    const acknowledge = async (type: Acknowledgement['type'], leases: readonly LeaseRef[]) =>
      must(
        await broker.acknowledge(
          'g',
          leases.map((lease) => ({ lease, type })),
        ),
      );
    return { nodeId: index + 1, local: each.broker, broker, acquire, acknowledge };
  });
  for (const [index, partition] of all.entries()) await cluster.give([partition], (index % 3) + 1);

  /** Into a partition, through its owner, which hears of it at once. */
  const produce = async (partition: number, texts: readonly string[]): Promise<void> => {
    const owner = cluster.ownerOf(all[partition]!) ?? 1;
    await started[owner - 1]!.produce('t', texts, partition);
    await settle();
  };

  const [one, two, three] = nodes;
  return { cluster, peers, ...shared, all, topicId, produce, one: one!, two: two!, three: three! };
}

/** As `partition/offset`, in the order in which they came. */
export const placesOf = (ranges: readonly AcquiredRange[]): string[] =>
  ranges.flatMap(({ partition, firstOffset, lastOffset }) =>
    Array.from({ length: lastOffset - firstOffset + 1 }, (_, index) => `${partition}/${firstOffset + index}`),
  );
