/* oxlint-disable typescript/no-non-null-assertion -- every index is checked against the length before, once and not byte by byte */
import { int32LittleEndianAt } from './bytes.ts';
import { CodecError, corrupt } from './codec-error.ts';

/**
 * Decodes the LZ4 frame format (lz4_Frame_format.md 1.6.x, lz4_Block_format.md), as Kafka's clients write it.
 *
 * Written here because a native decoder hands back as many bytes as the frame makes of itself, up to 255 times its
 * size, before anybody can say stop; and because it costs no native dependency. Checksums of the frame are not
 * looked at: the batch around it has a CRC-32C of the same bytes, and old Kafka clients wrote a wrong header checksum.
 */

const magicNumber = 0x184d2204;
const contentSizeFlag = 0x08;
const contentChecksumFlag = 0x04;
const blockChecksumFlag = 0x10;
const dictionaryFlag = 0x01;
const uncompressedBlock = 0x8000_0000;

/** Decodes one frame. The result has at most `maxBytes` bytes. Throws CodecError. */
export const decodeLz4Frame = (frame: Uint8Array, maxBytes: number): Uint8Array => {
  if (frame.length < 7) throw corrupt(`lz4 frame header: ${frame.length} bytes, at least 7 needed`);
  if (int32LittleEndianAt(frame, 0) !== magicNumber) throw corrupt('lz4 frame: does not start with the magic number');
  const flags = frame[4]!;
  if (flags >> 6 !== 1) throw corrupt(`lz4 frame: version ${flags >> 6}, only 1 is known`);
  if (flags & dictionaryFlag) throw corrupt('lz4 frame: needs a dictionary, which Kafka has no place for');
  const sizeCode = (frame[5]! >> 4) & 7;
  if (sizeCode < 4) throw corrupt(`lz4 frame: block size code ${sizeCode}, 4 to 7 are known`);
  const maxBlockBytes = 1 << (8 + 2 * sizeCode);
  const blockTrailerBytes = flags & blockChecksumFlag ? 4 : 0;

  let position = 7 + (flags & contentSizeFlag ? 8 : 0);
  let output = Buffer.allocUnsafeSlow(Math.min(maxBytes, frame.length * 4));
  let length = 0;
  for (;;) {
    if (position + 4 > frame.length) throw corrupt(`lz4 frame: cut at byte ${frame.length}, before its end mark`);
    const word = int32LittleEndianAt(frame, position) >>> 0;
    position += 4;
    if (word === 0) break;
    const blockBytes = word & 0x7fff_ffff;
    const end = position + blockBytes;
    if (blockBytes > maxBlockBytes || end + blockTrailerBytes > frame.length) {
      throw corrupt(
        `lz4 block: ${blockBytes} bytes, where ${frame.length - position} are left, at most ${maxBlockBytes}`,
      );
    }
    // A byte of a block makes at most 255 bytes.
    const mostBytes = word >= uncompressedBlock ? blockBytes : Math.min(maxBlockBytes, blockBytes * 255);
    const needed = Math.min(maxBytes, length + mostBytes);
    if (needed > output.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(needed, output.length * 2)));
      output.copy(larger, 0, 0, length);
      output = larger;
    }
    if (word >= uncompressedBlock) {
      if (length + blockBytes > maxBytes) throw tooLarge(maxBytes);
      output.set(frame.subarray(position, end), length);
      length += blockBytes;
    } else {
      const limit = Math.min(maxBytes, length + maxBlockBytes);
      const after = decodeBlock(frame, position, end, output, length, limit);
      if (after === undefined) {
        throw limit === maxBytes ? tooLarge(maxBytes) : corrupt(`lz4 block: makes more than ${maxBlockBytes} bytes`);
      }
      length = after;
    }
    position = end + blockTrailerBytes;
  }
  if (flags & contentChecksumFlag && position + 4 > frame.length) throw corrupt('lz4 frame: cut in its checksum');
  return output.subarray(0, length);
};

const tooLarge = (maxBytes: number): CodecError =>
  new CodecError('MESSAGE_TOO_LARGE', `lz4: more than ${maxBytes} bytes when decompressed`);

/**
 * Decodes the block in `input[position, end)` to `output[length…]`; a match may reach back to any byte already written, so linked
 * blocks work too. Returns the length after it; undefined when it would pass `limit`.
 */
const decodeBlock = (
  input: Uint8Array,
  position: number,
  end: number,
  output: Uint8Array,
  length: number,
  limit: number,
): number | undefined => {
  for (;;) {
    if (position >= end) throw corrupt(`lz4 block: cut at byte ${end}`);
    const token = input[position++]!;

    let literals = token >> 4;
    if (literals === 15) {
      let more;
      do {
        if (position >= end) throw corrupt(`lz4 block: cut at byte ${end} in a length`);
        more = input[position++]!;
        literals += more;
      } while (more === 255);
    }
    if (literals > end - position)
      throw corrupt(`lz4 block: ${literals} literals, where ${end - position} bytes are left`);
    if (literals > limit - length) return undefined;
    if (literals > 16) {
      output.set(input.subarray(position, position + literals), length);
      position += literals;
      length += literals;
    } else {
      for (let left = literals; left > 0; left--) output[length++] = input[position++]!;
    }
    if (position === end) return length;

    if (position + 2 > end) throw corrupt(`lz4 block: cut at byte ${end} in an offset`);
    const distance = input[position]! | (input[position + 1]! << 8);
    position += 2;
    if (distance === 0 || distance > length)
      throw corrupt(`lz4 block: offset ${distance}, 1 to ${length} are possible`);

    let matched = (token & 15) + 4;
    if (matched === 19) {
      let more;
      do {
        if (position >= end) throw corrupt(`lz4 block: cut at byte ${end} in a length`);
        more = input[position++]!;
        matched += more;
      } while (more === 255);
    }
    if (matched > limit - length) return undefined;
    const from = length - distance;
    if (distance >= matched && matched > 16) {
      output.copyWithin(length, from, from + matched);
    } else if (distance === 1 && matched > 16) {
      output.fill(output[from]!, length, length + matched);
    } else {
      // Byte by byte: a match may repeat what it has just written.
      for (let index = 0; index < matched; index++) output[length + index] = output[from + index]!;
    }
    length += matched;
  }
};
