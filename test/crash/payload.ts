import { createHash } from 'node:crypto';

/**
 * The value of each record follows from its id, so that whoever sees the record can tell whether a single byte of it
 * has changed: JSON, text beyond ASCII, or bytes that are no text, of a few dozen bytes to a few KiB.
 */
export function payloadOf(
  id: string,
): { readonly json: object } | { readonly text: string } | { readonly bytes: Buffer } {
  const digest = createHash('sha256').update(id).digest();
  const size = digest[1]! < 16 ? digest[2]! * 16 : digest[2]!;
  const filler = digest
    .toString('hex')
    .repeat(1 + Math.floor(size / 64))
    .slice(0, size);
  switch (digest[0]! % 3) {
    case 0:
      return { json: { id, filler } };
    case 1:
      return { text: `${id} – größer, 大きい ${filler}` };
    default:
      return { bytes: Buffer.concat([Buffer.from(id), Buffer.from([0, 255, 254]), digest, Buffer.from(filler)]) };
  }
}

/** The payload as it is stored. */
export function bytesOf(id: string): Buffer {
  const payload = payloadOf(id);
  if ('json' in payload) return Buffer.from(JSON.stringify(payload.json));
  return 'text' in payload ? Buffer.from(payload.text) : payload.bytes;
}

/** How the payload is written in a produce request. */
export function inputOf(id: string): { readonly value: unknown; readonly valueEncoding?: 'base64' } {
  const payload = payloadOf(id);
  if ('json' in payload) return { value: payload.json };
  if ('text' in payload) return { value: payload.text };
  return { value: payload.bytes.toString('base64'), valueEncoding: 'base64' };
}

/** A value as the server gives it: its id, and whether it is what was produced. */
export function judgePayload(
  value: unknown,
  encoding: string | null,
): { readonly id: string; readonly intact: boolean } {
  const given =
    encoding === 'json'
      ? Buffer.from(JSON.stringify(value))
      : Buffer.from(typeof value === 'string' ? value : '', encoding === 'base64' ? 'base64' : 'utf8');
  return judgeBytes(given);
}

/** The same of the bytes themselves. */
export function judgeBytes(given: Buffer): { readonly id: string; readonly intact: boolean } {
  const id = /[\w.-]+:\d+:\d+/.exec(given.subarray(0, 100).toString('latin1'))?.[0] ?? '?';
  return { id, intact: given.equals(bytesOf(id)) };
}
