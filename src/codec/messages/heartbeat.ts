// Generated from src/codec/definitions/Heartbeat*.json by `npm run messages`; edit neither.

import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface HeartbeatRequest {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}
const decodeHeartbeatRequest = (r: MessageReader, v: number): HeartbeatRequest => {
  const flex = v >= 4;
  const groupId = r.string(flex, 'groupId');
  const generationId = r.int32('generationId');
  const memberId = r.string(flex, 'memberId');
  const groupInstanceId = v >= 3 ? r.nullableString(flex, 'groupInstanceId') : null;
  if (flex) r.skipTags('taggedFields');
  return { groupId, generationId, memberId, groupInstanceId };
};
const encodeHeartbeatRequest = (w: MessageWriter, v: number, m: Sparse<HeartbeatRequest>): void => {
  const flex = v >= 4;
  w.string(m.groupId ?? '', flex, 'groupId');
  w.int32(m.generationId ?? 0, 'generationId');
  w.string(m.memberId ?? '', flex, 'memberId');
  if (v >= 3) w.nullableString(m.groupInstanceId ?? null, true, flex, 'groupInstanceId');
  else if (m.groupInstanceId !== undefined && m.groupInstanceId !== null) throw notInVersion('groupInstanceId', v);
  if (flex) w.uvarint(0);
};

export interface HeartbeatResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
}
const decodeHeartbeatResponse = (r: MessageReader, v: number): HeartbeatResponse => {
  const flex = v >= 4;
  const throttleTimeMs = v >= 1 ? r.int32('throttleTimeMs') : 0;
  const errorCode = r.int16('errorCode');
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode };
};
const encodeHeartbeatResponse = (w: MessageWriter, v: number, m: HeartbeatResponse): void => {
  const flex = v >= 4;
  if (v >= 1) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  if (flex) w.uvarint(0);
};

export const heartbeatApi: Api<HeartbeatRequest, HeartbeatResponse> = {
  key: 12,
  name: 'Heartbeat',
  firstVersion: 0,
  lastVersion: 4,
  firstFlexibleVersion: 4,
  decodeRequest: decodeHeartbeatRequest,
  encodeRequest: encodeHeartbeatRequest,
  decodeResponse: decodeHeartbeatResponse,
  encodeResponse: encodeHeartbeatResponse,
};
