import type { Rejection } from '../core/errors.ts';
import { type Holder, holderId, holderKind } from '../core/ids.ts';
import { reject } from '../core/result.ts';
import { type ShareGroupState, shareGroupState } from '../core/share-group/membership.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import { rejectionOf } from './faults.ts';
import type { GroupBlockedBy, ShareGroupRow, WorkerRow } from './requests.ts';
import type { ShareGroup } from './share-group.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';
import { type Now, blockedBy, holdings } from './window-view.ts';

/** How a group looks to people, and who works in it. */

/** Acquires that wait, by holder. */
type Waiting = ReadonlyMap<string, number>;

/** What somebody holds in a window. */
export interface Held {
  readonly holder: Holder;
  readonly records: number;
  readonly oldestLockMs: number;
}

/** Who holds records or waits for some. */
export function workers(group: ShareGroup, held: Iterable<Held>, waiting: Waiting, now: Now): WorkerRow[] {
  const rows = new Map<string, { -readonly [K in keyof WorkerRow]: WorkerRow[K] }>();
  const rowOf = (holder: Holder) => {
    let row = rows.get(holder);
    if (row === undefined) {
      const who = { holder: holderId(holder), kind: holderKind(holder) };
      row = { ...who, records: 0, oldestLockMs: null, waiting: 0, ...group.activity.ofHolder(holder, now.nowMs) };
      rows.set(holder, row);
    }
    return row;
  };
  for (const { holder, records, oldestLockMs } of held) {
    const row = rowOf(holder);
    row.records += records;
    row.oldestLockMs = Math.max(row.oldestLockMs ?? 0, oldestLockMs);
  }
  for (const [holder, count] of waiting) rowOf(holder as Holder).waiting += count;
  return [...rows.values()].sort((a, b) => (a.holder < b.holder ? -1 : 1));
}

/** What everybody holds in the windows that are loaded. */
export const heldIn = (partitions: readonly SharePartitionRuntime[], wallMs: number): Held[] =>
  partitions.flatMap(({ window }) => (window === undefined ? [] : holdings(window, wallMs)));

/** HTTP workers that hold records or wait for some. */
export function httpWorkers(group: ShareGroup, waiting: Waiting): string[] {
  const holders = new Set<string>(waiting.keys());
  for (const { window } of group.partitions) for (const holder of window?.holders.keys() ?? []) holders.add(holder);
  return [...holders].filter((holder) => holderKind(holder as Holder) === 'http').sort();
}

/** Nothing is loaded for it, so asking cannot fail. */
export const groupState = (group: ShareGroup, waiting: Waiting): ShareGroupState =>
  shareGroupState(group.membership, httpWorkers(group, waiting).length);

/**
 * Why a group cannot be deleted, nor its offsets set: it has members, or HTTP workers. A window that is not loaded has no locks;
 * what a member that left still holds keeps nobody back, as in Kafka.
 */
export function whyInUse(group: ShareGroup, waiting: Waiting): Rejection | undefined {
  const { size } = group.membership.members;
  if (size > 0) {
    return reject(
      'NON_EMPTY_GROUP',
      `Share group "${group.id}" has ${size} ${size === 1 ? 'member. Close this consumer' : 'members. Close these consumers'} first.`,
    ).error;
  }
  const holders = httpWorkers(group, waiting);
  if (holders.length === 0) return undefined;
  const names = holders.slice(0, 3).map((each) => `"${holderId(each as Holder)}"`);
  return reject(
    'NON_EMPTY_GROUP',
    `Share group "${group.id}" is in use by ${holders.length} ${holders.length === 1 ? 'worker' : 'workers'} (${names.join(', ')}${holders.length > 3 ? ', …' : ''}). ` +
      'Stop them, or free their records with POST …/workers/{holder}/release.',
  ).error;
}

/** How long a row waits for a window to be loaded: a store that hangs must not keep all other rows back. */
const loadPatienceMs = 2_000;

