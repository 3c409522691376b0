// Generated from src/codec/definitions/DeleteRecords*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface DeleteRecordsRequestDeleteRecordsPartition {
  readonly partitionIndex: number;
  readonly offset: number;
}
const decodeDeleteRecordsRequestDeleteRecordsPartition = (r: MessageReader, v: number): DeleteRecordsRequestDeleteRecordsPartition => {
  const flex = v >= 2;
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const offset = r.int64('topics.partitions.offset');
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, offset };
};
const encodeDeleteRecordsRequestDeleteRecordsPartition = (w: MessageWriter, v: number, m: Sparse<DeleteRecordsRequestDeleteRecordsPartition>): void => {
  const flex = v >= 2;
  w.int32(m.partitionIndex ?? 0, 'topics.partitions.partitionIndex');
  w.int64(m.offset ?? 0, 'topics.partitions.offset');
  if (flex) w.uvarint(0);
};

export interface DeleteRecordsRequestDeleteRecordsTopic {
  readonly name: string;
  readonly partitions: readonly DeleteRecordsRequestDeleteRecordsPartition[];
}
const decodeDeleteRecordsRequestDeleteRecordsTopic = (r: MessageReader, v: number): DeleteRecordsRequestDeleteRecordsTopic => {
  const flex = v >= 2;
  const name = r.string(flex, 'topics.name');
  const partitionsCount = r.arrayLength(flex, 12, 'topics.partitions');
  const partitions = newList<DeleteRecordsRequestDeleteRecordsPartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeDeleteRecordsRequestDeleteRecordsPartition(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { name, partitions };
};
const encodeDeleteRecordsRequestDeleteRecordsTopic = (w: MessageWriter, v: number, m: Sparse<DeleteRecordsRequestDeleteRecordsTopic>): void => {
  const flex = v >= 2;
  w.string(m.name ?? '', flex, 'topics.name');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeDeleteRecordsRequestDeleteRecordsPartition(w, v, each);
  if (flex) w.uvarint(0);
};

export interface DeleteRecordsRequest {
  readonly topics: readonly DeleteRecordsRequestDeleteRecordsTopic[];
  readonly timeoutMs: number;
}
const decodeDeleteRecordsRequest = (r: MessageReader, v: number): DeleteRecordsRequest => {
  const flex = v >= 2;
  const topicsCount = r.arrayLength(flex, 2, 'topics');
  const topics = newList<DeleteRecordsRequestDeleteRecordsTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeDeleteRecordsRequestDeleteRecordsTopic(r, v);
  const timeoutMs = r.int32('timeoutMs');
  if (flex) r.skipTags('taggedFields');
  return { topics, timeoutMs };
};
const encodeDeleteRecordsRequest = (w: MessageWriter, v: number, m: Sparse<DeleteRecordsRequest>): void => {
  const flex = v >= 2;
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeDeleteRecordsRequestDeleteRecordsTopic(w, v, each);
  w.int32(m.timeoutMs ?? 0, 'timeoutMs');
  if (flex) w.uvarint(0);
};

export interface DeleteRecordsResponseDeleteRecordsPartitionResult {
  readonly partitionIndex: number;
  readonly lowWatermark: number;
  readonly errorCode: number;
}
const decodeDeleteRecordsResponseDeleteRecordsPartitionResult = (r: MessageReader, v: number): DeleteRecordsResponseDeleteRecordsPartitionResult => {
  const flex = v >= 2;
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const lowWatermark = r.int64('topics.partitions.lowWatermark');
  const errorCode = r.int16('topics.partitions.errorCode');
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, lowWatermark, errorCode };
};
const encodeDeleteRecordsResponseDeleteRecordsPartitionResult = (w: MessageWriter, v: number, m: DeleteRecordsResponseDeleteRecordsPartitionResult): void => {
  const flex = v >= 2;
  w.int32(m.partitionIndex, 'topics.partitions.partitionIndex');
  w.int64(m.lowWatermark, 'topics.partitions.lowWatermark');
  w.int16(m.errorCode, 'topics.partitions.errorCode');
  if (flex) w.uvarint(0);
};

export interface DeleteRecordsResponseDeleteRecordsTopicResult {
  readonly name: string;
  readonly partitions: readonly DeleteRecordsResponseDeleteRecordsPartitionResult[];
}
const decodeDeleteRecordsResponseDeleteRecordsTopicResult = (r: MessageReader, v: number): DeleteRecordsResponseDeleteRecordsTopicResult => {
  const flex = v >= 2;
  const name = r.string(flex, 'topics.name');
  const partitionsCount = r.arrayLength(flex, 14, 'topics.partitions');
  const partitions = newList<DeleteRecordsResponseDeleteRecordsPartitionResult>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeDeleteRecordsResponseDeleteRecordsPartitionResult(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { name, partitions };
};
const encodeDeleteRecordsResponseDeleteRecordsTopicResult = (w: MessageWriter, v: number, m: DeleteRecordsResponseDeleteRecordsTopicResult): void => {
  const flex = v >= 2;
  w.string(m.name, flex, 'topics.name');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeDeleteRecordsResponseDeleteRecordsPartitionResult(w, v, each);
  if (flex) w.uvarint(0);
};

export interface DeleteRecordsResponse {
  readonly throttleTimeMs: number;
  readonly topics: readonly DeleteRecordsResponseDeleteRecordsTopicResult[];
}
const decodeDeleteRecordsResponse = (r: MessageReader, v: number): DeleteRecordsResponse => {
  const flex = v >= 2;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const topicsCount = r.arrayLength(flex, 2, 'topics');
  const topics = newList<DeleteRecordsResponseDeleteRecordsTopicResult>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeDeleteRecordsResponseDeleteRecordsTopicResult(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, topics };
};
const encodeDeleteRecordsResponse = (w: MessageWriter, v: number, m: DeleteRecordsResponse): void => {
  const flex = v >= 2;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const topics = m.topics;
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeDeleteRecordsResponseDeleteRecordsTopicResult(w, v, each);
  if (flex) w.uvarint(0);
};

export const deleteRecordsApi: Api<DeleteRecordsRequest, DeleteRecordsResponse> = {
  key: 21,
  name: 'DeleteRecords',
  firstVersion: 0,
  lastVersion: 2,
  firstFlexibleVersion: 2,
  decodeRequest: decodeDeleteRecordsRequest,
  encodeRequest: encodeDeleteRecordsRequest,
  decodeResponse: decodeDeleteRecordsResponse,
  encodeResponse: encodeDeleteRecordsResponse,
};
