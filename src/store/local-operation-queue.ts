import { randomBytes } from 'node:crypto';
import type { Clock } from '../ports/clock.ts';
import { Fault, closedAdapter } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import {
  type BackgroundOperation,
  type NewOperation,
  type OperationEnd,
  type OperationProgress,
  type OperationQueue,
  type OperationWork,
  hasEnded,
  operationLimits,
} from '../ports/operation-queue.ts';
import type { OperationTable } from '../ports/operation-table.ts';
import { endedOperation, newOperation, savedOperation } from './operation-changes.ts';

interface Surroundings {
  readonly table: OperationTable;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long after a write that failed the same is tried again. */
const retryMs = 5_000;

/** The queue of a process that works alone: all operations in memory, each change in the table before it is seen. */
export class LocalOperationQueue implements OperationQueue {
  readonly #surroundings: Surroundings;
  /** In the order in which they were added. */
  readonly #operations = new Map<string, BackgroundOperation>();
  readonly #runs = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
  readonly #listeners: ((operation: BackgroundOperation) => void)[] = [];
  #work: OperationWork | undefined;
  readonly #goOn = new Set<() => void>();
  #isClosed = false;
  #sweep: { cancel(): void } | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  async start(work: OperationWork): Promise<void> {
    for (const operation of await this.#surroundings.table.loadAll()) this.#operations.set(operation.id, operation);
    this.#work = work;
    await this.#dropOld();
    this.#takeNext();
  }

  async add(wanted: NewOperation): Promise<BackgroundOperation> {
    this.#checkOpen('add an operation');
    const { table, clock } = this.#surroundings;
    const operation = newOperation(wanted, clock.wallMs(), randomBytes(4).toString('hex'));
    await table.put(operation, null);
    this.#changed(operation);
    this.#takeNext();
    return operation;
  }

  async find(id: string): Promise<BackgroundOperation | undefined> {
    return this.#operations.get(id);
  }

  async unfinished(): Promise<readonly BackgroundOperation[]> {
    return [...this.#operations.values()].filter((each) => !hasEnded(each));
  }

  async list(): Promise<readonly BackgroundOperation[]> {
    return [...this.#operations.values()].toReversed();
  }

  cancel(id: string): Promise<BackgroundOperation | undefined> {
    return this.#inOrder(async () => {
      this.#checkOpen('cancel an operation');
      const operation = this.#operations.get(id);
      if (operation === undefined || hasEnded(operation) || operation.isCancelling) return operation;
      const run = this.#runs.get(id);
      // One that waits for its turn has nothing to finish.
      if (run === undefined) {
        return await this.#end(operation, { state: 'cancelled', result: operation.result, error: null });
      }
      const { table, clock } = this.#surroundings;
      const cancelling = { ...operation, isCancelling: true, updatedAtMs: clock.wallMs() };
      await table.put(cancelling, null);
      this.#changed(cancelling);
      run.stop.abort();
      return cancelling;
    });
  }

  outputPart(id: string, part: number): Promise<string | undefined> {
    return this.#surroundings.table.outputPart(id, part);
  }

