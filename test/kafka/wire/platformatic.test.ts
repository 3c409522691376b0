import {
  Admin,
  Consumer,
  ProduceAcks,
  Producer,
  type RecordsBatch,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from './served.ts';

const served = serve();
const options = () => ({ clientId: 'platformatic', bootstrapBrokers: [served.kafka], retries: 0, timeout: 10_000 });

let producer: Producer<string, string, string, string>;
let consumer: Consumer<string, string, string, string>;
let admin: Admin;

beforeAll(() => {
  producer = new Producer({ ...options(), serializers: stringSerializers });
  consumer = new Consumer({ ...options(), groupId: 'unused', deserializers: stringDeserializers });
  admin = new Admin(options());
});
afterAll(async () => {
  await producer.close();
  await consumer.close();
  await admin.close();
});

/** The offsets and values from an offset on, as the low-level Fetch gives them. */
const read = async (topic: string, fetchOffset: bigint, more: { maxWaitTime?: number } = {}): Promise<string[]> => {
  const { topics } = await consumer.metadata({ topics: [topic] });
  const { id } = topics.get(topic)!;
  const partition = { partition: 0, currentLeaderEpoch: -1, fetchOffset, lastFetchedEpoch: -1, partitionMaxBytes: 1e6 };
  const { responses } = await consumer.fetch({
    node: 1,
    topics: [{ topicId: id, partitions: [partition] }],
    maxWaitTime: 5_000,
    ...more,
  });
  const answer = responses[0]!.partitions[0]!;
  if (answer.errorCode !== 0) throw new Error(`error ${answer.errorCode}`);
  return (answer.records ?? []).flatMap(textsOf);
};

const textsOf = ({ firstOffset, records }: RecordsBatch): string[] =>
  records.map(({ offsetDelta, value }) => `${firstOffset + BigInt(offsetDelta)} ${value?.toString()}`);

const messages = (topic: string, ...values: readonly string[]) => values.map((value) => ({ topic, key: 'k', value }));

describe("@platformatic/kafka's producer", () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'has what it compressed with %s read back',
    async (compression) => {
      const topic = `compressed-${compression}`;
      await served.createTopic(topic);
      const { offsets } = await producer.send({ messages: messages(topic, 'a', 'b', 'c'), compression });
      expect(offsets).toMatchObject([{ topic, partition: 0, offset: 0n }]);
      expect(await read(topic, 0n)).toEqual(['0 a', '1 b', '2 c']);
    },
  );

  it('produces idempotently, and without an answer', async () => {
    await served.createTopic('sent');
    const sender = new Producer({ ...options(), serializers: stringSerializers, idempotent: true });
    for (const [index, value] of ['a', 'b', 'c'].entries()) {
      const { offsets } = await sender.send({ messages: messages('sent', value) });
      expect(offsets).toMatchObject([{ offset: BigInt(index) }]);
    }
    await sender.close();
    await producer.send({ messages: messages('sent', 'd'), acks: ProduceAcks.NO_RESPONSE });
    expect(await read('sent', 3n)).toEqual(['3 d']);
  });

  it('hears that there is no such topic', async () => {
    await expect(producer.send({ messages: messages('nowhere', 'a') })).rejects.toMatchObject({ code: 'PLT_KFK_USER' });
  });
});

describe("@platformatic/kafka's consumer", () => {
  it('reads from any offset', async () => {
    await served.createTopic('read');
    await producer.send({ messages: messages('read', 'a', 'b') });
    await producer.send({ messages: messages('read', 'c') });
    expect(await read('read', 2n)).toEqual(['2 c']);
    // As Kafka: whole batches, the first of which may begin before.
    expect(await read('read', 1n)).toEqual(['0 a', '1 b', '2 c']);
  });

  it('waits for what comes', async () => {
    await served.createTopic('awaited');
    const answer = read('awaited', 0n, { maxWaitTime: 60_000 });
    await producer.send({ messages: messages('awaited', 'a') });
    expect(await answer).toEqual(['0 a']);
  });

  it('hears of an offset that is out of range, and where the log begins and ends', async () => {
    await served.createTopic('ranged');
    await producer.send({ messages: messages('ranged', 'a', 'b') });
    await expect(read('ranged', 3n)).rejects.toMatchObject({ errors: [{ apiId: 'OFFSET_OUT_OF_RANGE' }] });
    const offsets = async (timestamp: bigint) =>
      (await consumer.listOffsets({ topics: ['ranged'], timestamp })).get('ranged');
    expect(await offsets(-2n)).toEqual([0n]);
    expect(await offsets(-1n)).toEqual([2n]);
  });
});

describe("@platformatic/kafka's admin", () => {
  it('creates, lists and deletes topics', async () => {
    const [created] = await admin.createTopics({ topics: ['made'], partitions: 2, replicas: 1 });
    expect(created).toMatchObject({ name: 'made', partitions: 2, replicas: 1 });
    expect(await admin.listTopics()).toContain('made');
    await admin.deleteTopics({ topics: ['made'] });
    expect(await admin.listTopics()).not.toContain('made');
  });
});
