import { CodecError } from '../codec/codec-error.ts';
import { compressionOf } from '../codec/compression.ts';
import { type ErrorName, errorCodes } from '../codec/error-codes.ts';
import { type BatchHeader, batchHeaderBytes, checkCrc, checkRecords } from '../codec/record-batch.ts';

/** Why a batch is not taken: an error of Produce, and a sentence for whoever wrote the client. */
export class BatchRefused extends Error {
  override readonly name = 'BatchRefused';
  readonly errorCode: number;

  constructor(error: ErrorName, message: string) {
    super(message);
    this.errorCode = errorCodes[error];
  }
}

export interface CheckedBatch {
  readonly header: BatchHeader;
  /** The greatest time that a record inside has; the header's may be a lie, which Kafka corrects. */
  readonly maxTimestampMs: number;
}

/** From this version of Produce on batches may be compressed with zstd. */
const firstVersionWithZstd = 7;

// Where the fields are that are looked at before a batch is known to be one.
const at = { baseOffset: 0, batchLength: 8, magic: 16, attributes: 21 } as const;
const headBytes = 17;

/**
 * What Kafka asks of the records of one partition in Produce, in its order: ProduceRequest.validateRecords, then
 * UnifiedLog.analyzeAndValidateRecords, then LogValidator.
 *
 * - INVALID_RECORD: not exactly one batch of magic 2, a base offset, wrong counts or offsets or records inside, a batch that only brokers write
 * - UNSUPPORTED_COMPRESSION_TYPE: an unknown codec (in Kafka UNKNOWN_SERVER_ERROR), or zstd before version 7
 * - CORRUPT_MESSAGE: impossible lengths, a CRC that does not fit. Clients send such a batch again.
 * - INVALID_TIMESTAMP: the type of times that only a log sets (Kafka takes it and sets another type)
 * - INVALID_TXN_STATE: part of a transaction. Kafka asks its coordinator, which would not know the producer.
 * - MESSAGE_TOO_LARGE: decompressed, more than the codec's limit (Kafka has none)
 *
 * @param mayAppend called with the size of the one batch before its content is looked at; throws when it may not be appended at all
 * @throws BatchRefused
 */
export const checkProducedBatch = (
  records: Uint8Array | null,
  version: number,
  mayAppend: (sizeBytes: number) => void,
): CheckedBatch => {
  const bytes = onlyBatch(records, version);
  mayAppend(bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const baseOffset = view.getBigInt64(at.baseOffset);
  if (baseOffset !== 0n) {
    throw new BatchRefused('INVALID_RECORD', `The base offset of a batch is ${baseOffset}; a producer sends 0.`);
  }
  try {
    checkCrc(bytes);
  } catch (error) {
    throw refusal(error);
  }
  try {
    const { header, greatestTimestampMs } = checkRecords(bytes, { crcChecked: true });
    checkHeader(header);
    return { header, maxTimestampMs: greatestTimestampMs };
  } catch (error) {
    // Its CRC is right: sent again it would be the same.
    if (error instanceof CodecError && error.code === 'CORRUPT_MESSAGE') {
      throw new BatchRefused('INVALID_RECORD', error.message);
    }
    throw refusal(error);
  }
};

const refusal = (error: unknown): unknown =>
  error instanceof CodecError ? new BatchRefused(error.code, error.message) : error;

const onlyBatch = (records: Uint8Array | null, version: number): Uint8Array => {
  if (records === null || records.length < headBytes) {
    throw new BatchRefused('INVALID_RECORD', 'There is no record batch for the partition; exactly one is needed.');
  }
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  const sizeBytes = view.getInt32(at.batchLength) + at.batchLength + 4;
  const magic = view.getInt8(at.magic);
  if (magic < 0 || magic > 2 || sizeBytes < headBytes) {
    throw new BatchRefused('CORRUPT_MESSAGE', `A batch has magic ${magic} and ${sizeBytes} bytes.`);
  }
  if (sizeBytes > records.length) {
    throw new BatchRefused('INVALID_RECORD', `A batch of ${sizeBytes} bytes is cut after ${records.length}.`);
  }
  if (magic !== 2) {
    throw new BatchRefused('INVALID_RECORD', `A batch has magic ${magic}; from version 3 of Produce on it is 2.`);
  }
  if (sizeBytes < batchHeaderBytes) {
    throw new BatchRefused(
      'CORRUPT_MESSAGE',
      `A batch has ${sizeBytes} bytes; its header alone has ${batchHeaderBytes}.`,
    );
  }
  if (version < firstVersionWithZstd && compression(view) === 'zstd') {
    throw new BatchRefused(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `zstd is allowed from version 7 of Produce on, not in ${version}.`,
    );
  }
  if (sizeBytes < records.length) {
    throw new BatchRefused(
      'INVALID_RECORD',
      'There is more than one record batch for the partition; exactly one is needed.',
    );
  }
  return records;
};

const compression = (view: DataView): string => {
  try {
    return compressionOf(view.getInt16(at.attributes));
  } catch (error) {
    throw refusal(error);
  }
};

const checkHeader = ({ isControl, isTransactional, timestampType, producerId, baseSequence }: BatchHeader): void => {
  if (isControl) throw new BatchRefused('INVALID_RECORD', 'Clients are not allowed to write control records.');
  if (producerId >= 0 && baseSequence < 0) {
    throw new BatchRefused(
      'INVALID_RECORD',
      `The base sequence of a producer with an id is ${baseSequence}; the least is 0.`,
    );
  }
  if (isTransactional) {
    throw new BatchRefused('INVALID_TXN_STATE', 'The batch belongs to a transaction, and transactions are not served.');
  }
  if (timestampType === 'log_append') {
    throw new BatchRefused('INVALID_TIMESTAMP', 'A producer must not set the timestamp type to LogAppendTime.');
  }
};
