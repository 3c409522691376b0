import type { Report } from './auditor.ts';
import type { AcknowledgeItem, AcknowledgeOutcome, AcknowledgeType, AcquiredRecord, HistoryEvent } from './history.ts';

type EndType = Exclude<AcknowledgeType, 'renew'>;
type EndStatus = 'accepted' | 'released' | 'archived' | 'rejected';

/** One acquisition of one record, as a worker received it. */
export interface Delivery {
  readonly group: string;
  readonly place: string;
  readonly offset: number;
  readonly lease: string;
  readonly id: string;
  readonly deliveryCount: number;
  readonly incarnation: number;
  readonly askedMs: number;
  readonly receivedMs: number;
  /** Before this instant the lock cannot have run out. */
  lockedUntilMs: number;
  /** Every ending that was ever sent for its lease. */
  readonly attempts: Attempt[];
  ended: EndStatus | null;
  /** When the first answer said so. */
  endedAnsweredMs: number;
  /** An answer said that its acknowledgement ended it, and was no replay. */
  hasCounted: boolean;
}

export interface Attempt {
  readonly type: EndType;
  readonly sentMs: number;
  /** Of a release: not handed out again for so long. */
  readonly delayMs: number;
  outcome: 'unknown' | 'confirmed' | 'refused';
}

/** What the auditor knows of one record in one group. */
export interface RecordHistory {
  readonly deliveries: Delivery[];
  /** The delivery whose accept, reject or last release was confirmed: after it there is no other. */
  finished: Delivery | null;
  /** The count that was stored when the running incarnation began. */
  storedCount: number;
}

interface OpenAcquire {
  readonly group: string;
  readonly topics: readonly string[];
  readonly incarnation: number;
  readonly atMs: number;
  readonly lockMs: number;
}

const finishing: Readonly<Record<EndStatus, boolean>> = {
  accepted: true,
  archived: true,
  rejected: true,
  released: false,
};
const typeOf: Readonly<Record<EndStatus, EndType>> = {
  accepted: 'accept',
  archived: 'release',
  rejected: 'reject',
  released: 'release',
};

/** A delay lasts until an instant of the wall clock, which is corrected now and then. */
const clockSlackMs = 25;

/** Codes that say nothing of what happened: the worker asks again. */
const undecided = new Set([
  'BUSY',
  'NOT_OWNER',
  'OUTCOME_UNKNOWN',
  'KAFKA_STORAGE_ERROR',
  'SHUTTING_DOWN',
  'STORAGE_FULL',
]);

/**
 * The workers' half, while a server runs: what was delivered to whom, and what was said about it. Judges each delivery
 * and each answer by all that came before (I2 to I6). `window-auditor.ts` compares it with the state after a restart.
 */
export class GroupAuditor {
  readonly #report: Report;
  readonly #hasRetention: (place: string) => boolean;
  readonly #deliveries = new Map<string, Delivery>();
  /** By group and partition, then by offset. */
  readonly #histories = new Map<string, Map<number, RecordHistory>>();
  /** First offset that was unfinished at the last start, by group and partition. */
  readonly #startOffsets = new Map<string, number>();
  /** By incarnation: from then on partitions may have gone from one node to another, and with them the locks. */
  readonly #movingFromMs = new Map<number, number>();
  readonly #acquires = new Map<string, OpenAcquire>();
  readonly #acknowledges = new Map<string, Extract<HistoryEvent, { kind: 'acknowledge' }>>();
  readonly counts = {
    deliveries: 0,
    redeliveries: 0,
    accepted: 0,
    rejected: 0,
    archived: 0,
    released: 0,
    renewed: 0,
    replayed: 0,
    stale: 0,
  };

  /** @param hasRetention whether records of a partition, `topic/partition`, may go before they are finished */
  constructor(report: Report, hasRetention: (place: string) => boolean) {
    this.#report = report;
    this.#hasRetention = hasRetention;
  }

  /** A node, or what all need, fails or falls silent while others go on: locks may end at any moment now, and no count says so. */
  disturbed(incarnation: number, atMs: number): void {
    this.#movingFromMs.set(incarnation, atMs);
  }

