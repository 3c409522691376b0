import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';

/**
 * How one node's call of another is written: an HTTP request whose body is a method and its arguments, and an answer that is a result,
 * both as V8 serializes plain data. Both carry a MAC made with the cluster's secret, so that nothing is deserialized, and no answer
 * believed, that another node of the same cluster did not write. The call's is in its header, with the hash of the body: who it is from is
 * known before anything of the body is read.
 */

export const callPath = '/internal/v1/call';
export const callContentType = 'application/x-sash-call';
/** Larger than any request of a client may be, and than what one acquire may bring (`fetch.max.bytes`). */
export const callMaxBytes = 256 * 1024 * 1024;
/** A call is refused when the clocks of caller and callee are further apart: it may be one from before, sent again. */
export const maxClockDifferenceMs = 5 * 60_000;

/** What a call says about itself, in one header. */
export interface CallHead {
  /** Who is meant: `node.id`. */
  readonly to: number;
  readonly from: number;
  readonly clusterId: string;
  /** Wall clock of the caller, ms. */
  readonly atMs: number;
  /** Of no other call: `<name of the calling process>.<count>`. By it a caller takes it back. */
  readonly callId: string;
  /** SHA-256 of the body, base64url. */
  readonly bodyHash: string;
}

export const callHeader = 'x-sash-call';
export const answerHeader = 'x-sash-answer';

/** A method and its arguments, or a result. */
export const encodeBody = (value: unknown): Buffer => serialize(value);
export const decodeBody = (body: Uint8Array): unknown => deserialize(body);

const macOf = (secret: Uint8Array, head: string, body: Uint8Array): Buffer =>
  createHmac('sha256', secret).update(head).update('\n').update(body).digest();

const noBody = new Uint8Array(0);
const hashOf = (body: Uint8Array): string => createHash('sha256').update(body).digest('base64url');

const headText = ({ to, from, clusterId, atMs, callId, bodyHash }: CallHead): string =>
  ['call', to, from, clusterId, atMs, callId, bodyHash].join(' ');

/** The header of a call with this body. */
export const sealCall = (secret: Uint8Array, head: Omit<CallHead, 'bodyHash'>, body: Uint8Array): string => {
  const text = headText({ ...head, bodyHash: hashOf(body) });
  return `${text} ${macOf(secret, text, noBody).toString('base64url')}`;
};

/** What a call says about itself; undefined where it is not one, or the MAC is not ours. The body is not looked at: `isBodyOf`. */
export const openCall = (secret: Uint8Array, header: unknown): CallHead | undefined => {
  const parts = typeof header === 'string' ? header.split(' ') : [];
  const [, to, from, clusterId = '', atMs, callId = '', bodyHash = '', mac = ''] = parts;
  if (parts.length !== 8) return undefined;
  const head = { to: Number(to), from: Number(from), clusterId, atMs: Number(atMs), callId, bodyHash };
  return isMac(mac, macOf(secret, headText(head), noBody)) ? head : undefined;
};

export const isBodyOf = (head: CallHead, body: Uint8Array): boolean => hashOf(body) === head.bodyHash;

/** The header of the answer to a call. */
export const sealAnswer = (secret: Uint8Array, callId: string, body: Uint8Array): string =>
  macOf(secret, `answer ${callId}`, body).toString('base64url');

export const isAnswerOf = (secret: Uint8Array, callId: string, header: unknown, body: Uint8Array): boolean =>
  typeof header === 'string' && isMac(header, macOf(secret, `answer ${callId}`, body));

const isMac = (text: string, mac: Buffer): boolean => {
  const given = Buffer.from(text, 'base64url');
  return given.length === mac.length && timingSafeEqual(given, mac);
};
