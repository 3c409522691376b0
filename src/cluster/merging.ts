import type { HistorySample } from '../broker/group-history.ts';
import type { ShareGroupRow, WorkerRow } from '../broker/requests.ts';

/** How what several nodes say of a group becomes one: each of them tells of what it owns. */

/** A row with what cannot be added up without knowing who it is. */
export interface OwnRow {
  readonly row: ShareGroupRow;
  /** HTTP workers that hold records of this node, or wait for some; at most `maxWorkerNames`. */
  readonly workers: readonly string[];
}

export const maxWorkerNames = 1_000;

/**
 * @param failures of nodes that could not be asked: what cannot be told without them is null
 */
export function mergeRows<R extends ShareGroupRow>(
  first: R,
  parts: readonly OwnRow[],
  failures: readonly string[] = [],
): R {
  const rows = parts.map((each) => each.row);
  const sum = (of: (row: ShareGroupRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const sumOrNull = (of: (row: ShareGroupRow) => number | null): number | null => {
    if (failures.length > 0 || rows.some((row) => of(row) === null)) return null;
    return sum((row) => of(row) ?? 0);
  };
  const agesMs = rows.flatMap(({ oldestAgeMs }) => (oldestAgeMs === null ? [] : [oldestAgeMs]));
  const limits = rows.flatMap(({ inFlightLimit }) => (inFlightLimit === null ? [] : [inFlightLimit]));
  const blocked = rows.flatMap(({ blockedBy }) => (blockedBy === null ? [] : [blockedBy]));
  const errors = [...rows.flatMap(({ error }) => (error === null ? [] : [error])), ...failures];
  const workers = Math.max(new Set(parts.flatMap((each) => each.workers)).size, ...rows.map((row) => row.workers));
  const members = sum((row) => row.members);
  return {
    ...first,
    state: members + workers > 0 ? 'Stable' : 'Empty',
    members,
    workers,
    lag: sumOrNull((row) => row.lag),
    oldestAgeMs: failures.length > 0 || agesMs.length === 0 ? null : Math.max(...agesMs),
    inFlight: sumOrNull((row) => row.inFlight),
    inFlightLimit: limits.length === 0 ? null : limits.reduce((total, each) => total + each, 0),
    archived: sumOrNull((row) => row.archived),
    deliveredPerSecond: rounded(sum((row) => row.deliveredPerSecond)),
    acknowledgedPerSecond: rounded(sum((row) => row.acknowledgedPerSecond)),
    blockedBy: blocked.reduce<ShareGroupRow['blockedBy']>(
      (longest, each) => (longest === null || each.standingMs > longest.standingMs ? each : longest),
      null,
    ),
    error: errors.length < 2 ? (errors[0] ?? null) : `${errors[0]} (and ${errors.length - 1} more)`,
  };
}

const rounded = (rate: number): number => Math.round(rate * 10) / 10;

/** By holder. A worker that waits does so at all nodes at once: it is counted once. */
export function mergeWorkers(parts: readonly (readonly WorkerRow[])[]): readonly WorkerRow[] {
  const rows = new Map<string, WorkerRow>();
  for (const row of parts.flat()) {
    const key = `${row.kind}:${row.holder}`;
    const known = rows.get(key);
    rows.set(key, known === undefined ? row : mergeWorker(known, row));
  }
  return [...rows.values()].sort((a, b) => (a.holder < b.holder ? -1 : 1));
}

const mergeWorker = (a: WorkerRow, b: WorkerRow): WorkerRow => ({
  ...a,
  records: a.records + b.records,
  oldestLockMs: a.oldestLockMs === null ? b.oldestLockMs : Math.max(a.oldestLockMs, b.oldestLockMs ?? 0),
  waiting: Math.max(a.waiting, b.waiting),
  acknowledgedPerSecond: rounded(a.acknowledgedPerSecond + b.acknowledgedPerSecond),
  failures: a.failures + b.failures,
});

/** Samples of one moment, one of each node. */
export function mergeSamples(samples: readonly HistorySample[]): HistorySample {
  const sum = (of: (sample: HistorySample) => number): number =>
    rounded(samples.reduce((total, each) => total + of(each), 0));
  const sumOrNull = (of: (sample: HistorySample) => number | null): number | null =>
    samples.some((each) => of(each) === null) ? null : sum((each) => of(each) ?? 0);
  const agesMs = samples.flatMap(({ oldestAgeMs }) => (oldestAgeMs === null ? [] : [oldestAgeMs]));
  return {
    atMs: Math.max(...samples.map((each) => each.atMs)),
    lag: sumOrNull((each) => each.lag),
    inFlight: sumOrNull((each) => each.inFlight),
    oldestAgeMs: agesMs.length === 0 ? null : Math.max(...agesMs),
    deliveredPerSecond: sum((each) => each.deliveredPerSecond),
    acknowledgedPerSecond: sum((each) => each.acknowledgedPerSecond),
    archivedPerSecond: sum((each) => each.archivedPerSecond),
  };
}

/** The samples of several nodes, by the intervals that they fall into; oldest first. */
export function mergeHistories(histories: readonly (readonly HistorySample[])[], intervalMs: number): HistorySample[] {
  const slots = Map.groupBy(histories.flat(), (each) => Math.round(each.atMs / intervalMs));
  return [...slots].sort(([a], [b]) => a - b).map(([, samples]) => mergeSamples(samples));
}
