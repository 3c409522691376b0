import type { Rejection } from '../core/errors.ts';
import { type EmptyReason, emptyReasons, whyEmpty } from '../core/share-partition/acquire.ts';
import { type Result, ok } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import { rejectionOf } from './faults.ts';
import type { AcquireOutcome, AcquireRequest, AcquiredRange } from './requests.ts';
import type { ShareGroup } from './share-group.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';

/** An acquire that waits for something to come. */
interface Waiter {
  readonly group: ShareGroup;
  readonly partitions: readonly SharePartitionRuntime[];
  readonly request: AcquireRequest;
  readonly signal: AbortSignal | null;
  readonly deadlineMs: number;
  /** Being served right now; what becomes deliverable meanwhile is looked at once more. */
  busy: boolean;
  again: boolean;
  /** Its time is up: answered as soon as it is no longer being served. */
  over: boolean;
  finished: boolean;
  finish(outcome: Result<AcquireOutcome>): void;
}

/** Waits end on a grid of so many ms, so that many waiters share a timer. */
const deadlineGridMs = 20;

/**
 * Hands out records, and keeps those waiting who found none.
 *
 * Waiters stand in one line for each share partition that they asked for. When something becomes deliverable in it, the
 * one who has waited longest is served, then the next, until nothing is left: a record wakes one waiter, not all of
 * them. Who comes while others wait in the line goes to its end.
 */
export class Fetching {
  #clock: Clock;
  #logger: Logger;
  #lines = new Map<SharePartitionRuntime, Set<Waiter>>();
  #deadlines = new Map<number, { readonly waiters: Set<Waiter>; readonly timer: { cancel(): void } }>();
  #serving = new Set<SharePartitionRuntime>();
  #served = 0;
  #draining = false;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** How many acquires of a share group wait, by holder. */
  waiting(group: ShareGroup): Map<string, number> {
    const counts = new Map<string, number>();
    for (const waiter of this.#waiters()) {
      if (waiter.group !== group) continue;
      counts.set(waiter.request.holder, (counts.get(waiter.request.holder) ?? 0) + 1);
    }
    return counts;
  }

