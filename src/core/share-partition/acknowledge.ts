import type { ErrorCode } from '../errors.ts';
import type { Holder } from '../ids.ts';
import { type Result, ok, reject } from '../result.ts';
import { type Ending, type EndingOutcome, endDelivery, maxEndingOffsets } from './ending.ts';
import { type Lock, type Run, isTerminal } from './run-tree.ts';
import type { Change, Window } from './window.ts';

/** Accept, release, reject, gap and renew: what they become (KIP-932 section 1.6). */
export type AcknowledgeType = 'accept' | 'release' | 'reject' | 'renew' | 'gap';

export type EndChange = Extract<Change, { kind: 'end' }>;
export type RenewChange = Extract<Change, { kind: 'renew' }>;

export const outcomeOf = {
  accept: 'accepted',
  release: 'released',
  reject: 'rejected',
  gap: 'gap',
} as const satisfies Record<Exclude<AcknowledgeType, 'renew'>, EndingOutcome>;

/** The instant of a turn, on both clocks, and the group's limit at that instant. */
export interface TurnTime {
  /** Monotonic. */
  readonly nowMs: number;
  readonly wallMs: number;
  /** `share.delivery.count.limit`. */
  readonly deliveryCountLimit: number;
}

/** What ends a delivery, beside the time. */
export interface HowItEnds {
  readonly outcome: EndingOutcome;
  readonly reason: string | null;
  /** Released records wait so long; 0 for none. */
  readonly delayMs: number;
}

/** A lease: which acquisition of which record somebody means. */
export interface Lease {
  readonly offset: number;
  readonly acquisition: number;
  readonly leaderEpoch: number;
  readonly stateEpoch: number;
}

/**
 * How a lease stands with the window now.
 * `ended`: it is over, and the latest stored ending of the offset says how (`judgeEnded`).
 */
export type Standing =
  | { readonly kind: 'live'; readonly run: Readonly<Run>; readonly lock: Lock }
  | { readonly kind: 'ended' }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string };

export function standingOf(window: Window, lease: Lease, nowMs: number): Standing {
  const { offset } = lease;
  if (lease.stateEpoch !== window.stateEpoch) {
    return error('RECORD_GONE', `offset ${offset}: the group's offsets were reset after it was acquired`);
  }
  if (offset >= window.endOffset) return expired(offset);
  const run = offset < window.startOffset ? undefined : window.runs.find(offset);
  if (run?.lock == null) return { kind: 'ended' };
  if (run.lock.acquisition !== lease.acquisition || window.leaderEpoch !== lease.leaderEpoch) return superseded(offset);
  if (run.lock.deadlineMs <= nowMs) return expired(offset);
  return { kind: 'live', run, lock: run.lock };
}

/** What a repeated or late acknowledgement is told: the same outcome again, or why it does not count (I4, I5). */
export type EndedVerdict =
  | { readonly kind: 'replayed'; readonly ending: Ending }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string };

/**
 * @param ending the latest stored ending of the lease's offset, if one is still kept
 * @param logStartOffset first offset that the log still has
 */
export function judgeEnded(
  window: Window,
  lease: Lease,
  type: AcknowledgeType,
  ending: Ending | undefined,
  logStartOffset: number,
): EndedVerdict {
  const { offset } = lease;
  if (ending?.acquisition === lease.acquisition && ending.leaderEpoch === lease.leaderEpoch) {
    if (ending.outcome === 'expired') return expired(offset);
    if (type !== 'renew' && outcomeOf[type] === ending.outcome) return { kind: 'replayed', ending };
    return error(
      'ALREADY_SETTLED',
      `offset ${offset} was ${ending.outcome} before; this acknowledgement changes nothing`,
    );
  }
  if (ending !== undefined && isNewer(ending, lease)) return superseded(offset);
  const run = offset < window.startOffset ? undefined : window.runs.find(offset);
  if (run !== undefined && !isTerminal(run.state)) return expired(offset);
  if (offset < logStartOffset) {
    return error('RECORD_GONE', `offset ${offset} is no longer in the log, which starts at ${logStartOffset}`);
  }
  return error('ALREADY_SETTLED', `offset ${offset} is finished; how it came out is no longer kept`);
}

const isNewer = (ending: Ending, lease: Lease): boolean =>
  ending.leaderEpoch > lease.leaderEpoch ||
  (ending.leaderEpoch === lease.leaderEpoch && ending.acquisition > lease.acquisition);

const error = (code: ErrorCode, message: string) => ({ kind: 'error', code, message }) as const;
const expired = (offset: number) =>
  error('LEASE_EXPIRED', `offset ${offset}: the lock ran out before this acknowledgement, which changes nothing`);
const superseded = (offset: number) =>
  error('LEASE_SUPERSEDED', `offset ${offset}: a newer acquisition took the record over`);

/**
 * Adds the ending of the offsets [firstOffset, lastOffset] of `run` to `changes`: joined to the last one where only
 * the offsets differ, and cut so that no ending covers more than {@link maxEndingOffsets}.
 */
