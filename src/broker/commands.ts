import type { Rejection } from '../core/errors.ts';
import type { Holder } from '../core/ids.ts';
import {
  type EndChange,
  type TurnTime,
  endRun,
  judgeEnded,
  outcomeOf,
  renewLock,
  standingOf,
} from '../core/share-partition/acknowledge.ts';
import type { Claims } from '../core/share-partition/claims.ts';
import type { Ending } from '../core/share-partition/ending.ts';
import { expireLocks, releaseHolder } from '../core/share-partition/locks.ts';
import { type Settled, settle } from '../core/share-partition/settle.ts';
import { type Window, apply } from '../core/share-partition/window.ts';
import type { PartitionActivity } from './activity.ts';
import { rejectionOf } from './faults.ts';
import type { Acknowledgement, AcknowledgeResult, SettleRequest } from './requests.ts';

/**
 * What is asked of a share partition's durable turns. A command decides on the window as it stands and adds its
 * changes to the turn; the turn writes all of them together, applies them, and then tells each command how it went.
 */
export interface Command {
  /**
   * Takes records that are not only acquired ones: nobody may acquire while its write is on its way. (Endings of
   * acquired records and acquisitions of available ones never meet, so those do not wait for each other.)
   */
  readonly exclusive: boolean;
  /** Returns true when a part of it has to wait for the next turn. */
  decide(turn: Turn): boolean;
  /** What it decided is durable and applied (`undefined`), or nothing of it has happened (the rejection). */
  finish(error: Rejection | undefined): void;
  /** The window could not even be loaded: nothing was decided, and nothing will be. */
  fail(error: Rejection): void;
}

export interface Turn {
  readonly window: Window;
  readonly time: TurnTime;
  /** What the turn will write. */
  readonly changes: EndChange[];
  /** What commands before this one have taken in this turn. */
  readonly claims: Claims;
  readonly activity: PartitionActivity;
  /** The group's `share.record.lock.duration.ms` and `share.renew.acknowledge.enable`. */
  readonly lockDurationMs: number;
  readonly renewEnabled: boolean;
  readonly logStartOffset: number;
  /** The latest stored ending of an offset. */
  latestEnding(offset: number): Promise<Ending | undefined>;
}

/** An item of an acknowledge call, and where its result goes. */
export interface AcknowledgeItem {
  readonly index: number;
  readonly acknowledgement: Acknowledgement;
}

/**
 * One call's acknowledgements for one share partition. Each item has a result of its own; they are not atomic.
 * Resolves `done` when all results are there.
 */
export class AcknowledgeCommand implements Command {
  readonly exclusive = false;
  readonly done: Promise<void>;
  #items: readonly AcknowledgeItem[];
  /** Decided in the turn under way, neighbours together: their result once it is durable. */
  #decided: { readonly items: readonly AcknowledgeItem[]; readonly ending: Ending }[] = [];
  #results: (AcknowledgeResult | undefined)[];
  #open: number;
  #resolve!: () => void;

  constructor(items: readonly AcknowledgeItem[], results: (AcknowledgeResult | undefined)[]) {
    this.#items = items;
    this.#results = results;
    this.#open = items.length;
    this.done = new Promise((resolve) => (this.#resolve = resolve));
  }

  get hasRenewals(): boolean {
    return this.#items.some(isRenewal);
  }

  /** Renewals need no write: they are done at once where no other command of a turn under way has the record. */
  renewAtOnce(turn: Turn): void {
    // In order: what the same call ends before is not renewed first.
    const ended = new Set<number>();
    this.#items = this.#items.filter((item, index, items) => {
      const { type, lease } = item.acknowledgement;
      if (type !== 'renew') ended.add(lease.offset);
      if (type !== 'renew' || ended.has(lease.offset) || turn.claims.overlaps(lease.offset, lease.offset)) return true;
      this.#judge(items, index, turn);
      return false;
    });
  }

  get settled(): boolean {
    return this.#open === 0;
  }

