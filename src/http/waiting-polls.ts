import type { ServerResponse } from 'node:http';

/** One acquire that may wait. */
export interface WaitingPoll {
  /** Aborted when the client goes away before its answer. */
  readonly signal: AbortSignal;
  leave(): void;
}

/** The acquires that wait: how many there may be, and that nobody waits for a client who has left. */
export class WaitingPolls {
  readonly #max: number;
  #count = 0;
  #draining = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** The server is stopping. */
  get draining(): boolean {
    return this.#draining;
  }

  drain(): void {
    this.#draining = true;
  }

  /** undefined when too many wait already. */
  enter(response: ServerResponse): WaitingPoll | undefined {
    if (this.#count >= this.#max) return undefined;
    this.#count++;
    const controller = new AbortController();
    // A response closes before it has ended only when the connection is lost.
    const closed = (): void => {
      if (!response.writableEnded) controller.abort();
    };
    response.on('close', closed);
    if (response.destroyed) closed();
    return {
      signal: controller.signal,
      leave: () => {
        this.#count--;
        response.removeListener('close', closed);
      },
    };
  }
}
