import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alterConfigsApi } from '../../src/codec/messages/alter-configs.ts';
import { alterShareGroupOffsetsApi } from '../../src/codec/messages/alter-share-group-offsets.ts';
import { createPartitionsApi } from '../../src/codec/messages/create-partitions.ts';
import { createTopicsApi } from '../../src/codec/messages/create-topics.ts';
import { deleteGroupsApi } from '../../src/codec/messages/delete-groups.ts';
import { deleteRecordsApi } from '../../src/codec/messages/delete-records.ts';
import { deleteShareGroupOffsetsApi } from '../../src/codec/messages/delete-share-group-offsets.ts';
import { deleteTopicsApi } from '../../src/codec/messages/delete-topics.ts';
import { incrementalAlterConfigsApi } from '../../src/codec/messages/incremental-alter-configs.ts';
import { must } from '../broker/broker-fixture.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';

describe('the audit of what Kafka clients change', () => {
  let door: Awaited<ReturnType<typeof openKafkaDoor>>;
  let client: KafkaClient;
  beforeEach(async () => {
    door = await openKafkaDoor();
    client = await door.open();
  });
  afterEach(() => door.close());

  /** Oldest first. */
  const lines = async () =>
    must(await door.broker.auditPage({ group: null, after: null, limit: 100 })).lines.toReversed();
  const summaries = async () => (await lines()).map((line) => `${line.action}: ${line.summary}`);

  const set = (resourceType: number, resourceName: string, name: string, value: string, validateOnly = false) =>
    client.call(incrementalAlterConfigsApi, 1, {
      validateOnly,
      resources: [{ resourceType, resourceName, configs: [{ name, configOperation: 0, value }] }],
    });

  it('has a line for each change of a topic', async () => {
    const t = { name: 't', numPartitions: 2, replicationFactor: 1 };
    await client.call(createTopicsApi, 7, { topics: [t, { ...t, name: 'u', numPartitions: 1 }] });
    await client.call(createPartitionsApi, 3, { topics: [{ name: 't', count: 3, assignments: null }] });
    await set(2, 't', 'retention.ms', '1000');
    await client.call(alterConfigsApi, 2, { resources: [{ resourceType: 2, resourceName: 't', configs: [] }] });
    await door.produce('t', ['a', 'b', 'c']);
    const partitions = [
      { partitionIndex: 0, offset: 2 },
      { partitionIndex: 7, offset: 0 },
    ];
    await client.call(deleteRecordsApi, 2, { topics: [{ name: 't', partitions }] });
    await client.call(deleteTopicsApi, 6, { topics: [{ name: 'u' }, { name: 'unknown' }] });
    expect(await summaries()).toEqual([
      'create-topic: created the topic t with 2 partitions',
      'create-topic: created the topic u with 1 partition',
      'alter-topic: changed the topic t: from 2 to 3 partitions',
      'alter-topic: changed the topic t: retention.ms=1000',
      'alter-topic: changed the topic t: retention.ms back to its default',
      'delete-records: deleted the records of t-0 before offset 2',
      'delete-topic: deleted the topic u with its records',
    ]);
    expect((await lines())[0]).toMatchObject({ door: 'kafka', from: '127.0.0.1', topic: 't', group: null });
  });

  it('has a line for each change of a group', async () => {
    must(await door.broker.createTopic({ name: 't', partitions: 2, config: {} }));
    must(await door.broker.createTopic({ name: 'u', partitions: 1, config: {} }));
    await door.produce('t', ['a', 'b', 'c']);
    await set(32, 'g', 'share.auto.offset.reset', 'earliest');
    const offset = (partitionIndex: number) => ({ partitionIndex, startOffset: 2 });
    const alter = (topics: { topicName: string; partitions: ReturnType<typeof offset>[] }[]) =>
      client.call(alterShareGroupOffsetsApi, 0, { groupId: 'g', topics });
    await alter([{ topicName: 't', partitions: [offset(0), offset(9)] }]);
    await alter([
      { topicName: 't', partitions: [offset(0), offset(1)] },
      { topicName: 'u', partitions: [offset(0)] },
    ]);
    const topics = [{ topicName: 't' }, { topicName: 'unknown' }];
    await client.call(deleteShareGroupOffsetsApi, 0, { groupId: 'g', topics });
    await client.call(deleteGroupsApi, 3, { groupsNames: ['g', 'nobody'] });
    expect(await summaries()).toEqual([
      'alter-group: changed g: share.auto.offset.reset=earliest',
      'reset: moved the start of t-0 to 2',
      'reset: moved the start of 3 partitions of 2 topics',
      'delete-offsets: made g forget where it was in t',
      'delete-group: deleted the share group g',
    ]);
    expect((await lines()).every((line) => line.group === 'g' && line.door === 'kafka')).toBe(true);
    expect((await lines())[2]?.detail).toEqual({
      count: 3,
      partitions: [
        { topic: 't', partition: 0, startOffsetAfter: 2 },
        { topic: 't', partition: 1, startOffsetAfter: 0 },
        { topic: 'u', partition: 0, startOffsetAfter: 0 },
      ],
    });
  });

  it('has no line for what is only validated, refused, or changes nothing', async () => {
    must(await door.broker.createTopic({ name: 't', partitions: 2, config: {} }));
    await client.call(createTopicsApi, 7, {
      topics: [{ name: 'v', numPartitions: 1, replicationFactor: 1 }],
      validateOnly: true,
    });
    await client.call(createTopicsApi, 7, { topics: [{ name: 'v', numPartitions: 1, replicationFactor: 3 }] });
    await client.call(createTopicsApi, 7, { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }] });
    const more = [{ name: 't', count: 3, assignments: null }];
    await client.call(createPartitionsApi, 3, { topics: more, validateOnly: true });
    await set(2, 't', 'retention.ms', '1000', true);
    await set(32, 'g', 'share.record.lock.duration.ms', 'x');
    await set(32, 'g', 'share.record.lock.duration.ms', '20000', true);
    await set(4, '1', 'log.level', 'debug');
    await client.call(incrementalAlterConfigsApi, 1, {
      resources: [{ resourceType: 2, resourceName: 't', configs: [] }],
    });
    await client.call(deleteRecordsApi, 2, {
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 9 }] }],
    });
    const topics = [{ topicName: 'x', partitions: [{ partitionIndex: 0, startOffset: 2 }] }];
    await client.call(alterShareGroupOffsetsApi, 0, { groupId: 'g', topics });
    await client.call(deleteShareGroupOffsetsApi, 0, { groupId: 'g', topics: [{ topicName: 't' }] });
    await client.call(deleteGroupsApi, 3, { groupsNames: ['g'] });
    expect(await summaries()).toEqual([]);
  });
});
