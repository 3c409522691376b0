import { ByteReader, int16At, int32At, int64At } from './bytes.ts';
import { corrupt } from './codec-error.ts';

const maxStringBytes = 0x7fff;

/**
 * Reads the values of Kafka's messages, one after another. `field` is the path of the field, for the error.
 *
 * Every read is checked against the end of the frame, and an array against the least bytes its elements take before
 * the first is read. `compact` is the flexible versions' form of a length: an unsigned varint of length + 1, 0 for null.
 * Text that is not UTF-8 is read as Java does it: what is wrong becomes U+FFFD.
 */
export class MessageReader extends ByteReader {
  readonly #frame: Buffer;

  /** `frame` is one request or response without its length prefix. What is decoded as bytes are views into it. */
  constructor(frame: Buffer) {
    super(frame);
    this.#frame = frame;
  }

  /** As Java reads it: everything but 0 is true. */
  bool(field: string): boolean {
    return this.int8(field) !== 0;
  }

  int16(field: string): number {
    return int16At(this.#frame, this.skip(2, field));
  }

  int32(field: string): number {
    return int32At(this.#frame, this.skip(4, field));
  }

  /** Refused beyond ±(2^53-1). */
  int64(field: string): number {
    return int64At(this.#frame, this.skip(8, field), field);
  }

  /** An unsigned varint of 1 to 5 bytes: a uint32. */
  uvarint(field: string): number {
    let position = this.skip(1, field);
    let byte = this.#frame[position] ?? 0;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      position = this.skip(1, field);
      byte = this.#frame[position] ?? 0;
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw corrupt(`${field} is a varint of more than 32 bits (at byte ${position})`);
  }

  /** 16 bytes, as 22 characters of unpadded URL-safe base64. */
  uuid(field: string): string {
    const start = this.skip(16, field);
    return this.#frame.toString('base64url', start, start + 16);
  }

  string(compact: boolean, field: string): string {
    return this.nullableString(compact, field) ?? refuseNull(field, this.position);
  }

  nullableString(compact: boolean, field: string): string | null {
    const length = compact ? this.uvarint(field) - 1 : this.int16(field);
    if (length === -1) return null;
    const start = this.skip(length, field);
    const text = this.#frame.toString('utf8', start, start + length);
    // A compact length could say more; and what is no UTF-8 grows threefold. An answer could not repeat it.
    if (length > maxStringBytes / 3 && Buffer.byteLength(text) > maxStringBytes) {
      throw corrupt(
        `${field} has ${length} bytes (before byte ${this.position}); a string takes at most ${maxStringBytes}`,
      );
    }
    return text;
  }

  bytesView(compact: boolean, field: string): Uint8Array {
    return this.nullableBytesView(compact, field) ?? refuseNull(field, this.position);
  }

  nullableBytesView(compact: boolean, field: string): Uint8Array | null {
    const length = compact ? this.uvarint(field) - 1 : this.int32(field);
    if (length === -1) return null;
    const start = this.skip(length, field);
    return this.#frame.subarray(start, start + length);
  }

  /** The number of elements, of which each takes at least `leastBytes`. */
  arrayLength(compact: boolean, leastBytes: number, field: string): number {
    return this.nullableArrayLength(compact, false, leastBytes, field);
  }

  /** The same; −1 for null, which not every version has to allow. */
  nullableArrayLength(compact: boolean, nullable: boolean, leastBytes: number, field: string): number {
    const length = compact ? this.uvarint(field) - 1 : this.int32(field);
    if (length === -1 && !nullable) return refuseNull(field, this.position);
    if (length < -1 || length * leastBytes > this.remaining) {
      throw corrupt(
        `${field} has ${length} elements of at least ${leastBytes} bytes at byte ${this.position}, where ${this.remaining} are left`,
      );
    }
    return length;
  }

  /** The byte before a struct that may be null. */
  isPresent(field: string): boolean {
    return this.int8(field) >= 0;
  }

  /** Where the tagged field ends whose size comes next; it starts after that. */
  openTag(field: string): number {
    const size = this.uvarint(field);
    const start = this.skip(size, field);
    this.position = start;
    return start + size;
  }

  /** The known tagged field that was read has to end where its size says. */
  closeTag(end: number, field: string): void {
    if (this.position === end) return;
    throw corrupt(`a tagged field of ${field} ends at byte ${end}, but its value at ${this.position}`);
  }

  /** Skips a section of tagged fields, of which none is known. */
  skipTags(field: string): void {
    for (let left = this.uvarint(field); left > 0; left--) {
      this.uvarint(field);
      this.position = this.openTag(field);
    }
  }
}

const refuseNull = (field: string, position: number): never => {
  throw corrupt(`${field} is null (before byte ${position}); it cannot be null in this version`);
};
