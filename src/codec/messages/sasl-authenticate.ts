// Generated from src/codec/definitions/SaslAuthenticate*.json by `npm run messages`; edit neither.

import { noBytes } from '../api.ts';
import type { Api, Sparse } from '../api.ts';
import type { MessageReader } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';

export interface SaslAuthenticateRequest {
  readonly authBytes: Uint8Array;
}
const decodeSaslAuthenticateRequest = (r: MessageReader, v: number): SaslAuthenticateRequest => {
  const flex = v >= 2;
  const authBytes = r.bytesView(flex, 'authBytes');
  if (flex) r.skipTags('taggedFields');
  return { authBytes };
};
const encodeSaslAuthenticateRequest = (w: MessageWriter, v: number, m: Sparse<SaslAuthenticateRequest>): void => {
  const flex = v >= 2;
  w.bytes(m.authBytes ?? noBytes, false, flex, 'authBytes');
  if (flex) w.uvarint(0);
};

export interface SaslAuthenticateResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly authBytes: Uint8Array;
  readonly sessionLifetimeMs?: number | undefined;
}
const decodeSaslAuthenticateResponse = (r: MessageReader, v: number): SaslAuthenticateResponse => {
  const flex = v >= 2;
  const errorCode = r.int16('errorCode');
  const errorMessage = r.nullableString(flex, 'errorMessage');
  const authBytes = r.bytesView(flex, 'authBytes');
  const sessionLifetimeMs = v >= 1 ? r.int64('sessionLifetimeMs') : 0;
  if (flex) r.skipTags('taggedFields');
  return { errorCode, errorMessage, authBytes, sessionLifetimeMs };
};
const encodeSaslAuthenticateResponse = (w: MessageWriter, v: number, m: SaslAuthenticateResponse): void => {
  const flex = v >= 2;
  w.int16(m.errorCode, 'errorCode');
  w.nullableString(m.errorMessage, true, flex, 'errorMessage');
  w.bytes(m.authBytes, false, flex, 'authBytes');
  if (v >= 1) w.int64(m.sessionLifetimeMs ?? 0, 'sessionLifetimeMs');
  if (flex) w.uvarint(0);
};

export const saslAuthenticateApi: Api<SaslAuthenticateRequest, SaslAuthenticateResponse> = {
  key: 36,
  name: 'SaslAuthenticate',
  firstVersion: 0,
  lastVersion: 2,
  firstFlexibleVersion: 2,
  decodeRequest: decodeSaslAuthenticateRequest,
  encodeRequest: encodeSaslAuthenticateRequest,
  decodeResponse: decodeSaslAuthenticateResponse,
  encodeResponse: encodeSaslAuthenticateResponse,
};
