/* oxlint-disable typescript/no-non-null-assertion -- every index is checked against the length before, once and not byte by byte */
import { corrupt } from './codec-error.ts';
import type { CodecError } from './codec-error.ts';

/**
 * Kafka's primitive values in a byte array: big-endian integers, and zigzag varints as in protobuf's sint32 and
 * sint64. An int64 beyond ±(2^53-1) is refused, because offsets and times are plain numbers here.
 */

const two32 = 0x1_0000_0000;

/** Reads an int16 at `at`; the caller has checked that it is there. */
export const int16At = (bytes: Uint8Array, at: number): number => ((bytes[at]! << 24) | (bytes[at + 1]! << 16)) >> 16;

/** Reads an int32 at `at`; the caller has checked that it is there. */
export const int32At = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;

/** Reads a little-endian int32 at `at`; the caller has checked that it is there. */
export const int32LittleEndianAt = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** Reads an int64 at `at`; the caller has checked that it is there. Throws CodecError beyond ±(2^53-1). */
export const int64At = (bytes: Uint8Array, at: number, field: string): number => {
  const value = int32At(bytes, at) * two32 + (int32At(bytes, at + 4) >>> 0);
  // Rounding never brings a value from beyond 2^53-1 back within it.
  if (Number.isSafeInteger(value)) return value;
  const exact = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(at);
  throw corrupt(`${field} is ${exact}; whole numbers beyond ±${Number.MAX_SAFE_INTEGER} are refused`);
};

/** Reads one value after another from `position` up to `end`. Throws CodecError rather than pass `end`. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  int8(field: string): number {
    if (this.position >= this.end) throw this.#cut(field, 1);
    return (this.bytes[this.position++]! << 24) >> 24;
  }

  /** A zigzag varint of 1 to 5 bytes: an int32. */
  varint(field: string): number {
    const { bytes, end } = this;
    let position = this.position;
    // One byte is by far the most common.
    if (position < end) {
      const byte = bytes[position]!;
      if (byte < 0x80) {
        this.position = position + 1;
        return (byte >>> 1) ^ -(byte & 1);
      }
    }
    let raw = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (position >= end) throw this.#cut(field, 1);
      const byte = bytes[position++]!;
      if (shift === 28 && byte > 0x0f) break;
      raw |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.position = position;
        return (raw >>> 1) ^ -(raw & 1);
      }
    }
    throw corrupt(`${field} is a varint of more than 32 bits (at byte ${this.position})`);
  }

  /** A zigzag varint of 1 to 10 bytes: an int64, refused beyond ±(2^53-1). */
  varlong(field: string): number {
    const { bytes, end, position: start } = this;
    let position = start;
    let raw = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (position >= end) throw this.#cut(field, 1);
      const byte = bytes[position++]!;
      raw |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.position = position;
        return (raw >>> 1) ^ -(raw & 1);
      }
    }
    let wide = BigInt(raw);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      if (position >= end) throw this.#cut(field, 1);
      const byte = bytes[position++]!;
      if (shift === 63n && byte > 1) break;
      wide |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        const value = (wide >> 1n) ^ -(wide & 1n);
        const number = Number(value);
        if (!Number.isSafeInteger(number)) {
          throw corrupt(`${field} is ${value}; whole numbers beyond ±${Number.MAX_SAFE_INTEGER} are refused`);
        }
        this.position = position;
        return number;
      }
    }
    throw corrupt(`${field} is a varint of more than 64 bits (at byte ${start})`);
  }

  /** The position before `sizeBytes` bytes, which are skipped. */
  skip(sizeBytes: number, field: string): number {
    const { position } = this;
    if (sizeBytes < 0 || sizeBytes > this.end - position) throw this.#cut(field, sizeBytes);
    this.position = position + sizeBytes;
    return position;
  }

  #cut(field: string, sizeBytes: number): CodecError {
    return corrupt(
      `${field} is ${sizeBytes} bytes long at byte ${this.position}, where ${this.end - this.position} are left`,
    );
  }
}

/** Bytes `varint` takes for `value`, an int32. */
export const varintSize = (value: number): number => {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0;
  return raw < 0x80 ? 1 : raw < 0x4000 ? 2 : raw < 0x20_0000 ? 3 : raw < 0x1000_0000 ? 4 : 5;
};

const isSmall = (value: number): boolean => value >= -0x4000_0000 && value < 0x4000_0000;
const zigzag = (value: number): bigint => {
  const wide = BigInt(value);
  return BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
};

/** Bytes `varlong` takes for `value`, a whole number that fits an int64. */
export const varlongSize = (value: number): number => {
  if (isSmall(value)) return varintSize(value);
  let size = 1;
  for (let raw = zigzag(value) >> 7n; raw > 0n; raw >>= 7n) size++;
  return size;
};

/** Writes a zigzag varint of an int32; returns the position after it. The caller has made room. */
export const writeVarint = (bytes: Uint8Array, position: number, value: number): number => {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  while (raw >= 0x80) {
    bytes[position++] = raw | 0x80;
    raw >>>= 7;
  }
  bytes[position++] = raw;
  return position;
};

/** Writes a zigzag varint of a whole number that fits an int64; returns the position after it. The caller has made room. */
export const writeVarlong = (bytes: Uint8Array, position: number, value: number): number => {
  if (isSmall(value)) return writeVarint(bytes, position, value);
  let raw = zigzag(value);
  for (; raw >= 0x80n; raw >>= 7n) bytes[position++] = Number(raw & 0x7fn) | 0x80;
  bytes[position++] = Number(raw);
  return position;
};

/** Writes an int16; the caller has made room. */
export const writeInt16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
};

/** Writes an int32 or uint32; the caller has made room. */
export const writeInt32 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
};

/** Writes a whole number within ±(2^53-1) as an int64; the caller has made room. */
export const writeInt64 = (bytes: Uint8Array, at: number, value: number): void => {
  const high = Math.floor(value / two32);
  writeInt32(bytes, at, high);
  writeInt32(bytes, at + 4, value - high * two32);
};
