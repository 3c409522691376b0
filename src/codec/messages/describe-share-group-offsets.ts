// Generated from src/codec/definitions/DescribeShareGroupOffsets*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface DescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestTopic {
  readonly topicName: string;
  readonly partitions: readonly number[];
}
const decodeDescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestTopic = (r: MessageReader, _v: number): DescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestTopic => {
  const topicName = r.string(true, 'groups.topics.topicName');
  const partitionsCount = r.arrayLength(true, 4, 'groups.topics.partitions');
  const partitions = newList<number>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = r.int32('groups.topics.partitions');
  r.skipTags('groups.topics.taggedFields');
  return { topicName, partitions };
};
const encodeDescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestTopic = (w: MessageWriter, _v: number, m: Sparse<DescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestTopic>): void => {
  w.string(m.topicName ?? '', true, 'groups.topics.topicName');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, true);
  for (const each of partitions) w.int32(each, 'groups.topics.partitions');
  w.uvarint(0);
};

export interface DescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestGroup {
  readonly groupId: string;
  readonly topics: readonly DescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestTopic[] | null;
}
const decodeDescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestGroup = (r: MessageReader, v: number): DescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestGroup => {
  const groupId = r.string(true, 'groups.groupId');
  let topics: readonly DescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestTopic[] | null = [];
  {
    const count = r.nullableArrayLength(true, true, 2, 'groups.topics');
    const list = newList<DescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestTopic>(count);
    for (let i = 0; i < count; i++) list[i] = decodeDescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestTopic(r, v);
    topics = count < 0 ? null : list;
  }
  r.skipTags('groups.taggedFields');
  return { groupId, topics };
};
const encodeDescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestGroup = (w: MessageWriter, v: number, m: Sparse<DescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestGroup>): void => {
  w.string(m.groupId ?? '', true, 'groups.groupId');
  const topics = m.topics === undefined ? [] : m.topics;
  w.nullableArrayLength(topics, true, true, 'groups.topics');
  if (topics !== null) for (const each of topics) encodeDescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestTopic(w, v, each);
  w.uvarint(0);
};

export interface DescribeShareGroupOffsetsRequest {
  readonly groups: readonly DescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestGroup[];
}
const decodeDescribeShareGroupOffsetsRequest = (r: MessageReader, v: number): DescribeShareGroupOffsetsRequest => {
  const groupsCount = r.arrayLength(true, 2, 'groups');
  const groups = newList<DescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestGroup>(groupsCount);
  for (let i = 0; i < groupsCount; i++) groups[i] = decodeDescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestGroup(r, v);
  r.skipTags('taggedFields');
  return { groups };
};
const encodeDescribeShareGroupOffsetsRequest = (w: MessageWriter, v: number, m: Sparse<DescribeShareGroupOffsetsRequest>): void => {
  const groups = m.groups ?? [];
  w.arrayLength(groups.length, true);
  for (const each of groups) encodeDescribeShareGroupOffsetsRequestDescribeShareGroupOffsetsRequestGroup(w, v, each);
  w.uvarint(0);
};

export interface DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponsePartition {
  readonly partitionIndex: number;
  readonly startOffset: number;
  readonly leaderEpoch: number;
  readonly lag?: number | undefined;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}
const decodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponsePartition = (r: MessageReader, v: number): DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponsePartition => {
  const partitionIndex = r.int32('groups.topics.partitions.partitionIndex');
  const startOffset = r.int64('groups.topics.partitions.startOffset');
  const leaderEpoch = r.int32('groups.topics.partitions.leaderEpoch');
  const lag = v >= 1 ? r.int64('groups.topics.partitions.lag') : -1;
  const errorCode = r.int16('groups.topics.partitions.errorCode');
  const errorMessage = r.nullableString(true, 'groups.topics.partitions.errorMessage');
  r.skipTags('groups.topics.partitions.taggedFields');
  return { partitionIndex, startOffset, leaderEpoch, lag, errorCode, errorMessage };
};
const encodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponsePartition = (w: MessageWriter, v: number, m: DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponsePartition): void => {
  w.int32(m.partitionIndex, 'groups.topics.partitions.partitionIndex');
  w.int64(m.startOffset, 'groups.topics.partitions.startOffset');
  w.int32(m.leaderEpoch, 'groups.topics.partitions.leaderEpoch');
  if (v >= 1) w.int64(m.lag ?? -1, 'groups.topics.partitions.lag');
  w.int16(m.errorCode, 'groups.topics.partitions.errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'groups.topics.partitions.errorMessage');
  w.uvarint(0);
};

export interface DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseTopic {
  readonly topicName: string;
  readonly topicId: string;
  readonly partitions: readonly DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponsePartition[];
}
const decodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseTopic = (r: MessageReader, v: number): DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseTopic => {
  const topicName = r.string(true, 'groups.topics.topicName');
  const topicId = r.uuid('groups.topics.topicId');
  const partitionsCount = r.arrayLength(true, 19, 'groups.topics.partitions');
  const partitions = newList<DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponsePartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponsePartition(r, v);
  r.skipTags('groups.topics.taggedFields');
  return { topicName, topicId, partitions };
};
const encodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseTopic = (w: MessageWriter, v: number, m: DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseTopic): void => {
  w.string(m.topicName, true, 'groups.topics.topicName');
  w.uuid(m.topicId, 'groups.topics.topicId');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, true);
  for (const each of partitions) encodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponsePartition(w, v, each);
  w.uvarint(0);
};

export interface DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseGroup {
  readonly groupId: string;
  readonly topics: readonly DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseTopic[];
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}
const decodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseGroup = (r: MessageReader, v: number): DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseGroup => {
  const groupId = r.string(true, 'groups.groupId');
  const topicsCount = r.arrayLength(true, 18, 'groups.topics');
  const topics = newList<DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseTopic(r, v);
  const errorCode = r.int16('groups.errorCode');
  const errorMessage = r.nullableString(true, 'groups.errorMessage');
  r.skipTags('groups.taggedFields');
  return { groupId, topics, errorCode, errorMessage };
};
const encodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseGroup = (w: MessageWriter, v: number, m: DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseGroup): void => {
  w.string(m.groupId, true, 'groups.groupId');
  const topics = m.topics;
  w.arrayLength(topics.length, true);
  for (const each of topics) encodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseTopic(w, v, each);
  w.int16(m.errorCode, 'groups.errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'groups.errorMessage');
  w.uvarint(0);
};

export interface DescribeShareGroupOffsetsResponse {
  readonly throttleTimeMs: number;
  readonly groups: readonly DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseGroup[];
}
const decodeDescribeShareGroupOffsetsResponse = (r: MessageReader, v: number): DescribeShareGroupOffsetsResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const groupsCount = r.arrayLength(true, 5, 'groups');
  const groups = newList<DescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseGroup>(groupsCount);
  for (let i = 0; i < groupsCount; i++) groups[i] = decodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseGroup(r, v);
  r.skipTags('taggedFields');
  return { throttleTimeMs, groups };
};
const encodeDescribeShareGroupOffsetsResponse = (w: MessageWriter, v: number, m: DescribeShareGroupOffsetsResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const groups = m.groups;
  w.arrayLength(groups.length, true);
  for (const each of groups) encodeDescribeShareGroupOffsetsResponseDescribeShareGroupOffsetsResponseGroup(w, v, each);
  w.uvarint(0);
};

export const describeShareGroupOffsetsApi: Api<DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse> = {
  key: 90,
  name: 'DescribeShareGroupOffsets',
  firstVersion: 0,
  lastVersion: 1,
  firstFlexibleVersion: 0,
  decodeRequest: decodeDescribeShareGroupOffsetsRequest,
  encodeRequest: encodeDescribeShareGroupOffsetsRequest,
  decodeResponse: decodeDescribeShareGroupOffsetsResponse,
  encodeResponse: encodeDescribeShareGroupOffsetsResponse,
};
