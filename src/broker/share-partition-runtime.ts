import type { Rejection } from '../core/errors.ts';
import { type SharePartitionKey, sharePartitionText } from '../core/ids.ts';
import type { EndChange } from '../core/share-partition/acknowledge.ts';
import { Claims } from '../core/share-partition/claims.ts';
import {
  type Window,
  apply,
  emptyWindow,
  inFlight,
  lag,
  loadWindow,
  startOffsetAfter,
} from '../core/share-partition/window.ts';
import { Fault } from '../ports/fault.ts';
import type { LogBounds } from '../ports/record-log.ts';
import { Acquiring } from './acquiring.ts';
import { PartitionActivity } from './activity.ts';
import {
  AcknowledgeCommand,
  type AcknowledgeItem,
  type Command,
  ExpireCommand,
  GiveBackCommand,
  type Turn,
  type Undelivered,
  undoAcquire,
} from './commands.ts';
import type { Damage } from './damaged-records.ts';
import { EarliestTimer } from './earliest-timer.ts';
import { rejectionOf, repeatsOf } from './faults.ts';
import type { MemberAcknowledgeCommand } from './member-acknowledge-command.ts';
import type { AcknowledgeResult } from './requests.ts';
import type { AcquireWish, Fetched, SharePartitionContext, StartFrom } from './share-partition-context.ts';
import { WindowFacts } from './window-facts.ts';

/** After a failed write, how long until lock expiry is tried again. */
const retryDelayMs = 500;

/** `gone`: its topic or group was deleted, or the server is stopping. `lost`: another node owns the partition. */
export type Closed = 'gone' | 'lost';

interface PendingReset {
  readonly startOffset: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

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
  readonly activity: PartitionActivity;
  readonly facts: WindowFacts;
  /** By which policy it was given its first start offset, until somebody has been told. */
  started: string | null = null;
  /** When it was last asked with success, as a number that grows: whose number is lowest is asked first. */
  servedTurn = 0;
  #context: SharePartitionContext;
  #window: Window | undefined;
  #loading: Promise<void> | undefined;
  #startFrom: StartFrom = null;
  #start: { readonly offset: number; readonly policy: string } | undefined;
  #queue: Command[] = [];
  #resets: PendingReset[] = [];
  #turning = false;
  /** The turns under way, one after the other; done when nothing is left to do. */
  #running: Promise<void> = Promise.resolve();
  #exclusive: Promise<void> | undefined;
  readonly #acquiring: Acquiring;
  #claims = new Claims();
  #expirePosted = false;
  /** After a failed write, locks are not expired before this (monotonic). */
  #expireFromMs = -Infinity;
  #timer: EarliestTimer;
  #closed: Closed | undefined;

  constructor(key: SharePartitionKey, topic: string, context: SharePartitionContext) {
    this.key = key;
    this.topic = topic;
    this.#context = context;
    this.activity = new PartitionActivity(context.activity);
    this.facts = new WindowFacts(key, context);
    this.#timer = new EarliestTimer(context.clock, () => this.#fired());
    this.#acquiring = new Acquiring(this, context);
  }

  /** The window, if it is loaded. Read it; only this class changes it. */
  get window(): Window | undefined {
    return this.#window;
  }

  /** It hands out nothing any more; undefined while it does. */
  get closed(): Closed | undefined {
    return this.#closed;
  }

  /** While a write is on its way that takes records which are not only acquired ones, nobody acquires: resolves when one may again. */
  get exclusive(): Promise<void> | undefined {
    return this.#exclusive;
  }

  /** Where the log does not know them (no leader at present): there is nothing but what the window has. */
  get bounds(): LogBounds {
    const { startOffset = 0, endOffset = 0 } = this.#window ?? {};
    return this.#context.log.bounds(this.key) ?? { startOffset, endOffset, sizeBytes: 0 };
  }

  get inFlight(): number {
    return this.#window === undefined ? 0 : inFlight(this.#window);
  }

  get lag(): number {
    return this.#window === undefined ? 0 : lag(this.#window, this.bounds.endOffset);
  }

