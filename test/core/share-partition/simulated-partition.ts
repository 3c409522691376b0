import { invariant } from '../../../src/core/assert.ts';
import type { ErrorCode } from '../../../src/core/errors.ts';
import { type Holder, holderOf } from '../../../src/core/ids.ts';
import type { Result } from '../../../src/core/result.ts';
import {
  type AcknowledgeType,
  type EndChange,
  type Lease,
  type RenewChange,
  type TurnTime,
  acknowledgeRange,
  endRun,
  judgeEnded,
  outcomeOf,
  renewLock,
  standingOf,
} from '../../../src/core/share-partition/acknowledge.ts';
import {
  type AcquireLimits,
  type AcquireMode,
  type Acquired,
  type Span,
  acquire,
  planAcquire,
} from '../../../src/core/share-partition/acquire.ts';
import type { Ending } from '../../../src/core/share-partition/ending.ts';
import { expireLocks, releaseHolder } from '../../../src/core/share-partition/locks.ts';
import { findGaps } from '../../../src/core/share-partition/log-bounds.ts';
import { type SettleType, type Settled, settle } from '../../../src/core/share-partition/settle.ts';
import {
  type Window,
  apply,
  emptyWindow,
  loadWindow,
  startOffsetAfter,
} from '../../../src/core/share-partition/window.ts';

export const member = (name: string): Holder => holderOf('http', name);
export const operator = holderOf('operator', 'ops');

export interface Settings {
  deliveryCountLimit: number;
  inFlightLimit: number;
  lockDurationMs: number;
  renewEnabled: boolean;
}

export interface LeaseOutcome {
  readonly status: 'accepted' | 'released' | 'archived' | 'rejected' | 'gap' | 'renewed' | 'error';
  readonly code?: ErrorCode;
  readonly replayed?: true;
}

/**
 * One share partition with its log and its store, all in memory and at once: each method is a whole turn (decide,
 * persist, apply). What a broker does around the window, without its waiting.
 */
export class SimulatedPartition {
  readonly settings: Settings;
  window: Window;
  /** Monotonic. */
  nowMs = 1_000;
  wallMs = 1_800_000_000_000;
  logStartOffset = 0;
  logEndOffset = 0;
  /** What the log has, in order: the batches as produced, without the offsets taken out by `hole`. */
  batches: Span[] = [];
  stored: { startOffset: number; stateEpoch: number; leaderEpoch: number; endings: Ending[] };
  /** The latest ending of each offset, of this state epoch. */
  readonly history = new Map<number, Ending>();

  constructor(settings: Partial<Settings> = {}, startOffset = 0) {
    this.settings = {
      deliveryCountLimit: 5,
      inFlightLimit: 2_000,
      lockDurationMs: 30_000,
      renewEnabled: true,
      ...settings,
    };
    this.logStartOffset = startOffset;
    this.logEndOffset = startOffset;
    this.stored = { startOffset, stateEpoch: 0, leaderEpoch: 1, endings: [] };
    this.window = emptyWindow(startOffset, this.stored);
  }

  get time(): TurnTime {
    return { nowMs: this.nowMs, wallMs: this.wallMs, deliveryCountLimit: this.settings.deliveryCountLimit };
  }

  /** Both clocks go on. */
  advance(ms: number): void {
    this.nowMs += ms;
    this.wallMs += ms;
  }

  /** Appends one batch. */
  produce(records: number): Span {
    const batch = { firstOffset: this.logEndOffset, lastOffset: this.logEndOffset + records - 1 };
    this.batches.push(batch);
    this.logEndOffset += records;
    return batch;
  }

  limits(maxRecords: number, mode: AcquireMode = 'record_limit', batchSize?: number): AcquireLimits {
    const { inFlightLimit, deliveryCountLimit } = this.settings;
    return { mode, maxRecords, inFlightLimit, deliveryCountLimit, ...(batchSize === undefined ? {} : { batchSize }) };
  }

  /** Plan, read, take out what the log does not have, acquire. `readEndOffset`: the log is read up to there only. */
  acquire(
    holder: Holder,
    maxRecords: number,
    options: { mode?: AcquireMode; batchSize?: number; lockDurationMs?: number; readEndOffset?: number } = {},
  ): Acquired[] {
    apply(this.window, { kind: 'delays_over', nowMs: this.nowMs });
    const limits = this.limits(maxRecords, options.mode, options.batchSize);
    const readEndOffset = Math.min(options.readEndOffset ?? Infinity, this.logEndOffset);
    const plan = planAcquire(this.window, limits, this.logEndOffset);
    const read = this.batches.filter((batch) => batch.firstOffset < readEndOffset);
    for (const gap of findGaps(plan, read, readEndOffset)) apply(this.window, { kind: 'gap', ...gap });
    const acquired = acquire(this.window, limits, read, {
      holder,
      nowMs: this.nowMs,
      wallMs: this.wallMs,
      lockDurationMs: options.lockDurationMs ?? this.settings.lockDurationMs,
    });
    for (const { lock } of acquired) apply(this.window, { kind: 'acquire', lock });
    return acquired;
  }

  leaseOf(acquired: Acquired, offset: number): Lease {
    const { leaderEpoch, stateEpoch } = this.window;
    return { offset, acquisition: acquired.lock.acquisition, leaderEpoch, stateEpoch };
  }

