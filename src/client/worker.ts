import type { AcknowledgeResult, Acknowledgement, AcquireAnswer } from './api.ts';
import { defaultReleaseBackoff } from './backoff.ts';
import { endingOf, RejectError } from './handler-outcome.ts';
import type { Ending } from './handler-outcome.ts';
import { adopt, hold } from './held-record.ts';
import type { HeldRecord, WorkerRecord } from './held-record.ts';
import { Http, part } from './http.ts';
import { LockRenewal } from './lock-renewal.ts';
import { OutcomeQueue } from './outcome-queue.ts';
import { RetryGate } from './retry-gate.ts';
import { SashError, errorOf } from './sash-error.ts';
import { parseWith } from './standard-schema.ts';
import { sleep, systemTime } from './time-source.ts';
import type { TimeSource } from './time-source.ts';
import { TypedEvents } from './typed-events.ts';
import { checkSettings } from './worker-settings.ts';
import type { CheckedSettings, StopOptions, WorkerEvents, WorkerSettings } from './worker-settings.ts';

const defaultDrainTimeoutMs = 30_000;
/** A handler whose signal was aborted because the worker stops may take so long to end. */
const abortGraceMs = 1000;
/** After that, outcomes that are not confirmed yet are repeated for so long. */
const lastOutcomesMs = 5000;
/** Most records of one acquire. */
const maxPerRequest = 1000;
/** Outcomes of records whose lock was lost, remembered in case they come back, which they do soon. */
const maxRemembered = 10_000;
/** Later they are handed out because somebody wants the work to be done again, as after a reset. */
const rememberedMs = 600_000;
/** An acquire that may wait and comes back sooner, with nothing, is not repeated before this. */
const emptyPauseMs = 1000;
/** How much the newest value counts in an average. */
const newest = 0.2;
/** What becomes of a record when the worker stops before its handler has ended. */
const abandoned = {
  type: 'release',
  delayMs: 0,
  reason: 'the worker stopped before its handler ended',
  error: null,
} as const satisfies Ending;

/** Errors of an acquire that no repetition can help: the worker stops. */
const fatalCodes: ReadonlySet<string> = new Set([
  'INVALID_REQUEST',
  'INVALID_GROUP_ID',
  'INVALID_TOPIC_EXCEPTION',
  'INCONSISTENT_GROUP_PROTOCOL',
  'FORBIDDEN_HOST',
  'FORBIDDEN_ORIGIN',
  'UNKNOWN_ROUTE',
  'METHOD_NOT_ALLOWED',
]);

/** A lease whose lock is over: the record is delivered again, or was. */
const staleCodes: ReadonlySet<string> = new Set(['LEASE_EXPIRED', 'LEASE_SUPERSEDED']);

/**
 * Works on the records of a share group: `concurrency` handlers at once, each with one record under a lock that is
 * renewed while it runs. docs/worker-sdk.md says what is promised when something fails.
 */
export class Worker<V = unknown> {
  readonly workerId: string;
  readonly #settings: WorkerSettings<V>;
  readonly #checked: CheckedSettings;
  readonly #http: Http;
  readonly #time: TimeSource;
  readonly #gate: RetryGate;
  readonly #renewal: LockRenewal;
  readonly #events = new TypedEvents<WorkerEvents>();

  /** All that is here, by place. */
  readonly #held = new Map<string, HeldRecord>();
  readonly #buffered = new Set<HeldRecord>();
  #running = 0;
  readonly #outcomes: OutcomeQueue;
  /** How records ended whose lock was lost meanwhile, by place: when one comes back, the work is not done again. */
  readonly #remembered = new Map<string, { readonly ending: Ending; readonly untilMs: number }>();

  /** Averages; null before the first. */
  #handlerMs: number | null = null;
  #roundTripMs: number | null = null;
  #lockMs = 0;

  #isIdle = false;
  #isChecking = false;

  readonly #stopping = new AbortController();
  #drainUntilMs = Infinity;
  #isAbandoning = false;
  /** Nothing is sent any more. */
  readonly #over = new AbortController();
  #done: Promise<void> | undefined;
  #fatal: Error | undefined;
  readonly #waiting = new Set<() => void>();

