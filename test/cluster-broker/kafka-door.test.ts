import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { deleteGroupsApi } from '../../src/codec/messages/delete-groups.ts';
import { describeClusterApi } from '../../src/codec/messages/describe-cluster.ts';
import { describeShareGroupOffsetsApi } from '../../src/codec/messages/describe-share-group-offsets.ts';
import { fetchApi } from '../../src/codec/messages/fetch.ts';
import { findCoordinatorApi } from '../../src/codec/messages/find-coordinator.ts';
import { listGroupsApi } from '../../src/codec/messages/list-groups.ts';
import { listOffsetsApi } from '../../src/codec/messages/list-offsets.ts';
import { metadataApi } from '../../src/codec/messages/metadata.ts';
import { produceApi } from '../../src/codec/messages/produce.ts';
import { shareGroupDescribeApi } from '../../src/codec/messages/share-group-describe.ts';
import { encodeBatch } from '../../src/codec/record-batch.ts';
import { KafkaServer } from '../../src/kafka/server.ts';
import { must } from '../broker/broker-fixture.ts';
import { settle } from '../broker/fake-clock.ts';
import { KafkaClient, kafkaSettings } from '../kafka/kafka-door.ts';
import { ShareMember, onlyPartition, rangesOf } from '../kafka/share-member.ts';
import { placesOf, threeNodes } from './three-nodes.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Three nodes, each with its Kafka door, and a client at each. */
async function threeDoors(options: Parameters<typeof threeNodes>[0] = {}) {
  const fixture = await threeNodes(options);
  const { cluster, clock } = fixture;
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const clients: KafkaClient[] = [];
  const ports: number[] = [];
  for (const { nodeId, broker, local } of [fixture.one, fixture.two, fixture.three]) {
    const node = cluster.node(nodeId);
    const server = new KafkaServer({ broker, cluster: node, clock, logger, brokerConfig: [] }, kafkaSettings);
    const clusterId = Buffer.from(local.clusterId).toString('base64url');
    const at = { host: '127.0.0.1', port: 0 };
    const address = await server.listen(at, { nodeId, clusterId, host: '127.0.0.1', port: null });
    const port = Number(address.slice(address.lastIndexOf(':') + 1));
    Object.assign(node.self, { kafka: { host: `node-${nodeId}`, port: 9090 + nodeId } });
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    clients.push(new KafkaClient(socket));
    ports.push(port);
    closing.push(async () => {
      socket.destroy();
      await broker.drain();
      await server.stop();
    });
  }
  const [first, second, third] = clients;
  return { ...fixture, ports, clients: [first!, second!, third!] as const };
}

const wanted = (partition: number) => ({
  partition,
  currentLeaderEpoch: -1,
  fetchOffset: 0,
  lastFetchedEpoch: -1,
  logStartOffset: -1,
  partitionMaxBytes: 1_000_000,
});

