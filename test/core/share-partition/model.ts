import { isDeepStrictEqual } from 'node:util';
import { holderId } from '../../../src/core/ids.ts';
import {
  type AcknowledgeType,
  type EndChange,
  type Lease,
  standingOf,
} from '../../../src/core/share-partition/acknowledge.ts';
import { planAcquire } from '../../../src/core/share-partition/acquire.ts';
import type { SettleType } from '../../../src/core/share-partition/settle.ts';
import { apply, checkWindow, inFlight, lag, recordState } from '../../../src/core/share-partition/window.ts';
import { type Corner, type Step, kinds } from './model-corners.ts';
import { type NaiveLease, type NaiveOutcome, NaiveWindow } from './naive-window.ts';
import { SimulatedPartition, member } from './simulated-partition.ts';

const holders = ['a', 'b', 'c'];
const reasons = [null, 'x', 'y', null];
const ackTypes = ['accept', 'release', 'reject', 'renew', 'release', 'gap', 'accept', 'release'] as const;
const outcomes = { accept: 'accepted', release: 'released', reject: 'rejected', gap: 'gap' } as const;
const settleTypes = ['accept', 'reject', 'release', 'retry'] as const;

const rememberedLeases = 24;

/** Runs the real window and its naive twin side by side, and compares everything after each step. */
export class Model {
  readonly real: SimulatedPartition;
  readonly naive: NaiveWindow;
  readonly reached: Map<Corner, number>;
  readonly trace: string[] = [];
  #leases: { lease: Lease; naive: NaiveLease; crashes: number; firstDeadlineMs: number }[] = [];
  #newest = 0;
  #crashes = 0;

  constructor(deliveryCountLimit: number, inFlightLimit: number, reached: Map<Corner, number>) {
    this.real = new SimulatedPartition({ deliveryCountLimit, inFlightLimit, lockDurationMs: 100 });
    this.naive = new NaiveWindow({ deliveryCountLimit, inFlightLimit });
    this.reached = reached;
  }

  step([kind, a, b, c]: Step): void {
    const name = kinds[kind % kinds.length]!;
    this.trace.push(`${name} ${a} ${b} ${c}`);
    this[name](a, b, c);
    this.#compare();
  }

