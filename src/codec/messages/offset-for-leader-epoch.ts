// Generated from src/codec/definitions/OffsetForLeaderEpoch*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface OffsetForLeaderEpochRequestOffsetForLeaderPartition {
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly leaderEpoch: number;
}
const decodeOffsetForLeaderEpochRequestOffsetForLeaderPartition = (r: MessageReader, v: number): OffsetForLeaderEpochRequestOffsetForLeaderPartition => {
  const flex = v >= 4;
  const partition = r.int32('topics.partitions.partition');
  const currentLeaderEpoch = r.int32('topics.partitions.currentLeaderEpoch');
  const leaderEpoch = r.int32('topics.partitions.leaderEpoch');
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { partition, currentLeaderEpoch, leaderEpoch };
};
const encodeOffsetForLeaderEpochRequestOffsetForLeaderPartition = (w: MessageWriter, v: number, m: Sparse<OffsetForLeaderEpochRequestOffsetForLeaderPartition>): void => {
  const flex = v >= 4;
  w.int32(m.partition ?? 0, 'topics.partitions.partition');
  w.int32(m.currentLeaderEpoch ?? -1, 'topics.partitions.currentLeaderEpoch');
  w.int32(m.leaderEpoch ?? 0, 'topics.partitions.leaderEpoch');
  if (flex) w.uvarint(0);
};

export interface OffsetForLeaderEpochRequestOffsetForLeaderTopic {
  readonly topic: string;
  readonly partitions: readonly OffsetForLeaderEpochRequestOffsetForLeaderPartition[];
}
const decodeOffsetForLeaderEpochRequestOffsetForLeaderTopic = (r: MessageReader, v: number): OffsetForLeaderEpochRequestOffsetForLeaderTopic => {
  const flex = v >= 4;
  const topic = r.string(flex, 'topics.topic');
  const partitionsCount = r.arrayLength(flex, 12, 'topics.partitions');
  const partitions = newList<OffsetForLeaderEpochRequestOffsetForLeaderPartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeOffsetForLeaderEpochRequestOffsetForLeaderPartition(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { topic, partitions };
};
const encodeOffsetForLeaderEpochRequestOffsetForLeaderTopic = (w: MessageWriter, v: number, m: Sparse<OffsetForLeaderEpochRequestOffsetForLeaderTopic>): void => {
  const flex = v >= 4;
  w.string(m.topic ?? '', flex, 'topics.topic');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeOffsetForLeaderEpochRequestOffsetForLeaderPartition(w, v, each);
  if (flex) w.uvarint(0);
};

export interface OffsetForLeaderEpochRequest {
  readonly replicaId: number;
  readonly topics: readonly OffsetForLeaderEpochRequestOffsetForLeaderTopic[];
}
const decodeOffsetForLeaderEpochRequest = (r: MessageReader, v: number): OffsetForLeaderEpochRequest => {
  const flex = v >= 4;
  const replicaId = v >= 3 ? r.int32('replicaId') : -2;
  const topicsCount = r.arrayLength(flex, 2, 'topics');
  const topics = newList<OffsetForLeaderEpochRequestOffsetForLeaderTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeOffsetForLeaderEpochRequestOffsetForLeaderTopic(r, v);
  if (flex) r.skipTags('taggedFields');
  return { replicaId, topics };
};
const encodeOffsetForLeaderEpochRequest = (w: MessageWriter, v: number, m: Sparse<OffsetForLeaderEpochRequest>): void => {
  const flex = v >= 4;
  if (v >= 3) w.int32(m.replicaId ?? -2, 'replicaId');
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeOffsetForLeaderEpochRequestOffsetForLeaderTopic(w, v, each);
  if (flex) w.uvarint(0);
};

export interface OffsetForLeaderEpochResponseEpochEndOffset {
  readonly errorCode: number;
  readonly partition: number;
  readonly leaderEpoch?: number | undefined;
  readonly endOffset?: number | undefined;
}
const decodeOffsetForLeaderEpochResponseEpochEndOffset = (r: MessageReader, v: number): OffsetForLeaderEpochResponseEpochEndOffset => {
  const flex = v >= 4;
  const errorCode = r.int16('topics.partitions.errorCode');
  const partition = r.int32('topics.partitions.partition');
  const leaderEpoch = r.int32('topics.partitions.leaderEpoch');
  const endOffset = r.int64('topics.partitions.endOffset');
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { errorCode, partition, leaderEpoch, endOffset };
};
const encodeOffsetForLeaderEpochResponseEpochEndOffset = (w: MessageWriter, v: number, m: OffsetForLeaderEpochResponseEpochEndOffset): void => {
  const flex = v >= 4;
  w.int16(m.errorCode, 'topics.partitions.errorCode');
  w.int32(m.partition, 'topics.partitions.partition');
  w.int32(m.leaderEpoch ?? -1, 'topics.partitions.leaderEpoch');
  w.int64(m.endOffset ?? -1, 'topics.partitions.endOffset');
  if (flex) w.uvarint(0);
};

export interface OffsetForLeaderEpochResponseOffsetForLeaderTopicResult {
  readonly topic: string;
  readonly partitions: readonly OffsetForLeaderEpochResponseEpochEndOffset[];
}
const decodeOffsetForLeaderEpochResponseOffsetForLeaderTopicResult = (r: MessageReader, v: number): OffsetForLeaderEpochResponseOffsetForLeaderTopicResult => {
  const flex = v >= 4;
  const topic = r.string(flex, 'topics.topic');
  const partitionsCount = r.arrayLength(flex, 18, 'topics.partitions');
  const partitions = newList<OffsetForLeaderEpochResponseEpochEndOffset>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeOffsetForLeaderEpochResponseEpochEndOffset(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { topic, partitions };
};
const encodeOffsetForLeaderEpochResponseOffsetForLeaderTopicResult = (w: MessageWriter, v: number, m: OffsetForLeaderEpochResponseOffsetForLeaderTopicResult): void => {
  const flex = v >= 4;
  w.string(m.topic, flex, 'topics.topic');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeOffsetForLeaderEpochResponseEpochEndOffset(w, v, each);
  if (flex) w.uvarint(0);
};

export interface OffsetForLeaderEpochResponse {
  readonly throttleTimeMs: number;
  readonly topics: readonly OffsetForLeaderEpochResponseOffsetForLeaderTopicResult[];
}
const decodeOffsetForLeaderEpochResponse = (r: MessageReader, v: number): OffsetForLeaderEpochResponse => {
  const flex = v >= 4;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const topicsCount = r.arrayLength(flex, 2, 'topics');
  const topics = newList<OffsetForLeaderEpochResponseOffsetForLeaderTopicResult>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeOffsetForLeaderEpochResponseOffsetForLeaderTopicResult(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, topics };
};
const encodeOffsetForLeaderEpochResponse = (w: MessageWriter, v: number, m: OffsetForLeaderEpochResponse): void => {
  const flex = v >= 4;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const topics = m.topics;
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeOffsetForLeaderEpochResponseOffsetForLeaderTopicResult(w, v, each);
  if (flex) w.uvarint(0);
};

export const offsetForLeaderEpochApi: Api<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> = {
  key: 23,
  name: 'OffsetForLeaderEpoch',
  firstVersion: 2,
  lastVersion: 4,
  firstFlexibleVersion: 4,
  decodeRequest: decodeOffsetForLeaderEpochRequest,
  encodeRequest: encodeOffsetForLeaderEpochRequest,
  decodeResponse: decodeOffsetForLeaderEpochResponse,
  encodeResponse: encodeOffsetForLeaderEpochResponse,
};
