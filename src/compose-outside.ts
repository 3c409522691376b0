import { readFileSync } from 'node:fs';
import type { Config } from './config.ts';
import { KafkaClient } from './kafka-client/kafka-client.ts';
import { type KafkaClientSettings, kafkaClientDefaults } from './kafka-client/kafka-client-settings.ts';
import { reachKafka } from './kafka-client/reach-kafka.ts';
import type { Logger } from './ports/logger.ts';
import { KafkaWitness } from './store/kafka-witness.ts';
import { RedisConnection, type RedisSettings } from './store/redis/connection.ts';
import { RedisServerCheck } from './store/redis/server-check.ts';
import { StateLoss } from './store/redis/state-loss.ts';
import { systemClock as clock } from './system/system-clock.ts';

/** As long is waited for Redis before the start fails: it may be starting too. */
const startWithinMs = 30_000;

/** The Kafka and the Redis of the settings, and what is looked at before they are used. */
export function composeOutside(config: Config, logger: Logger) {
  const client = new KafkaClient(kafkaClientSettings(config), { clock, logger });
  const redisSettings = redisSettingsOf(config);
  const redis = new RedisConnection(redisSettings, { clock, logger });
  const serverCheck = new RedisServerCheck(redis, redisSettings, { logger });
  const loss = new StateLoss(redis, new KafkaWitness(client, config['cluster.name'], { clock }), { clock, logger });
  return {
    client,
    redis,
    loss,
    serverCheck,
    /** @throws Fault what keeps them from being used; they have to be closed then too */
    async start(): Promise<void> {
      await reachKafka(client, { servers: config['log.kafka.bootstrap.servers'], clock, logger });
      await redis.start(startWithinMs);
    },
    async close(): Promise<void> {
      loss.close();
      await Promise.all([redis.close(), client.close()]);
    },
  };
}

function kafkaClientSettings(config: Config): KafkaClientSettings {
  const securityProtocol = config['log.kafka.security.protocol'];
  const file = (name: 'ca' | 'cert' | 'key'): string | undefined => {
    const path = config[`log.kafka.ssl.${name}.file`];
    return path === '' ? undefined : readFileSync(path, 'utf8');
  };
  return {
    ...kafkaClientDefaults,
    bootstrapServers: config['log.kafka.bootstrap.servers'],
    clientId: `sash-${config['cluster.name']}-${config['node.id']}`,
    securityProtocol,
    ...(securityProtocol.startsWith('SASL_') && {
      sasl: {
        mechanism: config['log.kafka.sasl.mechanism'],
        username: config['log.kafka.sasl.username'],
        password: config['log.kafka.sasl.password'],
      },
    }),
    ...(securityProtocol.endsWith('SSL') && { ssl: { ca: file('ca'), cert: file('cert'), key: file('key') } }),
  };
}

function redisSettingsOf(config: Config): RedisSettings {
  const ca = config['store.redis.ssl.ca.file'];
  return {
    url: config['store.redis.url'],
    prefix: config['cluster.name'],
    timeoutMs: config['store.redis.timeout.ms'],
    waitReplicas: config['store.redis.wait.replicas'],
    waitAof: config['store.redis.wait.aof'],
    waitTimeoutMs: config['store.redis.wait.timeout.ms'],
    ...(ca !== '' && { tlsAuthorities: readFileSync(ca, 'utf8') }),
  };
}
