import { gzipSync } from 'node:zlib';
import { encodeBatch } from '../../src/codec/record-batch.ts';
import type { BatchToEncode } from '../../src/codec/record-batch.ts';
import { rebuild } from '../codec/compressed-batch.ts';

/** One batch with a record for each text, as a producer sends it. */
export const batchOf = (
  texts: readonly string[],
  more: Omit<Partial<BatchToEncode>, 'records'> & { readonly timestampsMs?: readonly number[] } = {},
): Uint8Array => {
  const { timestampsMs, ...rest } = more;
  const records = texts.map((text, i) => ({
    key: null,
    value: new TextEncoder().encode(text),
    headers: [],
    timestampMs: timestampsMs?.[i] ?? 1_700_000_000_000,
  }));
  return encodeBatch({ records, ...rest }).bytes;
};

/** The same with its records compressed. */
export const gzipped = (batch: Uint8Array): Uint8Array =>
  rebuild(batch, { records: gzipSync(batch.subarray(61)), attributes: 1 });
