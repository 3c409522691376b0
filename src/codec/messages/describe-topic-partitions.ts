// Generated from src/codec/definitions/DescribeTopicPartitions*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface DescribeTopicPartitionsRequestTopicRequest {
  readonly name: string;
}
const decodeDescribeTopicPartitionsRequestTopicRequest = (r: MessageReader, _v: number): DescribeTopicPartitionsRequestTopicRequest => {
  const name = r.string(true, 'topics.name');
  r.skipTags('topics.taggedFields');
  return { name };
};
const encodeDescribeTopicPartitionsRequestTopicRequest = (w: MessageWriter, _v: number, m: Sparse<DescribeTopicPartitionsRequestTopicRequest>): void => {
  w.string(m.name ?? '', true, 'topics.name');
  w.uvarint(0);
};

export interface DescribeTopicPartitionsRequestCursor {
  readonly topicName: string;
  readonly partitionIndex: number;
}
const decodeDescribeTopicPartitionsRequestCursor = (r: MessageReader, _v: number): DescribeTopicPartitionsRequestCursor => {
  const topicName = r.string(true, 'cursor.topicName');
  const partitionIndex = r.int32('cursor.partitionIndex');
  r.skipTags('cursor.taggedFields');
  return { topicName, partitionIndex };
};
const encodeDescribeTopicPartitionsRequestCursor = (w: MessageWriter, _v: number, m: Sparse<DescribeTopicPartitionsRequestCursor>): void => {
  w.string(m.topicName ?? '', true, 'cursor.topicName');
  w.int32(m.partitionIndex ?? 0, 'cursor.partitionIndex');
  w.uvarint(0);
};

export interface DescribeTopicPartitionsRequest {
  readonly topics: readonly DescribeTopicPartitionsRequestTopicRequest[];
  readonly responsePartitionLimit: number;
  readonly cursor: DescribeTopicPartitionsRequestCursor | null;
}
const decodeDescribeTopicPartitionsRequest = (r: MessageReader, v: number): DescribeTopicPartitionsRequest => {
  const topicsCount = r.arrayLength(true, 1, 'topics');
  const topics = newList<DescribeTopicPartitionsRequestTopicRequest>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeDescribeTopicPartitionsRequestTopicRequest(r, v);
  const responsePartitionLimit = r.int32('responsePartitionLimit');
  const cursor = (r.isPresent('cursor') ? decodeDescribeTopicPartitionsRequestCursor(r, v) : null);
  r.skipTags('taggedFields');
  return { topics, responsePartitionLimit, cursor };
};
const encodeDescribeTopicPartitionsRequest = (w: MessageWriter, v: number, m: Sparse<DescribeTopicPartitionsRequest>): void => {
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, true);
  for (const each of topics) encodeDescribeTopicPartitionsRequestTopicRequest(w, v, each);
  w.int32(m.responsePartitionLimit ?? 2000, 'responsePartitionLimit');
  const cursor = m.cursor ?? null;
  w.presence(cursor !== null);
  if (cursor !== null) encodeDescribeTopicPartitionsRequestCursor(w, v, cursor);
  w.uvarint(0);
};

