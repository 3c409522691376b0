import { createHmac, timingSafeEqual } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';

/**
 * How one node's call of another is written: an HTTP request whose body is a method and its arguments, and an answer that is a result,
 * both as V8 serializes plain data. Both carry a MAC made with the cluster's secret, so that nothing is deserialized, and no answer
 * believed, that another node of the same cluster did not write.
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
  /** Made anew for each call; by it a caller takes it back. */
  readonly callId: string;
}

export const callHeader = 'x-sash-call';
export const answerHeader = 'x-sash-answer';

/** A method and its arguments, or a result. */
export const encodeBody = (value: unknown): Buffer => serialize(value);
export const decodeBody = (body: Uint8Array): unknown => deserialize(body);

const macOf = (secret: Uint8Array, head: string, body: Uint8Array): Buffer =>
  createHmac('sha256', secret).update(head).update('\n').update(body).digest();

const headText = ({ to, from, clusterId, atMs, callId }: CallHead): string =>
  [to, from, clusterId, atMs, callId].join(' ');

/** The header of a call with this body. */
export const sealCall = (secret: Uint8Array, head: CallHead, body: Uint8Array): string => {
  const text = headText(head);
  return `${text} ${macOf(secret, text, body).toString('base64url')}`;
};

/** What a call says about itself; undefined where it is not one, or the MAC is not ours. */
export const openCall = (secret: Uint8Array, header: unknown, body: Uint8Array): CallHead | undefined => {
  const parts = typeof header === 'string' ? header.split(' ') : [];
  const [to, from, clusterId = '', atMs, callId = '', mac = ''] = parts;
  if (parts.length !== 6) return undefined;
  const head = { to: Number(to), from: Number(from), clusterId, atMs: Number(atMs), callId };
  return isMac(mac, macOf(secret, headText(head), body)) ? head : undefined;
};

/** The header of the answer to a call. */
export const sealAnswer = (secret: Uint8Array, callId: string, body: Uint8Array): string =>
  macOf(secret, `answer ${callId}`, body).toString('base64url');

export const isAnswerOf = (secret: Uint8Array, callId: string, header: unknown, body: Uint8Array): boolean =>
  typeof header === 'string' && isMac(header, macOf(secret, `answer ${callId}`, body));

const isMac = (text: string, mac: Buffer): boolean => {
  const given = Buffer.from(text, 'base64url');
  return given.length === mac.length && timingSafeEqual(given, mac);
};
