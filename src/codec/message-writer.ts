import { writeInt16, writeInt32, writeInt64 } from './bytes.ts';
import { CodecError } from './codec-error.ts';

const smallestBytes = 16 * 1024;
/** A buffer that one large message made is not kept for the small ones after it. */
const largestKeptBytes = 1024 * 1024;

/** Record batches in a response, as they are stored: one after another, never copied. */
export type RecordsToWrite = Uint8Array | readonly Uint8Array[];

/** A message as bytes: chunks to be sent one after another. Record batches are the caller's own, not copies. */
export interface EncodedFrame {
  readonly chunks: readonly Uint8Array[];
  /** Of all chunks. */
  readonly sizeBytes: number;
}

/**
 * Writes the values of Kafka's messages, one after another, and is used again and again: `finish` copies what was written
 * into a buffer of its size. `field` is the path of the field, for the error. Throws RangeError for a value that the field
 * cannot hold, because that would be another value on the wire. `compact` as in MessageReader.
 */
export class MessageWriter {
  #buffer = Buffer.allocUnsafeSlow(smallestBytes);
  #position = 0;
  /** Record batches, and the position in the buffer that each comes before. */
  #cuts: { readonly position: number; readonly records: Uint8Array }[] = [];
  #recordsBytes = 0;

  /** Bytes written since the last reset. */
  get sizeBytes(): number {
    return this.#position + this.#recordsBytes;
  }

