import type { Clock } from '../ports/clock.ts';

/** Applies retention again and again, `log.retention.check.interval.ms` after the last time. */
export class RetentionSweeps {
  #clock: Clock;
  #intervalMs: number;
  #sweep: () => Promise<void>;
  #timer: { cancel(): void } | undefined;
  #stopped = false;
  /** Done when no sweep is under way. */
  idle: Promise<void> = Promise.resolve();

  constructor(clock: Clock, intervalMs: number, sweep: () => Promise<void>) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#sweep = sweep;
  }

  start(): void {
    this.#timer = this.#clock.schedule(this.#intervalMs, () => {
      this.idle = this.#sweep().finally(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  /** The sweep under way goes on: see `idle`. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}
