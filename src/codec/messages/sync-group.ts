// Generated from src/codec/definitions/SyncGroup*.json by `npm run messages`; edit neither.

import { newList, noBytes } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface SyncGroupRequestSyncGroupRequestAssignment {
  readonly memberId: string;
  readonly assignment: Uint8Array;
}
const decodeSyncGroupRequestSyncGroupRequestAssignment = (r: MessageReader, v: number): SyncGroupRequestSyncGroupRequestAssignment => {
  const flex = v >= 4;
  const memberId = r.string(flex, 'assignments.memberId');
  const assignment = r.bytesView(flex, 'assignments.assignment');
  if (flex) r.skipTags('assignments.taggedFields');
  return { memberId, assignment };
};
const encodeSyncGroupRequestSyncGroupRequestAssignment = (w: MessageWriter, v: number, m: Sparse<SyncGroupRequestSyncGroupRequestAssignment>): void => {
  const flex = v >= 4;
  w.string(m.memberId ?? '', flex, 'assignments.memberId');
  w.bytes(m.assignment ?? noBytes, false, flex, 'assignments.assignment');
  if (flex) w.uvarint(0);
};

export interface SyncGroupRequest {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly SyncGroupRequestSyncGroupRequestAssignment[];
}
const decodeSyncGroupRequest = (r: MessageReader, v: number): SyncGroupRequest => {
  const flex = v >= 4;
  const groupId = r.string(flex, 'groupId');
  const generationId = r.int32('generationId');
  const memberId = r.string(flex, 'memberId');
  const groupInstanceId = v >= 3 ? r.nullableString(flex, 'groupInstanceId') : null;
  const protocolType = v >= 5 ? r.nullableString(flex, 'protocolType') : null;
  const protocolName = v >= 5 ? r.nullableString(flex, 'protocolName') : null;
  const assignmentsCount = r.arrayLength(flex, 2, 'assignments');
  const assignments = newList<SyncGroupRequestSyncGroupRequestAssignment>(assignmentsCount);
  for (let i = 0; i < assignmentsCount; i++) assignments[i] = decodeSyncGroupRequestSyncGroupRequestAssignment(r, v);
  if (flex) r.skipTags('taggedFields');
  return { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName, assignments };
};
const encodeSyncGroupRequest = (w: MessageWriter, v: number, m: Sparse<SyncGroupRequest>): void => {
  const flex = v >= 4;
  w.string(m.groupId ?? '', flex, 'groupId');
  w.int32(m.generationId ?? 0, 'generationId');
  w.string(m.memberId ?? '', flex, 'memberId');
  if (v >= 3) w.nullableString(m.groupInstanceId ?? null, true, flex, 'groupInstanceId');
  else if (m.groupInstanceId !== undefined && m.groupInstanceId !== null) throw notInVersion('groupInstanceId', v);
  if (v >= 5) w.nullableString(m.protocolType ?? null, true, flex, 'protocolType');
  if (v >= 5) w.nullableString(m.protocolName ?? null, true, flex, 'protocolName');
  const assignments = m.assignments ?? [];
  w.arrayLength(assignments.length, flex);
  for (const each of assignments) encodeSyncGroupRequestSyncGroupRequestAssignment(w, v, each);
  if (flex) w.uvarint(0);
};

export interface SyncGroupResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly protocolType?: string | null | undefined;
  readonly protocolName?: string | null | undefined;
  readonly assignment: Uint8Array;
}
const decodeSyncGroupResponse = (r: MessageReader, v: number): SyncGroupResponse => {
  const flex = v >= 4;
  const throttleTimeMs = v >= 1 ? r.int32('throttleTimeMs') : 0;
  const errorCode = r.int16('errorCode');
  const protocolType = v >= 5 ? r.nullableString(flex, 'protocolType') : null;
  const protocolName = v >= 5 ? r.nullableString(flex, 'protocolName') : null;
  const assignment = r.bytesView(flex, 'assignment');
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, protocolType, protocolName, assignment };
};
const encodeSyncGroupResponse = (w: MessageWriter, v: number, m: SyncGroupResponse): void => {
  const flex = v >= 4;
  if (v >= 1) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  if (v >= 5) w.nullableString(m.protocolType ?? null, true, flex, 'protocolType');
  if (v >= 5) w.nullableString(m.protocolName ?? null, true, flex, 'protocolName');
  w.bytes(m.assignment, false, flex, 'assignment');
  if (flex) w.uvarint(0);
};

export const syncGroupApi: Api<SyncGroupRequest, SyncGroupResponse> = {
  key: 14,
  name: 'SyncGroup',
  firstVersion: 0,
  lastVersion: 5,
  firstFlexibleVersion: 4,
  decodeRequest: decodeSyncGroupRequest,
  encodeRequest: encodeSyncGroupRequest,
  decodeResponse: decodeSyncGroupResponse,
  encodeResponse: encodeSyncGroupResponse,
};
