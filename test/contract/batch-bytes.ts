import { crc32c } from '@node-rs/crc32';

import type { NewBatch } from '../../src/ports/record-log.ts';

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

export const baseOffsetIn = (bytes: Uint8Array): number =>
  Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0));
