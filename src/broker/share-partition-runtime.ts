import type { Rejection } from '../core/errors.ts';
import type { GroupConfig } from '../core/group-config.ts';
import { type Holder, type SharePartitionKey, sharePartitionText } from '../core/ids.ts';
import type { EndChange } from '../core/share-partition/acknowledge.ts';
import { type Acquired, type AcquireLimits, type Span, acquire, planAcquire } from '../core/share-partition/acquire.ts';
import { Claims } from '../core/share-partition/claims.ts';
import { findGaps } from '../core/share-partition/log-bounds.ts';
import {
  type Window,
  apply,
  emptyWindow,
  inFlight,
  lag,
  loadWindow,
  startOffsetAfter,
} from '../core/share-partition/window.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import type { LogBounds, RecordLog, StoredBatch } from '../ports/record-log.ts';
import type { StateStore } from '../ports/state-store.ts';
import {
  AcknowledgeCommand,
  type AcknowledgeItem,
  BarrierCommand,
  type Command,
  ExpireCommand,
  type Turn,
} from './commands.ts';
import { rejectionOf } from './faults.ts';
import type { AcknowledgeResult } from './requests.ts';

/** What a share partition asks of its surroundings. */
export interface SharePartitionContext {
  readonly clock: Clock;
  readonly log: RecordLog;
  readonly store: StateStore;
  readonly logger: Logger;
  /** Read at each use: a changed config counts from the next turn on. */
  config(): GroupConfig;
  /** The offset where a share partition without stored state starts, and the policy that says so. */
  resolveStart(startFrom: StartFrom): Promise<{ readonly offset: number; readonly policy: string }>;
  /** Something may have become deliverable. */
  published(sharePartition: SharePartitionRuntime): void;
  /** How the last write went: what `readyz` tells. */
  written(error: Rejection | undefined): void;
}

/** What the request that comes first says; null leaves it to the group's `share.auto.offset.reset`. */
export type StartFrom = 'earliest' | 'latest' | null;

/** After a failed write, how long until lock expiry or a reload is tried again. */
const retryDelayMs = 500;

/**
 * The mailbox of one share partition: the only place where its window is changed.
 *
 * A durable command waits in the queue; a turn takes all that wait, lets them decide, writes what they decided in one
 * write, applies it and answers (decide → persist → apply → publish → reply). While a write is on its way the next
 * commands gather: that is the group commit. Acquiring and renewing need no write, so they act on the window at once
 * and never wait behind the write of somebody's acknowledgement.
 *
 * When a write was refused nothing has happened. When its outcome is unknown, or a newer epoch owns the state, the
 * window is dropped and loaded again, exactly as at a start.
 */
export class SharePartitionRuntime {
  readonly key: SharePartitionKey;
  readonly topic: string;
  /** By which policy it was given its first start offset, until somebody has been told. */
  started: string | null = null;
  #context: SharePartitionContext;
  #window: Window | undefined;
  #loading: Promise<void> | undefined;
  #queue: Command[] = [];
  #turning = false;
  /** Set while an exclusive command's write is on its way. */
  #exclusive: Promise<void> | undefined;
  #claims = new Claims();
  #expirePosted = false;
  #timer: { cancel(): void } | undefined;
  #timerAtMs = Infinity;
  #oldest = { offset: -1, timestampMs: 0 };
  #closed = false;

  constructor(key: SharePartitionKey, topic: string, context: SharePartitionContext) {
    this.key = key;
    this.topic = topic;
    this.#context = context;
  }

  /** The window, if it is loaded. Read it; only this class changes it. */
  get window(): Window | undefined {
    return this.#window;
  }

  get bounds(): LogBounds {
    return this.#context.log.bounds(this.key) ?? { startOffset: 0, endOffset: 0, sizeBytes: 0 };
  }

  get inFlight(): number {
    return this.#window === undefined ? 0 : inFlight(this.#window);
  }

  get lag(): number {
    return this.#window === undefined ? 0 : lag(this.#window, this.bounds.endOffset);
  }

  /**
   * The loaded window; loads it first where needed. Loading raises the leader epoch durably, so acquisitions of
   * another process or of an earlier load never count again (I2).
   *
   * @throws Fault when the store fails
   */
  async load(startFrom: StartFrom = null): Promise<Window> {
    while (this.#window === undefined) {
      this.#loading ??= this.#open(startFrom).finally(() => (this.#loading = undefined));
      await this.#loading;
    }
    return this.#window;
  }

