import { Redis } from 'ioredis';
import { type RedisServer, startRedis } from './redis-server.ts';
import { until } from './redis-fixture.ts';

const slots = 16_384;

/** A Redis Cluster of three primaries, each with a third of the slots. */
export async function startRedisCluster(): Promise<{
  readonly nodes: readonly RedisServer[];
  remove(): Promise<void>;
}> {
  const settings = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', appendfsync: 'no' };
  const nodes = await Promise.all([0, 1, 2].map(() => startRedis({ settings })));
  const clients = nodes.map(({ url }) => new Redis(url));
  try {
    for (const [index, client] of clients.entries()) {
      const first = Math.floor((index * slots) / 3);
      await client.call('CLUSTER', 'ADDSLOTSRANGE', first, Math.floor(((index + 1) * slots) / 3) - 1);
      await client.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]!.port);
    }
    for (const client of clients) {
      await until(async () => {
        const info = String(await client.call('CLUSTER', 'INFO'));
        if (!info.includes('cluster_state:ok') || !info.includes('cluster_known_nodes:3')) throw new Error(info);
      });
    }
  } finally {
    for (const client of clients) client.disconnect();
  }
  return {
    nodes,
    async remove() {
      await Promise.all(nodes.map((node) => node.remove()));
    },
  };
}
