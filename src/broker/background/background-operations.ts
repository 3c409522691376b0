import { type Rejection, retriableCodes } from '../../core/errors.ts';
import { type Result, ok, reject } from '../../core/result.ts';
import type { AuditAction } from '../../ports/audit-log.ts';
import type { Clock } from '../../ports/clock.ts';
import { Fault } from '../../ports/fault.ts';
import type { Logger } from '../../ports/logger.ts';
import type { OperationMeasures } from '../../ports/measures.ts';
import {
  type BackgroundOperation,
  type NewOperation,
  type OperationEnd,
  type OperationProgress,
  type OperationQueue,
  type OperationRun,
  hasEnded,
} from '../../ports/operation-queue.ts';
import type { Asker } from '../audit.ts';
import { rejectionOf } from '../faults.ts';
import { deleteGroupOperation } from './delete-group-operation.ts';
import { exportWindowOperation } from './export-window-operation.ts';
import { OperationCounter } from './operation-counter.ts';
import type { Kinds, Step } from './operation-kind.ts';
import type { OperationSite } from './operation-site.ts';
import { settleOperation } from './settle-operation.ts';

interface Surroundings {
  readonly site: OperationSite;
  readonly queue: OperationQueue;
  readonly clock: Clock;
  readonly logger: Logger;
}

const kinds: Kinds = {
  settle: settleOperation,
  'delete-group': deleteGroupOperation,
  'export-window': exportWindowOperation,
};

/** Operations that have not ended; one more is refused. */
export const maxUnfinished = 100;
/** A step that fails for a reason that may pass is tried again after 0.5 s, 1 s, … and after the last of these the operation has failed. */
export const retryDelaysMs = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] as const;

