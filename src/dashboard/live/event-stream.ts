import { eventParser } from './event-parser.ts';
import type { StreamEvent } from './event-parser.ts';

/**
 * Server-sent events read with fetch, and not with EventSource: that one says neither the status nor that the server's
 * heartbeats have stopped, and a connection that died without a word would look alive for ever.
 */

export interface StreamHandlers {
  /** The answer has begun: connected. */
  open(): void;
  /** Something came, a heartbeat too. */
  heard(): void;
  event(event: StreamEvent): void;
  /** Nobody looks at the page: not connected until somebody does. */
  resting(): void;
  /** Not connected (any more); tried again in so many ms. `status` null: no answer came. */
  lost(status: number | null, retryInMs: number, detail: string | null): void;
}

/** The server's heartbeats come every 10 s. */
const silenceLimitMs = 25_000;
const firstRetryMs = 500;
const maxRetryMs = 5000;

/**
 * Stays connected to `path` until the signal says otherwise, and goes on after the last event that it has seen. Only while the page
 * is looked at: a browser has six connections to a server, for all its tabs together.
 */
export const readEvents = async (path: string, handlers: StreamHandlers, signal: AbortSignal): Promise<void> => {
  let lastId: string | null = null;
  let retryMs = firstRetryMs;
  for (;;) {
    await shown(signal);
    if (signal.aborted) return;
    let status: number | null = null;
    let detail: string | null = null;
    let retryAfterMs = 0;
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), silenceLimitMs);
    const hidden = new AbortController();
    document.addEventListener('visibilitychange', () => hidden.abort(), { signal: hidden.signal });
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (lastId !== null) headers['last-event-id'] = lastId;
      const response = await fetch(path, {
        headers,
        cache: 'no-store',
        signal: AbortSignal.any([signal, silence.signal, hidden.signal]),
      });
      status = response.status;
      if (response.ok && response.body !== null) {
        handlers.open();
        const feed = eventParser((event, id) => {
          if (id !== null) lastId = id;
          retryMs = firstRetryMs;
          handlers.event(event);
        });
        const decoder = new TextDecoder();
        // Not with `for await`: in Safari a stream cannot be iterated over.
        const reader = response.body.getReader();
        for (let read = await reader.read(); !read.done; read = await reader.read()) {
          clearTimeout(timer);
          timer = setTimeout(() => silence.abort(), silenceLimitMs);
          handlers.heard();
          feed(decoder.decode(read.value, { stream: true }));
        }
      } else {
        retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1000;
        detail = detailOf(await response.text());
      }
    } catch {
      // Refused, cut off, or silent for too long: all the same from here.
    } finally {
      clearTimeout(timer);
    }
    const isHidden = hidden.signal.aborted;
    hidden.abort();
    if (signal.aborted) return;
    if (isHidden) {
      handlers.resting();
      continue;
    }
    const waitMs = Math.max(retryAfterMs, retryMs);
    handlers.lost(status, waitMs, detail);
    await pause(waitMs, signal);
    retryMs = Math.min(maxRetryMs, retryMs * 2);
  }
};

/** Resolves while the page is looked at, or when the signal says so. */
const shown = async (signal: AbortSignal): Promise<void> => {
  while (document.hidden && !signal.aborted) {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        document.removeEventListener('visibilitychange', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      document.addEventListener('visibilitychange', done);
      signal.addEventListener('abort', done);
    });
  }
};

const detailOf = (text: string): string | null => {
  try {
    return (JSON.parse(text) as { detail?: string }).detail ?? null;
  } catch {
    return null;
  }
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
  });
