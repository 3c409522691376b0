import assert from 'node:assert/strict';
import type { Delivered, ShareConsumer } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import {
  assertDeliveryCount,
  assertLag,
  assertQuiet,
  drain,
  offsetsOf,
  receive,
  settle,
  values,
  valuesOf,
} from '../stage.ts';

/** Who gets which records, and how many of them (KIP-932, KIP-1206). */
export const acquiring: readonly Scenario[] = [
  {
    name: 'with batch_optimized a batch is never split: max.poll.records is passed, up to the end of a batch',
    needs: ['shareConsumer', 'explicit', 'maxPollRecords'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      for (const batch of [0, 1, 2]) await stage.produce(topic, values(10, `b${batch}-`));
      const consumer = await stage.client.openShareConsumer({
        group,
        topics: [topic],
        mode: 'explicit',
        acquireMode: 'batch_optimized',
        maxPollRecords: 5,
      });
      for (const batch of [0, 1, 2]) {
        const records = await receive(consumer, range(batch * 10, batch * 10 + 10));
        await settle(consumer, 'accept', records);
      }
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'with record_limit a poll gives max.poll.records at most, whatever the batches are',
    needs: ['shareConsumer', 'explicit', 'maxPollRecords', 'recordLimit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(12));
      const consumer = await stage.client.openShareConsumer({
        group,
        topics: [topic],
        mode: 'explicit',
        acquireMode: 'record_limit',
        maxPollRecords: 5,
      });
      for (const offsets of [range(0, 5), range(5, 10), range(10, 12)])
        await settle(consumer, 'accept', await receive(consumer, offsets));
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'with record_limit released records come again, within the limit',
    needs: ['shareConsumer', 'explicit', 'maxPollRecords', 'recordLimit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(3));
      const consumer = await stage.client.openShareConsumer({
        group,
        topics: [topic],
        mode: 'explicit',
        acquireMode: 'record_limit',
        maxPollRecords: 2,
      });
      await settle(consumer, 'release', await receive(consumer, [0, 1]));
      // A client may have asked for more before it gave these back (franz-go reads ahead): then offset 2 comes first.
      const after: Delivered[] = [];
      while (after.length < 3) {
        const records = await consumer.poll(25_000);
        assert.ok(records.length > 0, `only offsets ${offsetsOf(after).join(', ')} of 0 to 2 came`);
        assert.ok(records.length <= 2, `${records.length} records in a poll of at most 2`);
        await settle(consumer, 'accept', records);
        after.push(...records);
      }
      const byOffset = after.sort((a, b) => a.offset - b.offset);
      assert.deepEqual(offsetsOf(byOffset), [0, 1, 2]);
      assertDeliveryCount(byOffset.slice(0, 2), 2);
      assertDeliveryCount(byOffset.slice(2), 1);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'max.poll.records is kept where each record is a batch of its own',
    needs: ['shareConsumer', 'explicit', 'maxPollRecords'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      for (const value of values(9)) await stage.produce(topic, [value]);
      const consumer = await stage.client.openShareConsumer({
        group,
        topics: [topic],
        mode: 'explicit',
        maxPollRecords: 4,
      });
      for (const offsets of [range(0, 4), range(4, 8), range(8, 9)])
        await settle(consumer, 'accept', await receive(consumer, offsets));
    },
  },
  {
    name: 'several consumers share one partition: each record goes to one of them',
    needs: ['shareConsumer', 'explicit', 'maxPollRecords'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const consumers = await Promise.all(
        [0, 1, 2].map(() =>
          stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit', maxPollRecords: 10 }),
        ),
      );
      for (let batch = 0; batch < 30; batch++) await stage.produce(topic, values(10, `b${batch}-`));
      // Each takes its first records before anybody takes more, so that none can have all.
      const first = await Promise.all(consumers.map((consumer) => consumer.poll(25_000)));
      for (const records of first) assert.ok(records.length > 0, 'a consumer got nothing');
      await Promise.all(consumers.map((consumer, index) => settle(consumer, 'accept', first[index] ?? [])));
      const rest = await together(consumers, 300 - first.flat().length);
      const all = [...first.flat(), ...rest];
      assert.deepEqual(
        offsetsOf(all).sort((a, b) => a - b),
        range(0, 300),
      );
      assertDeliveryCount(all, 1);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'a full window gives nothing more until something in it is finished',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group({ 'share.partition.max.record.locks': '100' })];
      for (const batch of [0, 1, 2]) await stage.produce(topic, values(50, `b${batch}-`));
      const holder = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const held = await receive(holder, range(0, 100));
      const other = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await assertQuiet(other, 2_500);
      await settle(holder, 'accept', held);
      await settle(other, 'accept', await receive(other, range(100, 150)));
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'a batch that fails again and again comes in smaller parts, at last each record alone',
    needs: ['shareConsumer', 'explicit', 'deliveryCount'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group({ 'share.delivery.count.limit': '5' })];
      await stage.produce(topic, values(4));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const polls: string[] = [];
      for (let deliveries = 0; deliveries < 20;) {
        const records = await consumer.poll(25_000);
        assert.ok(records.length > 0, `${deliveries} of 20 deliveries came`);
        deliveries += records.length;
        polls.push(`${records.length} at ${records[0]?.deliveryCount}`);
        await settle(consumer, 'release', records);
      }
      // KAFKA-17541: half of the batch from the third failure on, and the last attempt is made alone.
      const [whole, halves, alone] = [['4 at 1', '4 at 2', '4 at 3'], Array(2).fill('2 at 4'), Array(4).fill('1 at 5')];
      assert.deepEqual(polls.sort(byDelivery), [...whole, ...halves, ...alone]);
      await assertQuiet(consumer);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'two groups each get every record',
    needs: ['shareConsumer', 'explicit', 'reject'],
    async run(stage) {
      const topic = await stage.topic();
      await stage.produce(topic, values(4));
      for (const answer of ['reject', 'accept'] as const) {
        const group = await stage.group();
        const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
        const records = await receive(consumer, range(0, 4));
        assertDeliveryCount(records, 1);
        await settle(consumer, answer, records);
        await assertLag(stage, group, 0);
      }
    },
  },
  {
    name: 'a consumer gets the records of all partitions and topics it asks for',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [first, second, group] = [await stage.topic(3), await stage.topic(), await stage.group()];
      for (const partition of [0, 1, 2]) await stage.produce(first, [`first-${partition}`], partition);
      await stage.produce(second, ['second-0']);
      const consumer = await stage.client.openShareConsumer({ group, topics: [first, second], mode: 'explicit' });
      const records = await drain(consumer, 4, 'accept');
      assert.deepEqual(new Set(valuesOf(records)), new Set(['first-0', 'first-1', 'first-2', 'second-0']));
      await assertQuiet(consumer);
    },
  },
  {
    name: 'a partition that is added is consumed from its first record on',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const topic = await stage.topic();
      // A group that starts at the latest record takes all of a partition that comes later.
      const group = await stage.group({ 'share.auto.offset.reset': 'latest' });
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await untilJoined(consumer, () => stage.produce(topic, ['ping']));
      await stage.referee.admin.createPartitions(topic, 2);
      await stage.produce(topic, ['new'], 1);
      const records = await drain(consumer, 1, 'accept');
      assert.deepEqual(valuesOf(records.filter(({ partition }) => partition === 1)), ['new']);
    },
  },
  {
    name: 'a topic that is made after its consumer subscribed is consumed',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [stage.name('later'), await stage.group()];
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      assert.deepEqual(await consumer.poll(500), []);
      await stage.referee.admin.createTopics([{ name: topic, partitions: 1 }]);
      await stage.produce(topic, ['v0']);
      await settle(consumer, 'accept', await receive(consumer, [0]));
    },
  },
  {
    name: 'a consumer that subscribes to another topic gets its records, and no more of the first one',
    needs: ['shareConsumer', 'explicit', 'subscribe'],
    async run(stage) {
      const [first, second, group] = [await stage.topic(), await stage.topic(), await stage.group()];
      await stage.produce(first, ['first']);
      const consumer = await stage.client.openShareConsumer({ group, topics: [first], mode: 'explicit' });
      await settle(consumer, 'accept', await receive(consumer, [0]));
      await consumer.subscribe([second]);
      await stage.produce(second, ['second']);
      const records = await drain(consumer, 1, 'accept');
      assert.deepEqual(valuesOf(records), ['second']);
      await stage.produce(first, ['unseen']);
      await assertQuiet(consumer);
    },
  },
  {
    name: 'a record of 1 MB arrives as it was, and comes again whole when it is released',
    needs: ['producer', 'shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const value = 'sash '.repeat(200_000);
      const producer = await stage.client.openProducer();
      const [outcome] = await producer.produce([{ topic, partition: 0, key: 'big', value }]);
      assert.equal(outcome?.error, null);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      for (const answer of ['release', 'accept'] as const) {
        const records = await receive(consumer, [0]);
        assert.equal(records[0]?.value === value, true, 'the value has changed');
        await settle(consumer, answer, records);
      }
    },
  },
  {
    name: 'many large records come in several polls, each once',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      for (let index = 0; index < 80; index++) await stage.produce(topic, [`${index}-`.padEnd(900_000, 'x')]);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      // fetch.max.bytes is 50 MB.
      const records = await drain(consumer, 80, 'accept');
      assert.deepEqual(offsetsOf(records), range(0, 80));
      await assertLag(stage, group, 0);
    },
  },
];

const byDelivery = (one: string, other: string): number =>
  Number(one.split(' ').at(-1)) - Number(other.split(' ').at(-1));

export const range = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, index) => start + index);

/** All of them poll and accept until they have `count` records between them. */
export async function together(consumers: readonly ShareConsumer[], count: number): Promise<Delivered[]> {
  const all: Delivered[] = [];
  const untilMs = performance.now() + 40_000;
  await Promise.all(
    consumers.map(async (consumer) => {
      while (all.length < count && performance.now() < untilMs) {
        const records = await consumer.poll(500);
        if (records.length === 0) continue;
        await settle(consumer, 'accept', records);
        all.push(...records);
      }
    }),
  );
  return all;
}

/** Writes and polls until a record arrives: from then on nothing that is written is missed. Accepts what came. */
export async function untilJoined(consumer: ShareConsumer, write: () => Promise<void>): Promise<readonly Delivered[]> {
  for (let attempt = 0; attempt < 50; attempt++) {
    await write();
    const records = await consumer.poll(500);
    if (records.length === 0) continue;
    await settle(consumer, 'accept', records);
    return records;
  }
  throw new Error('the consumer got nothing of 50 records');
}