export interface DescribeTopicPartitionsResponseDescribeTopicPartitionsResponsePartition {
  readonly errorCode: number;
  readonly partitionIndex: number;
  readonly leaderId: number;
  readonly leaderEpoch?: number | undefined;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
  readonly eligibleLeaderReplicas?: readonly number[] | null | undefined;
  readonly lastKnownElr?: readonly number[] | null | undefined;
  readonly offlineReplicas: readonly number[];
}
const decodeDescribeTopicPartitionsResponseDescribeTopicPartitionsResponsePartition = (r: MessageReader, _v: number): DescribeTopicPartitionsResponseDescribeTopicPartitionsResponsePartition => {
  const errorCode = r.int16('topics.partitions.errorCode');
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const leaderId = r.int32('topics.partitions.leaderId');
  const leaderEpoch = r.int32('topics.partitions.leaderEpoch');
  const replicaNodesCount = r.arrayLength(true, 4, 'topics.partitions.replicaNodes');
  const replicaNodes = newList<number>(replicaNodesCount);
  for (let i = 0; i < replicaNodesCount; i++) replicaNodes[i] = r.int32('topics.partitions.replicaNodes');
  const isrNodesCount = r.arrayLength(true, 4, 'topics.partitions.isrNodes');
  const isrNodes = newList<number>(isrNodesCount);
  for (let i = 0; i < isrNodesCount; i++) isrNodes[i] = r.int32('topics.partitions.isrNodes');
  let eligibleLeaderReplicas: readonly number[] | null = null;
  {
    const count = r.nullableArrayLength(true, true, 4, 'topics.partitions.eligibleLeaderReplicas');
    const list = newList<number>(count);
    for (let i = 0; i < count; i++) list[i] = r.int32('topics.partitions.eligibleLeaderReplicas');
    eligibleLeaderReplicas = count < 0 ? null : list;
  }
  let lastKnownElr: readonly number[] | null = null;
  {
    const count = r.nullableArrayLength(true, true, 4, 'topics.partitions.lastKnownElr');
    const list = newList<number>(count);
    for (let i = 0; i < count; i++) list[i] = r.int32('topics.partitions.lastKnownElr');
    lastKnownElr = count < 0 ? null : list;
  }
  const offlineReplicasCount = r.arrayLength(true, 4, 'topics.partitions.offlineReplicas');
  const offlineReplicas = newList<number>(offlineReplicasCount);
  for (let i = 0; i < offlineReplicasCount; i++) offlineReplicas[i] = r.int32('topics.partitions.offlineReplicas');
  r.skipTags('topics.partitions.taggedFields');
  return { errorCode, partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, eligibleLeaderReplicas, lastKnownElr, offlineReplicas };
};
const encodeDescribeTopicPartitionsResponseDescribeTopicPartitionsResponsePartition = (w: MessageWriter, _v: number, m: DescribeTopicPartitionsResponseDescribeTopicPartitionsResponsePartition): void => {
  w.int16(m.errorCode, 'topics.partitions.errorCode');
  w.int32(m.partitionIndex, 'topics.partitions.partitionIndex');
  w.int32(m.leaderId, 'topics.partitions.leaderId');
  w.int32(m.leaderEpoch ?? -1, 'topics.partitions.leaderEpoch');
  const replicaNodes = m.replicaNodes;
  w.arrayLength(replicaNodes.length, true);
  for (const each of replicaNodes) w.int32(each, 'topics.partitions.replicaNodes');
  const isrNodes = m.isrNodes;
  w.arrayLength(isrNodes.length, true);
  for (const each of isrNodes) w.int32(each, 'topics.partitions.isrNodes');
  const eligibleLeaderReplicas = m.eligibleLeaderReplicas ?? null;
  w.nullableArrayLength(eligibleLeaderReplicas, true, true, 'topics.partitions.eligibleLeaderReplicas');
  if (eligibleLeaderReplicas !== null) for (const each of eligibleLeaderReplicas) w.int32(each, 'topics.partitions.eligibleLeaderReplicas');
  const lastKnownElr = m.lastKnownElr ?? null;
  w.nullableArrayLength(lastKnownElr, true, true, 'topics.partitions.lastKnownElr');
  if (lastKnownElr !== null) for (const each of lastKnownElr) w.int32(each, 'topics.partitions.lastKnownElr');
  const offlineReplicas = m.offlineReplicas;
  w.arrayLength(offlineReplicas.length, true);
  for (const each of offlineReplicas) w.int32(each, 'topics.partitions.offlineReplicas');
  w.uvarint(0);
};

