import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import {
  assertDeliveryCount,
  assertLag,
  assertQuiet,
  commit,
  drain,
  eventually,
  offsetsOf,
  receive,
  settle,
  values,
  valuesOf,
} from '../stage.ts';

/** What becomes of a record with each answer, and with none (KIP-932: in-flight record states). */
export const acknowledging: readonly Scenario[] = [
  {
    name: 'an accepted record is finished: it never comes again, and nothing is left to do',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(3));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const records = await receive(consumer, [0, 1, 2]);
      assert.deepEqual(valuesOf(records), values(3));
      assertDeliveryCount(records, 1);
      await settle(consumer, 'accept', records);
      await assertQuiet(consumer);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'a released record comes again, and its delivery count grows',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(2));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      for (const count of [1, 2, 3]) {
        const records = await receive(consumer, [0, 1]);
        assertDeliveryCount(records, count);
        await settle(consumer, count < 3 ? 'release' : 'accept', records);
      }
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'a rejected record is never delivered again, to nobody',
    needs: ['shareConsumer', 'explicit', 'reject'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(2));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await settle(consumer, 'reject', await receive(consumer, [0, 1]));
      await stage.produce(topic, ['after']);
      await settle(consumer, 'accept', await receive(consumer, [2]));
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'each record of one batch is answered in its own way, and only the released one comes again',
    needs: ['shareConsumer', 'explicit', 'reject'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(5));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const records = await receive(consumer, [0, 1, 2, 3, 4]);
      const at = (...offsets: number[]) => records.filter(({ offset }) => offsets.includes(offset));
      await consumer.acknowledge('accept', at(0, 4));
      await consumer.acknowledge('release', at(1, 3));
      await consumer.acknowledge('reject', at(2));
      await commit(consumer);
      const again = await drain(consumer, 2, 'accept');
      assert.deepEqual(offsetsOf(again), [1, 3]);
      assertDeliveryCount(again, 2);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'acknowledgements travel with the next poll when nobody commits',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      for (const round of [0, 1, 2]) {
        await stage.produce(topic, [`v${round}`]);
        await consumer.acknowledge('accept', await receive(consumer, [round]));
      }
      await assertQuiet(consumer);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'a record that is released each time is delivered as often as the limit says, then it is archived',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group({ 'share.delivery.count.limit': '3' })];
      await stage.produce(topic, ['poison']);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      for (const count of [1, 2, 3]) {
        const records = await receive(consumer, [0]);
        assertDeliveryCount(records, count);
        await settle(consumer, 'release', records);
      }
      await assertQuiet(consumer);
      await stage.produce(topic, ['good']);
      await settle(consumer, 'accept', await receive(consumer, [1]));
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'a record whose lock runs out goes to somebody else, and the late answer is refused',
    needs: ['shareConsumer', 'explicit', 'commitResults'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group({ 'share.record.lock.duration.ms': '1500' })];
      await stage.produce(topic, values(2));
      const slow = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const late = await receive(slow, [0, 1]);
      await stage.longLocks(group);
      const other = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const again = await receive(other, [0, 1]);
      assertDeliveryCount(again, 2);
      await slow.acknowledge('accept', late);
      const [result] = await slow.commitSync();
      assert.equal(result?.error?.code, 'INVALID_RECORD_STATE');
      await settle(other, 'accept', again);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'locks that run out count as deliveries: at the limit the record is archived',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const config = { 'share.record.lock.duration.ms': '1000', 'share.delivery.count.limit': '2' };
      const [topic, group] = [await stage.topic(), await stage.group(config)];
      await stage.produce(topic, ['v0']);
      const open = () => stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      // One after the other: a client may fetch before it is polled, and what it has then runs out unseen.
      assertDeliveryCount(await receive(await open(), [0]), 1);
      assertDeliveryCount(await receive(await open(), [0]), 2);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'renewing keeps a record longer than one lock, and it is accepted then',
    needs: ['shareConsumer', 'explicit', 'renew'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group({ 'share.record.lock.duration.ms': '6000' })];
      await stage.produce(topic, values(2));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      let records = await receive(consumer, [0, 1]);
      const other = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      // Ten seconds, with a lock of six.
      for (let round = 0; round < 5; round++) {
        await settle(consumer, 'renew', records);
        records = await receive(consumer, [0, 1]);
        assertDeliveryCount(records, 1);
        assert.deepEqual(offsetsOf(await other.poll(2_000)), []);
      }
      await settle(consumer, 'accept', records);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'a group that does not allow renewing refuses it',
    needs: ['shareConsumer', 'explicit', 'renew', 'commitResults'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group({ 'share.renew.acknowledge.enable': 'false' })];
      await stage.produce(topic, ['v0']);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await consumer.acknowledge('renew', await receive(consumer, [0]));
      const [result] = await consumer.commitSync();
      assert.equal(result?.error?.code, 'INVALID_RECORD_STATE');
    },
  },
  {
    name: 'the lock duration of the group is told to its members',
    needs: ['shareConsumer', 'explicit', 'lockTimeout'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group({ 'share.record.lock.duration.ms': '17000' })];
      await stage.produce(topic, ['v0']);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await receive(consumer, [0]);
      assert.equal(await consumer.lockTimeout(), 17_000);
    },
  },
  {
    name: 'an asynchronous commit is told to the callback',
    needs: ['shareConsumer', 'explicit', 'commitCallback'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(3));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await consumer.acknowledge('accept', await receive(consumer, [0, 1, 2]));
      await consumer.commitAsync();
      await eventually(async () => {
        await consumer.poll(100);
        const results = await consumer.commitResults();
        assert.deepEqual(results, [{ topic, partition: 0, offsets: [0, 1, 2], error: null }]);
      });
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'in implicit mode the next poll accepts what the last one gave',
    needs: ['shareConsumer', 'implicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(3));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'implicit' });
      await receive(consumer, [0, 1, 2]);
      await assertQuiet(consumer);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'in implicit mode a commit accepts what the last poll gave',
    needs: ['shareConsumer', 'implicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(3));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'implicit' });
      await receive(consumer, [0, 1, 2]);
      await commit(consumer);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'a changed delivery limit holds from the next delivery on',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, ['v0']);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await settle(consumer, 'release', await receive(consumer, [0]));
      const second = await receive(consumer, [0]);
      await stage.referee.admin.alterConfig('group', group, { 'share.delivery.count.limit': '2' });
      // The broker hears of its own configs a moment later.
      await sleep(500);
      await settle(consumer, 'release', second);
      await assertQuiet(consumer);
      await assertLag(stage, group, 0);
    },
  },
];
