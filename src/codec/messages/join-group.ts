// Generated from src/codec/definitions/JoinGroup*.json by `npm run messages`; edit neither.

import { newList, noBytes } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface JoinGroupRequestJoinGroupRequestProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}
const decodeJoinGroupRequestJoinGroupRequestProtocol = (r: MessageReader, v: number): JoinGroupRequestJoinGroupRequestProtocol => {
  const flex = v >= 6;
  const name = r.string(flex, 'protocols.name');
  const metadata = r.bytesView(flex, 'protocols.metadata');
  if (flex) r.skipTags('protocols.taggedFields');
  return { name, metadata };
};
const encodeJoinGroupRequestJoinGroupRequestProtocol = (w: MessageWriter, v: number, m: Sparse<JoinGroupRequestJoinGroupRequestProtocol>): void => {
  const flex = v >= 6;
  w.string(m.name ?? '', flex, 'protocols.name');
  w.bytes(m.metadata ?? noBytes, false, flex, 'protocols.metadata');
  if (flex) w.uvarint(0);
};

export interface JoinGroupRequest {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: string;
  readonly protocols: readonly JoinGroupRequestJoinGroupRequestProtocol[];
  readonly reason: string | null;
}
const decodeJoinGroupRequest = (r: MessageReader, v: number): JoinGroupRequest => {
  const flex = v >= 6;
  const groupId = r.string(flex, 'groupId');
  const sessionTimeoutMs = r.int32('sessionTimeoutMs');
  const rebalanceTimeoutMs = v >= 1 ? r.int32('rebalanceTimeoutMs') : -1;
  const memberId = r.string(flex, 'memberId');
  const groupInstanceId = v >= 5 ? r.nullableString(flex, 'groupInstanceId') : null;
  const protocolType = r.string(flex, 'protocolType');
  const protocolsCount = r.arrayLength(flex, 2, 'protocols');
  const protocols = newList<JoinGroupRequestJoinGroupRequestProtocol>(protocolsCount);
  for (let i = 0; i < protocolsCount; i++) protocols[i] = decodeJoinGroupRequestJoinGroupRequestProtocol(r, v);
  const reason = v >= 8 ? r.nullableString(flex, 'reason') : null;
  if (flex) r.skipTags('taggedFields');
  return { groupId, sessionTimeoutMs, rebalanceTimeoutMs, memberId, groupInstanceId, protocolType, protocols, reason };
};
const encodeJoinGroupRequest = (w: MessageWriter, v: number, m: Sparse<JoinGroupRequest>): void => {
  const flex = v >= 6;
  w.string(m.groupId ?? '', flex, 'groupId');
  w.int32(m.sessionTimeoutMs ?? 0, 'sessionTimeoutMs');
  if (v >= 1) w.int32(m.rebalanceTimeoutMs ?? -1, 'rebalanceTimeoutMs');
  w.string(m.memberId ?? '', flex, 'memberId');
  if (v >= 5) w.nullableString(m.groupInstanceId ?? null, true, flex, 'groupInstanceId');
  else if (m.groupInstanceId !== undefined && m.groupInstanceId !== null) throw notInVersion('groupInstanceId', v);
  w.string(m.protocolType ?? '', flex, 'protocolType');
  const protocols = m.protocols ?? [];
  w.arrayLength(protocols.length, flex);
  for (const each of protocols) encodeJoinGroupRequestJoinGroupRequestProtocol(w, v, each);
  if (v >= 8) w.nullableString(m.reason ?? null, true, flex, 'reason');
  if (flex) w.uvarint(0);
};

export interface JoinGroupResponseJoinGroupResponseMember {
  readonly memberId: string;
  readonly groupInstanceId?: string | null | undefined;
  readonly metadata: Uint8Array;
}
const decodeJoinGroupResponseJoinGroupResponseMember = (r: MessageReader, v: number): JoinGroupResponseJoinGroupResponseMember => {
  const flex = v >= 6;
  const memberId = r.string(flex, 'members.memberId');
  const groupInstanceId = v >= 5 ? r.nullableString(flex, 'members.groupInstanceId') : null;
  const metadata = r.bytesView(flex, 'members.metadata');
  if (flex) r.skipTags('members.taggedFields');
  return { memberId, groupInstanceId, metadata };
};
const encodeJoinGroupResponseJoinGroupResponseMember = (w: MessageWriter, v: number, m: JoinGroupResponseJoinGroupResponseMember): void => {
  const flex = v >= 6;
  w.string(m.memberId, flex, 'members.memberId');
  if (v >= 5) w.nullableString(m.groupInstanceId ?? null, true, flex, 'members.groupInstanceId');
  w.bytes(m.metadata, false, flex, 'members.metadata');
  if (flex) w.uvarint(0);
};

export interface JoinGroupResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly generationId?: number | undefined;
  readonly protocolType?: string | null | undefined;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly skipAssignment?: boolean | undefined;
  readonly memberId: string;
  readonly members: readonly JoinGroupResponseJoinGroupResponseMember[];
}
const decodeJoinGroupResponse = (r: MessageReader, v: number): JoinGroupResponse => {
  const flex = v >= 6;
  const throttleTimeMs = v >= 2 ? r.int32('throttleTimeMs') : 0;
  const errorCode = r.int16('errorCode');
  const generationId = r.int32('generationId');
  const protocolType = v >= 7 ? r.nullableString(flex, 'protocolType') : null;
  const protocolName = (v >= 7 ? r.nullableString(flex, 'protocolName') : r.string(flex, 'protocolName'));
  const leader = r.string(flex, 'leader');
  const skipAssignment = v >= 9 ? r.bool('skipAssignment') : false;
  const memberId = r.string(flex, 'memberId');
  const membersCount = r.arrayLength(flex, 2, 'members');
  const members = newList<JoinGroupResponseJoinGroupResponseMember>(membersCount);
  for (let i = 0; i < membersCount; i++) members[i] = decodeJoinGroupResponseJoinGroupResponseMember(r, v);
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, generationId, protocolType, protocolName, leader, skipAssignment, memberId, members };
};
const encodeJoinGroupResponse = (w: MessageWriter, v: number, m: JoinGroupResponse): void => {
  const flex = v >= 6;
  if (v >= 2) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  w.int32(m.generationId ?? -1, 'generationId');
  if (v >= 7) w.nullableString(m.protocolType ?? null, true, flex, 'protocolType');
  w.nullableString(m.protocolName, v >= 7, flex, 'protocolName');
  w.string(m.leader, flex, 'leader');
  if (v >= 9) w.bool(m.skipAssignment ?? false);
  else if (m.skipAssignment !== undefined && m.skipAssignment) throw notInVersion('skipAssignment', v);
  w.string(m.memberId, flex, 'memberId');
  const members = m.members;
  w.arrayLength(members.length, flex);
  for (const each of members) encodeJoinGroupResponseJoinGroupResponseMember(w, v, each);
  if (flex) w.uvarint(0);
};

export const joinGroupApi: Api<JoinGroupRequest, JoinGroupResponse> = {
  key: 11,
  name: 'JoinGroup',
  firstVersion: 0,
  lastVersion: 9,
  firstFlexibleVersion: 6,
  decodeRequest: decodeJoinGroupRequest,
  encodeRequest: encodeJoinGroupRequest,
  decodeResponse: decodeJoinGroupResponse,
  encodeResponse: encodeJoinGroupResponse,
};
