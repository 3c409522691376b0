/** What is wrong with the bytes, in Kafka's words. */
export type CodecErrorCode =
  'CORRUPT_MESSAGE' | 'UNSUPPORTED_COMPRESSION_TYPE' | 'UNSUPPORTED_VERSION' | 'MESSAGE_TOO_LARGE';

/**
 * Bytes that cannot be read or written. `message` names the field, its value and the limit.
 * Every function of the codec that takes bytes throws this and nothing else, whatever the bytes are.
 */
export class CodecError extends Error {
  override readonly name = 'CodecError';
  readonly code: CodecErrorCode;

  constructor(code: CodecErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const corrupt = (message: string, cause?: unknown): CodecError =>
  new CodecError('CORRUPT_MESSAGE', message, cause === undefined ? undefined : { cause });
