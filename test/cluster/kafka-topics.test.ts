import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { type TopicId, topicId, topicName } from '../../src/core/ids.ts';
import { KafkaClient } from '../../src/kafka-client/kafka-client.ts';
import { kafkaClientDefaults } from '../../src/kafka-client/kafka-client-settings.ts';
import type { Logger } from '../../src/ports/logger.ts';
import type { StoredTopic } from '../../src/ports/metadata-store.ts';
import { KafkaTopics } from '../../src/store/kafka-topics.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { cannot, sharedKafka, uniqueName } from './shared-kafka.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

describe.skipIf(cannot('kafka'))('the topics of a Kafka cluster', () => {
  let bootstrap: string;
  let client: KafkaClient;
  let topics: KafkaTopics;
  let admin: ReturnType<Kafka['admin']>;
  let there: StoredTopic[];
  let gone: TopicId[];

  beforeAll(async () => {
    bootstrap = await sharedKafka();
    admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(() => admin?.disconnect());

  /** As a node that starts. */
  const open = async (): Promise<readonly StoredTopic[]> => {
    client = new KafkaClient(
      {
        ...kafkaClientDefaults,
        metadataMaxAgeMs: 200,
        bootstrapServers: [bootstrap],
        clientId: 'test',
        securityProtocol: 'PLAINTEXT',
      },
      { clock: systemClock, logger: silent },
    );
    topics = new KafkaTopics({ client, clock: systemClock, logger: silent }, { configIntervalMs: 300 });
    there = [];
    gone = [];
    topics.watch((isThere, isGone) => {
      there.push(...isThere);
      gone.push(...isGone);
    });
    return await topics.load();
  };
  afterEach(async () => {
    await topics.close();
    await client.close();
  });

  const newTopic = (name: string, change: Partial<StoredTopic> = {}): StoredTopic => ({
    topicId: topicId('AAAAAAAAAAAAAAAAAAAAAQ'),
    name: topicName(name),
    partitionCount: 2,
    config: {},
    createdAtMs: 0,
    ...change,
  });
  const create = async (change: Partial<StoredTopic> = {}): Promise<StoredTopic> => {
    const put = await topics.put(newTopic(uniqueName('topic'), change));
    if (!put.ok) throw new Error(put.error.message);
    return put.value;
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    for (const endMs = Date.now() + 10_000; !isSo();) {
      if (Date.now() > endMs) throw new Error(`not heard of: ${JSON.stringify({ there, gone })}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const lastOf = (name: string) => there.findLast((each) => each.name === name);
  const configsOf = async (name: string) => {
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name }] });
    return Object.fromEntries(resources[0]?.configEntries.map((each) => [each.configName, each.configValue]) ?? []);
  };

  test("are loaded with Kafka's ids, their partitions and their configs as they are, whatever these are", async () => {
    const [plain, compacted, hidden] = [uniqueName('plain'), uniqueName('compacted'), `__${uniqueName('hidden')}`];
    const configEntries = [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'retention.ms', value: '12345' },
    ];
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        { topic: plain, numPartitions: 3 },
        { topic: compacted, numPartitions: 1, configEntries },
        { topic: hidden, numPartitions: 1 },
      ],
    });
    const loaded = await open();
    const found = loaded.find(({ name }) => name === plain);
    expect(found).toMatchObject({ partitionCount: 3, config: {} });
    expect(found?.topicId).toMatch(/^[\w-]{22}$/);
    // As the cluster has it by itself, so that a batch that Kafka would refuse is refused before.
    expect(found?.inherited).toMatchObject({ 'retention.ms': '604800000', 'max.message.bytes': '1048588' });
    expect(loaded.find(({ name }) => name === compacted)).toMatchObject({
      config: { 'cleanup.policy': 'compact', 'retention.ms': '12345' },
    });
    expect(loaded.filter(({ name }) => name.startsWith('__'))).toEqual([]);
  });

  test('are created with an id of the cluster, and with any config that Kafka takes', async () => {
    await open();
    const stored = await create({ config: { 'retention.ms': '5000', 'cleanup.policy': 'compact,delete' } });
    expect(stored.topicId).not.toBe('AAAAAAAAAAAAAAAAAAAAAQ');
    expect(stored).toMatchObject({
      partitionCount: 2,
      config: { 'retention.ms': '5000', 'cleanup.policy': 'compact,delete' },
    });
    expect(await configsOf(stored.name)).toMatchObject({ 'retention.ms': '5000' });
    expect(client.metadata().topics.get(stored.topicId)?.partitions).toHaveLength(2);
  });

  test.each([
    ['a name that is taken', 'TOPIC_ALREADY_EXISTS', {}],
    ['a config that nobody knows', 'INVALID_CONFIG', { config: { 'no.such.config': '1' } }],
    ['a value that is not possible', 'INVALID_CONFIG', { config: { 'retention.ms': 'soon' } }],
  ] as const)('are refused as Kafka refuses them: %s', async (_, code, change) => {
    await open();
    const { name } = await create();
    const wanted = code === 'TOPIC_ALREADY_EXISTS' ? name : uniqueName('topic');
    const put = await topics.put(newTopic(wanted, change));
    expect(put).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(wanted) as string } });
  });

  test('are refused where the cluster has not as many brokers as replicas are wanted', async () => {
    await open();
    const three = new KafkaTopics({ client, clock: systemClock, logger: silent }, { replicationFactor: 3 });
    const put = await three.put(newTopic(uniqueName('topic')));
    expect(put).toMatchObject({ ok: false, error: { code: 'INVALID_REPLICATION_FACTOR' } });
    expect(await three.put(newTopic(uniqueName('topic')), { replicationFactor: 1 })).toMatchObject({ ok: true });
    await three.close();
  });

  test('are altered: partitions are added, configs set and taken back', async () => {
    await open();
    const before = await create({ config: { 'retention.ms': '5000', 'retention.bytes': '7000' } });
    const config = { 'retention.ms': '6000', 'segment.ms': '60000' };
    const altered = await topics.put({ ...before, partitionCount: 4, config });
    expect(altered).toMatchObject({ ok: true, value: { topicId: before.topicId, partitionCount: 4, config } });
    expect(altered.ok && altered.value.inherited).toMatchObject({ 'retention.bytes': '-1' });
    expect(await configsOf(before.name)).toMatchObject({ 'retention.ms': '6000', 'retention.bytes': '-1' });
    const refused = await topics.put({ ...before, partitionCount: 5, config: { 'retention.ms': 'never' } });
    expect(refused).toMatchObject({ ok: false, error: { code: 'INVALID_CONFIG' } });
    await topics.refresh();
    expect(client.metadata().topics.get(before.topicId)?.partitions, 'nothing of it was done').toHaveLength(4);
  });

  test('are only looked at where it is asked whether something would be done', async () => {
    await open();
    const name = uniqueName('topic');
    const validateOnly = { validateOnly: true };
    expect(await topics.put(newTopic(name), validateOnly)).toMatchObject({ ok: true });
    expect(await topics.put(newTopic(name, { config: { 'no.such': '1' } }), validateOnly)).toMatchObject({ ok: false });
    const stored = await create();
    const more = { ...stored, partitionCount: 3, config: { 'retention.ms': '1' } };
    expect(await topics.put(more, validateOnly)).toMatchObject({ ok: true });
    const wrong = { ...stored, config: { 'retention.ms': 'soon' } };
    expect(await topics.put(wrong, validateOnly)).toMatchObject({ ok: false, error: { field: 'config' } });
    await topics.refresh();
    expect(client.metadata().topicsByName.has(name)).toBe(false);
    expect(client.metadata().topics.get(stored.topicId)?.partitions).toHaveLength(2);
    expect(await configsOf(stored.name)).toMatchObject({ 'retention.ms': '604800000' });
  });

  test('are deleted, also when they are gone already', async () => {
    await open();
    const { topicId: id, name } = await create();
    expect(await topics.delete(id)).toEqual({ ok: true, value: null });
    expect(await topics.delete(id)).toEqual({ ok: true, value: null });
    await until(() => !client.metadata().topicsByName.has(name));
    expect(gone).toEqual([]);
  });

  test('that come, grow, change and go without this node are told of', async () => {
    await open();
    const topic = uniqueName('outside');
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
    await until(() => lastOf(topic)?.partitionCount === 1);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await until(() => lastOf(topic)?.partitionCount === 3);
    const configEntries = [{ name: 'max.message.bytes', value: '2000' }];
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] });
    await until(() => lastOf(topic)?.config['max.message.bytes'] === '2000');
    const first = lastOf(topic)!.topicId;
    await admin.deleteTopics({ topics: [topic] });
    await until(() => gone.includes(first));

    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
    await until(() => lastOf(topic)?.topicId !== first);
    expect(lastOf(topic)?.config).toEqual({});
  });

  test('that were deleted and created again between two looks are others', async () => {
    await open();
    const stored = await create();
    there.length = 0;
    await admin.deleteTopics({ topics: [stored.name] });
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: stored.name, numPartitions: 1 }] });
    await until(() => gone.includes(stored.topicId) && lastOf(stored.name)?.partitionCount === 1);
  });

  test('are told of when a refresh is over', async () => {
    await open();
    const topic = uniqueName('outside');
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
    await topics.refresh();
    expect(lastOf(topic)).toMatchObject({ partitionCount: 1 });
  });

  test('give producer ids one by one, never the same', async () => {
    await open();
    const ids = await Promise.all([1, 2, 3].map(() => topics.takeProducerId()));
    expect(new Set(ids).size).toBe(3);
  });

  test('after they are closed they refuse', async () => {
    await open();
    await topics.close();
    await expect(topics.put(newTopic('x'))).rejects.toMatchObject({ name: 'Fault', code: 'CLOSED' });
  });
});
