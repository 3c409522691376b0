// Generated from src/codec/definitions/LeaveGroup*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface LeaveGroupRequestMemberIdentity {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly reason: string | null;
}
const decodeLeaveGroupRequestMemberIdentity = (r: MessageReader, v: number): LeaveGroupRequestMemberIdentity => {
  const flex = v >= 4;
  const memberId = r.string(flex, 'members.memberId');
  const groupInstanceId = r.nullableString(flex, 'members.groupInstanceId');
  const reason = v >= 5 ? r.nullableString(flex, 'members.reason') : null;
  if (flex) r.skipTags('members.taggedFields');
  return { memberId, groupInstanceId, reason };
};
const encodeLeaveGroupRequestMemberIdentity = (w: MessageWriter, v: number, m: Sparse<LeaveGroupRequestMemberIdentity>): void => {
  const flex = v >= 4;
  w.string(m.memberId ?? '', flex, 'members.memberId');
  w.nullableString(m.groupInstanceId ?? null, true, flex, 'members.groupInstanceId');
  if (v >= 5) w.nullableString(m.reason ?? null, true, flex, 'members.reason');
  if (flex) w.uvarint(0);
};

export interface LeaveGroupRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly members: readonly LeaveGroupRequestMemberIdentity[];
}
const decodeLeaveGroupRequest = (r: MessageReader, v: number): LeaveGroupRequest => {
  const flex = v >= 4;
  const groupId = r.string(flex, 'groupId');
  const memberId = v <= 2 ? r.string(flex, 'memberId') : '';
  let members: readonly LeaveGroupRequestMemberIdentity[] = [];
  if (v >= 3) {
    const count = r.arrayLength(flex, 2, 'members');
    const list = newList<LeaveGroupRequestMemberIdentity>(count);
    for (let i = 0; i < count; i++) list[i] = decodeLeaveGroupRequestMemberIdentity(r, v);
    members = list;
  }
  if (flex) r.skipTags('taggedFields');
  return { groupId, memberId, members };
};
const encodeLeaveGroupRequest = (w: MessageWriter, v: number, m: Sparse<LeaveGroupRequest>): void => {
  const flex = v >= 4;
  w.string(m.groupId ?? '', flex, 'groupId');
  if (v <= 2) w.string(m.memberId ?? '', flex, 'memberId');
  else if (m.memberId !== undefined && m.memberId !== '') throw notInVersion('memberId', v);
  if (v >= 3) {
    const members = m.members ?? [];
    w.arrayLength(members.length, flex);
    for (const each of members) encodeLeaveGroupRequestMemberIdentity(w, v, each);
  }
  else if (m.members !== undefined && m.members.length > 0) throw notInVersion('members', v);
  if (flex) w.uvarint(0);
};

export interface LeaveGroupResponseMemberResponse {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly errorCode: number;
}
const decodeLeaveGroupResponseMemberResponse = (r: MessageReader, v: number): LeaveGroupResponseMemberResponse => {
  const flex = v >= 4;
  const memberId = r.string(flex, 'members.memberId');
  const groupInstanceId = r.nullableString(flex, 'members.groupInstanceId');
  const errorCode = r.int16('members.errorCode');
  if (flex) r.skipTags('members.taggedFields');
  return { memberId, groupInstanceId, errorCode };
};
const encodeLeaveGroupResponseMemberResponse = (w: MessageWriter, v: number, m: LeaveGroupResponseMemberResponse): void => {
  const flex = v >= 4;
  w.string(m.memberId, flex, 'members.memberId');
  w.nullableString(m.groupInstanceId, true, flex, 'members.groupInstanceId');
  w.int16(m.errorCode, 'members.errorCode');
  if (flex) w.uvarint(0);
};

export interface LeaveGroupResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly members?: readonly LeaveGroupResponseMemberResponse[] | undefined;
}
const decodeLeaveGroupResponse = (r: MessageReader, v: number): LeaveGroupResponse => {
  const flex = v >= 4;
  const throttleTimeMs = v >= 1 ? r.int32('throttleTimeMs') : 0;
  const errorCode = r.int16('errorCode');
  let members: readonly LeaveGroupResponseMemberResponse[] = [];
  if (v >= 3) {
    const count = r.arrayLength(flex, 4, 'members');
    const list = newList<LeaveGroupResponseMemberResponse>(count);
    for (let i = 0; i < count; i++) list[i] = decodeLeaveGroupResponseMemberResponse(r, v);
    members = list;
  }
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, members };
};
const encodeLeaveGroupResponse = (w: MessageWriter, v: number, m: LeaveGroupResponse): void => {
  const flex = v >= 4;
  if (v >= 1) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  if (v >= 3) {
    const members = m.members ?? [];
    w.arrayLength(members.length, flex);
    for (const each of members) encodeLeaveGroupResponseMemberResponse(w, v, each);
  }
  else if (m.members !== undefined && m.members.length > 0) throw notInVersion('members', v);
  if (flex) w.uvarint(0);
};

export const leaveGroupApi: Api<LeaveGroupRequest, LeaveGroupResponse> = {
  key: 13,
  name: 'LeaveGroup',
  firstVersion: 0,
  lastVersion: 5,
  firstFlexibleVersion: 4,
  decodeRequest: decodeLeaveGroupRequest,
  encodeRequest: encodeLeaveGroupRequest,
  decodeResponse: decodeLeaveGroupResponse,
  encodeResponse: encodeLeaveGroupResponse,
};
