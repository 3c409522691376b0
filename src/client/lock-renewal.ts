import type { AcknowledgeResult, Acknowledgement } from './api.ts';
import type { HeldRecord } from './held-record.ts';
import { SashError, errorOf } from './sash-error.ts';
import type { TimeSource } from './time-source.ts';

interface RenewalParts {
  readonly time: TimeSource;
  /** null: the group's. */
  readonly lockDurationMs: number | null;
  readonly acknowledge: (renewals: readonly Acknowledgement[]) => Promise<readonly AcknowledgeResult[]>;
  /** The lock has ended. */
  readonly lost: (held: HeldRecord, error: SashError) => void;
  /** A renewal failed; there will be another one while the lock lasts. */
  readonly failed: (error: Error) => void;
}

/** Locks that are due within this part of their duration are renewed together. */
const together = 0.1;
/** How soon a renewal that failed is tried again, as a part of the lock's duration. */
const retryAfter = 0.1;

/**
 * Keeps the locks of records whose handler has not ended: each is renewed at half of its time, those due at about the
 * same time in one request. By one timer, for the lock that is due first.
 */
export class LockRenewal {
  readonly #parts: RenewalParts;
  readonly #held = new Set<HeldRecord>();
  #timer: { readonly atMs: number; cancel(): void } | undefined;
  #isDisabled = false;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
  }

  keep(held: HeldRecord): void {
    this.#held.add(held);
    this.#arm(dueMs(held));
  }

  forget(held: HeldRecord): void {
    this.#held.delete(held);
    if (this.#held.size === 0) this.#disarm();
  }

  /** Renews them now. Those of which the server says that they are locked are no longer doubtful. */
  check(doubtful: readonly HeldRecord[]): Promise<void> {
    return this.#renew(doubtful, this.#parts.time.nowMs());
  }

  #arm(atMs: number): void {
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    this.#disarm();
    const cancel = this.#parts.time.after(atMs - this.#parts.time.nowMs(), () => {
      this.#timer = undefined;
      void this.#turn();
    });
    this.#timer = { atMs, cancel };
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #turn(): Promise<void> {
    const nowMs = this.#parts.time.nowMs();
    const due: HeldRecord[] = [];
    for (const held of this.#held) {
      if (held.lockEndMs <= nowMs) {
        this.#lose(held, 'LEASE_EXPIRED', 'its lock ran out before it was renewed');
      } else if (!this.#isDisabled && held.renewAtMs - nowMs <= held.lockDurationMs * together) {
        due.push(held);
        held.renewAtMs = nowMs + held.lockDurationMs * retryAfter;
      }
    }
    this.#armNext();
    if (due.length > 0) await this.#renew(due, nowMs);
  }

  #armNext(): void {
    let nextMs = Infinity;
    for (const held of this.#held) nextMs = Math.min(nextMs, this.#isDisabled ? held.lockEndMs : dueMs(held));
    if (nextMs < Infinity) this.#arm(nextMs);
  }

  async #renew(due: readonly HeldRecord[], sentMs: number): Promise<void> {
    const { lockDurationMs, acknowledge, failed } = this.#parts;
    const sent = due.map((held) => ({
      held,
      renewal: { lease: held.lease, type: 'renew', ...(lockDurationMs === null ? {} : { lockDurationMs }) } as const,
    }));
    let results: readonly AcknowledgeResult[];
    try {
      results = await acknowledge(sent.map(({ renewal }) => renewal));
    } catch (error) {
      failed(errorOf(error));
      return;
    }
    for (const [index, { held, renewal }] of sent.entries()) {
      const result = results[index];
      // Acquired anew or ended meanwhile: it says nothing about the lock of now.
      if (result === undefined || held.lease !== renewal.lease || !this.#held.has(held)) continue;
      if (result.status === 'renewed') {
        held.isDoubtful = false;
        held.lockDurationMs = result.lockRemainingMs;
        // The server began to count after the request was sent, so it lasts at least so long.
        held.lockEndMs = sentMs + result.lockRemainingMs;
        // Its handler may have taken too long meanwhile.
        if (held.renewAtMs < Infinity) held.renewAtMs = sentMs + result.lockRemainingMs / 2;
      } else if (result.status === 'error' && result.code === 'RENEW_DISABLED') {
        held.isDoubtful = false;
        if (!this.#isDisabled) failed(new SashError(result.code, result.message));
        this.#isDisabled = true;
      } else if (result.status === 'error' && !result.retriable) {
        this.#lose(held, result.code, result.message);
      }
    }
    this.#armNext();
  }

  #lose(held: HeldRecord, code: string, message: string): void {
    this.forget(held);
    const { topic, partition, offset } = held.record;
    this.#parts.lost(held, new SashError(code, `offset ${offset} of ${topic}-${partition}: ${message}`));
  }
}

const dueMs = ({ renewAtMs, lockEndMs }: HeldRecord): number => Math.min(renewAtMs, lockEndMs);
