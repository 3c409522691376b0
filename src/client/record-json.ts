import type { NewRecord, ValueEncoding } from './api.ts';

/** A record to produce; bytes may come as they are. */
export interface ProducerRecord extends Omit<NewRecord, 'key' | 'value'> {
  /** A string is its UTF-8 bytes, a Uint8Array its bytes, any other value its JSON; null or absent is Kafka's null. */
  readonly key?: unknown;
  /** As `key`. */
  readonly value?: unknown;
}

/**
 * The record as the API takes it.
 *
 * @throws TypeError for what JSON does not have, such as a bigint, NaN, a function or a cycle
 */
export const recordJson = (record: ProducerRecord): string => {
  const { key, keyEncoding, value, valueEncoding, ...rest } = record;
  return JSON.stringify({
    ...rest,
    ...member('key', key, keyEncoding),
    ...member('value', value, valueEncoding),
  });
};

const member = (name: 'key' | 'value', value: unknown, encoding: ValueEncoding | null | undefined): object => {
  if (value instanceof Uint8Array) return { [name]: base64Of(value), [`${name}Encoding`]: 'base64' };
  const isNoNumber = typeof value === 'number' && !Number.isFinite(value);
  if (typeof value === 'function' || typeof value === 'symbol' || isNoNumber) {
    const what = isNoNumber ? String(value) : `a ${typeof value}`;
    throw new TypeError(`the ${name} of a record is ${what}; it must be a string, bytes, or what JSON can say`);
  }
  return { [name]: value, ...(encoding === undefined ? {} : { [`${name}Encoding`]: encoding }) };
};

const base64Of = (bytes: Uint8Array): string => {
  let text = '';
  // As many at once as a call takes arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
};
