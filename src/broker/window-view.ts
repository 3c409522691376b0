import { type Holder, holderId, holderKind } from '../core/ids.ts';
import type { Run } from '../core/share-partition/run-tree.ts';
import { type Window, inFlight, lag, recordState } from '../core/share-partition/window.ts';
import type { Clock } from '../ports/clock.ts';
import type { BlockedBy, WindowPage, WindowRun, WindowSummary } from './requests.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';

/** How a window looks to people. */

/** An instant on both clocks. */
export interface Now {
  /** Monotonic. */
  readonly nowMs: number;
  readonly wallMs: number;
}

export interface Holding {
  readonly holder: Holder;
  records: number;
  oldestLockMs: number;
}

/** What each holder has in a window, longest held first. */
export function holdings(window: Window, wallMs: number): Holding[] {
  return [...window.holders]
    .map(([holder, locks]) => {
      let records = 0;
      let acquiredAtMs = wallMs;
      for (const lock of locks) {
        records += lock.held;
        acquiredAtMs = Math.min(acquiredAtMs, lock.acquiredAtMs);
      }
      return { holder, records, oldestLockMs: wallMs - acquiredAtMs };
    })
    .sort((a, b) => b.oldestLockMs - a.oldestLockMs);
}

export async function windowSummary(
  partition: SharePartitionRuntime,
  deliveryCountLimit: number,
  clock: Clock,
): Promise<WindowSummary> {
  // What takes time comes first: everything below is of one instant.
  const oldestMs = await partition.facts.oldestTimestampMs(partition.window);
  const window = partition.window ?? (await partition.load());
  const { startOffset: logStartOffset, endOffset: logEndOffset } = partition.bounds;
  const now = { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() };
  return {
    topic: partition.topic,
    partition: partition.key.partition,
    startOffset: window.startOffset,
    endOffset: window.endOffset,
    logStartOffset,
    logEndOffset,
    stateEpoch: window.stateEpoch,
    counts: { ...window.counts },
    inFlight: inFlight(window),
    inFlightLimit: partition.inFlightLimit,
    lag: lag(window, logEndOffset),
    oldestAgeMs: oldestMs === null ? null : Math.max(0, now.wallMs - oldestMs),
    holders: holdings(window, now.wallMs).map(({ holder, records, oldestLockMs }) => ({
      holder: holderId(holder),
      kind: holderKind(holder),
      records,
      oldestLockMs,
    })),
    blockedBy: blockedBy(partition, window, deliveryCountLimit, oldestMs, now),
    version: window.version,
    atMs: now.wallMs,
  };
}

/**
 * What keeps the start of the window where it is; null when nothing is in flight.
 *
 * @param oldestMs timestamp of the oldest unfinished record, where it is known
 */
export function blockedBy(
  partition: SharePartitionRuntime,
  window: Window,
  deliveryCountLimit: number,
  oldestMs: number | null,
  now: Now,
): BlockedBy | null {
  const offset = window.startOffset;
  const run = window.runs.find(offset);
  const damage = partition.damaged[0];
  let sinceMs = oldestMs === null ? 0 : Math.max(0, now.wallMs - oldestMs);
  const standingMs = Math.max(0, now.wallMs - partition.facts.startStandsSinceMs);
  if (damage !== undefined && damage.firstOffset <= offset && run?.lock == null) {
    const found = { state: run === undefined ? ('available' as const) : recordState(run), holder: null };
    const deliveryCount = run?.deliveryCount ?? 0;
    return { offset, ...found, deliveryCount, sinceMs, standingMs, sentence: damage.sentence };
  }
  if (run === undefined) return null;
  const place = `offset ${offset.toLocaleString('en-US')} on ${partition.topic}-${partition.key.partition}`;
  const of = `of ${deliveryCountLimit}`;
  const failure = run.reason === null ? '' : ` (“${run.reason}”)`;
  const state = recordState(run);
  const holder = run.lock === null ? null : holderId(run.lock.holder);
  let sentence: string;
  if (run.lock !== null) {
    sinceMs = Math.max(0, now.wallMs - run.lock.acquiredAtMs);
    sentence = `${place} has been locked by ${holder} for ${duration(sinceMs)}, ${ordinal(run.deliveryCount)} delivery ${of}`;
  } else if (state === 'delayed') {
    const inMs = Math.max(0, run.availableAtMs - now.nowMs);
    sentence = `${place} waits ${duration(inMs)} more before its ${ordinal(run.deliveryCount + 1)} delivery ${of}${failure}`;
  } else if (run.deliveryCount > 0) {
    sentence = `${place} is available again after its ${ordinal(run.deliveryCount)} delivery ${of} failed${failure}, and waits for a worker`;
  } else {
    sentence = `${place} is available and waits for a worker`;
  }
  return { offset, state, holder, deliveryCount: run.deliveryCount, sinceMs, standingMs, sentence };
}

/** Runs from `fromOffset` on, at most `limit`. */
export function windowPage(window: Window, fromOffset: number | null, limit: number, now: Now): WindowPage {
  const runs: WindowRun[] = [];
  let nextOffset: number | null = null;
  for (const run of window.runs.from(Math.max(fromOffset ?? 0, window.startOffset))) {
    if (runs.length === limit) {
      nextOffset = run.firstOffset;
      break;
    }
    runs.push(runView(run, now));
  }
  return { startOffset: window.startOffset, endOffset: window.endOffset, runs, nextOffset };
}

function runView(run: Readonly<Run>, now: Now): WindowRun {
  const { lock } = run;
  const state = recordState(run);
  return {
    firstOffset: run.firstOffset,
    lastOffset: run.lastOffset,
    state,
    deliveryCount: run.deliveryCount,
    holder: lock === null ? null : holderId(lock.holder),
    lockRemainingMs: lock === null ? null : Math.max(0, Math.round(lock.deadlineMs - now.nowMs)),
    availableInMs: state === 'delayed' ? Math.max(0, Math.round(run.availableAtMs - now.nowMs)) : null,
    lastFailure: run.reason,
  };
}

const ordinal = (count: number): string => {
  const tens = count % 100;
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${suffix}`;
};

/** Rounded to what a person wants to know. */
const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
};
