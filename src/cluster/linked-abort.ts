/**
 * One signal for several reasons to leave off. Other than AbortSignal.any it is let go of: a reason that lives for long keeps
 * nothing of those that were linked to it.
 */
export class LinkedAbort {
  readonly #controller = new AbortController();
  readonly #reasons: readonly (AbortSignal | null | undefined)[];

  constructor(...reasons: readonly (AbortSignal | null | undefined)[]) {
    this.#reasons = reasons;
    for (const reason of reasons) {
      if (reason?.aborted === true) this.abort();
      reason?.addEventListener('abort', this.abort);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly abort = (): void => {
    this.#controller.abort();
    this.unlink();
  };

  unlink(): void {
    for (const reason of this.#reasons) reason?.removeEventListener('abort', this.abort);
  }
}