  /**
   * The loaded window; loads it first where needed. Loading raises the leader epoch durably, so acquisitions of
   * another process or of an earlier load never count again (I2). So only who may hand out loads: whoever has lost the
   * partition without knowing it would take it away from its owner.
   *
   * @throws Fault when the store fails, when it is closed, or when another node may own it
   */
  async load(startFrom: StartFrom = null): Promise<Window> {
    this.#startFrom = startFrom ?? this.#startFrom;
    while (this.#window === undefined) {
      this.checkOpen();
      if (!this.#context.mayHandOut()) throw this.#notOurs('may belong to another node at this moment');
      this.#loading ??= this.#open().finally(() => (this.#loading = undefined));
      await this.#loading;
    }
    return this.#window;
  }

  async #open(): Promise<void> {
    const { store, clock } = this.#context;
    let stored = await store.open(this.key, null);
    if (this.#closed !== undefined) return;
    if (stored === undefined) {
      // Decided once and written at once: a group that starts at the end must not start later because the disk was
      // full at first, or after a restart.
      this.#start ??= await this.#context.resolveStart(this.#startFrom);
      stored = await store.open(this.key, this.#start.offset);
      this.started = this.#start.policy;
      this.#start = undefined;
    }
    if (stored === undefined) throw new Error(`${sharePartitionText(this.key)} was not created`);
    if (this.#closed !== undefined) return;
    this.#window = loadWindow(stored, clock.monotonicMs(), clock.wallMs());
    this.logStartMoved();
    this.facts.noteStart(this.#window);
    this.arm();
  }

  /** @throws Fault when it hands out nothing any more */
  checkOpen(): void {
    if (this.#closed === undefined) return;
    if (this.#closed === 'lost') throw this.#notOurs('belongs to another node now');
    throw new Fault({
      code: 'CLOSED',
      operation: 'use a share partition',
      message: `share partition ${sharePartitionText(this.key)} has been closed`,
      retriable: true,
      outcome: 'refused',
      hint: 'its topic or group was deleted, or the server is stopping; ask again',
    });
  }

  #notOurs(why: string): Fault {
    return new Fault({
      code: 'FENCED',
      operation: 'use a share partition',
      message: `share partition ${sharePartitionText(this.key)} ${why}`,
      retriable: true,
      outcome: 'refused',
      hint: 'ask again: it is served by its owner',
    });
  }

  /** Takes into the window that the log starts later now. Returns how many unfinished records the group lost by it. */
  logStartMoved(): number {
    const window = this.#window;
    const { startOffset, endOffset } = this.bounds;
    if (window === undefined || startOffset <= window.startOffset) return 0;
    const before = lag(window, endOffset);
    apply(window, { kind: 'log_start', offset: startOffset });
    this.facts.noteStart(window);
    const lost = before - lag(window, endOffset);
    if (lost > 0) {
      this.#context.logger.warn(
        { ...this.#place(), lostRecords: lost, startOffset },
        `retention took ${lost} unfinished records from group ${this.key.group}`,
      );
    }
    return lost;
  }

  #place() {
    return { group: this.key.group, topic: this.topic, partition: this.key.partition };
  }

  // ───────────── acquire: no I/O on the state ─────────────

  get inFlightLimit(): number {
    return this.#context.config().partitionMaxRecordLocks;
  }

  /** Whether this node may hand out anything of it at this moment, should there be something. */
  get mayHandOut(): boolean {
    return this.#context.mayHandOut();
  }

  /** Whether somebody who asks now would get a record. */
  get deliverable(): boolean {
    const window = this.#window;
    if (this.#closed !== undefined || !this.#context.mayHandOut()) return false;
    if (window === undefined) return true;
    if (window.runs.nextDelayMs <= this.#context.clock.monotonicMs()) return true;
    if (window.runs.hasReady) return true;
    return this.bounds.endOffset > window.endOffset && inFlight(window) < this.inFlightLimit;
  }

  /** As `acquire`, where nothing has to be waited for; undefined, and nothing has happened, where something has. */
  acquireNow(wish: AcquireWish): Fetched | undefined {
    return this.#acquiring.acquireNow(wish);
  }

  /**
   * What is free now.
   *
   * @throws Fault when the log or, at the first use, the store fails
   */
  acquire(wish: AcquireWish): Promise<Fetched> {
    return this.#acquiring.acquire(wish);
  }

  /** Damaged records that keep the window from moving on. */
  get damaged(): readonly Damage[] {
    return this.#acquiring.damaged;
  }

  /**
   * Takes an acquisition back that never reached anybody: the records are available again, and no delivery is counted.
   */
  giveBack(undelivered: Undelivered): void {
    const window = this.#window;
    if (window === undefined) return;
    if (this.#claims.overlaps(undelivered.firstOffset, undelivered.lastOffset)) {
      // Some of them are being ended right now (their lock ran out): what is left of them then.
      this.submit(new GiveBackCommand(undelivered));
    } else {
      undoAcquire(window, undelivered);
      this.#publish();
    }
  }

  // ───────────── durable turns ─────────────

  /** One call's acknowledgements; puts each result at its index. Resolves when all are there. */
  acknowledge(items: readonly AcknowledgeItem[], results: (AcknowledgeResult | undefined)[]): Promise<void> {
    const command = new AcknowledgeCommand(items, results);
    if (this.#window === undefined) return this.#loadAndBegin(command);
    this.#begin(command, this.#window);
    return command.done;
  }

  async #loadAndBegin(command: AcknowledgeCommand): Promise<void> {
    try {
      this.#begin(command, await this.load());
    } catch (error) {
      command.fail(rejectionOf(error));
    }
    await command.done;
  }

  #begin(command: AcknowledgeCommand, window: Window): void {
    if (command.hasRenewals) {
      command.renewAtOnce(this.#turn(window));
      this.arm();
    }
    if (!command.settled) this.submit(command);
  }

  /** Posts a member's acknowledgements; renewals alone need no turn. `command.done` says how it went. */
  acknowledgeAsMember(command: MemberAcknowledgeCommand): void {
    const window = this.#window;
    if (window === undefined || !command.isRenewal || command.decide(this.#turn(window))) {
      this.submit(command);
      return;
    }
    command.finish(undefined);
    this.arm();
  }

  submit(command: Command): void {
    this.#queue.push(command);
    if (!this.#turning) this.#running = this.#run();
  }

  /**
   * Replaces the state: a new start offset and no records in flight; locks still out are over (RECORD_GONE). A turn of
   * its own, before the commands that wait.
   *
   * @throws Fault
   */
  reset(startOffset: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#resets.push({ startOffset, resolve, reject });
    if (!this.#turning) this.#running = this.#run();
    return promise;
  }

  #turn(window: Window): Turn {
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
      claims: this.#claims,
      activity: this.activity,
      lockDurationMs: config.lockDurationMs,
      renewEnabled: config.renewAcknowledgeEnable,
      logStartOffset: this.bounds.startOffset,
      latestEnding: (offset) => store.latestEnding(this.key, offset),
    };
  }

  async #run(): Promise<void> {
    this.#turning = true;
    // One tick later, so that what arrives together is written together.
    await Promise.resolve();
    for (;;) {
      const reset = this.#resets.shift();
      if (reset !== undefined) await this.#replace(reset);
      else if (this.#queue.length > 0) await this.#takeTurn();
      else break;
      this.#publish();
    }
    this.#turning = false;
  }

  async #takeTurn(): Promise<void> {
    const commands = this.#queue;
    this.#queue = [];
    let window: Window;
    try {
      window = this.#window ?? (await this.load());
    } catch (error) {
      const rejection = rejectionOf(error);
      for (const command of commands) command.fail(rejection);
      return;
    }
    const turn = this.#turn(window);
    const beginMs = turn.time.nowMs;
    const waiting = commands.filter((command) => command.decide(turn));
    const error = turn.changes.length === 0 ? undefined : await this.#persist(turn, commands);
    this.#claims.clear();
    for (const command of commands) command.finish(error);
    this.#context.turns.done(commands.length, this.#context.clock.monotonicMs() - beginMs);
    this.#queue.unshift(...waiting);
  }

  async #persist(turn: Turn, commands: readonly Command[]): Promise<Rejection | undefined> {
    const { window, changes } = turn;
    const free = commands.some((command) => command.exclusive) ? this.#stopAcquiring() : undefined;
    try {
      await this.#context.store.write({
        key: this.key,
        leaderEpoch: window.leaderEpoch,
        stateEpoch: window.stateEpoch,
        startOffset: startOffsetAfter(window, changes.map(endingOf)),
        endings: changes.map(endingOf),
      });
      for (const change of changes) {
        apply(window, change);
        this.activity.ended(change.ending, turn.time.nowMs);
      }
      this.#context.written(undefined);
      return undefined;
    } catch (error) {
      return this.#writeFailed(error);
    } finally {
      free?.();
    }
  }

  async #replace({ startOffset, resolve, reject }: PendingReset): Promise<void> {
    const free = this.#stopAcquiring();
    try {
      const before = await this.load();
      const { leaderEpoch, nextAcquisition } = before;
      const guard = { key: this.key, leaderEpoch, stateEpoch: before.stateEpoch, startOffset };
      const stateEpoch = await this.#context.store.reset(guard);
      const version = before.version + 1;
      this.#window = { ...emptyWindow(startOffset, { stateEpoch, leaderEpoch }), nextAcquisition, version };
      this.started = null;
      this.logStartMoved();
      this.#context.written(undefined);
      resolve();
    } catch (error) {
      if (error instanceof Fault) this.#writeFailed(error);
      reject(error);
    } finally {
      free();
    }
  }

  /** Nobody acquires until the returned function is called. */
  #stopAcquiring(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exclusive = promise;
    return () => {
      this.#exclusive = undefined;
      resolve();
    };
  }

  /** @throws what is not a Fault: a bug */
  #writeFailed(error: unknown): Rejection {
    const rejection = rejectionOf(error);
    const { code, outcome, message, hint } = error as Fault;
    this.#context.logger.error(
      { ...this.#place(), fault: code, outcome, repeats: repeatsOf('writes of share state that failed', error) },
      `a write of share state failed: ${message}. ${hint}`,
    );
    // What is stored now is not known, or somebody else's: the next use loads it again.
    if (outcome === 'unknown' || code === 'FENCED') {
      this.#window = undefined;
      this.#timer.stop();
    }
    this.#context.written(error as Fault);
    return rejection;
  }

