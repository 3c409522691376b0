import type { AcquireRequest, EmptyReason, WantedEncoding } from './api.ts';
import { defaultReleaseBackoff } from './backoff.ts';
import type { ReleaseDelay } from './handler-outcome.ts';
import type { WorkerRecord } from './held-record.ts';
import type { ConnectionSettings } from './http.ts';
import type { SashError } from './sash-error.ts';
import type { StandardSchema } from './standard-schema.ts';

/** What a handler is told beside the record. */
export interface HandlerContext {
  /**
   * Aborted when nothing that the handler does counts any more: the lock was lost, `handlerTimeoutMs` has passed, or the
   * worker stops and its time to drain is over. Its reason says which, as a SashError.
   */
  readonly signal: AbortSignal;
}

/**
 * Works on one record. When it ends the record is accepted. When it throws, or returns a RejectError or ReleaseError, the
 * record is rejected, or released to be tried again.
 */
export type Handler<V> = (record: WorkerRecord<V>, context: HandlerContext) => unknown;

export interface WorkerSettings<V> extends ConnectionSettings {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handler: Handler<V>;
  /** How many handlers run at once, 1 to 5,000. Default: 1. */
  readonly concurrency?: number;
  /** Values that do not fit are rejected, with the reason. zod, valibot, arktype or any other Standard Schema. */
  readonly schema?: StandardSchema<V>;
  /** As the worker is shown in windows and histories. Default: `worker-` and six characters of chance. */
  readonly workerId?: string;
  /** How long a lock lasts until it is renewed, in ms, at least 100. Default: the group's share.record.lock.duration.ms. */
  readonly lockDurationMs?: number;
  /**
   * When a failed record is handed out again: a back-off by its delivery count, or a function that answers in ms.
   * Default: 1 s, 2 s, 4 s, … up to 5 min, less up to 20 % by chance.
   */
  readonly backoff?: ReleaseDelay;
  /** A handler that takes longer has its signal aborted, and its lock is renewed no more, in ms. Default: no limit. */
  readonly handlerTimeoutMs?: number;
  /**
   * Most records that are held ready for handlers that are about to end, 0 to 5,000; no more are held than are
   * expected to be started within two round trips to the server, and within a quarter of their lock. Default: 1,000.
   */
  readonly maxBuffered?: number;
  /** How long an acquire waits at the server for records, in ms, up to the server's http.max.wait.ms. Default: 20,000. */
  readonly waitMs?: number;
  /** Where the group starts, used only where it has no start yet. */
  readonly startFrom?: 'earliest' | 'latest';
  /** How keys and values come. Default: auto. */
  readonly encoding?: WantedEncoding;
  /** How long an outcome waits for an acquire to ride along with, in ms. Default: 5. */
  readonly acknowledgeLingerMs?: number;
  /** For tests: 0 to 1. */
  readonly random?: () => number;
}

/** The events of a worker. An outcome is told when the server has confirmed it: it is durable. */
export interface WorkerEvents {
  readonly accepted: { readonly record: WorkerRecord };
  /** It will be tried again: its handler failed with `error`, or the worker stopped. */
  readonly released: {
    readonly record: WorkerRecord;
    readonly reason: string;
    readonly error: Error | null;
    readonly availableAt: string;
  };
  /** It will not be tried again, as its handler or the schema said. */
  readonly rejected: { readonly record: WorkerRecord; readonly reason: string };
  /** Its release used up the last attempt: it will not be tried again. */
  readonly archived: { readonly record: WorkerRecord; readonly reason: string; readonly error: Error | null };
  /** The lock was lost, or the outcome came too late to count; the record is, or was, delivered again. */
  readonly lockLost: { readonly record: WorkerRecord; readonly error: SashError };
  /** There is nothing to do: once each time the worker runs out of records. */
  readonly idle: { readonly emptyReason: EmptyReason | null; readonly lag: number };
  /** A request failed; unless the worker stops for it (`fatal`) it is repeated. Without a listener: console.error. */
  readonly error: { readonly error: Error; readonly fatal: boolean };
  readonly stopped: { readonly drained: boolean };
}

export interface StopOptions {
  /** How long the handlers that run may take, in ms, before their signals are aborted. Default: 30,000. */
  readonly drainTimeoutMs?: number;
}

export interface CheckedSettings {
  readonly concurrency: number;
  readonly maxBuffered: number;
  readonly waitMs: number;
  readonly acknowledgeLingerMs: number;
  readonly handlerTimeoutMs: number;
  readonly backoff: ReleaseDelay;
  readonly random: () => number;
  /** What all acquires of the worker have in common. */
  readonly request: AcquireRequest;
}

const maxHandlers = 5000;

/** @throws RangeError, TypeError for a setting that cannot be */
export const checkSettings = <V>(settings: WorkerSettings<V>): CheckedSettings => {
  const { topics, workerId, lockDurationMs, startFrom, encoding } = settings;
  if (typeof settings.handler !== 'function') throw new TypeError('handler must be a function of a record');
  if (!Array.isArray(topics) || topics.length === 0)
    throw new TypeError('topics must be the names of one or more topics');
  if (lockDurationMs !== undefined) whole('lockDurationMs', lockDurationMs, 100, 2_147_483_647);
  const handlerTimeoutMs = settings.handlerTimeoutMs ?? Infinity;
  if (!(handlerTimeoutMs > 0)) throw new RangeError(`handlerTimeoutMs is ${handlerTimeoutMs}; it must be more than 0`);
  return {
    concurrency: whole('concurrency', settings.concurrency ?? 1, 1, maxHandlers),
    maxBuffered: whole('maxBuffered', settings.maxBuffered ?? 1000, 0, maxHandlers),
    waitMs: whole('waitMs', settings.waitMs ?? 20_000, 1, 3_600_000),
    acknowledgeLingerMs: whole('acknowledgeLingerMs', settings.acknowledgeLingerMs ?? 5, 0, 60_000),
    handlerTimeoutMs,
    backoff: settings.backoff ?? defaultReleaseBackoff,
    random: settings.random ?? Math.random,
    request: {
      topics,
      workerId: workerId ?? `worker-${Math.random().toString(36).slice(2, 8).padEnd(6, '0')}`,
      ...(lockDurationMs === undefined ? {} : { lockDurationMs }),
      ...(startFrom === undefined ? {} : { startFrom }),
      ...(encoding === undefined ? {} : { encoding }),
    },
  };
};

const whole = (name: string, value: number, min: number, max: number): number => {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${name} is ${value}; it must be a whole number from ${min} to ${max}`);
};
