/* oxlint-disable typescript/no-non-null-assertion -- every index is checked against the length before, once and not byte by byte */
import { crc32c } from '@node-rs/crc32';
import {
  ByteReader,
  int16At,
  int32At,
  int64At,
  varintSize,
  varlongSize,
  writeInt16,
  writeInt32,
  writeInt64,
  writeVarint,
  writeVarlong,
} from './bytes.ts';
import { CodecError, corrupt } from './codec-error.ts';
import { compressionOf, decompress, defaultMaxDecompressedBytes } from './compression.ts';
import type { CompressionName } from './compression.ts';

/**
 * Kafka's record batch, version 2 (Kafka documentation 5.3 "Message Format"; DefaultRecordBatch.java, DefaultRecord.java).
 *
 *   inspectBatch   looks at the outside: lengths, CRC, header; does not decompress
 *   checkRecords   looks at every record inside as well
 *   openBatch      the same, and keeps where the records are, for reading them by offset
 *   encodeBatch    makes one, uncompressed
 *
 * Whatever the bytes are, the first three answer or throw CodecError, and allocate no more than the batch can fill.
 */

// Where the header's fields are.
const at = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordsCount: 57,
} as const;

/** Bytes of a batch's header: a batch is at least as long. */
export const batchHeaderBytes = 61;

/** `batchLength` counts what comes after itself. */
const bytesBeforeLengthCounts = 12;

/** Length, attributes, timestamp delta, offset delta, key length, value length, number of headers: a byte each. */
const smallestRecordBytes = 7;

const maxInt32 = 0x7fff_ffff;

const logAppendTimeBit = 0x08;
const transactionalBit = 0x10;
const controlBit = 0x20;

/** What stands in front of a batch's records. Times in ms since 1970, as the producer or the log set them (−1: none). */
export interface BatchHeader {
  readonly baseOffset: number;
  /** Inclusive: base offset + last offset delta. */
  readonly lastOffset: number;
  readonly lastOffsetDelta: number;
  /** The whole batch with its header: the next one starts so many bytes on. */
  readonly sizeBytes: number;
  readonly partitionLeaderEpoch: number;
  readonly compression: CompressionName;
  /** `log_append`: every record has the time `maxTimestampMs`. */
  readonly timestampType: 'create' | 'log_append';
  readonly isTransactional: boolean;
  /** Its records are markers of transactions, not for applications. */
  readonly isControl: boolean;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  /** −1 without idempotence, as are the next two. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordsCount: number;
}

export interface InspectOptions {
  /**
   * Allows fewer records than offsets, as compaction leaves them; a producer may not send such a batch.
   * Default false, and true in `openBatch`.
   */
  readonly allowGaps?: boolean;
  /** Leaves the CRC alone, for bytes whose CRC was right a moment ago. Default false. */
  readonly crcChecked?: boolean;
}

export interface ReadOptions extends InspectOptions {
  /** Default 64 MiB. A batch that makes more than this when decompressed is refused with MESSAGE_TOO_LARGE. */
  readonly maxDecompressedBytes?: number;
}

/**
 * Checks the batch at the front of `bytes` on the outside: lengths, magic, CRC-32C, counts. More bytes may follow it:
 * compare `sizeBytes`. Throws CodecError: CORRUPT_MESSAGE, or UNSUPPORTED_COMPRESSION_TYPE.
 */