  /** One lease, as the HTTP API takes it. */
  acknowledge(
    lease: Lease,
    type: AcknowledgeType,
    options: { delayMs?: number; reason?: string; lockDurationMs?: number } = {},
  ): LeaseOutcome {
    const { offset } = lease;
    const standing = standingOf(this.window, lease, this.nowMs);
    if (standing.kind === 'error') return { status: 'error', code: standing.code };
    if (standing.kind === 'ended') {
      const verdict = judgeEnded(this.window, lease, type, this.history.get(offset), this.logStartOffset);
      if (verdict.kind === 'error') return { status: 'error', code: verdict.code };
      return { status: statusOf(verdict.ending), replayed: true };
    }
    const range = { firstOffset: offset, lastOffset: offset };
    if (type === 'renew') {
      const deadlineMs = this.nowMs + (options.lockDurationMs ?? this.settings.lockDurationMs);
      apply(this.window, renewLock(standing.lock, range, deadlineMs));
      return { status: 'renewed' };
    }
    const changes: EndChange[] = [];
    const how = { outcome: outcomeOf[type], reason: options.reason ?? null, delayMs: options.delayMs ?? 0 };
    endRun(changes, this.window, standing.run, range, how, this.time);
    this.write(changes);
    return { status: statusOf(changes[0]!.ending) };
  }

  /** A range by its owner, as Kafka's clients send it. */
  acknowledgeRange(
    holder: Holder,
    firstOffset: number,
    lastOffset: number,
    types: readonly AcknowledgeType[],
  ): Result<readonly (EndChange | RenewChange)[]> {
    const renew = { enabled: this.settings.renewEnabled, deadlineMs: this.nowMs + this.settings.lockDurationMs };
    const result = acknowledgeRange(this.window, holder, { firstOffset, lastOffset }, types, renew, this.time);
    if (!result.ok) return result;
    for (const change of result.value) if (change.kind === 'renew') apply(this.window, change);
    this.write(result.value.filter((change) => change.kind === 'end'));
    return result;
  }

  expireLocks(): EndChange[] {
    return this.write(expireLocks(this.window, this.time));
  }

  releaseHolder(holder: Holder, reason: string | null = null): EndChange[] {
    return this.write(releaseHolder(this.window, holder, reason, this.time));
  }

  settle(firstOffset: number, lastOffset: number, type: SettleType, reason: string | null = null): Settled {
    const settled = settle(this.window, { firstOffset, lastOffset }, type, { holder: operator, reason }, this.time);
    this.write(settled.changes);
    return settled;
  }

  /** Retention: the log starts at `offset` now. */
  moveLogStart(offset: number): void {
    this.logStartOffset = Math.max(this.logStartOffset, offset);
    this.logEndOffset = Math.max(this.logEndOffset, this.logStartOffset);
    this.#cut(-Infinity, this.logStartOffset - 1);
    apply(this.window, { kind: 'log_start', offset: this.logStartOffset });
  }

  /** Compaction: the log has no longer these offsets. */
  hole(firstOffset: number, lastOffset: number): void {
    this.#cut(firstOffset, lastOffset);
  }

  /** An operator sets the group's start anew. */
  reset(offset: number): void {
    this.stored = { ...this.stored, startOffset: offset, stateEpoch: this.stored.stateEpoch + 1, endings: [] };
    this.history.clear();
    this.window = emptyWindow(offset, this.stored);
  }

  /** Memory is lost; the window comes back from what was stored. `wallJumpMs`: what the wall clock did meanwhile. */
  crash(wallJumpMs = 0): void {
    this.wallMs += wallJumpMs;
    this.stored.leaderEpoch++;
    this.window = loadWindow(this.stored, this.nowMs, this.wallMs);
    apply(this.window, { kind: 'log_start', offset: this.logStartOffset });
  }

  /** Stores endings with the start offset that they lead to, then applies them. */
  write<C extends EndChange>(changes: readonly C[]): C[] {
    const endings = changes.map((change) => change.ending);
    if (endings.length === 0) return [];
    const startOffset = startOffsetAfter(this.window, endings);
    this.stored.startOffset = startOffset;
    this.stored.endings = [...this.stored.endings, ...endings].filter((ending) => ending.lastOffset >= startOffset);
    for (const ending of endings) {
      for (let offset = ending.firstOffset; offset <= ending.lastOffset; offset++) this.history.set(offset, ending);
    }
    for (const change of changes) apply(this.window, change);
    const { window } = this;
    invariant(
      window.startOffset === startOffset,
      `stored start ${startOffset}, window starts at ${window.startOffset}`,
    );
    return [...changes];
  }

  #cut(firstOffset: number, lastOffset: number): void {
    this.batches = this.batches
      .flatMap((batch) => [
        { firstOffset: batch.firstOffset, lastOffset: Math.min(batch.lastOffset, firstOffset - 1) },
        { firstOffset: Math.max(batch.firstOffset, lastOffset + 1), lastOffset: batch.lastOffset },
      ])
      .filter((batch) => batch.firstOffset <= batch.lastOffset);
  }
}

const statusOf = (ending: Ending): LeaseOutcome['status'] => {
  if (ending.outcome === 'released' || ending.outcome === 'expired' || ending.outcome === 'retried') {
    return ending.state === 'archived' ? 'archived' : 'released';
  }
  return ending.outcome;
};
