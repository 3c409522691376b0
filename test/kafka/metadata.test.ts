import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { zeroUuid } from '../../src/codec/api.ts';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { describeClusterApi } from '../../src/codec/messages/describe-cluster.ts';
import { describeTopicPartitionsApi } from '../../src/codec/messages/describe-topic-partitions.ts';
import { findCoordinatorApi } from '../../src/codec/messages/find-coordinator.ts';
import { metadataApi } from '../../src/codec/messages/metadata.ts';
import { must } from '../broker/broker-fixture.ts';
import { type KafkaClient, openKafkaDoor } from './kafka-door.ts';

const unknownId = Buffer.from('0123456789abcdef').toString('base64url');
const notAsked = -2_147_483_648;

describe('the cluster as clients see it', () => {
  let door: Awaited<ReturnType<typeof openKafkaDoor>>;
  let client: KafkaClient;
  let topicId: string;

  const open = async (autoCreateTopics: boolean) => {
    door = await openKafkaDoor({ broker: { settings: { autoCreateTopics } } });
    client = await door.open();
    topicId = must(await door.broker.createTopic({ name: 'orders', partitions: 3, config: {} })).topicId;
    must(await door.broker.createTopic({ name: 'emails', partitions: 1, config: {} }));
  };
  beforeEach(() => open(false));
  afterEach(() => door.close());

  const namesOf = (topics: readonly { readonly name: string | null; readonly errorCode: number }[]) =>
    topics.map(({ name, errorCode }) => `${name} ${errorCode}`);

  describe('Metadata', () => {
    it('shows the node, and a topic with its partitions led by it, in every version', async () => {
      for (let version = 0; version <= 13; version++) {
        const answer = await client.call(metadataApi, version, { topics: [{ name: 'orders' }] });
        expect(answer.brokers).toEqual([{ nodeId: 1, host: '127.0.0.1', port: door.port, rack: null }]);
        if (version >= 1) expect(answer.controllerId).toBe(1);
        if (version >= 2) expect(answer.clusterId).toBe(door.clusterId);
        expect(answer.topics).toEqual([
          {
            errorCode: 0,
            name: 'orders',
            topicId: version >= 10 ? topicId : zeroUuid,
            isInternal: false,
            partitions: [0, 1, 2].map((partitionIndex) => ({
              errorCode: 0,
              partitionIndex,
              leaderId: 1,
              leaderEpoch: version >= 7 ? 0 : -1,
              replicaNodes: [1],
              isrNodes: [1],
              offlineReplicas: [],
            })),
            topicAuthorizedOperations: notAsked,
          },
        ]);
      }
    });

    it('shows all topics where no list is given, and none where the list is empty', async () => {
      const all = ['emails 0', 'orders 0'];
      expect(namesOf((await client.call(metadataApi, 0, { topics: [] })).topics)).toEqual(all);
      for (const version of [1, 8, 13]) {
        expect(namesOf((await client.call(metadataApi, version, { topics: null })).topics)).toEqual(all);
        expect((await client.call(metadataApi, version, { topics: [] })).topics).toEqual([]);
      }
    });

    it('answers for each name once, and says which are unknown and which are no names', async () => {
      const topics = ['orders', 'orders', 'nope', 'bad name', ''].map((name) => ({ name }));
      for (const version of [0, 4, 13]) {
        const answer = await client.call(metadataApi, version, { topics });
        expect(namesOf(answer.topics)).toEqual(['orders 0', 'nope 3', 'bad name 17', ' 17']);
      }
    });

    it('finds topics by id, and looks at no name then', async () => {
      const topics = [{ topicId, name: null }, { topicId: unknownId, name: null }, { name: 'emails' }];
      for (const version of [12, 13]) {
        const answer = await client.call(metadataApi, version, { topics });
        expect(namesOf(answer.topics)).toEqual(['orders 0', 'null 100']);
        expect(answer.topics.map((each) => each.topicId)).toEqual([topicId, unknownId]);
      }
    });

    it('refuses ids in the versions in which Kafka does not look at them, and topics without any name', async () => {
      const byId = await client.call(metadataApi, 11, { topics: [{ topicId, name: '' }] });
      expect(byId.topics.map((each) => each.errorCode)).toEqual([errorCodes.INVALID_REQUEST]);
      const byNothing = await client.call(metadataApi, 13, { topics: [{ name: null }] });
      expect(byNothing.errorCode).toBe(errorCodes.INVALID_REQUEST);
    });

    it('tells what is allowed where it is asked for', async () => {
      const request = { topics: null, includeTopicAuthorizedOperations: true };
      const [topic] = (await client.call(metadataApi, 13, request)).topics;
      expect(topic?.topicAuthorizedOperations).toBe(3576);
      const cluster = await client.call(metadataApi, 10, { topics: [], includeClusterAuthorizedOperations: true });
      expect(cluster.clusterAuthorizedOperations).toBe(8096);
    });

    it('creates no topic by being asked for it, unless server and client both say so', async () => {
      const ask = async (allowAutoTopicCreation: boolean) =>
        namesOf((await client.call(metadataApi, 13, { topics: [{ name: 'new' }], allowAutoTopicCreation })).topics);
      expect(await ask(true)).toEqual(['new 3']);
      await door.close();
      await open(true);
      expect(await ask(false)).toEqual(['new 3']);
      expect(await ask(true)).toEqual(['new 0']);
      expect(door.broker.describeTopic('new').ok).toBe(true);
    });
  });

  describe('DescribeCluster', () => {
    it('shows the one node', async () => {
      for (const version of [0, 1, 2]) {
        const answer = await client.call(describeClusterApi, version, {
          endpointType: 1,
          includeClusterAuthorizedOperations: true,
        });
        expect(answer).toMatchObject({ errorCode: 0, clusterId: door.clusterId, controllerId: 1 });
        expect(answer.brokers).toMatchObject([{ brokerId: 1, host: '127.0.0.1', port: door.port, rack: null }]);
        expect(answer.clusterAuthorizedOperations).toBe(8096);
      }
    });

    it('says that it is no controller', async () => {
      const ask = async (endpointType: number) =>
        (await client.call(describeClusterApi, 2, { endpointType })).errorCode;
      expect(await ask(2)).toBe(errorCodes.MISMATCHED_ENDPOINT_TYPE);
      expect(await ask(3)).toBe(errorCodes.UNSUPPORTED_ENDPOINT_TYPE);
    });
  });

  describe('DescribeTopicPartitions', () => {
    /** Topics with the partitions that are in the answer, and where to go on. */
    const page = async (request: {
      topics?: readonly { name: string }[];
      responsePartitionLimit?: number;
      cursor?: { topicName: string; partitionIndex: number };
    }) => {
      const answer = await client.call(describeTopicPartitionsApi, 0, request);
      const cursor = answer.nextCursor;
      return {
        topics: answer.topics.map(
          (each) =>
            `${each.name} ${each.errorCode} [${each.partitions.map((partition) => partition.partitionIndex).join()}]`,
        ),
        next: cursor == null ? null : `${cursor.topicName} ${cursor.partitionIndex}`,
      };
    };

    it('shows topics in the order of their names, with ids and partitions', async () => {
      expect(await page({})).toEqual({ topics: ['emails 0 [0]', 'orders 0 [0,1,2]'], next: null });
      const names = ['orders', 'emails', 'orders', 'nope', 'bad name'].map((name) => ({ name }));
      expect(await page({ topics: names })).toEqual({
        topics: ['bad name 17 []', 'emails 0 [0]', 'nope 3 []', 'orders 0 [0,1,2]'],
        next: null,
      });
      const { topics } = await client.call(describeTopicPartitionsApi, 0, { topics: [{ name: 'orders' }] });
      expect(topics[0]).toMatchObject({ topicId, topicAuthorizedOperations: 3576 });
      expect(topics[0]?.partitions[0]).toEqual({
        errorCode: 0,
        partitionIndex: 0,
        leaderId: 1,
        leaderEpoch: 0,
        replicaNodes: [1],
        isrNodes: [1],
        eligibleLeaderReplicas: [],
        lastKnownElr: [],
        offlineReplicas: [],
      });
    });

    it('goes on where the page before ended', async () => {
      const first = await page({ responsePartitionLimit: 2 });
      expect(first).toEqual({ topics: ['emails 0 [0]', 'orders 0 [0]'], next: 'orders 1' });
      const cursor = { topicName: 'orders', partitionIndex: 1 };
      expect(await page({ cursor })).toEqual({ topics: ['orders 0 [1,2]'], next: null });
      expect(await page({ responsePartitionLimit: 0 })).toEqual({ topics: ['emails 0 [0]'], next: 'orders 0' });
      const beyond = { topicName: 'orders', partitionIndex: 7 };
      expect(await page({ cursor: beyond })).toEqual({ topics: ['orders 0 []'], next: null });
    });

    it('refuses a cursor that belongs to no topic asked for', async () => {
      const cursor = { topicName: 'orders', partitionIndex: 1 };
      expect(await page({ topics: [{ name: 'emails' }], cursor })).toEqual({ topics: ['emails 42 []'], next: null });
    });
  });

  describe('FindCoordinator', () => {
    it('names this node for a group, in every version', async () => {
      const node = { nodeId: 1, host: '127.0.0.1', port: door.port, errorCode: 0 };
      for (let version = 0; version <= 3; version++) {
        expect(await client.call(findCoordinatorApi, version, { key: 'workers' })).toMatchObject(node);
      }
      for (let version = 4; version <= 6; version++) {
        const { coordinators } = await client.call(findCoordinatorApi, version, { coordinatorKeys: ['a', 'b', ''] });
        expect(coordinators).toEqual(['a', 'b', ''].map((key) => ({ key, ...node, errorMessage: '' })));
      }
    });

    it('names this node for a share partition, and refuses what is none', async () => {
      const errorsOf = async (version: number, coordinatorKeys: readonly string[]) => {
        const answer = await client.call(findCoordinatorApi, version, { keyType: 2, coordinatorKeys });
        return answer.coordinators?.map((each) => each.errorCode);
      };
      expect(await errorsOf(6, [`g:${topicId}:0`, `g:with:colons:${topicId}:0`])).toEqual([0, 0]);
      expect(await errorsOf(6, ['g', 'g:x:0', `:${topicId}:0`, `g:${topicId}:`])).toEqual([42, 42, 42, 42]);
      expect(await errorsOf(5, [`g:${topicId}:0`])).toEqual([42]);
    });

    it('refuses transactions and what it does not know, with the reason', async () => {
      const transaction = await client.call(findCoordinatorApi, 3, { key: 'tx', keyType: 1 });
      expect(transaction).toMatchObject({ errorCode: errorCodes.INVALID_REQUEST, nodeId: -1, port: -1 });
      expect(transaction.errorMessage).toContain('Transactions are not served');
      const unknown = await client.call(findCoordinatorApi, 6, { keyType: 9, coordinatorKeys: ['g'] });
      expect(unknown.coordinators?.[0]?.errorCode).toBe(errorCodes.INVALID_REQUEST);
    });
  });
});