  /** @throws RangeError, TypeError for a setting that cannot be */
  constructor(settings: WorkerSettings<V>) {
    this.#settings = settings;
    this.#checked = checkSettings(settings);
    this.workerId = this.#checked.request.workerId!;
    this.#time = settings.time ?? systemTime;
    this.#http = new Http(settings);
    this.#gate = new RetryGate(this.#time, this.#checked.random);
    this.#renewal = new LockRenewal({
      time: this.#time,
      lockDurationMs: settings.lockDurationMs ?? null,
      acknowledge: (renewals) => this.#acknowledge(renewals, this.#over.signal),
      lost: (held, error) => this.#lost(held, error),
      failed: (error) => this.#report(error),
    });
    this.#outcomes = new OutcomeQueue({
      time: this.#time,
      gate: this.#gate,
      lingerMs: this.#checked.acknowledgeLingerMs,
      acknowledge: (acknowledgements, signal) => this.#acknowledge(acknowledgements, signal),
      confirmed: (held, result, isHeldAgain) => this.#confirmed(held, result, isHeldAgain),
      tooLate: (held, error) => this.#tooLate(held, error),
      failed: (error) => this.#report(error),
      roundTrip: (tookMs) => (this.#roundTripMs = average(this.#roundTripMs, tookMs)),
    });
  }

  /** Calls `listener` at each event of this name; the answer takes it away again. */
  on<Name extends keyof WorkerEvents>(name: Name, listener: (event: WorkerEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** How many records are here, by what happens to them. */
  get counts(): { readonly buffered: number; readonly running: number; readonly settling: number } {
    const settling = [...this.#held.values()].filter(({ stage }) => stage === 'settling').length;
    return { buffered: this.#buffered.size, running: this.#running, settling };
  }

  /** Begins to work. @throws Error when it was started before */
  start(): void {
    if (this.#done !== undefined) throw new Error('This worker was started before; make a new one');
    this.#done = this.#work();
    // Whoever wants to know has `run`, or the event.
    this.#done.catch(() => {});
  }

  /**
   * Works until `signal` is aborted or `stop` is called, and everything has ended.
   *
   * @throws SashError when the server refuses what is asked for, so that no repetition can help
   */
  async run(options: StopOptions & { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal, ...stopOptions } = options;
    this.start();
    const stop = (): void => void this.stop(stopOptions);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted === true) stop();
    try {
      await this.#done;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /**
   * Takes no more records, lets those that are here end, and resolves when their outcomes are confirmed. What has not
   * ended after `drainTimeoutMs` is released for others: its signal is aborted first. Called again it can only make it shorter.
   */
  async stop({ drainTimeoutMs = defaultDrainTimeoutMs }: StopOptions = {}): Promise<void> {
    this.#drainUntilMs = Math.min(this.#drainUntilMs, this.#time.nowMs() + drainTimeoutMs);
    this.#stopping.abort(new SashError('WORKER_STOPPED', 'The worker stops'));
    this.#changed();
    await this.#done?.catch(() => {});
  }

  async #work(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const wanted = this.#wanted();
      if (wanted > 0) await this.#acquire(wanted);
      else await this.#change();
      await this.#gate.opened(this.#stopping.signal);
    }
    const drained = await this.#drain();
    this.#events.emit('stopped', { drained });
    if (this.#fatal !== undefined) throw this.#fatal;
  }

  // Taking records

  /** How many records to ask for now: what handlers are idle for, and a buffer, when that is half empty. */
  #wanted(): number {
    const buffer = this.#bufferLimit();
    const { concurrency } = this.#checked;
    // What cannot be told to the server would be done again.
    if (this.#outcomes.isUncertain) return 0;
    const here = this.#running + this.#buffered.size;
    if (here >= concurrency && this.#buffered.size * 2 > buffer) return 0;
    return Math.min(concurrency + buffer - here, maxPerRequest);
  }

  /** What handlers will start within two round trips to the server, and surely before a lock ends. */
  #bufferLimit(): number {
    const { concurrency, maxBuffered } = this.#checked;
    if (this.#handlerMs === null || this.#roundTripMs === null) return 0;
    const perMs = concurrency / Math.max(this.#handlerMs, 0.01);
    return Math.min(maxBuffered, Math.ceil(2 * this.#roundTripMs * perMs), Math.floor((this.#lockMs / 4) * perMs));
  }

  async #acquire(maxRecords: number): Promise<void> {
    const sent = this.#outcomes.takeAlong();
    // With outcomes it does not wait, so that they are confirmed at once.
    const waitMs = sent.length > 0 ? 0 : this.#checked.waitMs;
    const startMs = this.#time.nowMs();
    let answer: AcquireAnswer;
    let answeredMs: number;
    try {
      const timed = await this.#http.timedJson({
        method: 'POST',
        path: `/v1/share-groups/${part(this.#settings.group)}/acquire`,
        body: {
          ...this.#checked.request,
          maxRecords,
          waitMs,
          ...(sent.length === 0 ? {} : { acknowledgements: sent.map(({ acknowledgement }) => acknowledgement) }),
        },
        waitMs,
        waitSignal: waitMs > 0 ? this.#stopping.signal : undefined,
        lists: sent.length === 0 ? ['records'] : ['records', 'results'],
      });
      answer = timed.json as AcquireAnswer;
      answeredMs = timed.answeredMs;
    } catch (error) {
      this.#outcomes.carryFailed(sent);
      if (!this.#stopping.signal.aborted) this.#requestFailed(errorOf(error));
      return;
    }
    this.#gate.succeeded();
    if (waitMs === 0) this.#roundTripMs = average(this.#roundTripMs, answeredMs - startMs);
    this.#outcomes.carried(sent, answer.results ?? []);
    for (const acquired of answer.records) this.#receive(hold(acquired, answeredMs));
    this.#startBuffered();
    await this.#nothingCame(answer, waitMs, answeredMs - startMs);
  }

  async #nothingCame({ records, emptyReason, lag }: AcquireAnswer, waitMs: number, tookMs: number): Promise<void> {
    if (records.length > 0) {
      this.#isIdle = false;
      return;
    }
    if (!this.#isIdle && this.#held.size === 0) {
      this.#isIdle = true;
      this.#events.emit('idle', { emptyReason, lag });
    }
    // A server that stops, for one, lets nobody wait.
    const leftMs = Math.min(emptyPauseMs, waitMs) - tookMs;
    if (leftMs > 0) await sleep(this.#time, leftMs, this.#stopping.signal);
  }

  #requestFailed(error: Error): void {
    const isFatal = error instanceof SashError && fatalCodes.has(error.code);
    this.#report(error, isFatal);
    if (isFatal) {
      this.#fatal = error;
      void this.stop();
    } else {
      this.#gate.failed(error);
    }
  }

  #receive(held: HeldRecord): void {
    const known = this.#held.get(held.place);
    this.#lockMs = held.lockDurationMs;
    if (known === undefined) {
      const remembered = this.#remembered.get(held.place);
      this.#remembered.delete(held.place);
      if (remembered === undefined || remembered.untilMs < this.#time.nowMs()) this.#buffer(held);
      else this.#settle(held, remembered.ending);
    } else if (known.isLost) {
      known.successor = held;
      this.#renewal.keep(held);
    } else {
      // Released, and handed out again before the answer to that has come; or never told, as the server was restarted.
      if (known.stage === 'settling') known.successor = held;
      adopt(known, held);
    }
  }

  #buffer(held: HeldRecord): void {
    this.#held.set(held.place, held);
    this.#buffered.add(held);
    this.#renewal.keep(held);
  }

  /** A record that came while it was here already. */
  #takeOn(held: HeldRecord): void {
    if (this.#isAbandoning) {
      this.#settle(held, abandoned);
      return;
    }
    this.#buffer(held);
    this.#startBuffered();
  }

  /** Has the locks of what waits here confirmed: a server that was restarted has forgotten them. */
  async #checkBuffered(): Promise<void> {
    for (const held of this.#buffered) held.isDoubtful = true;
    if (this.#isChecking) return;
    this.#isChecking = true;
    for (;;) {
      const doubtful = [...this.#buffered].filter(({ isDoubtful }) => isDoubtful);
      if (doubtful.length === 0 || this.#over.signal.aborted) break;
      await this.#gate.opened(this.#over.signal);
      await this.#renewal.check(doubtful);
      if (doubtful.some(({ isDoubtful, isLost }) => isDoubtful && !isLost))
        this.#gate.failed(new Error('locks in doubt'));
    }
    this.#isChecking = false;
    this.#startBuffered();
    this.#changed();
  }

  // Running handlers

  #startBuffered(): void {
    for (const held of this.#buffered) {
      if (this.#running >= this.#checked.concurrency) break;
      if (held.isDoubtful) continue;
      this.#buffered.delete(held);
      void this.#run(held);
    }
  }

  async #run(held: HeldRecord): Promise<void> {
    held.stage = 'running';
    this.#running++;
    const startMs = this.#time.nowMs();
    const end = await this.#handle(held);
    this.#running--;
    this.#handlerMs = average(this.#handlerMs, this.#time.nowMs() - startMs);
    this.#ended(held, end);
    this.#startBuffered();
    this.#changed();
  }

  async #handle(held: HeldRecord): Promise<{ readonly returned: unknown } | { readonly thrown: unknown }> {
    const { handler, schema } = this.#settings;
    const { signal } = held.controller;
    const cancelTimeout = this.#limit(held);
    try {
      let { record } = held;
      if (schema !== undefined) {
        const parsed = await parseWith(schema, record.value);
        if (!parsed.ok) return { returned: new RejectError(parsed.reason) };
        record = { ...record, value: parsed.value };
      }
      return { returned: await handler(record as WorkerRecord<V>, { signal }) };
    } catch (thrown) {
      return { thrown };
    } finally {
      cancelTimeout();
    }
  }

  #limit(held: HeldRecord): () => void {
    const { handlerTimeoutMs } = this.#checked;
    if (handlerTimeoutMs === Infinity) return () => {};
    return this.#time.after(handlerTimeoutMs, () => {
      held.renewAtMs = Infinity;
      held.controller.abort(new SashError('HANDLER_TIMEOUT', `The handler took longer than ${handlerTimeoutMs} ms`));
    });
  }

  #ended(held: HeldRecord, end: { readonly returned: unknown } | { readonly thrown: unknown }): void {
    // The worker has stopped without it.
    if (held.stage !== 'running') return;
    const { random, backoff } = this.#checked;
    const delay = this.#isAbandoning ? () => 0 : backoff;
    let ending: Ending;
    try {
      ending = endingOf(end, held.record.deliveryCount, delay, random);
    } catch (error) {
      // The user's own back-off has thrown.
      this.#report(errorOf(error));
      ending = endingOf(end, held.record.deliveryCount, defaultReleaseBackoff, random);
    }
    if (!held.isLost) {
      this.#settle(held, ending);
      return;
    }
    this.#held.delete(held.place);
    const { successor } = held;
    if (ending.type === 'release') {
      if (successor !== null) this.#takeOn(successor);
    } else if (successor !== null) {
      this.#settle(successor, ending);
    } else {
      this.#remember(held.place, ending);
    }
  }

  #lost(held: HeldRecord, error: SashError): void {
    const known = this.#held.get(held.place);
    if (known !== held) {
      // The lock of a record that came back while the handler of the lost one still runs.
      if (known?.successor === held) known.successor = null;
      return;
    }
    held.isLost = true;
    if (this.#buffered.delete(held)) this.#held.delete(held.place);
    held.controller.abort(error);
    this.#events.emit('lockLost', { record: held.record, error });
    this.#changed();
  }

  #remember(place: string, ending: Ending): void {
    this.#remembered.set(place, { ending, untilMs: this.#time.nowMs() + rememberedMs });
    if (this.#remembered.size <= maxRemembered) return;
    for (const oldest of this.#remembered.keys()) {
      this.#remembered.delete(oldest);
      break;
    }
  }

  // Telling outcomes

  #settle(held: HeldRecord, ending: Ending): void {
    this.#renewal.forget(held);
    held.stage = 'settling';
    held.ending = ending;
    this.#held.set(held.place, held);
    this.#outcomes.add(held);
    this.#changed();
  }

  async #acknowledge(
    acknowledgements: readonly Acknowledgement[],
    signal: AbortSignal,
  ): Promise<readonly AcknowledgeResult[]> {
    const path = `/v1/share-groups/${part(this.#settings.group)}/acknowledge`;
    const answer = await this.#http.json({
      method: 'POST',
      path,
      body: { acknowledgements },
      signal,
      lists: ['results'],
    });
    return (answer as { results: readonly AcknowledgeResult[] }).results;
  }

  #tooLate(held: HeldRecord, error: SashError): void {
    this.#held.delete(held.place);
    if (staleCodes.has(error.code)) {
      if (held.ending!.type !== 'release') this.#remember(held.place, held.ending!);
      void this.#checkBuffered();
    }
    this.#events.emit('lockLost', { record: held.record, error });
    this.#changed();
  }

  #confirmed(held: HeldRecord, result: Exclude<AcknowledgeResult, { status: 'error' }>, isHeldAgain: boolean): void {
    const { record, ending, successor } = held;
    this.#held.delete(held.place);
    if (isHeldAgain && successor !== null) this.#takeOn(successor);
    this.#changed();
    const reason = ending?.type === 'accept' ? '' : (ending?.reason ?? '');
    const error = ending?.type === 'release' ? ending.error : null;
    switch (result.status) {
      case 'accepted':
        this.#events.emit('accepted', { record });
        return;
      case 'rejected':
        this.#events.emit('rejected', { record, reason });
        return;
      case 'archived':
        this.#events.emit('archived', { record, reason, error });
        return;
      case 'released':
        this.#events.emit('released', { record, reason, error, availableAt: result.availableAt });
        return;
      case 'renewed':
    }
  }

  #report(error: Error, fatal = false): void {
    if (this.#over.signal.aborted) return;
    void this.#checkBuffered();
    if (this.#events.emit('error', { error, fatal })) return;
    console.error(`sash worker ${this.workerId} of group ${this.#settings.group}: ${error.message}`);
  }

  // Stopping

  /** Returns whether everything that was here has ended, and its outcome is confirmed. */
  async #drain(): Promise<boolean> {
    const working = (): boolean => this.#running > 0 || this.#buffered.size > 0;
    await this.#until(
      () => !working(),
      () => this.#drainUntilMs,
    );
    const drained = !working();
    // What comes back from here on is for others.
    this.#isAbandoning = true;
    if (!drained) await this.#abandon();
    const lastMs = this.#time.nowMs() + lastOutcomesMs;
    await this.#until(
      () => this.#held.size === 0,
      () => lastMs,
    );
    for (const held of this.#held.values()) this.#renewal.forget(held);
    this.#outcomes.close();
    this.#over.abort();
    return drained && this.#held.size === 0;
  }

  async #abandon(): Promise<void> {
    for (const held of this.#buffered) {
      this.#buffered.delete(held);
      this.#settle(held, abandoned);
    }
    const stopped = new SashError('WORKER_STOPPED', abandoned.reason);
    for (const held of this.#held.values()) if (held.stage === 'running') held.controller.abort(stopped);
    const graceMs = this.#time.nowMs() + abortGraceMs;
    await this.#until(
      () => this.#running === 0,
      () => graceMs,
    );
    for (const held of this.#held.values()) {
      if (held.stage !== 'running') continue;
      if (!held.isLost) {
        this.#settle(held, abandoned);
        continue;
      }
      // Its handler may end at any time, and has nothing to say any more.
      held.stage = 'settling';
      this.#held.delete(held.place);
      if (held.successor !== null) this.#settle(held.successor, abandoned);
    }
  }

  /** Something that somebody may wait for has changed. */
  #changed(): void {
    for (const wake of this.#waiting) wake();
  }

  async #until(isTrue: () => boolean, deadlineMs: () => number): Promise<void> {
    while (!isTrue() && this.#time.nowMs() < deadlineMs()) await this.#change(deadlineMs());
  }

  #change(untilMs = Infinity): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel?.();
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      const cancel = untilMs === Infinity ? undefined : this.#time.after(untilMs - this.#time.nowMs(), wake);
    });
  }
}

const average = (before: number | null, value: number): number =>
  before === null ? value : before + newest * (value - before);
