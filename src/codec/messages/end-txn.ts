// Generated from src/codec/definitions/EndTxn*.json by `npm run messages`; edit neither.

import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface EndTxnRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly committed: boolean;
}
const decodeEndTxnRequest = (r: MessageReader, v: number): EndTxnRequest => {
  const flex = v >= 3;
  const transactionalId = r.string(flex, 'transactionalId');
  const producerId = r.int64('producerId');
  const producerEpoch = r.int16('producerEpoch');
  const committed = r.bool('committed');
  if (flex) r.skipTags('taggedFields');
  return { transactionalId, producerId, producerEpoch, committed };
};
const encodeEndTxnRequest = (w: MessageWriter, v: number, m: Sparse<EndTxnRequest>): void => {
  const flex = v >= 3;
  w.string(m.transactionalId ?? '', flex, 'transactionalId');
  w.int64(m.producerId ?? 0, 'producerId');
  w.int16(m.producerEpoch ?? 0, 'producerEpoch');
  w.bool(m.committed ?? false);
  if (flex) w.uvarint(0);
};

export interface EndTxnResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly producerId?: number | undefined;
  readonly producerEpoch?: number | undefined;
}
const decodeEndTxnResponse = (r: MessageReader, v: number): EndTxnResponse => {
  const flex = v >= 3;
  const throttleTimeMs = r.int32('throttleTimeMs');
  const errorCode = r.int16('errorCode');
  const producerId = v >= 5 ? r.int64('producerId') : -1;
  const producerEpoch = v >= 5 ? r.int16('producerEpoch') : -1;
  if (flex) r.skipTags('taggedFields');
  return { throttleTimeMs, errorCode, producerId, producerEpoch };
};
const encodeEndTxnResponse = (w: MessageWriter, v: number, m: EndTxnResponse): void => {
  const flex = v >= 3;
  w.int32(m.throttleTimeMs, 'throttleTimeMs');
  w.int16(m.errorCode, 'errorCode');
  if (v >= 5) w.int64(m.producerId ?? -1, 'producerId');
  if (v >= 5) w.int16(m.producerEpoch ?? -1, 'producerEpoch');
  if (flex) w.uvarint(0);
};

export const endTxnApi: Api<EndTxnRequest, EndTxnResponse> = {
  key: 26,
  name: 'EndTxn',
  firstVersion: 0,
  lastVersion: 5,
  firstFlexibleVersion: 3,
  decodeRequest: decodeEndTxnRequest,
  encodeRequest: encodeEndTxnRequest,
  decodeResponse: decodeEndTxnResponse,
  encodeResponse: encodeEndTxnResponse,
};
