/** Time comes in from outside. Locks use the monotonic clock, so a jump of the wall clock neither expires nor extends them (I11). */
export interface Clock {
  /** Milliseconds on a clock that never goes back; the origin is arbitrary and changes with each process. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01T00:00:00Z, for people and for what is stored. */
  wallMs(): number;
  /** Runs `task` once, `delayMs` from now (at least 0). Cancelling twice, or after it ran, does nothing. */
  schedule(delayMs: number, task: () => void): { cancel(): void };
}
