import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import type { BackgroundOperations } from './broker/background/background-operations.ts';
import type { BrokerSettings } from './broker/broker-settings.ts';
import { type Config, effectiveSettings } from './config.ts';
import { RequestMeters } from './core/measure/request-meter.ts';
import { type HttpParts, buildApp } from './http/app.ts';
import type { InternalCalls } from './http/internal-calls.ts';
import type { HttpSettings } from './http/http-settings.ts';
import type { KafkaSettings } from './kafka/kafka-settings.ts';
import { KafkaServer } from './kafka/server.ts';
import type { Cluster, ClusterNode } from './ports/cluster.ts';
import type { Logger } from './ports/logger.ts';
import { type MetricSources, Metrics } from './system/metrics.ts';
import { systemClock } from './system/system-clock.ts';

/** Where the doors listen; without `kafka` when that door is not open. */
export interface Addresses {
  readonly http: string;
  readonly kafka?: string;
}

type KafkaParts = ConstructorParameters<typeof KafkaServer>[0];

/** What the doors are opened to: a broker and what is behind it. */
export interface Backend {
  readonly broker: HttpParts['broker'] & KafkaParts['broker'];
  readonly operations: BackgroundOperations;
  readonly cluster: Cluster;
  readonly internalCalls?: InternalCalls;
  /** A UUID that clients know the cluster by. */
  readonly clusterId: Uint8Array;
  readonly measures: Pick<MetricSources, 'broker' | 'storage' | 'forwarded'>;
  /** Called once the doors are open. */
  listening(addresses: Addresses): void;
  /** The first step of a stop: gives away what others can serve. */
  handOver(): Promise<void>;
  /** The last one: nobody asks any more. */
  close(): Promise<void>;
}

/** Both doors, from the settings, and what measures them: the same whatever is behind the broker. */
export function composeDoors(config: Config, backend: Backend, logger: Logger) {
  const { broker, cluster, operations, internalCalls, clusterId, measures } = backend;
  const meters = new RequestMeters();
  const metrics = new Metrics(
    {
      version: version(),
      ...measures,
      operations: () => operations.measure(),
      http: async () => ({ connections: await connectionsOf(app.server), requests: meters.all }),
      kafka: () => kafka.measure(),
    },
    config['metrics.max.series'],
  );
  const app = buildApp({
    broker,
    operations,
    ...(internalCalls === undefined ? {} : { internalCalls }),
    settings: httpSettings(config),
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
  return {
    async listen(): Promise<Addresses> {
      const http = await app.listen({ host: config['http.host'], port: config['http.port'] });
      if (!config['kafka.enable']) return { http };
      const at = { host: config['kafka.host'], port: config['kafka.port'] };
      const node = { nodeId: config['node.id'], clusterId: Buffer.from(clusterId).toString('base64url') };
      return { http, kafka: await kafka.listen(at, { ...node, ...kafkaAddress(config) }) };
    },
    /** Once nobody waits in the broker any more: the HTTP server closes only then. */
    async stop(): Promise<void> {
      await Promise.all([app.close(), kafka.stop()]);
    },
  };
}

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count ?? 0)));

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** What Kafka clients are told of this server; a port of null is the one that is listened on. */
function kafkaAddress(config: Config): { readonly host: string; readonly port: number | null } {
  const host = config['kafka.host'];
  return {
    host: config['kafka.advertised.host'] || (isWildcard(host) ? 'localhost' : host),
    port: config['kafka.advertised.port'] || null,
  };
}

/** As other nodes and clients reach this one. @param addresses undefined: before it listens */
export function selfOf(config: Config, addresses: Addresses | undefined): ClusterNode {
  const nodeId = config['node.id'];
  const host = config['http.host'];
  const name = isWildcard(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const httpPort = addresses === undefined ? config['http.port'] : new URL(addresses.http).port || '80';
  const advertised = config['cluster.http.advertised.url'].replace(/\/$/, '');
  const { host: kafkaHost, port } = kafkaAddress(config);
  const listensOn = addresses?.kafka?.slice(addresses.kafka.lastIndexOf(':') + 1);
  const kafkaPort = port ?? Number(listensOn ?? config['kafka.port']);
  return {
    nodeId,
    httpUrl: advertised || `http://${name}:${httpPort}`,
    kafka: config['kafka.enable'] ? { host: kafkaHost, port: kafkaPort } : null,
  };
}

export const brokerSettings = (config: Config): BrokerSettings => ({
  groupDefaults: config,
  numPartitions: config['num.partitions'],
  autoCreateTopics: config['auto.create.topics.enable'],
  maxGroupSize: config['group.share.max.size'],
  maxShareSessions: config['group.share.max.share.sessions'],
  fetchMaxBytes: config['fetch.max.bytes'],
  retentionCheckIntervalMs: config['log.retention.check.interval.ms'],
  historyIntervalMs: 5_000,
});

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
