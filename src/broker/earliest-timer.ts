import type { Clock } from '../ports/clock.ts';

/** One timer for many deadlines: it fires at the earliest of them, or before. Whoever it wakes looks what is due. */
export class EarliestTimer {
  #clock: Clock;
  #task: () => void;
  #timer: { cancel(): void } | undefined;
  #atMs = Infinity;

  constructor(clock: Clock, task: () => void) {
    this.#clock = clock;
    this.#task = task;
  }

  /** @param atMs monotonic; Infinity asks for nothing */
  arm(atMs: number): void {
    // A timer that fires too early only looks again: cheaper than moving it with each lock.
    if (atMs >= this.#atMs) return;
    this.#timer?.cancel();
    this.#atMs = atMs;
    this.#timer = this.#clock.schedule(Math.max(0, Math.ceil(atMs - this.#clock.monotonicMs())), () => {
      this.#timer = undefined;
      this.#atMs = Infinity;
      this.#task();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#atMs = Infinity;
  }
}
