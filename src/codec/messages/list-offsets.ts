// Generated from src/codec/definitions/ListOffsets*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface ListOffsetsRequestListOffsetsPartition {
  readonly partitionIndex: number;
  readonly currentLeaderEpoch: number;
  readonly timestamp: number;
}
const decodeListOffsetsRequestListOffsetsPartition = (r: MessageReader, v: number): ListOffsetsRequestListOffsetsPartition => {
  const flex = v >= 6;
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const currentLeaderEpoch = v >= 4 ? r.int32('topics.partitions.currentLeaderEpoch') : -1;
  const timestamp = r.int64('topics.partitions.timestamp');
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, currentLeaderEpoch, timestamp };
};
const encodeListOffsetsRequestListOffsetsPartition = (w: MessageWriter, v: number, m: Sparse<ListOffsetsRequestListOffsetsPartition>): void => {
  const flex = v >= 6;
  w.int32(m.partitionIndex ?? 0, 'topics.partitions.partitionIndex');
  if (v >= 4) w.int32(m.currentLeaderEpoch ?? -1, 'topics.partitions.currentLeaderEpoch');
  w.int64(m.timestamp ?? 0, 'topics.partitions.timestamp');
  if (flex) w.uvarint(0);
};

export interface ListOffsetsRequestListOffsetsTopic {
  readonly name: string;
  readonly partitions: readonly ListOffsetsRequestListOffsetsPartition[];
}
const decodeListOffsetsRequestListOffsetsTopic = (r: MessageReader, v: number): ListOffsetsRequestListOffsetsTopic => {
  const flex = v >= 6;
  const name = r.string(flex, 'topics.name');
  const partitionsCount = r.arrayLength(flex, 12, 'topics.partitions');
  const partitions = newList<ListOffsetsRequestListOffsetsPartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeListOffsetsRequestListOffsetsPartition(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { name, partitions };
};
const encodeListOffsetsRequestListOffsetsTopic = (w: MessageWriter, v: number, m: Sparse<ListOffsetsRequestListOffsetsTopic>): void => {
  const flex = v >= 6;
  w.string(m.name ?? '', flex, 'topics.name');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeListOffsetsRequestListOffsetsPartition(w, v, each);
  if (flex) w.uvarint(0);
};

export interface ListOffsetsRequest {
  readonly replicaId: number;
  readonly isolationLevel: number;
  readonly topics: readonly ListOffsetsRequestListOffsetsTopic[];
  readonly timeoutMs: number;
}
const decodeListOffsetsRequest = (r: MessageReader, v: number): ListOffsetsRequest => {
  const flex = v >= 6;
  const replicaId = r.int32('replicaId');
  const isolationLevel = v >= 2 ? r.int8('isolationLevel') : 0;
  const topicsCount = r.arrayLength(flex, 2, 'topics');
  const topics = newList<ListOffsetsRequestListOffsetsTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeListOffsetsRequestListOffsetsTopic(r, v);
  const timeoutMs = v >= 10 ? r.int32('timeoutMs') : 0;
  if (flex) r.skipTags('taggedFields');
  return { replicaId, isolationLevel, topics, timeoutMs };
};
const encodeListOffsetsRequest = (w: MessageWriter, v: number, m: Sparse<ListOffsetsRequest>): void => {
  const flex = v >= 6;
  w.int32(m.replicaId ?? 0, 'replicaId');
  if (v >= 2) w.int8(m.isolationLevel ?? 0, 'isolationLevel');
  else if (m.isolationLevel !== undefined && m.isolationLevel !== 0) throw notInVersion('isolationLevel', v);
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeListOffsetsRequestListOffsetsTopic(w, v, each);
  if (v >= 10) w.int32(m.timeoutMs ?? 0, 'timeoutMs');
  if (flex) w.uvarint(0);
};

export interface ListOffsetsResponseListOffsetsPartitionResponse {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly timestamp?: number | undefined;
  readonly offset?: number | undefined;
  readonly leaderEpoch?: number | undefined;
}
const decodeListOffsetsResponseListOffsetsPartitionResponse = (r: MessageReader, v: number): ListOffsetsResponseListOffsetsPartitionResponse => {
  const flex = v >= 6;
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const errorCode = r.int16('topics.partitions.errorCode');
  const timestamp = r.int64('topics.partitions.timestamp');
  const offset = r.int64('topics.partitions.offset');
  const leaderEpoch = v >= 4 ? r.int32('topics.partitions.leaderEpoch') : -1;
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, errorCode, timestamp, offset, leaderEpoch };
};
const encodeListOffsetsResponseListOffsetsPartitionResponse = (w: MessageWriter, v: number, m: ListOffsetsResponseListOffsetsPartitionResponse): void => {
  const flex = v >= 6;
  w.int32(m.partitionIndex, 'topics.partitions.partitionIndex');
  w.int16(m.errorCode, 'topics.partitions.errorCode');
  w.int64(m.timestamp ?? -1, 'topics.partitions.timestamp');
  w.int64(m.offset ?? -1, 'topics.partitions.offset');
  if (v >= 4) w.int32(m.leaderEpoch ?? -1, 'topics.partitions.leaderEpoch');
  else if (m.leaderEpoch !== undefined && m.leaderEpoch !== -1) throw notInVersion('topics.partitions.leaderEpoch', v);
  if (flex) w.uvarint(0);
};

