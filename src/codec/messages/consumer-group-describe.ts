// Generated from src/codec/definitions/ConsumerGroupDescribe*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface ConsumerGroupDescribeRequest {
  readonly groupIds: readonly string[];
  readonly includeAuthorizedOperations: boolean;
}
const decodeConsumerGroupDescribeRequest = (r: MessageReader, _v: number): ConsumerGroupDescribeRequest => {
  const groupIdsCount = r.arrayLength(true, 1, 'groupIds');
  const groupIds = newList<string>(groupIdsCount);
  for (let i = 0; i < groupIdsCount; i++) groupIds[i] = r.string(true, 'groupIds');
  const includeAuthorizedOperations = r.bool('includeAuthorizedOperations');
  r.skipTags('taggedFields');
  return { groupIds, includeAuthorizedOperations };
};
const encodeConsumerGroupDescribeRequest = (w: MessageWriter, _v: number, m: Sparse<ConsumerGroupDescribeRequest>): void => {
  const groupIds = m.groupIds ?? [];
  w.arrayLength(groupIds.length, true);
  for (const each of groupIds) w.string(each, true, 'groupIds');
  w.bool(m.includeAuthorizedOperations ?? false);
  w.uvarint(0);
};

export interface ConsumerGroupDescribeResponseTopicPartitions {
  readonly topicId: string;
  readonly topicName: string;
  readonly partitions: readonly number[];
}
const decodeConsumerGroupDescribeResponseTopicPartitions = (r: MessageReader, _v: number): ConsumerGroupDescribeResponseTopicPartitions => {
  const topicId = r.uuid('TopicPartitions.topicId');
  const topicName = r.string(true, 'TopicPartitions.topicName');
  const partitionsCount = r.arrayLength(true, 4, 'TopicPartitions.partitions');
  const partitions = newList<number>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = r.int32('TopicPartitions.partitions');
  r.skipTags('TopicPartitions.taggedFields');
  return { topicId, topicName, partitions };
};
const encodeConsumerGroupDescribeResponseTopicPartitions = (w: MessageWriter, _v: number, m: ConsumerGroupDescribeResponseTopicPartitions): void => {
  w.uuid(m.topicId, 'TopicPartitions.topicId');
  w.string(m.topicName, true, 'TopicPartitions.topicName');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, true);
  for (const each of partitions) w.int32(each, 'TopicPartitions.partitions');
  w.uvarint(0);
};

export interface ConsumerGroupDescribeResponseAssignment {
  readonly topicPartitions: readonly ConsumerGroupDescribeResponseTopicPartitions[];
}
const decodeConsumerGroupDescribeResponseAssignment = (r: MessageReader, v: number): ConsumerGroupDescribeResponseAssignment => {
  const topicPartitionsCount = r.arrayLength(true, 18, 'Assignment.topicPartitions');
  const topicPartitions = newList<ConsumerGroupDescribeResponseTopicPartitions>(topicPartitionsCount);
  for (let i = 0; i < topicPartitionsCount; i++) topicPartitions[i] = decodeConsumerGroupDescribeResponseTopicPartitions(r, v);
  r.skipTags('Assignment.taggedFields');
  return { topicPartitions };
};
const encodeConsumerGroupDescribeResponseAssignment = (w: MessageWriter, v: number, m: ConsumerGroupDescribeResponseAssignment): void => {
  const topicPartitions = m.topicPartitions;
  w.arrayLength(topicPartitions.length, true);
  for (const each of topicPartitions) encodeConsumerGroupDescribeResponseTopicPartitions(w, v, each);
  w.uvarint(0);
};

export interface ConsumerGroupDescribeResponseMember {
  readonly memberId: string;
  readonly instanceId?: string | null | undefined;
  readonly rackId?: string | null | undefined;
  readonly memberEpoch: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: readonly string[];
  readonly subscribedTopicRegex?: string | null | undefined;
  readonly assignment: ConsumerGroupDescribeResponseAssignment;
  readonly targetAssignment: ConsumerGroupDescribeResponseAssignment;
  readonly memberType?: number | undefined;
}
const decodeConsumerGroupDescribeResponseMember = (r: MessageReader, v: number): ConsumerGroupDescribeResponseMember => {
  const memberId = r.string(true, 'groups.members.memberId');
  const instanceId = r.nullableString(true, 'groups.members.instanceId');
  const rackId = r.nullableString(true, 'groups.members.rackId');
  const memberEpoch = r.int32('groups.members.memberEpoch');
  const clientId = r.string(true, 'groups.members.clientId');
  const clientHost = r.string(true, 'groups.members.clientHost');
  const subscribedTopicNamesCount = r.arrayLength(true, 1, 'groups.members.subscribedTopicNames');
  const subscribedTopicNames = newList<string>(subscribedTopicNamesCount);
  for (let i = 0; i < subscribedTopicNamesCount; i++) subscribedTopicNames[i] = r.string(true, 'groups.members.subscribedTopicNames');
  const subscribedTopicRegex = r.nullableString(true, 'groups.members.subscribedTopicRegex');
  const assignment = decodeConsumerGroupDescribeResponseAssignment(r, v);
  const targetAssignment = decodeConsumerGroupDescribeResponseAssignment(r, v);
  const memberType = v >= 1 ? r.int8('groups.members.memberType') : -1;
  r.skipTags('groups.members.taggedFields');
  return { memberId, instanceId, rackId, memberEpoch, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex, assignment, targetAssignment, memberType };
};
const encodeConsumerGroupDescribeResponseMember = (w: MessageWriter, v: number, m: ConsumerGroupDescribeResponseMember): void => {
  w.string(m.memberId, true, 'groups.members.memberId');
  w.nullableString(m.instanceId ?? null, true, true, 'groups.members.instanceId');
  w.nullableString(m.rackId ?? null, true, true, 'groups.members.rackId');
  w.int32(m.memberEpoch, 'groups.members.memberEpoch');
  w.string(m.clientId, true, 'groups.members.clientId');
  w.string(m.clientHost, true, 'groups.members.clientHost');
  const subscribedTopicNames = m.subscribedTopicNames;
  w.arrayLength(subscribedTopicNames.length, true);
  for (const each of subscribedTopicNames) w.string(each, true, 'groups.members.subscribedTopicNames');
  w.nullableString(m.subscribedTopicRegex ?? null, true, true, 'groups.members.subscribedTopicRegex');
  encodeConsumerGroupDescribeResponseAssignment(w, v, m.assignment);
  encodeConsumerGroupDescribeResponseAssignment(w, v, m.targetAssignment);
  if (v >= 1) w.int8(m.memberType ?? -1, 'groups.members.memberType');
  w.uvarint(0);
};