  decide(turn: Turn): boolean {
    const items = this.#items;
    const waiting: AcknowledgeItem[] = [];
    for (let index = 0; index < items.length;) {
      const item = items[index]!;
      const { offset } = item.acknowledgement.lease;
      if (turn.claims.overlaps(offset, offset)) {
        waiting.push(item);
        index++;
      } else {
        index += this.#judge(items, index, turn);
      }
    }
    this.#items = waiting;
    return waiting.length > 0;
  }

  finish(error: Rejection | undefined): void {
    const decided = this.#decided;
    this.#decided = [];
    for (const { items, ending } of decided) {
      const result: AcknowledgeResult = error === undefined ? resultOf(ending) : { status: 'error', error };
      for (const { index } of items) this.#answer(index, result);
    }
  }

  fail(error: Rejection): void {
    for (const { index } of this.#items) this.#refuse(index, error);
  }

  /** Judges the item at `at`, and with it those behind it that ask the same for its neighbours. Returns how many. */
  #judge(items: readonly AcknowledgeItem[], at: number, turn: Turn): number {
    const item = items[at]!;
    const { lease, type, delayMs, reason, lockDurationMs } = item.acknowledgement;
    const standing = standingOf(turn.window, lease, turn.time.nowMs);
    if (standing.kind === 'error') {
      this.#refuse(item.index, standing);
    } else if (standing.kind === 'ended') {
      void this.#lookUp(item, turn);
    } else if (type === 'renew') {
      this.#renew(item.index, standing, lease.offset, lockDurationMs ?? turn.lockDurationMs, turn);
    } else {
      const firstOffset = lease.offset;
      let count = countAlike(items, at, standing.run.lastOffset);
      // One of them may be claimed already, which the first is not.
      if (!turn.claims.claim(firstOffset, firstOffset + count - 1)) {
        count = 1;
        turn.claims.claim(firstOffset, firstOffset);
      }
      const range = { firstOffset, lastOffset: firstOffset + count - 1 };
      const how = { outcome: outcomeOf[type], reason: reason ?? null, delayMs: delayMs ?? 0 };
      endRun(turn.changes, turn.window, standing.run, range, how, turn.time);
      const same = count === items.length ? items : items.slice(at, at + count);
      this.#decided.push({ items: same, ending: turn.changes.at(-1)!.ending });
      return count;
    }
    return 1;
  }

  #renew(
    index: number,
    live: { readonly lock: Parameters<typeof renewLock>[0] },
    offset: number,
    lockDurationMs: number,
    turn: Turn,
  ): void {
    if (!turn.renewEnabled) {
      this.#refuse(index, {
        code: 'RENEW_DISABLED',
        message: `offset ${offset}: share.renew.acknowledge.enable is false for this group`,
      });
      return;
    }
    const range = { firstOffset: offset, lastOffset: offset };
    apply(turn.window, renewLock(live.lock, range, turn.time.nowMs + lockDurationMs));
    turn.activity.renewed(1);
    this.#answer(index, {
      status: 'renewed',
      lockRemainingMs: lockDurationMs,
      lockedUntilMs: turn.time.wallMs + lockDurationMs,
    });
  }

  async #lookUp(item: AcknowledgeItem, turn: Turn): Promise<void> {
    const { lease, type } = item.acknowledgement;
    try {
      const ending = await turn.latestEnding(lease.offset);
      const verdict = judgeEnded(turn.window, lease, type, ending, turn.logStartOffset);
      if (verdict.kind === 'error') this.#refuse(item.index, verdict);
      else this.#answer(item.index, { ...resultOf(verdict.ending), replayed: true });
    } catch (error) {
      const { message } = rejectionOf(error);
      this.#refuse(item.index, {
        code: 'BUSY',
        message: `offset ${lease.offset}: its outcome cannot be read now (${message}); ask again`,
      });
    }
  }

  #refuse(index: number, error: Rejection): void {
    this.#answer(index, { status: 'error', error: { code: error.code, message: error.message } });
  }

  #answer(index: number, result: AcknowledgeResult): void {
    this.#results[index] = result;
    if (--this.#open === 0) this.#resolve();
  }
}

