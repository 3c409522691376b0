import type { Api, Sparse } from './api.ts';
import { CodecError } from './codec-error.ts';
import type { MessageReader } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import type { EncodedFrame } from './message-writer.ts';

/**
 * Frames: a length (int32), a header, a message. Request header v2 and response header v1 belong to flexible versions,
 * v1 and v0 to those before. ApiVersions is answered with header v0 always: its client does not know yet what the broker can.
 */

const apiVersionsKey = 18;
const maxFrameBytes = 0x7fff_ffff;

/** What every request begins with, whatever API and version it is of (RequestHeader.json). */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** Reads the fields of a request's header; its tagged fields, if it has some, are skipped by `readRequest`. */
export const readRequestHeader = (reader: MessageReader): RequestHeader => ({
  apiKey: reader.int16('requestApiKey'),
  apiVersion: reader.int16('requestApiVersion'),
  correlationId: reader.int32('correlationId'),
  // In the old form in all versions, so that a broker can read it before it knows the version.
  clientId: reader.nullableString(false, 'clientId'),
});

export const hasVersion = (api: Api<unknown, unknown>, version: number): boolean =>
  version >= api.firstVersion && version <= api.lastVersion;

/**
 * Reads the rest of a request, after `readRequestHeader`. Bytes that follow it are no error, as in Kafka: librdkafka sends
 * some; `reader.remaining` tells how many. Throws CodecError, UNSUPPORTED_VERSION among others.
 */
export const readRequest = <Request, Response>(
  api: Api<Request, Response>,
  version: number,
  reader: MessageReader,
): Request => {
  checkVersion(api, version);
  if (version >= api.firstFlexibleVersion) reader.skipTags('request header');
  return api.decodeRequest(reader, version);
};

// Encoding never waits, so one writer serves all.
const writer = new MessageWriter();

/** Fills the length prefix in. */
const finishFrame = (what: string): EncodedFrame => {
  const { sizeBytes } = writer;
  if (sizeBytes > maxFrameBytes) {
    throw new CodecError(
      'MESSAGE_TOO_LARGE',
      `${what} takes ${sizeBytes} bytes; at most ${maxFrameBytes} are possible`,
    );
  }
  writer.int32At(0, sizeBytes - 4);
  return writer.finish();
};

/** A whole response, its length prefix included. Throws as `Api.encodeResponse`. */
export const encodeResponseFrame = <Request, Response>(
  api: Api<Request, Response>,
  version: number,
  correlationId: number,
  response: Response,
): EncodedFrame => {
  checkVersion(api, version);
  writer.reset();
  writer.int32(0, 'length');
  writer.int32(correlationId, 'correlationId');
  if (version >= api.firstFlexibleVersion && api.key !== apiVersionsKey) writer.uvarint(0);
  api.encodeResponse(writer, version, response);
  return finishFrame('a response');
};

/** A whole request, its length prefix included; what its client writes. Throws as `Api.encodeRequest`. */
export const encodeRequestFrame = <Request, Response>(
  api: Api<Request, Response>,
  version: number,
  request: Sparse<Request>,
  header: Pick<RequestHeader, 'correlationId' | 'clientId'>,
): EncodedFrame => {
  checkVersion(api, version);
  writer.reset();
  writer.int32(0, 'length');
  writer.int16(api.key, 'requestApiKey');
  writer.int16(version, 'requestApiVersion');
  writer.int32(header.correlationId, 'correlationId');
  writer.nullableString(header.clientId, true, false, 'clientId');
  if (version >= api.firstFlexibleVersion) writer.uvarint(0);
  api.encodeRequest(writer, version, request);
  return finishFrame('a request');
};

/** Reads the rest of a response, after its correlation id (int32): what its client reads. Throws CodecError. */
export const readResponse = <Request, Response>(
  api: Api<Request, Response>,
  version: number,
  reader: MessageReader,
): Response => {
  checkVersion(api, version);
  if (version >= api.firstFlexibleVersion && api.key !== apiVersionsKey) reader.skipTags('response header');
  return api.decodeResponse(reader, version);
};

const checkVersion = (api: Api<unknown, unknown>, version: number): void => {
  if (hasVersion(api, version)) return;
  throw new CodecError(
    'UNSUPPORTED_VERSION',
    `${api.name} has the versions ${api.firstVersion} to ${api.lastVersion}, not ${version}`,
  );
};
