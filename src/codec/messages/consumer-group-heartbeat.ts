// Generated from src/codec/definitions/ConsumerGroupHeartbeat*.json by `npm run messages`; edit neither.

import { newList, zeroUuid } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface ConsumerGroupHeartbeatRequestTopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}
const decodeConsumerGroupHeartbeatRequestTopicPartitions = (r: MessageReader, _v: number): ConsumerGroupHeartbeatRequestTopicPartitions => {
  const topicId = r.uuid('topicPartitions.topicId');
  const partitionsCount = r.arrayLength(true, 4, 'topicPartitions.partitions');
  const partitions = newList<number>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = r.int32('topicPartitions.partitions');
  r.skipTags('topicPartitions.taggedFields');
  return { topicId, partitions };
};
const encodeConsumerGroupHeartbeatRequestTopicPartitions = (w: MessageWriter, _v: number, m: Sparse<ConsumerGroupHeartbeatRequestTopicPartitions>): void => {
  w.uuid(m.topicId ?? zeroUuid, 'topicPartitions.topicId');
  const partitions = m.partitions ?? [];
  w.arrayLength(partitions.length, true);
  for (const each of partitions) w.int32(each, 'topicPartitions.partitions');
  w.uvarint(0);
};

export interface ConsumerGroupHeartbeatRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly subscribedTopicNames: readonly string[] | null;
  readonly subscribedTopicRegex: string | null;
  readonly serverAssignor: string | null;
  readonly topicPartitions: readonly ConsumerGroupHeartbeatRequestTopicPartitions[] | null;
}
const decodeConsumerGroupHeartbeatRequest = (r: MessageReader, v: number): ConsumerGroupHeartbeatRequest => {
  const groupId = r.string(true, 'groupId');
  const memberId = r.string(true, 'memberId');
  const memberEpoch = r.int32('memberEpoch');
  const instanceId = r.nullableString(true, 'instanceId');
  const rackId = r.nullableString(true, 'rackId');
  const rebalanceTimeoutMs = r.int32('rebalanceTimeoutMs');
  let subscribedTopicNames: readonly string[] | null = null;
  {
    const count = r.nullableArrayLength(true, true, 1, 'subscribedTopicNames');
    const list = newList<string>(count);
    for (let i = 0; i < count; i++) list[i] = r.string(true, 'subscribedTopicNames');
    subscribedTopicNames = count < 0 ? null : list;
  }
  const subscribedTopicRegex = v >= 1 ? r.nullableString(true, 'subscribedTopicRegex') : null;
  const serverAssignor = r.nullableString(true, 'serverAssignor');
  let topicPartitions: readonly ConsumerGroupHeartbeatRequestTopicPartitions[] | null = null;
  {
    const count = r.nullableArrayLength(true, true, 17, 'topicPartitions');
    const list = newList<ConsumerGroupHeartbeatRequestTopicPartitions>(count);
    for (let i = 0; i < count; i++) list[i] = decodeConsumerGroupHeartbeatRequestTopicPartitions(r, v);
    topicPartitions = count < 0 ? null : list;
  }
  r.skipTags('taggedFields');
  return { groupId, memberId, memberEpoch, instanceId, rackId, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, serverAssignor, topicPartitions };
};
const encodeConsumerGroupHeartbeatRequest = (w: MessageWriter, v: number, m: Sparse<ConsumerGroupHeartbeatRequest>): void => {
  w.string(m.groupId ?? '', true, 'groupId');
  w.string(m.memberId ?? '', true, 'memberId');
  w.int32(m.memberEpoch ?? 0, 'memberEpoch');
  w.nullableString(m.instanceId ?? null, true, true, 'instanceId');
  w.nullableString(m.rackId ?? null, true, true, 'rackId');
  w.int32(m.rebalanceTimeoutMs ?? -1, 'rebalanceTimeoutMs');
  const subscribedTopicNames = m.subscribedTopicNames ?? null;
  w.nullableArrayLength(subscribedTopicNames, true, true, 'subscribedTopicNames');
  if (subscribedTopicNames !== null) for (const each of subscribedTopicNames) w.string(each, true, 'subscribedTopicNames');
  if (v >= 1) w.nullableString(m.subscribedTopicRegex ?? null, true, true, 'subscribedTopicRegex');
  else if (m.subscribedTopicRegex !== undefined && m.subscribedTopicRegex !== null) throw notInVersion('subscribedTopicRegex', v);
  w.nullableString(m.serverAssignor ?? null, true, true, 'serverAssignor');
  const topicPartitions = m.topicPartitions ?? null;
  w.nullableArrayLength(topicPartitions, true, true, 'topicPartitions');
  if (topicPartitions !== null) for (const each of topicPartitions) encodeConsumerGroupHeartbeatRequestTopicPartitions(w, v, each);
  w.uvarint(0);
};