  #reach(corner: Corner, condition = true): void {
    if (condition) this.reached.set(corner, (this.reached.get(corner) ?? 0) + 1);
  }

  /** An offset in or around the window. */
  #near(a: number): number {
    const { start, end } = this.naive;
    return Math.max(0, start - 2 + (a % (end - start + 4)));
  }

  produce(a: number): void {
    const records = 1 + (a % 4);
    this.naive.produce(this.real.logEndOffset, records);
    this.real.produce(records);
  }

  acquire(a: number, b: number, c: number): void {
    const { real, naive } = this;
    const holder = holders[a % holders.length]!;
    const soft = (b & 3) === 0;
    const maxRecords = 1 + (c % 6);
    const batchSize = soft && (b & 4) === 0 ? 2 : undefined;
    const lockDurationMs = (b & 8) === 0 ? 100 : 40;
    // A read that was cut short ends with a batch.
    const cut = (b & 48) === 48 && real.batches.length > 0;
    const readEndOffset = cut ? real.batches[a % real.batches.length]!.firstOffset : Infinity;

    naive.delaysOver(real.nowMs);
    apply(real.window, { kind: 'delays_over', nowMs: real.nowMs });
    const ask = { maxRecords, soft, batchSize, readEndOffset };
    const plan = planAcquire(real.window, real.limits(maxRecords), real.logEndOffset);
    const planned = naive.plan(ask);
    equal(plan.flatMap(offsetsOf), planned, 'plan');
    const before = { start: naive.start, end: naive.end, delayed: real.window.counts.delayed };

    const acquired = real.acquire(member(holder), maxRecords, {
      mode: soft ? 'batch_optimized' : 'record_limit',
      ...(batchSize === undefined ? {} : { batchSize }),
      lockDurationMs,
      readEndOffset,
    });
    const expected = naive.acquire(holder, ask, real.nowMs + lockDurationMs);
    const ranges = acquired.map(({ firstOffset, lastOffset, deliveryCount, lastFailure }) => {
      return { firstOffset, lastOffset, deliveryCount, lastFailure };
    });
    equal(ranges, expected.ranges, 'acquired');
    this.#newest = expected.leases.length;
    let index = 0;
    for (const range of acquired) {
      for (const offset of offsetsOf(range)) {
        const naiveLease = expected.leases[index++]!;
        const lease = real.leaseOf(range, offset);
        this.#leases.push({ lease, naive: naiveLease, crashes: this.#crashes, firstDeadlineMs: naiveLease.deadlineMs });
      }
    }
    this.#leases = this.#leases.slice(-rememberedLeases);
    this.#acquireCorners(ranges, ask, before, planned);
  }

  #acquireCorners(
    ranges: readonly { firstOffset: number; lastOffset: number; deliveryCount: number }[],
    ask: { maxRecords: number; soft: boolean; readEndOffset: number },
    before: { start: number; end: number; delayed: number },
    planned: readonly number[],
  ): void {
    const { real, naive } = this;
    const limit = real.settings.deliveryCountLimit;
    const records = ranges.flatMap(offsetsOf);
    const last = ranges.at(-1);
    const full = inFlight(real.window) >= real.settings.inFlightLimit;
    const more = naive.log.length > naive.end;
    this.#reach('window full: new records wait', full && more && records.length < ask.maxRecords);
    this.#reach(
      'redelivery at a full window',
      before.end - before.start >= real.settings.inFlightLimit && records.length > 0 && naive.start === before.start,
    );
    this.#reach('soft limit passed by less than a batch', records.length > ask.maxRecords);
    this.#reach(
      'new records cut into pieces by batch size',
      ranges.some((range, i) => ranges[i + 1]?.firstOffset === range.lastOffset + 1 && range.firstOffset >= before.end),
    );
    this.#reach(
      'acquired with a count already past a lowered limit',
      ranges.some((r) => r.deliveryCount > limit),
    );
    const threshold = Math.max(2, Math.ceil(limit / 2));
    const first = ranges[0];
    if (first !== undefined && last !== undefined) {
      const next = naive.records[last.lastOffset + 1];
      const nextReady =
        last.lastOffset + 1 < naive.end && next?.state === 'available' && next.availableAtMs === 0 ? next : undefined;
      if (first.deliveryCount > threshold) {
        this.#reach('throttled redelivery');
        this.#reach('last attempt alone', first.deliveryCount === limit && nextReady !== undefined);
      } else if (nextReady !== undefined && nextReady.deliveryCount >= threshold) {
        this.#reach('stopped before a throttled record', records.length < ask.maxRecords);
      }
      this.#reach('delayed record passed over', before.delayed > 0);
    }
    const holes = planned.filter((offset) => naive.log[offset] === undefined && offset < ask.readEndOffset);
    this.#reach('start jumped over a gap', holes.length > 0 && naive.start > before.start);
    this.#reach(
      'a hole was found behind the end of the window',
      holes.some((offset) => offset >= before.end),
    );
    this.#reach(
      'partial read left the rest for later',
      planned.some((offset) => offset >= ask.readEndOffset),
    );
  }

  acknowledge(a: number, b: number, c: number): void {
    const { real, naive } = this;
    // Mostly one of the newest.
    const back = (b & 1) === 0 ? a % 6 : a % rememberedLeases;
    const known = this.#leases.at(-1 - back);
    if (known === undefined) return;
    const type = ackTypes[c % ackTypes.length]!;
    const delayMs = [0, 0, 30, 90][(c >> 3) & 3]!;
    const reason = reasons[(b >> 1) & 3]!;
    const { lease } = known;
    const outcome = type === 'renew' ? 'renew' : outcomes[type];
    const verdict = naive.judge(known.naive, outcome, real.nowMs);
    const limit = real.settings.deliveryCountLimit;

    const result = real.acknowledge(lease, type, { delayMs, ...(reason === null ? {} : { reason }) });
    if (verdict !== 'live') {
      equal(result.replayed === true ? 'replayed' : result.code, verdict, `verdict on ${type} ${lease.offset}`);
      this.#verdictCorners(known, verdict);
      return;
    }
    if (type === 'renew') {
      equal(result, { status: 'renewed' }, 'renewal');
      const neighbour = naive.records[lease.offset + 1]?.lease;
      this.#reach('one lock renewed in part', lease.offset + 1 < naive.end && neighbour?.turn === known.naive.turn);
      known.naive.deadlineMs = real.nowMs + real.settings.lockDurationMs;
      return;
    }
    this.#reach('renewed lock outlived its first deadline', real.nowMs > known.firstDeadlineMs);
    const count = naive.at(lease.offset).deliveryCount;
    this.#end([lease.offset], () => outcomes[type], reason, delayMs);
    const state = naive.records[lease.offset]!.state;
    const released = state === 'archived' ? 'archived' : 'released';
    equal(result, { status: type === 'release' ? released : outcomes[type] }, `result of ${type}`);
    this.#reach('archived by the limit at a release', type === 'release' && state === 'archived');
    this.#reach('archived because the limit was lowered', type === 'release' && count > limit);
  }

  #verdictCorners(known: { lease: Lease; naive: NaiveLease; crashes: number }, verdict: string): void {
    const { real, naive } = this;
    const { offset } = known.lease;
    const inWindow = offset >= naive.start && offset < naive.end;
    const holding = inWindow ? naive.at(offset).lease : null;
    const ended = known.naive.ended !== null;
    const crashed = known.crashes < this.#crashes;
    if (verdict === 'LEASE_EXPIRED') {
      this.#reach('stale ack before the sweep', holding === known.naive);
      this.#reach('stale ack after the sweep', known.naive.ended === 'expired');
      this.#reach('stale ack of an unfinished record after a crash', crashed && !ended);
    } else if (verdict === 'LEASE_SUPERSEDED') {
      this.#reach('superseded by another member', holding !== null && holding.holder !== known.naive.holder);
      const ending = real.history.get(offset);
      this.#reach('superseded by an operator', holding === null && ending?.holder.startsWith('operator') === true);
      this.#reach('superseded by an ending after it', holding === null);
      this.#reach(
        'superseded by an acquisition with the same number of another leader epoch',
        crashed && inWindow && real.window.runs.find(offset)?.lock?.acquisition === known.lease.acquisition,
      );
    } else if (verdict === 'RECORD_GONE') {
      this.#reach(known.naive.era === naive.era ? 'record gone: retention' : 'record gone: reset');
    } else if (verdict === 'replayed') {
      this.#reach('replayed');
      this.#reach('replayed after a crash', crashed);
    } else if (verdict === 'ALREADY_SETTLED') {
      this.#reach('already settled otherwise', ended);
    }
  }

  acknowledgeRange(a: number, b: number, c: number): void {
    const { real, naive } = this;
    const holder = holders[a % holders.length]!;
    const held = naive.inWindow().filter((offset) => naive.at(offset).lease?.holder === holder);
    const any = (b & 7) === 0 || held.length === 0;
    const firstOffset = any ? this.#near(c) : Math.max(0, held[c % held.length]! - (b & 1));
    let lastOffset = firstOffset + ((b >> 3) % 4);
    if (!any) while (lastOffset > firstOffset && naive.records[lastOffset]?.lease?.holder !== holder) lastOffset--;
    const mixed = (c & 16) !== 0;
    const type = ackTypes[c % ackTypes.length]!;
    const count = lastOffset - firstOffset + 1;
    const types = mixed
      ? Array.from({ length: count }, (_, index) => ackTypes[(c + index * (1 + (b & 3))) % ackTypes.length]!)
      : [type];
    real.settings.renewEnabled = (a & 24) !== 24;

    const typeOf = (offset: number): AcknowledgeType => (mixed ? types[offset - firstOffset]! : type);
    const counted = offsetsOf({ firstOffset, lastOffset }).filter((offset) => offset >= naive.start);
    const mine = (offset: number): boolean => {
      const lease = naive.records[offset]?.lease;
      return lease != null && lease.holder === holder && lease.deadlineMs > real.nowMs;
    };
    const expected =
      lastOffset >= naive.end
        ? 'INVALID_REQUEST'
        : counted.every((offset) => mine(offset) && (typeOf(offset) !== 'renew' || real.settings.renewEnabled))
          ? 'ok'
          : 'INVALID_RECORD_STATE';

    const startBefore = naive.start;
    const result = real.acknowledgeRange(member(holder), firstOffset, lastOffset, types);
    equal(result.ok ? 'ok' : result.error.code, expected, `range ${firstOffset}-${lastOffset}`);
    if (result.ok) {
      for (const offset of counted) {
        if (typeOf(offset) === 'renew') naive.at(offset).lease!.deadlineMs = real.nowMs + real.settings.lockDurationMs;
      }
      const ends = result.value.filter((change) => change.kind === 'end');
      const ended = counted.filter((offset) => typeOf(offset) !== 'renew');
      this.#endings(ends, ended, (offset) => outcomes[typeOf(offset) as keyof typeof outcomes]);
      this.#reach('range acknowledged with mixed types', new Set(counted.map(typeOf)).size > 1);
      this.#reach(
        'range acknowledged partly before the window',
        firstOffset < startBefore && lastOffset >= startBefore && counted.length > 0,
      );
    } else {
      this.#reach('range refused: past the end', expected === 'INVALID_REQUEST');
      this.#reach(
        'range refused: not the owner',
        counted.some((offset) => naive.records[offset]?.lease != null && !mine(offset)),
      );
      this.#reach('range refused: renew disabled', expected === 'INVALID_RECORD_STATE' && counted.every(mine));
    }
    real.settings.renewEnabled = true;
  }

  advance(a: number, b: number): void {
    const { real, naive } = this;
    const times = naive.inWindow().flatMap((offset) => {
      const { lease, availableAtMs } = naive.at(offset);
      return [...(lease === null ? [] : [lease.deadlineMs]), ...(availableAtMs === 0 ? [] : [availableAtMs])];
    });
    const next = times.filter((time) => time > real.nowMs).sort((x, y) => x - y)[0];
    const ms = next === undefined || b % 4 === 3 ? 1 + (a % 20) : Math.max(0, next - real.nowMs - 1 + (b % 4));
    real.advance(ms);
  }

  expire(): void {
    const { real, naive } = this;
    const over = naive.inWindow().filter((offset) => {
      const lease = naive.at(offset).lease;
      return lease !== null && lease.deadlineMs <= real.nowMs;
    });
    this.#reach(
      'lock expired exactly at its deadline',
      over.some((o) => naive.at(o).lease!.deadlineMs === real.nowMs),
    );
    const changes = real.expireLocks();
    this.#endings(changes, over, () => 'expired');
    this.#reach(
      'archived by the limit at a lock time-out',
      over.some((o) => naive.records[o]!.state === 'archived'),
    );
  }

  releaseHolder(a: number, b: number): void {
    const { real, naive } = this;
    const holder = holders[a % holders.length]!;
    const held = naive.inWindow().filter((offset) => naive.at(offset).lease?.holder === holder);
    const reason = reasons[b & 3]!;
    const changes = real.releaseHolder(member(holder), reason);
    this.#endings(changes, held, () => 'released', reason);
    this.#reach(
      'archived by the limit when a holder was released',
      held.some((o) => naive.records[o]!.state === 'archived'),
    );
  }

  settle(a: number, b: number, c: number): void {
    const { real, naive } = this;
    const firstOffset = this.#near(a);
    const lastOffset = firstOffset + (b % 4);
    const type: SettleType = settleTypes[c & 3]!;
    const reason = reasons[(c >> 2) & 3]!;
    const range = offsetsOf({ firstOffset, lastOffset });
    const taken = range.filter((offset) => {
      if (offset < naive.start || offset >= naive.end) return false;
      const { state, deliveryCount } = naive.at(offset);
      if (state === 'acknowledged' || state === 'archived') return false;
      return deliveryCount > 0 || type === 'accept' || type === 'reject';
    });
    const locked = taken.filter((offset) => naive.at(offset).lease !== null);
    const settled = real.settle(firstOffset, lastOffset, type, reason);
    equal([settled.locksTaken, settled.skipped], [locked.length, range.length - taken.length], 'settled');
    naive.turn++;
    const outcome = { accept: 'accepted', reject: 'rejected', release: 'released', retry: 'retried' } as const;
    this.#endings(settled.changes, taken, () => outcome[type], reason, naive.turn);
    const archived = taken.filter((offset) => naive.records[offset]!.state === 'archived').length;
    const expected = { accepted: 0, rejected: 0, released: 0, archived: 0, retried: 0 };
    if (type === 'release') Object.assign(expected, { released: taken.length - archived, archived });
    else expected[outcome[type]] = taken.length;
    equal(settled.counts, expected, 'settled counts');
    this.#reach('operator took a lock', locked.length > 0);
    this.#reach('operator gave an attempt back', type === 'retry' && taken.length > 0);
  }

  giveBack(): void {
    const newest = this.#leases.slice(-this.#newest || Infinity).filter((known) => known.naive.era === this.naive.era);
    if (this.#newest === 0 || newest.some((known) => known.crashes !== this.#crashes)) return;
    this.#newest = 0;
    this.#leases = this.#leases.slice(0, this.#leases.length - newest.length);
    for (const { lease } of newest) {
      const { offset, acquisition } = lease;
      apply(this.real.window, { kind: 'undo_acquire', firstOffset: offset, lastOffset: offset, acquisition });
    }
    this.naive.giveBack(newest.map((known) => known.naive));
    this.#reach('acquisition given back', newest.length > 0);
  }

  hole(a: number, b: number): void {
    const { real, naive } = this;
    const firstOffset = this.#near(a) + (a % 3);
    const lastOffset = firstOffset + (b % 3);
    real.hole(firstOffset, lastOffset);
    for (const offset of offsetsOf({ firstOffset, lastOffset })) {
      if (offset < naive.log.length) naive.log[offset] = undefined;
    }
  }

  delaysOver(): void {
    const { real, naive } = this;
    const before = real.window.counts.delayed;
    apply(real.window, { kind: 'delays_over', nowMs: real.nowMs });
    naive.delaysOver(real.nowMs);
    this.#reach('delay over', real.window.counts.delayed < before);
  }

  crash(a: number): void {
    const { real, naive } = this;
    const jumpMs = [0, 1_000_000, -1_000_000, 20, -20][a % 5]!;
    const { delayed, acquired } = real.window.counts;
    real.crash(jumpMs);
    naive.crash(real.nowMs, real.wallMs);
    this.#crashes++;
    this.#reach('reload with locks', acquired > 0);
    this.#reach('reload with delays', real.window.counts.delayed > 0);
    this.#reach('reload: delay capped after the wall clock went back', jumpMs < -20 && real.window.counts.delayed > 0);
    this.#reach('reload: delay over after the wall clock went on', jumpMs > 20 && delayed > real.window.counts.delayed);
  }

  limit(a: number, b: number): void {
    const { real, naive } = this;
    const deliveryCountLimit = [2, 2, 3, 5, 10][a % 5]!;
    const inFlightLimit = 5 + (b % 6);
    Object.assign(real.settings, { deliveryCountLimit, inFlightLimit });
    Object.assign(naive.settings, { deliveryCountLimit, inFlightLimit });
  }

  moveLogStart(a: number, b: number): void {
    const { real, naive } = this;
    const beyond = (b & 7) === 0;
    const offset = beyond ? naive.end + (a % 3) : Math.min(this.#near(a), naive.start + 3);
    const locks = naive.inWindow().filter((each) => each < offset && naive.at(each).lease !== null);
    this.#reach('log start passed the end', offset > naive.end);
    this.#reach('log start dropped a lock', locks.length > 0);
    real.moveLogStart(offset);
    naive.moveLogStart(offset);
  }

  reset(a: number, b: number): void {
    if ((b & 1) === 0) return;
    const { real, naive } = this;
    this.#reach('reset with locks out', real.window.counts.acquired > 0);
    const offset = real.logStartOffset + (a % (real.logEndOffset - real.logStartOffset + 1));
    real.reset(offset);
    naive.reset(offset);
  }

  /** The endings decided must be of exactly these offsets; then the twin ends them too. */
  #endings(
    changes: readonly EndChange[],
    offsets: readonly number[],
    outcomeOf: (offset: number) => NaiveOutcome,
    reason: string | null = null,
    takenOver?: number,
  ): void {
    const covered = changes.flatMap((change) => offsetsOf(change.ending)).sort((x, y) => x - y);
    equal(covered, offsets, 'offsets ended');
    this.#end(offsets, outcomeOf, reason, 0, takenOver);
  }

  #end(
    offsets: readonly number[],
    outcomeOf: (offset: number) => NaiveOutcome,
    reason: string | null,
    delayMs: number,
    takenOver?: number,
  ): void {
    const { real, naive } = this;
    const ends = offsets.map((offset) => {
      return { offset, outcome: outcomeOf(offset), reason, delayMs, ...(takenOver === undefined ? {} : { takenOver }) };
    });
    naive.finish(ends, real.nowMs, real.wallMs, (offset) => {
      const ending = real.history.get(offset)!;
      return ending.lastOffset - ending.firstOffset + 1;
    });
  }

  #compare(): void {
    const { real, naive } = this;
    const { window } = real;
    checkWindow(window);
    equal([window.startOffset, window.endOffset], [naive.start, naive.end], 'start and end');
    let unfinished = Math.max(0, naive.log.length - naive.end);
    let deadlineMs = Infinity;
    let delayMs = Infinity;
    let ready = false;
    for (let offset = naive.start; offset < naive.end; offset++) {
      const record = naive.at(offset);
      const run = window.runs.find(offset)!;
      const { lease } = record;
      const same =
        run.state === record.state &&
        run.deliveryCount === record.deliveryCount &&
        run.reason === record.reason &&
        run.attemptSize === record.attemptSize &&
        run.availableAtMs === record.availableAtMs &&
        run.lock?.deadlineMs === lease?.deadlineMs &&
        (run.lock === null ? undefined : holderId(run.lock.holder)) === lease?.holder;
      if (!same) equal({ ...run, lock: run.lock }, record, `offset ${offset}`);
      if (record.state === 'available' || record.state === 'acquired') unfinished++;
      if (lease !== null) deadlineMs = Math.min(deadlineMs, lease.deadlineMs);
      if (record.availableAtMs !== 0) delayMs = Math.min(delayMs, record.availableAtMs);
      else if (record.state === 'available') ready = true;
      if (record.availableAtMs !== 0 && recordState(run) !== 'delayed') throw new Error(`${offset} should be delayed`);
    }
    equal(lag(window, real.logEndOffset), unfinished, 'lag');
    const { runs } = window;
    equal([runs.nextDeadlineMs, runs.nextDelayMs, runs.hasReady], [deadlineMs, delayMs, ready], 'next times');
    // I2: of all leases out, at most one is live for an offset.
    const live = new Set<number>();
    for (const { lease } of this.#leases) {
      if (lease.offset < naive.start || standingOf(window, lease, real.nowMs).kind !== 'live') continue;
      if (live.has(lease.offset)) throw new Error(`two live leases for offset ${lease.offset}`);
      live.add(lease.offset);
    }
  }
}

const offsetsOf = (range: { readonly firstOffset: number; readonly lastOffset: number }): number[] =>
  Array.from({ length: range.lastOffset - range.firstOffset + 1 }, (_, index) => range.firstOffset + index);

function equal(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: the window says ${JSON.stringify(actual)}, its twin ${JSON.stringify(expected)}`);
}

/** Runs a list of steps on a fresh pair; an error carries the trace. */
export function runSteps(
  steps: readonly Step[],
  settings: { readonly deliveryCountLimit: number; readonly inFlightLimit: number },
  reached: Map<Corner, number>,
): void {
  const model = new Model(settings.deliveryCountLimit, settings.inFlightLimit, reached);
  try {
    for (const step of steps) model.step(step);
  } catch (error) {
    throw new Error(`${String(error)}\nafter:\n  ${model.trace.join('\n  ')}`, { cause: error });
  }
}
