import type { Rejection } from '../core/errors.ts';
import { type Result, ok, reject } from '../core/result.ts';
import { Fault } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import { rejectionOf, repeatsOf } from './faults.ts';

/** Stands before every use case: while the broker runs, the work is done; a fault of the disk or the store becomes its rejection. */
export class Guard {
  readonly #logger: Logger;
  #state: 'new' | 'running' | 'stopped' = 'new';

  /** Use cases under way that were begun since `finished` was asked for last. */
  #begun = new Begun();
  /** Resolves when those that were begun before are done. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  get isStopped(): boolean {
    return this.#state === 'stopped';
  }

  start(): void {
    this.#state = 'running';
  }

  /** From now on everything is answered with SHUTTING_DOWN; what is under way goes on. */
  stop(): void {
    this.#state = 'stopped';
  }

  /** Resolves when all that is under way now is done. Not what is begun later: under load there is always something. */
  async finished(): Promise<void> {
    this.#before = Promise.all([this.#before, this.#begun.done()]);
    this.#begun = new Begun();
    await this.#before;
  }

  ready(): Result<null> {
    return this.#state === 'running' ? ok(null) : reject('SHUTTING_DOWN', `The broker is ${this.#state}.`);
  }

  async run<T>(work: () => Promise<Result<T>> | Result<T>): Promise<Result<T>> {
    if (this.#state === 'stopped') return reject('SHUTTING_DOWN', 'The server is stopping; ask again when it is back.');
    const begun = this.#begun;
    begun.count++;
    try {
      return await work();
    } catch (error) {
      return this.#rejectionOf(error);
    } finally {
      begun.end();
    }
  }

  /** @throws what is not a Fault: a bug */
  #rejectionOf(error: unknown): { readonly ok: false; readonly error: Rejection } {
    if (!(error instanceof Fault)) throw error;
    // A share partition is closed while the broker runs because its topic or group was deleted: nothing is wrong.
    if (error.code === 'CLOSED' && this.#state === 'running') {
      return reject('BUSY', 'A topic or group asked for was deleted at this moment; ask again.');
    }
    const rejection = rejectionOf(error);
    const { code: fault, outcome, operation } = error;
    const repeats = repeatsOf('requests that failed', error);
    this.#logger.error({ fault, outcome, operation, repeats }, rejection.message);
    return { ok: false, error: rejection };
  }
}

/** Counts use cases: a set of their promises cost each of them more than the rest of the guard. */
class Begun {
  count = 0;
  #done: (() => void) | undefined;

  end(): void {
    if (--this.count === 0) this.#done?.();
  }

  /** Resolves when all are done; none is begun any more. */
  async done(): Promise<void> {
    if (this.count > 0) await new Promise<void>((resolve) => (this.#done = resolve));
  }
}
