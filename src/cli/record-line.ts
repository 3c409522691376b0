import { isUtf8 } from 'node:buffer';
import type { RecordHeader, StoredRecord } from '../client/api.ts';

/** @param base64 a key or value that was asked for as base64; null is Kafka's null, and has no bytes */
export const bytesOf = (base64: unknown): Buffer => Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64');

/**
 * A record on one line of JSON, as the HTTP API writes it with `encoding=auto`. JSON that was stored is embedded as its text:
 * reading and writing it again would change numbers that are larger than a double can tell.
 *
 * @param record with key, value and headers as base64
 */
export function recordLine({ topic, partition, offset, timestamp, key, value, headers }: StoredRecord): string {
  const place = `{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":${offset},"timestamp":${timestamp}`;
  return `${place},${member('key', key)},${member('value', value)},"headers":${JSON.stringify(headers.map(headerAsText))}}`;
}

function headerAsText({ key, value, encoding }: RecordHeader): RecordHeader {
  if (value === null || encoding !== 'base64') return { key, value, encoding };
  const bytes = bytesOf(value);
  return isUtf8(bytes) ? { key, value: bytes.toString(), encoding: 'text' } : { key, value, encoding };
}

function member(name: string, base64: unknown): string {
  const named = (text: string, encoding: string): string => `"${name}":${text},"${name}Encoding":${encoding}`;
  if (base64 === null) return named('null', 'null');
  const bytes = bytesOf(base64);
  if (!isUtf8(bytes)) return named(JSON.stringify(base64), '"base64"');
  const text = bytes.toString();
  // Line ends stand between JSON's tokens only; in its strings they are escaped.
  return isContainer(text) ? named(text.replaceAll(/[\r\n]+/g, ' '), '"json"') : named(JSON.stringify(text), '"text"');
}

function isContainer(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
