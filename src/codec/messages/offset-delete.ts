// Generated from src/codec/definitions/OffsetDelete*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface OffsetDeleteRequestOffsetDeleteRequestPartition {
  readonly partitionIndex: number;
}
const decodeOffsetDeleteRequestOffsetDeleteRequestPartition = (r: MessageReader, _v: number): OffsetDeleteRequestOffsetDeleteRequestPartition => {
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  return { partitionIndex };
};
const encodeOffsetDeleteRequestOffsetDeleteRequestPartition = (w: MessageWriter, _v: number, m: Sparse<OffsetDeleteRequestOffsetDeleteRequestPartition>): void => {
  w.int32(m.partitionIndex ?? 0, 'topics.partitions.partitionIndex');
};

export interface OffsetDeleteRequestOffsetDeleteRequestTopic {
  readonly name: string;
  readonly partitions: readonly OffsetDeleteRequestOffsetDeleteRequestPartition[];
}
const decodeOffsetDeleteRequestOffsetDeleteRequestTopic = (r: MessageReader, v: number): OffsetDeleteRequestOffsetDeleteRequestTopic => {
  const name = r.string(false, 'topics.name');
  const partitionsCount = r.arrayLength(false, 4, 'topics.partitions');
  const partitions = newList<OffsetDeleteRequestOffsetDeleteRequestPartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeOffsetDeleteRequestOffsetDeleteRequestPartition(r, v);
  return { name, partitions };
};
const encodeOffsetDeleteRequestOffsetDeleteRequestTopic = (w: MessageWriter, v: number, m: Sparse<OffsetDeleteRequestOffsetDeleteRequestTopic>): void => {
  w.string(m.name ?? '', false, 'topics.name');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, false);
  for (const each of partitions) encodeOffsetDeleteRequestOffsetDeleteRequestPartition(w, v, each);
};

export interface OffsetDeleteRequest {
  readonly groupId: string;
  readonly topics: readonly OffsetDeleteRequestOffsetDeleteRequestTopic[];
}
const decodeOffsetDeleteRequest = (r: MessageReader, v: number): OffsetDeleteRequest => {
  const groupId = r.string(false, 'groupId');
  const topicsCount = r.arrayLength(false, 2, 'topics');
  const topics = newList<OffsetDeleteRequestOffsetDeleteRequestTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeOffsetDeleteRequestOffsetDeleteRequestTopic(r, v);
  return { groupId, topics };
};
const encodeOffsetDeleteRequest = (w: MessageWriter, v: number, m: Sparse<OffsetDeleteRequest>): void => {
  w.string(m.groupId ?? '', false, 'groupId');
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, false);
  for (const each of topics) encodeOffsetDeleteRequestOffsetDeleteRequestTopic(w, v, each);
};

export interface OffsetDeleteResponseOffsetDeleteResponsePartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
}
const decodeOffsetDeleteResponseOffsetDeleteResponsePartition = (r: MessageReader, _v: number): OffsetDeleteResponseOffsetDeleteResponsePartition => {
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const errorCode = r.int16('topics.partitions.errorCode');
  return { partitionIndex, errorCode };
};
const encodeOffsetDeleteResponseOffsetDeleteResponsePartition = (w: MessageWriter, _v: number, m: OffsetDeleteResponseOffsetDeleteResponsePartition): void => {
  w.int32(m.partitionIndex, 'topics.partitions.partitionIndex');
  w.int16(m.errorCode, 'topics.partitions.errorCode');
};

export interface OffsetDeleteResponseOffsetDeleteResponseTopic {
  readonly name: string;
  readonly partitions: readonly OffsetDeleteResponseOffsetDeleteResponsePartition[];
}
const decodeOffsetDeleteResponseOffsetDeleteResponseTopic = (r: MessageReader, v: number): OffsetDeleteResponseOffsetDeleteResponseTopic => {
  const name = r.string(false, 'topics.name');
  const partitionsCount = r.arrayLength(false, 6, 'topics.partitions');
  const partitions = newList<OffsetDeleteResponseOffsetDeleteResponsePartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeOffsetDeleteResponseOffsetDeleteResponsePartition(r, v);
  return { name, partitions };
};
const encodeOffsetDeleteResponseOffsetDeleteResponseTopic = (w: MessageWriter, v: number, m: OffsetDeleteResponseOffsetDeleteResponseTopic): void => {
  w.string(m.name, false, 'topics.name');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, false);
  for (const each of partitions) encodeOffsetDeleteResponseOffsetDeleteResponsePartition(w, v, each);
};

export interface OffsetDeleteResponse {
  readonly errorCode: number;
  readonly throttleTimeMs: number;
  readonly topics: readonly OffsetDeleteResponseOffsetDeleteResponseTopic[];
}
const decodeOffsetDeleteResponse = (r: MessageReader, v: number): OffsetDeleteResponse => {
  const errorCode = r.int16('errorCode');
  const throttleTimeMs = r.int32('throttleTimeMs');
  const topicsCount = r.arrayLength(false, 2, 'topics');
  const topics = newList<OffsetDeleteResponseOffsetDeleteResponseTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeOffsetDeleteResponseOffsetDeleteResponseTopic(r, v);
  return { errorCode, throttleTimeMs, topics };
};
const encodeOffsetDeleteResponse = (w: MessageWriter, v: number, m: OffsetDeleteResponse): void => {
  w.int16(m.errorCode, 'errorCode');
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const topics = m.topics;
  w.arrayLength(topics.length, false);
  for (const each of topics) encodeOffsetDeleteResponseOffsetDeleteResponseTopic(w, v, each);
};

export const offsetDeleteApi: Api<OffsetDeleteRequest, OffsetDeleteResponse> = {
  key: 47,
  name: 'OffsetDelete',
  firstVersion: 0,
  lastVersion: 0,
  firstFlexibleVersion: Infinity,
  decodeRequest: decodeOffsetDeleteRequest,
  encodeRequest: encodeOffsetDeleteRequest,
  decodeResponse: decodeOffsetDeleteResponse,
  encodeResponse: encodeOffsetDeleteResponse,
};