  watch(changed: (operation: BackgroundOperation) => void): void {
    this.#listeners.push(changed);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#sweep?.cancel();
    for (const { stop } of this.#runs.values()) stop.abort();
    for (const goOn of this.#goOn) goOn();
    await Promise.all([...this.#runs.values()].map(({ done }) => done));
    await this.#last;
    await this.#surroundings.table.close();
  }

  #takeNext(): void {
    const work = this.#work;
    if (work === undefined || this.#isClosed) return;
    for (const operation of this.#operations.values()) {
      if (this.#runs.size >= operationLimits.running) return;
      if (hasEnded(operation) || this.#runs.has(operation.id)) continue;
      const stop = new AbortController();
      if (operation.isCancelling) stop.abort();
      this.#runs.set(operation.id, { stop, done: this.#run(operation, work, stop.signal) });
    }
  }

  async #run(operation: BackgroundOperation, work: OperationWork, signal: AbortSignal): Promise<void> {
    const { id } = operation;
    try {
      const end = await work(operation, {
        signal,
        isCancelled: () => this.#operations.get(id)?.isCancelling === true,
        save: (progress) => this.#save(id, progress),
      });
      if (end !== null) await this.#endAtLast(id, end);
    } catch (error) {
      // A bug: the next start would meet it again, and end for it.
      this.#surroundings.logger.error({ operation: id, err: error }, 'an operation failed because of a bug');
      const { result } = this.#operations.get(id)!;
      const message = error instanceof Error ? error.message : String(error);
      await this.#endAtLast(id, { state: 'failed', result, error: { code: 'INTERNAL_ERROR', message } });
    } finally {
      this.#runs.delete(id);
    }
    this.#takeNext();
  }

  #save(id: string, progress: OperationProgress): Promise<BackgroundOperation> {
    return this.#inOrder(async () => {
      const { table, clock } = this.#surroundings;
      const saved = savedOperation(this.#operations.get(id)!, progress, clock.wallMs());
      const { text } = progress;
      await table.put(saved, text === undefined ? null : { index: saved.output!.parts - 1, text });
      return this.#changed(saved);
    });
  }

  /** While it cannot be stored, it is tried again: what was done is done. */
  async #endAtLast(id: string, end: OperationEnd): Promise<void> {
    const { clock, logger } = this.#surroundings;
    for (;;) {
      try {
        await this.#inOrder(() => this.#end(this.#operations.get(id)!, end));
        return;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        // The next start finds it at its last step and repeats that one.
        if (this.#isClosed) return;
        logger.error(
          { operation: id, fault: error.code, repeats: 'ends of operations that cannot be stored' },
          `the end of an operation cannot be stored: ${error.message}`,
        );
        await new Promise<void>((resolve) => {
          this.#goOn.add(resolve);
          clock.schedule(retryMs, resolve);
        });
      }
    }
  }

  async #end(operation: BackgroundOperation, end: OperationEnd): Promise<BackgroundOperation> {
    const { table, clock } = this.#surroundings;
    const ended = endedOperation(operation, end, clock.wallMs());
    await table.put(ended, null);
    this.#changed(ended);
    await this.#dropOld().catch((error: unknown) => {
      if (!(error instanceof Fault)) throw error;
    });
    return ended;
  }

  /** What is beyond the limits, and outputs whose time is over. */
  async #dropOld(): Promise<void> {
    const { table, clock } = this.#surroundings;
    const ended = [...this.#operations.values()].filter(hasEnded);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - operationLimits.kept))) {
      await table.delete(id);
      this.#operations.delete(id);
    }
    const outputs = ended.filter(({ id, output }) => output !== null && this.#operations.has(id));
    const nowMs = clock.wallMs();
    let nextMs = Infinity;
    for (const [index, operation] of outputs.entries()) {
      const expiresAtMs = operation.output?.expiresAtMs ?? Infinity;
      if (index >= outputs.length - operationLimits.outputs && expiresAtMs > nowMs) {
        nextMs = Math.min(nextMs, expiresAtMs);
        continue;
      }
      const without = { ...operation, output: null };
      await table.put(without, null);
      await table.deleteOutput(operation.id);
      this.#changed(without);
    }
    this.#sweep?.cancel();
    if (nextMs === Infinity || this.#isClosed) return;
    this.#sweep = clock.schedule(nextMs - nowMs, () => {
      this.#inOrder(() => this.#dropOld()).catch((error: unknown) => {
        if (!(error instanceof Fault)) throw error;
      });
    });
  }

  /** Changes are read, stored and seen one after the other: none is made of what another has replaced. */
  #inOrder<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change);
    this.#last = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  #changed(operation: BackgroundOperation): BackgroundOperation {
    this.#operations.set(operation.id, operation);
    for (const listener of this.#listeners) listener(operation);
    return operation;
  }

  #checkOpen(operation: string): void {
    if (!this.#isClosed) return;
    throw closedAdapter(operation, 'the queue of operations');
  }
}
