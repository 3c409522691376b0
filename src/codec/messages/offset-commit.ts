// Generated from src/codec/definitions/OffsetCommit*.json by `npm run messages`; edit neither.

import { newList, zeroUuid } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface OffsetCommitRequestOffsetCommitRequestPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly committedMetadata: string | null;
}
const decodeOffsetCommitRequestOffsetCommitRequestPartition = (r: MessageReader, v: number): OffsetCommitRequestOffsetCommitRequestPartition => {
  const flex = v >= 8;
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const committedOffset = r.int64('topics.partitions.committedOffset');
  const committedLeaderEpoch = v >= 6 ? r.int32('topics.partitions.committedLeaderEpoch') : -1;
  const committedMetadata = r.nullableString(flex, 'topics.partitions.committedMetadata');
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata };
};
const encodeOffsetCommitRequestOffsetCommitRequestPartition = (w: MessageWriter, v: number, m: Sparse<OffsetCommitRequestOffsetCommitRequestPartition>): void => {
  const flex = v >= 8;
  w.int32(m.partitionIndex ?? 0, 'topics.partitions.partitionIndex');
  w.int64(m.committedOffset ?? 0, 'topics.partitions.committedOffset');
  if (v >= 6) w.int32(m.committedLeaderEpoch ?? -1, 'topics.partitions.committedLeaderEpoch');
  w.nullableString(m.committedMetadata === undefined ? '' : m.committedMetadata, true, flex, 'topics.partitions.committedMetadata');
  if (flex) w.uvarint(0);
};

export interface OffsetCommitRequestOffsetCommitRequestTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly OffsetCommitRequestOffsetCommitRequestPartition[];
}
const decodeOffsetCommitRequestOffsetCommitRequestTopic = (r: MessageReader, v: number): OffsetCommitRequestOffsetCommitRequestTopic => {
  const flex = v >= 8;
  const name = v <= 9 ? r.string(flex, 'topics.name') : '';
  const topicId = v >= 10 ? r.uuid('topics.topicId') : zeroUuid;
  const partitionsCount = r.arrayLength(flex, 13, 'topics.partitions');
  const partitions = newList<OffsetCommitRequestOffsetCommitRequestPartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeOffsetCommitRequestOffsetCommitRequestPartition(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { name, topicId, partitions };
};
const encodeOffsetCommitRequestOffsetCommitRequestTopic = (w: MessageWriter, v: number, m: Sparse<OffsetCommitRequestOffsetCommitRequestTopic>): void => {
  const flex = v >= 8;
  if (v <= 9) w.string(m.name ?? '', flex, 'topics.name');
  if (v >= 10) w.uuid(m.topicId ?? zeroUuid, 'topics.topicId');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeOffsetCommitRequestOffsetCommitRequestPartition(w, v, each);
  if (flex) w.uvarint(0);
};

export interface OffsetCommitRequest {
  readonly groupId: string;
  readonly generationIdOrMemberEpoch: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly retentionTimeMs: number;
  readonly topics: readonly OffsetCommitRequestOffsetCommitRequestTopic[];
}
const decodeOffsetCommitRequest = (r: MessageReader, v: number): OffsetCommitRequest => {
  const flex = v >= 8;
  const groupId = r.string(flex, 'groupId');
  const generationIdOrMemberEpoch = r.int32('generationIdOrMemberEpoch');
  const memberId = r.string(flex, 'memberId');
  const groupInstanceId = v >= 7 ? r.nullableString(flex, 'groupInstanceId') : null;
  const retentionTimeMs = v <= 4 ? r.int64('retentionTimeMs') : -1;
  const topicsCount = r.arrayLength(flex, 1, 'topics');
  const topics = newList<OffsetCommitRequestOffsetCommitRequestTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeOffsetCommitRequestOffsetCommitRequestTopic(r, v);
  if (flex) r.skipTags('taggedFields');
  return { groupId, generationIdOrMemberEpoch, memberId, groupInstanceId, retentionTimeMs, topics };
};
const encodeOffsetCommitRequest = (w: MessageWriter, v: number, m: Sparse<OffsetCommitRequest>): void => {
  const flex = v >= 8;
  w.string(m.groupId ?? '', flex, 'groupId');
  w.int32(m.generationIdOrMemberEpoch ?? -1, 'generationIdOrMemberEpoch');
  w.string(m.memberId ?? '', flex, 'memberId');
  if (v >= 7) w.nullableString(m.groupInstanceId ?? null, true, flex, 'groupInstanceId');
  else if (m.groupInstanceId !== undefined && m.groupInstanceId !== null) throw notInVersion('groupInstanceId', v);
  if (v <= 4) w.int64(m.retentionTimeMs ?? -1, 'retentionTimeMs');
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeOffsetCommitRequestOffsetCommitRequestTopic(w, v, each);
  if (flex) w.uvarint(0);
};

export interface OffsetCommitResponseOffsetCommitResponsePartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
}
const decodeOffsetCommitResponseOffsetCommitResponsePartition = (r: MessageReader, v: number): OffsetCommitResponseOffsetCommitResponsePartition => {
  const flex = v >= 8;
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const errorCode = r.int16('topics.partitions.errorCode');
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, errorCode };
};
const encodeOffsetCommitResponseOffsetCommitResponsePartition = (w: MessageWriter, v: number, m: OffsetCommitResponseOffsetCommitResponsePartition): void => {
  const flex = v >= 8;
  w.int32(m.partitionIndex, 'topics.partitions.partitionIndex');
  w.int16(m.errorCode, 'topics.partitions.errorCode');
  if (flex) w.uvarint(0);
};

