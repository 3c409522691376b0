import type { AcknowledgeResult, Acknowledgement } from './api.ts';
import { acknowledgementOf } from './handler-outcome.ts';
import type { HeldRecord } from './held-record.ts';
import type { RetryGate } from './retry-gate.ts';
import { SashError, errorOf } from './sash-error.ts';
import type { TimeSource } from './time-source.ts';

type Settled = Exclude<AcknowledgeResult, { status: 'error' }>;

interface QueueParts {
  readonly time: TimeSource;
  readonly gate: RetryGate;
  /** How long an outcome waits for an acquire to take it along. */
  readonly lingerMs: number;
  readonly acknowledge: (
    acknowledgements: readonly Acknowledgement[],
    signal: AbortSignal,
  ) => Promise<readonly AcknowledgeResult[]>;
  /** The outcome is durable. `isHeldAgain`: the record was acquired again before that was known here. */
  readonly confirmed: (held: HeldRecord, result: Settled, isHeldAgain: boolean) => void;
  /** The outcome does not count. */
  readonly tooLate: (held: HeldRecord, error: SashError) => void;
  readonly failed: (error: Error) => void;
  /** A request without waiting took so long. */
  readonly roundTrip: (tookMs: number) => void;
}

export interface SentOutcome {
  readonly held: HeldRecord;
  readonly acknowledgement: Acknowledgement;
}

/** Most outcomes of one request. */
const maxPerRequest = 1000;

/**
 * Outcomes on their way to the server. An acquire takes them along; where none comes within the linger time they are
 * acknowledged by themselves. An outcome leaves only with the server's word: what became of a request without an answer
 * is found out by sending the same again, which changes nothing if it had arrived.
 */
export class OutcomeQueue {
  readonly #parts: QueueParts;
  #waiting: HeldRecord[] = [];
  #isCarrying = false;
  #isUncertain = false;
  #isFlushing = false;
  #cancelLinger: (() => void) | undefined;
  readonly #closed = new AbortController();

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Outcomes could not be confirmed: until they are, nothing more should be taken on. */
  get isUncertain(): boolean {
    return this.#isUncertain;
  }

  /** `held` has its ending. */
  add(held: HeldRecord): void {
    this.#waiting.push(held);
    this.#linger();
  }

  /** What an acquire is to take along; `carried` or `carryFailed` has to follow. */
  takeAlong(): readonly SentOutcome[] {
    const sent = this.#take();
    this.#isCarrying = sent.length > 0;
    return sent;
  }

  carried(sent: readonly SentOutcome[], results: readonly AcknowledgeResult[]): void {
    this.#isCarrying = false;
    this.#answered(sent, results);
    this.#linger();
  }

  /** The acquire failed: it is not known what became of them. */
  carryFailed(sent: readonly SentOutcome[]): void {
    this.#isCarrying = false;
    if (sent.length > 0) this.#isUncertain = true;
    this.#putBack(sent);
    this.#linger();
  }

  /** Gives up what is not confirmed. */
  close(): void {
    this.#closed.abort();
    this.#cancelLinger?.();
    this.#waiting = [];
  }

  #linger(): void {
    if (this.#cancelLinger !== undefined || this.#isFlushing || this.#isCarrying || this.#waiting.length === 0) return;
    this.#cancelLinger = this.#parts.time.after(this.#parts.lingerMs, () => {
      this.#cancelLinger = undefined;
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    const { time, gate, acknowledge, roundTrip } = this.#parts;
    const { signal } = this.#closed;
    this.#isFlushing = true;
    for (;;) {
      await gate.opened(signal);
      const sent = signal.aborted ? [] : this.#take();
      if (sent.length === 0) break;
      const startMs = time.nowMs();
      try {
        const results = await acknowledge(
          sent.map(({ acknowledgement }) => acknowledgement),
          signal,
        );
        roundTrip(time.nowMs() - startMs);
        gate.succeeded();
        this.#isUncertain = false;
        this.#answered(sent, results);
      } catch (error) {
        if (signal.aborted) break;
        this.#refused(sent, errorOf(error));
      }
    }
    this.#isFlushing = false;
  }

  #take(): readonly SentOutcome[] {
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    return this.#waiting
      .splice(0, maxPerRequest)
      .map((held) => ({ held, acknowledgement: acknowledgementOf(held.lease, held.ending!) }));
  }

  #putBack(sent: readonly SentOutcome[]): void {
    this.#waiting.unshift(...sent.map(({ held }) => held));
  }

  #refused(sent: readonly SentOutcome[], error: Error): void {
    this.#parts.failed(error);
    if (error instanceof SashError && !error.retriable && error.code !== 'BAD_ANSWER') {
      // The group was deleted, for one: no repetition helps.
      this.#isUncertain = false;
      for (const { held } of sent) this.#parts.tooLate(held, error);
    } else {
      this.#isUncertain = true;
      this.#putBack(sent);
      this.#parts.gate.failed(error);
    }
  }

  #answered(sent: readonly SentOutcome[], results: readonly AcknowledgeResult[]): void {
    for (const [index, { held, acknowledgement }] of sent.entries()) {
      const result = results[index];
      if (result === undefined || (result.status === 'error' && result.retriable)) {
        this.#waiting.push(held);
        this.#isUncertain = true;
        const { code, message } = result ?? { code: 'BAD_ANSWER', message: 'An acknowledgement has no result' };
        this.#parts.gate.failed(new SashError(code, message, { retriable: true }));
      } else if (result.status !== 'error') {
        this.#parts.confirmed(held, result, held.lease !== acknowledgement.lease);
      } else if (held.lease !== acknowledgement.lease) {
        // The record was acquired again, because the outcome had not arrived: it counts under the new lock.
        this.#waiting.push(held);
      } else {
        this.#parts.tooLate(held, new SashError(result.code, result.message));
      }
    }
  }
}
