import type { Rejection } from '../core/errors.ts';
import { type TopicPartition, holderId, holderKind, holderOf } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import { type ShareGroupState, shareGroupState } from '../core/share-group/membership.ts';
import { settle } from '../core/share-partition/settle.ts';
import { lag, recordState } from '../core/share-partition/window.ts';
import type { Clock } from '../ports/clock.ts';
import type { RecordLog } from '../ports/record-log.ts';
import type { StateStore } from '../ports/state-store.ts';
import { ReleaseHolderCommand, SettleCommand } from './commands.ts';
import { rejectionOf } from './faults.ts';
import type {
  Attempt,
  PeekOutcome,
  ResetRequest,
  ResetRow,
  ResetTarget,
  SettleOutcome,
  SettleRequest,
  ShareGroupRow,
  WorkerRow,
} from './requests.ts';
import type { ShareGroup } from './share-group.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';
import { type Now, holdings } from './window-view.ts';

/** What an operator sees of a group's records and does with them. */

interface Outside {
  readonly clock: Clock;
  readonly log: RecordLog;
  readonly store: StateStore;
}

const operator = holderOf('operator', 'api');

/** Who holds records or waits for some. */
export function workers(
  partitions: readonly SharePartitionRuntime[],
  waiting: ReadonlyMap<string, number>,
  now: Now,
): WorkerRow[] {
  const rows = new Map<string, { -readonly [K in keyof WorkerRow]: WorkerRow[K] }>();
  const rowOf = (holder: string) => {
    let row = rows.get(holder);
    if (row === undefined) {
      const of = holder as Parameters<typeof holderId>[0];
      row = { holder: holderId(of), kind: holderKind(of), records: 0, oldestLockMs: null, waiting: 0 };
      rows.set(holder, row);
    }
    return row;
  };
  for (const { window } of partitions) {
    if (window === undefined) continue;
    for (const { holder, records, oldestLockMs } of holdings(window, now.wallMs)) {
      const row = rowOf(holder);
      row.records += records;
      row.oldestLockMs = Math.max(row.oldestLockMs ?? 0, oldestLockMs);
    }
  }
  for (const [holder, count] of waiting) rowOf(holder).waiting += count;
  return [...rows.values()].sort((a, b) => (a.holder < b.holder ? -1 : 1));
}

const httpWorkers = (group: ShareGroup, waiting: ReadonlyMap<string, number>, now: Now): WorkerRow[] =>
  workers(group.partitions, waiting, now).filter((each) => each.kind === 'http');

/** Nothing is loaded for it, so asking cannot fail. */
export const groupState = (group: ShareGroup, waiting: ReadonlyMap<string, number>, now: Now): ShareGroupState =>
  shareGroupState(group.membership, httpWorkers(group, waiting, now).length);

/**
 * Why a group cannot be deleted, nor its offsets set: it has members, or HTTP workers. A window that is not loaded has no locks;
 * what a member that left still holds keeps nobody back, as in Kafka.
 */
export function whyInUse(group: ShareGroup, waiting: ReadonlyMap<string, number>, now: Now): Rejection | undefined {
  const { size } = group.membership.members;
  if (size > 0) {
    return reject('NON_EMPTY_GROUP', `Share group "${group.id}" has ${size} members. Close these consumers first.`)
      .error;
  }
  const rows = httpWorkers(group, waiting, now);
  if (rows.length === 0) return undefined;
  const names = rows.slice(0, 3).map((each) => `"${each.holder}"`);
  return reject(
    'NON_EMPTY_GROUP',
    `Share group "${group.id}" is in use by ${rows.length} workers (${names.join(', ')}${rows.length > 3 ? ', …' : ''}). ` +
      'Stop them, or free their records with POST …/workers/{holder}/release.',
  ).error;
}

/** How long a row waits for a window to be loaded: a store that hangs must not keep all other rows back. */
const loadPatienceMs = 2_000;

/**
 * One row of the list of groups. Its windows are loaded for it, once in the life of a process: only a window knows its
 * exact lag. Where one cannot be loaded, the row says so.
 */
export async function groupRow(
  group: ShareGroup,
  waiting: ReadonlyMap<string, number>,
  clock: Clock,
): Promise<ShareGroupRow> {
  const { partitions } = group;
  const reasons = await Promise.all(partitions.map((each) => whyNotLoaded(each, clock)));
  const [error = null, ...others] = reasons.filter((reason) => reason !== null);
  const ages = await Promise.all(partitions.map((each) => each.oldestAgeMs()));
  const known = ages.filter((age) => age !== null);
  const now = { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() };
  const rows = httpWorkers(group, waiting, now);
  const told = error === null;
  return {
    group: group.id,
    state: shareGroupState(group.membership, rows.length),
    members: group.membership.members.size,
    workers: rows.length,
    lag: told ? partitions.reduce((sum, each) => sum + each.lag, 0) : null,
    oldestAgeMs: told && known.length > 0 ? Math.max(...known) : null,
    inFlight: told ? partitions.reduce((sum, each) => sum + each.inFlight, 0) : null,
    paused: group.paused,
    error: others.length === 0 ? error : `${error} (and ${others.length} more)`,
  };
}

