// Generated from src/codec/definitions/SaslHandshake*.json by `npm run messages`; edit neither.

import { newList } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface SaslHandshakeRequest {
  readonly mechanism: string;
}
const decodeSaslHandshakeRequest = (r: MessageReader, _v: number): SaslHandshakeRequest => {
  const mechanism = r.string(false, 'mechanism');
  return { mechanism };
};
const encodeSaslHandshakeRequest = (w: MessageWriter, _v: number, m: Sparse<SaslHandshakeRequest>): void => {
  w.string(m.mechanism ?? '', false, 'mechanism');
};

export interface SaslHandshakeResponse {
  readonly errorCode: number;
  readonly mechanisms: readonly string[];
}
const decodeSaslHandshakeResponse = (r: MessageReader, _v: number): SaslHandshakeResponse => {
  const errorCode = r.int16('errorCode');
  const mechanismsCount = r.arrayLength(false, 1, 'mechanisms');
  const mechanisms = newList<string>(mechanismsCount);
  for (let i = 0; i < mechanismsCount; i++) mechanisms[i] = r.string(false, 'mechanisms');
  return { errorCode, mechanisms };
};
const encodeSaslHandshakeResponse = (w: MessageWriter, _v: number, m: SaslHandshakeResponse): void => {
  w.int16(m.errorCode, 'errorCode');
  const mechanisms = m.mechanisms;
  w.arrayLength(mechanisms.length, false);
  for (const each of mechanisms) w.string(each, false, 'mechanisms');
};

export const saslHandshakeApi: Api<SaslHandshakeRequest, SaslHandshakeResponse> = {
  key: 17,
  name: 'SaslHandshake',
  firstVersion: 0,
  lastVersion: 1,
  firstFlexibleVersion: Infinity,
  decodeRequest: decodeSaslHandshakeRequest,
  encodeRequest: encodeSaslHandshakeRequest,
  decodeResponse: decodeSaslHandshakeResponse,
  encodeResponse: encodeSaslHandshakeResponse,
};