/** What runs in the background: begun, looked at and cancelled through the doors, worked at step by step. */
export class BackgroundOperations {
  readonly #surroundings: Surroundings;
  readonly #counts = new OperationCounter();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Goes on with what an earlier process has left. */
  async start(): Promise<void> {
    const { queue, site } = this.#surroundings;
    queue.watch((operation) => site.live.feed.operation(operation));
    await queue.start((operation, run) => this.#counts.run(operation, () => this.#work(operation, run)));
  }

  /** Resolves when the steps under way are done. Before the broker stops: they need it. */
  stop(): Promise<void> {
    return this.#surroundings.queue.close();
  }

  /** All that there is to measure, now. */
  async measure(): Promise<OperationMeasures> {
    const { queue } = this.#surroundings;
    const unfinished = await this.#guarded(async () => ok(await queue.unfinished()));
    return this.#counts.measure(unfinished.ok ? unfinished.value : null);
  }

  /** Durable when it answers, with a line in the audit where it is to change something. */
  begin(wanted: NewOperation): Promise<Result<BackgroundOperation>> {
    return this.#guarded(async () => {
      const { queue, site } = this.#surroundings;
      const unfinished = (await queue.unfinished()).length;
      if (unfinished >= maxUnfinished) {
        return reject(
          'TOO_MANY_OPERATIONS',
          `${unfinished} operations have not ended, and the limit is ${maxUnfinished}; wait for one of them, or cancel one.`,
        );
      }
      const kind = kinds[wanted.kind];
      const possible = await kind.check(site, wanted);
      if (!possible.ok) return possible;
      const operation = await queue.add(wanted);
      const { audit } = kind;
      if (audit === null) return ok(operation);
      const noted = await this.#note(operation, audit.action, `began to ${audit.plan(wanted)}, in the background`);
      return noted.ok ? ok(operation) : noted;
    });
  }

  find(id: string): Promise<Result<BackgroundOperation>> {
    return this.#guarded(async () => {
      const operation = await this.#surroundings.queue.find(id);
      return operation === undefined ? noSuchOperation(id) : ok(operation);
    });
  }

  /** Newest first. */
  list(): Promise<Result<readonly BackgroundOperation[]>> {
    return this.#guarded(async () => ok(await this.#surroundings.queue.list()));
  }

  /** It ends after the step under way. OPERATION_ENDED when it has ended otherwise; cancelling twice is no error. */
  cancel(id: string, asker: Asker): Promise<Result<BackgroundOperation>> {
    return this.#guarded(async () => {
      const { queue } = this.#surroundings;
      const before = await queue.find(id);
      if (before === undefined) return noSuchOperation(id);
      if (before.state === 'cancelled' || before.isCancelling) return ok(before);
      if (hasEnded(before))
        return reject('OPERATION_ENDED', `Operation ${id} is ${before.state}: nothing is left to cancel.`);
      const after = (await queue.cancel(id)) ?? before;
      // One that waited for its turn: nobody works at it.
      if (after.state === 'cancelled') this.#counts.ended(after.kind, 'cancelled');
      const { audit } = kinds[before.kind];
      const what = audit === null ? `the ${before.kind} ${id}` : `the operation ${id} (${audit.plan(before)})`;
      const noted = await this.#note({ ...before, ...asker }, 'cancel-operation', `cancelled ${what}`);
      return noted.ok ? ok(after) : noted;
    });
  }

  /** What it has written for people to fetch, a part at a time. OPERATION_RESULT_NOT_FOUND says why there is none. */
  output(id: string): Promise<Result<{ readonly operation: BackgroundOperation; parts(): AsyncGenerator<string> }>> {
    return this.#guarded(async () => {
      const { queue } = this.#surroundings;
      const operation = await queue.find(id);
      if (operation === undefined) return noSuchOperation(id);
      const { output } = operation;
      const why =
        operation.kind !== 'export-window'
          ? `a ${operation.kind} writes none: its outcome is in the operation itself`
          : operation.state !== 'done'
            ? `it is ${operation.state}`
            : output === null
              ? 'it is kept for a day, and of the newest ten operations'
              : null;
      if (why !== null || output === null) {
        return reject('OPERATION_RESULT_NOT_FOUND', `Operation ${id} has no result to fetch: ${why}.`);
      }
      async function* parts(count: number): AsyncGenerator<string> {
        for (let part = 0; part < count; part++) {
          const text = await queue.outputPart(id, part);
          if (text === undefined) throw new Error(`the result of operation ${id} is gone while it is being read`);
          yield text;
        }
      }
      return ok({ operation, parts: () => parts(output.parts) });
    });
  }

  /** Step by step from its cursor to its end. */
  async #work(operation: BackgroundOperation, run: OperationRun): Promise<OperationEnd | null> {
    let current = operation;
    let failures = 0;
    // Who worked at it before may have done the next step, and not have lived to store that.
    let mayBeDone = operation.state === 'running';
    while (!run.signal.aborted) {
      const step = await this.#step(current, mayBeDone);
      if (step.ok) {
        failures = 0;
        mayBeDone = false;
        const { isLast, ...progress } = step.value;
        const saved = await this.#save(run, { ...progress, error: null });
        if (saved === null) break;
        current = saved;
        if (isLast) return await this.#end(current, 'done', null);
        continue;
      }
      const { error } = step;
      const delayMs = retryDelaysMs[failures];
      if (!retriableCodes.has(error.code) || delayMs === undefined) return await this.#end(current, 'failed', error);
      failures += 1;
      mayBeDone = true;
      const { id, kind, group } = current;
      this.#surroundings.logger.warn(
        { operation: id, kind, group, failures, delayMs },
        `a step failed: ${error.message}`,
      );
      const { cursor, done, total, result } = current;
      const told = { code: error.code, message: error.message };
      const saved = await this.#save(run, { cursor, done, total, result, error: told });
      if (saved !== null) current = saved;
      await this.#pause(delayMs, run.signal);
    }
    return run.isCancelled() ? await this.#end(current, 'cancelled', null) : null;
  }

  async #step(operation: BackgroundOperation, mayBeDone: boolean): Promise<Result<Step>> {
    return await this.#guarded(() => kinds[operation.kind].step(this.#surroundings.site, operation, mayBeDone));
  }

  /** Tried until it goes well: what the step did is done. null: nobody works at it here any more. */
  async #save(run: OperationRun, progress: OperationProgress): Promise<BackgroundOperation | null> {
    for (let failures = 0; ; failures++) {
      try {
        return await run.save(progress);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        this.#surroundings.logger.error(
          { fault: error.code, repeats: 'steps of operations that cannot be stored' },
          `a step of an operation cannot be stored: ${error.message}`,
        );
        if (run.signal.aborted) return null;
        await this.#pause(retryDelaysMs[failures] ?? retryDelaysMs.at(-1)!, run.signal);
      }
    }
  }

  async #end(
    operation: BackgroundOperation,
    state: OperationEnd['state'],
    error: Rejection | null,
  ): Promise<OperationEnd> {
    const { id, kind, group, result } = operation;
    const told = error === null ? null : { code: error.code, message: error.message };
    this.#surroundings.logger.info({ operation: id, kind, group, state, ...told }, `an operation is ${state}`);
    const { audit } = kinds[kind];
    if (audit !== null) {
      const how =
        state === 'done' ? '' : state === 'failed' ? `; then it failed: ${error?.message}` : '; then it was cancelled';
      await this.#note(operation, audit.action, `${audit.deed({ ...operation, state })}${how}`, { state, error: told });
    }
    return { state, result, error: told };
  }

  #note(
    operation: BackgroundOperation,
    action: AuditAction,
    summary: string,
    more: object = {},
  ): Promise<Result<null>> {
    const { id, kind, group, topic, partition, request, result, door, from } = operation;
    const detail = { operation: id, kind, ...request, ...result, ...more };
    return this.#surroundings.site.operator({ door, from }).note({ action, group, topic, partition, summary, detail });
  }

  /** Ends early when nobody is to go on. */
  #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = this.#surroundings.clock.schedule(delayMs, over);
      signal.addEventListener('abort', over);
      if (signal.aborted) over();
    });
  }

  async #guarded<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return { ok: false, error: rejectionOf(error) };
    }
  }
}

const noSuchOperation = (id: string) =>
  reject('OPERATION_NOT_FOUND', `There is no operation "${id}". The newest thousand are kept.`, 'id');
