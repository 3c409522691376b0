import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import fastify from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestMeters } from '../core/measure/request-meter.ts';
import { AnswerQueue } from './answer-queue.ts';
import { BatchCache } from './batch-cache.ts';
import type { BrokerApi, OperationsApi } from './broker-api.ts';
import { addDashboard } from './dashboard-files.ts';
import { EventStreams } from './event-streams.ts';
import { type InternalCalls, addInternalCalls } from './internal-calls.ts';
import type { HttpClock, HttpLogger, HttpSettings } from './http-settings.ts';
import { Leases } from './lease.ts';
import { LeaseGroups } from './lease-groups.ts';
import { openApiDocument } from './openapi.ts';
import { OriginGuard } from './origin-guard.ts';
import { StickyPartitions } from './partition-choice.ts';
import { problemContentType, problemStatuses, problemText, refuse } from './problem.ts';
import type { DoorRejection } from './problem.ts';
import { referencePage } from './reference-page.ts';
import { addRoute, commonHeaders, sendProblem } from './route.ts';
import type { Services } from './route.ts';
import { apiRoutes } from './routes.ts';
import { linesContentType } from './routes/produce.ts';
import { utf8Text } from './value-encoding.ts';
import { WaitingPolls } from './waiting-polls.ts';

export interface HttpParts {
  /** Started: its lease secret is asked for at once. */
  readonly broker: BrokerApi;
  readonly operations: OperationsApi;
  readonly settings: HttpSettings;
  readonly logger: HttpLogger;
  readonly clock: HttpClock;
  readonly meters: RequestMeters;
  /** What GET /metrics answers. */
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** Of sash, for the documents. */
  readonly version: string;
  /** Where there are several nodes. */
  readonly internalCalls?: InternalCalls;
}

/** Memory for opened record batches. */
const batchCacheBytes = 16 * 1024 * 1024;
/** As long as Node lets a request line be; a name that is too long is for the broker to refuse, in words. */
const maxParamLength = 16 * 1024;
/** A stop waits so long for answers that are on their way; main.ts allows 5 s for everything. */
const closeTimeoutMs = 3000;

/**
 * Builds the HTTP door without listening. `app.close()` is its graceful stop: nothing new is taken, those who wait are
 * answered, and what is on its way ends.
 */