export const inspectBatch = (bytes: Uint8Array, options: InspectOptions = {}): BatchHeader => {
  if (bytes.length < batchHeaderBytes) {
    throw corrupt(`a record batch has a header of ${batchHeaderBytes} bytes; only ${bytes.length} are there`);
  }
  const batchLength = int32At(bytes, at.batchLength);
  const sizeBytes = bytesBeforeLengthCounts + batchLength;
  if (sizeBytes < batchHeaderBytes || sizeBytes > bytes.length) {
    throw corrupt(
      `batchLength is ${batchLength}; possible here are ${batchHeaderBytes - bytesBeforeLengthCounts} to ${bytes.length - bytesBeforeLengthCounts}`,
    );
  }
  const magic = bytes[at.magic]!;
  if (magic !== 2) throw corrupt(`magic is ${magic}; only record batches of version 2 are read`);
  if (options.crcChecked !== true) checkCrc(bytes.subarray(0, sizeBytes));

  const attributes = int16At(bytes, at.attributes);
  const compression = compressionOf(attributes);
  const baseOffset = int64At(bytes, at.baseOffset, 'baseOffset');
  const lastOffsetDelta = int32At(bytes, at.lastOffsetDelta);
  const recordsCount = int32At(bytes, at.recordsCount);
  if (baseOffset < 0) throw corrupt(`baseOffset is ${baseOffset}; the least is 0`);
  if (lastOffsetDelta < 0) throw corrupt(`lastOffsetDelta is ${lastOffsetDelta}; the least is 0`);
  const lastOffset = baseOffset + lastOffsetDelta;
  if (lastOffset > Number.MAX_SAFE_INTEGER) {
    throw corrupt(`the last offset is ${lastOffset}; the greatest is ${Number.MAX_SAFE_INTEGER}`);
  }
  if (options.allowGaps === true) {
    if (recordsCount < 0 || recordsCount > lastOffsetDelta + 1) {
      throw corrupt(
        `recordsCount is ${recordsCount}; with lastOffsetDelta ${lastOffsetDelta}, 0 to ${lastOffsetDelta + 1}`,
      );
    }
  } else if (recordsCount !== lastOffsetDelta + 1) {
    throw corrupt(
      `recordsCount is ${recordsCount}; with lastOffsetDelta ${lastOffsetDelta} it must be ${lastOffsetDelta + 1}`,
    );
  }
  const recordsBytes = compression === 'none' ? sizeBytes - batchHeaderBytes : defaultMaxDecompressedBytes;
  checkCount(recordsCount, recordsBytes);

  return {
    baseOffset,
    lastOffset,
    lastOffsetDelta,
    sizeBytes,
    partitionLeaderEpoch: int32At(bytes, at.partitionLeaderEpoch),
    compression,
    timestampType: attributes & logAppendTimeBit ? 'log_append' : 'create',
    isTransactional: (attributes & transactionalBit) !== 0,
    isControl: (attributes & controlBit) !== 0,
    baseTimestampMs: int64At(bytes, at.baseTimestamp, 'baseTimestamp'),
    maxTimestampMs: int64At(bytes, at.maxTimestamp, 'maxTimestamp'),
    producerId: int64At(bytes, at.producerId, 'producerId'),
    producerEpoch: int16At(bytes, at.producerEpoch),
    baseSequence: int32At(bytes, at.baseSequence),
    recordsCount,
  };
};

/** Compares the CRC-32C of exactly one whole batch with what its header says. Throws CORRUPT_MESSAGE. */
export const checkCrc = (batch: Uint8Array): void => {
  const stated = int32At(batch, at.crc) >>> 0;
  const computed = crc32c(batch.subarray(at.attributes));
  if (stated !== computed) throw corrupt(`crc is ${stated}, but the bytes have the CRC-32C ${computed}`);
};

/** Before anything is allocated per record: so many records do not fit so many bytes. */
const checkCount = (recordsCount: number, recordsBytes: number): void => {
  const most = Math.floor(recordsBytes / smallestRecordBytes);
  if (recordsCount > most) {
    throw corrupt(`recordsCount is ${recordsCount}; ${recordsBytes} bytes of records hold at most ${most}`);
  }
};

/**
 * Checks the batch at the front of `bytes` outside and inside: decompresses it and walks every record.
 * Gives its header, and the greatest time its records have, ms since 1970 (the header's may be a lie).
 * Throws CodecError, with all three codes.
 */
export const checkRecords = (
  bytes: Uint8Array,
  options: ReadOptions = {},
): { readonly header: BatchHeader; readonly greatestTimestampMs: number } => {
  const header = inspectBatch(bytes, options);
  const { greatestTimestampMs } = locateRecords(header, recordsOf(header, bytes, options));
  return { header, greatestTimestampMs };
};

