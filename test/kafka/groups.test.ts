import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { zeroUuid } from '../../src/codec/api.ts';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { alterShareGroupOffsetsApi } from '../../src/codec/messages/alter-share-group-offsets.ts';
import { deleteGroupsApi } from '../../src/codec/messages/delete-groups.ts';
import { deleteShareGroupOffsetsApi } from '../../src/codec/messages/delete-share-group-offsets.ts';
import { describeShareGroupOffsetsApi } from '../../src/codec/messages/describe-share-group-offsets.ts';
import { listGroupsApi } from '../../src/codec/messages/list-groups.ts';
import { listPartitionReassignmentsApi } from '../../src/codec/messages/list-partition-reassignments.ts';
import { shareGroupDescribeApi } from '../../src/codec/messages/share-group-describe.ts';
import { shareGroupHeartbeatApi } from '../../src/codec/messages/share-group-heartbeat.ts';
import { must } from '../broker/broker-fixture.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';

const { NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND, INVALID_GROUP_ID, UNKNOWN_TOPIC_OR_PARTITION } = errorCodes;

describe('groups as Kafka clients administer them', () => {
  let door: Awaited<ReturnType<typeof openKafkaDoor>>;
  let client: KafkaClient;
  let topicId: string;
  beforeEach(async () => {
    door = await openKafkaDoor();
    client = await door.open();
    topicId = must(await door.broker.createTopic({ name: 't', partitions: 2, config: {} })).topicId;
    await door.produce('t', ['a', 'b', 'c']);
    must(await door.broker.groupConfigs.alter('g', { 'share.auto.offset.reset': 'earliest' }, false));
  });
  afterEach(() => door.close());

  /** A worker of group `g` holds the first record of `t`; freed, the group is empty again. */
  const hold = async () => must(await door.acquire({}));
  const free = async () => must(await door.broker.releaseWorker('g', 'w1'));
  const beat = (memberEpoch: number) =>
    client.call(shareGroupHeartbeatApi, 1, {
      groupId: 'g',
      memberId: 'm1',
      memberEpoch,
      subscribedTopicNames: memberEpoch === 0 ? ['t'] : null,
    });

  describe('ListGroups', () => {
    const list = async (version = 5, filters: { statesFilter?: string[]; typesFilter?: string[] } = {}) =>
      (await client.call(listGroupsApi, version, filters)).groups.map(
        (each) => `${each.groupId} ${each.protocolType} ${each.groupState} ${each.groupType}`,
      );

    it('lists share groups, with states from version 4 on and types from 5 on', async () => {
      await hold();
      must(await door.broker.alterShareGroup('other', {}));
      for (let version = 0; version <= 3; version++)
        expect(await list(version)).toEqual(['g share  ', 'other share  ']);
      expect(await list(4)).toEqual(['g share Stable ', 'other share Empty ']);
      expect(await list(5)).toEqual(['g share Stable share', 'other share Empty share']);
    });

    it('filters by states and types, in whatever case', async () => {
      await hold();
      must(await door.broker.alterShareGroup('other', {}));
      expect(await list(5, { statesFilter: ['EMPTY'] })).toEqual(['other share Empty share']);
      expect(await list(4, { statesFilter: ['nonsense', 'stable'] })).toEqual(['g share Stable ']);
      expect(await list(5, { typesFilter: ['Share', 'classic'] })).toHaveLength(2);
      expect(await list(5, { typesFilter: ['classic'] })).toEqual([]);
      expect(await list(5, { typesFilter: ['nonsense'] })).toEqual([]);
    });

    it('has a group Stable while it has members, or workers with records, as all say who show a state', async () => {
      const states = async () => [
        (await list())[0],
        (await client.call(shareGroupDescribeApi, 1, { groupIds: ['g'] })).groups[0]?.groupState,
        must(await door.broker.describeShareGroup('g')).state,
      ];
      const stable = ['g share Stable share', 'Stable', 'Stable'];
      const empty = ['g share Empty share', 'Empty', 'Empty'];
      await beat(0);
      expect(await states()).toEqual(stable);
      await beat(-1);
      expect(await states()).toEqual(empty);
      await hold();
      expect(await states()).toEqual(stable);
      await free();
      expect(await states()).toEqual(empty);
    });
  });

  describe('DeleteGroups', () => {
    const drop = async (groupsNames: string[], version = 3) =>
      (await client.call(deleteGroupsApi, version, { groupsNames })).results.map(
        (each) => `${each.groupId} ${each.errorCode}`,
      );

    it('deletes groups that nobody works in, in every version', async () => {
      for (let version = 0; version <= 3; version++) {
        must(await door.broker.alterShareGroup('g', {}));
        expect(await drop(['g', 'nope', '', 'g'], version)).toEqual(['g 0', 'nope 69', ' 69']);
        expect(door.broker.shareGroupNames).toEqual([]);
      }
    });

    it('refuses groups with members or with workers that hold records', async () => {
      await beat(0);
      expect(await drop(['g'])).toEqual(['g 68']);
      await beat(-1);
      await hold();
      expect(await drop(['g'])).toEqual(['g 68']);
      await free();
      expect(await drop(['g'])).toEqual(['g 0']);
    });
  });

  const describeOffsets = async (
    groupId: string,
    topics: readonly { topicName: string; partitions: readonly number[] }[] | null,
    version = 1,
  ) => {
    const [group] = (await client.call(describeShareGroupOffsetsApi, version, { groups: [{ groupId, topics }] }))
      .groups;
    expect(group).toMatchObject({ groupId, errorCode: 0 });
    return group?.topics.flatMap((topic) =>
      topic.partitions.map((each) => `${topic.topicName}-${each.partitionIndex} ${each.startOffset} ${each.lag}`),
    );
  };

  describe('DescribeShareGroupOffsets', () => {
    it('shows where a group reads on, and from version 1 on how much is left', async () => {
      await hold();
      await free();
      expect(await describeOffsets('g', null)).toEqual(['t-0 0 3', 't-1 0 0']);
      expect(await describeOffsets('g', null, 0)).toEqual(['t-0 0 -1', 't-1 0 -1']);
      const named = [{ topicName: 't', partitions: [1, 1] }];
      expect(await describeOffsets('g', named)).toEqual(['t-1 0 0']);
      const { groups } = await client.call(describeShareGroupOffsetsApi, 1, {
        groups: [{ groupId: 'g', topics: null }],
      });
      expect(groups[0]?.topics[0]).toMatchObject({ topicId });
      expect(groups[0]?.topics[0]?.partitions[0]).toMatchObject({ leaderEpoch: 0, errorCode: 0, errorMessage: null });
    });

    it('has -1 for what a group has no offset of, whatever is missing', async () => {
      const named = [
        { topicName: 't', partitions: [0, 9] },
        { topicName: 'nope', partitions: [0] },
        { topicName: 'bad name', partitions: [0] },
      ];
      const nothing = ['t-0 -1 -1', 't-9 -1 -1', 'nope-0 -1 -1', 'bad name-0 -1 -1'];
      expect(await describeOffsets('nope', named)).toEqual(nothing);
      expect(await describeOffsets('nope', null)).toEqual([]);
      expect(await describeOffsets('', null)).toEqual([]);
      must(await door.broker.alterShareGroup('g', {}));
      expect(await describeOffsets('g', named)).toEqual(nothing);
      expect(await describeOffsets('g', [])).toEqual([]);
    });
  });

  describe('AlterShareGroupOffsets', () => {
    const alter = async (
      groupId: string,
      topics: readonly { topicName: string; partitions: readonly (readonly [number, number])[] }[],
    ) => {
      const answer = await client.call(alterShareGroupOffsetsApi, 0, {
        groupId,
        topics: topics.map(({ topicName, partitions }) => ({
          topicName,
          partitions: partitions.map(([partitionIndex, startOffset]) => ({ partitionIndex, startOffset })),
        })),
      });
      return {
        errorCode: answer.errorCode,
        ids: answer.responses.map((each) => each.topicId),
        partitions: answer.responses.flatMap((topic) =>
          topic.partitions.map((each) => `${topic.topicName}-${each.partitionIndex} ${each.errorCode}`),
        ),
      };
    };

    it('sets where an empty group reads on, and makes the group', async () => {
      const answer = await alter('g', [{ topicName: 't', partitions: [[0, 2]] }]);
      expect(answer).toEqual({ errorCode: 0, ids: [topicId], partitions: ['t-0 0'] });
      expect(await describeOffsets('g', null)).toEqual(['t-0 2 1']);
      const { ranges } = must(await door.acquire({ maxRecords: 10 }));
      expect(ranges).toMatchObject([{ firstOffset: 2, lastOffset: 2 }]);
    });

    it('takes the nearest offset that the log has', async () => {
      await alter('g', [
        {
          topicName: 't',
          partitions: [
            [0, 100],
            [1, -5],
          ],
        },
      ]);
      expect(await describeOffsets('g', null)).toEqual(['t-0 3 0', 't-1 0 0']);
    });

    it('refuses partitions that are not there, each by itself, and makes no group for them alone', async () => {
      const wrong = [
        { topicName: 'nope', partitions: [[0, 1]] },
        { topicName: 'bad name', partitions: [[0, 1]] },
        { topicName: 't', partitions: [[9, 1]] },
      ] as const;
      const refused = ['nope-0 3', 'bad name-0 3', 't-9 3'];
      expect(await alter('g', wrong)).toEqual({
        errorCode: 0,
        ids: [zeroUuid, zeroUuid, topicId],
        partitions: refused,
      });
      expect(door.broker.shareGroupNames).toEqual([]);
      const mixed = await alter('g', [...wrong, { topicName: 't', partitions: [[0, 1]] }]);
      expect(mixed.partitions).toEqual([...refused, 't-0 0']);
      expect(await describeOffsets('g', null)).toEqual(['t-0 1 2']);
    });

    it('refuses groups that somebody works in, and what is no name', async () => {
      const topics = [{ topicName: 't', partitions: [[0, 1]] }] as const;
      const refused = (errorCode: number) => ({ errorCode, ids: [], partitions: [] });
      await beat(0);
      expect(await alter('g', topics)).toEqual(refused(NON_EMPTY_GROUP));
      await beat(-1);
      expect((await alter('g', topics)).errorCode).toBe(0);
      await hold();
      expect(await alter('g', topics)).toEqual(refused(NON_EMPTY_GROUP));
      expect(await alter('', topics)).toEqual(refused(INVALID_GROUP_ID));
    });
  });

  describe('DeleteShareGroupOffsets', () => {
    const drop = async (groupId: string, topics: readonly string[]) => {
      const answer = await client.call(deleteShareGroupOffsetsApi, 0, {
        groupId,
        topics: topics.map((topicName) => ({ topicName })),
      });
      return [answer.errorCode, answer.responses.map((each) => `${each.topicName} ${each.errorCode}`)];
    };

    it('lets a group forget a topic and keeps the group, which starts there anew', async () => {
      await hold();
      await free();
      expect(await drop('g', ['t', 'nope', 'bad name', 't'])).toEqual([0, ['t 0', 'nope 3', 'bad name 3']]);
      expect(await drop('g', ['t'])).toEqual([0, [`t ${UNKNOWN_TOPIC_OR_PARTITION}`]]);
      expect(await describeOffsets('g', null)).toEqual([]);
      expect(door.broker.shareGroupNames).toEqual(['g']);
      expect(await door.store.list('g' as never)).toEqual([]);
      const { ranges } = must(await door.acquire({ startFrom: 'latest' }));
      expect(ranges).toEqual([]);
      expect(await describeOffsets('g', null)).toEqual(['t-0 3 0', 't-1 0 0']);
    });

    it('refuses groups that somebody works in, and those that are not there', async () => {
      await beat(0);
      expect(await drop('g', ['t'])).toEqual([NON_EMPTY_GROUP, []]);
      await beat(-1);
      expect(await drop('g', ['t'])).toEqual([0, ['t 0']]);
      expect(await drop('nope', ['t'])).toEqual([GROUP_ID_NOT_FOUND, []]);
      expect(await drop('', ['t'])).toEqual([INVALID_GROUP_ID, []]);
    });
  });

  it('ListPartitionReassignments has none', async () => {
    const answer = await client.call(listPartitionReassignmentsApi, 0, { timeoutMs: 1000, topics: null });
    expect(answer).toEqual({ throttleTimeMs: 0, errorCode: 0, errorMessage: null, topics: [] });
  });
});
