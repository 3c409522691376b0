import { type EmptyReason, emptyReasons, whyEmpty } from '../core/share-partition/acquire.ts';
import type { Clock } from '../ports/clock.ts';
import type { AcquireOutcome, AcquiredRange } from './requests.ts';
import type { ShareGroup } from './share-group.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';

/** Told at once, unless the log has to be asked for an age. What a worker is told beside the records that it got: what is left to do, and why there were none. */
export function acquireOutcome(
  clock: Clock,
  group: ShareGroup,
  partitions: readonly SharePartitionRuntime[],
  ranges: readonly AcquiredRange[],
  isDraining: boolean,
): AcquireOutcome | Promise<AcquireOutcome> {
  let lag = 0;
  let oldestAgeMs: number | null = null;
  const lookedUp: Promise<number | null>[] = [];
  let started: string | null = null;
  for (const partition of partitions) {
    lag += partition.lag;
    const ageMs = partition.facts.oldestAgeMs(partition.window);
    if (ageMs instanceof Promise) lookedUp.push(ageMs);
    else oldestAgeMs = older(oldestAgeMs, ageMs);
    if (partition.started !== null) {
      started = partition.started;
      partition.started = null;
    }
  }
  const empty = ranges.length > 0 ? null : whyNothing(clock, group, partitions, isDraining);
  const outcome = {
    ranges,
    emptyReason: empty?.reason ?? null,
    nextAvailableMs: empty?.nextAvailableMs ?? null,
    problem: empty === null ? null : problemOf(partitions),
    lag,
    oldestAgeMs,
    started,
  };
  if (lookedUp.length === 0) return outcome;
  return Promise.all(lookedUp).then((ages) => ({ ...outcome, oldestAgeMs: ages.reduce(older, oldestAgeMs) }));
}

const older = (a: number | null, b: number | null): number | null => (a === null || (b !== null && b > a) ? b : a);

function problemOf(partitions: readonly SharePartitionRuntime[]): string | null {
  const damaged = partitions.find((each) => each.damaged.length > 0)?.damaged[0];
  if (damaged !== undefined) return damaged.sentence;
  const held = partitions.find((each) => !each.mayHandOut);
  if (held === undefined) return null;
  return `Nothing of ${held.topic}-${held.key.partition} is handed out at this moment: the nodes are settling who has it. Ask again.`;
}

function whyNothing(
  clock: Clock,
  group: ShareGroup,
  partitions: readonly SharePartitionRuntime[],
  isDraining: boolean,
): { reason: EmptyReason; nextAvailableMs: number | null } {
  if (group.paused) return { reason: 'paused', nextAvailableMs: null };
  if (isDraining) return { reason: 'draining', nextAvailableMs: null };
  let reason: EmptyReason = 'no_records';
  let nextDelayMs = Infinity;
  for (const { window, inFlightLimit, bounds, damaged } of partitions) {
    if (window === undefined) continue;
    const here = whyEmpty(window, inFlightLimit, bounds.endOffset, damaged.length > 0);
    if (emptyReasons.indexOf(here) < emptyReasons.indexOf(reason)) reason = here;
    nextDelayMs = Math.min(nextDelayMs, window.runs.nextDelayMs);
  }
  if (reason !== 'delayed' || nextDelayMs === Infinity) return { reason, nextAvailableMs: null };
  const inMs = Math.max(0, nextDelayMs - clock.monotonicMs());
  return { reason, nextAvailableMs: Math.round(clock.wallMs() + inMs) };
}
