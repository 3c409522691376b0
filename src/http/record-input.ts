import type { NewRecord, RecordHeader } from '../codec/record-batch.ts';
import type { HttpLimits } from './http-settings.ts';
import { shown } from './invalid-input.ts';
import { memberRanges } from './json-text.ts';
import type { TextRange } from './json-text.ts';
import { refuse } from './problem.ts';
import type { Answered } from './problem.ts';
import type { RecordInput } from './schemas/records.ts';
import { withTrace } from './tracing.ts';
import { base64Bytes, textBytes, valueBytes } from './value-encoding.ts';
import type { ValueEncoding } from './value-encoding.ts';

/** A record as it came, ready for a batch. */
export interface IncomingRecord extends NewRecord {
  /** null: to be chosen. */
  readonly partition: number | null;
}

/** What holds for all records of a request. */
export interface RecordContext {
  /** For records that say none of their own; null: a string is its bytes, anything else its JSON text. */
  readonly encoding: ValueEncoding | null;
  readonly limits: Pick<HttpLimits, 'recordHeaderMaxBytes' | 'recordMaxHeaders'>;
  /** Wall clock, ms: the time of records that have none. */
  readonly nowMs: number;
  /** For records that belong to no trace of their own. */
  readonly trace: readonly RecordHeader[];
}

/** Kafka's `message.timestamp.after.max.ms`: a time further ahead would keep the record from ever being too old. */
const maxAheadMs = 3_600_000;

/**
 * Makes a record of checked input. `text` is the JSON text that holds the record, at `range` or as a whole; it is looked
 * at only when a key or value is passed on as JSON. `path` goes before the names of fields in messages.
 */
export const recordOf = (
  input: RecordInput,
  text: string,
  range: TextRange | undefined,
  path: string,
  context: RecordContext,
): Answered<IncomingRecord> => {
  let ranges: readonly (TextRange | undefined)[] | undefined;
  const sourceText = (index: number): string => {
    ranges ??= memberRanges(text, ['key', 'value'], range);
    const at = ranges[index]!;
    return text.slice(at.start, at.end);
  };
  const key = valueBytes(input.key, input.keyEncoding ?? context.encoding, `${path}key`, () => sourceText(0));
  if (!key.ok) return key;
  const value = valueBytes(input.value, input.valueEncoding ?? context.encoding, `${path}value`, () => sourceText(1));
  if (!value.ok) return value;
  const headers = headersOf(input.headers, path, context);
  if (!headers.ok) return headers;
  const timestampMs = input.timestamp ?? context.nowMs;
  if (timestampMs > context.nowMs + maxAheadMs) {
    return refuse(
      'INVALID_REQUEST',
      `${path}timestamp is ${timestampMs}; the greatest is one hour from now, ${context.nowMs + maxAheadMs}`,
      `${path}timestamp`,
    );
  }
  return {
    ok: true,
    value: {
      partition: input.partition ?? null,
      key: key.value,
      value: value.value,
      headers: withTrace(headers.value, context.trace),
      timestampMs,
    },
  };
};

const noHeaders: readonly RecordHeader[] = [];

const headersOf = (input: unknown, path: string, context: RecordContext): Answered<readonly RecordHeader[]> => {
  if (input === undefined || input === null) return { ok: true, value: noHeaders };
  const field = `${path}headers`;
  if (typeof input !== 'object') {
    return refuse('INVALID_REQUEST', `${field} is ${shown(input)}; it must be an object or an array`, field);
  }
  const { recordMaxHeaders } = context.limits;
  const entries = Array.isArray(input) ? input.length : Object.keys(input).length;
  if (entries > recordMaxHeaders) {
    return refuse('MESSAGE_TOO_LARGE', `${field} has ${entries} entries; the most is ${recordMaxHeaders}`, field);
  }
  const headers: RecordHeader[] = [];
  if (Array.isArray(input)) {
    for (const [index, entry] of (input as readonly unknown[]).entries()) {
      const header = headerOfEntry(entry, `${field}[${index}]`, context);
      if (!header.ok) return header;
      headers.push(header.value);
    }
  } else {
    for (const [key, value] of Object.entries(input)) {
      const header = headerOf(key, value, null, `${field}.${key}`, context);
      if (!header.ok) return header;
      headers.push(header.value);
    }
  }
  return { ok: true, value: headers };
};

const headerOfEntry = (entry: unknown, field: string, context: RecordContext): Answered<RecordHeader> => {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return refuse('INVALID_REQUEST', `${field} is ${shown(entry)}; it must be {"key","value","encoding"}`, field);
  }
  for (const name of Object.keys(entry)) {
    if (name !== 'key' && name !== 'value' && name !== 'encoding') {
      return refuse('INVALID_REQUEST', `${field}.${name} is not a field of a header`, `${field}.${name}`);
    }
  }
  const { key, value, encoding } = entry as Record<string, unknown>;
  if (typeof key !== 'string') {
    return refuse('INVALID_REQUEST', `${field}.key is ${shown(key)}; it must be a string`, `${field}.key`);
  }
  if (encoding !== undefined && encoding !== null && encoding !== 'text' && encoding !== 'base64') {
    return refuse(
      'INVALID_REQUEST',
      `${field}.encoding is ${shown(encoding)}; possible are "text", "base64"`,
      `${field}.encoding`,
    );
  }
  return headerOf(key, value, encoding ?? null, `${field}.value`, context);
};

const headerOf = (
  key: string,
  value: unknown,
  encoding: 'text' | 'base64' | null,
  field: string,
  context: RecordContext,
): Answered<RecordHeader> => {
  if (!key.isWellFormed()) return refuse('INVALID_REQUEST', `the name of ${field} has half a surrogate pair`, field);
  if (value === null || value === undefined) return { ok: true, value: { key, value: null } };
  if (typeof value !== 'string') {
    return refuse('INVALID_REQUEST', `${field} is ${shown(value)}; a header's value is a string or null`, field);
  }
  const bytes = encoding === 'base64' ? base64Bytes(value, field) : textBytes(value, field);
  if (!bytes.ok) return bytes;
  const sizeBytes = bytes.value.length + Buffer.byteLength(key);
  const { recordHeaderMaxBytes } = context.limits;
  return sizeBytes > recordHeaderMaxBytes
    ? refuse(
        'MESSAGE_TOO_LARGE',
        `${field} has ${sizeBytes} bytes with its name; the most is ${recordHeaderMaxBytes}`,
        field,
      )
    : { ok: true, value: { key, value: bytes.value } };
};
