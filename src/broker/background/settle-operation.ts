import type { Rejection } from '../../core/errors.ts';
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
    const found = placesOf(site, wanted.group, windows.value).some((place) => isWanted(place, wanted));
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
  const { group } = operation;
  const windows = await site.windows(group);
  if (!windows.ok) return windows;
  const left = placesOf(site, group, windows.value).filter(
    (place) => isWanted(place, operation) && (planned === null || isAfter(place, planned)),
  );
  const ahead: Range[] = [];
  for (const place of left.slice(0, windowsAhead)) {
    const range =
      place.window === undefined ? await rangeElsewhere(site, operation, place) : ok(rangeOf(place.window, operation));
    if (!range.ok) return range;
    if (range.value !== null && sizeOf(range.value) > 0) ahead.push(range.value);
  }
  const later = left
    .slice(windowsAhead)
    .flatMap(({ window }) => (window === undefined ? [] : [rangeOf(window, operation)]));
  const last = left[Math.min(windowsAhead, left.length) - 1];
  const cursor: Cursor = {
    ahead,
    planned: last === undefined ? planned : { topic: last.topic, partition: last.partition },
    counts,
  };
  return ok({
    cursor,
    done: operation.done,
    total: operation.done + [...ahead, ...later].reduce((sum, range) => sum + sizeOf(range), 0),
    result: { ...counts },
    isLast: ahead.length === 0 && left.length <= windowsAhead,
  });
}

/**
 * All windows of a group, in order, and those whose node cannot be asked now: the row is missing then, and what is missing
 * must not be left out.
 */
function placesOf(site: OperationSite, group: string, windows: readonly WindowSummary[]) {
  const places = new Map<string, Place & { readonly window?: WindowSummary }>();
  for (const place of site.nodeCalls.partitionsRead(group)) places.set(`${place.topic}/${place.partition}`, place);
  for (const window of windows) {
    const { topic, partition } = window;
    places.set(`${topic}/${partition}`, { topic, partition, window });
  }
  return [...places.values()].toSorted((a, b) => (isAfter(a, b) ? 1 : -1));
}

/** null: it is gone meanwhile. */
async function rangeElsewhere(
  site: OperationSite,
  operation: BackgroundOperation,
  { topic, partition }: Place,
): Promise<Result<Range | null>> {
  const { group } = operation;
  const page = await site.windowPage({ group, topic, partition, fromOffset: null, limit: 1 });
  if (page.ok) return ok({ topic, partition, ...boundsOf(page.value, operation) });
  return isGone(site, group, { topic, partition }, page.error) ? ok(null) : { ok: false, error: notYet(page.error) };
}

/** Whether there is no such window any more. On its way from one node to another it is there, and nobody knows it. */
const isGone = (site: OperationSite, group: string, { topic, partition }: Place, { code }: Rejection): boolean =>
  code === 'UNKNOWN_TOPIC_OR_PARTITION' &&
  !site.nodeCalls.partitionsRead(group).some((each) => each.topic === topic && each.partition === partition);

const notYet = (error: Rejection): Rejection =>
  error.code === 'UNKNOWN_TOPIC_OR_PARTITION' ? { code: 'BUSY', message: error.message } : error;

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
  const hasGone = !outcome.ok && isGone(site, operation.group, next, outcome.error);
  if (!outcome.ok) {
    if (!hasGone) return { ok: false, error: notYet(outcome.error) };
    // Others of its windows are there, perhaps.
    if (operation.partition !== null) return outcome;
  }
  const after = outcome.ok ? added(counts, outcome.value) : { ...counts, skipped: counts.skipped + sizeOf(next) };
  const rest = { ...next, firstOffset: lastOffset + 1 };
  const isOver = hasGone || rest.firstOffset > rest.lastOffset;
  return ok({
    cursor: { ...cursor, ahead: isOver ? ahead.slice(1) : [rest, ...ahead.slice(1)], counts: after },
    done: operation.done + (hasGone ? sizeOf(next) : lastOffset - firstOffset + 1),
    total: operation.total,
    result: { ...after },
    isLast: false,
  });
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

const isWanted = (place: Place, { topic, partition }: NewOperation): boolean =>
  (topic === null || place.topic === topic) && (partition === null || place.partition === partition);

const isAfter = (a: Place, b: Place): boolean => (a.topic === b.topic ? a.partition > b.partition : a.topic > b.topic);

const rangeOf = (window: WindowSummary, wanted: NewOperation): Range => {
  const { topic, partition, counts } = window;
  const { firstOffset, lastOffset } = boundsOf(window, wanted);
  const isFinished = counts.available + counts.acquired + counts.delayed === 0;
  return { topic, partition, firstOffset, lastOffset: isFinished ? -1 : lastOffset };
};

const boundsOf = (window: { readonly startOffset: number; readonly endOffset: number }, wanted: NewOperation) => {
  const { firstOffset, lastOffset } = requestOf(wanted);
  return {
    firstOffset: Math.max(window.startOffset, firstOffset ?? 0),
    lastOffset: Math.min(window.endOffset - 1, lastOffset ?? Infinity),
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
