// Generated from src/codec/definitions/OffsetFetch*.json by `npm run messages`; edit neither.

import { newList, zeroUuid } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface OffsetFetchRequestOffsetFetchRequestTopic {
  readonly name: string;
  readonly partitionIndexes: readonly number[];
}
const decodeOffsetFetchRequestOffsetFetchRequestTopic = (r: MessageReader, v: number): OffsetFetchRequestOffsetFetchRequestTopic => {
  const flex = v >= 6;
  const name = r.string(flex, 'topics.name');
  const partitionIndexesCount = r.arrayLength(flex, 4, 'topics.partitionIndexes');
  const partitionIndexes = newList<number>(partitionIndexesCount);
  for (let i = 0; i < partitionIndexesCount; i++) partitionIndexes[i] = r.int32('topics.partitionIndexes');
  if (flex) r.skipTags('topics.taggedFields');
  return { name, partitionIndexes };
};
const encodeOffsetFetchRequestOffsetFetchRequestTopic = (w: MessageWriter, v: number, m: Sparse<OffsetFetchRequestOffsetFetchRequestTopic>): void => {
  const flex = v >= 6;
  w.string(m.name ?? '', flex, 'topics.name');
  const partitionIndexes = m.partitionIndexes ?? [];
  w.arrayLength(partitionIndexes.length, flex);
  for (const each of partitionIndexes) w.int32(each, 'topics.partitionIndexes');
  if (flex) w.uvarint(0);
};

export interface OffsetFetchRequestOffsetFetchRequestTopics {
  readonly name: string;
  readonly topicId: string;
  readonly partitionIndexes: readonly number[];
}
const decodeOffsetFetchRequestOffsetFetchRequestTopics = (r: MessageReader, v: number): OffsetFetchRequestOffsetFetchRequestTopics => {
  const name = v <= 9 ? r.string(true, 'groups.topics.name') : '';
  const topicId = v >= 10 ? r.uuid('groups.topics.topicId') : zeroUuid;
  const partitionIndexesCount = r.arrayLength(true, 4, 'groups.topics.partitionIndexes');
  const partitionIndexes = newList<number>(partitionIndexesCount);
  for (let i = 0; i < partitionIndexesCount; i++) partitionIndexes[i] = r.int32('groups.topics.partitionIndexes');
  r.skipTags('groups.topics.taggedFields');
  return { name, topicId, partitionIndexes };
};
const encodeOffsetFetchRequestOffsetFetchRequestTopics = (w: MessageWriter, v: number, m: Sparse<OffsetFetchRequestOffsetFetchRequestTopics>): void => {
  if (v <= 9) w.string(m.name ?? '', true, 'groups.topics.name');
  if (v >= 10) w.uuid(m.topicId ?? zeroUuid, 'groups.topics.topicId');
  const partitionIndexes = m.partitionIndexes ?? [];
  w.arrayLength(partitionIndexes.length, true);
  for (const each of partitionIndexes) w.int32(each, 'groups.topics.partitionIndexes');
  w.uvarint(0);
};

export interface OffsetFetchRequestOffsetFetchRequestGroup {
  readonly groupId: string;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly topics: readonly OffsetFetchRequestOffsetFetchRequestTopics[] | null;
}
const decodeOffsetFetchRequestOffsetFetchRequestGroup = (r: MessageReader, v: number): OffsetFetchRequestOffsetFetchRequestGroup => {
  const groupId = r.string(true, 'groups.groupId');
  const memberId = v >= 9 ? r.nullableString(true, 'groups.memberId') : null;
  const memberEpoch = v >= 9 ? r.int32('groups.memberEpoch') : -1;
  let topics: readonly OffsetFetchRequestOffsetFetchRequestTopics[] | null = [];
  {
    const count = r.nullableArrayLength(true, true, 1, 'groups.topics');
    const list = newList<OffsetFetchRequestOffsetFetchRequestTopics>(count);
    for (let i = 0; i < count; i++) list[i] = decodeOffsetFetchRequestOffsetFetchRequestTopics(r, v);
    topics = count < 0 ? null : list;
  }
  r.skipTags('groups.taggedFields');
  return { groupId, memberId, memberEpoch, topics };
};
const encodeOffsetFetchRequestOffsetFetchRequestGroup = (w: MessageWriter, v: number, m: Sparse<OffsetFetchRequestOffsetFetchRequestGroup>): void => {
  w.string(m.groupId ?? '', true, 'groups.groupId');
  if (v >= 9) w.nullableString(m.memberId ?? null, true, true, 'groups.memberId');
  if (v >= 9) w.int32(m.memberEpoch ?? -1, 'groups.memberEpoch');
  const topics = m.topics === undefined ? [] : m.topics;
  w.nullableArrayLength(topics, true, true, 'groups.topics');
  if (topics !== null) for (const each of topics) encodeOffsetFetchRequestOffsetFetchRequestTopics(w, v, each);
  w.uvarint(0);
};

