import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Calls from node to node, where there are several: taken here, understood elsewhere. */
export interface InternalCalls {
  readonly path: string;
  readonly contentType: string;
  readonly maxBytes: number;
  /** What a call is refused with before its body is read; undefined: it may be read. */
  refusal(
    headers: IncomingHttpHeaders,
  ):
    | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array }
    | undefined;
  /** @param gone aborted when the connection is lost before the answer is out */
  answer(
    headers: IncomingHttpHeaders,
    body: Uint8Array,
    gone: AbortSignal,
  ): Promise<{
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
    /** The caller is gone before it has the answer. */
    undo?(): void;
  }>;
}

/** No part of the API: not in the document, and for nobody who does not know the cluster's secret. */
export const addInternalCalls = (app: FastifyInstance, calls: InternalCalls): void => {
  app.addContentTypeParser(
    calls.contentType,
    { parseAs: 'buffer', bodyLimit: calls.maxBytes },
    (_request, body, done) => done(null, body),
  );
  // A stranger's body is not taken into memory.
  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const refused = calls.refusal(request.headers);
    if (refused === undefined) return undefined;
    return reply
      .code(refused.status)
      .headers({ ...refused.headers, connection: 'close' })
      .send(refused.body);
  };
  app.post(calls.path, { bodyLimit: calls.maxBytes, onRequest }, (request, reply) => {
    const { raw } = reply;
    const gone = new AbortController();
    let undo: (() => void) | undefined;
    // A response closes before it has ended only when the connection is lost.
    raw.once('close', () => {
      if (raw.writableFinished) return;
      gone.abort();
      undo?.();
    });
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    calls.answer(request.headers, body, gone.signal).then(
      (answer) => {
        if (gone.signal.aborted) return answer.undo?.();
        undo = () => answer.undo?.();
        raw.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length }).end(answer.body);
      },
      (error: unknown) => reply.send(error),
    );
  });
};
