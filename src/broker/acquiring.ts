import type { SharePartitionKey } from '../core/ids.ts';
import { type AcquireLimits, type Span, acquire, planAcquire } from '../core/share-partition/acquire.ts';
import { type Window, apply, inFlight } from '../core/share-partition/window.ts';
import type { Fault } from '../ports/fault.ts';
import type { LogBounds } from '../ports/record-log.ts';
import type { PartitionActivity } from './activity.ts';
import { type Damage, DamagedRecords } from './damaged-records.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { type PlannedRead, readCached, readPlanned } from './read-planned.ts';
import type { AcquireWish, Fetched, SharePartitionContext } from './share-partition-context.ts';
import type { WindowFacts } from './window-facts.ts';

/** What acquiring needs of its share partition. */
interface Acquirable {
  readonly key: SharePartitionKey;
  readonly topic: string;
  readonly activity: PartitionActivity;
  readonly facts: WindowFacts;
  readonly window: Window | undefined;
  readonly bounds: LogBounds;
  readonly closed: unknown;
  /** Set while nobody may acquire; resolves when one may again. */
  readonly exclusive: Promise<void> | undefined;
  load(): Promise<Window>;
  /** @throws Fault when it hands out nothing any more */
  checkOpen(): void;
  logStartMoved(): number;
  /** Sets the timer anew: a lock may be the first to run out. */
  arm(): void;
}

const nothing: Fetched = { acquired: [], batches: [], bytes: 0, leaderEpoch: 0, stateEpoch: 0 };

/**
 * Hands out records of one share partition: plan, read, take. It writes nothing, so it acts on the window at once, beside a turn
 * whose write is on its way.
 *
 * Most of the time nothing has to be waited for: the window is loaded and the batches are in memory. Then all three steps happen at
 * one instant (`acquireNow`); otherwise the same steps are taken with waits in between (`acquire`).
 */
export class Acquiring {
  readonly #partition: Acquirable;
  readonly #context: SharePartitionContext;
  readonly #damaged: DamagedRecords;
  readonly #fetches = new OneAtATime();
  /** Fetches that wait for something, or for one before them. */
  #underWay = 0;

  constructor(partition: Acquirable, context: SharePartitionContext) {
    this.#partition = partition;
    this.#context = context;
    this.#damaged = new DamagedRecords(`${partition.topic}-${partition.key.partition}`);
  }

  /** Damaged records that keep the window from moving on. */
  get damaged(): readonly Damage[] {
    return this.#damaged.blocking(this.#partition.window);
  }