export const buildApp = (parts: HttpParts): FastifyInstance => {
  const { broker, operations, settings, logger, clock, meters, metrics, version, internalCalls } = parts;
  const { limits } = settings;
  const leases = new Leases(broker.leaseSecret);
  const polls = new WaitingPolls(limits.maxWaitingPolls);
  const services: Services = {
    broker,
    operations,
    leases,
    leaseGroups: new LeaseGroups(leases, broker),
    batches: new BatchCache(batchCacheBytes),
    polls,
    streams: new EventStreams(limits.maxEventStreams, clock),
    sticky: new StickyPartitions(),
    answers: new AnswerQueue(),
    limits,
    clock,
    meters,
    logger,
  };
  const guard = new OriginGuard(settings.allowedHosts);

  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyMaxBytes,
    // Ours says so as a problem.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: requestIds(),
    routerOptions: { maxParamLength },
    // A path that cannot be decoded; hooks do not run for it.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      const forbidden = guard.check(request.method, '', request.headers);
      sendProblem(reply, forbidden ?? rejectionOfError(error, request.url));
    },
    clientErrorHandler: (error, socket) => {
      if (!socket.writable) return void socket.destroy();
      const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
      const { error: rejection } = tooLarge
        ? refuse('REQUEST_HEADERS_TOO_LARGE', "The request's own headers are larger than 16 KiB")
        : refuse('INVALID_REQUEST', `This is not HTTP: ${error.message}`);
      const text = problemText(rejection, '-');
      socket.end(
        `HTTP/1.1 ${problemStatuses[rejection.code]} ${tooLarge ? 'Request Header Fields Too Large' : 'Bad Request'}\r\ncontent-type: ${problemContentType}\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
      );
    },
  });

  app.addHook('onRequest', (request, reply, done) => {
    const query = request.url.indexOf('?');
    const path = query === -1 ? request.url : request.url.slice(0, query);
    // Nodes know each other by a secret, and by whatever names they have.
    const isInternal = path === internalCalls?.path;
    const forbidden = isInternal ? undefined : guard.check(request.method, path, request.headers);
    if (forbidden !== undefined) return void sendProblem(reply, forbidden);
    if (polls.draining) {
      reply.header('connection', 'close');
      return void sendProblem(reply, refuse('SHUTTING_DOWN', 'The server is stopping; try again in a moment').error);
    }
    done();
  });

  addBodyParsers(app, limits.bodyMaxBytes);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const rejection = rejectionOfError(error, request.url);
    if (rejection.code === 'INTERNAL_ERROR') {
      logger.error(
        { requestId: request.id, method: request.method, url: request.url, err: error },
        'a request failed: a bug',
      );
    }
    // The rest of a body that is not read would be taken for the next request.
    if (rejection.code === 'BODY_TOO_LARGE') reply.header('connection', 'close');
    return sendProblem(reply, rejection);
  });
  // For problems and pages; the answers of the routes are written by route.ts.
  app.addHook('onSend', (request, reply, _payload, done) => {
    const headers = commonHeaders(request.id);
    for (let index = 0; index < headers.length; index += 2) {
      // A page may say how it is kept.
      if (!reply.hasHeader(headers[index]!)) reply.header(headers[index]!, headers[index + 1]);
    }
    if (reply.statusCode >= 500) {
      const { method, url, id } = request;
      const status = reply.statusCode;
      // A bug is not what repeats while something is away.
      const repeats = status === 500 ? undefined : `requests answered with ${status}`;
      logger.warn({ requestId: id, method, url, status, repeats }, 'a request is answered with an error');
    }
    done();
  });

  const routes = apiRoutes(limits);
  for (const route of routes) addRoute(app, route, services);
  if (internalCalls !== undefined) addInternalCalls(app, internalCalls);
  const pages = addPages(app, version, settings, metrics);
  const served = [...routes.map(({ method, path }) => ({ method, path })), ...pages];
  app.setNotFoundHandler((request, reply) => notFound(request, reply, served));

  // Before the server stops listening, so that nobody new is taken while those who wait are answered.
  app.addHook('preClose', async () => {
    polls.drain();
    const timer = setTimeout(() => app.server.closeAllConnections(), closeTimeoutMs);
    app.server.once('close', () => clearTimeout(timer));
    timer.unref();
    await broker.drain();
  });
  return app;
};

/** The client's own id where it has a usable one: then both logs have the same. */
const requestIds = (): ((request: { headers: Record<string, string | string[] | undefined> }) => string) => {
  const prefix = randomBytes(6).toString('base64url');
  let count = 0;
  return ({ headers }) => {
    const own = headers['x-request-id'];
    return typeof own === 'string' && /^[\x21-\x7e]{1,128}$/.test(own) ? own : `${prefix}-${(count++).toString(36)}`;
  };
};

const addBodyParsers = (app: FastifyInstance, maxBytes: number): void => {
  app.removeAllContentTypeParsers();
  // As text: the routes parse it, and some need it as it came.
  app.addContentTypeParser('application/json', (request, payload, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      return done(
        refusalError('UNSUPPORTED_MEDIA_TYPE', `content-encoding ${encoding} is not read here; send the body as it is`),
      );
    }
    readText(payload, Number(request.headers['content-length'] ?? 0), maxBytes, done);
  });
  app.addContentTypeParser(linesContentType, (_request, payload, done) => done(null, payload));
};

/**
 * Reads a body as text. Our own and not fastify's `parseAs`: nearly every body comes in one piece, and is decoded where
 * it lies, without a copy.
 *
 * @param done called once
 */
const readText = (
  payload: IncomingMessage,
  statedBytes: number,
  maxBytes: number,
  done: (error: Error | null, text?: string) => void,
): void => {
  const tooLarge = (): RefusalError =>
    refusalError(
      'BODY_TOO_LARGE',
      `The body is larger than http.body.max.bytes, ${maxBytes}; send less at a time, or stream lines as ${linesContentType}`,
      'body',
    );
  if (statedBytes > maxBytes) return done(tooLarge());
  let sizeBytes = 0;
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let isSettled = false;
  const settle = (error: Error | null, text?: string): void => {
    if (isSettled) return;
    isSettled = true;
    done(error, text);
  };
  const onData = (chunk: Buffer): void => {
    sizeBytes += chunk.length;
    if (isSettled) return;
    if (sizeBytes > maxBytes) return settle(tooLarge());
    if (first === undefined) first = chunk;
    else (more ??= [first]).push(chunk);
  };
  const onEnd = (): void => {
    const body = more === undefined ? first : Buffer.concat(more, sizeBytes);
    const text = body === undefined ? '' : utf8Text(body);
    if (text === undefined) settle(refusalError('INVALID_REQUEST', 'the body is not UTF-8', 'body'));
    else settle(null, text);
  };
  // The client has gone in the middle of it.
  const onError = (): void => settle(refusalError('INVALID_REQUEST', 'the body did not come to its end', 'body'));
  payload.on('data', onData).on('end', onEnd).on('error', onError);
};

/** A refusal as fastify wants it from a parser. */
class RefusalError extends Error {
  readonly rejection: DoorRejection;

  constructor(rejection: DoorRejection) {
    super(rejection.message);
    this.rejection = rejection;
  }
}

const refusalError = (...refusal: Parameters<typeof refuse>): RefusalError =>
  new RefusalError(refuse(...refusal).error);

const rejectionOfError = (error: unknown, url: string): DoorRejection => {
  if (error instanceof RefusalError) return error.rejection;
  const { code, statusCode = 500, message } = error as FastifyError;
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return refuse('UNSUPPORTED_MEDIA_TYPE', "Send the body with 'content-type: application/json'").error;
    case 'FST_ERR_BAD_URL':
      return refuse('INVALID_REQUEST', `The path ${JSON.stringify(url.slice(0, 200))} is not well encoded`, 'path')
        .error;
    default:
      return statusCode >= 400 && statusCode < 500
        ? refuse('INVALID_REQUEST', message, 'body').error
        : refuse('INTERNAL_ERROR', "A bug in sash; the log has more under the request's id").error;
  }
};

interface Served {
  readonly method: string;
  /** As OpenAPI writes it. */
  readonly path: string;
}

const notFound = (request: FastifyRequest, reply: FastifyReply, served: readonly Served[]): FastifyReply => {
  const path = request.url.split('?', 1)[0]!;
  const parts = path.split('/');
  const methods = served
    .filter((route) => {
      const wanted = route.path.split('/');
      return (
        wanted.length === parts.length && wanted.every((part, index) => part.startsWith('{') || part === parts[index])
      );
    })
    .map(({ method }) => method);
  const shown = JSON.stringify(path.slice(0, 200));
  if (methods.length === 0) {
    return sendProblem(
      reply,
      refuse('UNKNOWN_ROUTE', `${request.method} ${shown} is not served here; GET /docs lists what is`).error,
    );
  }
  const allow = [...new Set(methods)].join(', ');
  reply.header('allow', allow);
  return sendProblem(
    reply,
    refuse('METHOD_NOT_ALLOWED', `${shown} is served for ${allow}, not for ${request.method}`).error,
  );
};

const addPages = (
  app: FastifyInstance,
  version: string,
  { limits }: HttpSettings,
  metrics: HttpParts['metrics'],
): readonly Served[] => {
  let documents: { readonly json: string; readonly page: ReturnType<typeof referencePage> } | undefined;
  // Made when somebody asks: a worker's server never needs it.
  const made = () => {
    if (documents === undefined) {
      const document = openApiDocument(version, limits);
      documents = { json: `${JSON.stringify(document, null, 2)}\n`, page: referencePage(document) };
    }
    return documents;
  };
  app.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(made().json));
  app.get('/docs', (_request, reply) => {
    const { html, contentSecurityPolicy } = made().page;
    return reply.header('content-security-policy', contentSecurityPolicy).type('text/html; charset=utf-8').send(html);
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  addDashboard(app, version);
  return ['/openapi.json', '/docs', '/metrics', '/'].map((path) => ({ method: 'GET', path }));
};
