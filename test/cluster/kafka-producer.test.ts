import { Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { type NewRecord, encodeBatch, openBatch } from '../../src/codec/record-batch.ts';
import { fetchApi } from '../../src/codec/messages/fetch.ts';
import { setProducer } from '../../src/codec/sequenced-batch.ts';
import { type TopicId, topicId, topicName } from '../../src/core/ids.ts';
import { KafkaClient } from '../../src/kafka-client/kafka-client.ts';
import { kafkaClientDefaults } from '../../src/kafka-client/kafka-client-settings.ts';
import { KafkaProducer } from '../../src/log/kafka-producer.ts';
import type { Logger } from '../../src/ports/logger.ts';
import type { AppendOutcome, NewBatch } from '../../src/ports/record-log.ts';
import { KafkaTopics } from '../../src/store/kafka-topics.ts';
import { MemoryRequestKeys } from '../../src/store/memory-request-keys.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { startKafka } from './kafka-server.ts';
import { cannot, sharedKafka, uniqueName } from './shared-kafka.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const clock = systemClock;

describe.skipIf(cannot('kafka'))('appending to a Kafka cluster', () => {
  let bootstrap: string;
  let client: KafkaClient;
  let topics: KafkaTopics;
  let producer: KafkaProducer;
  const keys = new MemoryRequestKeys();

  const open = async (at: string): Promise<void> => {
    const settings = { ...kafkaClientDefaults, bootstrapServers: [at], clientId: 'test' };
    client = new KafkaClient({ ...settings, securityProtocol: 'PLAINTEXT' }, { clock, logger: silent });
    topics = new KafkaTopics({ client, clock, logger: silent });
    await topics.load();
    producer = new KafkaProducer({ client, keys, clock, logger: silent });
  };
  beforeAll(async () => {
    bootstrap = await sharedKafka();
  });
  afterEach(async () => {
    await producer.close();
    await topics.close();
    await client.close();
  });

  const newTopic = async (partitionCount = 1, config: Record<string, string> = {}): Promise<TopicId> => {
    const put = await topics.put({
      topicId: topicId('AAAAAAAAAAAAAAAAAAAAAQ'),
      name: topicName(uniqueName('topic')),
      partitionCount,
      config,
      createdAtMs: 0,
    });
    if (!put.ok) throw new Error(put.error.message);
    return put.value.topicId;
  };
  const batchOf = (texts: readonly string[], key: string | null = null): NewBatch => {
    const records = texts.map((text): NewRecord => ({
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(text),
      headers: [],
      timestampMs: Date.now(),
    }));
    return encodeBatch({ records });
  };
  const append = (id: TopicId, text: string, partition = 0): Promise<AppendOutcome> =>
    producer.append({ entries: [{ topicId: id, partition, batch: batchOf([text]) }] });
  const at = (...baseOffsets: number[]): AppendOutcome => ({ kind: 'appended', baseOffsets });

  /** All records of a partition, as the log has them. */
  const read = async (id: TopicId, partition = 0): Promise<string[]> => {
    const { name } = client.metadata().topics.get(id)!;
    const texts: string[] = [];
    for (let fetchOffset = 0; ;) {
      const partitions = [{ partition, fetchOffset, partitionMaxBytes: 10_000_000 }];
      const asked = {
        maxWaitMs: 0,
        maxBytes: 10_000_000,
        topics: [{ topic: name, topicId: id, partitions }],
      };
      const broker = await client.refresh().then((view) => view.topics.get(id)!.partitions[partition]!.leader);
      const { response } = await client.request(fetchApi, asked, { broker });
      const [records] = [response.responses[0]?.partitions[0]?.records ?? []].flat();
      let rest: Uint8Array = records ?? new Uint8Array();
      if (rest.length === 0) return texts;
      while (rest.length > 0) {
        const batch = openBatch(rest);
        for (const record of batch) texts.push(Buffer.from(record.value!).toString());
        fetchOffset = batch.header.lastOffset + 1;
        rest = rest.subarray(batch.header.sizeBytes);
      }
    }
  };

  test('many batches at a time come in their order, in every partition', async () => {
    await open(bootstrap);
    const id = await newTopic(3);
    const texts = Array.from({ length: 300 }, (_, index) => `record ${index}`);
    const outcomes = await Promise.all(
      texts.flatMap((text) => [0, 1, 2].map((partition) => append(id, text, partition))),
    );
    expect(outcomes.filter(({ kind }) => kind !== 'appended')).toEqual([]);
    for (const partition of [0, 1, 2]) expect(await read(id, partition)).toEqual(texts);
  });

  test("an idempotent producer's batch that was sent before is answered with its offset, one too early is refused", async () => {
    await open(bootstrap);
    const id = await newTopic();
    const producerId = await topics.takeProducerId();
    const send = (baseSequence: number, producerEpoch = 0) => {
      const sequenced = { producerId, producerEpoch, baseSequence };
      const batch = batchOf([`sequence ${baseSequence}`]);
      setProducer(batch.bytes, sequenced);
      const entries = [{ topicId: id, partition: 0, batch }];
      return producer.append({ entries, producer: { ...sequenced, nowMs: Date.now() } });
    };
    expect(await send(0, 1)).toEqual(at(0));
    expect(await Promise.all([send(1, 1), send(2, 1), send(3, 1)])).toEqual([at(1), at(2), at(3)]);
    expect(await send(1, 1)).toEqual(at(1));
    expect(await send(7, 1)).toMatchObject({ kind: 'refused', error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } });
    expect(await send(4, 0)).toMatchObject({ kind: 'refused', error: { code: 'INVALID_PRODUCER_EPOCH' } });
    expect(await read(id)).toEqual([0, 1, 2, 3].map((sequence) => `sequence ${sequence}`));
  });

  test('a request that is repeated under its key is there once, of whichever attempt it is', async () => {
    await open(bootstrap);
    const id = await newTopic(2);
    const requestKey = { topicId: id, key: 'k', fingerprint: 'f', layout: 'l', nowMs: Date.now() };
    const appendOnce = (by: KafkaProducer) =>
      by.append({
        entries: [0, 1, 0, 0, 0, 0, 0, 0].map((partition, index) => ({
          topicId: id,
          partition,
          batch: batchOf([`${index}`]),
        })),
        requestKey,
      });
    const other = new KafkaProducer({ client, keys, clock, logger: silent });
    const [first, second] = await Promise.all([appendOnce(producer), appendOnce(other)]);
    expect(first).toEqual(at(0, 0, 1, 2, 3, 4, 5, 6));
    expect(second).toEqual(first);
    expect(await appendOnce(producer)).toMatchObject({ kind: 'replayed', baseOffsets: [0, 0, 1, 2, 3, 4, 5, 6] });
    expect(await read(id)).toEqual(['0', '2', '3', '4', '5', '6', '7']);
    await other.close();
  });

  test('what the topic does not take is refused, and what comes behind it is appended', async () => {
    await open(bootstrap);
    const small = await newTopic(1, { 'max.message.bytes': '500' });
    const [first, large, third] = await Promise.all([
      append(small, 'a'),
      append(small, 'b'.repeat(600)),
      append(small, 'c'),
    ]);
    expect(large).toMatchObject({ kind: 'refused', error: { code: 'MESSAGE_TOO_LARGE' } });
    expect([first, third]).toEqual([at(0), at(1)]);
    const compacted = await newTopic(1, { 'cleanup.policy': 'compact' });
    expect(await append(compacted, 'without a key')).toMatchObject({
      kind: 'refused',
      error: { code: 'INVALID_RECORD' },
    });
    const keyed = { entries: [{ topicId: compacted, partition: 0, batch: batchOf(['v'], 'k') }] };
    expect(await producer.append(keyed)).toEqual(at(0));
  });

  test('a topic that is gone is found out', async () => {
    await open(bootstrap);
    const id = await newTopic();
    await append(id, 'a');
    const { name } = client.metadata().topics.get(id)!;
    const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [name] });
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: name }] });
    await admin.disconnect();
    expect(await append(id, 'b')).toMatchObject({ kind: 'refused', error: { code: 'UNKNOWN_TOPIC_OR_PARTITION' } });
  });

  test('while Kafka is killed and paused and comes back, everything that was asked for is there once and in its order', async () => {
    const kafka = await startKafka();
    onTestFinished(() => kafka.remove());
    await open(kafka.bootstrap);
    const id = await newTopic(2);
    const appends: Promise<unknown>[] = [];
    let isOver = false;
    const load = (async () => {
      for (let index = 0; !isOver; index++) {
        for (const partition of [0, 1]) appends.push(append(id, `${index}`, partition));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    await pass(500);
    await kafka.kill();
    await pass(500);
    await kafka.start();
    await pass(1_500);
    kafka.pause();
    await pass(1_500);
    kafka.resume();
    await pass(500);
    isOver = true;
    await load;
    const outcomes = await Promise.all(appends);
    expect(outcomes.filter((each) => (each as AppendOutcome).kind !== 'appended')).toEqual([]);
    const count = appends.length / 2;
    expect(count).toBeGreaterThan(100);
    for (const partition of [0, 1]) {
      expect(await read(id, partition)).toEqual(Array.from({ length: count }, (_, index) => `${index}`));
    }
  });
});