const isRenewal = (item: AcknowledgeItem): boolean => item.acknowledgement.type === 'renew';

/**
 * How many items from `at` on ask the same for neighbouring records of one acquisition, up to `lastOffset`: as long as those are one run,
 * each of their leases stands as the first one does.
 */
function countAlike(items: readonly AcknowledgeItem[], at: number, lastOffset: number): number {
  const { lease, type, delayMs, reason } = items[at]!.acknowledgement;
  const most = Math.min(items.length - at, lastOffset - lease.offset + 1);
  for (let count = 1; count < most; count++) {
    const next = items[at + count]!.acknowledgement;
    const isAlike =
      next.lease.offset === lease.offset + count &&
      next.lease.acquisition === lease.acquisition &&
      next.lease.leaderEpoch === lease.leaderEpoch &&
      next.lease.stateEpoch === lease.stateEpoch &&
      next.type === type &&
      next.delayMs === delayMs &&
      next.reason === reason;
    if (!isAlike) return count;
  }
  return most;
}

type EndResult = Extract<AcknowledgeResult, { status: 'accepted' | 'rejected' | 'archived' | 'released' }>;

function resultOf(ending: Ending): EndResult {
  if (ending.outcome === 'accepted') return { status: 'accepted' };
  if (ending.outcome === 'rejected') return { status: 'rejected' };
  if (ending.state === 'archived') return { status: 'archived' };
  return { status: 'released', availableAtMs: ending.availableAtMs ?? ending.endedAtMs };
}

/**
 * Endings that one turn takes of locks that end by themselves. A million at once would keep everybody else waiting for
 * seconds; the rest comes in turns of its own, with others in between. A lock counts as over at its deadline all the same.
 */
const maxEndingsPerTurn = 20_000;

/** Locks that are over: the timer posts it, and once more while there are any. */
export class ExpireCommand implements Command {
  readonly exclusive = false;
  readonly finish: (error: Rejection | undefined) => void;
  readonly fail: (error: Rejection) => void;

  constructor(finished: (error: Rejection | undefined) => void) {
    this.finish = finished;
    this.fail = finished;
  }

  decide(turn: Turn): boolean {
    claimAll(turn, expireLocks(turn.window, turn.time, maxEndingsPerTurn));
    return false;
  }
}

/** An acquisition of neighbouring records that never reached anybody. */
export interface Undelivered {
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  readonly acquisition: number;
  readonly leaderEpoch: number;
  readonly stateEpoch: number;
}

/** Numbers of acquisitions start anew with each load of a window: those of an earlier one mean somebody else's lock. */
export function undoAcquire(window: Window, undelivered: Undelivered): void {
  if (undelivered.leaderEpoch !== window.leaderEpoch || undelivered.stateEpoch !== window.stateEpoch) return;
  const { firstOffset, lastOffset, acquisition } = undelivered;
  apply(window, { kind: 'undo_acquire', firstOffset, lastOffset, acquisition });
}

/** Takes an acquisition back as soon as no turn under way ends any of its records. */
export class GiveBackCommand implements Command {
  readonly exclusive = false;
  #undelivered: Undelivered;

  constructor(undelivered: Undelivered) {
    this.#undelivered = undelivered;
  }

