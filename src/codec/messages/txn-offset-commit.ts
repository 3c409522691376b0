// Generated from src/codec/definitions/TxnOffsetCommit*.json by `npm run messages`; edit neither.

import { newList, zeroUuid } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface TxnOffsetCommitRequestTxnOffsetCommitRequestPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly committedMetadata: string | null;
}
const decodeTxnOffsetCommitRequestTxnOffsetCommitRequestPartition = (r: MessageReader, v: number): TxnOffsetCommitRequestTxnOffsetCommitRequestPartition => {
  const flex = v >= 3;
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const committedOffset = r.int64('topics.partitions.committedOffset');
  const committedLeaderEpoch = v >= 2 ? r.int32('topics.partitions.committedLeaderEpoch') : -1;
  const committedMetadata = r.nullableString(flex, 'topics.partitions.committedMetadata');
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata };
};
const encodeTxnOffsetCommitRequestTxnOffsetCommitRequestPartition = (w: MessageWriter, v: number, m: Sparse<TxnOffsetCommitRequestTxnOffsetCommitRequestPartition>): void => {
  const flex = v >= 3;
  w.int32(m.partitionIndex ?? 0, 'topics.partitions.partitionIndex');
  w.int64(m.committedOffset ?? 0, 'topics.partitions.committedOffset');
  if (v >= 2) w.int32(m.committedLeaderEpoch ?? -1, 'topics.partitions.committedLeaderEpoch');
  w.nullableString(m.committedMetadata === undefined ? '' : m.committedMetadata, true, flex, 'topics.partitions.committedMetadata');
  if (flex) w.uvarint(0);
};

export interface TxnOffsetCommitRequestTxnOffsetCommitRequestTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: readonly TxnOffsetCommitRequestTxnOffsetCommitRequestPartition[];
}
const decodeTxnOffsetCommitRequestTxnOffsetCommitRequestTopic = (r: MessageReader, v: number): TxnOffsetCommitRequestTxnOffsetCommitRequestTopic => {
  const flex = v >= 3;
  const name = v <= 5 ? r.string(flex, 'topics.name') : '';
  const topicId = v >= 6 ? r.uuid('topics.topicId') : zeroUuid;
  const partitionsCount = r.arrayLength(flex, 13, 'topics.partitions');
  const partitions = newList<TxnOffsetCommitRequestTxnOffsetCommitRequestPartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeTxnOffsetCommitRequestTxnOffsetCommitRequestPartition(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { name, topicId, partitions };
};
const encodeTxnOffsetCommitRequestTxnOffsetCommitRequestTopic = (w: MessageWriter, v: number, m: Sparse<TxnOffsetCommitRequestTxnOffsetCommitRequestTopic>): void => {
  const flex = v >= 3;
  if (v <= 5) w.string(m.name ?? '', flex, 'topics.name');
  if (v >= 6) w.uuid(m.topicId ?? zeroUuid, 'topics.topicId');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeTxnOffsetCommitRequestTxnOffsetCommitRequestPartition(w, v, each);
  if (flex) w.uvarint(0);
};

export interface TxnOffsetCommitRequest {
  readonly transactionalId: string;
  readonly groupId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly generationIdOrMemberEpoch: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly TxnOffsetCommitRequestTxnOffsetCommitRequestTopic[];
}
const decodeTxnOffsetCommitRequest = (r: MessageReader, v: number): TxnOffsetCommitRequest => {
  const flex = v >= 3;
  const transactionalId = r.string(flex, 'transactionalId');
  const groupId = r.string(flex, 'groupId');
  const producerId = r.int64('producerId');
  const producerEpoch = r.int16('producerEpoch');
  const generationIdOrMemberEpoch = v >= 3 ? r.int32('generationIdOrMemberEpoch') : -1;
  const memberId = v >= 3 ? r.string(flex, 'memberId') : '';
  const groupInstanceId = v >= 3 ? r.nullableString(flex, 'groupInstanceId') : null;
  const topicsCount = r.arrayLength(flex, 1, 'topics');
  const topics = newList<TxnOffsetCommitRequestTxnOffsetCommitRequestTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeTxnOffsetCommitRequestTxnOffsetCommitRequestTopic(r, v);
  if (flex) r.skipTags('taggedFields');
  return { transactionalId, groupId, producerId, producerEpoch, generationIdOrMemberEpoch, memberId, groupInstanceId, topics };
};
const encodeTxnOffsetCommitRequest = (w: MessageWriter, v: number, m: Sparse<TxnOffsetCommitRequest>): void => {
  const flex = v >= 3;
  w.string(m.transactionalId ?? '', flex, 'transactionalId');
  w.string(m.groupId ?? '', flex, 'groupId');
  w.int64(m.producerId ?? 0, 'producerId');
  w.int16(m.producerEpoch ?? 0, 'producerEpoch');
  if (v >= 3) w.int32(m.generationIdOrMemberEpoch ?? -1, 'generationIdOrMemberEpoch');
  else if (m.generationIdOrMemberEpoch !== undefined && m.generationIdOrMemberEpoch !== -1) throw notInVersion('generationIdOrMemberEpoch', v);
  if (v >= 3) w.string(m.memberId ?? '', flex, 'memberId');
  else if (m.memberId !== undefined && m.memberId !== '') throw notInVersion('memberId', v);
  if (v >= 3) w.nullableString(m.groupInstanceId ?? null, true, flex, 'groupInstanceId');
  else if (m.groupInstanceId !== undefined && m.groupInstanceId !== null) throw notInVersion('groupInstanceId', v);
  const topics = m.topics ?? [];
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeTxnOffsetCommitRequestTxnOffsetCommitRequestTopic(w, v, each);
  if (flex) w.uvarint(0);
};

export interface TxnOffsetCommitResponseTxnOffsetCommitResponsePartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
}
const decodeTxnOffsetCommitResponseTxnOffsetCommitResponsePartition = (r: MessageReader, v: number): TxnOffsetCommitResponseTxnOffsetCommitResponsePartition => {
  const flex = v >= 3;
  const partitionIndex = r.int32('topics.partitions.partitionIndex');
  const errorCode = r.int16('topics.partitions.errorCode');
  if (flex) r.skipTags('topics.partitions.taggedFields');
  return { partitionIndex, errorCode };
};
const encodeTxnOffsetCommitResponseTxnOffsetCommitResponsePartition = (w: MessageWriter, v: number, m: TxnOffsetCommitResponseTxnOffsetCommitResponsePartition): void => {
  const flex = v >= 3;
  w.int32(m.partitionIndex, 'topics.partitions.partitionIndex');
  w.int16(m.errorCode, 'topics.partitions.errorCode');
  if (flex) w.uvarint(0);
};