  /** Forgets what was written. */
  reset(): void {
    this.#position = 0;
    this.#recordsBytes = 0;
    if (this.#cuts.length > 0) this.#cuts = [];
    if (this.#buffer.length > largestKeptBytes) this.#buffer = Buffer.allocUnsafeSlow(smallestBytes);
  }

  /** What was written since the last reset, which it also is. */
  finish(): EncodedFrame {
    const { sizeBytes } = this;
    const chunks: Uint8Array[] = [];
    let start = 0;
    for (const { position, records } of this.#cuts) {
      if (position > start) chunks.push(this.#copy(start, position));
      chunks.push(records);
      start = position;
    }
    if (this.#position > start) chunks.push(this.#copy(start, this.#position));
    this.reset();
    return { chunks, sizeBytes };
  }

  #copy(start: number, end: number): Buffer {
    const copy = Buffer.allocUnsafe(end - start);
    this.#buffer.copy(copy, 0, start, end);
    return copy;
  }

  /** Makes room for `sizeBytes` more, maybe in another buffer, and gives the position before them. */
  #take(sizeBytes: number): number {
    const position = this.#position;
    const end = position + sizeBytes;
    if (end > this.#buffer.length) this.#grow(end);
    this.#position = end;
    return position;
  }

  #grow(leastBytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#buffer.length, leastBytes));
    this.#buffer.copy(larger, 0, 0, this.#position);
    this.#buffer = larger;
  }

  bool(value: boolean): void {
    const position = this.#take(1);
    this.#buffer[position] = value ? 1 : 0;
  }

  int8(value: number, field: string): void {
    if ((value << 24) >> 24 !== value) throw outOfRange(field, value, 'an int8');
    const position = this.#take(1);
    this.#buffer[position] = value;
  }

  int16(value: number, field: string): void {
    if ((value << 16) >> 16 !== value) throw outOfRange(field, value, 'an int16');
    const position = this.#take(2);
    writeInt16(this.#buffer, position, value);
  }

  int32(value: number, field: string): void {
    if ((value | 0) !== value) throw outOfRange(field, value, 'an int32');
    const position = this.#take(4);
    writeInt32(this.#buffer, position, value);
  }

  int64(value: number, field: string): void {
    if (!Number.isSafeInteger(value)) throw outOfRange(field, value, 'a whole number within ±(2^53-1)');
    const position = this.#take(8);
    writeInt64(this.#buffer, position, value);
  }

  /** An unsigned varint of a whole number from 0 to 2^32-1. */
  uvarint(value: number): void {
    let position = this.#take(uvarintSize(value));
    const buffer = this.#buffer;
    while (value >= 0x80) {
      buffer[position++] = value | 0x80;
      value >>>= 7;
    }
    buffer[position] = value;
  }

  /** 22 characters of unpadded URL-safe base64. */
  uuid(value: string, field: string): void {
    const position = this.#take(16);
    if (value.length !== 22 || this.#buffer.write(value, position, 16, 'base64url') !== 16) {
      throw new RangeError(`${field} is '${value}', not a uuid of 22 characters in URL-safe base64`);
    }
  }

  string(value: string, compact: boolean, field: string): void {
    const { length } = value;
    // Most text is short ASCII: a loop is cheaper than the calls below.
    if (length < 64) {
      const start = this.#position;
      this.#length(length, compact);
      let position = this.#take(length);
      const buffer = this.#buffer;
      let index = 0;
      for (; index < length; index++) {
        const code = value.charCodeAt(index);
        if (code >= 0x80) break;
        buffer[position++] = code;
      }
      if (index === length) return;
      this.#position = start;
    }
    const sizeBytes = Buffer.byteLength(value);
    if (sizeBytes > 0x7fff) {
      // What is said of an error quotes the request, and a text there may be that long itself.
      if (field.endsWith('rrorMessage')) return this.string(`${value.slice(0, 1000)}…`, compact, field);
      throw new RangeError(`${field} takes ${sizeBytes} bytes; a string takes at most 32767`);
    }
    this.#length(sizeBytes, compact);
    const position = this.#take(sizeBytes);
    this.#buffer.write(value, position, sizeBytes, 'utf8');
  }

  #length(length: number, compact: boolean): void {
    if (compact) return this.uvarint(length + 1);
    const position = this.#take(2);
    writeInt16(this.#buffer, position, length);
  }

  nullableString(value: string | null, nullable: boolean, compact: boolean, field: string): void {
    if (value !== null) this.string(value, compact, field);
    else if (!nullable) throw cannotBeNull(field);
    else this.#length(-1, compact);
  }

  bytes(value: Uint8Array | null, nullable: boolean, compact: boolean, field: string): void {
    this.#nullableLength(value === null ? -1 : value.length, nullable, compact, field);
    if (value === null) return;
    const position = this.#take(value.length);
    this.#buffer.set(value, position);
  }

  /** Record batches; they become chunks of their own, and must not change until they are sent. */
  records(value: RecordsToWrite | null, nullable: boolean, compact: boolean, field: string): void {
    if (value === null) return this.#nullableLength(-1, nullable, compact, field);
    const batches: readonly Uint8Array[] = value instanceof Uint8Array ? [value] : value;
    let sizeBytes = 0;
    for (const batch of batches) sizeBytes += batch.length;
    this.#nullableLength(sizeBytes, nullable, compact, field);
    const position = this.#position;
    for (const records of batches) if (records.length > 0) this.#cuts.push({ position, records });
    this.#recordsBytes += sizeBytes;
  }

  arrayLength(length: number, compact: boolean): void {
    if (compact) return this.uvarint(length + 1);
    const position = this.#take(4);
    writeInt32(this.#buffer, position, length);
  }

  nullableArrayLength(
    value: { readonly length: number } | null,
    nullable: boolean,
    compact: boolean,
    field: string,
  ): void {
    this.#nullableLength(value === null ? -1 : value.length, nullable, compact, field);
  }

  #nullableLength(length: number, nullable: boolean, compact: boolean, field: string): void {
    if (length === -1 && !nullable) throw cannotBeNull(field);
    if (length > 0x7fff_ffff)
      throw new RangeError(`${field} has a length of ${length}; at most 2147483647 is possible`);
    this.arrayLength(length, compact);
  }

  /** The byte before a struct that may be null. */
  presence(isPresent: boolean): void {
    const position = this.#take(1);
    this.#buffer[position] = isPresent ? 1 : 0xff;
  }

  /** Begins a tagged field; what is returned belongs to `closeTag`. */
  openTag(tag: number): number {
    this.uvarint(tag);
    return this.#position;
  }

  /** Ends a tagged field: puts its size before it. */
  closeTag(start: number): void {
    const end = this.#position;
    const size = end - start;
    const prefixBytes = uvarintSize(size);
    this.#take(prefixBytes);
    this.#buffer.copyWithin(start + prefixBytes, start, end);
    this.#position = start;
    this.uvarint(size);
    this.#position = end + prefixBytes;
  }

  /** Writes an int32 over what stands at `position`, such as the length of the frame. */
  int32At(position: number, value: number): void {
    writeInt32(this.#buffer, position, value);
  }
}

const uvarintSize = (value: number): number =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;

const outOfRange = (field: string, value: number, type: string): RangeError =>
  new RangeError(`${field} is ${value}, which is not ${type}`);

const cannotBeNull = (field: string): RangeError => new RangeError(`${field} cannot be null in this version`);

/** A field that may not be dropped is set, in a version that lacks it: Kafka's UnsupportedVersionException. */
export const notInVersion = (field: string, version: number): CodecError =>
  new CodecError('UNSUPPORTED_VERSION', `${field} is set, which version ${version} does not have`);
