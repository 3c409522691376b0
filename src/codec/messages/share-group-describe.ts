// Generated from src/codec/definitions/ShareGroupDescribe*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface ShareGroupDescribeRequest {
  readonly groupIds: readonly string[];
  readonly includeAuthorizedOperations: boolean;
}
const decodeShareGroupDescribeRequest = (r: MessageReader, _v: number): ShareGroupDescribeRequest => {
  const groupIdsCount = r.arrayLength(true, 1, 'groupIds');
  const groupIds = newList<string>(groupIdsCount);
  for (let i = 0; i < groupIdsCount; i++) groupIds[i] = r.string(true, 'groupIds');
  const includeAuthorizedOperations = r.bool('includeAuthorizedOperations');
  r.skipTags('taggedFields');
  return { groupIds, includeAuthorizedOperations };
};
const encodeShareGroupDescribeRequest = (w: MessageWriter, _v: number, m: Sparse<ShareGroupDescribeRequest>): void => {
  const groupIds = m.groupIds ?? [];
  w.arrayLength(groupIds.length, true);
  for (const each of groupIds) w.string(each, true, 'groupIds');
  w.bool(m.includeAuthorizedOperations ?? false);
  w.uvarint(0);
};

export interface ShareGroupDescribeResponseTopicPartitions {
  readonly topicId: string;
  readonly topicName: string;
  readonly partitions: readonly number[];
}
const decodeShareGroupDescribeResponseTopicPartitions = (r: MessageReader, _v: number): ShareGroupDescribeResponseTopicPartitions => {
  const topicId = r.uuid('TopicPartitions.topicId');
  const topicName = r.string(true, 'TopicPartitions.topicName');
  const partitionsCount = r.arrayLength(true, 4, 'TopicPartitions.partitions');
  const partitions = newList<number>(partitionsCount);
  for (let i = 0; i < partitionsCount; i++) partitions[i] = r.int32('TopicPartitions.partitions');
  r.skipTags('TopicPartitions.taggedFields');
  return { topicId, topicName, partitions };
};
const encodeShareGroupDescribeResponseTopicPartitions = (w: MessageWriter, _v: number, m: ShareGroupDescribeResponseTopicPartitions): void => {
  w.uuid(m.topicId, 'TopicPartitions.topicId');
  w.string(m.topicName, true, 'TopicPartitions.topicName');
  const partitions = m.partitions;
  w.arrayLength(partitions.length, true);
  for (const each of partitions) w.int32(each, 'TopicPartitions.partitions');
  w.uvarint(0);
};

export interface ShareGroupDescribeResponseAssignment {
  readonly topicPartitions: readonly ShareGroupDescribeResponseTopicPartitions[];
}
const decodeShareGroupDescribeResponseAssignment = (r: MessageReader, v: number): ShareGroupDescribeResponseAssignment => {
  const topicPartitionsCount = r.arrayLength(true, 18, 'Assignment.topicPartitions');
  const topicPartitions = newList<ShareGroupDescribeResponseTopicPartitions>(topicPartitionsCount);
  for (let i = 0; i < topicPartitionsCount; i++) topicPartitions[i] = decodeShareGroupDescribeResponseTopicPartitions(r, v);
  r.skipTags('Assignment.taggedFields');
  return { topicPartitions };
};
const encodeShareGroupDescribeResponseAssignment = (w: MessageWriter, v: number, m: ShareGroupDescribeResponseAssignment): void => {
  const topicPartitions = m.topicPartitions;
  w.arrayLength(topicPartitions.length, true);
  for (const each of topicPartitions) encodeShareGroupDescribeResponseTopicPartitions(w, v, each);
  w.uvarint(0);
};

export interface ShareGroupDescribeResponseMember {
  readonly memberId: string;
  readonly rackId?: string | null | undefined;
  readonly memberEpoch: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: readonly string[];
  readonly assignment: ShareGroupDescribeResponseAssignment;
}
const decodeShareGroupDescribeResponseMember = (r: MessageReader, v: number): ShareGroupDescribeResponseMember => {
  const memberId = r.string(true, 'groups.members.memberId');
  const rackId = r.nullableString(true, 'groups.members.rackId');
  const memberEpoch = r.int32('groups.members.memberEpoch');
  const clientId = r.string(true, 'groups.members.clientId');
  const clientHost = r.string(true, 'groups.members.clientHost');
  const subscribedTopicNamesCount = r.arrayLength(true, 1, 'groups.members.subscribedTopicNames');
  const subscribedTopicNames = newList<string>(subscribedTopicNamesCount);
  for (let i = 0; i < subscribedTopicNamesCount; i++) subscribedTopicNames[i] = r.string(true, 'groups.members.subscribedTopicNames');
  const assignment = decodeShareGroupDescribeResponseAssignment(r, v);
  r.skipTags('groups.members.taggedFields');
  return { memberId, rackId, memberEpoch, clientId, clientHost, subscribedTopicNames, assignment };
};
const encodeShareGroupDescribeResponseMember = (w: MessageWriter, v: number, m: ShareGroupDescribeResponseMember): void => {
  w.string(m.memberId, true, 'groups.members.memberId');
  w.nullableString(m.rackId ?? null, true, true, 'groups.members.rackId');
  w.int32(m.memberEpoch, 'groups.members.memberEpoch');
  w.string(m.clientId, true, 'groups.members.clientId');
  w.string(m.clientHost, true, 'groups.members.clientHost');
  const subscribedTopicNames = m.subscribedTopicNames;
  w.arrayLength(subscribedTopicNames.length, true);
  for (const each of subscribedTopicNames) w.string(each, true, 'groups.members.subscribedTopicNames');
  encodeShareGroupDescribeResponseAssignment(w, v, m.assignment);
  w.uvarint(0);
};

