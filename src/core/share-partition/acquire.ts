import type { Holder } from '../ids.ts';
import type { Lock } from './run-tree.ts';
import { type Window, inFlight } from './window.ts';

/**
 * Which records a member gets next (KIP-932 sections 1.3 to 1.5).
 *
 * A fetch is: `planAcquire` (what to read) → the log is read → `acquire` (what is still free among what was read). A
 * plan that has become stale in between costs a smaller batch, never a wrong one.
 */

/**
 * `record_limit`: never more than asked for (KIP-1206). `batch_optimized`: Kafka's default, rounds up to the end of a
 * log batch, so that batches are not cut between members.
 */
export type AcquireMode = 'record_limit' | 'batch_optimized';

export interface AcquireLimits {
  readonly mode: AcquireMode;
  /** What is left of the request's `MaxRecords`. */
  readonly maxRecords: number;
  /** `batch_optimized` only: new records are handed out in ranges of at least so many (ShareFetch `BatchSize`). */
  readonly batchSize?: number;
  /** `share.partition.max.record.locks`: the longest the window may be. */
  readonly inFlightLimit: number;
  /** `share.delivery.count.limit`. */
  readonly deliveryCountLimit: number;
}

/** Offsets that the log has, in order. For a log batch: all that it covers. */
export interface Span {
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
}

/** Neighbouring records that are handed out together. */
export interface Acquired extends Span {
  /** Counting this one. */
  readonly deliveryCount: number;
  /** Why an earlier delivery failed. */
  readonly lastFailure: string | null;
  readonly lock: Lock;
}

interface Choice {
  firstOffset: number;
  lastOffset: number;
  deliveryCount: number;
  lastFailure: string | null;
  attemptSize: number;
}

/**
 * The offsets to read from the log for a request, in order: records to redeliver first, then new ones.
 *
 * @param logEndOffset exclusive: the high watermark
 * @param damaged what the log has but cannot give, in offset order: left out, and so stays available in the window
 */
export function planAcquire(
  window: Window,
  limits: AcquireLimits,
  logEndOffset: number,
  damaged: readonly Span[] = [],
): readonly Span[] {
  const counted: AcquireLimits = limits.mode === 'record_limit' ? limits : { ...limits, mode: 'record_limit' };
  const spans: Span[] = [];
  let firstOffset = window.startOffset;
  for (const span of damaged) {
    if (span.firstOffset > firstOffset) spans.push({ firstOffset, lastOffset: span.firstOffset - 1 });
    firstOffset = Math.max(firstOffset, span.lastOffset + 1);
  }
  spans.push({ firstOffset, lastOffset: logEndOffset - 1 });
  return joined(choose(window, counted, spans));
}

/**
 * Locks what is free among the log batches read: what to apply, and what the member gets. Offsets that the log turned
 * out not to have must have been taken out before (log-bounds.ts).
 *
 * @param batches what the log gave, in offset order
 * @param lock.nowMs monotonic; `lock.wallMs` the wall clock at the same instant
 */
export function acquire(
  window: Window,
  limits: AcquireLimits,
  batches: readonly Span[],
  lock: { readonly holder: Holder; readonly nowMs: number; readonly wallMs: number; readonly lockDurationMs: number },
): Acquired[] {
  const acquisition = window.nextAcquisition;
  return choose(window, limits, batches).map((choice) => ({
    firstOffset: choice.firstOffset,
    lastOffset: choice.lastOffset,
    deliveryCount: choice.deliveryCount + 1,
    lastFailure: choice.lastFailure,
    lock: {
      acquisition,
      holder: lock.holder,
      firstOffset: choice.firstOffset,
      lastOffset: choice.lastOffset,
      acquiredAtMs: lock.wallMs,
      deadlineMs: lock.nowMs + lock.lockDurationMs,
      held: 0,
    },
  }));
}

function choose(window: Window, limits: AcquireLimits, batches: readonly Span[]): Choice[] {
  const choices: Choice[] = [];
  let left = limits.maxRecords;
  for (const span of joined(batches)) {
    let offset = Math.max(span.firstOffset, window.startOffset);
    while (left > 0 && offset < window.endOffset) {
      const run = window.runs.firstReady(offset);
      if (run === undefined || run.firstOffset > span.lastOffset) break;
      const firstOffset = Math.max(run.firstOffset, offset);
      const lastOffset = Math.min(run.lastOffset, span.lastOffset);
      const throttle = redeliveryLimit(run.deliveryCount, run.attemptSize, limits.deliveryCountLimit);
      if (throttle !== undefined && choices.length > 0) return choices;
      const wanted = firstOffset + Math.min(left, throttle ?? left) - 1;
      const end = throttle === undefined ? roundUp(wanted, limits.mode, batches) : wanted;
      left -= take(choices, {
        firstOffset,
        lastOffset: Math.min(lastOffset, end),
        deliveryCount: run.deliveryCount,
        lastFailure: run.reason,
        attemptSize: run.attemptSize,
      });
      if (throttle !== undefined) return choices;
      offset = run.lastOffset + 1;
    }
    const firstNew = Math.max(span.firstOffset, window.endOffset);
    if (left <= 0 || firstNew > span.lastOffset) continue;
    const room = limits.inFlightLimit - inFlight(window) - (firstNew - window.endOffset);
    if (room <= 0) break;
    const end = roundUp(firstNew + Math.min(left, room) - 1, limits.mode, batches);
    for (const piece of pieces(
      { firstOffset: firstNew, lastOffset: Math.min(span.lastOffset, end) },
      limits,
      batches,
    )) {
      left -= take(choices, { ...piece, deliveryCount: 0, lastFailure: null, attemptSize: 0 });
    }
  }
  return choices;
}

