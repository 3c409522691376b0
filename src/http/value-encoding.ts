import { isUtf8 } from 'node:buffer';
import type { RecordHeader } from '../codec/record-batch.ts';
import { isJsonContainer, parses } from './json-text.ts';
import { refuse } from './problem.ts';
import type { Answered } from './problem.ts';

/**
 * How the bytes of keys, values and headers stand in JSON. Bytes are never changed on the way: JSON is embedded as the
 * text that is stored, text only when it is valid UTF-8, anything else as base64. What is written always says which.
 */
export const valueEncodings = ['text', 'json', 'base64'] as const;
export type ValueEncoding = (typeof valueEncodings)[number];

/** `auto`: an object or array is JSON, other UTF-8 is text (a number too: 20 digits must not become a float). */
export const wantedEncodings = ['auto', ...valueEncodings] as const;
export type WantedEncoding = (typeof wantedEncodings)[number];

const asBuffer = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What decoding puts in the place of bytes that are no UTF-8; or it was written there. */
const replacement = '\ufffd';

/** undefined where the bytes are no UTF-8. */
export const utf8Text = (bytes: Uint8Array): string | undefined => {
  const buffer = asBuffer(bytes);
  const text = buffer.toString('utf8');
  return text.includes(replacement) && !isUtf8(buffer) ? undefined : text;
};

/**
 * The members `"<name>":…,"<name>Encoding":…` of a JSON object. An encoding that is not possible gives way: `json` to
 * `text` where the bytes are no JSON (or a bare `null`, which would read as no value at all), `text` to `base64` where
 * they are no UTF-8. A record that was acquired must not become an error.
 */
export const valueMembers = (name: 'key' | 'value', bytes: Uint8Array | null, wanted: WantedEncoding): string => {
  if (bytes === null) return `"${name}":null,"${name}Encoding":null`;
  const text = wanted === 'base64' ? undefined : utf8Text(bytes);
  if (text === undefined) return `"${name}":"${asBuffer(bytes).toString('base64')}","${name}Encoding":"base64"`;
  const isJson =
    wanted === 'auto' ? isJsonContainer(text) : wanted === 'json' && parses(text) && text.trim() !== 'null';
  return isJson
    ? `"${name}":${text},"${name}Encoding":"json"`
    : `"${name}":${JSON.stringify(text)},"${name}Encoding":"text"`;
};

/** A record's headers as a JSON array. Their values are text or base64, never JSON. */
export const headersText = (headers: readonly RecordHeader[], wanted: WantedEncoding): string => {
  if (headers.length === 0) return '[]';
  const parts = headers.map(({ key, value }) => {
    const name = `{"key":${JSON.stringify(key)},"value":`;
    if (value === null) return `${name}null,"encoding":null}`;
    const text = wanted === 'base64' ? undefined : utf8Text(value);
    return text === undefined
      ? `${name}"${asBuffer(value).toString('base64')}","encoding":"base64"}`
      : `${name}${JSON.stringify(text)},"encoding":"text"}`;
  });
  return `[${parts.join(',')}]`;
};

/**
 * The bytes of a value that came in JSON. `sourceText` gives the text it had in the request; it is asked for only where the
 * bytes are that text. `encoding` null: a string is its UTF-8 bytes, any other value its JSON text.
 */
export const valueBytes = (
  value: unknown,
  encoding: ValueEncoding | null,
  field: string,
  sourceText: () => string,
): Answered<Uint8Array | null> => {
  if (value === null || value === undefined) return nothing;
  if (encoding === 'json' || (encoding === null && typeof value !== 'string')) {
    return { ok: true, value: Buffer.from(sourceText()) };
  }
  if (typeof value !== 'string') {
    return refuse(
      'INVALID_REQUEST',
      `${field} is a ${typeof value}; with the encoding ${encoding} it must be a string`,
      field,
    );
  }
  return encoding === 'base64' ? base64Bytes(value, field) : textBytes(value, field);
};

const nothing: Answered<null> = { ok: true, value: null };

/** UTF-8, and not half a surrogate pair, which has no UTF-8. */
export const textBytes = (text: string, field: string): Answered<Uint8Array> =>
  text.isWellFormed()
    ? { ok: true, value: Buffer.from(text) }
    : refuse(
        'INVALID_REQUEST',
        `${field} has half a surrogate pair, which UTF-8 cannot write; send bytes as base64`,
        field,
      );

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const base64Bytes = (text: string, field: string): Answered<Uint8Array> =>
  base64Pattern.test(text)
    ? { ok: true, value: Buffer.from(text, 'base64') }
    : refuse('INVALID_REQUEST', `${field} is not base64 (RFC 4648, with + / and padding)`, field);
