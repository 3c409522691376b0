import { afterAll, afterEach, beforeAll } from 'vitest';
import { allReady } from './node-api.ts';
import { type KafkaServer, startKafka } from './kafka-server.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { type SashCluster, startSashCluster } from './sash-node.ts';
import { sharedKafka, uniqueName } from './shared-kafka.ts';

/** With `SASH_TEST_LONG=1` what is away is so for as long as a real trouble lasts; otherwise for as short as shows the same. */
export const lasting = (shortMs: number, longMs: number): number =>
  process.env['SASH_TEST_LONG'] === undefined ? shortMs : longMs;

/** Of the clusters here, `cluster.session.timeout.ms`. */
export const sessionTimeoutMs = 6_000;

/** For a test and what the nodes need to be well again. */
export const patienceMs = lasting(120_000, 300_000);

export interface Fixture {
  readonly cluster: SashCluster;
  readonly redis: RedisServer;
  /** Only where it is the file's own. */
  readonly kafka: KafkaServer;
}

/**
 * Two nodes for all tests of a file, with a Redis of their own; with `ownKafka` also a Kafka, which may be killed. After each test they
 * have to be well again by themselves.
 */
export function useCluster({ ownKafka = false, nodes = 2 } = {}): Fixture {
  let cluster: SashCluster | undefined;
  let redis: RedisServer | undefined;
  let kafka: KafkaServer | undefined;
  const found = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error('it was not started');
    return thing;
  };
  beforeAll(async () => {
    redis = await startRedis();
    if (ownKafka) kafka = await startKafka();
    const bootstrap = kafka?.bootstrap ?? (await sharedKafka());
    cluster = await startSashCluster({ kafka: bootstrap, redis: redis.url, name: uniqueName('cluster'), nodes });
    await allReady(cluster);
  });
  afterEach(async () => allReady(found(cluster), patienceMs), patienceMs);
  afterAll(async () => {
    await cluster?.remove();
    await kafka?.remove();
    await redis?.remove();
  });
  return {
    get cluster() {
      return found(cluster);
    },
    get redis() {
      return found(redis);
    },
    get kafka() {
      return found(kafka);
    },
  };
}
