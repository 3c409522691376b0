import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type RequestMeters, noteRequest } from '../core/measure/request-meter.ts';
import type { AnswerQueue } from './answer-queue.ts';
import type { BatchCache } from './batch-cache.ts';
import type { BrokerApi, OperationsApi } from './broker-api.ts';
import type { EventStreams } from './event-streams.ts';
import type { HttpClock, HttpLimits, HttpLogger } from './http-settings.ts';
import { rejectionOf } from './invalid-input.ts';
import type { Leases } from './lease.ts';
import type { LeaseGroups } from './lease-groups.ts';
import type { StickyPartitions } from './partition-choice.ts';
import { problemContentType, problemStatuses, problemText, refuse, retryAfterSeconds } from './problem.ts';
import type { Answered, DoorRejection, ProblemCode } from './problem.ts';
import type { WaitingPolls } from './waiting-polls.ts';

/** What the routes work with. One for an app. */
export interface Services {
  readonly broker: BrokerApi;
  readonly operations: OperationsApi;
  readonly leases: Leases;
  readonly leaseGroups: LeaseGroups;
  readonly batches: BatchCache;
  readonly polls: WaitingPolls;
  readonly streams: EventStreams;
  readonly answers: AnswerQueue;
  readonly sticky: StickyPartitions;
  readonly limits: HttpLimits;
  readonly clock: HttpClock;
  readonly meters: RequestMeters;
  readonly logger: HttpLogger;
}

/** One checked request. */
export interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** The body as it came; empty when there was none or it is a stream. */
  readonly bodyText: string;
  /** The body of a route with `streams`, when it came as that. */
  readonly stream: Readable | null;
  readonly headers: IncomingHttpHeaders;
  readonly reply: FastifyReply;
}

/** Given back by a route that has written its answer by itself. */
export const answeredItself = Symbol('answered itself');

/** An object is printed as JSON, a string is JSON text ready made, null is an answer without a body. */
export type Payload = object | string | null;

