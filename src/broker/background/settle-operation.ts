import { type Result, ok, reject } from '../../core/result.ts';
import type { SettleType } from '../../core/share-partition/settle.ts';
import type { BackgroundOperation, NewOperation } from '../../ports/operation-queue.ts';
import { counted } from '../counted.ts';
import type { SettleOutcome, WindowSummary } from '../requests.ts';
import type { Kind, Step } from './operation-kind.ts';
import type { OperationSite } from './operation-site.ts';

/** Of one window, of a topic's, or of all windows of a group: topic and partition of the operation say which. */
export interface SettleOperationRequest {
  readonly type: SettleType;
  readonly reason: string | null;
  /** Only of one window: from here on. null: from its start. */
  readonly firstOffset: number | null;
  /** Inclusive. null: up to its end, as it is when its turn comes. */
  readonly lastOffset: number | null;
}

type Counts = Omit<SettleOutcome, 'dryRun'>;

interface Range {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
}

interface Cursor {
  /** What is left of the next windows, in the order of topics and partitions. */
  readonly ahead: readonly Range[];
  /** The last window that has been taken into `ahead`. */
  readonly planned: { readonly topic: string; readonly partition: number } | null;
  readonly counts: Counts;
}

/** Offsets of one step: one write, a few milliseconds. */
export const settleStepOffsets = 5_000;
/** So many windows are looked up at a time. */
const windowsAhead = 64;

const nothing: Counts = { accepted: 0, rejected: 0, released: 0, archived: 0, retried: 0, locksTaken: 0, skipped: 0 };

const requestOf = ({ request }: NewOperation): SettleOperationRequest => request as unknown as SettleOperationRequest;

export const settleOperation: Kind = {
  async check(site, wanted) {
    const { topic, partition } = wanted;
    const { firstOffset, lastOffset } = requestOf(wanted);
    if (topic === null && partition !== null) {
      return reject('INVALID_REQUEST', `partition is ${partition}; it needs a topic`, 'partition');
    }
    if (partition === null && (firstOffset !== null || lastOffset !== null)) {
      return reject('INVALID_REQUEST', 'offsets are of one window: they need a topic and a partition', 'partition');
    }
    const windows = await site.windows(wanted.group);
    if (!windows.ok) return windows;
    const found = windows.value.some((window) => isWanted(window, wanted));
    if (found || topic === null) return ok(null);
    const place = partition === null ? topic : `${topic}-${partition}`;
    return reject(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `Share group "${wanted.group}" has no window on ${place}: there is no such topic or partition, or the group has not read it yet.`,
      'topic',
    );
  },

  async step(site, operation, mayBeDone) {
    const cursor = (operation.cursor ?? { ahead: [], planned: null, counts: nothing }) as Cursor;
    const next = cursor.ahead[0];
    return next === undefined
      ? await lookAhead(site, operation, cursor)
      : await settleNext(site, operation, cursor, next, mayBeDone);
  },

  audit: {
    action: 'settle',
    plan(wanted) {
      const { type, reason } = requestOf(wanted);
      return `${type} ${placeText(wanted)}${reasonText(reason)}`;
    },
    deed(operation) {
      const { type, reason } = requestOf(operation);
      const counts = (operation.result ?? nothing) as unknown as Counts;
      const { accepted, rejected, released, archived, retried } = counts;
      const count = counted(accepted + rejected + released + archived + retried, 'record');
      const last = type === 'release' && archived > 0 ? ` (${archived} of them archived: the last attempt)` : '';
      const verb = { accept: 'accepted', reject: 'rejected', release: 'released', retry: 'gave back' }[type];
      return `${verb} ${count} of ${placeText(operation)}${last}${reasonText(reason)}`;
    },
  },
};

