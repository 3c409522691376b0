import type { ServerResponse } from 'node:http';

/** One acquire that may wait. */
export interface WaitingPoll {
  readonly signal: AbortSignal;
  /** The client went away before its answer. */
  readonly clientGone: boolean;
  leave(): void;
}

/** The acquires that wait: how many there may be, and how they end when their client leaves or the server stops. */
export class WaitingPolls {
  readonly #max: number;
  readonly #controllers = new Set<AbortController>();
  #draining = false;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#controllers.size;
  }

  /** The server is stopping: nobody waits any more. */
  get draining(): boolean {
    return this.#draining;
  }

  /** undefined when too many wait already. */
  enter(response: ServerResponse): WaitingPoll | undefined {
    if (this.#controllers.size >= this.#max) return undefined;
    const controller = new AbortController();
    const controllers = this.#controllers;
    controllers.add(controller);
    const poll = {
      signal: controller.signal,
      clientGone: false,
      leave: () => {
        controllers.delete(controller);
        response.removeListener('close', closed);
      },
    };
    // The response closes before it has ended only when the connection is lost.
    const closed = () => {
      if (response.writableEnded) return;
      poll.clientGone = true;
      controller.abort();
    };
    response.on('close', closed);
    if (response.destroyed) closed();
    if (this.#draining) controller.abort();
    return poll;
  }

  drain(): void {
    this.#draining = true;
    for (const controller of this.#controllers) controller.abort();
  }
}