export interface OffsetFetchRequest {
  readonly groupId: string;
  readonly topics: readonly OffsetFetchRequestOffsetFetchRequestTopic[] | null;
  readonly groups: readonly OffsetFetchRequestOffsetFetchRequestGroup[];
  readonly requireStable: boolean;
}
const decodeOffsetFetchRequest = (r: MessageReader, v: number): OffsetFetchRequest => {
  const flex = v >= 6;
  const groupId = v <= 7 ? r.string(flex, 'groupId') : '';
  let topics: readonly OffsetFetchRequestOffsetFetchRequestTopic[] | null = [];
  if (v <= 7) {
    const count = r.nullableArrayLength(flex, v >= 2, 2, 'topics');
    const list = newList<OffsetFetchRequestOffsetFetchRequestTopic>(count);
    for (let i = 0; i < count; i++) list[i] = decodeOffsetFetchRequestOffsetFetchRequestTopic(r, v);
    topics = count < 0 ? null : list;
  }
  let groups: readonly OffsetFetchRequestOffsetFetchRequestGroup[] = [];
  if (v >= 8) {
    const count = r.arrayLength(flex, 2, 'groups');
    const list = newList<OffsetFetchRequestOffsetFetchRequestGroup>(count);
    for (let i = 0; i < count; i++) list[i] = decodeOffsetFetchRequestOffsetFetchRequestGroup(r, v);
    groups = list;
  }
  const requireStable = v >= 7 ? r.bool('requireStable') : false;
  if (flex) r.skipTags('taggedFields');
  return { groupId, topics, groups, requireStable };
};
const encodeOffsetFetchRequest = (w: MessageWriter, v: number, m: Sparse<OffsetFetchRequest>): void => {
  const flex = v >= 6;
  if (v <= 7) w.string(m.groupId ?? '', flex, 'groupId');
  else if (m.groupId !== undefined && m.groupId !== '') throw notInVersion('groupId', v);
  if (v <= 7) {
    const topics = m.topics === undefined ? [] : m.topics;
    w.nullableArrayLength(topics, v >= 2, flex, 'topics');
    if (topics !== null) for (const each of topics) encodeOffsetFetchRequestOffsetFetchRequestTopic(w, v, each);
  }
  else if (m.topics !== undefined && (m.topics === null || m.topics.length > 0)) throw notInVersion('topics', v);
  if (v >= 8) {
    const groups = m.groups ?? [];
    w.arrayLength(groups.length, flex);
    for (const each of groups) encodeOffsetFetchRequestOffsetFetchRequestGroup(w, v, each);
  }
  else if (m.groups !== undefined && m.groups.length > 0) throw notInVersion('groups', v);
  if (v >= 7) w.bool(m.requireStable ?? false);
  else if (m.requireStable !== undefined && m.requireStable) throw notInVersion('requireStable', v);
  if (flex) w.uvarint(0);
};

export interface OffsetFetchResponseOffsetFetchResponsePartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch?: number | undefined;
  readonly metadata: string | null;
  readonly errorCode: number;
}
const decodeOffsetFetchResponseOffsetFetchResponsePartition = (r: MessageReader, v: number): OffsetFetchResponseOffsetFetchResponsePartition => {
  const flex = v >= 6;
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const committedOffset = r.int64('topics.partitions.committedOffset');
  const committedLeaderEpoch = v >= 5 ? r.int32('topics.partitions.committedLeaderEpoch') : -1;
  const metadata = r.nullableString(flex, 'topics.partitions.metadata');
  const errorCode = r.int16('topics.partitions.errorCode');
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode };
};
const encodeOffsetFetchResponseOffsetFetchResponsePartition = (w: MessageWriter, v: number, m: OffsetFetchResponseOffsetFetchResponsePartition): void => {
  const flex = v >= 6;
  w.int32(m.partitionIndex, 'topics.partitions.partitionIndex');
  w.int64(m.committedOffset, 'topics.partitions.committedOffset');
  if (v >= 5) w.int32(m.committedLeaderEpoch ?? -1, 'topics.partitions.committedLeaderEpoch');
  w.nullableString(m.metadata, true, flex, 'topics.partitions.metadata');
  w.int16(m.errorCode, 'topics.partitions.errorCode');
  if (flex) w.uvarint(0);
};