/**
 * One row of the list of groups. Its windows are loaded for it, once in the life of a process: only a window knows its
 * exact lag. Where one cannot be loaded, the row says so.
 */
export async function groupRow(group: ShareGroup, waiting: Waiting, clock: Clock): Promise<ShareGroupRow> {
  const { partitions } = group;
  const unloaded = partitions.filter((each) => each.window === undefined);
  const reasons = (await Promise.all(unloaded.map((each) => whyNotLoaded(each, clock)))).filter(
    (each) => each !== null,
  );
  const oldestMs = reasons.length > 0 ? null : await oldestTimestampMs(partitions);
  const archived = await countArchived(partitions);
  const now = { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() };
  const { length: workerCount } = httpWorkers(group, waiting);
  const { activity, config } = group;
  const told = reasons.length === 0;
  return {
    group: group.id,
    state: shareGroupState(group.membership, workerCount),
    members: group.membership.members.size,
    workers: workerCount,
    lag: told ? partitions.reduce((sum, each) => sum + each.lag, 0) : null,
    oldestAgeMs: oldestMs === null ? null : Math.max(0, now.wallMs - oldestMs),
    inFlight: told ? partitions.reduce((sum, each) => sum + each.inFlight, 0) : null,
    inFlightLimit: partitions.length === 0 ? null : partitions.length * config.partitionMaxRecordLocks,
    archived,
    deliveredPerSecond: activity.delivered.perSecond(now.nowMs),
    acknowledgedPerSecond: activity.acknowledged.perSecond(now.nowMs),
    blockedBy: await longestBlocked(group, partitions, now),
    paused: group.paused,
    error: reasons.length < 2 ? (reasons[0] ?? null) : `${reasons[0]} (and ${reasons.length - 1} more)`,
    atMs: now.wallMs,
  };
}

/** Of the oldest unfinished record in all of them. */
export async function oldestTimestampMs(partitions: readonly SharePartitionRuntime[]): Promise<number | null> {
  let oldestMs: number | null = null;
  for (const partition of partitions) {
    if (partition.lag === 0) continue;
    const timestampMs = await partition.facts.oldestTimestampMs(partition.window);
    if (timestampMs !== null && (oldestMs === null || timestampMs < oldestMs)) oldestMs = timestampMs;
  }
  return oldestMs;
}

/** null where the store cannot tell. */
async function countArchived(partitions: readonly SharePartitionRuntime[]): Promise<number | null> {
  try {
    let records = 0;
    for (const partition of partitions) records += await partition.facts.archivedCount(partition.activity.counts);
    return records;
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

/** Of all its windows with records in flight: what blocks the one whose start has stood still for longest. */
async function longestBlocked(
  group: ShareGroup,
  partitions: readonly SharePartitionRuntime[],
  now: Now,
): Promise<GroupBlockedBy | null> {
  let longest: SharePartitionRuntime | undefined;
  for (const partition of partitions) {
    if (partition.inFlight === 0 && partition.damaged.length === 0) continue;
    if (longest === undefined || partition.facts.startStandsSinceMs < longest.facts.startStandsSinceMs)
      longest = partition;
  }
  if (longest?.window === undefined) return null;
  const oldestMs = await longest.facts.oldestTimestampMs(longest.window);
  const { window, topic, key } = longest;
  if (window === undefined) return null;
  const blocked = blockedBy(longest, window, group.config.deliveryCountLimit, oldestMs, now);
  return blocked === null ? null : { topic, partition: key.partition, ...blocked };
}

async function whyNotLoaded(partition: SharePartitionRuntime, clock: Clock): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const place = `${partition.topic}-${partition.key.partition}`;
  const late = () => resolve(`the window on ${place} is still not loaded after ${loadPatienceMs} ms`);
  const timer = clock.schedule(loadPatienceMs, late);
  partition.load().then(
    () => resolve(null),
    (error: unknown) => resolve(`the window on ${place} cannot be loaded: ${rejectionOf(error).message}`),
  );
  const reason = await promise;
  timer.cancel();
  return reason;
}