export interface OffsetCommitResponseOffsetCommitResponseTopic {
  readonly name?: string | undefined;
  readonly topicId: string;
  readonly partitions: readonly OffsetCommitResponseOffsetCommitResponsePartition[];
}
const decodeOffsetCommitResponseOffsetCommitResponseTopic = (r: MessageReader, v: number): OffsetCommitResponseOffsetCommitResponseTopic => {
  const flex = v >= 8;
  const name = v <= 9 ? r.string(flex, 'topics.name') : '';
  const topicId = v >= 10 ? r.uuid('topics.topicId') : zeroUuid;
  const partitionsCount = r.arrayLength(flex, 6, 'topics.partitions');
  const partitions = newList<OffsetCommitResponseOffsetCommitResponsePartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeOffsetCommitResponseOffsetCommitResponsePartition(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { name, topicId, partitions };
};
const encodeOffsetCommitResponseOffsetCommitResponseTopic = (w: MessageWriter, v: number, m: OffsetCommitResponseOffsetCommitResponseTopic): void => {
  const flex = v >= 8;
  if (v <= 9) w.string(m.name ?? '', flex, 'topics.name');
  if (v >= 10) w.uuid(m.topicId, 'topics.topicId');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeOffsetCommitResponseOffsetCommitResponsePartition(w, v, each);
  if (flex) w.uvarint(0);
};

export interface OffsetCommitResponse {
  readonly throttleTimeMs: number;
  readonly topics: readonly OffsetCommitResponseOffsetCommitResponseTopic[];
}
const decodeOffsetCommitResponse = (r: MessageReader, v: number): OffsetCommitResponse => {
  const flex = v >= 8;
  const throttleTimeMs = v >= 3 ? r.int32('throttleTimeMs') : 0;
  const topicsCount = r.arrayLength(flex, 1, 'topics');
  const topics = newList<OffsetCommitResponseOffsetCommitResponseTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeOffsetCommitResponseOffsetCommitResponseTopic(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, topics };
};
const encodeOffsetCommitResponse = (w: MessageWriter, v: number, m: OffsetCommitResponse): void => {
  const flex = v >= 8;
  if (v >= 3) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const topics = m.topics;
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeOffsetCommitResponseOffsetCommitResponseTopic(w, v, each);
  if (flex) w.uvarint(0);
};

export const offsetCommitApi: Api<OffsetCommitRequest, OffsetCommitResponse> = {
  key: 8,
  name: 'OffsetCommit',
  firstVersion: 2,
  lastVersion: 10,
  firstFlexibleVersion: 8,
  decodeRequest: decodeOffsetCommitRequest,
  encodeRequest: encodeOffsetCommitRequest,
  decodeResponse: decodeOffsetCommitResponse,
  encodeResponse: encodeOffsetCommitResponse,
};