async function whyNotLoaded(partition: SharePartitionRuntime, clock: Clock): Promise<string | null> {
  if (partition.window !== undefined) return null;
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

/** @param counts of what was released, also when that failed for others */
export async function releaseWorker(
  partitions: readonly SharePartitionRuntime[],
  id: string,
  counts: { released: number; archived: number } = { released: 0, archived: 0 },
): Promise<Result<{ released: number; archived: number }>> {
  let error: Rejection | undefined;
  for (const partition of partitions) {
    const holders = [...(partition.window?.holders.keys() ?? [])].filter((holder) => holderId(holder) === id);
    for (const holder of holders) {
      if (partition.window === undefined) break;
      const command = new ReleaseHolderCommand(partition.window, holder, 'released by an operator');
      partition.submit(command);
      const outcome = await command.done;
      if ('code' in outcome) {
        error = outcome;
      } else {
        counts.released += outcome.released;
        counts.archived += outcome.archived;
      }
    }
  }
  return error === undefined ? ok(counts) : { ok: false, error };
}

export async function settleRange(
  outside: Outside,
  group: ShareGroup,
  partition: SharePartitionRuntime,
  request: SettleRequest,
): Promise<Result<SettleOutcome>> {
  if (request.firstOffset > request.lastOffset) {
    return reject(
      'INVALID_REQUEST',
      `firstOffset ${request.firstOffset} is after lastOffset ${request.lastOffset}.`,
      'firstOffset',
    );
  }
  const window = await partition.load();
  if (request.dryRun) {
    const time = {
      nowMs: outside.clock.monotonicMs(),
      wallMs: outside.clock.wallMs(),
      deliveryCountLimit: group.config.deliveryCountLimit,
    };
    const { counts, locksTaken, skipped } = settle(
      window,
      request,
      request.type,
      { holder: operator, reason: null },
      time,
    );
    return ok({ dryRun: true, ...counts, locksTaken, skipped });
  }
  const command = new SettleCommand(request, operator);
  partition.submit(command);
  const outcome = await command.done;
  if ('code' in outcome) return { ok: false, error: outcome };
  return ok({ dryRun: false, ...outcome.counts, locksTaken: outcome.locksTaken, skipped: outcome.skipped });
}

/**
 * @param partitions those that the group reads come with their runtime; others only get one, from `open`, when the
 *   reset is not a dry run
 * @param rows those that are done, also when the reset fails at the next
 * @throws Fault
 */
export async function reset(
  outside: Outside,
  topic: string,
  partitions: readonly {
    readonly key: TopicPartition;
    readonly runtime: SharePartitionRuntime | undefined;
    readonly open: () => Result<SharePartitionRuntime>;
  }[],
  request: ResetRequest,
  rows: ResetRow[] = [],
): Promise<Result<ResetRow[]>> {
  for (const { key, runtime, open } of partitions) {
    const window = await runtime?.load();
    const { startOffset, endOffset } = outside.log.bounds(key) ?? { startOffset: 0, endOffset: 0 };
    const startOffsetAfter = await targetOffset(outside.log, key, request.to, { startOffset, endOffset });
    const row = {
      topic,
      partition: key.partition,
      startOffsetBefore: window?.startOffset ?? null,
      startOffsetAfter,
      lagBefore: window === undefined ? null : lag(window, endOffset),
      lagAfter: endOffset - startOffsetAfter,
      locksDropped: window?.counts.acquired ?? 0,
    };
    if (!request.dryRun) {
      const opened = runtime === undefined ? open() : ok(runtime);
      if (!opened.ok) return opened;
      await opened.value.reset(startOffsetAfter);
    }
    rows.push(row);
  }
  return ok(rows);
}

/** Where a reset leads: clamped to what the log has, as Kafka's own tool does. */
async function targetOffset(
  log: RecordLog,
  key: TopicPartition,
  to: ResetTarget,
  { startOffset, endOffset }: { readonly startOffset: number; readonly endOffset: number },
): Promise<number> {
  if (to === 'earliest') return startOffset;
  if (to === 'latest') return endOffset;
  if ('offset' in to) return Math.min(Math.max(to.offset, startOffset), endOffset);
  return (await log.offsetForTimestamp(key, to.timestampMs)) ?? endOffset;
}

export async function peek(
  outside: Outside,
  group: ShareGroup,
  partition: SharePartitionRuntime,
  offset: number,
): Promise<Result<PeekOutcome>> {
  const window = await partition.load();
  const { startOffset, endOffset } = partition.bounds;
  const found = await outside.log.read(partition.key, { startOffset: offset, endOffset: offset + 1, maxBytes: 1 });
  const batch = found[0];
  if (offset < startOffset || offset >= endOffset || batch === undefined || batch.baseOffset > offset) {
    return reject(
      'OFFSET_OUT_OF_RANGE',
      `Offset ${offset} is not in ${partition.topic}-${partition.key.partition}, which has ${startOffset} up to ${endOffset} (exclusive).`,
      'offset',
    );
  }
  const endings = await outside.store.endingsOf(partition.key, offset);
  // Attempts of before a reset are history; they do not count.
  const latest = await outside.store.latestEnding(partition.key, offset);
  const run = window.runs.find(offset);
  const attempts: Attempt[] = endings.map((each) => ({
    deliveryCount: each.deliveryCount,
    holder: holderId(each.holder),
    acquiredAtMs: each.acquiredAtMs,
    endedAtMs: each.endedAtMs,
    outcome: each.outcome,
    reason: each.reason,
  }));
  if (run?.lock != null) {
    const { holder, acquiredAtMs } = run.lock;
    const open = { endedAtMs: null, outcome: null, reason: null };
    attempts.push({ deliveryCount: run.deliveryCount, holder: holderId(holder), acquiredAtMs, ...open });
  }
  return ok({
    topic: partition.topic,
    topicId: partition.key.topicId,
    partition: partition.key.partition,
    offset,
    state: run === undefined ? (offset < window.startOffset ? 'finished' : 'unread') : recordState(run),
    deliveryCount: run?.deliveryCount ?? latest?.deliveryCount ?? 0,
    deliveryCountLimit: group.config.deliveryCountLimit,
    holder: run?.lock == null ? null : holderId(run.lock.holder),
    lastFailure: run?.reason ?? null,
    attempts,
    batch,
  });
}
