import type { Holder } from '../core/ids.ts';
import type { Ending } from '../core/share-partition/ending.ts';
import { RecentCount } from './recent-count.ts';

/**
 * What happened since the process started, as numbers that only grow: counted where a share partition's runtime applies it, and where
 * the log has answered. No clock in here: each call says when it is (monotonic, ms).
 */

/** Records of a share partition, or of a whole group. */
export interface ShareCounts {
  /** Acquired, each delivery for itself; also what was given back because its client had gone. */
  delivered: number;
  accepted: number;
  /** By a worker, an operator, or because a member left. At the limit they count as archived too. */
  released: number;
  rejected: number;
  renewed: number;
  /** Locks that ran out. At the limit they count as archived too. */
  lockTimeouts: number;
  /** Given up: rejected, or at the delivery limit. What a client found missing in the log is not counted. */
  archived: number;
}

export const noShareCounts = (): ShareCounts => ({
  delivered: 0,
  accepted: 0,
  released: 0,
  rejected: 0,
  renewed: 0,
  lockTimeouts: 0,
  archived: 0,
});

/** Rates are averages over so long, and what has passed of a second. */
const rateSeconds = 10;
const recentRate = (): RecentCount => new RecentCount(1_000, rateSeconds);

/** `failures` of a holder are of so long, and what has passed of a minute. */
const failureMinutes = 10;

/** The most holders that are remembered in a group. */
const maxHolders = 5_000;
/** Whose last delivery ended so long ago counts nothing any more. */
const rememberedMs = (failureMinutes + 1) * 60_000;

/** What one holder did of late. */
interface HolderActivity {
  acknowledged: RecentCount | undefined;
  failures: RecentCount | undefined;
  lastMs: number;
}

export class GroupActivity {
  readonly counts = noShareCounts();
  /** What is counted in the group counts in these too. */
  readonly ofAll: ShareCounts;
  readonly delivered = recentRate();
  /** Accepted. */
  readonly acknowledged = recentRate();
  readonly archived = recentRate();
  readonly #holders = new Map<Holder, HolderActivity>();

  constructor(ofAll: ShareCounts) {
    this.ofAll = ofAll;
  }

  /** Accepted records a second over the last 10 s, and records that were released, rejected or ran out in the last 10 minutes. */
  ofHolder(holder: Holder, nowMs: number): { readonly acknowledgedPerSecond: number; readonly failures: number } {
    const activity = this.#holders.get(holder);
    if (activity === undefined) return { acknowledgedPerSecond: 0, failures: 0 };
    return {
      acknowledgedPerSecond: activity.acknowledged?.perSecond(nowMs) ?? 0,
      failures: activity.failures?.sum(nowMs) ?? 0,
    };
  }

  /** Holders of which something is known: those of the last minutes, and some of before. */
  get holders(): number {
    return this.#holders.size;
  }

  ended(holder: Holder, outcome: Ending['outcome'], records: number, nowMs: number): void {
    if (outcome === 'retried') return;
    let activity = this.#holders.get(holder);
    if (activity === undefined) {
      this.#forget(nowMs);
      activity = { acknowledged: undefined, failures: undefined, lastMs: nowMs };
      this.#holders.set(holder, activity);
    }
    activity.lastMs = nowMs;
    if (outcome === 'accepted') (activity.acknowledged ??= recentRate()).add(records, nowMs);
    else (activity.failures ??= new RecentCount(60_000, failureMinutes)).add(records, nowMs);
  }

  /**
   * Makes room for a new holder. Of those who have waited longest two are looked at: who did something of late goes to the end of the line, others
   * are forgotten. So workers that live for one job each, with a name of their own, do not add up.
   */
  #forget(nowMs: number): void {
    let looks = 2;
    for (const [holder, activity] of this.#holders) {
      if (looks-- === 0) break;
      this.#holders.delete(holder);
      if (nowMs - activity.lastMs < rememberedMs && this.#holders.size < maxHolders - 1)
        this.#holders.set(holder, activity);
    }
  }
}

/** Of one share partition; what is counted in it counts in its group. */
export class PartitionActivity {
  readonly counts = noShareCounts();
  readonly #group: GroupActivity;
  /** Its own, those of its group, and those of all groups. */
  readonly #counted: readonly ShareCounts[];

  constructor(group: GroupActivity) {
    this.#group = group;
    this.#counted = [this.counts, group.counts, group.ofAll];
  }

  delivered(records: number, nowMs: number): void {
    for (const counts of this.#counted) counts.delivered += records;
    this.#group.delivered.add(records, nowMs);
  }

  renewed(records: number): void {
    for (const counts of this.#counted) counts.renewed += records;
  }

  ended(ending: Ending, nowMs: number): void {
    const { holder, outcome, state, firstOffset, lastOffset } = ending;
    const records = lastOffset - firstOffset + 1;
    for (const counts of this.#counted) count(counts, outcome, records);
    if (outcome === 'accepted') this.#group.acknowledged.add(records, nowMs);
    if (state === 'archived' && outcome !== 'gap') {
      for (const counts of this.#counted) counts.archived += records;
      this.#group.archived.add(records, nowMs);
    }
    this.#group.ended(holder, outcome, records, nowMs);
  }
}

/** By name, not by a computed key: that is what most of an ending's cost was here. */
function count(counts: ShareCounts, outcome: Ending['outcome'], records: number): void {
  switch (outcome) {
    case 'accepted':
      counts.accepted += records;
      return;
    case 'released':
      counts.released += records;
      return;
    case 'rejected':
      counts.rejected += records;
      return;
    case 'expired':
      counts.lockTimeouts += records;
      return;
    case 'gap':
    case 'retried':
  }
}

/** What was produced to a topic. */
export class TopicActivity {
  /** Requests: all that came so far as the log, whatever it answered. Records and bytes: as appended. */
  readonly counts = { requests: 0, recordsIn: 0, bytesIn: 0 };
  readonly recordsIn = recentRate();
  readonly bytesIn = recentRate();

  appended(records: number, bytes: number, nowMs: number): void {
    this.counts.recordsIn += records;
    this.counts.bytesIn += bytes;
    this.recordsIn.add(records, nowMs);
    this.bytesIn.add(bytes, nowMs);
  }
}
