import { createTopicsApi } from '../../src/codec/messages/create-topics.ts';
import { type TopicId, topicId } from '../../src/core/ids.ts';
import { KafkaClient } from '../../src/kafka-client/kafka-client.ts';
import { type KafkaClientSettings, kafkaClientDefaults } from '../../src/kafka-client/kafka-client-settings.ts';
import { KafkaLog } from '../../src/log/kafka-log.ts';
import { KafkaProducer } from '../../src/log/kafka-producer.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { MemoryRequestKeys } from '../../src/store/memory-request-keys.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { uniqueName } from './shared-kafka.ts';

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export const clientOf = (
  bootstrap: string,
  settings: Partial<KafkaClientSettings> = {},
  logger: Logger = silent,
): KafkaClient =>
  new KafkaClient(
    {
      ...kafkaClientDefaults,
      bootstrapServers: [bootstrap],
      clientId: 'test',
      securityProtocol: 'PLAINTEXT',
      ...settings,
    },
    { clock: systemClock, logger },
  );

/** A new topic; records of any age stay in it unless `configs` say otherwise. */
export const newTopic = async (
  client: KafkaClient,
  {
    name = uniqueName('topic'),
    partitions = 2,
    replicationFactor = 1,
    configs = {},
  }: {
    readonly name?: string;
    readonly partitions?: number;
    readonly replicationFactor?: number;
    readonly configs?: Readonly<Record<string, string>>;
  } = {},
): Promise<{ readonly id: TopicId; readonly name: string }> => {
  await client.refresh();
  const all = Object.entries({ 'retention.ms': '-1', ...configs });
  const topic = {
    name,
    numPartitions: partitions,
    replicationFactor,
    configs: all.map(([key, value]) => ({ name: key, value })),
  };
  const { response } = await client.request(
    createTopicsApi,
    { topics: [topic], timeoutMs: 10_000 },
    { broker: 'controller' },
  );
  const [made] = response.topics;
  if (made === undefined || made.errorCode !== 0)
    throw new Error(`${name}: error ${made?.errorCode} ${made?.errorMessage}`);
  return { id: topicId(made.topicId ?? ''), name };
};

/** A log as a node has it. */
export const openLog = async (
  client: KafkaClient,
  options: { readonly cacheBytes?: number; readonly keys?: MemoryRequestKeys; readonly logger?: Logger } = {},
): Promise<KafkaLog> => {
  const outside = { clock: systemClock, logger: options.logger ?? silent };
  const producer = new KafkaProducer({ client, keys: options.keys ?? new MemoryRequestKeys(), ...outside });
  const log = new KafkaLog(client, producer, { cacheBytes: options.cacheBytes ?? 32 * 1024 * 1024 }, outside);
  await log.start();
  return log;
};

/** Asks again and again until it is so. */
export const until = async (isSo: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> => {
  const endMs = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