  mayHaveMoved(incarnation: number, untilMs: number): boolean {
    return untilMs >= (this.#movingFromMs.get(incarnation) ?? Infinity);
  }

  /** By offset. */
  historiesOf(group: string, place: string): Map<number, RecordHistory> {
    const name = `${group}|${place}`;
    let histories = this.#histories.get(name);
    if (histories === undefined) this.#histories.set(name, (histories = new Map()));
    return histories;
  }

  historyOf(group: string, place: string, offset: number): RecordHistory {
    const histories = this.historiesOf(group, place);
    let history = histories.get(offset);
    if (history === undefined) histories.set(offset, (history = { deliveries: [], finished: null, storedCount: 0 }));
    return history;
  }

  take(event: HistoryEvent): void {
    switch (event.kind) {
      case 'acquire':
        this.#acquires.set(event.request, event);
        return;
      case 'acquired': {
        const acquire = this.#acquires.get(event.request);
        this.#acquires.delete(event.request);
        if (acquire === undefined) return;
        for (const record of event.records) this.#delivered(record, acquire, event.atMs);
        return;
      }
      case 'acquire_refused':
        this.#acquires.delete(event.request);
        return;
      case 'acknowledge':
        this.#acknowledges.set(event.request, event);
        for (const { lease, type, delayMs = 0 } of event.items) {
          if (type === 'renew') continue;
          this.#deliveries.get(lease)?.attempts.push({ type, sentMs: event.atMs, delayMs, outcome: 'unknown' });
        }
        return;
      case 'acknowledged': {
        const call = this.#acknowledges.get(event.request);
        this.#acknowledges.delete(event.request);
        if (call === undefined) return;
        const { items, incarnation, atMs } = call;
        if (items.length !== event.results.length) {
          this.#report('I5', `${items.length} acknowledgements got ${event.results.length} results`);
          return;
        }
        for (const [index, item] of items.entries()) {
          const delivery = this.#deliveries.get(item.lease);
          if (delivery !== undefined) {
            this.#answered(delivery, item, event.results[index]!, { incarnation, atMs, answeredMs: event.atMs });
          }
        }
        return;
      }
      default:
    }
  }

  // ───────────── deliveries ─────────────

  #delivered(record: AcquiredRecord, acquire: OpenAcquire, receivedMs: number): void {
    const { group, incarnation } = acquire;
    const place = `${record.topic}/${record.partition}`;
    const delivery: Delivery = {
      group,
      place,
      offset: record.offset,
      lease: record.lease,
      id: record.id,
      deliveryCount: record.deliveryCount,
      incarnation,
      askedMs: acquire.atMs,
      receivedMs,
      lockedUntilMs: acquire.atMs + acquire.lockMs,
      attempts: [],
      ended: null,
      endedAnsweredMs: Infinity,
      hasCounted: false,
    };
    const what = text(delivery);
    this.counts.deliveries++;
    if (record.deliveryCount > 1) this.counts.redeliveries++;
    if (this.#deliveries.has(record.lease)) this.#report('I2', `the lease of ${what} was given out before`);
    this.#deliveries.set(record.lease, delivery);
    if (!record.intact) this.#report('I1', `${what} came as ${record.id} with a changed value`);
    const startOffset = this.#startOffsets.get(`${group}|${place}`) ?? 0;
    if (record.offset < startOffset) {
      this.#report('I3', `${what} is before the start of the window, which was ${startOffset} at the last start`);
    }

    const history = this.historyOf(group, place, record.offset);
    const { finished } = history;
    if (finished !== null && isAfter(delivery, finished)) this.#redelivered(delivery, finished);
    for (const earlier of history.deliveries) {
      if (earlier.incarnation !== incarnation) continue;
      if (this.mayHaveMoved(incarnation, Math.max(earlier.receivedMs, delivery.receivedMs))) continue;
      if (earlier.deliveryCount === delivery.deliveryCount) {
        this.#report('I2', `${what} was given to two workers under the same delivery count`);
      }
      const [first, second] =
        earlier.deliveryCount < delivery.deliveryCount ? [earlier, delivery] : [delivery, earlier];
      const ended = first.attempts.some(({ sentMs }) => sentMs < second.receivedMs);
      if (!ended && second.receivedMs < first.lockedUntilMs) {
        const earlyMs = Math.round(first.lockedUntilMs - second.receivedMs);
        this.#report('I2', `${text(second)} came at least ${earlyMs} ms before the lock of ${text(first)} was over`);
      }
    }
    for (const earlier of history.deliveries) {
      const earlyMs = delayedUntilMs(earlier) - receivedMs;
      if (earlyMs < clockSlackMs) continue;
      this.#report('I5', `${what} came ${Math.round(earlyMs)} ms before the delay of its release was over`);
    }
    history.deliveries.push(delivery);
  }

  #redelivered(delivery: Delivery, finished: Delivery): void {
    this.#report('I3', `${text(delivery)} was delivered although ${text(finished)} was confirmed as ${finished.ended}`);
  }