/** One endpoint: what it takes and gives, for the checks and for the OpenAPI document, and what it does. */
export interface RouteDefinition<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As OpenAPI writes it: `/v1/topics/{topic}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Default true where there is a `body`. */
  readonly bodyRequired?: boolean;
  /** Request headers, for the document. */
  readonly headers?: readonly { readonly name: string; readonly description: string; readonly maxLength: number }[];
  /** A content type that comes as a stream, and not through `body`. */
  readonly streams?: string;
  readonly status: 200 | 201 | 202 | 204;
  readonly response: z.ZodType | null;
  /** The content type of the answer; JSON where there is none. */
  readonly responseType?: string;
  /** The codes, beside those that every route may answer with. */
  readonly problems: readonly ProblemCode[];
  handle(
    call: Call<z.output<P>, z.output<Q>, z.output<B>>,
    services: Services,
  ): Promise<Answered<Payload> | typeof answeredItself>;
}

const nothing = z.strictObject({});
type Nothing = typeof nothing;

export type Route = RouteDefinition<z.ZodType, z.ZodType, z.ZodType>;

/** Lets TypeScript find the types of a route's input in its schemas. */
export const defineRoute = <
  P extends z.ZodType = Nothing,
  Q extends z.ZodType = Nothing,
  B extends z.ZodType = Nothing,
>(
  definition: RouteDefinition<P, Q, B>,
): Route => definition;

export const sendProblem = (reply: FastifyReply, error: DoorRejection): FastifyReply => {
  const retryAfter = retryAfterSeconds(error.code);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  return reply
    .code(problemStatuses[error.code])
    .header('content-type', problemContentType)
    .send(problemText(error, reply.request.id));
};

const jsonContentType = 'application/json; charset=utf-8';

export const addRoute = (app: FastifyInstance, route: Route, services: Services): void => {
  const { params, query = nothing, body = nothing, bodyRequired = route.body !== undefined, status, streams } = route;

  const check = (schema: z.ZodType, input: unknown, where: 'body' | 'query' | 'path'): Answered<unknown> => {
    const parsed = schema.safeParse(input);
    return parsed.success
      ? { ok: true, value: parsed.data }
      : { ok: false, error: rejectionOf(parsed.error, input, where) };
  };

  const takesNoQuery = query === nothing;

  /** The request as the route takes it, or why it is refused. */
  const callOf = (request: FastifyRequest, reply: FastifyReply): Answered<Call<unknown, unknown, unknown>> => {
    const checkedParams = params === undefined ? noFields : check(params, request.params, 'path');
    if (!checkedParams.ok) return checkedParams;
    const checkedQuery = isEmpty(request.query) && takesNoQuery ? noFields : check(query, request.query, 'query');
    if (!checkedQuery.ok) return checkedQuery;
    let checkedBody: Answered<unknown> = noFields;
    let bodyText = '';
    let stream: Readable | null = null;
    if (typeof request.body === 'object' && request.body !== null) {
      if (streams === undefined) return refuse('UNSUPPORTED_MEDIA_TYPE', 'Send this body as application/json');
      stream = request.body as Readable;
    } else if (request.body !== undefined && request.body !== '') {
      bodyText = request.body as string;
      const input = parseJson(bodyText);
      if (!input.ok) return input;
      checkedBody = check(body, input.value, 'body');
    } else if (bodyRequired) {
      return refuse('INVALID_REQUEST', 'the body is missing; send JSON with content-type: application/json', 'body');
    } else {
      checkedBody = check(body, {}, 'body');
    }
    if (!checkedBody.ok) return checkedBody;
    return {
      ok: true,
      value: {
        params: checkedParams.value,
        query: checkedQuery.value,
        body: checkedBody.value,
        bodyText,
        stream,
        headers: request.headers,
        reply,
      },
    };
  };

  const meter = services.meters.of(route.operationId);
  const { clock } = services;

  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    // A HEAD of what never ends would never end either.
    exposeHeadRoute: route.responseType === undefined,
    // Callbacks, and the answer written by us: what fastify does around a promise and in `send` is a tenth of a request.
    handler: (request, reply) => {
      const beginMs = clock.monotonicMs();
      const failed = (error: unknown): void => {
        noteRequest(meter, clock.monotonicMs() - beginMs, 'INTERNAL_ERROR');
        reply.send(error);
      };
      const answered = (answer: Awaited<ReturnType<Route['handle']>>): void => {
        if (answer === answeredItself) return;
        noteRequest(meter, clock.monotonicMs() - beginMs, answer.ok ? 'OK' : answer.error.code);
        try {
          if (answer.ok) sendAnswer(reply, status, answer.value, services);
          else sendProblem(reply, answer.error);
        } catch (error) {
          failed(error);
        }
      };
      try {
        const call = callOf(request, reply);
        if (call.ok) route.handle(call.value, services).then(answered, failed);
        else answered(call);
      } catch (error) {
        failed(error);
      }
    },
  });
};

/** What every answer carries, as name, value, name, value, … */
export const commonHeaders = (requestId: string): string[] => [
  'x-request-id',
  requestId,
  'x-content-type-options',
  'nosniff',
  'cache-control',
  'no-store',
];

const sendAnswer = (reply: FastifyReply, status: number, value: Payload, { answers, polls }: Services): void => {
  const { raw, request } = reply;
  const headers = commonHeaders(request.id);
  // A server that stops must not keep connections open for requests it will not take.
  if (polls.draining) headers.push('connection', 'close');
  if (value === null) {
    answers.add(() => raw.writeHead(status, headers).end());
    return;
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const sizeBytes = Buffer.byteLength(text);
  headers.push('content-type', jsonContentType, 'content-length', String(sizeBytes));
  // ASCII, as nearly all answers are, is written as it stands: Node asks for three times the memory for UTF-8.
  const encoding = sizeBytes === text.length ? 'latin1' : 'utf8';
  answers.add(() => raw.writeHead(status, headers).end(text, encoding));
};

const noFields = { ok: true, value: {} } as const;

const isEmpty = (query: unknown): boolean => {
  for (const _ in query as object) return false;
  return true;
};

const parseJson = (text: string): Answered<unknown> => {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return refuse('INVALID_REQUEST', `the body is not JSON: ${(error as SyntaxError).message}`, 'body');
  }
};
