import { CompressionTypes, ConfigResourceTypes, Kafka, Partitioners, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from './served.ts';

const served = serve();
let kafka: Kafka;
let admin: ReturnType<Kafka['admin']>;

beforeAll(async () => {
  kafka = new Kafka({
    clientId: 'kafkajs',
    brokers: [served.kafka],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  admin = kafka.admin();
  await admin.connect();
});
afterAll(() => admin.disconnect());

describe("kafkajs's admin", () => {
  it('creates, lists, describes and deletes topics', async () => {
    expect(await admin.createTopics({ topics: [{ topic: 'made', numPartitions: 3 }] })).toBe(true);
    expect(await admin.createTopics({ topics: [{ topic: 'made' }] })).toBe(false);
    expect(await admin.listTopics()).toContain('made');
    const { topics } = await admin.fetchTopicMetadata({ topics: ['made'] });
    expect(topics[0]?.partitions).toHaveLength(3);
    expect(topics[0]?.partitions[0]).toMatchObject({ leader: 1, replicas: [1], isr: [1] });
    await admin.deleteTopics({ topics: ['made'] });
    expect(await admin.listTopics()).not.toContain('made');
    await expect(admin.deleteTopics({ topics: ['made'] })).rejects.toThrow('does not host this topic-partition');
  });

  it('adds partitions', async () => {
    await admin.createTopics({ topics: [{ topic: 'growing', numPartitions: 1 }] });
    await admin.createPartitions({ topicPartitions: [{ topic: 'growing', count: 4 }] });
    expect(await admin.fetchTopicOffsets('growing')).toHaveLength(4);
    const shrinking = admin.createPartitions({ topicPartitions: [{ topic: 'growing', count: 2 }] });
    await expect(shrinking).rejects.toMatchObject({ type: 'INVALID_PARTITIONS' });
  });

  it('reads and sets configs of a topic', async () => {
    const configEntries = [{ name: 'retention.ms', value: '60000' }];
    await admin.createTopics({ topics: [{ topic: 'set', configEntries }] });
    const retention = async (): Promise<string | undefined> => {
      const described = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: 'set', configNames: ['retention.ms'] }],
      });
      return described.resources[0]?.configEntries[0]?.configValue;
    };
    expect(await retention()).toBe('60000');
    const altered = [{ name: 'retention.ms', value: '120000' }];
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 'set', configEntries: altered }],
    });
    expect(await retention()).toBe('120000');
  });

  it('describes the cluster', async () => {
    const { brokers, controller, clusterId } = await admin.describeCluster();
    const [host, port] = served.kafka.split(':');
    expect(brokers).toEqual([{ nodeId: 1, host, port: Number(port) }]);
    expect(controller).toBe(1);
    expect(clusterId).toHaveLength(22);
  });

  it('tells offsets, by time too, and deletes records', async () => {
    await served.createTopic('kept');
    await served.produce('kept', 'a', 'b', 'c');
    expect(await admin.fetchTopicOffsets('kept')).toEqual([{ partition: 0, offset: '3', high: '3', low: '0' }]);
    expect(await admin.fetchTopicOffsetsByTimestamp('kept', 0)).toEqual([{ partition: 0, offset: '0' }]);
    await admin.deleteTopicRecords({ topic: 'kept', partitions: [{ partition: 0, offset: '2' }] });
    expect(await admin.fetchTopicOffsets('kept')).toEqual([{ partition: 0, offset: '3', high: '3', low: '2' }]);
  });
});

describe("kafkajs's producer", () => {
  const producer = (more: Parameters<Kafka['producer']>[0] = {}) =>
    kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, ...more });

  it('is told the offsets of what it produced, whichever acks', async () => {
    await served.createTopic('numbered');
    const sender = producer();
    await sender.connect();
    const send = (acks: number) => sender.send({ topic: 'numbered', acks, messages: [{ value: 'a' }, { value: 'b' }] });
    expect(await send(-1)).toMatchObject([{ topicName: 'numbered', partition: 0, errorCode: 0, baseOffset: '0' }]);
    expect(await send(1)).toMatchObject([{ errorCode: 0, baseOffset: '2' }]);
    await send(0);
    expect(await send(-1)).toMatchObject([{ errorCode: 0, baseOffset: '6' }]);
    await sender.disconnect();
  });

  it('produces idempotently', async () => {
    await served.createTopic('once');
    const sender = producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 1 } });
    await sender.connect();
    for (let i = 0; i < 3; i++) {
      const sent = await sender.send({ topic: 'once', messages: [{ value: 'a' }] });
      expect(sent).toMatchObject([{ errorCode: 0, baseOffset: String(i) }]);
    }
    await sender.disconnect();
  });

  it('has its keys, headers and gzip read over HTTP', async () => {
    await served.createTopic('read');
    await served.startEarliest('readers');
    const sender = producer();
    await sender.connect();
    const messages = [{ key: 'k', value: '{"n":1}', headers: { h: 'x' } }];
    await sender.send({ topic: 'read', compression: CompressionTypes.GZIP, messages });
    await sender.disconnect();
    const response = await fetch(`${served.http}/v1/share-groups/readers/acquire`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ topics: ['read'] }),
    });
    const { records } = (await response.json()) as { records: unknown[] };
    expect(records).toMatchObject([{ topic: 'read', offset: 0, key: 'k', value: { n: 1 }, headers: [{ key: 'h' }] }]);
  });

  it('hears that there is no such topic', async () => {
    const sender = producer();
    await sender.connect();
    const sent = sender.send({ topic: 'nowhere', messages: [{ value: 'a' }] });
    await expect(sent).rejects.toThrow('does not host this topic-partition');
    await sender.disconnect();
  });
});