/** Takes the next windows in which there may be something to settle. */
async function lookAhead(
  site: OperationSite,
  operation: BackgroundOperation,
  { planned, counts }: Cursor,
): Promise<Result<Step>> {
  const windows = await site.windows(operation.group);
  if (!windows.ok) return windows;
  const left = windows.value
    .filter((window) => isWanted(window, operation) && (planned === null || isAfter(window, planned)))
    .toSorted((a, b) => (isAfter(a, b) ? 1 : -1));
  const ranges = left.map((window) => rangeOf(window, operation));
  const ahead = ranges.slice(0, windowsAhead).filter(({ firstOffset, lastOffset }) => firstOffset <= lastOffset);
  const last = left[Math.min(windowsAhead, left.length) - 1];
  const cursor: Cursor = {
    ahead,
    planned: last === undefined ? planned : { topic: last.topic, partition: last.partition },
    counts,
  };
  return ok({
    cursor,
    done: operation.done,
    total: operation.done + ranges.reduce((sum, range) => sum + sizeOf(range), 0),
    result: { ...counts },
    isLast: ahead.length === 0 && left.length <= windowsAhead,
  });
}

async function settleNext(
  site: OperationSite,
  operation: BackgroundOperation,
  cursor: Cursor,
  next: Range,
  mayBeDone: boolean,
): Promise<Result<Step>> {
  const { type, reason } = requestOf(operation);
  const { topic, partition, firstOffset } = next;
  const lastOffset = Math.min(next.lastOffset, firstOffset + settleStepOffsets - 1);
  const outcome = await site.settle({
    group: operation.group,
    topic,
    partition,
    firstOffset,
    lastOffset,
    type,
    reason,
    dryRun: false,
    operation: { id: operation.id, mayBeDone },
  });
  const { counts, ahead } = cursor;
  // Others of its windows are there: this one has gone with its topic, and nothing in it can be settled.
  const isGone = !outcome.ok && outcome.error.code === 'UNKNOWN_TOPIC_OR_PARTITION' && operation.partition === null;
  if (!outcome.ok && !isGone) return outcome;
  const after = outcome.ok ? added(counts, outcome.value) : { ...counts, skipped: counts.skipped + sizeOf(next) };
  const rest = { ...next, firstOffset: lastOffset + 1 };
  const isOver = isGone || rest.firstOffset > rest.lastOffset;
  return ok({
    cursor: { ...cursor, ahead: isOver ? ahead.slice(1) : [rest, ...ahead.slice(1)], counts: after },
    done: operation.done + (isGone ? sizeOf(next) : lastOffset - firstOffset + 1),
    total: operation.total,
    result: { ...after },
    isLast: false,
  });
}

const isWanted = (window: WindowSummary, { topic, partition }: NewOperation): boolean =>
  (topic === null || window.topic === topic) && (partition === null || window.partition === partition);

interface Place {
  readonly topic: string;
  readonly partition: number;
}

const isAfter = (a: Place, b: Place): boolean => (a.topic === b.topic ? a.partition > b.partition : a.topic > b.topic);

const rangeOf = ({ topic, partition, startOffset, endOffset, counts }: WindowSummary, wanted: NewOperation): Range => {
  const request = requestOf(wanted);
  const isFinished = counts.available + counts.acquired + counts.delayed === 0;
  return {
    topic,
    partition,
    firstOffset: Math.max(startOffset, request.firstOffset ?? 0),
    lastOffset: isFinished ? -1 : Math.min(endOffset - 1, request.lastOffset ?? Infinity),
  };
};

const sizeOf = ({ firstOffset, lastOffset }: Range): number => Math.max(0, lastOffset - firstOffset + 1);

const added = (counts: Counts, outcome: SettleOutcome): Counts => ({
  accepted: counts.accepted + outcome.accepted,
  rejected: counts.rejected + outcome.rejected,
  released: counts.released + outcome.released,
  archived: counts.archived + outcome.archived,
  retried: counts.retried + outcome.retried,
  locksTaken: counts.locksTaken + outcome.locksTaken,
  skipped: counts.skipped + outcome.skipped,
});

const placeText = (wanted: NewOperation): string => {
  const { group, topic, partition } = wanted;
  if (topic === null) return `all windows of ${group}`;
  if (partition === null) return `all windows of ${group} on ${topic}`;
  const { firstOffset, lastOffset } = requestOf(wanted);
  if (firstOffset === null && lastOffset === null) return `${topic}-${partition}`;
  return `${topic}-${partition}, offsets ${firstOffset ?? 'from its start'} to ${lastOffset ?? 'its end'}`;
};

const reasonText = (reason: string | null): string => (reason === null ? '' : `: “${reason}”`);
