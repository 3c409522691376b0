import type { Clock } from '../ports/clock.ts';
import { type ShareCounts, noShareCounts } from './activity.ts';
import { oldestTimestampMs } from './group-view.ts';
import type { ShareGroup } from './share-group.ts';

/** A group at one moment; rates since the sample before. null: it could not be told. */
export interface HistorySample {
  /** Wall clock, ms. */
  readonly atMs: number;
  readonly lag: number | null;
  readonly inFlight: number | null;
  readonly oldestAgeMs: number | null;
  readonly deliveredPerSecond: number;
  readonly acknowledgedPerSecond: number;
  readonly archivedPerSecond: number;
}

export interface GroupPast {
  readonly intervalMs: number;
  readonly samples: readonly HistorySample[];
}

/** Samples that are kept of each group: 15 minutes of them, every 5 s. */
export const maxSamples = 180;
/** Groups of which samples are kept: what is beyond has none. At most about 20 MB for all. */
const maxGroups = 1_000;

interface GroupSamples {
  readonly samples: HistorySample[];
  counts: ShareCounts;
  atMs: number;
}

/**
 * How each group came to be as it is: samples taken all the time, so that a page opened now has a past. Windows that are not loaded
 * are not loaded for it.
 */
export class GroupHistory {
  readonly #clock: Clock;
  readonly intervalMs: number;
  readonly #groups: () => readonly ShareGroup[];
  readonly #taken: (group: ShareGroup, sample: HistorySample) => void;
  readonly #history = new Map<ShareGroup, GroupSamples>();
  #timer: { cancel(): void } | undefined;
  #isStopped = false;
  /** Done when no sample is being taken. */
  idle: Promise<void> = Promise.resolve();

  /** @param taken called with each sample */
  constructor(
    clock: Clock,
    intervalMs: number,
    groups: () => readonly ShareGroup[],
    taken: (group: ShareGroup, sample: HistorySample) => void,
  ) {
    this.#clock = clock;
    this.intervalMs = intervalMs;
    this.#groups = groups;
    this.#taken = taken;
  }

  start(): void {
    this.#timer = this.#clock.schedule(this.intervalMs, () => {
      this.idle = this.#sampleAll().finally(() => {
        if (!this.#isStopped) this.start();
      });
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Oldest first. */
  samplesOf(group: ShareGroup): readonly HistorySample[] {
    return this.#history.get(group)?.samples ?? [];
  }

  async #sampleAll(): Promise<void> {
    const groups = this.#groups().slice(0, maxGroups);
    const current = new Set(groups);
    for (const group of this.#history.keys()) if (!current.has(group)) this.#history.delete(group);
    for (const group of groups) {
      const sample = await this.#sample(group);
      if (sample !== undefined && !group.deleted) this.#taken(group, sample);
    }
  }

  async #sample(group: ShareGroup): Promise<HistorySample | undefined> {
    const { partitions, activity } = group;
    const isLoaded = partitions.every((each) => each.window !== undefined);
    const oldestMs = isLoaded ? await oldestTimestampMs(partitions) : null;
    const atMs = this.#clock.wallMs();
    const nowMs = this.#clock.monotonicMs();
    // The first sample tells of what was before it.
    const begun = { samples: [], counts: noShareCounts(), atMs: nowMs - this.intervalMs };
    const history = this.#history.get(group) ?? begun;
    const perSecond = (now: number, before: number): number =>
      Math.round(((now - before) / Math.max(1, nowMs - history.atMs)) * 10_000) / 10;
    const sample = {
      atMs,
      lag: isLoaded ? partitions.reduce((sum, each) => sum + each.lag, 0) : null,
      inFlight: isLoaded ? partitions.reduce((sum, each) => sum + each.inFlight, 0) : null,
      oldestAgeMs: oldestMs === null ? null : Math.max(0, atMs - oldestMs),
      deliveredPerSecond: perSecond(activity.counts.delivered, history.counts.delivered),
      acknowledgedPerSecond: perSecond(activity.counts.accepted, history.counts.accepted),
      archivedPerSecond: perSecond(activity.counts.archived, history.counts.archived),
    };
    history.counts = { ...activity.counts };
    history.atMs = nowMs;
    history.samples.push(sample);
    if (history.samples.length > maxSamples) history.samples.shift();
    this.#history.set(group, history);
    return sample;
  }
}