export interface DescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic {
  readonly errorCode: number;
  readonly name: string | null;
  readonly topicId: string;
  readonly isInternal?: boolean | undefined;
  readonly partitions: readonly DescribeTopicPartitionsResponseDescribeTopicPartitionsResponsePartition[];
  readonly topicAuthorizedOperations?: number | undefined;
}
const decodeDescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic = (r: MessageReader, v: number): DescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic => {
  const errorCode = r.int16('topics.errorCode');
  const name = r.nullableString(true, 'topics.name');
  const topicId = r.uuid('topics.topicId');
  const isInternal = r.bool('topics.isInternal');
  const partitionsCount = r.arrayLength(true, 19, 'topics.partitions');
  const partitions = newList<DescribeTopicPartitionsResponseDescribeTopicPartitionsResponsePartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeDescribeTopicPartitionsResponseDescribeTopicPartitionsResponsePartition(r, v);
  const topicAuthorizedOperations = r.int32('topics.topicAuthorizedOperations');
  r.skipTags('topics.taggedFields');
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations };
};
const encodeDescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic = (w: MessageWriter, v: number, m: DescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic): void => {
  w.int16(m.errorCode, 'topics.errorCode');
  w.nullableString(m.name, true, true, 'topics.name');
  w.uuid(m.topicId, 'topics.topicId');
  w.bool(m.isInternal ?? false);
  const partitions = m.partitions;
  w.arrayLength(partitions.length, true);
  for (const each of partitions) encodeDescribeTopicPartitionsResponseDescribeTopicPartitionsResponsePartition(w, v, each);
  w.int32(m.topicAuthorizedOperations ?? -2147483648, 'topics.topicAuthorizedOperations');
  w.uvarint(0);
};

export interface DescribeTopicPartitionsResponseCursor {
  readonly topicName: string;
  readonly partitionIndex: number;
}
const decodeDescribeTopicPartitionsResponseCursor = (r: MessageReader, _v: number): DescribeTopicPartitionsResponseCursor => {
  const topicName = r.string(true, 'nextCursor.topicName');
  const partitionIndex = r.int32('nextCursor.partitionIndex');
  r.skipTags('nextCursor.taggedFields');
  return { topicName, partitionIndex };
};
const encodeDescribeTopicPartitionsResponseCursor = (w: MessageWriter, _v: number, m: DescribeTopicPartitionsResponseCursor): void => {
  w.string(m.topicName, true, 'nextCursor.topicName');
  w.int32(m.partitionIndex, 'nextCursor.partitionIndex');
  w.uvarint(0);
};

export interface DescribeTopicPartitionsResponse {
  readonly throttleTimeMs: number;
  readonly topics: readonly DescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic[];
  readonly nextCursor?: DescribeTopicPartitionsResponseCursor | null | undefined;
}
const decodeDescribeTopicPartitionsResponse = (r: MessageReader, v: number): DescribeTopicPartitionsResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const topicsCount = r.arrayLength(true, 25, 'topics');
  const topics = newList<DescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeDescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic(r, v);
  const nextCursor = (r.isPresent('nextCursor') ? decodeDescribeTopicPartitionsResponseCursor(r, v) : null);
  r.skipTags('taggedFields');
  return { throttleTimeMs, topics, nextCursor };
};
const encodeDescribeTopicPartitionsResponse = (w: MessageWriter, v: number, m: DescribeTopicPartitionsResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const topics = m.topics;
  w.arrayLength(topics.length, true);
  for (const each of topics) encodeDescribeTopicPartitionsResponseDescribeTopicPartitionsResponseTopic(w, v, each);
  const nextCursor = m.nextCursor ?? null;
  w.presence(nextCursor !== null);
  if (nextCursor !== null) encodeDescribeTopicPartitionsResponseCursor(w, v, nextCursor);
  w.uvarint(0);
};

export const describeTopicPartitionsApi: Api<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse> = {
  key: 75,
  name: 'DescribeTopicPartitions',
  firstVersion: 0,
  lastVersion: 0,
  firstFlexibleVersion: 0,
  decodeRequest: decodeDescribeTopicPartitionsRequest,
  encodeRequest: encodeDescribeTopicPartitionsRequest,
  decodeResponse: decodeDescribeTopicPartitionsResponse,
  encodeResponse: encodeDescribeTopicPartitionsResponse,
};