  // ───────────── answers ─────────────

  #answered(
    delivery: Delivery,
    item: AcknowledgeItem,
    result: AcknowledgeOutcome,
    call: { readonly incarnation: number; readonly atMs: number; readonly answeredMs: number },
  ): void {
    const what = `${item.type} of ${text(delivery)}`;
    if (result.status === 'error') {
      this.#refused(delivery, item, result.code ?? '?', call);
      return;
    }
    if (result.status === 'renewed') {
      this.counts.renewed++;
      if (item.type !== 'renew') this.#report('I5', `the ${what} was answered with renewed`);
      if (call.incarnation !== delivery.incarnation) this.#report('I4', `the ${what} counted after a restart`);
      delivery.lockedUntilMs = Math.max(delivery.lockedUntilMs, call.atMs + (item.lockDurationMs ?? 0));
      return;
    }
    const status = result.status;
    if (typeOf[status] !== item.type) {
      this.#report('I5', `the ${what} was answered with ${status}`);
      return;
    }
    const attempt = delivery.attempts.find(({ type, sentMs }) => type === item.type && sentMs === call.atMs);
    const before = delivery.attempts.filter((each) => each !== attempt);
    if (attempt !== undefined) attempt.outcome = 'confirmed';
    if (delivery.ended !== null && delivery.ended !== status) {
      this.#report('I5', `the ${what} was answered with ${status}, and with ${delivery.ended} before`);
    }
    if (result.replayed === true) {
      this.counts.replayed++;
      if (!before.some(({ type, outcome }) => type === item.type && outcome !== 'refused')) {
        this.#report(
          'I4',
          `the ${what} was answered as a replay of an acknowledgement that was never sent or was refused`,
        );
      }
    } else {
      this.#countedAnew(delivery, what, call);
    }
    if (delivery.ended !== null) return;
    delivery.ended = status;
    delivery.endedAnsweredMs = call.answeredMs;
    this.counts[status]++;
    if (finishing[status]) this.#finish(delivery);
  }

  /** The server says that this very acknowledgement ended the delivery. */
  #countedAnew(delivery: Delivery, what: string, call: { readonly incarnation: number; readonly atMs: number }): void {
    // Of two that were under way together the answer of the replay may come first: the other's may wait for records.
    if (delivery.hasCounted || call.atMs > delivery.endedAnsweredMs) {
      this.#report('I5', `the ${what} was ${delivery.ended} before, and counted once more`);
    }
    delivery.hasCounted = true;
    if (call.incarnation !== delivery.incarnation) {
      this.#report('I4', `the ${what} counted after a restart, which ended its lock`);
    }
    const { deliveries } = this.historyOf(delivery.group, delivery.place, delivery.offset);
    const newer = deliveries.find((each) => isNewer(each, delivery) && each.receivedMs < call.atMs);
    if (newer !== undefined) this.#report('I4', `the ${what} counted although there was ${text(newer)} before it`);
  }

  #finish(delivery: Delivery): void {
    const history = this.historyOf(delivery.group, delivery.place, delivery.offset);
    if (history.finished !== null) {
      this.#report('I8', `${text(delivery)} was ${delivery.ended}, and so was ${text(history.finished)}`);
      return;
    }
    history.finished = delivery;
    for (const other of history.deliveries) if (isAfter(other, delivery)) this.#redelivered(other, delivery);
  }

  #refused(
    delivery: Delivery,
    item: AcknowledgeItem,
    code: string,
    call: { readonly atMs: number; readonly answeredMs: number; readonly incarnation: number },
  ): void {
    if (undecided.has(code)) return;
    this.counts.stale++;
    const what = `${item.type} of ${text(delivery)}`;
    const attempt = delivery.attempts.find(({ type, sentMs }) => type === item.type && sentMs === call.atMs);
    if (attempt !== undefined) attempt.outcome = 'refused';
    const others = delivery.attempts.filter((each) => each !== attempt);
    switch (code) {
      case 'LEASE_EXPIRED':
        // Nothing that was sent before it has ended the delivery either.
        for (const other of others) if (other.outcome === 'unknown') other.outcome = 'refused';
        if (
          call.incarnation === delivery.incarnation &&
          call.answeredMs < delivery.lockedUntilMs &&
          !this.mayHaveMoved(call.incarnation, call.answeredMs)
        ) {
          this.#report('I2', `the ${what} was refused with LEASE_EXPIRED before its lock can have run out`);
        }
        this.#notConfirmedBefore(delivery, item, code, what);
        return;
      case 'LEASE_SUPERSEDED':
        // Nobody gets a record that was accepted or rejected.
        for (const other of others) {
          if (other.outcome === 'unknown' && other.type !== 'release') other.outcome = 'refused';
        }
        // Of a release it only says that somebody else has the record by now.
        if (delivery.ended !== 'released') this.#notConfirmedBefore(delivery, item, code, what);
        return;
      case 'ALREADY_SETTLED':
        for (const other of others) {
          if (other.outcome === 'unknown' && other.type === item.type) other.outcome = 'refused';
        }
        if (item.type !== 'renew' && delivery.ended !== null && typeOf[delivery.ended] === item.type) {
          this.#report('I5', `the ${what} was ${delivery.ended}, and its replay was refused with ${code}`);
        } else if (others.every(({ outcome }) => outcome === 'refused') && !this.#mayBeFinished(delivery)) {
          this.#report('I4', `the ${what} was refused with ${code}, and nobody has settled it`);
        }
        return;
      case 'RECORD_GONE':
        if (!this.#hasRetention(delivery.place)) {
          this.#report('I1', `the ${what} was refused with ${code}, and its topic has no retention`);
        }
        return;
      default:
        this.#report('I4', `the ${what} was refused with ${code}`);
    }
  }

  #mayBeFinished(delivery: Delivery): boolean {
    const history = this.historyOf(delivery.group, delivery.place, delivery.offset);
    return (
      history.finished !== null ||
      history.deliveries.some(({ attempts }) => attempts.some(({ outcome }) => outcome === 'unknown'))
    );
  }

  #notConfirmedBefore(delivery: Delivery, item: AcknowledgeItem, code: string, what: string): void {
    if (delivery.ended === null || item.type === 'renew') return;
    this.#report('I5', `${text(delivery)} was ${delivery.ended}, and now the ${what} was refused with ${code}`);
  }

  // ───────────── when the server is gone ─────────────

  /** Acquires whose answer never came: records that somebody holds, or held, without knowing it. */
  lostAcquires(group: string, topic: string, incarnation: number): readonly { readonly expiredMs: number }[] {
    return [...this.#acquires.values()]
      .filter((each) => each.group === group && each.incarnation === incarnation && each.topics.includes(topic))
      .map(({ atMs, lockMs }) => ({ expiredMs: atMs + lockMs }));
  }

  /** Nobody waits for an answer of this incarnation or an earlier one any more. */
  forgetOpenRequests(incarnation: number): void {
    for (const [request, each] of this.#acquires) if (each.incarnation <= incarnation) this.#acquires.delete(request);
    for (const [request, each] of this.#acknowledges) {
      if (each.incarnation <= incarnation) this.#acknowledges.delete(request);
    }
  }

  /** What is before the start of the window needs no history any more; its leases may still be asked for a while. */
  forgetFinished(group: string, place: string, startOffset: number, keepFromIncarnation: number): void {
    this.#startOffsets.set(`${group}|${place}`, startOffset);
    const histories = this.historiesOf(group, place);
    for (const [offset, { deliveries }] of histories) {
      if (offset >= startOffset || deliveries.some((each) => each.incarnation >= keepFromIncarnation)) continue;
      for (const { lease } of deliveries) this.#deliveries.delete(lease);
      histories.delete(offset);
    }
  }

  /** Deliveries of the last incarnations, for the auditor's own acknowledgements after a restart. */
  deliveriesSince(incarnation: number): Delivery[] {
    return [...this.#deliveries.values()].filter((each) => each.incarnation >= incarnation);
  }
}

/** Before that, nobody gets the record. Whichever of the attempts to release it counted, the others were replays. */
const delayedUntilMs = ({ ended, attempts }: Delivery): number => {
  if (ended !== 'released') return -Infinity;
  const releases = attempts.filter(({ type }) => type === 'release');
  return Math.min(...releases.map(({ sentMs, delayMs }) => sentMs + delayMs));
};

/** A later acquisition of the same record. */
const isNewer = (one: Delivery, than: Delivery): boolean =>
  one.incarnation > than.incarnation ||
  (one.incarnation === than.incarnation &&
    (one.deliveryCount > than.deliveryCount ||
      // Another node has given it out again: what was not ended was never counted.
      (one.deliveryCount === than.deliveryCount && one.askedMs > than.receivedMs)));

const isAfter = (one: Delivery, finished: Delivery): boolean => one !== finished && isNewer(one, finished);

export const text = (delivery: Delivery): string =>
  `${delivery.group} ${delivery.place} offset ${delivery.offset} (delivery ${delivery.deliveryCount} of start ${delivery.incarnation})`;
