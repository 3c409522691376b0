import type { SharePartitionKey } from '../core/ids.ts';
import { type Window, inFlight, lag } from '../core/share-partition/window.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import type { RecordLog } from '../ports/record-log.ts';
import { type StateStore, historyLimits } from '../ports/state-store.ts';
import type { ShareCounts } from './activity.ts';

/** How long a count of archived records holds once history is being thinned out. */
const recountMs = 60_000;

interface Outside {
  readonly clock: Clock;
  readonly log: RecordLog;
  readonly store: StateStore;
}

/** What people ask about a window that is not in it: looked up once in the log or the store, and kept while it holds. */
export class WindowFacts {
  readonly #key: SharePartitionKey;
  readonly #outside: Outside;
  #oldest = { offset: -1, timestampMs: 0 };
  #archived: { readonly stored: number; readonly countedBefore: number; readonly atMs: number } | undefined;
  #start = { offset: -1, sinceMs: 0 };

  constructor(key: SharePartitionKey, outside: Outside) {
    this.#key = key;
    this.#outside = outside;
  }

  /** Since when the start of the window has been where it is while records were in flight; wall clock. */
  get startStandsSinceMs(): number {
    return this.#start.sinceMs;
  }

  /** The start may have moved, or the first records come into flight. */
  noteStart(window: Window): void {
    if (window.startOffset === this.#start.offset && inFlight(window) > 0) return;
    this.#start.offset = window.startOffset;
    this.#start.sinceMs = this.#outside.clock.wallMs();
  }

  /** Timestamp of the oldest unfinished record's batch, wall clock, at once where it is in memory; null when nothing is unfinished or the log cannot tell. */
  oldestTimestampMs(window: Window | undefined): Promise<number | null> | number | null {
    const { log } = this.#outside;
    if (window === undefined || lag(window, log.bounds(this.#key)?.endOffset ?? 0) === 0) return null;
    const offset = window.startOffset;
    if (this.#oldest.offset === offset) return this.#oldest.timestampMs;
    const cached = log.cached(this.#key, offset);
    if (cached === undefined) return this.#lookUpTimestamp(offset);
    this.#oldest.offset = offset;
    this.#oldest.timestampMs = cached.baseTimestampMs;
    return cached.baseTimestampMs;
  }

  async #lookUpTimestamp(offset: number): Promise<number | null> {
    try {
      const timestampMs = await this.#outside.log.timestampAt(this.#key, offset);
      if (timestampMs === undefined) return null;
      this.#oldest = { offset, timestampMs };
      return timestampMs;
    } catch (error) {
      // It comes along with records that are locked by now: not worth to lose them.
      if (error instanceof Fault) return null;
      throw error;
    }
  }

  /** Its age, ms. */
  oldestAgeMs(window: Window | undefined): Promise<number | null> | number | null {
    const timestampMs = this.oldestTimestampMs(window);
    return timestampMs instanceof Promise ? timestampMs.then((ms) => this.#ageMs(ms)) : this.#ageMs(timestampMs);
  }

  #ageMs(timestampMs: number | null): number | null {
    return timestampMs === null ? null : Math.max(0, this.#outside.clock.wallMs() - timestampMs);
  }

  /**
   * How many archived records the store lists. Counted there once; after that what is archived here is added.
   *
   * @throws Fault
   */
  async archivedCount({ archived }: Readonly<ShareCounts>): Promise<number> {
    const known = this.#archived;
    const nowMs = this.#outside.clock.monotonicMs();
    if (known !== undefined) {
      const records = known.stored + archived - known.countedBefore;
      if (records <= historyLimits.failedRecords || nowMs - known.atMs < recountMs) return records;
    }
    const stored = await this.#outside.store.countArchived(this.#key);
    this.#archived = { stored, countedBefore: archived, atMs: nowMs };
    return stored;
  }
}
