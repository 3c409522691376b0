import type { Clock } from '../../src/ports/clock.ts';

/** A clock that only moves when told to; tasks run in the order of their times. */
export class FakeClock implements Clock {
  #nowMs = 1_000;
  #wallOffsetMs = 1_790_000_000_000;
  #tasks: { atMs: number; task: () => void }[] = [];

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  schedule(delayMs: number, task: () => void): { cancel(): void } {
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), task };
    this.#tasks.push(entry);
    return {
      cancel: () => {
        this.#tasks = this.#tasks.filter((each) => each !== entry);
      },
    };
  }

  /** How many tasks wait. */
  get scheduled(): number {
    return this.#tasks.length;
  }

  /** Moves both clocks on, runs what is due, and lets what was started settle. */
  async advance(byMs: number): Promise<void> {
    await settle();
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const due = this.#tasks.filter((each) => each.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#tasks = this.#tasks.filter((each) => each !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.task();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }

  /** The wall clock is set; the monotonic one does not notice. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }
}

/** Lets everything run that waits for no clock and no disk. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
