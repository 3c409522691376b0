import { backoffDelayMs, requestBackoff } from './backoff.ts';
import { SashError } from './sash-error.ts';
import { sleep } from './time-source.ts';
import type { TimeSource } from './time-source.ts';

/** All requests to a server that fails wait here, longer with each failure; the first success opens it. */
export class RetryGate {
  readonly #time: TimeSource;
  readonly #random: () => number;
  #failures = 0;
  #opensMs = 0;

  constructor(time: TimeSource, random: () => number) {
    this.#time = time;
    this.#random = random;
  }

  failed(error: Error): void {
    const nowMs = this.#time.nowMs();
    // Requests that were on their way together fail together, and count once.
    if (nowMs < this.#opensMs) return;
    this.#failures++;
    const askedMs = error instanceof SashError ? (error.retryAfterMs ?? 0) : 0;
    this.#opensMs = nowMs + Math.max(askedMs, backoffDelayMs(requestBackoff, this.#failures, this.#random()));
  }

  succeeded(): void {
    this.#failures = 0;
    this.#opensMs = 0;
  }

  /** Resolves when the next request may be sent, or `signal` is aborted. */
  async opened(signal?: AbortSignal): Promise<void> {
    for (;;) {
      const leftMs = this.#opensMs - this.#time.nowMs();
      if (leftMs <= 0 || signal?.aborted === true) return;
      await sleep(this.#time, leftMs, signal);
    }
  }
}