interface Records {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const recordsOf = (header: BatchHeader, bytes: Uint8Array, options: ReadOptions): Records => {
  if (header.compression === 'none') return { bytes, start: batchHeaderBytes, end: header.sizeBytes };
  const compressed = bytes.subarray(batchHeaderBytes, header.sizeBytes);
  const maxBytes = options.maxDecompressedBytes ?? defaultMaxDecompressedBytes;
  const decompressed = decompress(header.compression, compressed, maxBytes);
  return { bytes: decompressed, start: 0, end: decompressed.length };
};

interface Located {
  /** Where each record starts, in the order of offsets. */
  readonly starts: Int32Array;
  /** Their offset deltas; undefined when these are 0, 1, 2, … */
  readonly offsetDeltas: Int32Array | undefined;
  readonly greatestTimestampMs: number;
}

const locateRecords = (header: BatchHeader, { bytes, start, end }: Records): Located => {
  const { recordsCount, lastOffsetDelta, baseTimestampMs } = header;
  checkCount(recordsCount, end - start);
  const starts = new Int32Array(recordsCount);
  const offsetDeltas = recordsCount === lastOffsetDelta + 1 ? undefined : new Int32Array(recordsCount);
  const reader = new ByteReader(bytes, start, end);
  let greatest = header.timestampType === 'log_append' ? header.maxTimestampMs : -1;
  let index = 0;
  try {
    for (let previousDelta = -1; index < recordsCount; index++) {
      starts[index] = reader.position;
      const length = reader.varint('length');
      const recordStart = reader.position;
      if (length < 0 || length > reader.remaining) {
        throw corrupt(`length is ${length}, where ${reader.remaining} bytes are left`);
      }
      reader.int8('attributes');
      const timestampMs = baseTimestampMs + reader.varlong('timestampDelta');
      if (!Number.isSafeInteger(timestampMs)) throw corrupt(`its time ${timestampMs} is beyond ±2^53-1`);
      if (timestampMs > greatest && header.timestampType === 'create') greatest = timestampMs;
      const offsetDelta = reader.varint('offsetDelta');
      if (
        offsetDeltas === undefined
          ? offsetDelta !== index
          : offsetDelta <= previousDelta || offsetDelta > lastOffsetDelta
      ) {
        throw corrupt(`offsetDelta is ${offsetDelta} after ${previousDelta}, with lastOffsetDelta ${lastOffsetDelta}`);
      }
      previousDelta = offsetDelta;
      if (offsetDeltas !== undefined) offsetDeltas[index] = offsetDelta;
      skipBytes(reader, 'key');
      skipBytes(reader, 'value');
      const headersCount = reader.varint('headersCount');
      if (headersCount < 0) throw corrupt(`headersCount is ${headersCount}; the least is 0`);
      // A count that is too great runs out of bytes soon: nothing is allocated for it.
      for (let left = headersCount; left > 0; left--) {
        reader.skip(reader.varint('header key length'), 'header key');
        skipBytes(reader, 'header value');
      }
      if (reader.position - recordStart !== length) {
        throw corrupt(`length is ${length}, but its fields take ${reader.position - recordStart} bytes`);
      }
    }
  } catch (error) {
    if (error instanceof CodecError) throw corrupt(`record ${index} of ${recordsCount}: ${error.message}`);
    throw error;
  }
  if (reader.remaining !== 0) throw corrupt(`${reader.remaining} bytes follow the last of ${recordsCount} records`);
  return { starts, offsetDeltas, greatestTimestampMs: greatest };
};

/** Skips a length (−1: null) and so many bytes. */
const skipBytes = (reader: ByteReader, field: string): void => {
  const length = reader.varint(field);
  if (length === -1) return;
  reader.skip(length, field);
};

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** A record that is to be written. */
export interface NewRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
  /** ms since 1970. */
  readonly timestampMs: number;
}

/** A record of a batch. Its bytes are views into the batch: to keep one, copy it. */
export interface BatchRecord extends NewRecord {
  readonly offset: number;
}

const noHeaders: readonly RecordHeader[] = Object.freeze([]);
// Keeps a byte order mark: a key comes back as it was.
const text = new TextDecoder('utf-8', { ignoreBOM: true });

/** A batch whose records can be read by offset. Holds on to the bytes it was opened with. */
export class BatchReader {
  readonly header: BatchHeader;
  /** Memory it keeps alive: the batch, what it was decompressed to, and where its records are. */
  readonly sizeBytes: number;
  readonly #starts: Int32Array;
  readonly #offsetDeltas: Int32Array | undefined;
  readonly #reader: ByteReader;

