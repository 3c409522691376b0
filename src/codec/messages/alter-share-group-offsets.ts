// Generated from src/codec/definitions/AlterShareGroupOffsets*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface AlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestPartition {
  readonly partitionIndex: number;
  readonly startOffset: number;
}
const decodeAlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestPartition = (r: MessageReader, _v: number): AlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestPartition => {
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const startOffset = r.int64('topics.partitions.startOffset');
  r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, startOffset };
};
const encodeAlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestPartition = (w: MessageWriter, _v: number, m: Sparse<AlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestPartition>): void => {
  w.int32(m.partitionIndex ?? 0, 'topics.partitions.partitionIndex');
  w.int64(m.startOffset ?? 0, 'topics.partitions.startOffset');
  w.uvarint(0);
};

export interface AlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestTopic {
  readonly topicName: string;
  readonly partitions: readonly AlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestPartition[];
}
const decodeAlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestTopic = (r: MessageReader, v: number): AlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestTopic => {
  const topicName = r.string(true, 'topics.topicName');
  const partitionsCount = r.arrayLength(true, 12, 'topics.partitions');
  const partitions = newList<AlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestPartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeAlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestPartition(r, v);
  r.skipTags('topics.taggedFields');
  return { topicName, partitions };
};
const encodeAlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestTopic = (w: MessageWriter, v: number, m: Sparse<AlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestTopic>): void => {
  w.string(m.topicName ?? '', true, 'topics.topicName');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, true);
  for (const each of partitions) encodeAlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestPartition(w, v, each);
  w.uvarint(0);
};

export interface AlterShareGroupOffsetsRequest {
  readonly groupId: string;
  readonly topics: readonly AlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestTopic[];
}
const decodeAlterShareGroupOffsetsRequest = (r: MessageReader, v: number): AlterShareGroupOffsetsRequest => {
  const groupId = r.string(true, 'groupId');
  const topicsCount = r.arrayLength(true, 2, 'topics');
  const topics = newList<AlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeAlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestTopic(r, v);
  r.skipTags('taggedFields');
  return { groupId, topics };
};
const encodeAlterShareGroupOffsetsRequest = (w: MessageWriter, v: number, m: Sparse<AlterShareGroupOffsetsRequest>): void => {
  w.string(m.groupId ?? '', true, 'groupId');
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, true);
  for (const each of topics) encodeAlterShareGroupOffsetsRequestAlterShareGroupOffsetsRequestTopic(w, v, each);
  w.uvarint(0);
};

export interface AlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponsePartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}
const decodeAlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponsePartition = (r: MessageReader, _v: number): AlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponsePartition => {
  const partitionIndex = r.int32('responses.partitions.partitionIndex');
  const errorCode = r.int16('responses.partitions.errorCode');
  const errorMessage = r.nullableString(true, 'responses.partitions.errorMessage');
  r.skipTags('responses.partitions.taggedFields');
  return { partitionIndex, errorCode, errorMessage };
};
const encodeAlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponsePartition = (w: MessageWriter, _v: number, m: AlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponsePartition): void => {
  w.int32(m.partitionIndex, 'responses.partitions.partitionIndex');
  w.int16(m.errorCode, 'responses.partitions.errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'responses.partitions.errorMessage');
  w.uvarint(0);
};

export interface AlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponseTopic {
  readonly topicName: string;
  readonly topicId: string;
  readonly partitions: readonly AlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponsePartition[];
}
const decodeAlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponseTopic = (r: MessageReader, v: number): AlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponseTopic => {
  const topicName = r.string(true, 'responses.topicName');
  const topicId = r.uuid('responses.topicId');
  const partitionsCount = r.arrayLength(true, 7, 'responses.partitions');
  const partitions = newList<AlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponsePartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeAlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponsePartition(r, v);
  r.skipTags('responses.taggedFields');
  return { topicName, topicId, partitions };
};
const encodeAlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponseTopic = (w: MessageWriter, v: number, m: AlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponseTopic): void => {
  w.string(m.topicName, true, 'responses.topicName');
  w.uuid(m.topicId, 'responses.topicId');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, true);
  for (const each of partitions) encodeAlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponsePartition(w, v, each);
  w.uvarint(0);
};

export interface AlterShareGroupOffsetsResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly responses: readonly AlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponseTopic[];
}
const decodeAlterShareGroupOffsetsResponse = (r: MessageReader, v: number): AlterShareGroupOffsetsResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  const errorMessage = r.nullableString(true, 'errorMessage');
  const responsesCount = r.arrayLength(true, 18, 'responses');
  const responses = newList<AlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponseTopic>(responsesCount);
  for (let i = 0; i < responsesCount; i++) responses[i] = decodeAlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponseTopic(r, v);
  r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, errorMessage, responses };
};
const encodeAlterShareGroupOffsetsResponse = (w: MessageWriter, v: number, m: AlterShareGroupOffsetsResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'errorMessage');
  const responses = m.responses;
  w.arrayLength(responses.length, true);
  for (const each of responses) encodeAlterShareGroupOffsetsResponseAlterShareGroupOffsetsResponseTopic(w, v, each);
  w.uvarint(0);
};

export const alterShareGroupOffsetsApi: Api<AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse> = {
  key: 91,
  name: 'AlterShareGroupOffsets',
  firstVersion: 0,
  lastVersion: 0,
  firstFlexibleVersion: 0,
  decodeRequest: decodeAlterShareGroupOffsetsRequest,
  encodeRequest: encodeAlterShareGroupOffsetsRequest,
  decodeResponse: decodeAlterShareGroupOffsetsResponse,
  encodeResponse: encodeAlterShareGroupOffsetsResponse,
};
