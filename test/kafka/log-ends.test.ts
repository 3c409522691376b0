import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { deleteRecordsApi } from '../../src/codec/messages/delete-records.ts';
import { offsetForLeaderEpochApi } from '../../src/codec/messages/offset-for-leader-epoch.ts';
import { must, offsetsOf } from '../broker/broker-fixture.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';

let door: Awaited<ReturnType<typeof openKafkaDoor>>;
let client: KafkaClient;

beforeEach(async () => {
  door = await openKafkaDoor();
  client = await door.open();
  must(await door.broker.createTopic({ name: 'orders', partitions: 2, config: {} }));
  await door.produce('orders', ['a', 'b', 'c']);
});
afterEach(() => door.close());

describe('DeleteRecords', () => {
  const deleteBefore = async (offset: number, version = 2, partitionIndex = 0, name = 'orders') => {
    const topics = [{ name, partitions: [{ partitionIndex, offset }] }];
    const answer = await client.call(deleteRecordsApi, version, { topics, timeoutMs: 1000 });
    const { lowWatermark, errorCode } = answer.topics[0]?.partitions[0] ?? { lowWatermark: -9, errorCode: -9 };
    return errorCode === 0 ? lowWatermark : `error ${errorCode}, ${lowWatermark}`;
  };

  it('moves the start of a log, never back, in every version', async () => {
    expect([await deleteBefore(1, 0), await deleteBefore(2, 1), await deleteBefore(1, 2)]).toEqual([1, 2, 2]);
    expect(await deleteBefore(-1)).toBe(3);
    expect(must(door.broker.describeTopic('orders')).partitions[0]).toMatchObject({
      logStartOffset: 3,
      logEndOffset: 3,
    });
  });

  it('refuses what is not in the log, and unknown partitions', async () => {
    const outside = `error ${errorCodes.OFFSET_OUT_OF_RANGE}, -1`;
    const unknown = `error ${errorCodes.UNKNOWN_TOPIC_OR_PARTITION}, -1`;
    expect([await deleteBefore(4), await deleteBefore(-2)]).toEqual([outside, outside]);
    expect([await deleteBefore(0, 2, 2), await deleteBefore(0, 2, 0, 'nowhere')]).toEqual([unknown, unknown]);
  });

  it('takes the records from share groups too', async () => {
    must(await door.acquire({ topics: ['orders'] }));
    await deleteBefore(2);
    expect(offsetsOf(must(await door.acquire({ topics: ['orders'], maxRecords: 5 })).ranges)).toEqual([2]);
  });
});

describe('OffsetForLeaderEpoch', () => {
  it('knows epoch 0, which ends where the log does, and no other', async () => {
    const partition = (leaderEpoch: number, currentLeaderEpoch = -1, index = 0) => ({
      partition: index,
      leaderEpoch,
      currentLeaderEpoch,
    });
    for (let version = 2; version <= 4; version++) {
      const { topics } = await client.call(offsetForLeaderEpochApi, version, {
        replicaId: -1,
        topics: [
          {
            topic: 'orders',
            partitions: [
              partition(0),
              partition(1),
              partition(-1),
              partition(0, 0),
              partition(0, 1),
              partition(0, -1, 2),
            ],
          },
          { topic: 'nowhere', partitions: [partition(0)] },
        ],
      });
      expect(
        topics.map((each) => each.partitions.map((found) => [found.errorCode, found.leaderEpoch, found.endOffset])),
      ).toEqual([
        [
          [0, 0, 3],
          [0, -1, -1],
          [0, -1, -1],
          [0, 0, 3],
          [errorCodes.UNKNOWN_LEADER_EPOCH, -1, -1],
          [errorCodes.UNKNOWN_TOPIC_OR_PARTITION, -1, -1],
        ],
        [[errorCodes.UNKNOWN_TOPIC_OR_PARTITION, -1, -1]],
      ]);
    }
  });
});
