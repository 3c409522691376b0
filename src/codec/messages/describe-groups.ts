// Generated from src/codec/definitions/DescribeGroups*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface DescribeGroupsRequest {
  readonly groups: readonly string[];
  readonly includeAuthorizedOperations: boolean;
}
const decodeDescribeGroupsRequest = (r: MessageReader, v: number): DescribeGroupsRequest => {
  const flex = v >= 5;
  const groupsCount = r.arrayLength(flex, 1, 'groups');
  const groups = newList<string>(groupsCount);
  for (let i = 0; i < groupsCount; i++) groups[i] = r.string(flex, 'groups');
  const includeAuthorizedOperations = v >= 3 ? r.bool('includeAuthorizedOperations') : false;
  if (flex) r.skipTags('taggedFields');
  return { groups, includeAuthorizedOperations };
};
const encodeDescribeGroupsRequest = (w: MessageWriter, v: number, m: Sparse<DescribeGroupsRequest>): void => {
  const flex = v >= 5;
  const groups = m.groups ?? [];
  w.arrayLength(groups.length, flex);
  for (const each of groups) w.string(each, flex, 'groups');
  if (v >= 3) w.bool(m.includeAuthorizedOperations ?? false);
  else if (m.includeAuthorizedOperations !== undefined && m.includeAuthorizedOperations) throw notInVersion('includeAuthorizedOperations', v);
  if (flex) w.uvarint(0);
};

export interface DescribeGroupsResponseDescribedGroupMember {
  readonly memberId: string;
  readonly groupInstanceId?: string | null | undefined;
  readonly clientId: string;
  readonly clientHost: string;
  readonly memberMetadata: Uint8Array;
  readonly memberAssignment: Uint8Array;
}
const decodeDescribeGroupsResponseDescribedGroupMember = (r: MessageReader, v: number): DescribeGroupsResponseDescribedGroupMember => {
  const flex = v >= 5;
  const memberId = r.string(flex, 'groups.members.memberId');
  const groupInstanceId = v >= 4 ? r.nullableString(flex, 'groups.members.groupInstanceId') : null;
  const clientId = r.string(flex, 'groups.members.clientId');
  const clientHost = r.string(flex, 'groups.members.clientHost');
  const memberMetadata = r.bytesView(flex, 'groups.members.memberMetadata');
  const memberAssignment = r.bytesView(flex, 'groups.members.memberAssignment');
  if (flex) r.skipTags('groups.members.taggedFields');
  return { memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment };
};
const encodeDescribeGroupsResponseDescribedGroupMember = (w: MessageWriter, v: number, m: DescribeGroupsResponseDescribedGroupMember): void => {
  const flex = v >= 5;
  w.string(m.memberId, flex, 'groups.members.memberId');
  if (v >= 4) w.nullableString(m.groupInstanceId ?? null, true, flex, 'groups.members.groupInstanceId');
  w.string(m.clientId, flex, 'groups.members.clientId');
  w.string(m.clientHost, flex, 'groups.members.clientHost');
  w.bytes(m.memberMetadata, false, flex, 'groups.members.memberMetadata');
  w.bytes(m.memberAssignment, false, flex, 'groups.members.memberAssignment');
  if (flex) w.uvarint(0);
};

export interface DescribeGroupsResponseDescribedGroup {
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly groupId: string;
  readonly groupState: string;
  readonly protocolType: string;
  readonly protocolData: string;
  readonly members: readonly DescribeGroupsResponseDescribedGroupMember[];
  readonly authorizedOperations?: number | undefined;
}
const decodeDescribeGroupsResponseDescribedGroup = (r: MessageReader, v: number): DescribeGroupsResponseDescribedGroup => {
  const flex = v >= 5;
  const errorCode = r.int16('groups.errorCode');
  const errorMessage = v >= 6 ? r.nullableString(flex, 'groups.errorMessage') : null;
  const groupId = r.string(flex, 'groups.groupId');
  const groupState = r.string(flex, 'groups.groupState');
  const protocolType = r.string(flex, 'groups.protocolType');
  const protocolData = r.string(flex, 'groups.protocolData');
  const membersCount = r.arrayLength(flex, 5, 'groups.members');
  const members = newList<DescribeGroupsResponseDescribedGroupMember>(membersCount);
  for (let i = 0; i < membersCount; i++) members[i] = decodeDescribeGroupsResponseDescribedGroupMember(r, v);
  const authorizedOperations = v >= 3 ? r.int32('groups.authorizedOperations') : -2147483648;
  if (flex) r.skipTags('groups.taggedFields');
  return { errorCode, errorMessage, groupId, groupState, protocolType, protocolData, members, authorizedOperations };
};
const encodeDescribeGroupsResponseDescribedGroup = (w: MessageWriter, v: number, m: DescribeGroupsResponseDescribedGroup): void => {
  const flex = v >= 5;
  w.int16(m.errorCode, 'groups.errorCode');
  if (v >= 6) w.nullableString(m.errorMessage ?? null, true, flex, 'groups.errorMessage');
  else if (m.errorMessage !== undefined && m.errorMessage !== null) throw notInVersion('groups.errorMessage', v);
  w.string(m.groupId, flex, 'groups.groupId');
  w.string(m.groupState, flex, 'groups.groupState');
  w.string(m.protocolType, flex, 'groups.protocolType');
  w.string(m.protocolData, flex, 'groups.protocolData');
  const members = m.members;
  w.arrayLength(members.length, flex);
  for (const each of members) encodeDescribeGroupsResponseDescribedGroupMember(w, v, each);
  if (v >= 3) w.int32(m.authorizedOperations ?? -2147483648, 'groups.authorizedOperations');
  else if (m.authorizedOperations !== undefined && m.authorizedOperations !== -2147483648) throw notInVersion('groups.authorizedOperations', v);
  if (flex) w.uvarint(0);
};

export interface DescribeGroupsResponse {
  readonly throttleTimeMs: number;
  readonly groups: readonly DescribeGroupsResponseDescribedGroup[];
}
const decodeDescribeGroupsResponse = (r: MessageReader, v: number): DescribeGroupsResponse => {
  const flex = v >= 5;
  const throttleTimeMs = v >= 1 ? r.int32('throttleTimeMs') : 0;
  const groupsCount = r.arrayLength(flex, 7, 'groups');
  const groups = newList<DescribeGroupsResponseDescribedGroup>(groupsCount);
  for (let i = 0; i < groupsCount; i++) groups[i] = decodeDescribeGroupsResponseDescribedGroup(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, groups };
};
const encodeDescribeGroupsResponse = (w: MessageWriter, v: number, m: DescribeGroupsResponse): void => {
  const flex = v >= 5;
  if (v >= 1) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  const groups = m.groups;
  w.arrayLength(groups.length, flex);
  for (const each of groups) encodeDescribeGroupsResponseDescribedGroup(w, v, each);
  if (flex) w.uvarint(0);
};

export const describeGroupsApi: Api<DescribeGroupsRequest, DescribeGroupsResponse> = {
  key: 15,
  name: 'DescribeGroups',
  firstVersion: 0,
  lastVersion: 6,
  firstFlexibleVersion: 5,
  decodeRequest: decodeDescribeGroupsRequest,
  encodeRequest: encodeDescribeGroupsRequest,
  decodeResponse: decodeDescribeGroupsResponse,
  encodeResponse: encodeDescribeGroupsResponse,
};
