import { SashError, errorOf } from './sash-error.ts';
import { systemTime } from './time-source.ts';
import type { TimeSource } from './time-source.ts';

/** As much of the standard's `fetch` as is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Where the server is, and how to talk to it. */
export interface ConnectionSettings {
  /** Such as `http://127.0.0.1:8080`; a path in it is kept. */
  readonly url: string | URL;
  /** Sent with every request, such as what a proxy before the server asks for. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long an answer may take, in ms, beside the time that a request waits by itself. Default: 30,000. */
  readonly timeoutMs?: number;
  /** Default: the runtime's own. */
  readonly fetch?: Fetch;
  /** For tests. Default: the runtime's clock. */
  readonly time?: TimeSource;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From the url on, with a leading slash, parts encoded. */
  readonly path: string;
  /** Left out where undefined. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, with a `content-type` in `headers`. */
  readonly rawBody?: string | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  /** So long the server may keep the request waiting, in ms. */
  readonly waitMs?: number;
  /** Gives the request up, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Gives it up only as long as no answer has begun: what the server has handed out then still arrives. */
  readonly waitSignal?: AbortSignal | undefined;
  /** Lists that the answer has to have: one without them is not sash's. */
  readonly lists?: readonly string[];
}

const defaultTimeoutMs = 30_000;

/** One part of a path. */
export const part = (text: string | number): string => encodeURIComponent(text);

/** Requests to one server. Knows no endpoint; repeats nothing. */
export class Http {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #fetch: Fetch;
  readonly #time: TimeSource;

  constructor({ url, headers, timeoutMs, fetch: ownFetch, time }: ConnectionSettings) {
    this.#base = baseOf(url);
    this.#headers = headers ?? {};
    this.#timeoutMs = timeoutMs ?? defaultTimeoutMs;
    // Looked up at each call, as a test or a tracer may replace it; and some runtimes want it called without a `this`.
    this.#fetch = ownFetch ?? ((address, init) => fetch(address, init));
    this.#time = time ?? systemTime;
  }

  /**
   * The answer's JSON; undefined when it has no body, and none of its `lists` were asked for.
   *
   * @throws SashError; what a signal was aborted with, when that gave the request up
   */
  async json(request: HttpRequest): Promise<unknown> {
    return (await this.timedJson(request)).json;
  }