export interface TxnOffsetCommitResponseTxnOffsetCommitResponseTopic {
  readonly name?: string | undefined;
  readonly topicId: string;
  readonly partitions: readonly TxnOffsetCommitResponseTxnOffsetCommitResponsePartition[];
}
const decodeTxnOffsetCommitResponseTxnOffsetCommitResponseTopic = (r: MessageReader, v: number): TxnOffsetCommitResponseTxnOffsetCommitResponseTopic => {
  const flex = v >= 3;
  const name = v <= 5 ? r.string(flex, 'topics.name') : '';
  const topicId = v >= 6 ? r.uuid('topics.topicId') : zeroUuid;
  const partitionsCount = r.arrayLength(flex, 6, 'topics.partitions');
  const partitions = newList<TxnOffsetCommitResponseTxnOffsetCommitResponsePartition>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = decodeTxnOffsetCommitResponseTxnOffsetCommitResponsePartition(r, v);
  if (flex) r.skipTags('topics.taggedFields');
  return { name, topicId, partitions };
};
const encodeTxnOffsetCommitResponseTxnOffsetCommitResponseTopic = (w: MessageWriter, v: number, m: TxnOffsetCommitResponseTxnOffsetCommitResponseTopic): void => {
  const flex = v >= 3;
  if (v <= 5) w.string(m.name ?? '', flex, 'topics.name');
  if (v >= 6) w.uuid(m.topicId, 'topics.topicId');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, flex);
  for (const each of partitions) encodeTxnOffsetCommitResponseTxnOffsetCommitResponsePartition(w, v, each);
  if (flex) w.uvarint(0);
};

export interface TxnOffsetCommitResponse {
  readonly throttleTimeMs: number;
  readonly topics: readonly TxnOffsetCommitResponseTxnOffsetCommitResponseTopic[];
}
const decodeTxnOffsetCommitResponse = (r: MessageReader, v: number): TxnOffsetCommitResponse => {
  const flex = v >= 3;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const topicsCount = r.arrayLength(flex, 1, 'topics');
  const topics = newList<TxnOffsetCommitResponseTxnOffsetCommitResponseTopic>(topicsCount);
  for (let i = 0; i < topicsCount; i++) topics[i] = decodeTxnOffsetCommitResponseTxnOffsetCommitResponseTopic(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, topics };
};
const encodeTxnOffsetCommitResponse = (w: MessageWriter, v: number, m: TxnOffsetCommitResponse): void => {
  const flex = v >= 3;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const topics = m.topics;
  w.arrayLength(topics.length, flex);
  for (const each of topics) encodeTxnOffsetCommitResponseTxnOffsetCommitResponseTopic(w, v, each);
  if (flex) w.uvarint(0);
};

export const txnOffsetCommitApi: Api<TxnOffsetCommitRequest, TxnOffsetCommitResponse> = {
  key: 28,
  name: 'TxnOffsetCommit',
  firstVersion: 0,
  lastVersion: 6,
  firstFlexibleVersion: 3,
  decodeRequest: decodeTxnOffsetCommitRequest,
  encodeRequest: encodeTxnOffsetCommitRequest,
  decodeResponse: decodeTxnOffsetCommitResponse,
  encodeResponse: encodeTxnOffsetCommitResponse,
};