export interface OffsetFetchResponseOffsetFetchResponseTopic {
  readonly name: string;
  readonly partitions: readonly OffsetFetchResponseOffsetFetchResponsePartition[];
}
const decodeOffsetFetchResponseOffsetFetchResponseTopic = (r: MessageReader, v: number): OffsetFetchResponseOffsetFetchResponseTopic => {
  const flex = v >= 6;
  const name = r.string(flex, 'topics.name');
  const partitionsCount = r.arrayLength(flex, 15, 'topics.partitions');
  const partitions = newList<OffsetFetchResponseOffsetFetchResponsePartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeOffsetFetchResponseOffsetFetchResponsePartition(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { name, partitions };
};
const encodeOffsetFetchResponseOffsetFetchResponseTopic = (w: MessageWriter, v: number, m: OffsetFetchResponseOffsetFetchResponseTopic): void => {
  const flex = v >= 6;
  w.string(m.name, flex, 'topics.name');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeOffsetFetchResponseOffsetFetchResponsePartition(w, v, each);
  if (flex) w.uvarint(0);
};

export interface OffsetFetchResponseOffsetFetchResponsePartitions {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch?: number | undefined;
  readonly metadata: string | null;
  readonly errorCode: number;
}
const decodeOffsetFetchResponseOffsetFetchResponsePartitions = (r: MessageReader, _v: number): OffsetFetchResponseOffsetFetchResponsePartitions => {
  const partitionIndex = r.int32('groups.topics.partitions.partitionIndex');
  const committedOffset = r.int64('groups.topics.partitions.committedOffset');
  const committedLeaderEpoch = r.int32('groups.topics.partitions.committedLeaderEpoch');
  const metadata = r.nullableString(true, 'groups.topics.partitions.metadata');
  const errorCode = r.int16('groups.topics.partitions.errorCode');
  r.skipTags('groups.topics.partitions.taggedFields');
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode };
};
const encodeOffsetFetchResponseOffsetFetchResponsePartitions = (w: MessageWriter, _v: number, m: OffsetFetchResponseOffsetFetchResponsePartitions): void => {
  w.int32(m.partitionIndex, 'groups.topics.partitions.partitionIndex');
  w.int64(m.committedOffset, 'groups.topics.partitions.committedOffset');
  w.int32(m.committedLeaderEpoch ?? -1, 'groups.topics.partitions.committedLeaderEpoch');
  w.nullableString(m.metadata, true, true, 'groups.topics.partitions.metadata');
  w.int16(m.errorCode, 'groups.topics.partitions.errorCode');
  w.uvarint(0);
};

export interface OffsetFetchResponseOffsetFetchResponseTopics {
  readonly name?: string | undefined;
  readonly topicId: string;
  readonly partitions: readonly OffsetFetchResponseOffsetFetchResponsePartitions[];
}
const decodeOffsetFetchResponseOffsetFetchResponseTopics = (r: MessageReader, v: number): OffsetFetchResponseOffsetFetchResponseTopics => {
  const name = v <= 9 ? r.string(true, 'groups.topics.name') : '';
  const topicId = v >= 10 ? r.uuid('groups.topics.topicId') : zeroUuid;
  const partitionsCount = r.arrayLength(true, 19, 'groups.topics.partitions');
  const partitions = newList<OffsetFetchResponseOffsetFetchResponsePartitions>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeOffsetFetchResponseOffsetFetchResponsePartitions(r, v);
  r.skipTags('groups.topics.taggedFields');
  return { name, topicId, partitions };
};
const encodeOffsetFetchResponseOffsetFetchResponseTopics = (w: MessageWriter, v: number, m: OffsetFetchResponseOffsetFetchResponseTopics): void => {
  if (v <= 9) w.string(m.name ?? '', true, 'groups.topics.name');
  if (v >= 10) w.uuid(m.topicId, 'groups.topics.topicId');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, true);
  for (const each of partitions) encodeOffsetFetchResponseOffsetFetchResponsePartitions(w, v, each);
  w.uvarint(0);
};

