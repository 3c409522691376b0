import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createTopicsApi } from '../../src/codec/messages/create-topics.ts';
import { KafkaClient } from '../../src/kafka-client/kafka-client.ts';
import { kafkaClientDefaults } from '../../src/kafka-client/kafka-client-settings.ts';
import type { KafkaClientSettings } from '../../src/kafka-client/kafka-client-settings.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { openKafkaDoor } from '../kafka/kafka-door.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };

export const clientOf = (
  bootstrapServers: readonly string[],
  settings: Partial<KafkaClientSettings> = {},
): KafkaClient =>
  new KafkaClient(
    { ...kafkaClientDefaults, clientId: 'test', securityProtocol: 'PLAINTEXT', bootstrapServers, ...settings },
    { clock: systemClock, logger },
  );

describe('the client of a Kafka cluster', () => {
  let door: Awaited<ReturnType<typeof openKafkaDoor>>;
  let client: KafkaClient;
  beforeEach(async () => {
    door = await openKafkaDoor();
    client = clientOf(['127.0.0.1:1', `127.0.0.1:${door.port}`]);
  });
  afterEach(async () => {
    await client.close();
    await door.close();
  });

  test('finds brokers and topics through the first bootstrap server that answers', async () => {
    const { brokers, topics } = await client.refresh();
    expect([...brokers.values()]).toEqual([{ nodeId: 1, host: '127.0.0.1', port: door.port, rack: null }]);
    expect(topics.size).toBe(0);
  });

  test('sees a topic that was created before the view was asked for, though another refresh was under way', async () => {
    await client.refresh();
    const early = client.refresh();
    const topics = [{ name: 'orders', numPartitions: 2, replicationFactor: 1 }];
    const { response, version } = await client.request(createTopicsApi, { topics, timeoutMs: 1000 }, { maxVersion: 6 });
    expect({ version, errorCode: response.topics[0]?.errorCode }).toEqual({ version: 6, errorCode: 0 });
    const view = await client.refresh();
    await early;
    const topic = view.topicsByName.get('orders');
    expect(topic?.partitions.map(({ partition, leader }) => [partition, leader])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(await client.leaderOf({ topicId: topic!.id, partition: 1 })).toBe(1);
    await expect(client.leaderOf({ topicId: topic!.id, partition: 7 })).rejects.toMatchObject({ sent: false });
  });
});
