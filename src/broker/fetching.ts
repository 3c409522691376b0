import type { Rejection } from '../core/errors.ts';
import type { Acquired } from '../core/share-partition/acquire.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { acquireOutcome } from './acquire-outcome.ts';
import { rejectionOf, repeatsOf } from './faults.ts';
import type { Ownership } from './ownership.ts';
import type { AcquireOutcome, AcquireRequest, AcquiredRange } from './requests.ts';
import type { ShareGroup } from './share-group.ts';
import type { Fetched } from './share-partition-context.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';
import { WaitDeadlines } from './wait-deadlines.ts';

/** What an acquire asks of the partitions it names. */
export type Take = Pick<
  AcquireRequest,
  'holder' | 'maxRecords' | 'maxBytes' | 'waitMs' | 'lockDurationMs' | 'acquireMode'
>;

/** An acquire that waits for something to come. */
interface Waiter {
  readonly group: ShareGroup;
  readonly partitions: readonly SharePartitionRuntime[];
  readonly request: Take;
  readonly signal: AbortSignal | null;
  readonly deadlineMs: number;
  /** Being served right now; what becomes deliverable meanwhile is looked at once more. */
  busy: boolean;
  again: boolean;
  /** Its time is up: answered as soon as it is no longer being served. */
  over: boolean;
  finished: boolean;
  finish(ranges: Result<readonly AcquiredRange[]>): void;
}

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
  #ownership: Ownership;
  #lines = new Map<SharePartitionRuntime, Set<Waiter>>();
  #deadlines: WaitDeadlines<Waiter>;
  #serving = new Set<SharePartitionRuntime>();
  /** Being served, and something has come meanwhile. */
  #again = new Set<SharePartitionRuntime>();
  #turn = 0;
  #draining = false;

  constructor(outside: { readonly clock: Clock; readonly logger: Logger; readonly ownership: Ownership }) {
    this.#clock = outside.clock;
    this.#logger = outside.logger;
    this.#ownership = outside.ownership;
    this.#deadlines = new WaitDeadlines(outside.clock, (waiter) => this.#giveUp(waiter));
  }

  /** How many acquires of a share group wait, by holder. */
  waiting(group: ShareGroup): ReadonlyMap<string, number> {
    return this.waitingOfAll().get(group) ?? new Map();
  }

  /** The same for all groups: looks at each of those who wait once. Groups in which nobody waits are missing. */
  waitingOfAll(): Map<ShareGroup, Map<string, number>> {
    const groups = new Map<ShareGroup, Map<string, number>>();
    for (const { group, request } of this.#deadlines) {
      let counts = groups.get(group);
      if (counts === undefined) groups.set(group, (counts = new Map()));
      counts.set(request.holder, (counts.get(request.holder) ?? 0) + 1);
    }
    return groups;
  }

  /** As `take`, with what a worker wants to know beside the records: above all why there are none. */
  async acquire(
    group: ShareGroup,
    partitions: readonly SharePartitionRuntime[],
    request: Take,
    signal: AbortSignal | null,
  ): Promise<Result<AcquireOutcome>> {
    const taken = await this.take(group, partitions, request, signal);
    if (!taken.ok) return taken;
    const told = acquireOutcome(this.#clock, group, partitions, taken.value, this.#draining);
    const outcome = told instanceof Promise ? await told : told;
    if (signal?.aborted !== true || taken.value.length === 0) return ok(outcome);
    this.#giveBack(partitions, taken.value);
    return ok(await acquireOutcome(this.#clock, group, partitions, [], this.#draining));
  }

  /** Takes records, or waits for some; none where the time is up or the client is gone. */
  async take(
    group: ShareGroup,
    partitions: readonly SharePartitionRuntime[],
    request: Take,
    signal: AbortSignal | null,
  ): Promise<Result<readonly AcquiredRange[]>> {
    const lost = this.#ownership.stateLost;
    if (lost !== undefined) return { ok: false, error: lost };
    const deadlineMs = this.#clock.monotonicMs() + request.waitMs;
    const waits = request.waitMs > 0 && !this.#draining;
    // Behind those who wait in a line already; who does not wait cannot stand in one.
    const free = waits ? partitions.filter((each) => !this.#lines.has(each)) : partitions;
    const first = await this.#attempt(group, free, request, signal);
    if (first.ok && first.value.length > 0) return first;
    const closed = partitions.find((each) => each.closed !== undefined);
    if (!this.#draining && closed !== undefined) {
      if (closed.closed === 'lost') {
        return reject('NOT_OWNER', `${closed.topic}-${closed.key.partition} changed hands at this moment; ask again.`);
      }
      return reject('BUSY', `Share group "${group.id}" or a topic asked for was deleted at this moment; ask again.`);
    }
    if (!first.ok || !waits || this.#draining || signal?.aborted === true) return first;
    return await this.#wait(group, partitions, request, signal, deadlineMs);
  }

  #wait(
    group: ShareGroup,
    partitions: readonly SharePartitionRuntime[],
    request: Take,
    signal: AbortSignal | null,
    deadlineMs: number,
  ): Promise<Result<readonly AcquiredRange[]>> {
    return new Promise((resolve) => {
      const aborted = (): void => this.#giveUp(waiter);
      const waiter: Waiter = {
        group,
        partitions,
        request,
        signal,
        deadlineMs: WaitDeadlines.onGrid(deadlineMs),
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
    this.#again.add(partition);
    if (this.#serving.has(partition)) return;
    this.#serving.add(partition);
    try {
      while (this.#again.delete(partition)) while (await this.#serveNext(partition));
    } finally {
      this.#serving.delete(partition);
    }
  }

  /** Serves the one who has waited longest. Returns whether to go on: that one is gone from the line. */
  async #serveNext(partition: SharePartitionRuntime): Promise<boolean> {
    if (!partition.deliverable) return false;
    for (const waiter of this.#lines.get(partition) ?? []) {
      // Who is being served already looks here too, once more.
      if (!waiter.busy) return !waiter.group.paused && (await this.#serve(waiter, partition));
      waiter.again = true;
    }
    return false;
  }

  /** Returns whether the waiter is done with: answered, or gone before. */
  async #serve(waiter: Waiter, first: SharePartitionRuntime): Promise<boolean> {
    const { group, partitions, request, signal } = waiter;
    waiter.busy = true;
    do {
      waiter.again = false;
      const result = await this.#attempt(group, partitions, request, signal, first);
      if (!result.ok) {
        // Whoever has closed one of them says why, when it has come out.
        if (!partitions.some((each) => each.closed !== undefined)) waiter.finish(result);
      } else if (result.value.length > 0) {
        if (waiter.finished || signal?.aborted === true) this.#giveBack(partitions, result.value);
        else waiter.finish(result);
      }
    } while (waiter.again && !waiter.over && !waiter.finished);
    waiter.busy = false;
    if (waiter.over && !waiter.finished) waiter.finish(ok([]));
    return waiter.finished;
  }

  /**
   * Asks the partitions until the request is full: `first`, then the others, whichever gave something longest ago before
   * the rest, so that a busy one does not keep all workers from the others.
   */
  async #attempt(
    group: ShareGroup,
    partitions: readonly SharePartitionRuntime[],
    request: Take,
    signal: AbortSignal | null,
    first?: SharePartitionRuntime,
  ): Promise<Result<AcquiredRange[]>> {
    const order = partitions.length === 1 ? partitions : inOrder(partitions, first);
    const ranges: AcquiredRange[] = [];
    let failure: Rejection | undefined;
    let maxRecords = request.maxRecords;
    let maxBytes = request.maxBytes;
    for (const partition of order) {
      if (maxRecords <= 0 || maxBytes <= 0 || group.paused || this.#draining || signal?.aborted === true) break;
      if (!partition.deliverable) continue;
      try {
        const wish = {
          mode: request.acquireMode,
          maxRecords,
          maxBytes,
          atLeastOne: ranges.length === 0,
          holder: request.holder,
          lockDurationMs: request.lockDurationMs,
          // Also what was being read when the group was paused or the client left.
          isOff: () => group.paused || signal?.aborted === true,
        };
        const found = partition.acquireNow(wish) ?? (await partition.acquire(wish));
        maxBytes -= found.bytes;
        if (found.acquired.length > 0) partition.servedTurn = ++this.#turn;
        for (const each of found.acquired) {
          maxRecords -= each.lastOffset - each.firstOffset + 1;
          ranges.push(this.#range(group, partition, found, each));
        }
      } catch (error) {
        failure = rejectionOf(error);
        partition.servedTurn = ++this.#turn;
        const { code } = failure;
        const repeats = repeatsOf('acquires that failed', error);
        this.#logger.error(
          { group: group.id, topic: partition.topic, partition: partition.key.partition, code, repeats },
          `acquire failed: ${failure.message}`,
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
    { batches, leaderEpoch, stateEpoch }: Fetched,
    acquired: Acquired,
  ): AcquiredRange {
    const { lock, firstOffset, lastOffset } = acquired;
    const lockRemainingMs = Math.max(0, Math.round(lock.deadlineMs - this.#clock.monotonicMs()));
    return {
      topic: partition.topic,
      topicId: partition.key.topicId,
      partition: partition.key.partition,
      firstOffset,
      lastOffset,
      deliveryCount: acquired.deliveryCount,
      deliveryCountLimit: group.config.deliveryCountLimit,
      acquisition: lock.acquisition,
      leaderEpoch,
      stateEpoch,
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

  // ───────────── the lines ─────────────

  #join(waiter: Waiter): void {
    for (const partition of waiter.partitions) {
      const line = this.#lines.get(partition);
      if (line === undefined) this.#lines.set(partition, new Set([waiter]));
      else line.add(waiter);
    }
    this.#deadlines.add(waiter);
  }

  #leave(waiter: Waiter): void {
    for (const partition of waiter.partitions) {
      const line = this.#lines.get(partition);
      line?.delete(waiter);
      if (line?.size === 0) this.#lines.delete(partition);
    }
    this.#deadlines.remove(waiter);
  }

  /** The wait is over: there was nothing. */
  #giveUp(waiter: Waiter): void {
    // Out of the lines first: what is deliverable from now on is for others.
    this.#leave(waiter);
    waiter.over = true;
    if (waiter.busy && waiter.signal?.aborted !== true) return;
    waiter.finish(ok([]));
  }

  /** Answers everybody who waits as if their time were up, and lets nobody wait or acquire any more. */
  drain(): void {
    this.#draining = true;
    for (const waiter of this.#deadlines) this.#giveUp(waiter);
  }

  /** Ends the waits for a share partition as if their time were up: who asks again asks for more than this one. */
  endWaits(partition: SharePartitionRuntime): void {
    for (const waiter of this.#lines.get(partition) ?? []) this.#giveUp(waiter);
  }

  /** Records that were kept back may be handed out again. */
  wakeAll(): void {
    for (const partition of this.#lines.keys()) void this.wake(partition);
  }

  /** A share partition is gone (its topic or group was deleted, or it is another node's): those who wait for it are answered with `error`. */
  gone(partition: SharePartitionRuntime, error: Rejection): void {
    for (const waiter of this.#lines.get(partition) ?? []) waiter.finish({ ok: false, error });
  }
}

/** Who is asked in which order: `first`, then whichever gave something longest ago. */
export function inOrder(
  partitions: readonly SharePartitionRuntime[],
  first?: SharePartitionRuntime,
): SharePartitionRuntime[] {
  const order = partitions.filter((each) => each.deliverable);
  return order.sort((a, b) => (a === first ? -1 : b === first ? 1 : a.servedTurn - b.servedTurn));
}
