import { type TopicId, type TopicPartition, topicPartitionText } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import { WaitDeadlines } from './wait-deadlines.ts';

interface Waiter {
  readonly partitions: readonly TopicPartition[];
  readonly deadlineMs: number;
  /** Bytes that still have to come. */
  missingBytes: number;
  finish(): void;
}

/** Fetches without any group that wait for records to be appended. Unlike with share groups everybody is woken: all read the same. */
export class AppendWaits {
  readonly #clock: Clock;
  readonly #byPartition = new Map<string, Set<Waiter>>();
  readonly #deadlines: WaitDeadlines<Waiter>;
  #draining = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#deadlines = new WaitDeadlines(clock, (waiter) => waiter.finish());
  }

  /**
   * Resolves when so many bytes have been appended to the partitions since the call, when one of them is gone, when `waitMs` have
   * passed, the client is gone, or the broker stops: the caller looks again.
   */
  wait(
    partitions: readonly TopicPartition[],
    limits: { readonly missingBytes: number; readonly waitMs: number },
    signal: AbortSignal | null,
  ): Promise<void> {
    if (this.#draining || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        signal?.removeEventListener('abort', finish);
        this.#leave(waiter);
        resolve();
      };
      const waiter: Waiter = {
        partitions,
        deadlineMs: WaitDeadlines.onGrid(this.#clock.monotonicMs() + limits.waitMs),
        missingBytes: limits.missingBytes,
        finish,
      };
      signal?.addEventListener('abort', finish);
      for (const partition of partitions) {
        const text = topicPartitionText(partition);
        const line = this.#byPartition.get(text);
        if (line === undefined) this.#byPartition.set(text, new Set([waiter]));
        else line.add(waiter);
      }
      this.#deadlines.add(waiter);
    });
  }

  #leave(waiter: Waiter): void {
    for (const partition of waiter.partitions) {
      const text = topicPartitionText(partition);
      const line = this.#byPartition.get(text);
      line?.delete(waiter);
      if (line?.size === 0) this.#byPartition.delete(text);
    }
    this.#deadlines.remove(waiter);
  }

  appended(partition: TopicPartition, sizeBytes: number): void {
    for (const waiter of this.#byPartition.get(topicPartitionText(partition)) ?? []) {
      waiter.missingBytes -= sizeBytes;
      if (waiter.missingBytes <= 0) waiter.finish();
    }
  }

  /** A topic is gone. */
  gone(topicId: TopicId): void {
    for (const waiter of this.#deadlines) {
      if (waiter.partitions.some((each) => each.topicId === topicId)) waiter.finish();
    }
  }

  /** Ends all waits, and lets nobody wait any more. */
  drain(): void {
    this.#draining = true;
    for (const waiter of this.#deadlines) waiter.finish();
  }
}