  /** As `acquire`, where nothing has to be waited for; undefined, and nothing has happened, where something has. */
  acquireNow(wish: AcquireWish): Fetched | undefined {
    const { window, exclusive, closed } = this.#partition;
    if (window === undefined || exclusive !== undefined || closed !== undefined || this.#underWay > 0) return undefined;
    if (!this.#context.mayHandOut() || this.#context.stateLost() !== undefined) return undefined;
    const plan = this.#plan(window, wish);
    if (plan.length === 0) return nothing;
    const read = readCached(this.#context.log, this.#partition.key, plan, wish);
    return read === undefined ? undefined : this.#take(window, wish, read);
  }

  /**
   * What is free now, at most `maxRecords` and about `maxBytes` of batches. One at a time, so that two who come together do not plan
   * the same records, of which one of them would go away with nothing.
   *
   * @throws Fault when the log or, at the first use, the store fails
   */
  async acquire(wish: AcquireWish): Promise<Fetched> {
    this.#underWay++;
    try {
      return await this.#fetches.run(() => this.#fetch(wish));
    } finally {
      this.#underWay--;
    }
  }

  async #fetch(wish: AcquireWish): Promise<Fetched> {
    const partition = this.#partition;
    let triedOffset = -1;
    for (;;) {
      if (!this.#context.mayHandOut()) return nothing;
      const lost = this.#context.stateLost();
      if (lost !== undefined) throw lost;
      const window = await partition.load();
      for (let held = partition.exclusive; held !== undefined; held = partition.exclusive) await held;
      partition.checkOpen();
      if (wish.isOff()) return nothing;
      if (partition.window !== window) continue;
      const plan = this.#plan(window, wish);
      const firstOffset = plan[0]?.firstOffset;
      // Once more only where the first try found that those were not there to be had.
      if (firstOffset === undefined || firstOffset === triedOffset) return nothing;

      let read: PlannedRead;
      try {
        read = await readPlanned(this.#context.log, partition.key, plan, wish);
      } catch (error) {
        if (!this.#noteDamage(error)) throw error;
        continue;
      }
      for (let held = partition.exclusive; held !== undefined; held = partition.exclusive) await held;
      partition.checkOpen();
      // Nobody is there any more to give it to; this process was paused for so long that another node may be handing out by
      // now; or the window was dropped or replaced in between.
      if (wish.isOff() || !this.#context.mayHandOut()) return nothing;
      if (partition.window !== window) {
        triedOffset = -1;
        continue;
      }
      const taken = this.#take(window, wish, read);
      if (taken !== undefined) return taken;
      triedOffset = firstOffset;
    }
  }

  /** What to read. */
  #plan(window: Window, wish: AcquireWish): readonly Span[] {
    apply(window, { kind: 'delays_over', nowMs: this.#context.clock.monotonicMs() });
    const limits = this.#limits(wish.mode, wish.maxRecords);
    return planAcquire(window, limits, this.#partition.bounds.endOffset, this.#damaged.all);
  }

  /** Locks what is still free among what was read; undefined where nothing is. */
  #take(window: Window, wish: AcquireWish, read: PlannedRead): Fetched | undefined {
    const { facts, activity } = this.#partition;
    const { clock } = this.#context;
    this.#archiveGaps(window, read.gaps);
    const limits = this.#limits(wish.mode, Math.min(wish.maxRecords, read.maxRecords));
    const nowMs = clock.monotonicMs();
    const acquired = acquire(window, limits, read.spans, {
      holder: wish.holder,
      nowMs,
      wallMs: clock.wallMs(),
      lockDurationMs: wish.lockDurationMs ?? this.#context.config().lockDurationMs,
    });
    if (acquired.length === 0) return undefined;
    if (inFlight(window) === 0) facts.noteStart(window);
    for (const { lock, firstOffset, lastOffset } of acquired) {
      apply(window, { kind: 'acquire', lock });
      activity.delivered(lastOffset - firstOffset + 1, nowMs);
    }
    this.#partition.arm();
    const { leaderEpoch, stateEpoch } = window;
    return { acquired, batches: read.batches, bytes: read.bytes, leaderEpoch, stateEpoch };
  }

  #limits(mode: AcquireLimits['mode'], maxRecords: number): AcquireLimits {
    const { partitionMaxRecordLocks: inFlightLimit, deliveryCountLimit } = this.#context.config();
    return { mode, maxRecords, inFlightLimit, deliveryCountLimit };
  }

  #noteDamage(error: unknown): boolean {
    const damage = this.#damaged.note(error);
    if (damage === undefined) return false;
    const { firstOffset, lastOffset, sentence } = damage;
    this.#context.logger.error({ ...this.#place(), firstOffset, lastOffset, fault: (error as Fault).code }, sentence);
    return true;
  }

  /** Offsets that the log does not have can never be delivered: the window goes over them. */
  #archiveGaps(window: Window, gaps: readonly Span[]): void {
    const { log, logger } = this.#context;
    const { topic, key, bounds } = this.#partition;
    for (const { firstOffset, lastOffset } of gaps) {
      if (lastOffset < bounds.startOffset) continue;
      const fields = { ...this.#place(), firstOffset, lastOffset };
      const message = `the log has no records at offsets ${firstOffset} to ${lastOffset} of ${topic}-${key.partition}`;
      if (log.mayHaveHoles) logger.debug(fields, message);
      else logger.warn(fields, message);
      apply(window, { kind: 'gap', firstOffset, lastOffset });
    }
    this.#partition.logStartMoved();
  }

  #place() {
    const { key, topic } = this.#partition;
    return { group: key.group, topic, partition: key.partition };
  }
}