  /** As {@link json}, with the time at which the answer began. */
  async timedJson(request: HttpRequest): Promise<{ readonly json: unknown; readonly answeredMs: number }> {
    return this.#send(request, this.#timeoutMs, async (response, answeredMs) => {
      const text = await response.text();
      const json = text === '' ? undefined : this.#parse(request, response, text);
      const missing = (request.lists ?? []).find((name) => !Array.isArray((json as Record<string, unknown>)?.[name]));
      if (missing !== undefined) throw this.#badAnswer(request, response, `has no ${missing}`, text);
      return { json, answeredMs };
    });
  }

  /**
   * The bytes of an answer that goes on and on. It is not bound by the time-out once it has begun; it ends with `signal`.
   *
   * @throws as {@link json}
   */
  async *stream(request: HttpRequest): AsyncGenerator<Uint8Array, void, undefined> {
    const controller = new AbortController();
    const abort = (): void => controller.abort(request.signal?.reason);
    request.signal?.addEventListener('abort', abort);
    if (request.signal?.aborted === true) abort();
    try {
      const body = await this.#send(
        { ...request, waitSignal: controller.signal, signal: undefined },
        this.#timeoutMs,
        async (response) => response.body,
        controller,
      );
      if (body === null) return;
      const reader = body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        yield value;
      }
    } catch (error) {
      request.signal?.throwIfAborted();
      throw error instanceof SashError ? error : this.#networkError(request, error);
    } finally {
      request.signal?.removeEventListener('abort', abort);
      controller.abort();
    }
  }

  async #send<T>(
    request: HttpRequest,
    timeoutMs: number,
    read: (response: Response, answeredMs: number) => Promise<T>,
    controller = new AbortController(),
  ): Promise<T> {
    const { method, body, rawBody, signal, waitSignal } = request;
    const abort = (): void => controller.abort(signal?.reason);
    const abortWaiting = (): void => controller.abort(waitSignal?.reason);
    if (signal?.aborted === true) abort();
    if (waitSignal?.aborted === true) abortWaiting();
    signal?.addEventListener('abort', abort);
    waitSignal?.addEventListener('abort', abortWaiting);
    const limitMs = timeoutMs + (request.waitMs ?? 0);
    const timeout = new SashError('TIMEOUT', `${this.#named(request)}: no answer within ${limitMs} ms`, {
      retriable: true,
    });
    const cancelTimeout = this.#time.after(limitMs, () => controller.abort(timeout));
    try {
      const response = await this.#fetch(this.#urlOf(request), {
        method,
        headers: {
          ...this.#headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...request.headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(rawBody === undefined ? {} : { body: rawBody, duplex: 'half' }),
        signal: controller.signal,
      });
      waitSignal?.removeEventListener('abort', abortWaiting);
      const answeredMs = this.#time.nowMs();
      if (!response.ok) throw this.#problem(request, response, await response.text());
      return await read(response, answeredMs);
    } catch (error) {
      if (controller.signal.aborted) throw controller.signal.reason;
      throw error instanceof SashError ? error : this.#networkError(request, error);
    } finally {
      cancelTimeout();
      signal?.removeEventListener('abort', abort);
      waitSignal?.removeEventListener('abort', abortWaiting);
    }
  }

  #urlOf({ path, query }: HttpRequest): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) parameters.set(name, String(value));
    }
    const text = parameters.toString();
    return `${this.#base}${path}${text === '' ? '' : `?${text}`}`;
  }

  #named(request: HttpRequest): string {
    return `${request.method} ${this.#base}${request.path}`;
  }

  #networkError(request: HttpRequest, error: unknown): SashError {
    const { message, refused } = faultOf(error);
    const hint = refused ? '; is a sash server running there?' : '';
    return new SashError('NETWORK_ERROR', `${this.#named(request)}: ${message}${hint}`, {
      retriable: true,
      cause: error,
    });
  }

  #parse(request: HttpRequest, response: Response, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw this.#badAnswer(request, response, 'is no JSON', text, error);
    }
  }

  #badAnswer(request: HttpRequest, { status }: Response, what: string, text: string, cause?: unknown): SashError {
    const message = `${this.#named(request)} answered ${status} with something that ${what}: ${start(text)}`;
    return new SashError('BAD_ANSWER', message, { status, cause });
  }

  #problem(request: HttpRequest, response: Response, text: string): SashError {
    const { status } = response;
    const problem = problemOf(text);
    const requestId = problem?.requestId ?? response.headers.get('x-request-id');
    const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
    const retryAfterMs = Number.isFinite(retryAfterS) ? retryAfterS * 1000 : null;
    if (problem === undefined) {
      return new SashError(
        'BAD_ANSWER',
        `${this.#named(request)} answered ${status}, and not as sash does: ${start(text)}`,
        {
          status,
          // A proxy that could not reach the server, or asks for patience.
          retriable: [408, 429, 502, 503, 504].includes(status),
          requestId,
          retryAfterMs,
        },
      );
    }
    const { code, detail, retriable, field } = problem;
    return new SashError(code, detail, { status, retriable, requestId, field: field ?? null, retryAfterMs });
  }
}

const baseOf = (url: string | URL): string => {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (error) {
    throw new TypeError(`url is ${JSON.stringify(String(url))}; it must be an address such as http://127.0.0.1:8080`, {
      cause: error,
    });
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new TypeError(`url is ${parsed.href}; it must begin with http:// or https://`);
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`;
};

const start = (text: string): string => JSON.stringify(text.slice(0, 200));

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly retriable: boolean;
  readonly field?: string;
  readonly requestId?: string;
}

const problemOf = (text: string): Problem | undefined => {
  try {
    const problem = JSON.parse(text) as Partial<Problem> | null;
    return typeof problem?.code === 'string' && typeof problem.detail === 'string' ? (problem as Problem) : undefined;
  } catch {
    return undefined;
  }
};

/** What fetch means by “fetch failed” stands in the cause, or in the causes of that. */
const faultOf = (error: unknown): { readonly message: string; readonly refused: boolean } => {
  let innermost = errorOf(error) as Error & { code?: string; errors?: readonly unknown[] };
  for (let depth = 0; depth < 5; depth++) {
    const inner = innermost.cause ?? innermost.errors?.[0];
    if (!(inner instanceof Error)) break;
    innermost = inner;
  }
  const message = innermost.message === '' ? (innermost.code ?? innermost.name) : innermost.message;
  return { message, refused: innermost.code === 'ECONNREFUSED' };
};
