import type { Clock } from '../ports/clock.ts';

/** Waits end on a grid of so many ms, so that many waiters share a timer. */
const gridMs = 20;

interface Waiting {
  /** Monotonic, as `onGrid` gives it. */
  readonly deadlineMs: number;
}

/** Everybody who waits, and a timer for each moment at which waits are over. */
export class WaitDeadlines<Waiter extends Waiting> {
  readonly #clock: Clock;
  readonly #over: (waiter: Waiter) => void;
  readonly #due = new Map<number, { readonly waiters: Set<Waiter>; readonly timer: { cancel(): void } }>();

  /** @param over called for each waiter whose time is up; it is removed by whoever ends its wait */
  constructor(clock: Clock, over: (waiter: Waiter) => void) {
    this.#clock = clock;
    this.#over = over;
  }

  /** The moment at which a wait until `deadlineMs` ends: never before it. */
  static onGrid(deadlineMs: number): number {
    return Math.ceil(deadlineMs / gridMs) * gridMs;
  }

  add(waiter: Waiter): void {
    const due = this.#due.get(waiter.deadlineMs);
    if (due !== undefined) {
      due.waiters.add(waiter);
      return;
    }
    const waiters = new Set([waiter]);
    const timer = this.#clock.schedule(waiter.deadlineMs - this.#clock.monotonicMs(), () => {
      for (const each of waiters) this.#over(each);
    });
    this.#due.set(waiter.deadlineMs, { waiters, timer });
  }

  remove(waiter: Waiter): void {
    const due = this.#due.get(waiter.deadlineMs);
    due?.waiters.delete(waiter);
    if (due?.waiters.size !== 0) return;
    due.timer.cancel();
    this.#due.delete(waiter.deadlineMs);
  }

  *[Symbol.iterator](): Generator<Waiter, void, undefined> {
    for (const { waiters } of this.#due.values()) yield* waiters;
  }
}
