import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import {
  assertDeliveryCount,
  assertLag,
  assertQuiet,
  drain,
  eventually,
  offsetsOf,
  receive,
  settle,
  values,
  valuesOf,
} from '../stage.ts';
import { range, together } from './acquiring.ts';

/** Members that come, leave, crash, hang, and lose their connection. */
export const members: readonly Scenario[] = [
  {
    name: 'what a consumer holds when it closes goes to another at once',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      // With a lock far longer than the scenario.
      const [topic, group] = [await stage.topic(), await stage.group({ 'share.record.lock.duration.ms': '60000' })];
      await stage.produce(topic, values(3));
      const leaving = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const held = await receive(leaving, [0, 1, 2]);
      await leaving.acknowledge('accept', held.slice(0, 1));
      await leaving.close();
      const other = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const again = await drain(other, 2, 'accept');
      assert.deepEqual(offsetsOf(again), [1, 2], 'what was acknowledged before closing counts, the rest comes again');
      assertDeliveryCount(again, 2);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'in implicit mode closing does not accept what the last poll gave',
    needs: ['shareConsumer', 'implicit', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group({ 'share.record.lock.duration.ms': '60000' })];
      await stage.produce(topic, values(2));
      const leaving = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'implicit' });
      await receive(leaving, [0, 1]);
      await leaving.close();
      const other = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const again = await receive(other, [0, 1]);
      assertDeliveryCount(again, 2);
      await settle(other, 'accept', again);
    },
  },
  {
    name: 'what a member held that was killed comes again, with delivery count 2',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const config = { 'share.record.lock.duration.ms': '10000', 'share.session.timeout.ms': '5000' };
      const [topic, group] = [await stage.topic(), await stage.group(config)];
      await stage.produce(topic, values(3));
      const victim = await stage.another();
      const lost = await victim.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      assertDeliveryCount(await receive(lost, [0, 1, 2]), 1);
      await victim.process.crash();
      const other = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const again = await receive(other, [0, 1, 2]);
      assertDeliveryCount(again, 2);
      await settle(other, 'accept', again);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'what a member holds that hangs comes again, and the group forgets the member',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const config = { 'share.record.lock.duration.ms': '4000', 'share.session.timeout.ms': '3000' };
      const [topic, group] = [await stage.topic(), await stage.group(config)];
      await stage.produce(topic, values(3));
      const victim = await stage.another();
      const lost = await victim.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await receive(lost, [0, 1, 2]);
      victim.process.hang();
      const other = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const again = await receive(other, [0, 1, 2]);
      assertDeliveryCount(again, 2);
      await settle(other, 'accept', again);
      await eventually(async () => {
        const [described] = await stage.referee.admin.describeShareGroups([group]);
        assert.equal(described?.members.length, 1);
      });
    },
  },
  {
    name: 'a member that hung until it was removed joins again by itself, and its late answer does no harm',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const config = { 'share.record.lock.duration.ms': '1000', 'share.session.timeout.ms': '3000' };
      const [topic, group] = [await stage.topic(), await stage.group(config)];
      await stage.produce(topic, values(2));
      const sleeper = await stage.another();
      const consumer = await sleeper.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const held = await receive(consumer, [0, 1]);
      sleeper.process.hang();
      await eventually(async () => {
        const [described] = await stage.referee.admin.describeShareGroups([group]);
        assert.deepEqual(described?.members, []);
      });
      await stage.longLocks(group);
      sleeper.process.resume();
      await consumer.acknowledge('accept', held);
      await consumer.commitSync();
      await stage.produce(topic, ['new']);
      const records = await drain(consumer, 3, 'accept');
      assert.deepEqual(new Set(offsetsOf(records)), new Set([0, 1, 2]));
      assertDeliveryCount(records.slice(0, 2), 2);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'a consumer whose connections are cut goes on, and every record is delivered',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group({ 'share.record.lock.duration.ms': '5000' })];
      const proxy = await stage.proxy();
      const consumer = await stage.client.openShareConsumer({
        group,
        topics: [topic],
        mode: 'explicit',
        bootstrap: proxy.bootstrap,
      });
      const seen = new Set<number>();
      const acceptNext = async (waitMs: number): Promise<void> => {
        const records = await consumer.poll(waitMs);
        for (const { offset } of records) seen.add(offset);
        await consumer.acknowledge('accept', records);
        // A commit whose connection is cut may fail, or say nothing; the records come again then.
        await consumer.commitSync();
      };
      for (let batch = 0; batch < 20; batch++) {
        await stage.produce(topic, values(10, `b${batch}-`));
        const cut = setTimeout(() => proxy.cut(), batch * 3);
        await acceptNext(2_000);
        clearTimeout(cut);
      }
      await eventually(async () => {
        await acceptNext(200);
        const [row] = await stage.referee.admin.listShareGroupOffsets(group);
        assert.equal(row?.lag, 0);
      }, 30_000);
      assert.deepEqual(
        [...seen].sort((a, b) => a - b),
        range(0, 200),
      );
      assert.ok(proxy.connections > 0, 'the client went around the proxy');
    },
  },
  {
    name: 'what a member holds whose connection is cut goes to another before its lock is over',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group({ 'share.record.lock.duration.ms': '60000' })];
      await stage.produce(topic, values(3));
      const victim = await stage.another();
      const proxy = await stage.proxy();
      const lost = await victim.openShareConsumer({
        group,
        topics: [topic],
        mode: 'explicit',
        bootstrap: proxy.bootstrap,
      });
      await receive(lost, [0, 1, 2]);
      victim.process.hang();
      proxy.cut();
      const other = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const again = await receive(other, [0, 1, 2]);
      assertDeliveryCount(again, 2);
      await settle(other, 'accept', again);
    },
  },
  {
    name: 'a consumer goes on after the broker was killed and started again; what was accepted does not come again',
    needs: ['producer', 'shareConsumer', 'explicit', 'createTopics', 'alterConfig'],
    async run(stage) {
      const broker = await stage.ownBroker();
      const driver = await stage.another(broker.bootstrap);
      const [topic, group] = [stage.name('topic'), stage.name('group')];
      await driver.admin.createTopics([{ name: topic, partitions: 1 }]);
      await driver.admin.alterConfig('group', group, { 'share.auto.offset.reset': 'earliest' });
      const producer = await driver.openProducer();
      const produce = async (value: string): Promise<void> => {
        const [outcome] = await producer.produce([{ topic, partition: 0, key: null, value }]);
        assert.equal(outcome?.error, null);
      };
      await produce('accepted');
      const consumer = await driver.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await settle(consumer, 'accept', await receive(consumer, [0]));
      await produce('held');
      const held = await receive(consumer, [1]);
      await broker.killAndRestart();
      await consumer.acknowledge('accept', held);
      // The lock is gone with the process; whatever this is told, the record comes again.
      await consumer.commitSync();
      await produce('after');
      const records = await drain(consumer, 2, 'accept');
      assert.deepEqual(valuesOf(records), ['held', 'after']);
      await assertQuiet(consumer);
    },
  },
  {
    name: 'consumers come and go while records flow, and every record is accepted',
    needs: ['shareConsumer', 'explicit', 'maxPollRecords'],
    async run(stage) {
      const [topic, group] = [await stage.topic(2), await stage.group()];
      const open = () =>
        stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit', maxPollRecords: 20 });
      const seen = new Set<string | null>();
      for (let round = 0; round < 4; round++) {
        const consumers = [await open(), await open()];
        for (let batch = 0; batch < 5; batch++) await stage.produce(topic, values(10, `${round}-${batch}-`), batch % 2);
        for (const value of valuesOf(await together(consumers, 50 * (round + 1) - seen.size))) seen.add(value);
        await Promise.all(consumers.map((consumer) => consumer.close()));
      }
      assert.equal(seen.size, 200);
      const last = await open();
      await assertQuiet(last);
    },
  },
  {
    name: 'the members of a group are described: client id, host and partitions',
    needs: ['shareConsumer', 'explicit', 'describeShareGroups'],
    async run(stage) {
      const [topic, group] = [await stage.topic(2), await stage.group()];
      const consumer = await stage.client.openShareConsumer({
        group,
        topics: [topic],
        mode: 'explicit',
        clientId: 'mailer',
      });
      await consumer.poll(500);
      await eventually(async () => {
        const [described] = await stage.client.admin.describeShareGroups([group]);
        assert.equal(described?.state, 'stable');
        const [member] = described?.members ?? [];
        assert.equal(described?.members.length, 1);
        assert.equal(member?.clientId, 'mailer');
        assert.match(member?.host ?? '', /127\.0\.0\.1/);
        const partitions = member?.assignment.map(({ topic, partition }) => `${topic}:${partition}`).sort();
        assert.deepEqual(partitions, [`${topic}:0`, `${topic}:1`]);
      });
      await consumer.close();
      await eventually(async () => {
        const [described] = await stage.client.admin.describeShareGroups([group]);
        assert.deepEqual([described?.state, described?.members], ['empty', []]);
      });
    },
  },
  {
    name: 'a consumer that does not poll for a while keeps its membership, and loses only its locks',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const config = { 'share.record.lock.duration.ms': '1000', 'share.session.timeout.ms': '5000' };
      const [topic, group] = [await stage.topic(), await stage.group(config)];
      await stage.produce(topic, values(2));
      const busy = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await receive(busy, [0, 1]);
      await sleep(7_000);
      const [described] = await stage.referee.admin.describeShareGroups([group]);
      assert.equal(described?.members.length, 1);
    },
  },
];
