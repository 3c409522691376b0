import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';

/** In which `maxLines` are written, and one more for all the rest. */
const periodMs = 60_000;
const maxLines = 10;

/**
 * Says why connections were closed. A client that is wrong comes again and again, so only the first ten in a minute have a line
 * each; one line after it counts the others.
 */
export class RefusalLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #periodStartMs = -Infinity;
  #lines = 0;
  #more = 0;
  #last: { readonly peer: string; readonly reason: string } | undefined;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** What a peer did, or what there was not enough of. */
  closed(peer: string, reason: string): void {
    this.sweep();
    if (this.#isOver()) {
      this.#periodStartMs = this.#clock.monotonicMs();
      this.#lines = 0;
    }
    if (this.#lines < maxLines) {
      this.#lines++;
      this.#logger.warn({ peer }, `closed a connection: ${reason}`);
    } else {
      this.#more++;
      this.#last = { peer, reason };
    }
  }

  /** Once a second or so: writes the line for the rest when the minute is over. */
  sweep(): void {
    if (this.#more === 0 || !this.#isOver()) return;
    const { peer, reason } = this.#last!;
    this.#logger.warn(
      { peer, more: this.#more },
      `closed ${this.#more} more connections in a minute; the last: ${reason}`,
    );
    this.#more = 0;
  }

  #isOver(): boolean {
    return this.#clock.monotonicMs() - this.#periodStartMs >= periodMs;
  }
}
