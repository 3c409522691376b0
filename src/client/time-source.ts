/** The clock and the timers that the client lives by; tests bring their own. */
export interface TimeSource {
  /** Monotonic, in ms. */
  nowMs(): number;
  /** Calls `then` once, after at least `delayMs`; the answer takes it back. */
  after(delayMs: number, then: () => void): () => void;
}

/** setTimeout takes no more. */
const maxDelayMs = 2_147_483_647;

export const systemTime: TimeSource = {
  nowMs: () => performance.now(),
  after: (delayMs, then) => {
    const timer = setTimeout(then, Math.min(Math.max(delayMs, 0), maxDelayMs));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or as soon as `signal` is aborted. */
export const sleep = (time: TimeSource, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = time.after(delayMs, done);
    signal?.addEventListener('abort', done);
  });