export interface ListOffsetsResponseListOffsetsTopicResponse {
  readonly name: string;
  readonly partitions: readonly ListOffsetsResponseListOffsetsPartitionResponse[];
}
const decodeListOffsetsResponseListOffsetsTopicResponse = (r: MessageReader, v: number): ListOffsetsResponseListOffsetsTopicResponse => {
  const flex = v >= 6;
  const name = r.string(flex, 'topics.name');
  const partitionsCount = r.arrayLength(flex, 22, 'topics.partitions');
  const partitions = newList<ListOffsetsResponseListOffsetsPartitionResponse>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeListOffsetsResponseListOffsetsPartitionResponse(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { name, partitions };
};
const encodeListOffsetsResponseListOffsetsTopicResponse = (w: MessageWriter, v: number, m: ListOffsetsResponseListOffsetsTopicResponse): void => {
  const flex = v >= 6;
  w.string(m.name, flex, 'topics.name');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeListOffsetsResponseListOffsetsPartitionResponse(w, v, each);
  if (flex) w.uvarint(0);
};

export interface ListOffsetsResponse {
  readonly throttleTimeMs: number;
  readonly topics: readonly ListOffsetsResponseListOffsetsTopicResponse[];
}
const decodeListOffsetsResponse = (r: MessageReader, v: number): ListOffsetsResponse => {
  const flex = v >= 6;
  const throttleTimeMs = v >= 2 ? r.int32('throttleTimeMs') : 0;
  const topicsCount = r.arrayLength(flex, 2, 'topics');
  const topics = newList<ListOffsetsResponseListOffsetsTopicResponse>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeListOffsetsResponseListOffsetsTopicResponse(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, topics };
};
const encodeListOffsetsResponse = (w: MessageWriter, v: number, m: ListOffsetsResponse): void => {
  const flex = v >= 6;
  if (v >= 2) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const topics = m.topics;
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeListOffsetsResponseListOffsetsTopicResponse(w, v, each);
  if (flex) w.uvarint(0);
};

export const listOffsetsApi: Api<ListOffsetsRequest, ListOffsetsResponse> = {
  key: 2,
  name: 'ListOffsets',
  firstVersion: 1,
  lastVersion: 11,
  firstFlexibleVersion: 6,
  decodeRequest: decodeListOffsetsRequest,
  encodeRequest: encodeListOffsetsRequest,
  decodeResponse: decodeListOffsetsResponse,
  encodeResponse: encodeListOffsetsResponse,
};