export interface ConsumerGroupHeartbeatResponseTopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}
const decodeConsumerGroupHeartbeatResponseTopicPartitions = (r: MessageReader, _v: number): ConsumerGroupHeartbeatResponseTopicPartitions => {
  const topicId = r.uuid('TopicPartitions.topicId');
  const partitionsCount = r.arrayLength(true, 4, 'TopicPartitions.partitions');
  const partitions = newList<number>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = r.int32('TopicPartitions.partitions');
  r.skipTags('TopicPartitions.taggedFields');
  return { topicId, partitions };
};
const encodeConsumerGroupHeartbeatResponseTopicPartitions = (w: MessageWriter, _v: number, m: ConsumerGroupHeartbeatResponseTopicPartitions): void => {
  w.uuid(m.topicId, 'TopicPartitions.topicId');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, true);
  for (const each of partitions) w.int32(each, 'TopicPartitions.partitions');
  w.uvarint(0);
};

export interface ConsumerGroupHeartbeatResponseAssignment {
  readonly topicPartitions: readonly ConsumerGroupHeartbeatResponseTopicPartitions[];
}
const decodeConsumerGroupHeartbeatResponseAssignment = (r: MessageReader, v: number): ConsumerGroupHeartbeatResponseAssignment => {
  const topicPartitionsCount = r.arrayLength(true, 17, 'assignment.topicPartitions');
  const topicPartitions = newList<ConsumerGroupHeartbeatResponseTopicPartitions>(topicPartitionsCount);
  for (let i = 0; i < topicPartitionsCount; i++) topicPartitions[i] = decodeConsumerGroupHeartbeatResponseTopicPartitions(r, v);
  r.skipTags('assignment.taggedFields');
  return { topicPartitions };
};
const encodeConsumerGroupHeartbeatResponseAssignment = (w: MessageWriter, v: number, m: ConsumerGroupHeartbeatResponseAssignment): void => {
  const topicPartitions = m.topicPartitions;
  w.arrayLength(topicPartitions.length, true);
  for (const each of topicPartitions) encodeConsumerGroupHeartbeatResponseTopicPartitions(w, v, each);
  w.uvarint(0);
};

export interface ConsumerGroupHeartbeatResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly memberId?: string | null | undefined;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  readonly assignment?: ConsumerGroupHeartbeatResponseAssignment | null | undefined;
}
const decodeConsumerGroupHeartbeatResponse = (r: MessageReader, v: number): ConsumerGroupHeartbeatResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  const errorMessage = r.nullableString(true, 'errorMessage');
  const memberId = r.nullableString(true, 'memberId');
  const memberEpoch = r.int32('memberEpoch');
  const heartbeatIntervalMs = r.int32('heartbeatIntervalMs');
  const assignment = (r.isPresent('assignment') ? decodeConsumerGroupHeartbeatResponseAssignment(r, v) : null);
  r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, errorMessage, memberId, memberEpoch, heartbeatIntervalMs, assignment };
};
const encodeConsumerGroupHeartbeatResponse = (w: MessageWriter, v: number, m: ConsumerGroupHeartbeatResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'errorMessage');
  w.nullableString(m.memberId ?? null, true, true, 'memberId');
  w.int32(m.memberEpoch, 'memberEpoch');
  w.int32(m.heartbeatIntervalMs, 'heartbeatIntervalMs');
  const assignment = m.assignment ?? null;
  w.presence(assignment !== null);
  if (assignment !== null) encodeConsumerGroupHeartbeatResponseAssignment(w, v, assignment);
  w.uvarint(0);
};

export const consumerGroupHeartbeatApi: Api<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse> = {
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  firstVersion: 0,
  lastVersion: 1,
  firstFlexibleVersion: 0,
  decodeRequest: decodeConsumerGroupHeartbeatRequest,
  encodeRequest: encodeConsumerGroupHeartbeatRequest,
  decodeResponse: decodeConsumerGroupHeartbeatResponse,
  encodeResponse: encodeConsumerGroupHeartbeatResponse,
};
