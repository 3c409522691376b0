import type { AcknowledgeResult, AcknowledgeType, AcquiredRange, LeaseRef } from '../../src/broker/requests.ts';
import { openBatch } from '../../src/codec/record-batch.ts';
import type { Corner } from './corners.ts';
import { maxLatencyMs } from './simulated-process.ts';

type Ended = Extract<AcknowledgeResult, { status: 'accepted' | 'rejected' | 'archived' | 'released' }>['status'];

/** One acquisition of one record, as its worker knows it. */
export interface Delivery {
  readonly group: string;
  readonly worker: string;
  readonly record: Audited;
  readonly lease: LeaseRef;
  readonly deliveryCount: number;
  /** The lock is over between these two (monotonic): when precisely, a client cannot know. */
  deadlineLowMs: number;
  deadlineHighMs: number;
  readonly calledAtMs: number;
  /** What was asked for it and answered, in whatever way, or never will be. */
  readonly tried: Set<AcknowledgeType>;
  /** Questions on their way. */
  asking: number;
  /** What it ended with, as far as anybody was told. */
  ended: Ended | undefined;
  /** Somebody was told so, and not only that it had been so before. */
  told: boolean;
  /** Something may have ended it without its worker: an operator, a reset, a fault, a crash. */
  disturbed: boolean;
}

/** A record of one group, in one state epoch. */
interface Audited {
  readonly name: string;
  readonly deliveries: Delivery[];
  /** Attempts that operators gave back. */
  slack: number;
  /** An operator may have ended it. */
  operated: boolean;
  readonly history: string[];
}

/** When something was going on in a group that ends locks. */
interface Disturbance {
  readonly fromMs: number;
  untilMs: number;
  readonly partition: number | null;
}

interface Start {
  readonly stateEpoch: number;
  readonly startOffset: number;
}

const later = (a: LeaseRef, b: LeaseRef): boolean =>
  a.leaderEpoch !== b.leaderEpoch ? a.leaderEpoch > b.leaderEpoch : a.acquisition > b.acquisition;

const terminal = (ended: Ended | undefined): boolean => ended !== undefined && ended !== 'released';

const decoder = new TextDecoder();

/** Knows everything that clients were told, and complains as soon as it does not fit the promises (I1 to I13). */
export class Auditor {
  readonly limit: number;
  readonly #nowMs: () => number;
  readonly #reached: (corner: Corner) => void;
  /** By partition and offset: what was confirmed, and what was seen. */
  readonly #values = new Map<string, string>();
  readonly #records = new Map<string, Audited>();
  readonly #disturbances = new Map<string, Disturbance[]>();
  readonly #starts = new Map<string, Start>();
  deliveries = 0;

  constructor(limit: number, nowMs: () => number, reached: (corner: Corner) => void) {
    this.limit = limit;
    this.#nowMs = nowMs;
    this.#reached = reached;
  }

  fail(promise: string, what: string, record?: Audited): never {
    const history = record === undefined ? '' : `\n${record.name}:\n  ${record.history.join('\n  ')}`;
    throw new Error(`${promise}: ${what} (at ${this.#nowMs()} ms)${history}`);
  }

  // ───────────── records ─────────────

  produced(partition: number, offset: number, value: string): void {
    this.#value(partition, offset, value, 'confirmed');
  }

