import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import fastify from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BatchCache } from './batch-cache.ts';
import type { BrokerApi } from './broker-api.ts';
import type { HttpClock, HttpLogger, HttpSettings } from './http-settings.ts';
import { Leases } from './lease.ts';
import { LeaseGroups } from './lease-groups.ts';
import { openApiDocument } from './openapi.ts';
import { OriginGuard } from './origin-guard.ts';
import { StickyPartitions } from './partition-choice.ts';
import { problemContentType, problemStatuses, problemText, refuse } from './problem.ts';
import type { DoorRejection } from './problem.ts';
import { referencePage } from './reference-page.ts';
import { addRoute, sendProblem } from './route.ts';
import type { Services } from './route.ts';
import { apiRoutes } from './routes.ts';
import { linesContentType } from './routes/produce.ts';
import { WaitingPolls } from './waiting-polls.ts';

export interface HttpParts {
  /** Started: its lease secret is asked for at once. */
  readonly broker: BrokerApi;
  readonly settings: HttpSettings;
  readonly logger: HttpLogger;
  readonly clock: HttpClock;
  /** Of sash, for the documents. */
  readonly version: string;
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
export const buildApp = ({ broker, settings, logger, clock, version }: HttpParts): FastifyInstance => {
  const { limits } = settings;
  const leases = new Leases(broker.leaseSecret);
  const polls = new WaitingPolls(limits.maxWaitingPolls);
  const services: Services = {
    broker,
    leases,
    leaseGroups: new LeaseGroups(leases, broker),
    batches: new BatchCache(batchCacheBytes),
    polls,
    sticky: new StickyPartitions(),
    limits,
    clock,
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
      sendProblem(reply, forbidden ?? rejectionOfError(error, request.url, settings));
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
    const { raw } = reply;
    raw.setHeader('x-request-id', request.id);
    raw.setHeader('x-content-type-options', 'nosniff');
    raw.setHeader('cache-control', 'no-store');
    const query = request.url.indexOf('?');
    const path = query === -1 ? request.url : request.url.slice(0, query);
    const forbidden = guard.check(request.method, path, request.headers);
    if (forbidden !== undefined) return void sendProblem(reply, forbidden);
    if (polls.draining) {
      raw.setHeader('connection', 'close');
      return void sendProblem(reply, refuse('SHUTTING_DOWN', 'The server is stopping; try again in a moment').error);
    }
    done();
  });

  addBodyParsers(app);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const rejection = rejectionOfError(error, request.url, settings);
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
  app.addHook('onResponse', (request, reply, done) => {
    if (reply.statusCode >= 500) {
      const { method, url, id } = request;
      logger.warn({ requestId: id, method, url, status: reply.statusCode }, 'a request was answered with an error');
    }
    done();
  });

  const routes = apiRoutes(limits);
  for (const route of routes) addRoute(app, route, services);
  const pages = addPages(app, version, settings);
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

const addBodyParsers = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers();
  // As text: the routes parse it, and some need it as it came.
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      return done(
        refusalError('UNSUPPORTED_MEDIA_TYPE', `content-encoding ${encoding} is not read here; send the body as it is`),
      );
    }
    if (!isUtf8(body as Buffer)) return done(refusalError('INVALID_REQUEST', 'the body is not UTF-8', 'body'));
    done(null, (body as Buffer).toString('utf8'));
  });
  app.addContentTypeParser(linesContentType, (_request, payload, done) => done(null, payload));
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

const rejectionOfError = (error: unknown, url: string, { limits }: HttpSettings): DoorRejection => {
  if (error instanceof RefusalError) return error.rejection;
  const { code, statusCode = 500, message } = error as FastifyError;
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return refuse(
        'BODY_TOO_LARGE',
        `The body is larger than http.body.max.bytes, ${limits.bodyMaxBytes}; send less at a time, or stream lines as ${linesContentType}`,
        'body',
      ).error;
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

const addPages = (app: FastifyInstance, version: string, { limits }: HttpSettings): readonly Served[] => {
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
  app.get('/', (_request, reply) =>
    reply
      .type('text/plain; charset=utf-8')
      .send(
        `sash ${version}: share-group queues over HTTP\n\n/docs          the reference\n/openapi.json  the same as OpenAPI 3.1\n/readyz        ready or not\n`,
      ),
  );
  return ['/openapi.json', '/docs', '/'].map((path) => ({ method: 'GET', path }));
};