  async acquire(
    group: ShareGroup,
    partitions: readonly SharePartitionRuntime[],
    request: AcquireRequest,
    signal: AbortSignal | null,
  ): Promise<Result<AcquireOutcome>> {
    const waits = request.waitMs > 0 && !this.#draining;
    const turn = this.#served++ % Math.max(1, partitions.length);
    const rotated = [...partitions.slice(turn), ...partitions.slice(0, turn)];
    // Behind those who wait in a line already; who does not wait cannot stand in one.
    const free = waits ? rotated.filter((each) => !this.#lines.has(each)) : rotated;
    const first = await this.#attempt(group, free, request, signal);
    if (!first.ok) return first;
    if (first.value.length > 0 || !waits || signal?.aborted === true) {
      return ok(await this.#outcome(group, partitions, first.value));
    }
    return await this.#wait(group, rotated, request, signal);
  }

  #wait(
    group: ShareGroup,
    partitions: readonly SharePartitionRuntime[],
    request: AcquireRequest,
    signal: AbortSignal | null,
  ): Promise<Result<AcquireOutcome>> {
    return new Promise((resolve) => {
      const aborted = (): void => void this.#giveUp(waiter);
      const waiter: Waiter = {
        group,
        partitions,
        request,
        signal,
        deadlineMs: Math.ceil((this.#clock.monotonicMs() + request.waitMs) / deadlineGridMs) * deadlineGridMs,
        busy: false,
        again: false,
        over: false,
        finished: false,
        finish: (outcome) => {
          if (waiter.finished) return;
          waiter.finished = true;
          signal?.removeEventListener('abort', aborted);
          this.#leave(waiter);
          resolve(outcome);
        },
      };
      signal?.addEventListener('abort', aborted);
      this.#join(waiter);
      // What came between the attempt and now has woken nobody.
      for (const partition of partitions) if (partition.deliverable) void this.wake(partition);
    });
  }

  /** Something may have become deliverable in a share partition: serves those who wait for it, longest wait first. */
  async wake(partition: SharePartitionRuntime): Promise<void> {
    if (!this.#lines.has(partition)) return;
    if (this.#serving.has(partition)) {
      for (const waiter of this.#lines.get(partition) ?? []) if (waiter.busy) waiter.again = true;
      return;
    }
    this.#serving.add(partition);
    try {
      let progress = true;
      while (progress && partition.deliverable) {
        progress = false;
        for (const waiter of this.#lines.get(partition) ?? []) {
          if (waiter.busy) {
            waiter.again = true;
            continue;
          }
          if (waiter.group.paused) break;
          progress = await this.#serve(waiter, partition);
          break;
        }
      }
    } finally {
      this.#serving.delete(partition);
    }
  }

  /** Returns whether the waiter was answered. */
  async #serve(waiter: Waiter, first: SharePartitionRuntime): Promise<boolean> {
    const order = [first, ...waiter.partitions.filter((each) => each !== first)];
    waiter.busy = true;
    do {
      waiter.again = false;
      const result = await this.#attempt(waiter.group, order, waiter.request, waiter.signal);
      if (!result.ok) {
        waiter.finish(result);
      } else if (result.value.length > 0) {
        const outcome = await this.#outcome(waiter.group, waiter.partitions, result.value);
        if (waiter.finished) this.#giveBack(waiter.partitions, result.value);
        else waiter.finish(ok(outcome));
      }
    } while (waiter.again && !waiter.over && !waiter.finished);
    waiter.busy = false;
    if (waiter.over && !waiter.finished) waiter.finish(ok(await this.#outcome(waiter.group, waiter.partitions, [])));
    return waiter.finished;
  }

  /** Asks the partitions in turn until the request is full. */
  async #attempt(
    group: ShareGroup,
    partitions: readonly SharePartitionRuntime[],
    request: AcquireRequest,
    signal: AbortSignal | null,
  ): Promise<Result<AcquiredRange[]>> {
    const ranges: AcquiredRange[] = [];
    let failure: Rejection | undefined;
    let maxRecords = request.maxRecords;
    let maxBytes = request.maxBytes;
    for (const partition of partitions) {
      if (maxRecords <= 0 || maxBytes <= 0 || group.paused || this.#draining || signal?.aborted === true) break;
      if (!partition.deliverable) continue;
      try {
        const found = await partition.acquire({
          mode: request.acquireMode,
          maxRecords,
          maxBytes,
          atLeastOne: ranges.length === 0,
          holder: request.holder,
          lockDurationMs: request.lockDurationMs,
          signal,
        });
        maxBytes -= found.bytes;
        for (const each of found.acquired) {
          maxRecords -= each.lastOffset - each.firstOffset + 1;
          ranges.push(this.#range(group, partition, each, found.batches));
        }
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        failure = rejectionOf(error);
        this.#logger.error(
          { group: group.id, topic: partition.topic, partition: partition.key.partition, fault: error.code },
          `acquire failed: ${error.message}. ${error.hint}`,
        );
      }
    }
    if (signal?.aborted === true && ranges.length > 0) {
      this.#giveBack(partitions, ranges);
      return ok([]);
    }
    // What the healthy partitions gave is worth more than the news of the broken one: that comes when they are empty.
    return failure !== undefined && ranges.length === 0 ? { ok: false, error: failure } : ok(ranges);
  }

  #range(
    group: ShareGroup,
    partition: SharePartitionRuntime,
    acquired: Awaited<ReturnType<SharePartitionRuntime['acquire']>>['acquired'][number],
    batches: AcquiredRange['batches'],
  ): AcquiredRange {
    const { lock, firstOffset, lastOffset } = acquired;
    const lockRemainingMs = Math.max(0, Math.round(lock.deadlineMs - this.#clock.monotonicMs()));
    const window = partition.window;
    return {
      topic: partition.topic,
      topicId: partition.key.topicId,
      partition: partition.key.partition,
      firstOffset,
      lastOffset,
      deliveryCount: acquired.deliveryCount,
      deliveryCountLimit: group.config.deliveryCountLimit,
      acquisition: lock.acquisition,
      leaderEpoch: window?.leaderEpoch ?? 0,
      stateEpoch: window?.stateEpoch ?? 0,
      lastFailure: acquired.lastFailure,
      lockedUntilMs: this.#clock.wallMs() + lockRemainingMs,
      lockRemainingMs,
      batches:
        batches.length === 1
          ? batches
          : batches.filter((batch) => batch.lastOffset >= firstOffset && batch.baseOffset <= lastOffset),
    };
  }

  /** Records that were acquired for somebody who is gone: nobody has seen them, so no delivery is counted. */
  #giveBack(partitions: readonly SharePartitionRuntime[], ranges: readonly AcquiredRange[]): void {
    for (const range of ranges) {
      partitions
        .find((each) => each.key.topicId === range.topicId && each.key.partition === range.partition)
        ?.giveBack(range);
    }
  }

  async #outcome(
    group: ShareGroup,
    partitions: readonly SharePartitionRuntime[],
    ranges: readonly AcquiredRange[],
  ): Promise<AcquireOutcome> {
    let lag = 0;
    let oldestAgeMs: number | null = null;
    let started: string | null = null;
    for (const partition of partitions) {
      lag += partition.lag;
      const ageMs = await partition.oldestAgeMs();
      if (ageMs !== null && (oldestAgeMs === null || ageMs > oldestAgeMs)) oldestAgeMs = ageMs;
      if (partition.started !== null) {
        started = partition.started;
        partition.started = null;
      }
    }
    const empty = ranges.length > 0 ? null : this.#whyEmpty(group, partitions);
    return {
      ranges,
      emptyReason: empty?.reason ?? null,
      nextAvailableMs: empty?.nextAvailableMs ?? null,
      lag,
      oldestAgeMs,
      started,
    };
  }

  #whyEmpty(
    group: ShareGroup,
    partitions: readonly SharePartitionRuntime[],
  ): { reason: EmptyReason; nextAvailableMs: number | null } {
    if (group.paused) return { reason: 'paused', nextAvailableMs: null };
    if (this.#draining) return { reason: 'draining', nextAvailableMs: null };
    let reason: EmptyReason = 'no_records';
    let nextDelayMs = Infinity;
    for (const { window, inFlightLimit, bounds } of partitions) {
      if (window === undefined) continue;
      const here = whyEmpty(window, inFlightLimit, bounds.endOffset);
      if (emptyReasons.indexOf(here) < emptyReasons.indexOf(reason)) reason = here;
      nextDelayMs = Math.min(nextDelayMs, window.runs.nextDelayMs);
    }
    if (reason !== 'delayed' || nextDelayMs === Infinity) return { reason, nextAvailableMs: null };
    const inMs = Math.max(0, nextDelayMs - this.#clock.monotonicMs());
    return { reason, nextAvailableMs: Math.round(this.#clock.wallMs() + inMs) };
  }

  // ───────────── the lines ─────────────

  *#waiters(): IterableIterator<Waiter> {
    for (const { waiters } of this.#deadlines.values()) yield* waiters;
  }

  #join(waiter: Waiter): void {
    for (const partition of waiter.partitions) {
      const line = this.#lines.get(partition);
      if (line === undefined) this.#lines.set(partition, new Set([waiter]));
      else line.add(waiter);
    }
    const due = this.#deadlines.get(waiter.deadlineMs);
    if (due !== undefined) {
      due.waiters.add(waiter);
      return;
    }
    const waiters = new Set([waiter]);
    const timer = this.#clock.schedule(waiter.deadlineMs - this.#clock.monotonicMs(), () => {
      for (const each of waiters) void this.#giveUp(each);
    });
    this.#deadlines.set(waiter.deadlineMs, { waiters, timer });
  }

  #leave(waiter: Waiter): void {
    for (const partition of waiter.partitions) {
      const line = this.#lines.get(partition);
      line?.delete(waiter);
      if (line?.size === 0) this.#lines.delete(partition);
    }
    const due = this.#deadlines.get(waiter.deadlineMs);
    due?.waiters.delete(waiter);
    if (due?.waiters.size === 0) {
      due.timer.cancel();
      this.#deadlines.delete(waiter.deadlineMs);
    }
  }

  /** The wait is over: answers that there was nothing, and why. */
  async #giveUp(waiter: Waiter): Promise<void> {
    // Out of the lines first: what is deliverable from now on is for others.
    this.#leave(waiter);
    waiter.over = true;
    if (waiter.busy && waiter.signal?.aborted !== true) return;
    waiter.finish(ok(await this.#outcome(waiter.group, waiter.partitions, [])));
  }

  /** Answers everybody who waits in the group (or, without one, at all) as if their time were up. */
  async release(group?: ShareGroup): Promise<void> {
    if (group === undefined) this.#draining = true;
    const waiters = [...this.#waiters()].filter((each) => group === undefined || each.group === group);
    await Promise.all(waiters.map((waiter) => this.#giveUp(waiter)));
  }

  /** A share partition is gone (its topic or group was deleted): those who wait for it are answered with `error`. */
  gone(partition: SharePartitionRuntime, error: Rejection): void {
    for (const waiter of this.#lines.get(partition) ?? []) waiter.finish({ ok: false, error });
  }
}