export function endRun(
  changes: EndChange[],
  window: Window,
  run: Readonly<Run>,
  range: { readonly firstOffset: number; readonly lastOffset: number },
  how: HowItEnds,
  time: TurnTime,
  by?: { readonly acquisition: number; readonly holder: Holder },
): void {
  const deliveryCount = how.outcome === 'retried' ? Math.max(0, run.deliveryCount - 1) : run.deliveryCount;
  const state = endDelivery(how.outcome, deliveryCount, time.deliveryCountLimit);
  const delayMs = state === 'available' && how.delayMs > 0 ? how.delayMs : null;
  const end: Omit<Ending, 'firstOffset' | 'lastOffset'> = {
    acquisition: by?.acquisition ?? run.lock?.acquisition ?? 0,
    leaderEpoch: window.leaderEpoch,
    deliveryCount,
    holder: by?.holder ?? run.lock!.holder,
    acquiredAtMs: run.lock?.acquiredAtMs ?? time.wallMs,
    endedAtMs: time.wallMs,
    outcome: how.outcome,
    state,
    availableAtMs: delayMs === null ? null : time.wallMs + delayMs,
    delayMs,
    reason: how.reason,
  };
  const availableAtMs = delayMs === null ? 0 : time.nowMs + delayMs;
  let { firstOffset } = range;
  const before = changes.at(-1);
  if (before !== undefined && continues(before, firstOffset, end, availableAtMs)) {
    const lastOffset = Math.min(range.lastOffset, before.ending.firstOffset + maxEndingOffsets - 1);
    const ending = endingOf(before.ending.firstOffset, lastOffset, before.ending);
    changes[changes.length - 1] = { kind: 'end', ending, availableAtMs };
    firstOffset = lastOffset + 1;
  }
  for (; firstOffset <= range.lastOffset; firstOffset += maxEndingOffsets) {
    const lastOffset = Math.min(range.lastOffset, firstOffset + maxEndingOffsets - 1);
    changes.push({ kind: 'end', ending: endingOf(firstOffset, lastOffset, end), availableAtMs });
  }
}

/** Written out: spreading an object of so many fields took longer than deciding what is in them. */
const endingOf = (
  firstOffset: number,
  lastOffset: number,
  end: Omit<Ending, 'firstOffset' | 'lastOffset'>,
): Ending => ({
  firstOffset,
  lastOffset,
  acquisition: end.acquisition,
  leaderEpoch: end.leaderEpoch,
  deliveryCount: end.deliveryCount,
  holder: end.holder,
  acquiredAtMs: end.acquiredAtMs,
  endedAtMs: end.endedAtMs,
  outcome: end.outcome,
  state: end.state,
  availableAtMs: end.availableAtMs,
  delayMs: end.delayMs,
  reason: end.reason,
});

function continues(
  before: EndChange,
  firstOffset: number,
  end: Omit<Ending, 'firstOffset' | 'lastOffset'>,
  availableAtMs: number,
): boolean {
  const e = before.ending;
  return (
    e.lastOffset + 1 === firstOffset &&
    firstOffset - e.firstOffset < maxEndingOffsets &&
    e.acquisition === end.acquisition &&
    e.holder === end.holder &&
    e.deliveryCount === end.deliveryCount &&
    e.outcome === end.outcome &&
    e.state === end.state &&
    e.reason === end.reason &&
    e.acquiredAtMs === end.acquiredAtMs &&
    e.delayMs === end.delayMs &&
    before.availableAtMs === availableAtMs
  );
}

/** The changes that give `lock`'s records in the range a new deadline. The acquisition number stays, so leases do. */
export function renewLock(
  lock: Lock,
  range: { readonly firstOffset: number; readonly lastOffset: number },
  deadlineMs: number,
): RenewChange {
  return {
    kind: 'renew',
    from: lock,
    lock: { ...lock, firstOffset: range.firstOffset, lastOffset: range.lastOffset, deadlineMs, held: 0 },
  };
}

/**
 * A member's acknowledgement of a range, as Kafka's own clients send it: by owner, not by lease. All or nothing
 * (KIP-932 section 1.6); offsets before the window are silently fine.
 *
 * @param types one for the whole range, or one for each offset
 * @param renew.deadlineMs monotonic: what renewed records get; `renew.enabled`: `share.renew.acknowledge.enable`
 */
export function acknowledgeRange(
  window: Window,
  holder: Holder,
  range: { readonly firstOffset: number; readonly lastOffset: number },
  types: readonly AcknowledgeType[],
  renew: { readonly enabled: boolean; readonly deadlineMs: number },
  time: TurnTime,
): Result<readonly (EndChange | RenewChange)[]> {
  const { firstOffset, lastOffset } = range;
  const text = `offsets ${firstOffset}–${lastOffset}`;
  const size = lastOffset - firstOffset + 1;
  if (size < 1 || (types.length !== 1 && types.length !== size)) {
    return reject('INVALID_REQUEST', `${text} with ${types.length} types: give one type, or one for each offset`);
  }
  if (lastOffset >= window.endOffset) {
    return reject('INVALID_REQUEST', `${text} reach past the last acquired offset, ${window.endOffset - 1}`);
  }
  const ends: EndChange[] = [];
  const renewals: RenewChange[] = [];
  for (let offset = Math.max(firstOffset, window.startOffset); offset <= lastOffset;) {
    const run = window.runs.find(offset)!;
    if (run.lock?.holder !== holder || run.lock.deadlineMs <= time.nowMs) {
      return reject('INVALID_RECORD_STATE', `offset ${offset} is not acquired by this member: it is ${run.state}`);
    }
    const type = types.length === 1 ? types[0]! : types[offset - firstOffset]!;
    let last = Math.min(run.lastOffset, lastOffset);
    if (types.length > 1) {
      let same = offset;
      while (same < last && types[same + 1 - firstOffset] === type) same++;
      last = same;
    }
    const part = { firstOffset: offset, lastOffset: last };
    if (type !== 'renew') {
      endRun(ends, window, run, part, { outcome: outcomeOf[type], reason: null, delayMs: 0 }, time);
    } else if (renew.enabled) {
      renewals.push(renewLock(run.lock, part, renew.deadlineMs));
    } else {
      return reject('INVALID_RECORD_STATE', `offset ${offset}: share.renew.acknowledge.enable is false for this group`);
    }
    offset = last + 1;
  }
  return ok([...renewals, ...ends]);
}