  constructor(bytes: Uint8Array, options: ReadOptions) {
    this.header = inspectBatch(bytes, { allowGaps: true, ...options });
    const records = recordsOf(this.header, bytes, options);
    const { starts, offsetDeltas } = locateRecords(this.header, records);
    this.#starts = starts;
    this.#offsetDeltas = offsetDeltas;
    this.#reader = new ByteReader(records.bytes, records.start, records.end);
    this.sizeBytes =
      this.header.sizeBytes +
      (records.bytes === bytes ? 0 : records.bytes.length) +
      starts.byteLength +
      (offsetDeltas?.byteLength ?? 0);
  }

  /** The record at `offset`; undefined when it is not in this batch. Costs the same wherever it is. */
  record(offset: number): BatchRecord | undefined {
    const index = this.#indexOf(offset - this.header.baseOffset);
    return index === undefined ? undefined : this.#decode(index);
  }

  /** All records, in the order of offsets. */
  *[Symbol.iterator](): Generator<BatchRecord, void, undefined> {
    for (let index = 0; index < this.#starts.length; index++) yield this.#decode(index);
  }

  #indexOf(delta: number): number | undefined {
    const deltas = this.#offsetDeltas;
    if (deltas === undefined) {
      return Number.isInteger(delta) && delta >= 0 && delta < this.#starts.length ? delta : undefined;
    }
    let low = 0;
    let high = deltas.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (deltas[middle]! < delta) low = middle + 1;
      else high = middle;
    }
    return deltas[low] === delta ? low : undefined;
  }

  #decode(index: number): BatchRecord {
    const { header } = this;
    const reader = this.#reader;
    reader.position = this.#starts[index]!;
    reader.varint('length');
    reader.int8('attributes');
    const timestampDelta = reader.varlong('timestampDelta');
    const offset = header.baseOffset + reader.varint('offsetDelta');
    const key = view(reader, 'key');
    const value = view(reader, 'value');
    const headersCount = reader.varint('headersCount');
    let headers = noHeaders;
    if (headersCount > 0) {
      const list: RecordHeader[] = [];
      for (let left = headersCount; left > 0; left--) {
        const keyBytes = view(reader, 'header key');
        list.push({ key: keyBytes === null ? '' : text.decode(keyBytes), value: view(reader, 'header value') });
      }
      headers = list;
    }
    const timestampMs =
      header.timestampType === 'log_append' ? header.maxTimestampMs : header.baseTimestampMs + timestampDelta;
    return { offset, timestampMs, key, value, headers };
  }
}

const view = (reader: ByteReader, field: string): Uint8Array | null => {
  const length = reader.varint(field);
  if (length === -1) return null;
  const start = reader.skip(length, field);
  return reader.bytes.subarray(start, start + length);
};

/**
 * Checks the batch at the front of `bytes` outside and inside, and finds its records, once: decompresses at most once.
 * Batches with gaps between their offsets are read too. Throws CodecError, with all three codes.
 */
export const openBatch = (bytes: Uint8Array, options: ReadOptions = {}): BatchReader => new BatchReader(bytes, options);

export interface BatchToEncode {
  /** At least one. The first one's time is the base timestamp. */
  readonly records: readonly NewRecord[];
  /** Default 0: the log sets it when it appends. */
  readonly baseOffset?: number;
  /** Default −1: not known, as a producer sends it. */
  readonly partitionLeaderEpoch?: number;
  /** Default −1: no idempotence, as are the next two. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
}

/** A batch ready to be appended. */
export interface EncodedBatch {
  /** Exactly one record batch, in an ArrayBuffer of its own: it may be given away to another thread. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly offsetCount: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
}

/**
 * Makes one uncompressed record batch of `records`, at offsets base offset + 0, 1, 2, …
 * Throws CodecError MESSAGE_TOO_LARGE beyond 2^31-1 bytes, and RangeError for no records or a time that is not a whole number.
 */
export const encodeBatch = (batch: BatchToEncode): EncodedBatch => {
  const { records } = batch;
  const count = records.length;
  if (count === 0) throw new RangeError('a record batch has at least one record');
  const baseTimestampMs = records[0]!.timestampMs;
  let maxTimestampMs = baseTimestampMs;
  let size = batchHeaderBytes;
  const lengths = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const record = records[index]!;
    const { timestampMs } = record;
    if (!Number.isSafeInteger(timestampMs) || !Number.isSafeInteger(timestampMs - baseTimestampMs)) {
      throw new RangeError(`timestampMs of record ${index} is ${timestampMs}; whole numbers up to 2^53-1 are possible`);
    }
    if (timestampMs > maxTimestampMs) maxTimestampMs = timestampMs;
    const length = recordLength(record, timestampMs - baseTimestampMs, index);
    lengths[index] = length;
    size += varintSize(length) + length;
    if (size > maxInt32) {
      throw new CodecError('MESSAGE_TOO_LARGE', `the batch passes ${maxInt32} bytes at record ${index} of ${count}`);
    }
  }