describe('a Kafka client at any of several nodes', () => {
  it('is told of all nodes, and that the owner of a partition is its leader', async () => {
    const { clients, ports, cluster, all } = await threeDoors();
    const metadata = await clients[1].call(metadataApi, 12, { topics: null });
    expect(metadata.brokers.map(({ nodeId, host, port }) => `${nodeId} ${host}:${port}`)).toEqual([
      '1 node-1:9091',
      `2 127.0.0.1:${ports[1]}`,
      '3 node-3:9093',
    ]);
    expect(metadata.controllerId).toBe(1);
    expect(metadata.topics[0]?.partitions.map((each) => [each.leaderId, each.isrNodes])).toEqual([
      [1, [1]],
      [2, [2]],
      [3, [3]],
    ]);
    const described = await clients[2].call(describeClusterApi, 2, { endpointType: 1 });
    expect(described.brokers.map((each) => each.brokerId)).toEqual([1, 2, 3]);
    await cluster.give([all[2]!], 2);
    const later = await clients[0].call(metadataApi, 12, { topics: null });
    expect(later.topics[0]?.partitions.map((each) => each.leaderId)).toEqual([1, 2, 2]);
  });

  it('is told who coordinates a group', async () => {
    const { clients, cluster } = await threeDoors();
    cluster.coordinator = 3;
    const answer = await clients[0].call(findCoordinatorApi, 6, { keyType: 0, coordinatorKeys: ['g'] });
    expect(answer.coordinators).toMatchObject([{ key: 'g', nodeId: 3, host: 'node-3', port: 9093, errorCode: 0 }]);
  });

  it('is sent to the leader by what reads a partition, with the address where the version has it', async () => {
    const { clients, topicId } = await threeDoors();
    const fetched = await clients[0].call(fetchApi, 17, {
      maxWaitMs: 30_000,
      minBytes: 1,
      topics: [{ topicId, partitions: [wanted(1)] }],
    });
    expect(fetched.responses[0]?.partitions[0]).toMatchObject({
      errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER,
      currentLeader: { leaderId: 2, leaderEpoch: 0 },
    });
    expect(fetched.nodeEndpoints).toMatchObject([{ nodeId: 2, host: 'node-2', port: 9092 }]);
    const offsets = await clients[0].call(listOffsetsApi, 10, {
      topics: [{ name: 't', partitions: [{ partitionIndex: 1, timestamp: -1 }] }],
    });
    expect(offsets.topics[0]?.partitions[0]?.errorCode).toBe(errorCodes.NOT_LEADER_OR_FOLLOWER);
  });

  it('produces to whichever node it likes', async () => {
    const { clients, topicId, two } = await threeDoors();
    const { bytes } = encodeBatch({
      records: [{ key: null, value: new TextEncoder().encode('a'), headers: [], timestampMs: 1 }],
    });
    const answer = await clients[0].call(produceApi, 13, {
      acks: -1,
      timeoutMs: 1_000,
      topicData: [{ topicId, partitionData: [{ index: 1, records: bytes }] }],
    });
    expect(answer.responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(must(two.local.logs.bounds({ topicId, partition: 1 })).endOffset).toBe(1);
  });

  it('is sent to the coordinator by what is asked about a group', async () => {
    const { clients, one } = await threeDoors();
    must(await one.acquire());
    const { NOT_COORDINATOR } = errorCodes;
    const described = await clients[1].call(shareGroupDescribeApi, 1, { groupIds: ['g'] });
    expect(described.groups[0]?.errorCode).toBe(NOT_COORDINATOR);
    const offsets = await clients[1].call(describeShareGroupOffsetsApi, 1, {
      groups: [{ groupId: 'g', topics: null }],
    });
    expect(offsets.groups[0]?.errorCode).toBe(NOT_COORDINATOR);
    const deleted = await clients[1].call(deleteGroupsApi, 3, { groupsNames: ['g'] });
    expect(deleted.results[0]?.errorCode).toBe(NOT_COORDINATOR);
    const member = new ShareMember(clients[1], 'm');
    expect((await member.join('t')).errorCode).toBe(NOT_COORDINATOR);
    expect((await clients[1].call(listGroupsApi, 5, {})).groups).toEqual([]);
    expect((await clients[0].call(listGroupsApi, 5, {})).groups).toMatchObject([{ groupId: 'g' }]);
  });

  it('has the start offsets of all partitions from the coordinator, whoever owns them', async () => {
    const { clients, one, produce } = await threeDoors();
    await produce(1, ['a', 'b']);
    must(await one.acquire({ startFrom: 'latest' }));
    const answer = await clients[0].call(describeShareGroupOffsetsApi, 1, { groups: [{ groupId: 'g', topics: null }] });
    expect(
      answer.groups[0]?.topics[0]?.partitions.map((each) => [each.partitionIndex, each.startOffset, each.lag]),
    ).toEqual([
      [0, 0, 0],
      [1, 2, 0],
      [2, 0, 0],
    ]);
  });
});

describe('a member among several nodes', () => {
  it('gets its assignment when all owners have stored where the group starts', async () => {
    const { clients, produce, two } = await threeDoors();
    await produce(1, ['before']);
    const member = new ShareMember(clients[0], 'm');
    const joined = await member.join('t');
    expect(joined.assignment?.topicPartitions[0]?.partitions).toEqual([0, 1, 2]);
    expect(must(await two.local.windows('g'))).toMatchObject([{ partition: 1, startOffset: 1 }]);
    expect(must(await two.local.windows('g'))).toHaveLength(1);
  });

  it('fetches and acknowledges at the owner, and is sent there by any other', async () => {
    const { clients, produce, topicId } = await threeDoors();
    const member = new ShareMember(clients[0], 'm');
    await member.join('t');
    await produce(1, ['a', 'b']);
    const wrong = new ShareMember(clients[0], 'm');
    const refused = onlyPartition(await wrong.open(topicId, [1]));
    expect(refused).toMatchObject({ errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER, currentLeader: { leaderId: 2 } });
    const there = new ShareMember(clients[1], 'm');
    expect(rangesOf(onlyPartition(await there.open(topicId, [1])))).toEqual(['0-1×1']);
    const batches = [{ firstOffset: 0, lastOffset: 1, acknowledgeTypes: [1] }];
    const topics = [{ topicId, partitions: [{ partitionIndex: 1, acknowledgementBatches: batches }] }];
    const settled = await there.acknowledge(topicId, [], { topics });
    expect(settled.responses[0]?.partitions[0]?.errorCode).toBe(0);
  });

  it('that moves on with its partition is told so, with the new owner, in the answer it waits for', async () => {
    const { clients, topicId, cluster, all } = await threeDoors();
    const member = new ShareMember(clients[0], 'm');
    await member.join('t');
    const there = new ShareMember(clients[1], 'm');
    await there.open(topicId, [1]);
    const waiting = there.fetch({ maxWaitMs: 30_000 });
    await settle();
    await cluster.give([all[1]!], 3);
    const answer = await waiting;
    expect(onlyPartition(answer)).toMatchObject({
      errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER,
      currentLeader: { leaderId: 3 },
    });
    expect(answer.nodeEndpoints).toMatchObject([{ nodeId: 3, host: 'node-3', port: 9093 }]);
  });

  it('that falls silent has its records freed at every node', async () => {
    const { clients, produce, topicId, clock, three } = await threeDoors();
    const member = new ShareMember(clients[0], 'm');
    await member.join('t');
    await produce(1, ['a']);
    const there = new ShareMember(clients[1], 'm');
    expect(rangesOf(onlyPartition(await there.open(topicId, [1])))).toEqual(['0-0×1']);
    // Renewed, so that it is not the lock that runs out.
    const renewal = [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [4] }];
    const topics = [{ topicId, partitions: [{ partitionIndex: 1, acknowledgementBatches: renewal }] }];
    await clock.advance(20_000);
    const renewed = await there.acknowledge(topicId, [], { topics, isRenewAck: true });
    expect(renewed.responses[0]?.partitions[0]?.errorCode).toBe(0);
    await clock.advance(25_100);
    expect(must(await three.acquire({ worker: 'w' })).ranges[0]).toMatchObject({ partition: 1, deliveryCount: 2 });
  });

  it('that left and is back keeps what it has taken since, also where the call that frees it comes late', async () => {
    const { clients, produce, topicId, clock, peers, three } = await threeDoors();
    const member = new ShareMember(clients[0], 'm');
    await member.join('t');
    await produce(1, ['a']);
    await new ShareMember(clients[1], 'm').open(topicId, [1]);
    await member.leave();
    const call = Promise.withResolvers<void>();
    peers.held.push({ method: 'freeMember', until: call.promise });
    await clock.advance(5_100);
    await member.join('t');
    await produce(1, ['b']);
    expect(rangesOf(onlyPartition(await new ShareMember(clients[1], 'm').open(topicId, [1])))).toEqual(['1-1×1']);
    call.resolve();
    await settle();
    expect(placesOf(must(await three.acquire({ worker: 'w', maxRecords: 2 })).ranges)).toEqual(['1/0']);
  });

  it('that is back before anybody was asked what it has keeps all of it', async () => {
    const { clients, produce, topicId, clock, peers, three } = await threeDoors();
    const member = new ShareMember(clients[0], 'm');
    await member.join('t');
    await produce(1, ['a']);
    const there = new ShareMember(clients[1], 'm');
    await there.open(topicId, [1]);
    await member.leave();
    const call = Promise.withResolvers<void>();
    peers.held.push({ method: 'memberHoldings', until: call.promise });
    await clock.advance(5_100);
    await member.join('t');
    call.resolve();
    await settle();
    expect(must(await three.acquire({ worker: 'w' })).ranges).toEqual([]);
    expect((await there.fetch()).errorCode).toBe(0);
  });

  it('that moved to another coordinator is not taken for silent by the one before', async () => {
    const { clients, produce, topicId, clock, cluster, two } = await threeDoors();
    await new ShareMember(clients[0], 'm').join('t');
    await produce(0, ['a']);
    cluster.coordinator = 3;
    const member = new ShareMember(clients[2], 'm');
    await member.join('t');
    await clock.advance(30_000);
    await member.heartbeat();
    const there = new ShareMember(clients[0], 'm');
    expect(rangesOf(onlyPartition(await there.open(topicId, [0])))).toEqual(['0-0×1']);
    await clock.advance(16_000);
    expect(must(await two.acquire({ worker: 'w' })).ranges).toEqual([]);
    expect((await there.fetch()).errorCode).toBe(0);
  });

  it('is not taken for silent by a coordinator that another one may have replaced, as after a pause', async () => {
    const { clients, produce, topicId, clock, cluster, three } = await threeDoors();
    await new ShareMember(clients[0], 'm').join('t');
    await produce(1, ['a']);
    await clock.advance(40_000);
    const there = new ShareMember(clients[1], 'm');
    await there.open(topicId, [1]);
    cluster.node(1).beats = false;
    await clock.advance(10_000);
    expect(must(await three.acquire({ worker: 'w' })).ranges).toEqual([]);
    cluster.node(1).beats = true;
    await clock.advance(1_000);
    expect(placesOf(must(await three.acquire({ worker: 'w' })).ranges)).toEqual(['1/0']);
    expect((await there.fetch()).errorCode).toBe(errorCodes.SHARE_SESSION_NOT_FOUND);
  });
});