  decide(turn: Turn): boolean {
    const { firstOffset, lastOffset } = this.#undelivered;
    if (turn.claims.overlaps(firstOffset, lastOffset)) return true;
    undoAcquire(turn.window, this.#undelivered);
    return false;
  }

  finish(): void {}

  fail(): void {}
}

/** Tells what was acquired before it from what was acquired since. */
export type WindowInstant = Pick<Window, 'leaderEpoch' | 'stateEpoch' | 'nextAcquisition'>;

/**
 * Frees everything that one holder had at an instant, in as many turns as it takes. What it acquires while another turn's write
 * is on its way is its own: a member may open its next session meanwhile.
 */
export class ReleaseHolderCommand implements Command {
  readonly exclusive = false;
  readonly done: Promise<{ released: number; archived: number } | Rejection>;
  #holder: Holder;
  #reason: string | null;
  #counts = { released: 0, archived: 0 };
  readonly #from: WindowInstant;
  #more = true;
  #resolve!: (result: { released: number; archived: number } | Rejection) => void;

  /** @param from what was acquired before it is released */
  constructor(from: WindowInstant, holder: Holder, reason: string | null) {
    const { leaderEpoch, stateEpoch, nextAcquisition } = from;
    this.#from = { leaderEpoch, stateEpoch, nextAcquisition };
    this.#holder = holder;
    this.#reason = reason;
    this.done = new Promise((resolve) => (this.#resolve = resolve));
  }

  decide(turn: Turn): boolean {
    if (!this.#more) return false;
    const { window, time } = turn;
    const { leaderEpoch, stateEpoch, nextAcquisition } = this.#from;
    if (window.leaderEpoch !== leaderEpoch || window.stateEpoch !== stateEpoch) {
      // Loaded again or replaced: with that every lock of before has ended.
      this.#more = false;
      return false;
    }
    const limits = { nextAcquisition, maxEndings: maxEndingsPerTurn };
    const changes = releaseHolder(window, this.#holder, this.#reason, time, limits);
    // What an acknowledgement before it in this turn has taken is no longer held.
    claimAll(turn, changes, ({ ending }) => {
      this.#counts[ending.state === 'archived' ? 'archived' : 'released'] += ending.lastOffset - ending.firstOffset + 1;
    });
    this.#more = changes.length > 0;
    return this.#more;
  }

  finish(error: Rejection | undefined): void {
    if (error !== undefined) this.#more = false;
    if (!this.#more) this.#resolve(error ?? this.#counts);
  }

  fail(error: Rejection): void {
    this.#resolve(error);
  }
}

/** An operator's ending of a range. Alone in its turn's claims: it waits until the range is free. */
export class SettleCommand implements Command {
  readonly exclusive = true;
  readonly done: Promise<Settled | Rejection>;
  #request: SettleRequest;
  #holder: Holder;
  #settled: Settled | undefined;
  #resolve!: (result: Settled | Rejection) => void;

  constructor(request: SettleRequest, holder: Holder) {
    this.#request = request;
    this.#holder = holder;
    this.done = new Promise((resolve) => (this.#resolve = resolve));
  }

  decide(turn: Turn): boolean {
    const request = this.#request;
    if (turn.claims.overlaps(request.firstOffset, request.lastOffset)) return true;
    const by = { holder: this.#holder, reason: request.reason };
    this.#settled = settle(turn.window, request, request.type, by, turn.time);
    claimAll(turn, this.#settled.changes);
    return false;
  }

  finish(error: Rejection | undefined): void {
    if (this.#settled !== undefined) this.#resolve(error ?? this.#settled);
  }

  fail(error: Rejection): void {
    this.#resolve(error);
  }
}

/** Adds the changes whose offsets are still free in this turn. */
function claimAll(turn: Turn, changes: readonly EndChange[], taken?: (change: EndChange) => void): void {
  for (const change of changes) {
    const { firstOffset, lastOffset } = change.ending;
    if (turn.claims.claim(firstOffset, lastOffset)) {
      turn.changes.push(change);
      taken?.(change);
      continue;
    }
    // Partly taken already: piece by piece.
    for (let offset = firstOffset; offset <= lastOffset; offset++) {
      if (!turn.claims.claim(offset, offset)) continue;
      const piece = { ...change, ending: { ...change.ending, firstOffset: offset, lastOffset: offset } };
      turn.changes.push(piece);
      taken?.(piece);
    }
  }
}