export interface ConsumerGroupDescribeResponseDescribedGroup {
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly groupId: string;
  readonly groupState: string;
  readonly groupEpoch: number;
  readonly assignmentEpoch: number;
  readonly assignorName: string;
  readonly members: readonly ConsumerGroupDescribeResponseMember[];
  readonly authorizedOperations?: number | undefined;
}
const decodeConsumerGroupDescribeResponseDescribedGroup = (r: MessageReader, v: number): ConsumerGroupDescribeResponseDescribedGroup => {
  const errorCode = r.int16('groups.errorCode');
  const errorMessage = r.nullableString(true, 'groups.errorMessage');
  const groupId = r.string(true, 'groups.groupId');
  const groupState = r.string(true, 'groups.groupState');
  const groupEpoch = r.int32('groups.groupEpoch');
  const assignmentEpoch = r.int32('groups.assignmentEpoch');
  const assignorName = r.string(true, 'groups.assignorName');
  const membersCount = r.arrayLength(true, 13, 'groups.members');
  const members = newList<ConsumerGroupDescribeResponseMember>(membersCount);
  for (let i = 0; i < membersCount; i++) members[i] = decodeConsumerGroupDescribeResponseMember(r, v);
  const authorizedOperations = r.int32('groups.authorizedOperations');
  r.skipTags('groups.taggedFields');
  return { errorCode, errorMessage, groupId, groupState, groupEpoch, assignmentEpoch, assignorName, members, authorizedOperations };
};
const encodeConsumerGroupDescribeResponseDescribedGroup = (w: MessageWriter, v: number, m: ConsumerGroupDescribeResponseDescribedGroup): void => {
  w.int16(m.errorCode, 'groups.errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'groups.errorMessage');
  w.string(m.groupId, true, 'groups.groupId');
  w.string(m.groupState, true, 'groups.groupState');
  w.int32(m.groupEpoch, 'groups.groupEpoch');
  w.int32(m.assignmentEpoch, 'groups.assignmentEpoch');
  w.string(m.assignorName, true, 'groups.assignorName');
  const members = m.members;
  w.arrayLength(members.length, true);
  for (const each of members) encodeConsumerGroupDescribeResponseMember(w, v, each);
  w.int32(m.authorizedOperations ?? -2147483648, 'groups.authorizedOperations');
  w.uvarint(0);
};

export interface ConsumerGroupDescribeResponse {
  readonly throttleTimeMs: number;
  readonly groups: readonly ConsumerGroupDescribeResponseDescribedGroup[];
}
const decodeConsumerGroupDescribeResponse = (r: MessageReader, v: number): ConsumerGroupDescribeResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const groupsCount = r.arrayLength(true, 19, 'groups');
  const groups = newList<ConsumerGroupDescribeResponseDescribedGroup>(groupsCount);
  for (let i = 0; i < groupsCount; i++) groups[i] = decodeConsumerGroupDescribeResponseDescribedGroup(r, v);
  r.skipTags('taggedFields');
  return { throttleTimeMs, groups };
};
const encodeConsumerGroupDescribeResponse = (w: MessageWriter, v: number, m: ConsumerGroupDescribeResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const groups = m.groups;
  w.arrayLength(groups.length, true);
  for (const each of groups) encodeConsumerGroupDescribeResponseDescribedGroup(w, v, each);
  w.uvarint(0);
};

export const consumerGroupDescribeApi: Api<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse> = {
  key: 69,
  name: 'ConsumerGroupDescribe',
  firstVersion: 0,
  lastVersion: 1,
  firstFlexibleVersion: 0,
  decodeRequest: decodeConsumerGroupDescribeRequest,
  encodeRequest: encodeConsumerGroupDescribeRequest,
  decodeResponse: decodeConsumerGroupDescribeResponse,
  encodeResponse: encodeConsumerGroupDescribeResponse,
};