  // Not from Node's pool: a batch that is kept must not keep its neighbours' memory.
  const bytes = Buffer.allocUnsafeSlow(size);
  let position = batchHeaderBytes;
  for (let index = 0; index < count; index++) {
    const record = records[index]!;
    position = writeVarint(bytes, position, lengths[index]!);
    bytes[position++] = 0; // attributes of a record: none are defined
    position = writeVarlong(bytes, position, record.timestampMs - baseTimestampMs);
    position = writeVarint(bytes, position, index);
    position = writeBytes(bytes, position, record.key);
    position = writeBytes(bytes, position, record.value);
    position = writeVarint(bytes, position, record.headers.length);
    for (const { key, value } of record.headers) {
      position = writeText(bytes, position, key);
      position = writeBytes(bytes, position, value);
    }
  }

  writeInt64(bytes, at.baseOffset, batch.baseOffset ?? 0);
  writeInt32(bytes, at.batchLength, size - bytesBeforeLengthCounts);
  writeInt32(bytes, at.partitionLeaderEpoch, batch.partitionLeaderEpoch ?? -1);
  bytes[at.magic] = 2;
  const attributes = (batch.isTransactional ? transactionalBit : 0) | (batch.isControl ? controlBit : 0);
  writeInt16(bytes, at.attributes, attributes);
  writeInt32(bytes, at.lastOffsetDelta, count - 1);
  writeInt64(bytes, at.baseTimestamp, baseTimestampMs);
  writeInt64(bytes, at.maxTimestamp, maxTimestampMs);
  writeInt64(bytes, at.producerId, batch.producerId ?? -1);
  writeInt16(bytes, at.producerEpoch, batch.producerEpoch ?? -1);
  writeInt32(bytes, at.baseSequence, batch.baseSequence ?? -1);
  writeInt32(bytes, at.recordsCount, count);
  writeInt32(bytes, at.crc, crc32c(bytes.subarray(at.attributes)));
  return { bytes, offsetCount: count, baseTimestampMs, maxTimestampMs };
};

const recordLength = (record: NewRecord, timestampDelta: number, offsetDelta: number): number => {
  let length = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta);
  length += bytesLength(record.key) + bytesLength(record.value) + varintSize(record.headers.length);
  for (const { key, value } of record.headers) {
    const keyBytes = textBytes(key);
    length += varintSize(keyBytes) + keyBytes + bytesLength(value);
  }
  return length;
};

const bytesLength = (bytes: Uint8Array | null): number =>
  bytes === null ? 1 : varintSize(bytes.length) + bytes.length;

const writeBytes = (target: Buffer, position: number, bytes: Uint8Array | null): number => {
  if (bytes === null) return writeVarint(target, position, -1);
  const { length } = bytes;
  position = writeVarint(target, position, length);
  // The call costs more than a short loop.
  if (length < 24) for (let index = 0; index < length; index++) target[position + index] = bytes[index]!;
  else target.set(bytes, position);
  return position + length;
};

/** Bytes of `value` in UTF-8; as many as it has characters when it is ASCII. */
const textBytes = (value: string): number => {
  for (let index = 0; index < value.length; index++) {
    if (value.charCodeAt(index) >= 0x80) return Buffer.byteLength(value);
  }
  return value.length;
};

const writeText = (target: Buffer, position: number, value: string): number => {
  const length = textBytes(value);
  position = writeVarint(target, position, length);
  if (length === value.length) {
    for (let index = 0; index < length; index++) target[position + index] = value.charCodeAt(index);
  } else {
    target.write(value, position, 'utf8');
  }
  return position + length;
};
