import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Job, type JobType, Queue, WaitingError, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
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
import { endedOperation, newOperation, savedOperation } from './operation-changes.ts';
import type { RedisConnection } from './redis/connection.ts';
import { closedFault, redisFault } from './redis/redis-fault.ts';

interface Surroundings {
  readonly redis: RedisConnection;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Timing {
  /** A node that is silent for so long has lost its operations to others. */
  readonly lockMs: number;
  /** How often a node looks for those that others have lost. */
  readonly stalledCheckMs: number;
}

const defaultTiming: Timing = { lockMs: 15_000, stalledCheckMs: 5_000 };

const queueName = 'jobs';
const unfinishedStates: readonly JobType[] = ['active', 'waiting', 'prioritized', 'delayed'];
/** A command without an answer for so long has failed. */
const timeoutMs = 5_000;
const cancelCheckMs = 1_000;
const closeWithinMs = 2_000;
const retryMs = 2_000;
/** A cancel is remembered so long, should nobody work at its operation. */
const cancelMs = 30 * 86_400_000;
/** However often its node dies an operation goes on. */
const maxStalledCount = 1_000_000;

/**
 * The queue of several nodes: each operation is a job of BullMQ, with all of it in the job's data, the cursor too. Any node takes it, one at a
 * time has it; when that one is silent for `lockMs`, another goes on from the cursor. Cancels and outputs are keys beside the jobs.
 */
export class BullmqOperationQueue implements OperationQueue {
  readonly #surroundings: Surroundings;
  readonly #timing: Timing;
  readonly #prefix: string;
  readonly #client: Redis | Cluster;
  readonly #queue: Queue<BackgroundOperation>;
  readonly #listeners: ((operation: BackgroundOperation) => void)[] = [];
  readonly #stops = new Set<AbortController>();
  #workerClient: Redis | Cluster | undefined;
  #worker: Worker<BackgroundOperation> | undefined;
  #isClosed = false;

  /** @param surroundings.redis has been started */
  constructor(surroundings: Surroundings, timing: Timing = defaultTiming) {
    this.#surroundings = surroundings;
    this.#timing = timing;
    // All keys of a queue lie in one slot of a Redis Cluster.
    this.#prefix = surroundings.redis.key('{operations}');
    this.#client = surroundings.redis.newClient('sash-operations', false);
    this.#queue = new Queue(queueName, { connection: this.#client, prefix: this.#prefix });
    this.#queue.on('error', () => undefined); // whoever asked for something hears of it
  }

  async start(work: OperationWork): Promise<void> {
    // It may have been stopped while it joined the others.
    if (this.#isClosed) return;
    const { redis, logger } = this.#surroundings;
    const { lockMs, stalledCheckMs } = this.#timing;
    this.#workerClient = redis.newClient('sash-operations-worker', true);
    const worker = new Worker<BackgroundOperation>(queueName, (job, token = '') => this.#run(job, token, work), {
      connection: this.#workerClient,
      prefix: this.#prefix,
      concurrency: operationLimits.running,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      maxStalledCount,
      runRetryDelay: retryMs,
      ...keptJobs,
    });
    this.#worker = worker;
    worker.on('error', (error) =>
      logger.warn(
        { err: error.message, repeats: 'errors of the queue of operations' },
        'the queue of operations is in trouble',
      ),
    );
    worker.on('failed', (job, error) =>
      logger.error({ operation: job?.id, err: error }, 'an operation failed because of a bug'),
    );
  }

  async add(wanted: NewOperation): Promise<BackgroundOperation> {
    const { clock } = this.#surroundings;
    const operation = newOperation(wanted, clock.wallMs(), randomBytes(4).toString('hex'));
    const options = { jobId: operation.id, ...keptJobs };
    await this.#ask('add an operation', true, () => this.#queue.add(operation.kind, operation, options));
    this.#tell(operation);
    return operation;
  }

  async find(id: string): Promise<BackgroundOperation | undefined> {
    const job = await this.#ask('find an operation', false, () => this.#queue.getJob(id));
    return job === undefined ? undefined : (await this.#seen([job]))[0];
  }

  async unfinished(): Promise<readonly BackgroundOperation[]> {
    return (await this.#inStates([...unfinishedStates])).filter((each) => !hasEnded(each));
  }

  async list(): Promise<readonly BackgroundOperation[]> {
    const operations = await this.#inStates([...unfinishedStates, 'completed', 'failed']);
    return operations.toSorted((a, b) => b.createdAtMs - a.createdAtMs);
  }

  async #inStates(states: JobType[]): Promise<BackgroundOperation[]> {
    const jobs = await this.#ask('list the operations', false, () => this.#queue.getJobs(states));
    // One that moves meanwhile may be met twice, or its data be gone.
    const byId = new Map(
      (jobs as (Job<BackgroundOperation> | undefined)[]).flatMap((job) =>
        job?.id === undefined ? [] : [[job.id, job]],
      ),
    );
    return await this.#seen([...byId.values()]);
  }

  async cancel(id: string): Promise<BackgroundOperation | undefined> {
    const operation = await this.find(id);
    if (operation === undefined || hasEnded(operation) || operation.isCancelling) return operation;
    await this.#surroundings.redis.call({
      operation: 'cancel an operation',
      name: 'SET',
      keys: [this.#cancelKey(id)],
      args: ['1', 'PX', cancelMs],
      writes: true,
    });
    const after = await this.find(id);
    if (after !== undefined) this.#tell(after);
    return after;
  }

