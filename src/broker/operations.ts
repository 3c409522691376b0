import type { Rejection } from '../core/errors.ts';
import { type Holder, type TopicPartition, holderId, holderOf } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import { settle } from '../core/share-partition/settle.ts';
import { lag, recordState } from '../core/share-partition/window.ts';
import type { Clock } from '../ports/clock.ts';
import type { RecordLog } from '../ports/record-log.ts';
import type { StateStore } from '../ports/state-store.ts';
import { settleOnce } from './background/settle-once.ts';
import { ReleaseHolderCommand, SettleCommand } from './commands.ts';
import type { Groups } from './groups.ts';
import type { Ownership } from './ownership.ts';
import type {
  Attempt,
  PeekOutcome,
  ResetRequest,
  ResetRow,
  ResetTarget,
  SettleOutcome,
  SettleRequest,
} from './requests.ts';
import type { ShareGroup } from './share-group.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';
import type { Topics } from './topics.ts';

/** What an operator sees of a group's records and does with them. */

interface Outside {
  readonly clock: Clock;
  readonly log: RecordLog;
  readonly store: StateStore;
}

const operator = holderOf('operator', 'api');

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
  const { operation } = request;
  if (operation === undefined) return await settleNow(partition, request, operator);
  const holder = holderOf('operator', operation.id);
  return await settleOnce(outside.store, partition, { ...request, ...operation, holder }, () =>
    settleNow(partition, request, holder),
  );
}

async function settleNow(
  partition: SharePartitionRuntime,
  request: SettleRequest,
  holder: Holder,
): Promise<Result<SettleOutcome>> {
  const command = new SettleCommand(request, holder);
  partition.submit(command);
  const outcome = await command.done;
  if ('code' in outcome) return { ok: false, error: outcome };
  return ok({ dryRun: false, ...outcome.counts, locksTaken: outcome.locksTaken, skipped: outcome.skipped });
}

/**
 * @param rows those that are done, also when the reset fails at the next
 * @throws Fault
 */
export async function reset(
  outside: Outside & { readonly topics: Topics; readonly groups: Groups; readonly ownership: Ownership },
  group: ShareGroup,
  request: ResetRequest,
  rows: ResetRow[] = [],
): Promise<Result<ResetRow[]>> {
  const { topics, groups, ownership } = outside;
  const topic = topics.find(request.topic);
  if (!topic.ok) return topic;
  const keyOf = (partition: number): TopicPartition => ({ topicId: topic.value.id, partition });
  for (const partition of request.partitions ?? []) {
    const found = topics.findPartition(request.topic, partition);
    if (!found.ok) return found;
    const error = ownership.refusal(request.topic, keyOf(partition));
    if (error !== undefined) return { ok: false, error };
  }
  const all = Array.from({ length: topic.value.stored.partitionCount }, (_, partition) => partition);
  for (const partition of request.partitions ?? all.filter((each) => ownership.owns(keyOf(each)))) {
    const key = keyOf(partition);
    const runtime = group.partition(key);
    const window = await runtime?.load();
    const { startOffset, endOffset } = outside.log.bounds(key) ?? { startOffset: 0, endOffset: 0 };
    const startOffsetAfter = await targetOffset(outside.log, key, request.to, { startOffset, endOffset });
    const row = {
      topic: request.topic,
      partition,
      startOffsetBefore: window?.startOffset ?? null,
      startOffsetAfter,
      lagBefore: window === undefined ? null : lag(window, endOffset),
      lagAfter: endOffset - startOffsetAfter,
      locksDropped: window?.counts.acquired ?? 0,
    };
    if (!request.dryRun) {
      // Only a reset that is no dry run gives the group what it never read.
      const opened = runtime === undefined ? groups.partitionOf(group, topic.value, partition) : ok(runtime);
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
