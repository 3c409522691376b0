import type { Api, Sparse } from '../../src/codec/api.ts';
import * as frames from '../../src/codec/frame.ts';
import { MessageReader } from '../../src/codec/message-reader.ts';

/** The client's half of frames: what a client writes and reads. */

/** A whole request, its length prefix included. Fields that are left out have their defaults. */
export const encodeRequestFrame = <Request, Response>(
  api: Api<Request, Response>,
  version: number,
  request: Sparse<Request>,
  { correlationId = 0, clientId = 'test' }: { readonly correlationId?: number; readonly clientId?: string | null } = {},
): Buffer => Buffer.concat(frames.encodeRequestFrame(api, version, request, { correlationId, clientId }).chunks);

/** A response without its length prefix. Throws when bytes follow it. */
export const decodeResponseFrame = <Request, Response>(
  api: Api<Request, Response>,
  version: number,
  frame: Buffer,
): { readonly correlationId: number; readonly response: Response } => {
  const reader = new MessageReader(frame);
  const correlationId = reader.int32('correlationId');
  const response = frames.readResponse(api, version, reader);
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes follow ${api.name} v${version}`);
  return { correlationId, response };
};
