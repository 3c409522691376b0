import type { ServerResponse } from 'node:http';
import type { HttpClock } from './http-settings.ts';

/** A comment so often, so that a reader can tell silence from a lost connection. */
const heartbeatMs = 10_000;
/** A reader that takes nothing for so many heartbeats is cut off. */
const patience = 2;
const heartbeat = ': alive\n\n';

/** One answer of server-sent events. */
export interface EventStream {
  /** Returns false when the reader has enough for now: `onDrain` is called when it has read that. */
  write(text: string): boolean;
  onDrain(listener: () => void): void;
  end(): void;
}

/** The answers of server-sent events that are open: how many there may be, and that none grows because nobody reads it. */
export class EventStreams {
  readonly #max: number;
  readonly #clock: HttpClock;
  readonly #open = new Map<ServerResponse, { missed: number }>();
  #places = 0;
  #timer: { cancel(): void } | undefined;

  constructor(max: number, clock: HttpClock) {
    this.#max = max;
    this.#clock = clock;
  }

  /** Takes a place for a stream; undefined when there is none. Given back when the answer ends or its reader goes. */
  take(response: ServerResponse): { readonly isGone: boolean } | undefined {
    if (response.destroyed) return { isGone: true };
    if (this.#places >= this.#max) return undefined;
    this.#places++;
    const place = { isGone: false };
    response.once('close', () => {
      place.isGone = true;
      this.#places--;
      if (!this.#open.delete(response) || this.#open.size > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    });
    return place;
  }

  /** Begins the answer. */
  begin(response: ServerResponse, headers: string[]): EventStream {
    response.writeHead(200, [
      ...headers,
      'content-type',
      'text/event-stream; charset=utf-8',
      'x-accel-buffering',
      'no',
    ]);
    response.flushHeaders();
    this.#open.set(response, { missed: 0 });
    this.#timer ??= this.#clock.schedule(heartbeatMs, () => this.#beat());
    return {
      write: (text) => response.write(text),
      onDrain: (listener) => void response.on('drain', listener),
      end: () => void response.end(),
    };
  }

  #beat(): void {
    for (const [response, state] of this.#open) {
      state.missed = response.writableNeedDrain ? state.missed + 1 : 0;
      if (state.missed >= patience) response.destroy();
      else if (state.missed === 0) response.write(heartbeat);
    }
    this.#timer = this.#clock.schedule(heartbeatMs, () => this.#beat());
  }
}
