import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { BackgroundOperations } from './broker/background/background-operations.ts';
import { Broker } from './broker/broker.ts';
import { type Config, effectiveSettings } from './config.ts';
import { RequestMeters } from './core/measure/request-meter.ts';
import { buildApp } from './http/app.ts';
import type { HttpSettings } from './http/http-settings.ts';
import type { KafkaSettings } from './kafka/kafka-settings.ts';
import { KafkaServer } from './kafka/server.ts';
import { SqliteLog } from './log/sqlite-log.ts';
import { type ClusterNode, soleNode } from './ports/cluster.ts';
import type { Logger } from './ports/logger.ts';
import { defaultLogRoomBytes, openDatabase } from './sqlite/database.ts';
import { LocalOperationQueue } from './store/local-operation-queue.ts';
import { SqliteAudit } from './store/sqlite-audit.ts';
import { SqliteMetadata } from './store/sqlite-metadata.ts';
import { SqliteOperations } from './store/sqlite-operations.ts';
import { SqliteStore } from './store/sqlite-store.ts';
import { Metrics } from './system/metrics.ts';
import { systemClock } from './system/system-clock.ts';
import { newTopicId } from './system/topic-ids.ts';

/**
 * Builds every part from the settings and ties them together; the only file that sees all of them.
 *
 * `start` opens the data folder and listens; it gives the address. `stop` takes nothing new, answers those who wait,
 * flushes and closes.
 */
export function compose(
  config: Config,
  outside: {
    readonly logger: Logger;
    /** Nothing can be written any more: the process has to end, and the next start is the ordinary one. */
    died(error: Error): void;
  },
) {
  const { logger } = outside;
  let stop = async (): Promise<void> => {};

  const start = async (): Promise<Addresses> => {
    const database = await openDatabase({
      dataDir: config['data.dir'],
      logger,
      logRoomBytes: defaultLogRoomBytes,
      died: (error) => outside.died(error),
    });
    stop = () => database.close();
    const log = new SqliteLog(database, {
      cacheBytes: config['log.cache.bytes'],
      producerIdExpirationMs: config['producer.id.expiration.ms'],
    });
    const store = new SqliteStore(database);
    const metadata = new SqliteMetadata(database);
    const audit = new SqliteAudit(database);
    const cluster = soleNode(selfOf(config));
    const broker = new Broker(
      {
        clock: systemClock,
        logger,
        log,
        store,
        metadata,
        audit,
        health: database,
        cluster,
        newTopicId,
      },
      {
        groupDefaults: config,
        numPartitions: config['num.partitions'],
        autoCreateTopics: config['auto.create.topics.enable'],
        maxGroupSize: config['group.share.max.size'],
        maxShareSessions: config['group.share.max.share.sessions'],
        fetchMaxBytes: config['fetch.max.bytes'],
        retentionCheckIntervalMs: config['log.retention.check.interval.ms'],
        historyIntervalMs: 5_000,
      },
    );
    await broker.start();
    const queue = new LocalOperationQueue({ table: new SqliteOperations(database), clock: systemClock, logger });
    const operations = new BackgroundOperations({ site: broker, queue, clock: systemClock, logger });
    await operations.start();
    const meters = new RequestMeters();
    const metrics = new Metrics(
      {
        version: version(),
        broker: () => broker.measure(),
        storage: () => database.measure(),
        http: async () => ({ connections: await connectionsOf(app.server), requests: meters.all }),
        kafka: () => kafka.measure(),
      },
      config['metrics.max.series'],
    );
    const settings = httpSettings(config);
    const app = buildApp({
      broker,
      operations,
      settings,
      logger,
      clock: systemClock,
      meters,
      metrics,
      version: version(),
    });
    const kafka = new KafkaServer(
      { broker, cluster, logger, clock: systemClock, brokerConfig: effectiveSettings(config) },
      kafkaSettings(config),
    );
    stop = async () => {
      // The polls first: the server can only close when nobody waits in it any more.
      await broker.drain();
      await Promise.all([app.close(), kafka.stop(), operations.stop()]);
      await broker.stop();
      await log.close();
      await store.close();
      await metadata.close();
      await audit.close();
      await database.close();
    };
    try {
      const http = await app.listen({ host: config['http.host'], port: config['http.port'] });
      if (!config['kafka.enable']) return { http };
      const at = { host: config['kafka.host'], port: config['kafka.port'] };
      return { http, kafka: await kafka.listen(at, nodeOf(config, broker.clusterId)) };
    } catch (error) {
      await stop();
      throw error;
    }
  };

  return { start, stop: () => stop() };
}

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count ?? 0)));

/** Where the doors listen; without `kafka` when that door is not open. */
export interface Addresses {
  readonly http: string;
  readonly kafka?: string;
}

/** The one node that there is: nobody has to be told where it is. */
const selfOf = (config: Config): ClusterNode => ({
  nodeId: config['node.id'],
  httpUrl: `http://${config['http.host']}:${config['http.port']}`,
  kafka: null,
});

/** What Kafka clients are told of this server. */
function nodeOf(config: Config, clusterId: Uint8Array) {
  const host = config['kafka.host'];
  const isWildcard = host === '0.0.0.0' || host === '::';
  return {
    nodeId: config['node.id'],
    clusterId: Buffer.from(clusterId).toString('base64url'),
    host: config['kafka.advertised.host'] || (isWildcard ? 'localhost' : host),
    port: config['kafka.advertised.port'] || null,
  };
}

function kafkaSettings(config: Config): KafkaSettings {
  return {
    requestMaxBytes: config['socket.request.max.bytes'],
    queuedMaxRequestBytes: config['queued.max.request.bytes'],
    queuedMaxResponseBytes: config['queued.max.response.bytes'],
    maxConnections: config['max.connections'],
    connectionsMaxIdleMs: config['connections.max.idle.ms'],
    requestTimeoutMs: config['kafka.request.timeout.ms'],
    maxFetchSessions: config['max.incremental.fetch.session.cache.slots'],
  };
}

function httpSettings(config: Config): HttpSettings {
  const host = config['http.host'].toLowerCase();
  // Who listens on an address of the machine is reached by it; the wildcards are no names.
  const own = host === '0.0.0.0' || host === '::' ? [] : [host];
  return {
    allowedHosts: [...own, ...config['http.allowed.hosts']],
    limits: {
      bodyMaxBytes: config['http.body.max.bytes'],
      maxWaitingPolls: config['http.max.waiting.polls'],
      maxEventStreams: config['http.max.event.streams'],
      maxWaitMs: config['http.max.wait.ms'],
      maxRecords: config['http.max.records'],
      maxAcknowledgements: config['http.max.acknowledgements'],
      defaultMaxBytes: config['http.default.max.bytes'],
      recordHeaderMaxBytes: config['http.record.header.max.bytes'],
      recordMaxHeaders: config['http.record.max.headers'],
    },
  };
}

/** Of this sash. */
export function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
