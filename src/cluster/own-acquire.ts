import type { Broker } from '../broker/broker.ts';
import type { AcquireOutcome, AcquireRequest } from '../broker/requests.ts';
import type { Rejection } from '../core/errors.ts';
import { type Result, ok } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import { LinkedAbort } from './linked-abort.ts';
import type { OwnershipView } from './ownership-view.ts';

/** How long a wait that ended before its time pauses before it goes on, ms: its partitions are moving. */
const pauseMs = 50;

/** What passes by itself once partitions have moved. */
const passing: ReadonlySet<string> = new Set(['NOT_OWNER', 'BUSY']);
export const isPassing = ({ code }: Rejection): boolean => passing.has(code);

export const emptyOutcome: AcquireOutcome = {
  ranges: [],
  emptyReason: 'no_records',
  nextAvailableMs: null,
  problem: null,
  lag: 0,
  oldestAgeMs: null,
  started: null,
};

/**
 * An acquire from what this node owns, for its own clients and for those of other nodes. A wait goes on while partitions come and go: it begins anew
 * with those that this node has then.
 */
export class OwnAcquire {
  readonly #broker: Broker;
  readonly #view: OwnershipView;
  readonly #clock: Clock;
  readonly #draining = new AbortController();

  constructor(broker: Broker, view: OwnershipView, clock: Clock) {
    this.#broker = broker;
    this.#view = view;
    this.#clock = clock;
  }

  async acquire(request: AcquireRequest, signal: AbortSignal | null): Promise<Result<AcquireOutcome>> {
    const deadlineMs = this.#clock.monotonicMs() + request.waitMs;
    for (;;) {
      const { changed } = this.#view;
      const { isOwn } = this.#view.ownersOfAll(request.topics);
      const link = new LinkedAbort(signal, changed, this.#draining.signal);
      const waitMs = this.#restMs(deadlineMs);
      const result = isOwn ? await this.#broker.acquire({ ...request, waitMs }, link.signal) : ok(emptyOutcome);
      link.unlink();
      const isDone = result.ok
        ? result.value.ranges.length > 0 || result.value.emptyReason === 'draining'
        : !isPassing(result.error);
      const restMs = this.#restMs(deadlineMs);
      if (isDone || restMs === 0 || signal?.aborted === true || this.#draining.signal.aborted) return result;
      if (changed.aborted) continue;
      const pause = new LinkedAbort(signal, this.#draining.signal);
      await this.#view.nextChange(isOwn ? Math.min(pauseMs, restMs) : restMs, this.#clock, pause.signal);
      pause.unlink();
    }
  }

  #restMs(deadlineMs: number): number {
    return Math.max(0, deadlineMs - this.#clock.monotonicMs());
  }

  /** Answers those who wait. */
  drain(): void {
    this.#draining.abort();
  }
}
