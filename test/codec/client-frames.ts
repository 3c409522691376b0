import type { Api, Sparse } from '../../src/codec/api.ts';
import { MessageReader } from '../../src/codec/message-reader.ts';
import { MessageWriter } from '../../src/codec/message-writer.ts';

/** The client's half of frames: what a client writes and reads. */

const writer = new MessageWriter();

/** A whole request, its length prefix included. Fields that are left out have their defaults. */
export const encodeRequestFrame = <Request, Response>(
  api: Api<Request, Response>,
  version: number,
  request: Sparse<Request>,
  header: { readonly correlationId?: number; readonly clientId?: string | null } = {},
): Buffer => {
  writer.reset();
  writer.int32(0, 'length');
  writer.int16(api.key, 'requestApiKey');
  writer.int16(version, 'requestApiVersion');
  writer.int32(header.correlationId ?? 0, 'correlationId');
  writer.nullableString(header.clientId === undefined ? 'test' : header.clientId, true, false, 'clientId');
  if (version >= api.firstFlexibleVersion) writer.uvarint(0);
  api.encodeRequest(writer, version, request);
  writer.int32At(0, writer.sizeBytes - 4);
  return Buffer.concat(writer.finish().chunks);
};

/** A response without its length prefix. Throws when bytes follow it. */
export const decodeResponseFrame = <Request, Response>(
  api: Api<Request, Response>,
  version: number,
  frame: Buffer,
): { readonly correlationId: number; readonly response: Response } => {
  const reader = new MessageReader(frame);
  const correlationId = reader.int32('correlationId');
  if (version >= api.firstFlexibleVersion && api.name !== 'ApiVersions') reader.skipTags('response header');
  const response = api.decodeResponse(reader, version);
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes follow ${api.name} v${version}`);
  return { correlationId, response };
};
