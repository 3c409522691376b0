/** Delays that grow: `initialDelayMs`, then by `factor` each time, at most `maxDelayMs`, and less by a random part. */
export interface Backoff {
  readonly initialDelayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  /** 0 to 1: how much of a delay is left to chance, so that what failed together does not come back together. */
  readonly jitter: number;
}

/** @param attempt from 1 @param random from 0 to 1 */
export const backoffDelayMs = (
  { initialDelayMs, factor, maxDelayMs, jitter }: Backoff,
  attempt: number,
  random: number,
): number => Math.round(Math.min(maxDelayMs, initialDelayMs * factor ** (attempt - 1)) * (1 - jitter * random));

/** Of a record that failed, by its delivery count. */
export const defaultReleaseBackoff: Backoff = { initialDelayMs: 1000, factor: 2, maxDelayMs: 300_000, jitter: 0.2 };

/** Of a request that failed. */
export const requestBackoff: Backoff = { initialDelayMs: 100, factor: 2, maxDelayMs: 5000, jitter: 0.5 };
