import type { OperationMeasures } from '../../ports/measures.ts';
import {
  type BackgroundOperation,
  type OperationEnd,
  type OperationKind,
  operationKinds,
} from '../../ports/operation-queue.ts';

/** Counts what this process does of operations in the background. */
export class OperationCounter {
  readonly #running = new Map<string, OperationKind>();
  readonly #ended = byKind(() => ({ done: 0, failed: 0, cancelled: 0 }));

  /** Counts an operation as running, and as ended by what comes of the work: null goes on elsewhere or later, a bug is a failure. */
  async run({ id, kind }: BackgroundOperation, work: () => Promise<OperationEnd | null>): Promise<OperationEnd | null> {
    this.#running.set(id, kind);
    try {
      const end = await work();
      if (end !== null) this.ended(kind, end.state);
      return end;
    } catch (error) {
      this.ended(kind, 'failed');
      throw error;
    } finally {
      this.#running.delete(id);
    }
  }

  ended(kind: OperationKind, state: OperationEnd['state']): void {
    this.#ended[kind][state]++;
  }

  /** @param unfinished all that have not ended; null: they are not known */
  measure(unfinished: readonly BackgroundOperation[] | null): OperationMeasures {
    const running = [...this.#running.values()];
    // Until its first step is stored one that runs is as it was.
    const waiting = unfinished?.filter(({ id, state }) => state === 'queued' && !this.#running.has(id));
    return byKind((kind) => ({
      running: running.filter((each) => each === kind).length,
      waiting: waiting?.filter((each) => each.kind === kind).length ?? null,
      ended: { ...this.#ended[kind] },
    }));
  }
}

const byKind = <T>(of: (kind: OperationKind) => T): Record<OperationKind, T> =>
  Object.fromEntries(operationKinds.map((kind) => [kind, of(kind)])) as Record<OperationKind, T>;