/**
 * Near the delivery limit records go out in ever smaller batches, so that a poison record comes to stand alone and
 * does not take its neighbours with it (KAFKA-17541): half as many as at the last attempt once half of the attempts
 * are used, and quite alone on the last one. Undefined: no limit.
 */
function redeliveryLimit(deliveryCount: number, attemptSize: number, deliveryCountLimit: number): number | undefined {
  if (deliveryCountLimit > 2 && deliveryCount >= deliveryCountLimit - 1) return 1;
  if (deliveryCount >= Math.max(2, Math.ceil(deliveryCountLimit / 2))) return Math.max(1, attemptSize >> 1);
  return undefined;
}

/** `batch_optimized`: to the end of the log batch that holds the offset. */
function roundUp(offset: number, mode: AcquireMode, batches: readonly Span[]): number {
  if (mode === 'record_limit') return offset;
  let low = 0;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (batches[middle]!.lastOffset >= offset) high = middle;
    else low = middle + 1;
  }
  const batch = batches[low];
  return batch !== undefined && batch.firstOffset <= offset ? batch.lastOffset : offset;
}

/** Cuts a range of new records at log-batch boundaries into pieces of at least `batchSize` (KIP-932 section 1.5). */
function pieces(range: Span, limits: AcquireLimits, batches: readonly Span[]): Span[] {
  const batchSize = limits.batchSize;
  if (limits.mode === 'record_limit' || batchSize === undefined) return [range];
  const result: Span[] = [];
  let firstOffset = range.firstOffset;
  for (const batch of batches) {
    if (batch.firstOffset > range.lastOffset) break;
    if (batch.firstOffset - firstOffset >= batchSize) {
      result.push({ firstOffset, lastOffset: batch.firstOffset - 1 });
      firstOffset = batch.firstOffset;
    }
  }
  result.push({ firstOffset, lastOffset: range.lastOffset });
  return result;
}

/** Adds a choice, joined to the one before it when a member could not tell them apart. Returns how many records. */
function take(choices: Choice[], choice: Choice): number {
  const before = choices.at(-1);
  if (
    before !== undefined &&
    before.lastOffset + 1 === choice.firstOffset &&
    before.deliveryCount === choice.deliveryCount &&
    before.lastFailure === choice.lastFailure &&
    choice.deliveryCount > 0
  ) {
    before.lastOffset = choice.lastOffset;
  } else {
    choices.push(choice);
  }
  return choice.lastOffset - choice.firstOffset + 1;
}

/** Joins spans that touch. */
export function joined(spans: readonly Span[]): readonly Span[] {
  const [only] = spans;
  if (only !== undefined && spans.length === 1 && only.firstOffset <= only.lastOffset) return spans;
  const result: { firstOffset: number; lastOffset: number }[] = [];
  for (const span of spans) {
    const before = result.at(-1);
    if (before !== undefined && span.firstOffset <= before.lastOffset + 1) {
      before.lastOffset = Math.max(before.lastOffset, span.lastOffset);
    } else if (span.firstOffset <= span.lastOffset) {
      result.push({ firstOffset: span.firstOffset, lastOffset: span.lastOffset });
    }
  }
  return result;
}

/**
 * Why nothing could be handed out; of several partitions, the first in this order that holds for any. `draining`: the
 * server is stopping. `damaged`: there are records that the log cannot give, because their stored bytes are not what was
 * written; all others are handed out, up to the limit of the window.
 */
export const emptyReasons = [
  'paused',
  'draining',
  'delayed',
  'damaged',
  'window_full',
  'all_locked',
  'no_records',
] as const;
export type EmptyReason = (typeof emptyReasons)[number];

/** Why this window has nothing to hand out. Only meaningful when nothing could be acquired. */
export function whyEmpty(window: Window, inFlightLimit: number, logEndOffset: number, isDamaged = false): EmptyReason {
  if (window.counts.delayed > 0) return 'delayed';
  if (isDamaged) return 'damaged';
  if (logEndOffset > window.endOffset && inFlight(window) >= inFlightLimit) return 'window_full';
  return window.counts.acquired > 0 ? 'all_locked' : 'no_records';
}
