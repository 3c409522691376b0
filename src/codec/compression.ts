/* oxlint-disable typescript/no-non-null-assertion -- every index is checked against the length before, once and not byte by byte */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { uncompressSync } from 'snappy';
import { int32At } from './bytes.ts';
import { CodecError, corrupt } from './codec-error.ts';
import { decodeLz4Frame } from './lz4-frame.ts';

export type CompressionName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

const names: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** A batch that makes more than this when decompressed is refused, unless the caller says otherwise. */
export const defaultMaxDecompressedBytes = 64 * 1024 * 1024;

/** The codec in the lowest three bits of a batch's attributes. Throws UNSUPPORTED_COMPRESSION_TYPE for 5 to 7. */
export const compressionOf = (attributes: number): CompressionName => {
  const name = names[attributes & 7];
  if (name !== undefined) return name;
  throw new CodecError(
    'UNSUPPORTED_COMPRESSION_TYPE',
    `compression type ${attributes & 7} in the batch's attributes is unknown; known are 0 to ${names.length - 1} (${names.join(', ')})`,
  );
};

/**
 * Decompresses the records of a batch. Never makes or allocates much more than `maxBytes`: beyond it, MESSAGE_TOO_LARGE.
 * Bytes that are not what the codec says they are: CORRUPT_MESSAGE. `none` gives the very bytes back.
 */
export const decompress = (compression: CompressionName, bytes: Uint8Array, maxBytes: number): Uint8Array => {
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return bounded('gzip', maxBytes, () => gunzipSync(bytes, { maxOutputLength: maxBytes }));
    case 'zstd':
      return bounded('zstd', maxBytes, () => zstdDecompressSync(bytes, { maxOutputLength: maxBytes }));
    case 'snappy':
      return decodeSnappy(bytes, maxBytes);
    default:
      return decodeLz4Frame(bytes, maxBytes);
  }
};

const tooLarge = (compression: CompressionName, maxBytes: number): CodecError =>
  new CodecError('MESSAGE_TOO_LARGE', `${compression}: more than ${maxBytes} bytes when decompressed`);

const bounded = (compression: CompressionName, maxBytes: number, run: () => Uint8Array): Uint8Array => {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(compression, maxBytes);
    }
    throw corrupt(`${compression}: the compressed records cannot be read: ${String(error)}`, error);
  }
};

/** snappy-java's stream: this header (magic, version, lowest compatible version), then blocks behind an int32 length. */
const xerialMagic = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00);
const xerialHeaderBytes = 16;

const hasXerialMagic = (bytes: Uint8Array, at: number): boolean =>
  bytes.length >= at + xerialHeaderBytes && xerialMagic.every((byte, index) => bytes[at + index] === byte);

/** Java clients send snappy-java's stream, librdkafka and franz-go one raw block; both are the same type in Kafka. */
const decodeSnappy = (bytes: Uint8Array, maxBytes: number): Uint8Array => {
  if (!hasXerialMagic(bytes, 0)) return decodeSnappyBlock(bytes, maxBytes, maxBytes);
  const blocks: Uint8Array[] = [];
  let length = 0;
  let position = 0;
  while (position < bytes.length) {
    // Streams may follow each other: snappy-java reads a header wherever a length could stand.
    if (hasXerialMagic(bytes, position)) {
      position += xerialHeaderBytes;
      continue;
    }
    if (position + 4 > bytes.length) throw corrupt(`snappy: cut at byte ${bytes.length} in the length of a block`);
    const blockBytes = int32At(bytes, position);
    position += 4;
    if (blockBytes < 0 || blockBytes > bytes.length - position) {
      throw corrupt(`snappy: a block of ${blockBytes} bytes, where ${bytes.length - position} are left`);
    }
    const block = decodeSnappyBlock(bytes.subarray(position, position + blockBytes), maxBytes - length, maxBytes);
    blocks.push(block);
    length += block.length;
    position += blockBytes;
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks, length);
};

const decodeSnappyBlock = (block: Uint8Array, leftBytes: number, maxBytes: number): Uint8Array => {
  // The block says first how long it will be, and the decoder believes it: so it is checked before.
  let claimed = 0;
  for (let index = 0; ; index++) {
    const byte = block[index];
    if (byte === undefined || index > 4) throw corrupt('snappy: the length at the start of a block cannot be read');
    claimed += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  // Three bytes make 64 at most.
  if (claimed > block.length * 22) {
    throw corrupt(`snappy: a block of ${block.length} bytes claims to hold ${claimed}, ${block.length * 22} at most`);
  }
  if (claimed > leftBytes) throw tooLarge('snappy', maxBytes);
  return bounded('snappy', maxBytes, () => uncompressSync(block) as Buffer);
};