  #publish(): void {
    if (this.#window !== undefined) this.facts.noteStart(this.#window);
    this.arm();
    this.#context.published();
  }

  // ───────────── the one timer ─────────────

  /** Sets the timer to the next lock deadline or end of a delay. */
  arm(): void {
    const window = this.#window;
    if (window === undefined || this.#closed !== undefined) return;
    this.#timer.arm(Math.min(this.#expireAtMs(window), window.runs.nextDelayMs));
  }

  #expireAtMs(window: Window): number {
    return this.#expirePosted ? Infinity : Math.max(window.runs.nextDeadlineMs, this.#expireFromMs);
  }

  #fired(): void {
    const window = this.#window;
    if (window === undefined || this.#closed !== undefined) return;
    const nowMs = this.#context.clock.monotonicMs();
    if (window.runs.nextDelayMs <= nowMs) {
      apply(window, { kind: 'delays_over', nowMs });
      this.#context.published();
    }
    if (this.#expireAtMs(window) <= nowMs) {
      this.#expirePosted = true;
      this.submit(
        new ExpireCommand((error) => {
          this.#expirePosted = false;
          // The disk is full, say: the locks are over all the same, and it is tried again.
          if (error !== undefined) this.#expireFromMs = this.#context.clock.monotonicMs() + retryDelayMs;
        }),
      );
    }
    this.arm();
  }

  /** Hands out nothing any more, stops the timer and lets the turn under way finish. Locks stay as they are. */
  async close(why: Closed = 'gone'): Promise<void> {
    this.#closed ??= why;
    this.#timer.stop();
    await this.#running;
    await this.#loading?.catch(() => undefined);
  }
}

const endingOf = (change: EndChange) => change.ending;