export interface OffsetFetchResponseOffsetFetchResponseGroup {
  readonly groupId: string;
  readonly topics: readonly OffsetFetchResponseOffsetFetchResponseTopics[];
  readonly errorCode?: number | undefined;
}
const decodeOffsetFetchResponseOffsetFetchResponseGroup = (r: MessageReader, v: number): OffsetFetchResponseOffsetFetchResponseGroup => {
  const groupId = r.string(true, 'groups.groupId');
  const topicsCount = r.arrayLength(true, 1, 'groups.topics');
  const topics = newList<OffsetFetchResponseOffsetFetchResponseTopics>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeOffsetFetchResponseOffsetFetchResponseTopics(r, v);
  const errorCode = r.int16('groups.errorCode');
  r.skipTags('groups.taggedFields');
  return { groupId, topics, errorCode };
};
const encodeOffsetFetchResponseOffsetFetchResponseGroup = (w: MessageWriter, v: number, m: OffsetFetchResponseOffsetFetchResponseGroup): void => {
  w.string(m.groupId, true, 'groups.groupId');
  const topics = m.topics;
  w.arrayLength(topics.length, true);
  for (const each of topics) encodeOffsetFetchResponseOffsetFetchResponseTopics(w, v, each);
  w.int16(m.errorCode ?? 0, 'groups.errorCode');
  w.uvarint(0);
};

export interface OffsetFetchResponse {
  readonly throttleTimeMs: number;
  readonly topics?: readonly OffsetFetchResponseOffsetFetchResponseTopic[] | undefined;
  readonly errorCode?: number | undefined;
  readonly groups?: readonly OffsetFetchResponseOffsetFetchResponseGroup[] | undefined;
}
const decodeOffsetFetchResponse = (r: MessageReader, v: number): OffsetFetchResponse => {
  const flex = v >= 6;
  const throttleTimeMs = v >= 3 ? r.int32('throttleTimeMs') : 0;
  let topics: readonly OffsetFetchResponseOffsetFetchResponseTopic[] = [];
  if (v <= 7) {
    const count = r.arrayLength(flex, 2, 'topics');
    const list = newList<OffsetFetchResponseOffsetFetchResponseTopic>(count);
    for (let i = 0; i < count; i++) list[i] = decodeOffsetFetchResponseOffsetFetchResponseTopic(r, v);
    topics = list;
  }
  const errorCode = v >= 2 && v <= 7 ? r.int16('errorCode') : 0;
  let groups: readonly OffsetFetchResponseOffsetFetchResponseGroup[] = [];
  if (v >= 8) {
    const count = r.arrayLength(flex, 4, 'groups');
    const list = newList<OffsetFetchResponseOffsetFetchResponseGroup>(count);
    for (let i = 0; i < count; i++) list[i] = decodeOffsetFetchResponseOffsetFetchResponseGroup(r, v);
    groups = list;
  }
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, topics, errorCode, groups };
};
const encodeOffsetFetchResponse = (w: MessageWriter, v: number, m: OffsetFetchResponse): void => {
  const flex = v >= 6;
  if (v >= 3) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  if (v <= 7) {
    const topics = m.topics ?? [];
    w.arrayLength(topics.length, flex);
    for (const each of topics) encodeOffsetFetchResponseOffsetFetchResponseTopic(w, v, each);
  }
  else if (m.topics !== undefined && m.topics.length > 0) throw notInVersion('topics', v);
  if (v >= 2 && v <= 7) w.int16(m.errorCode ?? 0, 'errorCode');
  if (v >= 8) {
    const groups = m.groups ?? [];
    w.arrayLength(groups.length, flex);
    for (const each of groups) encodeOffsetFetchResponseOffsetFetchResponseGroup(w, v, each);
  }
  else if (m.groups !== undefined && m.groups.length > 0) throw notInVersion('groups', v);
  if (flex) w.uvarint(0);
};

export const offsetFetchApi: Api<OffsetFetchRequest, OffsetFetchResponse> = {
  key: 9,
  name: 'OffsetFetch',
  firstVersion: 1,
  lastVersion: 10,
  firstFlexibleVersion: 6,
  decodeRequest: decodeOffsetFetchRequest,
  encodeRequest: encodeOffsetFetchRequest,
  decodeResponse: decodeOffsetFetchResponse,
  encodeResponse: encodeOffsetFetchResponse,
};
