// Generated from src/codec/definitions/InitProducerId*.json by `npm run messages`; edit neither.

import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import { notInVersion } from '../message-writer.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface InitProducerIdRequest {
  readonly transactionalId: string | null;
  readonly transactionTimeoutMs: number;
  readonly producerId: number;
  readonly producerEpoch: number;
}
const decodeInitProducerIdRequest = (r: MessageReader, v: number): InitProducerIdRequest => {
  const flex = v >= 2;
  const transactionalId = r.nullableString(flex, 'transactionalId');
  const transactionTimeoutMs = r.int32('transactionTimeoutMs');
  const producerId = v >= 3 ? r.int64('producerId') : -1;
  const producerEpoch = v >= 3 ? r.int16('producerEpoch') : -1;
  if (flex) r.skipTags('taggedFields');
  return { transactionalId, transactionTimeoutMs, producerId, producerEpoch };
};
const encodeInitProducerIdRequest = (w: MessageWriter, v: number, m: Sparse<InitProducerIdRequest>): void => {
  const flex = v >= 2;
  w.nullableString(m.transactionalId === undefined ? '' : m.transactionalId, true, flex, 'transactionalId');
  w.int32(m.transactionTimeoutMs ?? 0, 'transactionTimeoutMs');
  if (v >= 3) w.int64(m.producerId ?? -1, 'producerId');
  else if (m.producerId !== undefined && m.producerId !== -1) throw notInVersion('producerId', v);
  if (v >= 3) w.int16(m.producerEpoch ?? -1, 'producerEpoch');
  else if (m.producerEpoch !== undefined && m.producerEpoch !== -1) throw notInVersion('producerEpoch', v);
  if (flex) w.uvarint(0);
};

export interface InitProducerIdResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly producerId?: number | undefined;
  readonly producerEpoch: number;
}
const decodeInitProducerIdResponse = (r: MessageReader, v: number): InitProducerIdResponse => {
  const flex = v >= 2;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  const producerId = r.int64('producerId');
  const producerEpoch = r.int16('producerEpoch');
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, producerId, producerEpoch };
};
const encodeInitProducerIdResponse = (w: MessageWriter, v: number, m: InitProducerIdResponse): void => {
  const flex = v >= 2;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  w.int64(m.producerId ?? -1, 'producerId');
  w.int16(m.producerEpoch, 'producerEpoch');
  if (flex) w.uvarint(0);
};

export const initProducerIdApi: Api<InitProducerIdRequest, InitProducerIdResponse> = {
  key: 22,
  name: 'InitProducerId',
  firstVersion: 0,
  lastVersion: 5,
  firstFlexibleVersion: 2,
  decodeRequest: decodeInitProducerIdRequest,
  encodeRequest: encodeInitProducerIdRequest,
  decodeResponse: decodeInitProducerIdResponse,
  encodeResponse: encodeInitProducerIdResponse,
};
