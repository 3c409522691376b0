import { z } from 'zod';
import { bool, int, oneOf, secret } from './setting.ts';

/** Over your Kafka: several nodes, their records in Kafka, their state in Redis. */
export const clusterSettings = {
  'log.kafka.bootstrap.servers': z
    .array(z.string().regex(/^(\[[0-9A-Fa-f:]+\]|[^\s:,]+):\d{1,5}$/))
    .default([])
    .meta({
      description:
        'Brokers of a Kafka that keeps the records, any of them to begin with; `store.redis.url` keeps the state then. Empty: both are in `data.dir`',
      values: 'a list of HOST:PORT, separated by commas',
    }),
  'log.kafka.security.protocol': oneOf(
    'How that Kafka is talked to',
    ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    'PLAINTEXT',
  ),
  'log.kafka.sasl.mechanism': oneOf(
    'How the user is proven to that Kafka',
    ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    'SCRAM-SHA-512',
  ),
  'log.kafka.sasl.username': z.string().default('').meta({ description: 'User of that Kafka' }),
  'log.kafka.sasl.password': secret("The user's password"),
  'log.kafka.ssl.ca.file': z
    .string()
    .default('')
    .meta({ description: 'PEM file of the authorities that vouch for that Kafka; empty: those that Node knows' }),
  'log.kafka.ssl.cert.file': z
    .string()
    .default('')
    .meta({ description: 'PEM file of a certificate to show to that Kafka; empty: none' }),
  'log.kafka.ssl.key.file': z.string().default('').meta({ description: "PEM file of that certificate's key" }),
  'log.kafka.replication.factor': int(
    "Replicas of topics that are created through sash; -1: the cluster's `default.replication.factor`",
    -1,
    -1,
    32_767,
  ),
  'store.redis.url': secret(
    'Redis that keeps the state, as `redis://user:password@host:6379/0`, or `rediss://` over TLS',
  ),
  'store.redis.ssl.ca.file': z
    .string()
    .default('')
    .meta({ description: 'PEM file of the authorities that vouch for that Redis; empty: those that Node knows' }),
  'store.redis.timeout.ms': int(
    'A command that Redis has not answered for so long has failed, and the connection is made anew',
    5_000,
    100,
    600_000,
    'ms',
  ),
  'store.redis.wait.replicas': int(
    'So many replicas of that Redis have a write before it counts (WAIT). 0: what a fail-over of Redis loses is noticed, not prevented',
    0,
    0,
    100,
  ),
  'store.redis.wait.aof': bool(
    'Whether a write counts only when it is in the append-only file on disk, of those replicas too (WAITAOF, from Redis 7.2 on); not needed with `appendfsync always`',
    false,
  ),
  'store.redis.wait.timeout.ms': int(
    'What replicas or the append-only file do not have within this time has an unknown outcome',
    1_000,
    10,
    600_000,
    'ms',
  ),
  'cluster.name': z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,100}$/)
    .default('sash')
    .meta({
      description:
        'Nodes of one name share everything. Begins the names of their keys in Redis, of their own topics and of their group in Kafka',
      values: 'up to 100 letters, digits, ".", "_" and "-"',
    }),
  'cluster.session.timeout.ms': int(
    'A node that was not heard of for so long loses its partitions to the others; Kafka bounds it by its group.min.session.timeout.ms and group.max.session.timeout.ms',
    10_000,
    6_000,
    1_800_000,
    'ms',
  ),
  'cluster.heartbeat.interval.ms': int('How often a node is heard of', 1_000, 100, 600_000, 'ms'),
  'cluster.http.advertised.url': z
    .string()
    .regex(/^(https?:\/\/[^\s/]+\/?)?$/)
    .default('')
    .meta({
      description:
        'Where the other nodes reach the HTTP API of this one, as `http://sash-1:8080`; empty: `http.host`, or 127.0.0.1 where that is a wildcard, and `http.port`',
      values: 'an address that begins with http:// or https:// and has no path',
    }),
};

const clusterSchema = z.object(clusterSettings);
type ClusterConfig = z.infer<typeof clusterSchema>;

/** What goes with what over a Kafka. */
export function clusterChecks(config: ClusterConfig): string[] {
  const messages: string[] = [];
  if (config['log.kafka.bootstrap.servers'].length === 0) return messages;
  const missing = (name: keyof ClusterConfig, because: string): void => {
    if (config[name] === '') messages.push(`${name} is not set; ${because}.`);
  };
  missing('store.redis.url', 'with log.kafka.bootstrap.servers, the state is kept in a Redis');
  if (config['log.kafka.security.protocol'].startsWith('SASL_')) {
    for (const name of ['log.kafka.sasl.username', 'log.kafka.sasl.password'] as const)
      missing(name, `log.kafka.security.protocol ${config['log.kafka.security.protocol']} needs it`);
  }
  return messages;
}
