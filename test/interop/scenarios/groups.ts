import assert from 'node:assert/strict';
import type { Scenario } from '../scenario.ts';
import {
  assertDeliveryCount,
  assertLag,
  assertQuiet,
  assertRefused,
  eventually,
  offsetsOf,
  receive,
  settle,
  values,
  valuesOf,
} from '../stage.ts';
import { range, untilJoined } from './acquiring.ts';

/** Configs, offsets and the life of a group, through the admin client. */
export const groups: readonly Scenario[] = [
  {
    name: 'configs of a group are set before it exists, and hold from its first member on',
    needs: ['shareConsumer', 'explicit', 'alterConfig', 'describeConfig', 'listConfigResources'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), stage.name('group')];
      const { admin } = stage.client;
      const set = { 'share.auto.offset.reset': 'earliest', 'share.record.lock.duration.ms': '20000' };
      await admin.alterConfig('group', group, set);
      await eventually(async () => {
        const config = await admin.describeConfig('group', group);
        assert.deepEqual(config['share.record.lock.duration.ms'], { value: '20000', source: 'DYNAMIC_GROUP_CONFIG' });
        assert.equal(config['share.delivery.count.limit']?.value, '5');
        assert.equal(config['share.isolation.level']?.value, 'read_uncommitted');
        assert.ok((await admin.listConfigResources('group')).includes(group));
      });
      await stage.produce(topic, ['v0']);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await settle(consumer, 'accept', await receive(consumer, [0]));
      await admin.alterConfig('group', group, {}, ['share.record.lock.duration.ms']);
      await eventually(async () => {
        const config = await admin.describeConfig('group', group);
        assert.equal(config['share.record.lock.duration.ms']?.value, '30000');
      });
    },
  },
  {
    name: 'a config of a group that is out of its limits, or unknown, is refused',
    needs: ['alterConfig'],
    async run(stage) {
      const group = stage.name('group');
      const { admin } = stage.client;
      for (const [name, value] of [
        ['share.record.lock.duration.ms', '999'],
        ['share.record.lock.duration.ms', '60001'],
        ['share.delivery.count.limit', '1'],
        ['share.delivery.count.limit', '11'],
        ['share.partition.max.record.locks', '99'],
        ['share.auto.offset.reset', 'sometimes'],
        ['share.auto.offset.reset', 'by_duration:P-1D'],
        ['share.isolation.level', 'serializable'],
        ['share.heartbeat.interval.ms', '60000'],
        ['no.such.config', '1'],
      ] as const)
        await assertRefused('INVALID_CONFIG', admin.alterConfig('group', group, { [name]: value }));
    },
  },
  {
    name: 'a group that says nothing starts at the latest record',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), stage.name('group')];
      await stage.produce(topic, values(5, 'old'));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const records = await untilJoined(consumer, () => stage.produce(topic, ['new']));
      assert.ok(offsetsOf(records).every((offset) => offset >= 5));
      assertDeliveryCount(records, 1);
    },
  },
  {
    name: 'a group with by_duration starts at the first record that is young enough',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const topic = await stage.topic();
      const group = await stage.group({ 'share.auto.offset.reset': 'by_duration:PT1H' });
      const producer = await stage.referee.openProducer();
      const old = Date.now() - 2 * 3_600_000;
      await producer.produce(
        [0, 1].map((index) => ({ topic, partition: 0, key: null, value: `old${index}`, timestampMs: old })),
      );
      await stage.produce(topic, ['young']);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const records = await receive(consumer, [2]);
      assert.deepEqual(valuesOf(records), ['young']);
      await settle(consumer, 'accept', records);
    },
  },
  {
    name: 'share.isolation.level can be set to read_committed, and records still come',
    needs: ['shareConsumer', 'explicit', 'alterConfig', 'describeConfig'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.client.admin.alterConfig('group', group, { 'share.isolation.level': 'read_committed' });
      await eventually(async () => {
        const config = await stage.client.admin.describeConfig('group', group);
        assert.equal(config['share.isolation.level']?.value, 'read_committed');
      });
      await stage.produce(topic, values(3));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await settle(consumer, 'accept', await receive(consumer, [0, 1, 2]));
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'offsets are not reset while a member consumes, and are afterwards: records come again as if new',
    needs: ['shareConsumer', 'explicit', 'alterShareGroupOffsets'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const { admin } = stage.client;
      await stage.produce(topic, values(5));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await settle(consumer, 'release', await receive(consumer, range(0, 5)));
      await settle(consumer, 'accept', await receive(consumer, range(0, 5)));
      const reset = () => admin.alterShareGroupOffsets(group, [{ topic, partition: 0, offset: 2 }]);
      await assertRefused('NON_EMPTY_GROUP', reset());
      await consumer.close();
      await eventually(reset);
      await assertLag(stage, group, 3);
      const next = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const again = await receive(next, [2, 3, 4]);
      assertDeliveryCount(again, 1);
      await settle(next, 'accept', again);
      await assertLag(stage, group, 0);
    },
  },
  {
    name: 'offsets of a partition that does not exist are not set',
    needs: ['alterShareGroupOffsets'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const { admin } = stage.client;
      for (const unknown of [
        { topic, partition: 7 },
        { topic: stage.name('no-such'), partition: 0 },
      ])
        await assertRefused(
          'UNKNOWN_TOPIC_OR_PARTITION',
          admin.alterShareGroupOffsets(group, [{ ...unknown, offset: 0 }]),
        );
    },
  },
  {
    name: 'setting offsets makes a group that does not exist, and its first member starts there',
    needs: ['shareConsumer', 'explicit', 'alterShareGroupOffsets'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), stage.name('group')];
      await stage.produce(topic, values(4));
      await stage.client.admin.alterShareGroupOffsets(group, [{ topic, partition: 0, offset: 3 }]);
      await assertLag(stage, group, 1);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await settle(consumer, 'accept', await receive(consumer, [3]));
    },
  },
  {
    name: 'a group whose offsets are deleted starts anew',
    needs: ['shareConsumer', 'explicit', 'deleteShareGroupOffsets'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const { admin } = stage.client;
      await stage.produce(topic, values(2));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await settle(consumer, 'accept', await receive(consumer, [0, 1]));
      await assertRefused('NON_EMPTY_GROUP', admin.deleteShareGroupOffsets(group, [topic]));
      await consumer.close();
      await eventually(() => admin.deleteShareGroupOffsets(group, [topic]));
      await assertRefused('UNKNOWN_TOPIC_OR_PARTITION', admin.deleteShareGroupOffsets(group, [topic]));
      const next = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const again = await receive(next, [0, 1]);
      assertDeliveryCount(again, 1);
      await settle(next, 'accept', again);
    },
  },
  {
    name: 'a group is deleted when its members are gone, not before',
    needs: ['shareConsumer', 'explicit', 'deleteShareGroups', 'describeShareGroups'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const { admin } = stage.client;
      await stage.produce(topic, ['v0']);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await settle(consumer, 'accept', await receive(consumer, [0]));
      await assertRefused('NON_EMPTY_GROUP', admin.deleteShareGroups([group]));
      await consumer.close();
      await eventually(() => admin.deleteShareGroups([group]));
      await assertRefused('GROUP_ID_NOT_FOUND', admin.describeShareGroups([group]));
      await assertRefused('GROUP_ID_NOT_FOUND', admin.deleteShareGroups([group]));
      // Its configs stay: it starts at the earliest record again.
      const next = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const again = await receive(next, [0]);
      assertDeliveryCount(again, 1);
      await settle(next, 'accept', again);
    },
  },
  {
    name: 'groups are listed with type, protocol and state',
    needs: ['shareConsumer', 'explicit', 'listGroups'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      const listed = async () => (await stage.client.admin.listGroups()).find((row) => row.group === group);
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      await consumer.poll(300);
      await eventually(async () =>
        assert.deepEqual(await listed(), { group, type: 'share', protocol: 'share', state: 'stable' }),
      );
      await consumer.close();
      await eventually(async () => assert.equal((await listed())?.state, 'empty'));
    },
  },
  {
    name: 'start offset and lag are told: what is in flight and what is not delivered yet both count',
    needs: ['shareConsumer', 'explicit', 'listShareGroupOffsets'],
    async run(stage) {
      const [topic, group] = [await stage.topic(), await stage.group()];
      await stage.produce(topic, values(4));
      const consumer = await stage.client.openShareConsumer({ group, topics: [topic], mode: 'explicit' });
      const records = await receive(consumer, [0, 1, 2, 3]);
      const told = async () => (await stage.client.admin.listShareGroupOffsets(group))[0];
      const untilLag = (lag: number) =>
        eventually(async () => {
          const row = await told();
          assert.equal(row?.startOffset, 0);
          // Java 4.1 does not know of the lag.
          if (row?.lag !== null) assert.equal(row?.lag, lag);
          await assertLag(stage, group, lag);
        });
      // Kafka knows of no offset before the first acknowledgement. Accepted behind a record that is not finished: the start stays, the lag falls.
      await consumer.acknowledge('accept', records.slice(1, 3));
      await consumer.commitSync();
      await untilLag(2);
      await stage.produce(topic, values(3, 'more'));
      await untilLag(5);
    },
  },
  {
    name: 'a group that nobody has made is not described, and has no offsets',
    needs: ['describeShareGroups', 'listShareGroupOffsets'],
    async run(stage) {
      const group = stage.name('nobody');
      await assertRefused('GROUP_ID_NOT_FOUND', stage.client.admin.describeShareGroups([group]));
      assert.deepEqual(await stage.client.admin.listShareGroupOffsets(group), []);
    },
  },
  {
    name: 'a group with members of one topic consumes nothing of another',
    needs: ['shareConsumer', 'explicit'],
    async run(stage) {
      const [mine, other, group] = [await stage.topic(), await stage.topic(), await stage.group()];
      await stage.produce(other, values(3));
      const consumer = await stage.client.openShareConsumer({ group, topics: [mine], mode: 'explicit' });
      await assertQuiet(consumer);
    },
  },
];
