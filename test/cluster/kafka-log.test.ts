import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { fetchApi } from '../../src/codec/messages/fetch.ts';
import { deleteTopicsApi } from '../../src/codec/messages/delete-topics.ts';
import type { TopicId, TopicPartition } from '../../src/core/ids.ts';
import type { KafkaClient } from '../../src/kafka-client/kafka-client.ts';
import type { KafkaLog } from '../../src/log/kafka-log.ts';
import type { Logger } from '../../src/ports/logger.ts';
import type { StoredBatch } from '../../src/ports/record-log.ts';
import { newBatchOfRecords } from '../contract/batch-bytes.ts';
import { clientOf, newTopic, openLog, until } from './kafka-fixture.ts';
import { cannot, sharedKafka, uniqueName } from './shared-kafka.ts';

const everything = { startOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };
const rangesOf = (batches: readonly StoredBatch[]): string[] =>
  batches.map(({ baseOffset, lastOffset }) => `${baseOffset}-${lastOffset}`);
const partitionOf = (topicId: TopicId, partition = 0): TopicPartition => ({ topicId, partition });

describe.skipIf(cannot('kafka'))('the log over a Kafka cluster', () => {
  let bootstrap: string;
  let client: KafkaClient;
  const warnings: string[] = [];
  const warn = (_: object, message: string): void => void warnings.push(message);
  const logger: Logger = { debug() {}, info() {}, warn, error: warn };

  beforeAll(async () => {
    bootstrap = await sharedKafka();
    client = clientOf(bootstrap, {}, logger);
  });
  afterAll(() => client.close());

  /** A node's log, of a new client where none is given. */
  const open = async (options: Parameters<typeof openLog>[1] & { client?: KafkaClient } = {}): Promise<KafkaLog> => {
    const log = await openLog(options.client ?? client, { logger, ...options });
    onTestFinished(() => log.close());
    return log;
  };
  const followed = async (log: KafkaLog, id: TopicId): Promise<TopicPartition> => {
    const partition = partitionOf(id);
    await log.createPartitions([partition]);
    await log.follow([partition]);
    return partition;
  };
  const append = (log: KafkaLog, partition: TopicPartition, options: Parameters<typeof newBatchOfRecords>[0] = {}) =>
    log.append({ entries: [{ ...partition, batch: newBatchOfRecords(options) }] });

  test('tells at once what another node has appended, and has it in memory then', async () => {
    const [mine, theirs] = [await open(), await open()];
    const { id } = await newTopic(client, { partitions: 1 });
    const partition = await followed(mine, id);
    const told: [TopicPartition, number][] = [];
    mine.watch({ appended: (...args) => void told.push(args), startMoved: () => {} });
    await theirs.createPartitions([partition]);
    await append(theirs, partition, { offsets: 3, sizeBytes: 500 });
    await until(() => told.length > 0);
    expect(told).toEqual([[partition, 500]]);
    expect(mine.bounds(partition)).toEqual({ startOffset: 0, endOffset: 3, sizeBytes: 500 });
  });

  test('reads from Kafka once what several groups read', async () => {
    let fetches = 0;
    const counting = clientOf(bootstrap);
    const request = counting.request.bind(counting);
    counting.request = (api, body, options) => {
      if (api.key === fetchApi.key && options?.lane === 'read') fetches++;
      return request(api, body, options);
    };
    onTestFinished(() => counting.close());
    const mine = await open({ client: counting });
    const theirs = await open();
    const { id } = await newTopic(client, { partitions: 1 });
    const partition = await followed(mine, id);
    await theirs.createPartitions([partition]);
    for (let i = 0; i < 20; i++) await append(theirs, partition, { offsets: 10, sizeBytes: 5000 });
    await until(() => mine.bounds(partition)?.endOffset === 200);
    const first = await mine.read(partition, everything);
    const second = await mine.read(partition, { ...everything, startOffset: 55, endOffset: 95 });
    expect(first).toHaveLength(20);
    expect(second).toEqual(first.slice(5, 10));
    expect(second[0]).toBe(first[5]);
    expect(fetches).toBe(0);

    // Who comes later and reads from the start reads ahead.
    const late = await open({ client: counting });
    await late.createPartitions([partition]);
    for (let offset = 0; offset < 200; offset += 10) {
      const range = { startOffset: offset, endOffset: offset + 10, maxBytes: 1 };
      expect(rangesOf(await late.read(partition, range))).toEqual([`${offset}-${offset + 9}`]);
    }
    expect(fetches).toBe(1);
  });

  test('ends where the last stable record ends, and leaves out what was aborted, without a word', async () => {
    const log = await open();
    const { id, name } = await newTopic(client, { partitions: 1 });
    const partition = await followed(log, id);
    const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
    const producerOf = async () => {
      const producer = kafka.producer({ transactionalId: uniqueName('tx'), maxInFlightRequests: 1, idempotent: true });
      await producer.connect();
      onTestFinished(() => producer.disconnect());
      return producer;
    };
    const [one, two] = [await producerOf(), await producerOf()];
    const before = warnings.length;
    const send = (value: string) => ({ topic: name, messages: [{ value }, { value }] });

    const committed = await one.transaction();
    await committed.send(send('committed')); // 0-1
    const aborted = await two.transaction();
    await aborted.send(send('aborted')); // 2-3
    await append(log, partition, { offsets: 1 }); // 4
    expect(log.bounds(partition)?.endOffset).toBe(0);
    expect(await log.read(partition, everything)).toEqual([]);

    await committed.commit(); // 5
    await until(() => log.bounds(partition)?.endOffset === 2);
    expect(rangesOf(await log.read(partition, everything))).toEqual(['0-1']);

    await aborted.abort(); // 6
    const next = await two.transaction();
    await next.send(send('committed')); // 7-8
    await next.commit(); // 9
    await until(() => log.bounds(partition)?.endOffset === 10);
    expect(rangesOf(await log.read(partition, everything))).toEqual(['0-1', '4-4', '7-8']);

    // From the middle of what is left out, also where nothing is in memory.
    for (const reader of [log, await open({ cacheBytes: 0 })]) {
      expect(rangesOf(await reader.read(partition, { ...everything, startOffset: 3 }))).toEqual(['4-4', '7-8']);
      expect(rangesOf(await reader.read(partition, { ...everything, startOffset: 5, endOffset: 7 }))).toEqual([]);
      expect(rangesOf(await reader.read(partition, { ...everything, startOffset: 9 }))).toEqual([]);
    }
    expect(warnings.slice(before)).toEqual([]);
  });

  test('catches up with much that it has never read, in its order and in large pieces', async () => {
    const log = await open({ cacheBytes: 4 * 1024 * 1024 });
    const { id } = await newTopic(client, { partitions: 1 });
    const partition = partitionOf(id);
    await log.createPartitions([partition]);
    const batch = newBatchOfRecords({ offsets: 5, sizeBytes: 20_000 });
    for (let i = 0; i < 40; i++) {
      await Promise.all(Array.from({ length: 25 }, () => log.append({ entries: [{ ...partition, batch }] })));
    }
    const late = await open({ cacheBytes: 4 * 1024 * 1024 });
    const { endOffset = 0 } = late.bounds(partition) ?? {};
    expect(endOffset).toBe(5000);
    let offset = 0;
    while (offset < endOffset) {
      const batches = await late.read(partition, { startOffset: offset, endOffset, maxBytes: 1_000_000 });
      for (const each of batches) {
        expect(each.baseOffset).toBe(offset);
        offset = each.lastOffset + 1;
      }
    }
    expect(offset).toBe(5000);
  });

  test('tells that the start has moved, and reads from there on', async () => {
    const [mine, theirs] = [await open(), await open()];
    const { id } = await newTopic(client, { partitions: 1 });
    const partition = await followed(mine, id);
    let moved = 0;
    mine.watch({ appended: () => {}, startMoved: () => void moved++ });
    for (let i = 0; i < 5; i++) await append(mine, partition, { offsets: 10, sizeBytes: 200 });
    await theirs.createPartitions([partition]);
    await theirs.trim(partition, 30);
    await until(() => moved > 0);
    expect(mine.bounds(partition)).toMatchObject({ startOffset: 30, endOffset: 50 });
    expect(rangesOf(await mine.read(partition, everything))).toEqual(['30-39', '40-49']);
    // Somebody who has not heard yet.
    await theirs.trim(partition, 40);
    const range = { startOffset: 30, endOffset: 50, maxBytes: 1_000_000 };
    const late = await open({ cacheBytes: 0 });
    expect(rangesOf(await late.read(partition, range))).toEqual(['40-49']);
  });

  test('knows the bounds of partitions that nobody follows, and of topics that come', { timeout: 30_000 }, async () => {
    const [mine, theirs] = [await open(), await open()];
    const { id } = await newTopic(client, { partitions: 1 });
    const partition = partitionOf(id);
    expect(mine.bounds(partition)).toBeUndefined();
    await theirs.createPartitions([partition]);
    await append(theirs, partition, { offsets: 7 });
    await until(() => mine.bounds(partition)?.endOffset === 7);
  });

  test('takes a topic that was created again under the same name for another one', async () => {
    const log = await open();
    const { id, name } = await newTopic(client, { partitions: 1 });
    const old = await followed(log, id);
    await append(log, old, { offsets: 3 });
    await client.request(deleteTopicsApi, { topics: [{ topicId: id }], timeoutMs: 5000 }, { broker: 'controller' });
    const { id: newId } = await newTopic(client, { name, partitions: 1 });
    const fresh = await followed(log, newId);
    await append(log, fresh, { offsets: 1, fill: 9 });
    // What is in memory may still be read; nothing of the new one is ever taken for the old one.
    const refused = { name: 'Fault', code: 'STORAGE_FAILED', outcome: 'refused' };
    const stale = await open({ cacheBytes: 0 });
    await expect(stale.read(old, everything)).rejects.toMatchObject(refused);
    await expect(log.trim(old, 2)).rejects.toMatchObject(refused);
    expect(rangesOf(await log.read(fresh, everything))).toEqual(['0-0']);
    expect(log.bounds(fresh)).toMatchObject({ startOffset: 0, endOffset: 1 });
    await client.refresh();
    await client.refresh();
    expect(log.bounds(old)).toBeUndefined();
  });

  test('follows what it is told to at the same time as much else comes and goes', async () => {
    const log = await open();
    const other = await open();
    const { id } = await newTopic(client, { partitions: 20 });
    const partitions = Array.from({ length: 20 }, (_, partition) => partitionOf(id, partition));
    await log.createPartitions(partitions);
    await other.createPartitions(partitions);
    await log.follow(partitions);
    const counts = partitions.map(() => 0);
    for (let round = 0; round < 10; round++) {
      log.unfollow(partitions.slice(round, round + 5));
      await Promise.all(
        partitions.map(async (partition, index) => {
          if ((index + round) % 3 === 0) return;
          await append(other, partition);
          counts[index] = (counts[index] ?? 0) + 1;
        }),
      );
      await log.follow(partitions.slice(round, round + 5));
    }
    await until(() => partitions.every((partition, index) => log.bounds(partition)?.endOffset === counts[index]));
    for (const [index, partition] of partitions.entries()) {
      expect(await log.read(partition, everything)).toHaveLength(counts[index] ?? 0);
    }
  });
});