export interface ShareGroupDescribeResponseDescribedGroup {
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly groupId: string;
  readonly groupState: string;
  readonly groupEpoch: number;
  readonly assignmentEpoch: number;
  readonly assignorName: string;
  readonly members: readonly ShareGroupDescribeResponseMember[];
  readonly authorizedOperations?: number | undefined;
}
const decodeShareGroupDescribeResponseDescribedGroup = (r: MessageReader, v: number): ShareGroupDescribeResponseDescribedGroup => {
  const errorCode = r.int16('groups.errorCode');
  const errorMessage = r.nullableString(true, 'groups.errorMessage');
  const groupId = r.string(true, 'groups.groupId');
  const groupState = r.string(true, 'groups.groupState');
  const groupEpoch = r.int32('groups.groupEpoch');
  const assignmentEpoch = r.int32('groups.assignmentEpoch');
  const assignorName = r.string(true, 'groups.assignorName');
  const membersCount = r.arrayLength(true, 10, 'groups.members');
  const members = newList<ShareGroupDescribeResponseMember>(membersCount);
  for (let i = 0; i < membersCount; i++) members[i] = decodeShareGroupDescribeResponseMember(r, v);
  const authorizedOperations = r.int32('groups.authorizedOperations');
  r.skipTags('groups.taggedFields');
  return { errorCode, errorMessage, groupId, groupState, groupEpoch, assignmentEpoch, assignorName, members, authorizedOperations };
};
const encodeShareGroupDescribeResponseDescribedGroup = (w: MessageWriter, v: number, m: ShareGroupDescribeResponseDescribedGroup): void => {
  w.int16(m.errorCode, 'groups.errorCode');
  w.nullableString(m.errorMessage ?? null, true, true, 'groups.errorMessage');
  w.string(m.groupId, true, 'groups.groupId');
  w.string(m.groupState, true, 'groups.groupState');
  w.int32(m.groupEpoch, 'groups.groupEpoch');
  w.int32(m.assignmentEpoch, 'groups.assignmentEpoch');
  w.string(m.assignorName, true, 'groups.assignorName');
  const members = m.members;
  w.arrayLength(members.length, true);
  for (const each of members) encodeShareGroupDescribeResponseMember(w, v, each);
  w.int32(m.authorizedOperations ?? -2147483648, 'groups.authorizedOperations');
  w.uvarint(0);
};

export interface ShareGroupDescribeResponse {
  readonly throttleTimeMs: number;
  readonly groups: readonly ShareGroupDescribeResponseDescribedGroup[];
}
const decodeShareGroupDescribeResponse = (r: MessageReader, v: number): ShareGroupDescribeResponse => {
  const throttleTimeMs = r.int32('throttleTimeMs');
  const groupsCount = r.arrayLength(true, 19, 'groups');
  const groups = newList<ShareGroupDescribeResponseDescribedGroup>(groupsCount);
  for (let i = 0; i < groupsCount; i++) groups[i] = decodeShareGroupDescribeResponseDescribedGroup(r, v);
  r.skipTags('taggedFields');
  return { throttleTimeMs, groups };
};
const encodeShareGroupDescribeResponse = (w: MessageWriter, v: number, m: ShareGroupDescribeResponse): void => {
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const groups = m.groups;
  w.arrayLength(groups.length, true);
  for (const each of groups) encodeShareGroupDescribeResponseDescribedGroup(w, v, each);
  w.uvarint(0);
};

export const shareGroupDescribeApi: Api<ShareGroupDescribeRequest, ShareGroupDescribeResponse> = {
  key: 77,
  name: 'ShareGroupDescribe',
  firstVersion: 1,
  lastVersion: 1,
  firstFlexibleVersion: 0,
  decodeRequest: decodeShareGroupDescribeRequest,
  encodeRequest: encodeShareGroupDescribeRequest,
  decodeResponse: decodeShareGroupDescribeResponse,
  encodeResponse: encodeShareGroupDescribeResponse,
};
