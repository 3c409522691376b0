// Generated from src/codec/definitions/ShareGroupHeartbeat*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface ShareGroupHeartbeatRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly rackId: string | null;
  readonly subscribedTopicNames: readonly string[] | null;
}
const decodeShareGroupHeartbeatRequest = (r: MessageReader, _v: number): ShareGroupHeartbeatRequest => {
  const groupId = r.string(true, 'groupId');
  const memberId = r.string(true, 'memberId');
  const memberEpoch = r.int32('memberEpoch');
  const rackId = r.nullableString(true, 'rackId');
  let subscribedTopicNames: readonly string[] | null = null;
  {
    const count = r.nullableArrayLength(true, true, 1, 'subscribedTopicNames');
    const list = newList<string>(count);
    for (let i = 0; i < count; i++) list[i] = r.string(true, 'subscribedTopicNames');
    subscribedTopicNames = count < 0 ? null : list;
  }
  r.skipTags('taggedFields');
  return { groupId, memberId, memberEpoch, rackId, subscribedTopicNames };
};
const encodeShareGroupHeartbeatRequest = (w: MessageWriter, _v: number, m: Sparse<ShareGroupHeartbeatRequest>): void => {
  w.string(m.groupId ?? '', true, 'groupId');
  w.string(m.memberId ?? '', true, 'memberId');
  w.int32(m.memberEpoch ?? 0, 'memberEpoch');
  w.nullableString(m.rackId ?? null, true, true, 'rackId');
  const subscribedTopicNames = m.subscribedTopicNames ?? null;
  w.nullableArrayLength(subscribedTopicNames, true, true, 'subscribedTopicNames');
  if (subscribedTopicNames !== null) for (const each of subscribedTopicNames) w.string(each, true, 'subscribedTopicNames');
  w.uvarint(0);
};

export interface ShareGroupHeartbeatResponseTopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}
const decodeShareGroupHeartbeatResponseTopicPartitions = (r: MessageReader, _v: number): ShareGroupHeartbeatResponseTopicPartitions => {
  const topicId = r.uuid('TopicPartitions.topicId');
  const partitionsCount = r.arrayLength(true, 4, 'TopicPartitions.partitions');
  const partitions = newList<number>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = r.int32('TopicPartitions.partitions');
  r.skipTags('TopicPartitions.taggedFields');
  return { topicId, partitions };
};
const encodeShareGroupHeartbeatResponseTopicPartitions = (w: MessageWriter, _v: number, m: ShareGroupHeartbeatResponseTopicPartitions): void => {
  w.uuid(m.topicId, 'TopicPartitions.topicId');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, true);
  for (const each of partitions) w.int32(each, 'TopicPartitions.partitions');
  w.uvarint(0);
};

export interface ShareGroupHeartbeatResponseAssignment {
  readonly topicPartitions: readonly ShareGroupHeartbeatResponseTopicPartitions[];
}
const decodeShareGroupHeartbeatResponseAssignment = (r: MessageReader, v: number): ShareGroupHeartbeatResponseAssignment => {
  const topicPartitionsCount = r.arrayLength(true, 17, 'assignment.topicPartitions');
  const topicPartitions = newList<ShareGroupHeartbeatResponseTopicPartitions>(topicPartitionsCount);
  for (let i = 0; i < topicPartitionsCount; i++) topicPartitions[i] = decodeShareGroupHeartbeatResponseTopicPartitions(r, v);
  r.skipTags('assignment.taggedFields');
  return { topicPartitions };
};
const encodeShareGroupHeartbeatResponseAssignment = (w: MessageWriter, v: number, m: ShareGroupHeartbeatResponseAssignment): void => {
  const topicPartitions = m.topicPartitions;
  w.arrayLength(topicPartitions.length, true);
  for (const each of topicPartitions) encodeShareGroupHeartbeatResponseTopicPartitions(w, v, each);
  w.uvarint(0);
};

export interface ShareGroupHeartbeatResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly memberId?: string | null | undefined;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  readonly assignment?: ShareGroupHeartbeatResponseAssignment | null | undefined;
}
const decodeShareGroupHeartbeatResponse = (r: MessageReader, v: number): ShareGroupHeartbeatResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  const errorMessage = r.nullableString(true, 'errorMessage');
  const memberId = r.nullableString(true, 'memberId');
  const memberEpoch = r.int32('memberEpoch');
  const heartbeatIntervalMs = r.int32('heartbeatIntervalMs');
  const assignment = (r.isPresent('assignment') ? decodeShareGroupHeartbeatResponseAssignment(r, v) : null);
  r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, errorMessage, memberId, memberEpoch, heartbeatIntervalMs, assignment };
};
const encodeShareGroupHeartbeatResponse = (w: MessageWriter, v: number, m: ShareGroupHeartbeatResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'errorMessage');
  w.nullableString(m.memberId ?? null, true, true, 'memberId');
  w.int32(m.memberEpoch, 'memberEpoch');
  w.int32(m.heartbeatIntervalMs, 'heartbeatIntervalMs');
  const assignment = m.assignment ?? null;
  w.presence(assignment !== null);
  if (assignment !== null) encodeShareGroupHeartbeatResponseAssignment(w, v, assignment);
  w.uvarint(0);
};

export const shareGroupHeartbeatApi: Api<ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse> = {
  key: 76,
  name: 'ShareGroupHeartbeat',
  firstVersion: 1,
  lastVersion: 1,
  firstFlexibleVersion: 0,
  decodeRequest: decodeShareGroupHeartbeatRequest,
  encodeRequest: encodeShareGroupHeartbeatRequest,
  decodeResponse: decodeShareGroupHeartbeatResponse,
  encodeResponse: encodeShareGroupHeartbeatResponse,
};
