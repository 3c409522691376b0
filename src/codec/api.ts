import type { MessageReader } from './message-reader.ts';
import type { MessageWriter } from './message-writer.ts';

/**
 * One API of Kafka's protocol: its request and its response in all versions. The files in messages/ have one each, made
 * by `npm run messages` from definitions/, Kafka's own.
 */
export interface Api<Request, Response> {
  readonly key: number;
  /** Kafka's name, as `ShareFetch`. */
  readonly name: string;
  /** The versions that Kafka 4.4 has, both inclusive; one that Kafka calls unstable is left out. */
  readonly firstVersion: number;
  readonly lastVersion: number;
  /** From here on: compact lengths, tagged fields and the newer headers. Infinity: never. */
  readonly firstFlexibleVersion: number;
  /** Reads a body; `version` is within first and last. Throws CodecError, whatever the bytes are. */
  decodeRequest(reader: MessageReader, version: number): Request;
  decodeResponse(reader: MessageReader, version: number): Response;
  /**
   * Writes a body. Throws CodecError UNSUPPORTED_VERSION when a field that must not be dropped is set and the version
   * lacks it, and RangeError for a value that its field cannot hold.
   */
  encodeRequest(writer: MessageWriter, version: number, request: Sparse<Request>): void;
  encodeResponse(writer: MessageWriter, version: number, response: Response): void;
}

/** A message of which any field may be left out, for its default: Kafka's own, or 0, '', [] and false. */
export type Sparse<T> = T extends string | number | boolean | null | undefined | Uint8Array
  ? T
  : T extends readonly (infer Element)[]
    ? readonly Sparse<Element>[]
    : { readonly [Name in keyof T]?: Sparse<T[Name]> | undefined };

/** The uuid of 16 zero bytes: no topic. */
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA';

/** The default of a field of bytes. */
export const noBytes: Uint8Array = new Uint8Array(0);

/**
 * An array for `length` elements that come one by one. Room is made at once for no more than a frame of an ordinary size
 * has; beyond that it grows with what comes.
 */
export const newList = <T>(length: number): T[] =>
  // oxlint-disable-next-line unicorn/no-new-array -- pushing makes room for 17 where one acknowledge type comes
  length > 0 && length <= 1024 ? new Array<T>(length) : [];
