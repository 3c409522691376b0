import type { Rejection } from '../core/errors.ts';
import { type Result, ok } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';

/** How long a failed write makes the server unready when nothing was written since. */
const unreadyMs = 5_000;

/**
 * Whether writes go well. A failed one counts until the next good one, but not for long: whoever sends no traffic to a
 * server that is not ready would otherwise never see it ready again.
 */
export class Readiness {
  #clock: Clock;
  #failed: { readonly error: Rejection; readonly atMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How the last write went; undefined: well. */
  written(error: Rejection | undefined): void {
    this.#failed = error === undefined ? undefined : { error, atMs: this.#clock.monotonicMs() };
  }

  get state(): Result<null> {
    const failed = this.#failed;
    if (failed === undefined || this.#clock.monotonicMs() - failed.atMs >= unreadyMs) return ok(null);
    return { ok: false, error: failed.error };
  }
}
