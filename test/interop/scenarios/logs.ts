import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { brokerSettings } from '../broker-process.ts';
import type { Scenario } from '../scenario.ts';
import {
  assertDeliveryCount,
  assertLag,
  assertQuiet,
  assertRefused,
  commit,
  drain,
  eventually,
  offsetsOf,
  receive,
  settle,
  values,
  valuesOf,
} from '../stage.ts';
import { range } from './acquiring.ts';

const compressions = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

/** Producing, reading without a group, and what happens to a window when the log below it changes. */
export const logs: readonly Scenario[] = [
  ...compressions.map((compression): Scenario => ({
    name: `records compressed with ${compression} arrive as they were`,
    needs: ['producer', 'shareConsumer', 'explicit', compression],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const producer = await stage.client.openProducer({ compression, lingerMs: 1_000 });
      const sent = values(200, 'a text that can be compressed, a text that can be compressed ');
      const outcomes = await producer.produce(sent.map((value) => ({ topic, partition: 0, key: 'k', value })));
      assert.deepEqual(
        outcomes.map(({ error }) => error),
        sent.map(() => null),
      );
      for (const driver of [stage.client, stage.referee]) {
        const reader = driver === stage.client && !driver.process.capabilities.has('reader') ? null : driver;
        if (reader === null) continue;
        const opened = await reader.openReader([{ topic, partition: 0, offset: 'earliest' }]);
        assert.deepEqual(valuesOf(await drain(opened, 200)), sent);
      }
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const records = await drain(consumer, 200, 'accept');
      assert.deepEqual(valuesOf(records), sent);
      await assertLag(stage, group, 0);
    },
  })),
  {
    name: 'key, value, headers and timestamp arrive as they were, null and empty ones too',
    needs: ['producer', 'shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const producer = await stage.client.openProducer({ lingerMs: 1_000 });
      const timestampMs = Date.now() - 60_000;
      const sent = [
        {
          key: 'ключ',
          value: 'Größe 🎉',
          headers: [
            ['h', 'x'],
            ['h', 'y'],
            ['empty', ''],
            ['null', null],
          ],
        },
        { key: null, value: 'no key', headers: [] },
        { key: 'tombstone', value: null, headers: [] },
        { key: '', value: '', headers: [] },
      ] as const;
      await producer.produce(sent.map((record) => ({ topic, partition: 0, timestampMs, ...record })));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const records = await drain(consumer, 4, 'accept');
      assert.deepEqual(
        records.map(({ key, value, headers }) => ({ key, value, headers })),
        sent,
      );
      for (const record of records) assert.equal(record.timestampMs, timestampMs);
    },
  },
  ...(['0', '1', 'all'] as const).map((acks): Scenario => ({
    name: `a producer with acks ${acks} writes each record once, in order`,
    needs: ['producer', ...(acks === 'all' ? [] : ['noIdempotence', `acks${acks}`])],
    async run(stage) {
      const topic = await stage.topic();
      const producer = await stage.client.openProducer({ acks, idempotence: acks === 'all' });
      const outcomes = await producer.produce(values(50).map((value) => ({ topic, partition: 0, key: null, value })));
      assert.deepEqual(
        outcomes.map(({ error }) => error),
        values(50).map(() => null),
      );
      if (acks !== '0')
        assert.deepEqual(
          outcomes.map(({ offset }) => offset),
          range(0, 50),
        );
      const reader = await stage.referee.openReader([{ topic, partition: 0, offset: 'earliest' }]);
      assert.deepEqual(valuesOf(await drain(reader, 50)), values(50));
      await assertQuiet(reader, 500);
    },
  })),
  {
    name: 'an idempotent producer whose connections are cut writes each record once, in order',
    needs: ['producer'],
    async run(stage) {
      const topic = await stage.topic();
      const proxy = await stage.proxy();
      const producer = await stage.client.openProducer({ bootstrap: proxy.bootstrap });
      const cutting = setInterval(() => proxy.cut(), 150);
      try {
        for (let part = 0; part < 20; part++) {
          const batch = values(100, `p${part}-`).map((value) => ({ topic, partition: 0, key: null, value }));
          for (const { error } of await producer.produce(batch)) assert.equal(error, null);
          // A batch takes a few milliseconds: all of them together would be written before much is cut.
          await sleep(30);
        }
      } finally {
        clearInterval(cutting);
      }
      const reader = await stage.referee.openReader([{ topic, partition: 0, offset: 'earliest' }]);
      const records = await drain(reader, 2_000);
      assert.deepEqual(
        valuesOf(records),
        range(0, 20).flatMap((part) => values(100, `p${part}-`)),
      );
      await assertQuiet(reader, 500);
    },
  },
  {
    name: 'a record that is larger than max.message.bytes is refused, and the next one is taken',
    needs: ['producer'],
    async run(stage) {
      const topic = await stage.topic(1, { 'max.message.bytes': '10000' });
      const producer = await stage.client.openProducer();
      const [large] = await producer.produce([{ topic, partition: 0, key: null, value: 'x'.repeat(20_000) }]);
      assert.ok(
        ['RECORD_TOO_LARGE', 'MESSAGE_TOO_LARGE'].includes(large?.error?.code ?? ''),
        `the error is ${JSON.stringify(large?.error)}`,
      );
      const [small] = await producer.produce([{ topic, partition: 0, key: null, value: 'small' }]);
      assert.deepEqual([small?.offset, small?.error], [0, null]);
    },
  },
  {
    name: 'a reader without a group starts where it is told, and sees what comes',
    needs: ['reader'],
    async run(stage) {
      const topic = await stage.topic(2);
      await stage.produce(topic, values(5));
      const from = async (offset: number | 'earliest' | 'latest') =>
        stage.client.openReader([{ topic, partition: 0, offset }]);
      assert.deepEqual(offsetsOf(await drain(await from('earliest'), 5)), range(0, 5));
      assert.deepEqual(offsetsOf(await drain(await from(3), 2)), [3, 4]);
      const committed = await stage.client.openReader([{ topic, partition: 0, offset: 'earliest' }], 'read_committed');
      assert.deepEqual(offsetsOf(await drain(committed, 5)), range(0, 5));
      const last = await from('latest');
      await assertQuiet(last, 500);
      await stage.produce(topic, ['new']);
      assert.deepEqual(valuesOf(await drain(last, 1)), ['new']);
    },
  },
  {
    name: 'offsets are found by earliest, latest, timestamp and greatest timestamp',
    needs: ['listOffsets'],
    async run(stage) {
      const topic = await stage.topic();
      const { admin } = stage.client;
      assert.equal((await admin.listOffsets(topic, 0, 'latest')).offset, 0);
      const producer = await stage.referee.openProducer();
      const base = Date.now() - 1_000_000;
      for (const timestampMs of [base, base + 2_000, base + 1_000])
        await producer.produce([{ topic, partition: 0, key: null, value: 'v', timestampMs }]);
      assert.equal((await admin.listOffsets(topic, 0, 'earliest')).offset, 0);
      assert.equal((await admin.listOffsets(topic, 0, 'latest')).offset, 3);
      assert.deepEqual(await admin.listOffsets(topic, 0, base + 1), { offset: 1, timestampMs: base + 2_000 });
      assert.equal((await admin.listOffsets(topic, 0, base + 3_000)).offset, -1);
      assert.deepEqual(await admin.listOffsets(topic, 0, 'max_timestamp'), { offset: 1, timestampMs: base + 2_000 });
    },
  },
  {
    name: 'topics are made, described, grown, configured and deleted, and what is wrong is refused',
    needs: ['createTopics', 'deleteTopics', 'createPartitions', 'describeTopics', 'alterConfig', 'describeConfig'],
    async run(stage) {
      const { admin } = stage.client;
      const name = stage.name('topic');
      await admin.createTopics([{ name, partitions: 2, config: { 'retention.ms': '3600000' } }]);
      await eventually(async () => assert.equal((await admin.describeTopics([name]))[0]?.partitions, 2));
      await assertRefused('TOPIC_ALREADY_EXISTS', admin.createTopics([{ name, partitions: 1 }]));
      await assertRefused('INVALID_TOPIC_EXCEPTION', admin.createTopics([{ name: 'not a name', partitions: 1 }]));
      await assertRefused('INVALID_PARTITIONS', admin.createTopics([{ name: stage.name('topic'), partitions: 0 }]));
      const wrong = { name: stage.name('topic'), partitions: 1, config: { 'no.such': '1' } };
      await assertRefused('INVALID_CONFIG', admin.createTopics([wrong]));
      await admin.createPartitions(name, 4);
      await eventually(async () => assert.equal((await admin.describeTopics([name]))[0]?.partitions, 4));
      await assertRefused('INVALID_PARTITIONS', admin.createPartitions(name, 3));
      assert.deepEqual((await admin.describeConfig('topic', name))['retention.ms'], {
        value: '3600000',
        source: 'DYNAMIC_TOPIC_CONFIG',
      });
      await admin.alterConfig('topic', name, { 'retention.ms': '7200000' });
      await eventually(async () =>
        assert.equal((await admin.describeConfig('topic', name))['retention.ms']?.value, '7200000'),
      );
      await assertRefused('INVALID_CONFIG', admin.alterConfig('topic', name, { 'retention.ms': 'soon' }));
      await admin.deleteTopics([name]);
      await eventually(() => assertRefused('UNKNOWN_TOPIC_OR_PARTITION', admin.describeTopics([name])));
      await assertRefused('UNKNOWN_TOPIC_OR_PARTITION', admin.deleteTopics([name]));
    },
  },
  {
    name: 'the cluster is described: its nodes, where the client is connected',
    needs: ['describeCluster'],
    async run(stage) {
      const { clusterId, nodes } = await stage.client.admin.describeCluster();
      assert.ok(clusterId.length > 0);
      assert.equal(nodes.length, stage.nodes);
      for (const { host } of nodes) assert.equal(host, '127.0.0.1');
    },
  },
  {
    name: 'the broker tells its settings under the names of Kafka',
    needs: ['describeConfig', 'describeCluster'],
    async run(stage) {
      const { admin } = stage.client;
      const [node] = (await admin.describeCluster()).nodes;
      const config = await admin.describeConfig('broker', String(node?.nodeId));
      const told = Object.keys(brokerSettings).map((name) => [name, config[name]?.value]);
      assert.deepEqual(Object.fromEntries(told), brokerSettings);
      for (const [name, value] of [
        ['group.share.record.lock.duration.ms', '30000'],
        ['group.share.delivery.count.limit', '5'],
        ['group.share.max.size', '200'],
        ['group.share.partition.max.record.locks', '2000'],
      ] as const)
        assert.equal(config[name]?.value, value, name);
    },
  },
  {
    name: 'records that are deleted before they were delivered never come',
    needs: ['shareConsumer', 'explicit', 'deleteRecords'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      for (const value of values(6)) await stage.produce(topic, [value]);
      assert.deepEqual(await stage.client.admin.deleteRecords(topic, 0, 4), { lowWatermark: 4 });
      await assertRefused('OFFSET_OUT_OF_RANGE', stage.client.admin.deleteRecords(topic, 0, 99));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      assert.deepEqual(offsetsOf(await drain(consumer, 2, 'accept')), [4, 5]);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'records that are deleted inside the window never come again, and what is behind them does',
    needs: ['shareConsumer', 'explicit', 'deleteRecords'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      for (const value of values(6)) await stage.produce(topic, [value]);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const first: Awaited<ReturnType<typeof drain>> = [];
      while (first.length < 6) {
        const records = await consumer.poll(25_000);
        assert.ok(records.length > 0, 'nothing came');
        first.push(...records);
        await consumer.acknowledge('release', records);
        if (first.length < 6) await commit(consumer);
      }
      assert.deepEqual(offsetsOf(first), range(0, 6));
      await stage.client.admin.deleteRecords(topic, 0, 4);
      await commit(consumer);
      const again = await drain(consumer, 2, 'accept');
      assert.deepEqual(offsetsOf(again), [4, 5]);
      assertDeliveryCount(again, 2);
      await assertQuiet(consumer);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'records that retention takes out of the window never come again, and what is behind them does',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const producer = await stage.referee.openProducer({ lingerMs: 1_000 });
      const timestampMs = Date.now() - 2 * 3_600_000;
      await producer.produce(values(3).map((value) => ({ topic, partition: 0, key: null, value, timestampMs })));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const held = await receive(consumer, [0, 1, 2]);
      await stage.referee.admin.alterConfig('topic', topic, { 'retention.ms': '3600000' });
      await eventually(async () => {
        assert.equal((await stage.referee.admin.listOffsets(topic, 0, 'earliest')).offset, 3);
      });
      await stage.produce(topic, ['young']);
      await consumer.acknowledge('release', held);
      // Kafka takes the release, sash says that the records are gone.
      await consumer.commitSync();
      const records = await drain(consumer, 1, 'accept');
      assert.deepEqual(offsetsOf(records), [3]);
      await assertQuiet(consumer);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'a topic that is deleted and made again is a new one: its records come from the first on',
    needs: ['shareConsumer', 'explicit', 'createTopics', 'deleteTopics', 'recreatedTopics'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(5, 'old'));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await settle(consumer, 'accept', await receive(consumer, range(0, 5)));
      await stage.client.admin.deleteTopics([topic]);
      await eventually(() => stage.client.admin.createTopics([{ name: topic, partitions: 1 }]));
      const producer = await stage.referee.openProducer();
      await eventually(async () => {
        const [outcome] = await producer.produce([{ topic, partition: 0, key: null, value: 'new' }]);
        assert.equal(outcome?.error, null);
      });
      const records = await drain(consumer, 1, 'accept');
      assert.deepEqual(valuesOf(records), ['new']);
      assertDeliveryCount(records, 1);
    },
  },
  {
    name: 'a consumer outlives the deletion of one of its topics, and goes on with the other',
    needs: ['shareConsumer', 'explicit', 'deleteTopics'],
    async run(stage) {
      const [doomed, other, group] = [await stage.topic(), await stage.topic(), await stage.group()];
      await stage.produce(doomed, ['doomed']);
      const consumer = await stage.client.openShareConsumer({ group, topics: [doomed, other], mode: 'explicit' });
      await consumer.acknowledge('release', await receive(consumer, [0]));
      await stage.client.admin.deleteTopics([doomed]);
      // The answer for a topic that is gone may be an error or nothing.
      await consumer.commitSync();
      await stage.produce(other, ['other']);
      await eventually(async () => {
        const records = await consumer.poll(1_000);
        await settle(consumer, 'accept', records);
        assert.ok(valuesOf(records).includes('other'));
      }, 30_000);
    },
  },
];