  #value(partition: number, offset: number, value: string, how: string): void {
    const place = `${partition}/${offset}`;
    const known = this.#values.get(place);
    if (known !== undefined && known !== value) this.fail('I1', `${place} was ${known}, and ${how} as ${value}`);
    this.#values.set(place, value);
  }

  /** Compares with what is on the disk in the end. */
  checkLog(partition: number, startOffset: number, stored: ReadonlyMap<number, string>): void {
    for (const [place, value] of this.#values) {
      const [of, offset] = place.split('/').map(Number);
      if (of !== partition || offset! < startOffset) continue;
      if (stored.get(offset!) !== value) {
        this.fail('I1', `${place} should be ${value}, and the log has ${stored.get(offset!)}`);
      }
    }
    if (new Set(stored.values()).size !== stored.size)
      this.fail('I1', `a produce was doubled in partition ${partition}`);
  }

  record(group: string, partition: number, stateEpoch: number, offset: number): Audited {
    const name = `${group}/${partition}/${stateEpoch}/${offset}`;
    let record = this.#records.get(name);
    if (record === undefined) {
      record = { name, deliveries: [], slack: 0, operated: false, history: [] };
      this.#records.set(name, record);
    }
    return record;
  }

  // ───────────── what ends locks without their holder ─────────────

  /** Returns what to call when it is over. */
  disturb(group: string, partition: number | null): () => void {
    const disturbance: Disturbance = { fromMs: this.#nowMs(), untilMs: Infinity, partition };
    const all = this.#disturbances.get(group);
    if (all === undefined) this.#disturbances.set(group, [disturbance]);
    else all.push(disturbance);
    return () => (disturbance.untilMs = this.#nowMs());
  }

  #isDisturbed(group: string, partition: number, fromMs: number): boolean {
    const all = this.#disturbances.get(group) ?? [];
    return all.some((each) => (each.partition ?? partition) === partition && each.untilMs >= fromMs);
  }

  /** Whether something has ended the lock by now, or may have, without its worker. */
  #mayBeOver(delivery: Delivery): boolean {
    if (delivery.disturbed) return true;
    delivery.disturbed = this.#isDisturbed(delivery.group, delivery.lease.partition, delivery.calledAtMs);
    return delivery.disturbed;
  }

  // ───────────── deliveries ─────────────

  delivered(group: string, worker: string, ranges: readonly AcquiredRange[], calledAtMs: number): Delivery[] {
    const nowMs = this.#nowMs();
    return ranges.flatMap((range) =>
      Array.from({ length: range.lastOffset - range.firstOffset + 1 }, (_, index) =>
        this.#delivered(group, worker, range, range.firstOffset + index, nowMs, calledAtMs),
      ),
    );
  }

  #delivered(
    group: string,
    worker: string,
    range: AcquiredRange,
    offset: number,
    nowMs: number,
    calledAtMs: number,
  ): Delivery {
    this.deliveries++;
    const { partition, stateEpoch, deliveryCount } = range;
    const record = this.record(group, partition, stateEpoch, offset);
    const { topicId, acquisition, leaderEpoch } = range;
    const lease = { topicId, partition, offset, acquisition, leaderEpoch, stateEpoch };
    const deadlineHighMs = nowMs + range.lockRemainingMs;
    const delivery: Delivery = {
      group,
      worker,
      record,
      lease,
      deliveryCount,
      // Between the lock and the answer the age of the oldest record is read in each partition.
      deadlineLowMs: deadlineHighMs - 4 * maxLatencyMs,
      deadlineHighMs,
      calledAtMs,
      tried: new Set(),
      asking: 0,
      ended: undefined,
      told: false,
      disturbed: this.#isDisturbed(group, partition, calledAtMs),
    };
    record.history.push(
      `${nowMs} ${worker} acquired it, epoch ${leaderEpoch} acquisition ${acquisition}, delivery ${deliveryCount}, for ${range.lockRemainingMs} ms${delivery.disturbed ? ', disturbed' : ''}`,
    );
    const batch = range.batches.find((each) => each.baseOffset <= offset && offset <= each.lastOffset);
    const value = batch === undefined ? undefined : openBatch(batch.bytes).record(offset)?.value;
    if (value == null) this.fail('I1', 'a record came without its bytes', record);
    this.#value(partition, offset, decoder.decode(value), 'delivered');
    for (const other of record.deliveries) this.#checkPair(delivery, other, nowMs);
    this.#checkCount(delivery);
    record.deliveries.push(delivery);
    return delivery;
  }

  #checkPair(delivery: Delivery, other: Delivery, nowMs: number): void {
    const { record, lease } = delivery;
    if (!later(lease, other.lease)) {
      if (!later(other.lease, lease)) this.fail('I2', 'two deliveries have the same lease', record);
      return;
    }
    if (terminal(other.ended)) this.fail('I3', `delivered to ${delivery.worker} after it was ${other.ended}`, record);
    if (
      other.ended === undefined &&
      other.tried.size === 0 &&
      other.asking === 0 &&
      other.lease.leaderEpoch === lease.leaderEpoch &&
      nowMs < other.deadlineLowMs &&
      !this.#mayBeOver(other)
    ) {
      this.fail('I2', `delivered to ${delivery.worker} while ${other.worker} holds it`, record);
    }
    if (other.lease.leaderEpoch === lease.leaderEpoch) {
      if (other.ended === undefined && nowMs >= other.deadlineLowMs) this.#reached('a lock ran out');
    } else {
      this.#reached('a record came again after a crash');
    }
  }

  #checkCount(delivery: Delivery): void {
    const { record, deliveryCount } = delivery;
    if (deliveryCount < 1 || deliveryCount > this.limit) this.fail('I6', `delivery ${deliveryCount}`, record);
    let before: Delivery | undefined;
    for (const other of record.deliveries) {
      if (later(delivery.lease, other.lease) && (before === undefined || later(other.lease, before.lease))) {
        before = other;
      }
    }
    if (before === undefined) return;
    const rise = deliveryCount - before.deliveryCount;
    if (rise > 1) this.fail('I6', `the count rose by ${rise}`, record);
    if (rise < -record.slack) this.fail('I6', `the count fell by ${-rise}`, record);
    const sure = before.ended === 'released' || (!this.#mayBeOver(before) && !delivery.disturbed);
    if (sure && rise < 1 - record.slack) {
      this.fail('I6', 'a delivery was not counted', record);
    }
  }

  // ───────────── acknowledgements ─────────────

  asked(delivery: Delivery, type: AcknowledgeType): void {
    delivery.asking++;
    delivery.record.history.push(
      `${this.#nowMs()} ${delivery.worker} asks to ${type} acquisition ${delivery.lease.acquisition}`,
    );
  }

  /** The process died before it answered. */
  neverAnswered(delivery: Delivery, type: AcknowledgeType): void {
    delivery.asking--;
    delivery.tried.add(type);
    delivery.record.history.push(`${this.#nowMs()} ${delivery.worker}: no answer to ${type}`);
  }

  answered(delivery: Delivery, type: AcknowledgeType, askedAtMs: number, result: AcknowledgeResult): void {
    const nowMs = this.#nowMs();
    const { record } = delivery;
    const word = result.status === 'error' ? result.error.code : result.status;
    const replayed = 'replayed' in result && result.replayed;
    record.history.push(`${nowMs} ${delivery.worker}: ${type} → ${word}${replayed ? ' again' : ''}`);
    if (result.status === 'error') {
      this.#refused(delivery, type, word, askedAtMs, nowMs);
    } else if (result.status === 'renewed') {
      this.#reached('a lease was renewed');
      if (askedAtMs >= delivery.deadlineHighMs) this.fail('I4', 'an expired lock was renewed', record);
      if (delivery.ended !== undefined) this.fail('I4', `renewed after it was ${delivery.ended}`, record);
      delivery.deadlineHighMs = nowMs + result.lockRemainingMs;
      delivery.deadlineLowMs = askedAtMs + result.lockRemainingMs;
    } else if (replayed) {
      this.#replayed(delivery, type, result.status);
    } else {
      this.#fresh(delivery, result.status, askedAtMs);
    }
    delivery.asking--;
    delivery.tried.add(type);
  }

  #fresh(delivery: Delivery, status: Ended, askedAtMs: number): void {
    const { record, lease, deliveryCount } = delivery;
    // A repetition may be answered before the first one is.
    if (delivery.told || (delivery.ended ?? status) !== status) {
      this.fail('I5', `${status} after it was ${delivery.ended}`, record);
    }
    delivery.told = true;
    if (askedAtMs >= delivery.deadlineHighMs) this.fail('I4', `${status} after its lock had run out`, record);
    this.#end(delivery, status);
    if (status === 'archived') {
      this.#reached('a record was archived at the limit');
      if (deliveryCount < this.limit) this.fail('I8', `archived on delivery ${deliveryCount}`, record);
    }
    if (status === 'rejected') this.#reached('a record was rejected');
    if (status === 'released' && deliveryCount >= this.limit) this.fail('I8', 'released on its last delivery', record);
    if (record.deliveries.some((other) => later(other.lease, lease) && status !== 'released')) {
      this.fail('I4', `${status} by a lease that was superseded`, record);
    }
  }

  #end(delivery: Delivery, status: Ended): void {
    delivery.ended = status;
    if (delivery.record.deliveries.filter((each) => terminal(each.ended)).length > 1) {
      this.fail('I8', 'two terminal outcomes', delivery.record);
    }
  }

  #replayed(delivery: Delivery, type: AcknowledgeType, status: Ended): void {
    const { record } = delivery;
    this.#reached('an outcome was replayed');
    // An operator who releases a worker's records ends them as that worker's own release would.
    const isOperators = type === 'release' && this.#mayBeOver(delivery);
    if (!delivery.tried.has(type) && delivery.asking < 2 && !isOperators)
      this.fail('I5', `a ${type} that nobody asked for is replayed`, record);
    if (delivery.ended === undefined) {
      this.#reached('an outcome whose answer was lost was replayed');
      this.#end(delivery, status);
    } else if (delivery.ended !== status) {
      this.fail('I5', `it was ${delivery.ended}, and is replayed as ${status}`, record);
    }
  }

  #refused(delivery: Delivery, type: AcknowledgeType, code: string, askedAtMs: number, nowMs: number): void {
    const { record, lease } = delivery;
    switch (code) {
      case 'STORAGE_FULL':
      case 'OUTCOME_UNKNOWN':
      case 'KAFKA_STORAGE_ERROR':
      case 'NOT_OWNER':
      case 'BUSY':
        return;
      case 'LEASE_EXPIRED':
        this.#reached('a stale lease: expired');
        if (delivery.ended !== undefined) this.fail('I5', `expired after it was ${delivery.ended}`, record);
        break;
      case 'LEASE_SUPERSEDED':
        this.#reached('a stale lease: superseded');
        break;
      case 'ALREADY_SETTLED':
        this.#reached('a stale lease: already settled');
        if (delivery.ended !== undefined || delivery.tried.size > 0 || delivery.asking > 1) return;
        break;
      case 'RECORD_GONE':
        this.#reached('a stale lease: gone');
        break;
      default:
        this.fail('I4', `an unexpected code, ${code}`, record);
    }
    if (delivery.tried.size > 0 && delivery.ended !== undefined) return;
    // A live lease is not refused.
    const isOver = nowMs >= delivery.deadlineLowMs || delivery.ended !== undefined || this.#mayBeOver(delivery);
    const isUnknown = delivery.asking > 1 || [...delivery.tried].some((each) => each !== 'renew');
    if (!isOver && !isUnknown) {
      this.fail(
        'I4',
        `${type} asked at ${askedAtMs} is refused as ${code}, though acquisition ${lease.acquisition} holds it`,
        record,
      );
    }
  }

  // ───────────── windows ─────────────

  /** Where windows were seen to start, up to now: answers may overtake each other. */
  get seenStarts(): ReadonlyMap<string, Start> {
    return new Map(this.#starts);
  }

  /** @param known `seenStarts` of when it was asked */
  window(
    group: string,
    partition: number,
    seen: {
      readonly stateEpoch: number;
      readonly startOffset: number;
      readonly endOffset: number;
      readonly logStartOffset: number;
      readonly logEndOffset: number;
      readonly lag: number;
      readonly counts: Readonly<Record<string, number>>;
    },
    mostInFlight: number,
    known: ReadonlyMap<string, Start>,
  ): void {
    const place = `${group}/${partition}`;
    const before = known.get(place);
    const { stateEpoch, startOffset, endOffset, counts } = seen;
    const text = `${place} ${JSON.stringify(seen)}, before ${JSON.stringify(before)}`;
    if (before !== undefined) {
      if (stateEpoch < before.stateEpoch) this.fail('I7', `the state epoch went back: ${text}`);
      if (stateEpoch === before.stateEpoch && startOffset < before.startOffset) {
        this.fail('I7', `the start went back: ${text}`);
      }
    }
    this.#starts.set(place, { stateEpoch, startOffset });
    if (endOffset - startOffset >= mostInFlight) this.fail('I7', `too much in flight: ${text}`);
    const sum = Object.values(counts).reduce((a, b) => a + b, 0);
    if (sum !== endOffset - startOffset) this.fail('I7', `the counts do not make up the window: ${text}`);
    const unfinished = seen.logEndOffset - startOffset - counts['acknowledged']! - counts['archived']!;
    if (seen.lag !== Math.max(0, unfinished)) this.fail('I10', `the lag is wrong: ${text}`);
  }

  /** Why a record is not delivered any more; undefined: nobody knows, so it was lost. */
  explanation(group: string, partition: number, stateEpoch: number, offset: number): string | undefined {
    const record = this.record(group, partition, stateEpoch, offset);
    const last = record.deliveries.find((each) => terminal(each.ended));
    if (last !== undefined) return last.ended;
    if (record.operated) return 'operated';
    const unknown = record.deliveries.find((each) => each.tried.has('accept') || each.tried.has('reject'));
    return unknown === undefined ? undefined : 'unknown';
  }

  history(group: string, partition: number, stateEpoch: number, offset: number): string {
    return this.record(group, partition, stateEpoch, offset).history.join('\n  ');
  }
}
