import type { Rejection } from '../core/errors.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fault } from '../ports/fault.ts';
import type { StorageHealth } from '../ports/storage-health.ts';
import { rejectionOf } from './faults.ts';

/** A storage that has not confirmed a write for so long hangs. */
const hangsAfterMs = 5_000;

/** How often it is tried whether writes go well again, while somebody asks. */
const probeEveryMs = 1_000;

/** Requests can be served. */
export interface Ready {
  /** What is weaker than it should be all the same, in sentences for operators. */
  readonly warnings: readonly string[];
}

/** Room for a request of some size: where only small writes go well, produce still fails. */
const probeBytes = 1024 * 1024;
/** Where nothing has failed. */
const remoteProbeBytes = 1024;

/**
 * Whether writes go well. One that failed counts until one goes well; whoever sends no traffic to a server that is not ready would never see it
 * ready again, so while somebody asks it is tried with a write of its own.
 */
export class Readiness {
  readonly #clock: Clock;
  readonly #health: StorageHealth;
  #failure: Rejection | undefined;
  #probing = false;
  #probedMs = -Infinity;

  constructor(outside: { readonly clock: Clock; readonly health: StorageHealth }) {
    this.#clock = outside.clock;
    this.#health = outside.health;
  }

  /**
   * How the last write went; undefined: well. After one for which there was no room only a write as large as a probe says that there is. One that was
   * refused because what it writes to was deleted, or is somebody else's by now, says nothing about the storage.
   */
  written(fault: Fault | undefined): void {
    if (fault?.code === 'CLOSED' || fault?.code === 'FENCED') return;
    if (fault === undefined && this.#failure?.code === 'STORAGE_FULL') return;
    if (this.#failure === undefined) this.#probedMs = this.#clock.monotonicMs();
    this.#failure = fault === undefined ? undefined : rejectionOf(fault);
  }

  get state(): Result<Ready> {
    const trouble = this.#health.trouble();
    if (trouble !== undefined) return { ok: false, error: rejectionOf(trouble) };
    const busyMs = this.#health.busyMs();
    if (busyMs >= hangsAfterMs) {
      const seconds = Math.floor(busyMs / 1_000);
      return reject(
        'KAFKA_STORAGE_ERROR',
        `The storage has not confirmed a write for ${seconds} s: does the disk hang?`,
      );
    }
    if (this.#failure === undefined) {
      if (this.#health.isRemote === true) void this.#probe(remoteProbeBytes);
      return ok({ warnings: this.#health.warnings?.() ?? [] });
    }
    void this.#probe(probeBytes);
    return { ok: false, error: this.#failure };
  }

  async #probe(sizeBytes: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#probing || nowMs - this.#probedMs < probeEveryMs) return;
    this.#probing = true;
    this.#probedMs = nowMs;
    try {
      await this.#health.probe(sizeBytes);
      if (sizeBytes === probeBytes) this.#failure = undefined;
    } catch (error) {
      this.#failure = rejectionOf(error);
    } finally {
      this.#probing = false;
    }
  }
}
