import { BackgroundOperations } from './broker/background/background-operations.ts';
import type { OperationSite } from './broker/background/operation-site.ts';
import { Broker } from './broker/broker.ts';
import { CallServer } from './cluster/call-server.ts';
import { ClusterBroker } from './cluster/cluster-broker.ts';
import { KafkaCluster } from './cluster/kafka-cluster.ts';
import { memberFile, noLastMember } from './cluster/member-file.ts';
import { HttpPeers } from './cluster/peers.ts';
import { type Backend, brokerSettings, selfOf } from './compose-doors.ts';
import { composeOutside } from './compose-outside.ts';
import type { Config } from './config.ts';
import type { KafkaClient } from './kafka-client/kafka-client.ts';
import { KafkaLog } from './log/kafka-log.ts';
import { KafkaProducer } from './log/kafka-producer.ts';
import { Fault } from './ports/fault.ts';
import type { Logger } from './ports/logger.ts';
import type { StorageHealth } from './ports/storage-health.ts';
import { FolderLock } from './sqlite/folder-lock.ts';
import { BullmqOperationQueue } from './store/bullmq-operation-queue.ts';
import { ClusterMetadata } from './store/cluster-metadata.ts';
import { KafkaTopics } from './store/kafka-topics.ts';
import { RedisAudit } from './store/redis-audit.ts';
import { RedisMetadata } from './store/redis-metadata.ts';
import { RedisRequestKeys } from './store/redis-request-keys.ts';
import { RedisStore } from './store/redis-store.ts';
import type { RedisConnection } from './store/redis/connection.ts';
import { systemClock as clock } from './system/system-clock.ts';
import { newTopicId } from './system/topic-ids.ts';

/** As Kafka's producers keep what they know of a producer id (`transactional.id.expiration.ms` does not count here). */
const requestKeyRetentionMs = 86_400_000;

interface Outside {
  readonly logger: Logger;
  readonly died: (error: Error) => void;
}

/** Several nodes: the records are in a Kafka, the state is in a Redis, and the nodes share the partitions. */
export async function composeCluster(config: Config, { logger, died }: Outside): Promise<Backend> {
  const folder = lockFolder(config['data.dir'], logger);
  const outside = composeOutside(config, logger);
  const { client, redis, loss, serverCheck } = outside;
  try {
    logger.info({}, `connecting to Kafka at ${config['log.kafka.bootstrap.servers'].join(', ')}, then to Redis`);
    await outside.start();
    const keys = new RedisRequestKeys(redis, { clock, requestKeyRetentionMs });
    const producer = new KafkaProducer({ client, keys, clock, logger });
    const log = new KafkaLog(client, producer, { cacheBytes: config['log.cache.bytes'] }, { clock, logger });
    await log.start();
    const store = new RedisStore(redis, loss);
    const topics = new KafkaTopics(
      { client, clock, logger },
      { replicationFactor: config['log.kafka.replication.factor'] },
    );
    const metadata = new ClusterMetadata(topics, new RedisMetadata(redis, { clock, loss }));
    const audit = new RedisAudit(redis);
    const cluster = new KafkaCluster(
      {
        name: config['cluster.name'],
        sessionTimeoutMs: config['cluster.session.timeout.ms'],
        heartbeatIntervalMs: config['cluster.heartbeat.interval.ms'],
        maxTableBytes: 700_000,
        self: selfOf(config, undefined),
      },
      {
        client,
        clock,
        logger,
        lastMember: folder === undefined ? noLastMember : memberFile(config['data.dir'], logger),
      },
    );
    loss.onAccepted(() => cluster.reopen());
    // Of a topic that came about before the others knew of this node nobody has told it.
    cluster.watch(async () => void client.refresh().catch(() => {}));
    const health = healthOf(redis, client, cluster, () => [
      ...(folder === undefined ? [noFolder] : []),
      ...serverCheck.warnings,
    ]);
    const broker = new Broker(
      { clock, logger, log, store, metadata, audit, health, cluster, newTopicId },
      brokerSettings(config),
    );
    await broker.start();
    const peerSettings = {
      nodeId: config['node.id'],
      clusterId: Buffer.from(broker.clusterId).toString('base64url'),
      secret: await metadata.secret('cluster', 32),
    };
    const peers = new HttpPeers(peerSettings, clock);
    // After the broker has started: it is told of changes before the nodes' common broker is.
    const clusterBroker = new ClusterBroker({ broker, cluster, peers, clock, logger });
    const queue = new BullmqOperationQueue({ redis, clock, logger });
    const site: OperationSite = {
      ...clusterBroker.operations,
      live: broker.live,
      nodeCalls: broker.nodeCalls,
      windows: (group) => clusterBroker.windows(group),
      windowPage: (request) => clusterBroker.windowPage(request),
      operator: (asker) => clusterBroker.operator(asker),
    };
    const operations = new BackgroundOperations({ site, queue, clock, logger });
    return {
      broker: clusterBroker,
      operations,
      cluster,
      internalCalls: new CallServer(clusterBroker.peerCalls, peerSettings, { clock, logger }),
      clusterId: broker.clusterId,
      measures: {
        broker: () => broker.measure(),
        storage: async () => redis.measure(),
        forwarded: () => peers.measure(),
      },
      // Only now: the others ask this node as soon as they know of it.
      listening: (addresses) => {
        const joined = cluster.start(selfOf(config, addresses));
        joined.then(() => operations.start()).catch((error: Error) => died(error));
      },
      handOver: () => cluster.stop(),
      close: async () => {
        await broker.stop();
        peers.close();
        await log.close();
        await store.close();
        await metadata.close();
        await audit.close();
        await outside.close();
        folder?.release();
      },
    };
  } catch (error) {
    await outside.close();
    folder?.release();
    throw error;
  }
}

const noFolder = "There is no data folder: after a crash this node's return waits for its old session to end.";

/** undefined: there can be none, which a node of a cluster can do without. @throws Fault when another process has it */
function lockFolder(dataDir: string, logger: Logger): FolderLock | undefined {
  try {
    return FolderLock.take(dataDir);
  } catch (error) {
    // What the system refuses has a cause.
    if (!(error instanceof Fault) || error.cause === undefined) throw error;
    logger.warn(
      { dataDir },
      `there is no data folder: ${error.message}. After a crash this node's return waits for its old session to end`,
    );
    return undefined;
  }
}

/** Redis first: what it says is the most serious. */
const healthOf = (
  redis: RedisConnection,
  client: KafkaClient,
  cluster: KafkaCluster,
  warnings: () => readonly string[],
): StorageHealth => ({
  isRemote: true,
  warnings,
  busyMs: () => redis.busyMs(),
  probe: (sizeBytes) => redis.probe(sizeBytes),
  trouble: () => {
    const known = redis.trouble();
    if (known !== undefined) return known;
    const kafka = client.trouble();
    if (kafka !== null)
      return troubleFault('STORAGE_FAILED', `Kafka: ${kafka}`, 'start its brokers, or look at the network between');
    return cluster.trouble === null
      ? undefined
      : troubleFault('FENCED', cluster.trouble, 'others may serve; this one takes part again by itself');
  },
});

const troubleFault = (code: 'STORAGE_FAILED' | 'FENCED', message: string, hint: string): Fault =>
  new Fault({ code, operation: 'serve', message, retriable: true, outcome: 'refused', hint });
