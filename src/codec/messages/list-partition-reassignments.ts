// Generated from src/codec/definitions/ListPartitionReassignments*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface ListPartitionReassignmentsRequestListPartitionReassignmentsTopics {
  readonly name: string;
  readonly partitionIndexes: readonly number[];
}
const decodeListPartitionReassignmentsRequestListPartitionReassignmentsTopics = (r: MessageReader, _v: number): ListPartitionReassignmentsRequestListPartitionReassignmentsTopics => {
  const name = r.string(true, 'topics.name');
  const partitionIndexesCount = r.arrayLength(true, 4, 'topics.partitionIndexes');
  const partitionIndexes = newList<number>(partitionIndexesCount);
  for (let i = 0; i < partitionIndexesCount; i++) partitionIndexes[i] = r.int32('topics.partitionIndexes');
  r.skipTags('topics.taggedFields');
  return { name, partitionIndexes };
};
const encodeListPartitionReassignmentsRequestListPartitionReassignmentsTopics = (w: MessageWriter, _v: number, m: Sparse<ListPartitionReassignmentsRequestListPartitionReassignmentsTopics>): void => {
  w.string(m.name ?? '', true, 'topics.name');
  const partitionIndexes = m.partitionIndexes ?? [];
  w.arrayLength(partitionIndexes.length, true);
  for (const each of partitionIndexes) w.int32(each, 'topics.partitionIndexes');
  w.uvarint(0);
};

export interface ListPartitionReassignmentsRequest {
  readonly timeoutMs: number;
  readonly topics: readonly ListPartitionReassignmentsRequestListPartitionReassignmentsTopics[] | null;
}
const decodeListPartitionReassignmentsRequest = (r: MessageReader, v: number): ListPartitionReassignmentsRequest => {
  const timeoutMs = r.int32('timeoutMs');
  let topics: readonly ListPartitionReassignmentsRequestListPartitionReassignmentsTopics[] | null = null;
  {
    const count = r.nullableArrayLength(true, true, 2, 'topics');
    const list = newList<ListPartitionReassignmentsRequestListPartitionReassignmentsTopics>(count);
    for (let i = 0; i < count; i++) list[i] = decodeListPartitionReassignmentsRequestListPartitionReassignmentsTopics(r, v);
    topics = count < 0 ? null : list;
  }
  r.skipTags('taggedFields');
  return { timeoutMs, topics };
};
const encodeListPartitionReassignmentsRequest = (w: MessageWriter, v: number, m: Sparse<ListPartitionReassignmentsRequest>): void => {
  w.int32(m.timeoutMs ?? 60000, 'timeoutMs');
  const topics = m.topics ?? null;
  w.nullableArrayLength(topics, true, true, 'topics');
  if (topics !== null) for (const each of topics) encodeListPartitionReassignmentsRequestListPartitionReassignmentsTopics(w, v, each);
  w.uvarint(0);
};

export interface ListPartitionReassignmentsResponseOngoingPartitionReassignment {
  readonly partitionIndex: number;
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}
const decodeListPartitionReassignmentsResponseOngoingPartitionReassignment = (r: MessageReader, _v: number): ListPartitionReassignmentsResponseOngoingPartitionReassignment => {
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const replicasCount = r.arrayLength(true, 4, 'topics.partitions.replicas');
  const replicas = newList<number>(replicasCount);
  for (let i = 0; i < replicasCount; i++) replicas[i] = r.int32('topics.partitions.replicas');
  const addingReplicasCount = r.arrayLength(true, 4, 'topics.partitions.addingReplicas');
  const addingReplicas = newList<number>(addingReplicasCount);
  for (let i = 0; i < addingReplicasCount; i++) addingReplicas[i] = r.int32('topics.partitions.addingReplicas');
  const removingReplicasCount = r.arrayLength(true, 4, 'topics.partitions.removingReplicas');
  const removingReplicas = newList<number>(removingReplicasCount);
  for (let i = 0; i < removingReplicasCount; i++) removingReplicas[i] = r.int32('topics.partitions.removingReplicas');
  r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, replicas, addingReplicas, removingReplicas };
};
const encodeListPartitionReassignmentsResponseOngoingPartitionReassignment = (w: MessageWriter, _v: number, m: ListPartitionReassignmentsResponseOngoingPartitionReassignment): void => {
  w.int32(m.partitionIndex, 'topics.partitions.partitionIndex');
  const replicas = m.replicas;
  w.arrayLength(replicas.length, true);
  for (const each of replicas) w.int32(each, 'topics.partitions.replicas');
  const addingReplicas = m.addingReplicas;
  w.arrayLength(addingReplicas.length, true);
  for (const each of addingReplicas) w.int32(each, 'topics.partitions.addingReplicas');
  const removingReplicas = m.removingReplicas;
  w.arrayLength(removingReplicas.length, true);
  for (const each of removingReplicas) w.int32(each, 'topics.partitions.removingReplicas');
  w.uvarint(0);
};

export interface ListPartitionReassignmentsResponseOngoingTopicReassignment {
  readonly name: string;
  readonly partitions: readonly ListPartitionReassignmentsResponseOngoingPartitionReassignment[];
}
const decodeListPartitionReassignmentsResponseOngoingTopicReassignment = (r: MessageReader, v: number): ListPartitionReassignmentsResponseOngoingTopicReassignment => {
  const name = r.string(true, 'topics.name');
  const partitionsCount = r.arrayLength(true, 7, 'topics.partitions');
  const partitions = newList<ListPartitionReassignmentsResponseOngoingPartitionReassignment>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeListPartitionReassignmentsResponseOngoingPartitionReassignment(r, v);
  r.skipTags('topics.taggedFields');
  return { name, partitions };
};
const encodeListPartitionReassignmentsResponseOngoingTopicReassignment = (w: MessageWriter, v: number, m: ListPartitionReassignmentsResponseOngoingTopicReassignment): void => {
  w.string(m.name, true, 'topics.name');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, true);
  for (const each of partitions) encodeListPartitionReassignmentsResponseOngoingPartitionReassignment(w, v, each);
  w.uvarint(0);
};

export interface ListPartitionReassignmentsResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly topics: readonly ListPartitionReassignmentsResponseOngoingTopicReassignment[];
}
const decodeListPartitionReassignmentsResponse = (r: MessageReader, v: number): ListPartitionReassignmentsResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  const errorMessage = r.nullableString(true, 'errorMessage');
  const topicsCount = r.arrayLength(true, 2, 'topics');
  const topics = newList<ListPartitionReassignmentsResponseOngoingTopicReassignment>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeListPartitionReassignmentsResponseOngoingTopicReassignment(r, v);
  r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, errorMessage, topics };
};
const encodeListPartitionReassignmentsResponse = (w: MessageWriter, v: number, m: ListPartitionReassignmentsResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  w.nullableString(m.errorMessage, true, true, 'errorMessage');
  const topics = m.topics;
  w.arrayLength(topics.length, true);
  for (const each of topics) encodeListPartitionReassignmentsResponseOngoingTopicReassignment(w, v, each);
  w.uvarint(0);
};

export const listPartitionReassignmentsApi: Api<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse> = {
  key: 46,
  name: 'ListPartitionReassignments',
  firstVersion: 0,
  lastVersion: 0,
  firstFlexibleVersion: 0,
  decodeRequest: decodeListPartitionReassignmentsRequest,
  encodeRequest: encodeListPartitionReassignmentsRequest,
  decodeResponse: decodeListPartitionReassignmentsResponse,
  encodeResponse: encodeListPartitionReassignmentsResponse,
};