  async #open(startFrom: StartFrom): Promise<void> {
    const { store, clock } = this.#context;
    let stored = await store.open(this.key, null);
    if (stored === undefined) {
      // Written at once: a group that starts at the end must not start later after a restart.
      const { offset, policy } = await this.#context.resolveStart(startFrom);
      stored = await store.open(this.key, offset);
      this.started = policy;
    }
    if (stored === undefined) throw new Error(`${sharePartitionText(this.key)} was not created`);
    if (this.#closed) return;
    this.#window = loadWindow(stored, clock.monotonicMs(), clock.wallMs());
    this.logStartMoved();
    this.#arm();
  }

  /** Takes into the window that the log starts later now. Returns how many unfinished records the group lost by it. */
  logStartMoved(): number {
    const window = this.#window;
    const { startOffset, endOffset } = this.bounds;
    if (window === undefined || startOffset <= window.startOffset) return 0;
    const before = lag(window, endOffset);
    apply(window, { kind: 'log_start', offset: startOffset });
    const lost = before - lag(window, endOffset);
    if (lost > 0) {
      this.#context.logger.warn(
        { group: this.key.group, topic: this.topic, partition: this.key.partition, lostRecords: lost, startOffset },
        `retention took ${lost} unfinished records from group ${this.key.group}`,
      );
    }
    return lost;
  }

  // ───────────── acquire: no I/O on the state ─────────────

  get inFlightLimit(): number {
    return this.#context.config().partitionMaxRecordLocks;
  }

  #limits(request: { mode: AcquireLimits['mode']; maxRecords: number }): AcquireLimits {
    const config = this.#context.config();
    return {
      ...request,
      inFlightLimit: config.partitionMaxRecordLocks,
      deliveryCountLimit: config.deliveryCountLimit,
    };
  }

  /** Whether somebody who asks now would get a record. */
  get deliverable(): boolean {
    const window = this.#window;
    if (window === undefined) return true;
    if (window.runs.nextDelayMs <= this.#context.clock.monotonicMs()) return true;
    if (window.runs.hasReady) return true;
    return this.bounds.endOffset > window.endOffset && inFlight(window) < this.inFlightLimit;
  }

  /**
   * Plan, read, acquire: what is free now, at most `maxRecords` and about `maxBytes` of batches.
   *
   * @returns the ranges acquired and the log batches that cover them, in offset order
   * @throws Fault when the log or, at the first use, the store fails
   */
  async acquire(request: {
    readonly mode: AcquireLimits['mode'];
    readonly maxRecords: number;
    readonly maxBytes: number;
    /** The first batch comes even where it is larger than `maxBytes`. */
    readonly atLeastOne: boolean;
    readonly holder: Holder;
    readonly lockDurationMs: number | null;
    readonly signal: AbortSignal | null;
  }): Promise<{
    readonly acquired: readonly Acquired[];
    readonly batches: readonly StoredBatch[];
    readonly bytes: number;
  }> {
    const nothing = { acquired: [], batches: [], bytes: 0 };
    await this.load();
    while (this.#exclusive !== undefined) await this.#exclusive;
    const window = this.#window;
    if (window === undefined) return nothing;
    apply(window, { kind: 'delays_over', nowMs: this.#context.clock.monotonicMs() });
    const plan = planAcquire(window, this.#limits(request), this.bounds.endOffset);
    if (plan.length === 0) return nothing;

    const read = await this.#read(plan, request);
    while (this.#exclusive !== undefined) await this.#exclusive;
    // Dropped or replaced in between, or nobody is there any more to give it to.
    if (this.#window !== window || request.signal?.aborted === true) return nothing;

    const limits = this.#limits({ mode: request.mode, maxRecords: Math.min(request.maxRecords, read.maxRecords) });
    const { clock } = this.#context;
    const acquired = acquire(window, limits, read.spans, {
      holder: request.holder,
      nowMs: clock.monotonicMs(),
      wallMs: clock.wallMs(),
      lockDurationMs: request.lockDurationMs ?? this.#context.config().lockDurationMs,
    });
    for (const each of acquired) apply(window, { kind: 'acquire', lock: each.lock });
    this.#arm();
    return { acquired, batches: read.batches, bytes: read.bytes };
  }

  /** Reads the planned ranges up to about `maxBytes`, and finds the holes in them on the way. */
  async #read(
    plan: readonly Span[],
    request: { mode: AcquireLimits['mode']; maxRecords: number; maxBytes: number; atLeastOne: boolean },
  ) {
    const batches: StoredBatch[] = [];
    const spans: Span[] = [];
    let { maxRecords, atLeastOne } = request;
    let bytes = 0;
    let records = 0;
    for (const range of plan) {
      if (bytes >= request.maxBytes) break;
      const endOffset = range.lastOffset + 1;
      const found = await this.#context.log.read(this.key, {
        startOffset: range.firstOffset,
        endOffset,
        maxBytes: request.maxBytes - bytes,
      });
      for (const batch of found) {
        const size = batches.at(-1) === batch ? 0 : batch.bytes.length;
        if (bytes + size > request.maxBytes) {
          // Only where records are counted can a part of the batch go: as many as fit by their average size.
          const fitting =
            request.mode === 'record_limit'
              ? Math.floor(((request.maxBytes - bytes) * (batch.lastOffset - batch.baseOffset + 1)) / size)
              : 0;
          if (fitting === 0 && !atLeastOne) break;
          if (request.mode === 'record_limit') maxRecords = Math.min(maxRecords, records + Math.max(1, fitting));
        }
        atLeastOne = false;
        bytes += size;
        if (size > 0) batches.push(batch);
        const firstOffset = Math.max(batch.baseOffset, range.firstOffset);
        const last = request.mode === 'record_limit' ? range.lastOffset : batch.lastOffset;
        spans.push({ firstOffset, lastOffset: Math.min(batch.lastOffset, last) });
        records += Math.min(batch.lastOffset, last) - firstOffset + 1;
      }
      const lastRead = found.at(-1)?.lastOffset ?? range.lastOffset;
      this.#archiveGaps([range], found, Math.min(lastRead, range.lastOffset) + 1);
    }
    return { batches, spans, bytes, maxRecords };
  }

  /** Offsets that the log does not have can never be delivered: the window goes over them. */
  #archiveGaps(planned: readonly Span[], batches: readonly StoredBatch[], readEndOffset: number): void {
    const window = this.#window;
    if (window === undefined) return;
    const { startOffset } = this.bounds;
    const spans = batches.map((batch) => ({ firstOffset: batch.baseOffset, lastOffset: batch.lastOffset }));
    for (const gap of findGaps(planned, spans, readEndOffset)) {
      if (gap.lastOffset < startOffset) continue;
      this.#context.logger.warn(
        { group: this.key.group, topic: this.topic, partition: this.key.partition, ...gap },
        `the log has no records at offsets ${gap.firstOffset} to ${gap.lastOffset} of ${this.topic}-${this.key.partition}`,
      );
      apply(window, { kind: 'gap', firstOffset: gap.firstOffset, lastOffset: gap.lastOffset });
    }
    this.logStartMoved();
  }

  /**
   * Takes an acquisition back that never reached anybody: the records are available again, and no delivery is counted.
   */
  giveBack(acquired: {
    readonly firstOffset: number;
    readonly lastOffset: number;
    readonly acquisition: number;
  }): void {
    const window = this.#window;
    if (window === undefined) return;
    apply(window, { kind: 'undo_acquire', ...acquired });
    this.#publish();
  }

  /** Age of the oldest unfinished record's batch, ms; null when nothing is unfinished. */
  async oldestAgeMs(): Promise<number | null> {
    const window = this.#window;
    const { endOffset } = this.bounds;
    if (window === undefined || lag(window, endOffset) === 0) return null;
    const offset = window.startOffset;
    if (this.#oldest.offset !== offset) {
      const timestampMs = await this.#context.log.timestampAt(this.key, offset);
      if (timestampMs === undefined) return null;
      this.#oldest = { offset, timestampMs };
    }
    return Math.max(0, this.#context.clock.wallMs() - this.#oldest.timestampMs);
  }

  // ───────────── durable turns ─────────────

  /** One call's acknowledgements; puts each result at its index. Resolves when all are there. */
  async acknowledge(items: readonly AcknowledgeItem[], results: (AcknowledgeResult | undefined)[]): Promise<void> {
    const window = this.#window ?? (await this.load());
    const command = new AcknowledgeCommand(items, results);
    command.renewAtOnce(this.#turn(window, this.#claims));
    this.#arm();
    if (!command.settled) this.submit(command);
    await command.done;
  }

  submit(command: Command): void {
    this.#queue.push(command);
    if (!this.#turning) void this.#run();
  }

  #turn(window: Window, claims: Claims): Turn {
    const { clock, store } = this.#context;
    const config = this.#context.config();
    return {
      window,
      time: {
        nowMs: clock.monotonicMs(),
        wallMs: clock.wallMs(),
        deliveryCountLimit: config.deliveryCountLimit,
      },
      changes: [],
      claims,
      lockDurationMs: config.lockDurationMs,
      renewEnabled: config.renewAcknowledgeEnable,
      logStartOffset: this.bounds.startOffset,
      latestEnding: (offset) => store.latestEnding(this.key, offset),
    };
  }

  async #run(): Promise<void> {
    this.#turning = true;
    // One tick later, so that what arrives together is written together.
    await null;
    while (this.#queue.length > 0) {
      const commands = this.#queue;
      this.#queue = [];
      let window: Window;
      try {
        window = this.#window ?? (await this.load());
      } catch (error) {
        const rejection = rejectionOf(error);
        for (const command of commands) command.fail(rejection);
        continue;
      }
      const turn = this.#turn(window, this.#claims);
      const waiting = commands.filter((command) => command.decide(turn));
      const error = turn.changes.length === 0 ? undefined : await this.#persist(turn, commands);
      this.#claims.clear();
      for (const command of commands) command.finish(error);
      this.#queue.unshift(...waiting);
      this.#publish();
    }
    this.#turning = false;
  }

  async #persist(turn: Turn, commands: readonly Command[]): Promise<Rejection | undefined> {
    const { window, changes } = turn;
    let free: (() => void) | undefined;
    if (commands.some((command) => command.exclusive)) {
      this.#exclusive = new Promise((resolve) => (free = resolve));
    }
    try {
      await this.#context.store.write({
        key: this.key,
        leaderEpoch: window.leaderEpoch,
        stateEpoch: window.stateEpoch,
        startOffset: startOffsetAfter(window, changes.map(endingOf)),
        endings: changes.map(endingOf),
      });
      for (const change of changes) apply(window, change);
      this.#context.written(undefined);
      return undefined;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#context.logger.error(
        {
          group: this.key.group,
          topic: this.topic,
          partition: this.key.partition,
          fault: error.code,
          outcome: error.outcome,
        },
        `a write of share state failed: ${error.message}. ${error.hint}`,
      );
      if (error.outcome === 'unknown' || error.code === 'FENCED') this.#drop();
      const rejection = rejectionOf(error);
      this.#context.written(rejection);
      return rejection;
    } finally {
      this.#exclusive = undefined;
      free?.();
    }
  }

  /** Forgets the window; the next use loads it again. */
  #drop(): void {
    this.#window = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
  }

  /**
   * Replaces the state: a new start offset and no records in flight; locks still out are over (RECORD_GONE).
   *
   * @throws Fault
   */
  async reset(startOffset: number): Promise<void> {
    await this.load();
    // A turn like any other: alone, behind what was there before it.
    await this.#idle();
    this.#turning = true;
    let free!: () => void;
    this.#exclusive = new Promise((resolve) => (free = resolve));
    try {
      const window = this.#window ?? (await this.load());
      const { leaderEpoch } = window;
      const stateEpoch = await this.#context.store.reset({
        key: this.key,
        leaderEpoch,
        stateEpoch: window.stateEpoch,
        startOffset,
      });
      this.#window = emptyWindow(startOffset, { stateEpoch, leaderEpoch });
      this.#window.nextAcquisition = window.nextAcquisition;
    } catch (error) {
      if (error instanceof Fault && error.outcome === 'unknown') this.#drop();
      throw error;
    } finally {
      this.#exclusive = undefined;
      free();
      this.#turning = false;
      if (this.#queue.length > 0) void this.#run();
      this.#publish();
    }
  }

  #publish(): void {
    this.#arm();
    this.#context.published(this);
  }

  // ───────────── the one timer ─────────────

  /** Sets the timer to the next lock deadline or end of a delay. */
  #arm(): void {
    const window = this.#window;
    if (window === undefined || this.#closed) return;
    const lockMs = this.#expirePosted ? Infinity : window.runs.nextDeadlineMs;
    this.#armAt(Math.min(lockMs, window.runs.nextDelayMs));
  }

  #armAt(atMs: number): void {
    // A timer that fires too early only looks again: cheaper than moving it with each lock.
    if (atMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    const { clock } = this.#context;
    this.#timer = clock.schedule(Math.max(0, Math.ceil(atMs - clock.monotonicMs())), () => this.#fired());
  }

  #fired(): void {
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
    const window = this.#window;
    if (window === undefined || this.#closed) return;
    const nowMs = this.#context.clock.monotonicMs();
    if (window.runs.nextDelayMs <= nowMs) {
      apply(window, { kind: 'delays_over', nowMs });
      this.#context.published(this);
    }
    if (window.runs.nextDeadlineMs <= nowMs && !this.#expirePosted) {
      this.#expirePosted = true;
      this.submit(
        new ExpireCommand((_expired, error) => {
          this.#expirePosted = false;
          // The disk is full, say: the locks are over all the same, and it is tried again.
          if (error !== undefined) this.#retryExpire();
        }),
      );
    }
    this.#arm();
  }

  #retryExpire(): void {
    this.#expirePosted = true;
    this.#context.clock.schedule(retryDelayMs, () => {
      this.#expirePosted = false;
      this.#arm();
    });
  }

  /** Stops the timer and lets the turn under way finish. Locks stay as they are. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#idle();
  }

  /** Resolves when no turn is under way. */
  async #idle(): Promise<void> {
    while (this.#turning) {
      const barrier = new BarrierCommand();
      this.submit(barrier);
      await barrier.done;
    }
  }
}

const endingOf = (change: EndChange) => change.ending;
