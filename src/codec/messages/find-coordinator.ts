// Generated from src/codec/definitions/FindCoordinator*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface FindCoordinatorRequest {
  readonly key: string;
  readonly keyType: number;
  readonly coordinatorKeys: readonly string[];
}
const decodeFindCoordinatorRequest = (r: MessageReader, v: number): FindCoordinatorRequest => {
  const flex = v >= 3;
  const key = v <= 3 ? r.string(flex, 'key') : '';
  const keyType = v >= 1 ? r.int8('keyType') : 0;
  let coordinatorKeys: readonly string[] = [];
  if (v >= 4) {
    const count = r.arrayLength(flex, 1, 'coordinatorKeys');
    const list = newList<string>(count);
    for (let i = 0; i < count; i++) list[i] = r.string(flex, 'coordinatorKeys');
    coordinatorKeys = list;
  }
  if (flex) r.skipTags('taggedFields');
  return { key, keyType, coordinatorKeys };
};
const encodeFindCoordinatorRequest = (w: MessageWriter, v: number, m: Sparse<FindCoordinatorRequest>): void => {
  const flex = v >= 3;
  if (v <= 3) w.string(m.key ?? '', flex, 'key');
  else if (m.key !== undefined && m.key !== '') throw notInVersion('key', v);
  if (v >= 1) w.int8(m.keyType ?? 0, 'keyType');
  else if (m.keyType !== undefined && m.keyType !== 0) throw notInVersion('keyType', v);
  if (v >= 4) {
    const coordinatorKeys = m.coordinatorKeys ?? [];
    w.arrayLength(coordinatorKeys.length, flex);
    for (const each of coordinatorKeys) w.string(each, flex, 'coordinatorKeys');
  }
  else if (m.coordinatorKeys !== undefined && m.coordinatorKeys.length > 0) throw notInVersion('coordinatorKeys', v);
  if (flex) w.uvarint(0);
};

export interface FindCoordinatorResponseCoordinator {
  readonly key: string;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}
const decodeFindCoordinatorResponseCoordinator = (r: MessageReader, _v: number): FindCoordinatorResponseCoordinator => {
  const key = r.string(true, 'coordinators.key');
  const nodeId = r.int32('coordinators.nodeId');
  const host = r.string(true, 'coordinators.host');
  const port = r.int32('coordinators.port');
  const errorCode = r.int16('coordinators.errorCode');
  const errorMessage = r.nullableString(true, 'coordinators.errorMessage');
  r.skipTags('coordinators.taggedFields');
  return { key, nodeId, host, port, errorCode, errorMessage };
};
const encodeFindCoordinatorResponseCoordinator = (w: MessageWriter, _v: number, m: FindCoordinatorResponseCoordinator): void => {
  w.string(m.key, true, 'coordinators.key');
  w.int32(m.nodeId, 'coordinators.nodeId');
  w.string(m.host, true, 'coordinators.host');
  w.int32(m.port, 'coordinators.port');
  w.int16(m.errorCode, 'coordinators.errorCode');
  w.nullableString(m.errorMessage, true, true, 'coordinators.errorMessage');
  w.uvarint(0);
};

export interface FindCoordinatorResponse {
  readonly throttleTimeMs: number;
  readonly errorCode?: number | undefined;
  readonly errorMessage?: string | null | undefined;
  readonly nodeId?: number | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly coordinators?: readonly FindCoordinatorResponseCoordinator[] | undefined;
}
const decodeFindCoordinatorResponse = (r: MessageReader, v: number): FindCoordinatorResponse => {
  const flex = v >= 3;
  const throttleTimeMs = v >= 1 ? r.int32('throttleTimeMs') : 0;
  const errorCode = v <= 3 ? r.int16('errorCode') : 0;
  const errorMessage = v >= 1 && v <= 3 ? r.nullableString(flex, 'errorMessage') : '';
  const nodeId = v <= 3 ? r.int32('nodeId') : 0;
  const host = v <= 3 ? r.string(flex, 'host') : '';
  const port = v <= 3 ? r.int32('port') : 0;
  let coordinators: readonly FindCoordinatorResponseCoordinator[] = [];
  if (v >= 4) {
    const count = r.arrayLength(flex, 13, 'coordinators');
    const list = newList<FindCoordinatorResponseCoordinator>(count);
    for (let i = 0; i < count; i++) list[i] = decodeFindCoordinatorResponseCoordinator(r, v);
    coordinators = list;
  }
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, errorMessage, nodeId, host, port, coordinators };
};
const encodeFindCoordinatorResponse = (w: MessageWriter, v: number, m: FindCoordinatorResponse): void => {
  const flex = v >= 3;
  if (v >= 1) w.int32(m.throttleTimeMs, 'throttleTimeMs');
  if (v <= 3) w.int16(m.errorCode ?? 0, 'errorCode');
  else if (m.errorCode !== undefined && m.errorCode !== 0) throw notInVersion('errorCode', v);
  if (v >= 1 && v <= 3) w.nullableString(m.errorMessage === undefined ? '' : m.errorMessage, true, flex, 'errorMessage');
  if (v <= 3) w.int32(m.nodeId ?? 0, 'nodeId');
  else if (m.nodeId !== undefined && m.nodeId !== 0) throw notInVersion('nodeId', v);
  if (v <= 3) w.string(m.host ?? '', flex, 'host');
  else if (m.host !== undefined && m.host !== '') throw notInVersion('host', v);
  if (v <= 3) w.int32(m.port ?? 0, 'port');
  else if (m.port !== undefined && m.port !== 0) throw notInVersion('port', v);
  if (v >= 4) {
    const coordinators = m.coordinators ?? [];
    w.arrayLength(coordinators.length, flex);
    for (const each of coordinators) encodeFindCoordinatorResponseCoordinator(w, v, each);
  }
  else if (m.coordinators !== undefined && m.coordinators.length > 0) throw notInVersion('coordinators', v);
  if (flex) w.uvarint(0);
};

export const findCoordinatorApi: Api<FindCoordinatorRequest, FindCoordinatorResponse> = {
  key: 10,
  name: 'FindCoordinator',
  firstVersion: 0,
  lastVersion: 6,
  firstFlexibleVersion: 3,
  decodeRequest: decodeFindCoordinatorRequest,
  encodeRequest: encodeFindCoordinatorRequest,
  decodeResponse: decodeFindCoordinatorResponse,
  encodeResponse: encodeFindCoordinatorResponse,
};
