import type { DatabaseSync } from 'node:sqlite';

import type { BackgroundWork } from './operation.ts';

/** A step that failed is tried again after one second, then after two, four … */
const firstRetryDelayMs = 1000;
const maxRetryDelayMs = 60_000;

/** Does what may wait, a step at a time, between the groups of the writer. */
export class Background {
  readonly #database: DatabaseSync;
  readonly #report: (error: unknown) => void;
  readonly #queue: BackgroundWork[] = [];
  #retryDelayMs = firstRetryDelayMs;
  #failedStep: (() => void) | undefined;
  #scheduled: { cancel(): void } | undefined;

  /** `report` is told of each error; a step is then tried again, work that cannot go on is dropped until the next start. */
  constructor(database: DatabaseSync, report: (error: unknown) => void) {
    this.#database = database;
    this.#report = report;
  }

  readonly start = (work: BackgroundWork): void => {
    this.#queue.push(work);
    this.#schedule();
  };

  /** Whether the event loop is needed for it. */
  get isWaiting(): boolean {
    return this.#scheduled !== undefined;
  }

  stop(): void {
    this.#scheduled?.cancel();
    this.#queue.length = 0;
  }

  #schedule(delayMs = 0): void {
    if (this.#scheduled !== undefined || this.#queue.length === 0) return;
    if (delayMs > 0) {
      const timer = setTimeout(this.#turn, delayMs);
      this.#scheduled = { cancel: () => clearTimeout(timer) };
    } else {
      const immediate = setImmediate(this.#turn);
      this.#scheduled = { cancel: () => clearImmediate(immediate) };
    }
  }

  readonly #turn = (): void => {
    this.#scheduled = undefined;
    const work = this.#queue[0];
    if (work === undefined) return;
    const step = this.#failedStep ?? this.#nextStep(work);
    this.#failedStep = undefined;
    if (step === undefined) {
      this.#queue.shift();
      this.#schedule();
      return;
    }
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      step();
      this.#database.exec('COMMIT');
      this.#retryDelayMs = firstRetryDelayMs;
      this.#schedule();
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#report(error);
      this.#failedStep = step;
      this.#schedule(this.#retryDelayMs);
      this.#retryDelayMs = Math.min(this.#retryDelayMs * 2, maxRetryDelayMs);
    }
  };

  #nextStep(work: BackgroundWork): (() => void) | undefined {
    try {
      const next = work.next();
      return next.done === true ? undefined : next.value;
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }
}
