import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { listOffsetsApi } from '../../src/codec/messages/list-offsets.ts';
import { produceApi } from '../../src/codec/messages/produce.ts';
import { topicId as toTopicId } from '../../src/core/ids.ts';
import { must } from '../broker/broker-fixture.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';
import { batchOf, gzipped } from './produced.ts';

describe('ListOffsets', () => {
  let door: Awaited<ReturnType<typeof openKafkaDoor>>;
  let client: KafkaClient;
  let topicId: string;

  beforeEach(async () => {
    door = await openKafkaDoor();
    client = await door.open();
    topicId = must(await door.broker.createTopic({ name: 'orders', partitions: 2, config: {} })).topicId;
    for (const records of [
      batchOf(['a', 'b', 'c'], { timestampsMs: [100, 300, 200] }),
      gzipped(batchOf(['d', 'e', 'f'], { timestampsMs: [150, 900, 400] })),
      batchOf(['g'], { timestampsMs: [500] }),
    ]) {
      const partitionData = [{ index: 0, records }];
      await client.call(produceApi, 13, { acks: -1, topicData: [{ topicId, partitionData }] });
    }
  });
  afterEach(() => door.close());

  const ask = async (
    timestamp: number,
    version = 11,
    more: { partitionIndex?: number; currentLeaderEpoch?: number } = {},
  ) => {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp, ...more }];
    const { topics } = await client.call(listOffsetsApi, version, {
      replicaId: -1,
      topics: [{ name: 'orders', partitions }],
    });
    return topics[0]?.partitions[0];
  };
  const found = async (timestamp: number, version = 11) => {
    const answer = await ask(timestamp, version);
    return answer?.errorCode === 0 ? `${answer.offset} at ${answer.timestamp}` : `error ${answer?.errorCode}`;
  };
  const trim = async (offset: number) =>
    must(await door.broker.logs.deleteRecords({ topicId: toTopicId(topicId), partition: 0 }, offset));

  it('knows the ends of a partition in every version', async () => {
    await trim(2);
    for (let version = 1; version <= 11; version++) {
      expect(await found(-1, version)).toBe('7 at -1');
      expect(await found(-2, version)).toBe('2 at -1');
      expect((await ask(-1, version))?.leaderEpoch).toBe(version >= 4 ? 0 : -1);
    }
    expect(await found(-4)).toBe('2 at -1');
    expect(await found(-5)).toBe('-1 at -1');
    expect(await found(-6)).toBe('-1 at -1');
  });

  it('finds the very record at or after a time, also in a compressed batch', async () => {
    expect(await found(0)).toBe('0 at 100');
    expect(await found(101)).toBe('1 at 300');
    expect(await found(301)).toBe('4 at 900');
    expect(await found(901)).toBe('-1 at -1');
  });

  it('does not find records before the start of the log', async () => {
    await trim(2);
    expect(await found(0)).toBe('2 at 200');
    expect(await found(250)).toBe('4 at 900');
    await trim(5);
    expect(await found(450)).toBe('6 at 500');
  });

  it('finds the record with the greatest time', async () => {
    expect(await found(-3)).toBe('4 at 900');
    expect(await ask(-3, 11, { partitionIndex: 1 })).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 });
  });

  it('refuses what a version does not have yet', async () => {
    expect([
      await found(-3, 6),
      await found(-4, 7),
      await found(-5, 8),
      await found(-6, 10),
      await found(-7, 11),
    ]).toEqual(Array.from({ length: 5 }, () => `error ${errorCodes.UNSUPPORTED_VERSION}`));
  });

  it('names unknown partitions and topics, other leader epochs, and partitions asked for twice', async () => {
    const codeOf = async (more: { partitionIndex?: number; currentLeaderEpoch?: number }) =>
      (await ask(-1, 11, more))?.errorCode;
    expect(await codeOf({ partitionIndex: 2 })).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
    expect(await codeOf({ currentLeaderEpoch: 1 })).toBe(errorCodes.UNKNOWN_LEADER_EPOCH);
    expect(await codeOf({ currentLeaderEpoch: 0 })).toBe(0);
    const asked = { partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 };
    const { topics } = await client.call(listOffsetsApi, 11, {
      topics: [
        { name: 'orders', partitions: [asked, { ...asked, partitionIndex: 1 }, asked] },
        { name: 'nowhere', partitions: [asked] },
      ],
    });
    expect(topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode))).toEqual([
      [errorCodes.INVALID_REQUEST, 0],
      [errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
    ]);
  });
});
