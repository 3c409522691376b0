// Generated from src/codec/definitions/AddOffsetsToTxn*.json by `npm run messages`; edit neither.

import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface AddOffsetsToTxnRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly groupId: string;
}
const decodeAddOffsetsToTxnRequest = (r: MessageReader, v: number): AddOffsetsToTxnRequest => {
  const flex = v >= 3;
  const transactionalId = r.string(flex, 'transactionalId');
  const producerId = r.int64('producerId');
  const producerEpoch = r.int16('producerEpoch');
  const groupId = r.string(flex, 'groupId');
  if (flex) r.skipTags('taggedFields');
  return { transactionalId, producerId, producerEpoch, groupId };
};
const encodeAddOffsetsToTxnRequest = (w: MessageWriter, v: number, m: Sparse<AddOffsetsToTxnRequest>): void => {
  const flex = v >= 3;
  w.string(m.transactionalId ?? '', flex, 'transactionalId');
  w.int64(m.producerId ?? 0, 'producerId');
  w.int16(m.producerEpoch ?? 0, 'producerEpoch');
  w.string(m.groupId ?? '', flex, 'groupId');
  if (flex) w.uvarint(0);
};

export interface AddOffsetsToTxnResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
}
const decodeAddOffsetsToTxnResponse = (r: MessageReader, v: number): AddOffsetsToTxnResponse => {
  const flex = v >= 3;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode };
};
const encodeAddOffsetsToTxnResponse = (w: MessageWriter, v: number, m: AddOffsetsToTxnResponse): void => {
  const flex = v >= 3;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  if (flex) w.uvarint(0);
};

export const addOffsetsToTxnApi: Api<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse> = {
  key: 25,
  name: 'AddOffsetsToTxn',
  firstVersion: 0,
  lastVersion: 4,
  firstFlexibleVersion: 3,
  decodeRequest: decodeAddOffsetsToTxnRequest,
  encodeRequest: encodeAddOffsetsToTxnRequest,
  decodeResponse: decodeAddOffsetsToTxnResponse,
  encodeResponse: encodeAddOffsetsToTxnResponse,
};
