import { crc32c } from '@node-rs/crc32';

/** Offsets of fields in the header of a record batch v2. */
export const headerAt = {
  batchLength: 8,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  recordsCount: 57,
  records: 61,
};

/** `bytes` with its records part replaced, the codec and the other header fields set, and the length and CRC made right again. */
export const rebuild = (
  bytes: Uint8Array,
  changes: { records?: Uint8Array; attributes?: number; lastOffsetDelta?: number; recordsCount?: number },
): Buffer => {
  const copy = Buffer.concat([
    bytes.subarray(0, headerAt.records),
    changes.records ?? bytes.subarray(headerAt.records),
  ]);
  copy.writeInt32BE(copy.length - 12, headerAt.batchLength);
  if (changes.attributes !== undefined) copy.writeInt16BE(changes.attributes, headerAt.attributes);
  if (changes.lastOffsetDelta !== undefined) copy.writeInt32BE(changes.lastOffsetDelta, headerAt.lastOffsetDelta);
  if (changes.recordsCount !== undefined) copy.writeInt32BE(changes.recordsCount, headerAt.recordsCount);
  copy.writeUInt32BE(crc32c(copy.subarray(headerAt.attributes)), headerAt.crc);
  return copy;
};

/** What snappy-java writes: its header, then raw blocks behind their lengths. */
export const xerialStream = (blocks: readonly Uint8Array[]): Buffer => {
  const parts: Uint8Array[] = [Buffer.from('82534e41505059000000000100000001', 'hex')];
  for (const block of blocks) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
};
