import { type KafkaServer, startKafka } from '../cluster/kafka-server.ts';
import { type RedisServer, startRedis } from '../cluster/redis-server.ts';
import { startSashCluster } from '../cluster/sash-node.ts';
import { type BrokerStart, brokerSettings, type RunningBroker } from './broker-process.ts';

/** What all clusters of a run share: a Kafka without share groups and a Redis, started with the first. */
let outside: Promise<{ readonly kafka: KafkaServer; readonly redis: RedisServer }> | undefined;
let clusters = 0;

const startOutside = async (): Promise<{ readonly kafka: KafkaServer; readonly redis: RedisServer }> => {
  const redis = await startRedis();
  return { kafka: await startKafka(), redis };
};

/** Two nodes of sash. `killAndRestart` kills both. */
export async function startCluster({ folder, settings, defaults = false }: BrokerStart): Promise<RunningBroker> {
  outside ??= startOutside();
  const { kafka, redis } = await outside;
  const cluster = await startSashCluster({
    kafka: kafka.bootstrap,
    redis: redis.url,
    name: `interop-${++clusters}`,
    folder,
    settings: { ...(defaults ? {} : brokerSettings), ...settings },
  });
  const all = async (what: 'kill' | 'start' | 'stop'): Promise<void> => {
    await Promise.all(cluster.nodes.map((node) => node[what]()));
  };
  return {
    bootstrap: cluster.bootstrap,
    ports: cluster.nodes.map(({ kafkaPort }) => kafkaPort),
    pid: cluster.node(0).pid,
    async killAndRestart() {
      await all('kill');
      await all('start');
    },
    stop: () => all('stop'),
    killNow: () => cluster.killNow(),
  };
}
