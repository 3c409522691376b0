import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import type { TopicPartition } from '../../src/core/ids.ts';
import type { KafkaClient } from '../../src/kafka-client/kafka-client.ts';
import type { KafkaLog } from '../../src/log/kafka-log.ts';
import type { StoredBatch } from '../../src/ports/record-log.ts';
import { newBatchOfRecords } from '../contract/batch-bytes.ts';
import { clientOf, newTopic, openLog, until } from './kafka-fixture.ts';
import { type KafkaServer, startKafka } from './kafka-server.ts';
import { cannot } from './shared-kafka.ts';

const everything = { startOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };
const rangesOf = (batches: readonly StoredBatch[]): string[] =>
  batches.map(({ baseOffset, lastOffset }) => `${baseOffset}-${lastOffset}`);

describe.skipIf(cannot('kafka'))('the log over a Kafka cluster in trouble', () => {
  let first: KafkaServer;
  let second: KafkaServer;
  let client: KafkaClient;

  beforeAll(async () => {
    const settings = {
      'log.cleaner.backoff.ms': '200',
      'replica.lag.time.max.ms': '3000',
      'controlled.shutdown.enable': 'false',
    };
    first = await startKafka({ settings: { ...settings, 'broker.session.timeout.ms': '3000' } });
    second = await startKafka({ settings, joins: first });
    client = clientOf(first.bootstrap, { requestTimeoutMs: 2000, metadataMaxAgeMs: 1000 });
    await until(async () => (await client.refresh()).brokers.size === 2);
  });
  afterAll(async () => {
    await client.close();
    await second.remove();
    await first.remove();
  });

  const open = async (cacheBytes?: number): Promise<KafkaLog> => {
    const log = await openLog(client, cacheBytes === undefined ? {} : { cacheBytes });
    onTestFinished(() => log.close());
    return log;
  };
  const append = (log: KafkaLog, partition: TopicPartition, offsets = 1) =>
    log.append({ entries: [{ ...partition, batch: newBatchOfRecords({ offsets }) }] });
  const leaderOf = ({ topicId, partition }: TopicPartition): number | undefined =>
    client.metadata().topics.get(topicId)?.partitions[partition]?.leader;

  test('goes on with the new leader when the old one was killed, and says which epoch it has', async () => {
    const { id } = await newTopic(client, { partitions: 4, replicationFactor: 2 });
    const log = await open();
    const partitions = [0, 1, 2, 3].map((partition) => ({ topicId: id, partition }));
    await log.createPartitions(partitions);
    await log.follow(partitions);
    const partition = partitions.find((each) => leaderOf(each) === 2)!;
    await append(log, partition, 3);
    const before = log.leaderEpoch(partition);
    await second.kill();
    // Retriable until the controller has noticed.
    await until(async () => (await append(log, partition, 2).catch(() => undefined))?.kind === 'appended', 40_000);
    expect(leaderOf(partition)).toBe(1);
    expect(log.leaderEpoch(partition)).toBeGreaterThan(before);
    const { endOffset = 0 } = log.bounds(partition) ?? {};
    expect(await log.endOfLeaderEpoch(partition, before)).toEqual({ leaderEpoch: before, endOffset: 3 });
    const fresh = await open(0);
    const read = await fresh.read(partition, everything);
    expect(rangesOf(read).slice(0, 2)).toEqual(['0-2', '3-4']);
    expect(read[0]!.bytes[15]).toBe(before);
    expect(read[1]!.bytes[15]).toBe(log.leaderEpoch(partition));
    // The tail hears from the new leader.
    const other = await open();
    await append(other, partition);
    await until(() => log.bounds(partition)?.endOffset === endOffset + 1);
    await second.start();
    await until(async () => (await client.refresh()).brokers.size === 2);
  }, 120_000);

  test('follows what has a leader while something else has none, and tells when that has one', async () => {
    const { id } = await newTopic(client, { partitions: 4 });
    const partitions = [0, 1, 2, 3].map((partition) => ({ topicId: id, partition }));
    const before = await open();
    await before.createPartitions(partitions);
    for (const partition of partitions) await append(before, partition, 3);
    const away = partitions.filter((partition) => leaderOf(partition) === 2);
    await second.kill();
    await until(async () => (await client.refresh()) && away.every((partition) => leaderOf(partition) === -1), 40_000);

    const log = await open();
    const told = new Set<number>();
    log.watch({ appended: ({ partition }) => void told.add(partition), startMoved: () => {} });
    await log.follow(partitions);
    const endOf = (partition: TopicPartition) => log.bounds(partition)?.endOffset;
    for (const partition of partitions) expect(endOf(partition)).toBe(away.includes(partition) ? undefined : 3);
    expect(away.length).toBeGreaterThan(0);
    await second.start();
    await until(() => away.every(({ partition }) => told.has(partition)), 40_000);
    for (const partition of away) expect(rangesOf(await log.read(partition, everything))).toEqual(['0-2']);
    await until(async () => (await client.refresh()).brokers.size === 2, 40_000);
  }, 120_000);

  const faultOf = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  for (const [what, away, back] of [
    ['be reached', 'kill', 'start'],
    ['answer', 'pause', 'resume'],
  ] as const) {
    test(`refuses to read from Kafka while no broker can ${what}, and goes on by itself`, async () => {
      const { id } = await newTopic(client, { partitions: 1, replicationFactor: 2 });
      const partition = { topicId: id, partition: 0 };
      const [log, hot] = [await open(0), await open()];
      for (const each of [log, hot]) {
        await each.createPartitions([partition]);
        await each.follow([partition]);
      }
      await append(log, partition, 3);
      await until(() => hot.bounds(partition)?.endOffset === 3);
      await second[away]();
      await first[away]();
      expect(await faultOf(log.read(partition, everything))).toMatchObject({
        name: 'Fault',
        code: 'STORAGE_FAILED',
        retriable: true,
        hint: expect.stringContaining('log.kafka.bootstrap.servers') as string,
      });
      // What it has it gives.
      expect(rangesOf(await hot.read(partition, everything))).toEqual(['0-2']);
      expect(hot.bounds(partition)).toMatchObject({ startOffset: 0, endOffset: 3 });
      await first[back]();
      await second[back]();
      await until(async () => (await log.read(partition, everything).catch(() => [])).length === 1, 40_000);
      await until(async () => (await append(log, partition, 4).catch(() => undefined))?.kind === 'appended', 40_000);
      const end = log.bounds(partition)?.endOffset;
      await until(() => hot.bounds(partition)?.endOffset === end);
      await until(async () => (await client.refresh()).brokers.size === 2, 40_000);
    }, 150_000);
  }

  test('reads on behind what compaction has taken', async () => {
    const configs = { 'cleanup.policy': 'compact', 'segment.ms': '300', 'min.cleanable.dirty.ratio': '0.01' };
    const { id, name } = await newTopic(client, { partitions: 1, configs });
    const partition = { topicId: id, partition: 0 };
    const log = await open(0);
    await log.createPartitions([partition]);
    const brokers = [first.bootstrap, second.bootstrap];
    const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    let sent = 0;
    const send = async (key: string): Promise<void> => {
      await producer.send({ topic: name, messages: [{ key, value: 'x' }] });
      sent++;
    };
    for (const key of ['a', 'b', 'a', 'a', 'c']) await send(key);
    // A segment is rolled when something comes after its time; then the cleaner takes it.
    await until(async () => {
      await send('z');
      await log.follow([partition]);
      return !rangesOf(await log.read(partition, everything)).includes('2-2');
    }, 60_000);
    const found = rangesOf(await log.read(partition, { ...everything, startOffset: 0 }));
    expect(found).toContain('1-1');
    expect(found).toContain('3-3');
    expect(found.at(-1)).toBe(`${sent - 1}-${sent - 1}`);
    expect(rangesOf(await log.read(partition, { startOffset: 2, endOffset: 3, maxBytes: 1 }))).toEqual([]);
  }, 90_000);
});
