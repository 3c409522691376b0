import { crc32c } from '@node-rs/crc32';

import { writeVarlong } from '../../src/codec/bytes.ts';
import type { NewBatch } from '../../src/ports/record-log.ts';

export interface BatchOptions {
  readonly offsets?: number;
  readonly sizeBytes?: number;
  readonly baseTimestampMs?: number;
  readonly maxTimestampMs?: number;
  readonly fill?: number;
}

/**
 * A batch with a valid v2 header and CRC. Its records are `fill` bytes that are no records: the log must not look
 * inside.
 */
export function newBatch(
  options: {
    readonly offsets?: number;
    readonly sizeBytes?: number;
    readonly baseTimestampMs?: number;
    readonly maxTimestampMs?: number;
    readonly fill?: number;
    readonly producer?: { readonly producerId: number; readonly producerEpoch: number; readonly baseSequence: number };
  } = {},
): NewBatch {
  const { offsets: offsetCount = 1, sizeBytes = 100, baseTimestampMs = 1_700_000_000_000, fill = 7 } = options;
  const maxTimestampMs = options.maxTimestampMs ?? baseTimestampMs;
  const bytes = new Uint8Array(sizeBytes).fill(fill);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, 0n); // base offset: the log's to set
  view.setInt32(8, sizeBytes - 12);
  view.setInt32(12, -1); // partition leader epoch: the log's to set
  view.setInt8(16, 2); // magic
  view.setInt16(21, 0); // attributes
  view.setInt32(23, offsetCount - 1);
  view.setBigInt64(27, BigInt(baseTimestampMs));
  view.setBigInt64(35, BigInt(maxTimestampMs));
  view.setBigInt64(43, BigInt(options.producer?.producerId ?? -1));
  view.setInt16(51, options.producer?.producerEpoch ?? -1);
  view.setInt32(53, options.producer?.baseSequence ?? -1);
  view.setInt32(57, offsetCount);
  view.setUint32(17, crc32c(bytes.subarray(21)));
  return { bytes, offsetCount, baseTimestampMs, maxTimestampMs };
}

/** The same with a record for each offset, which a real broker wants; larger where they do not fit. The last one has the greatest time. */
export function newBatchOfRecords(options: BatchOptions = {}): NewBatch {
  const { offsets = 1, sizeBytes = 100, fill = 7 } = options;
  const empty = recordsOf(options, 0);
  let paddingBytes = Math.max(0, sizeBytes - 61 - empty.length);
  // The lengths take more bytes when they are larger.
  while (paddingBytes > 0 && 61 + recordsOf(options, paddingBytes).length > sizeBytes) paddingBytes--;
  const records = recordsOf(options, paddingBytes);
  const batch = newBatch({ ...options, offsets, fill, sizeBytes: 61 + records.length });
  batch.bytes.set(records, 61);
  new DataView(batch.bytes.buffer).setUint32(17, crc32c(batch.bytes.subarray(21)));
  return batch;
}

function recordsOf(
  { offsets = 1, baseTimestampMs = 0, maxTimestampMs = baseTimestampMs, fill = 7 }: BatchOptions,
  paddingBytes: number,
): Uint8Array {
  const varint = (value: number): number[] => {
    const bytes = new Uint8Array(10);
    return [...bytes.subarray(0, writeVarlong(bytes, 0, value))];
  };
  const records = Array.from({ length: offsets }, (_, index) => {
    const isLast = index === offsets - 1;
    const value = isLast ? Array.from({ length: paddingBytes }, () => fill) : [];
    const timestampDelta = isLast ? maxTimestampMs - baseTimestampMs : 0;
    const body = [0, ...varint(timestampDelta), ...varint(index), ...varint(-1), ...varint(value.length), ...value, 0];
    return [...varint(body.length), ...body];
  });
  return Uint8Array.from(records.flat());
}

export const baseOffsetIn = (bytes: Uint8Array): number =>
  Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0));