  async outputPart(id: string, part: number): Promise<string | undefined> {
    const call = {
      operation: 'read an output',
      name: 'HGET',
      keys: [this.#outputKey(id)],
      args: [part],
      writes: false,
    };
    const bytes = (await this.#surroundings.redis.call(call)) as Buffer | null;
    return bytes === null ? undefined : gunzipSync(bytes).toString();
  }

  watch(changed: (operation: BackgroundOperation) => void): void {
    this.#listeners.push(changed);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops) stop.abort();
    const closed = Promise.all([this.#worker?.close(), this.#queue.close()]);
    // Without Redis nobody can be told that what was taken is free again: the others see to it when its lock has run out.
    await Promise.race([closed.catch(() => undefined), this.#after(closeWithinMs)]);
    this.#client.disconnect();
    this.#workerClient?.disconnect();
  }

  // ───────────── working at one ─────────────

  async #run(job: Job<BackgroundOperation>, token: string, work: OperationWork): Promise<void> {
    // It was at its end, and died before BullMQ had heard of it.
    if (hasEnded(job.data)) return;
    const stop = new AbortController();
    this.#stops.add(stop);
    const cancel = await this.#cancelOf(job.data.id, stop);
    let current = job.data;
    const save = async (progress: OperationProgress): Promise<BackgroundOperation> => {
      const saved = savedOperation(current, progress, this.#surroundings.clock.wallMs());
      const { text } = progress;
      if (text !== undefined) await this.#putPart(saved, text);
      await this.#put(job, token, saved, stop);
      current = saved;
      const seen = { ...saved, isCancelling: cancel.isCancelled };
      this.#tell(seen);
      return seen;
    };
    try {
      const end = await work(current, { signal: stop.signal, isCancelled: () => cancel.isCancelled, save });
      if (end !== null) {
        await this.#end(job, token, current, end, stop);
        return;
      }
      // Free for another node at once; one that another has taken over is none of ours.
      if (this.#isClosed) await job.moveToWait(token).catch(() => undefined);
      throw new WaitingError();
    } finally {
      cancel.leave();
      this.#stops.delete(stop);
    }
  }

  /** Looks now and then whether the operation was cancelled, and stops it then. */
  async #cancelOf(id: string, stop: AbortController) {
    const { clock } = this.#surroundings;
    const cancel = { isCancelled: false, leave: () => {} };
    let isOver = false;
    const look = async (): Promise<void> => {
      try {
        cancel.isCancelled ||= (await this.#cancelled([id])).has(id);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
      if (cancel.isCancelled) return stop.abort();
      if (isOver) return;
      const timer = clock.schedule(cancelCheckMs, () => void look());
      cancel.leave = () => {
        isOver = true;
        timer.cancel();
      };
    };
    cancel.leave = () => void (isOver = true);
    await look();
    return cancel;
  }

  /** Only by who has it: the lock is prolonged first. */
  async #put(job: Job<BackgroundOperation>, token: string, operation: BackgroundOperation, stop: AbortController) {
    await this.#ask('store an operation', true, async () => {
      const isOurs = await job.extendLock(token, this.#timing.lockMs);
      if (isOurs === 0) {
        stop.abort();
        throw new Error('another node has taken it over');
      }
      await job.updateData(operation);
    });
  }

  /** While it cannot be stored, it is tried again, as long as nobody else has it: what was done is done. */
  async #end(
    job: Job<BackgroundOperation>,
    token: string,
    operation: BackgroundOperation,
    end: OperationEnd,
    stop: AbortController,
  ): Promise<void> {
    const { clock, logger } = this.#surroundings;
    const ended = endedOperation(operation, end, clock.wallMs());
    for (;;) {
      try {
        await this.#put(job, token, ended, stop);
        break;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        logger.error(
          { operation: operation.id, fault: error.code, repeats: 'ends of operations that cannot be stored' },
          `the end of an operation cannot be stored: ${error.message}`,
        );
        // Whoever takes it up finds it at its last step, and repeats that one.
        if (this.#isClosed || (stop.signal.aborted && end.state !== 'cancelled')) throw new WaitingError();
        await this.#after(retryMs);
      }
    }
    this.#tell(ended);
    await this.#tidy(ended).catch((error: unknown) => {
      if (!(error instanceof Fault)) throw error;
    });
  }

  // ───────────── beside the jobs ─────────────

  async #putPart({ id, output }: BackgroundOperation, text: string): Promise<void> {
    const { redis } = this.#surroundings;
    const keys = [this.#outputKey(id)];
    const part = [output!.parts - 1, gzipSync(text)];
    await redis.call({ operation: 'store an output', name: 'HSET', keys, args: part, writes: true });
    // Should nobody ever end it; at its end the time begins anew.
    const ttl = [operationLimits.outputMs * 2];
    await redis.call({ operation: 'store an output', name: 'PEXPIRE', keys, args: ttl, writes: true });
  }

  /** The cancel of an operation that has ended, and outputs beyond those that are kept. */
  async #tidy({ id, output, endedAtMs }: BackgroundOperation): Promise<void> {
    const { redis } = this.#surroundings;
    const write = (name: string, keys: readonly string[], args: readonly (string | number)[] = []) =>
      redis.call({ operation: 'tidy up operations', name, keys, args, writes: true });
    await write('DEL', [this.#cancelKey(id)]);
    if (output === null) return;
    const outputs = [`${this.#prefix}:outputs`];
    await write('PEXPIRE', [this.#outputKey(id)], [operationLimits.outputMs]);
    await write('ZADD', outputs, [endedAtMs ?? 0, id]);
    const tooMany = -operationLimits.outputs - 1;
    const old = (await write('ZRANGE', outputs, [0, tooMany])) as Buffer[];
    for (const oldId of old.map(String)) {
      await write('DEL', [this.#outputKey(oldId)]);
      const job = await this.#ask('find an operation', false, () => this.#queue.getJob(oldId));
      if (job !== undefined) {
        const without = { ...job.data, output: null };
        await this.#ask('store an operation', true, () => job.updateData(without));
        this.#tell(without);
      }
      await write('ZREM', outputs, [oldId]);
    }
  }

  /** As they are shown: with what stands beside the jobs. */
  async #seen(jobs: readonly Job<BackgroundOperation>[]): Promise<BackgroundOperation[]> {
    const unfinished = jobs.filter(({ data }) => !hasEnded(data)).map(({ data }) => data.id);
    const cancelled = await this.#cancelled(unfinished);
    const nowMs = this.#surroundings.clock.wallMs();
    return jobs.map(({ data, failedReason, finishedOn }): BackgroundOperation => {
      // A bug: whoever worked at it threw.
      if (!hasEnded(data) && failedReason !== undefined && finishedOn !== undefined) {
        const error = { code: 'INTERNAL_ERROR', message: failedReason };
        return { ...endedOperation(data, { state: 'failed', result: data.result, error }, finishedOn) };
      }
      const isExpired = data.output?.expiresAtMs != null && data.output.expiresAtMs <= nowMs;
      return {
        ...data,
        isCancelling: cancelled.has(data.id) && !hasEnded(data),
        output: isExpired ? null : data.output,
      };
    });
  }

  async #cancelled(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const [first, ...others] = ids.map((id) => this.#cancelKey(id));
    if (first === undefined) return new Set();
    const call = { operation: 'look for cancels', name: 'MGET', keys: [first, ...others], writes: false };
    const flags = (await this.#surroundings.redis.call(call)) as (Buffer | null)[];
    return new Set(ids.filter((_, index) => flags[index] !== null));
  }

  #tell(operation: BackgroundOperation): void {
    for (const listener of this.#listeners) listener(operation);
  }

  #cancelKey(id: string): string {
    return `${this.#prefix}:cancel:${id}`;
  }

  #outputKey(id: string): string {
    return `${this.#prefix}:output:${id}`;
  }

  // ───────────── asking BullMQ ─────────────

  /** What BullMQ throws becomes a fault, and what it does not answer does, too. */
  async #ask<T>(operation: string, writes: boolean, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed && operation !== 'store an operation') throw closedFault(operation);
    const { redis, clock } = this.#surroundings;
    const trouble = redis.trouble();
    if (trouble !== undefined) throw trouble;
    const { promise, reject } = Promise.withResolvers<never>();
    const late = new Error(`no answer within ${timeoutMs} ms`);
    const timer = clock.schedule(timeoutMs, () => reject(late));
    try {
      return await Promise.race([work(), promise]);
    } catch (error) {
      throw redisFault(error instanceof Error ? error : new Error(String(error)), operation, writes, redis.address);
    } finally {
      timer.cancel();
    }
  }

  #after(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#surroundings.clock.schedule(delayMs, resolve));
  }
}

const keptJobs = {
  removeOnComplete: { count: operationLimits.kept },
  removeOnFail: { count: operationLimits.kept },
};
