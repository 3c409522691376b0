/**
 * The window as one would first write it: an array with one entry per offset, walked from the front each time. No
 * runs, no tree, no joins, no acquisition numbers: who is newer is known from one counter of turns. It shares no code
 * with src/core, and is what the model test compares the real one with.
 */

export type NaiveState = 'available' | 'acquired' | 'acknowledged' | 'archived';
export type NaiveOutcome = 'accepted' | 'released' | 'rejected' | 'expired' | 'gap' | 'retried';

/** One acquisition of one record. */
export interface NaiveLease {
  readonly turn: number;
  readonly holder: string;
  readonly offset: number;
  readonly era: number;
  deadlineMs: number;
  ended: NaiveOutcome | null;
}

interface Unfinished {
  state: NaiveState;
  deliveryCount: number;
  attemptSize: number;
  reason: string | null;
}

export interface NaiveRecord extends Unfinished {
  lease: NaiveLease | null;
  availableAtMs: number;
  /** What is stored of it: how its last delivery ended. */
  stored: (Unfinished & { availableAtWallMs: number; delayMs: number }) | null;
  /** The turn whose acquisition ended last. */
  lastEndedTurn: number;
}

export interface NaiveRange {
  firstOffset: number;
  lastOffset: number;
  deliveryCount: number;
  lastFailure: string | null;
}

export interface NaiveAsk {
  readonly maxRecords: number;
  readonly soft: boolean;
  readonly batchSize: number | undefined;
  readonly readEndOffset: number;
}

export interface NaiveSettings {
  deliveryCountLimit: number;
  inFlightLimit: number;
}

const finished = (record: NaiveRecord): boolean => record.state === 'acknowledged' || record.state === 'archived';

export class NaiveWindow {
  start = 0;
  end = 0;
  logStart = 0;
  /** By offset; undefined was never in a window. */
  records: (NaiveRecord | undefined)[] = [];
  /** Batch number of each offset that was produced; undefined is a hole. */
  log: (number | undefined)[] = [];
  storedStart = 0;
  turn = 0;
  era = 0;
  settings: NaiveSettings;

  constructor(settings: NaiveSettings) {
    this.settings = settings;
  }

  at(offset: number): NaiveRecord {
    return this.records[offset]!;
  }

  inWindow(): number[] {
    return Array.from({ length: this.end - this.start }, (_, index) => this.start + index);
  }

  #enter(end: number): void {
    for (; this.end < end; this.end++) {
      this.records[this.end] = {
        state: 'available',
        deliveryCount: 0,
        attemptSize: 0,
        reason: null,
        lease: null,
        availableAtMs: 0,
        stored: null,
        lastEndedTurn: 0,
      };
    }
  }

  #slide(): void {
    while (this.start < this.end && finished(this.at(this.start))) this.start++;
  }

  produce(batch: number, records: number): void {
    for (let index = 0; index < records; index++) this.log.push(batch);
  }

  /** What would be read for a request: the offsets that would be acquired if the log had them all. */
  plan(ask: NaiveAsk): number[] {
    return this.#pick({ ...ask, soft: false, readEndOffset: Infinity }, () => 0).map((pick) => pick.offset);
  }

  acquire(holder: string, ask: NaiveAsk, deadlineMs: number): { ranges: NaiveRange[]; leases: NaiveLease[] } {
    for (const offset of this.plan(ask)) {
      if (this.log[offset] !== undefined || offset >= ask.readEndOffset) continue;
      this.#enter(offset + 1);
      const record = this.at(offset);
      if (record.state === 'available') Object.assign(record, { state: 'archived', availableAtMs: 0, reason: null });
    }
    this.#slide();
    const picks = this.#pick(ask, (offset) => (offset < ask.readEndOffset ? this.log[offset] : undefined));
    if (picks.length === 0) return { ranges: [], leases: [] };
    this.turn++;
    const ranges: (NaiveRange & { count: number })[] = [];
    picks.forEach((pick, index) => {
      const before = picks[index - 1];
      const range = ranges.at(-1);
      const together =
        before !== undefined &&
        range !== undefined &&
        before.offset + 1 === pick.offset &&
        before.deliveryCount === pick.deliveryCount &&
        before.reason === pick.reason &&
        (pick.deliveryCount > 0 || (before.isNew === pick.isNew && before.attemptSize === pick.attemptSize)) &&
        // New records for a Kafka client: cut where a batch begins, once there are enough.
        !(
          pick.isNew &&
          ask.soft &&
          ask.batchSize !== undefined &&
          this.log[before.offset] !== this.log[pick.offset] &&
          pick.offset - range.firstOffset >= ask.batchSize
        );
      if (together) range.lastOffset = pick.offset;
      else {
        ranges.push({
          firstOffset: pick.offset,
          lastOffset: pick.offset,
          deliveryCount: pick.deliveryCount + 1,
          lastFailure: pick.reason,
          count: 0,
        });
      }
    });
    const leases: NaiveLease[] = [];
    for (const { firstOffset, lastOffset } of ranges) {
      for (let offset = firstOffset; offset <= lastOffset; offset++) {
        this.#enter(offset + 1);
        const record = this.at(offset);
        record.state = 'acquired';
        record.deliveryCount++;
        record.availableAtMs = 0;
        record.attemptSize = lastOffset - firstOffset + 1;
        record.lease = { turn: this.turn, holder, offset, era: this.era, deadlineMs, ended: null };
        leases.push(record.lease);
      }
    }
    return { ranges: ranges.map(({ count: _count, ...range }) => range), leases };
  }

  /** Offset by offset, lowest first. `batchOf`: the log batch of an offset; undefined: not to be had. */
  #pick(ask: NaiveAsk, batchOf: (offset: number) => number | undefined) {
    const limit = this.settings.deliveryCountLimit;
    const threshold = Math.max(2, Math.ceil(limit / 2));
    const picks: {
      offset: number;
      isNew: boolean;
      deliveryCount: number;
      attemptSize: number;
      reason: string | null;
    }[] = [];
    /** Set by a record near the limit: only so many, all like it, then no more. */
    let throttle: number | undefined;
    for (let offset = this.start; offset < this.log.length; offset++) {
      const batch = batchOf(offset);
      if (batch === undefined) continue;
      const isNew = offset >= this.end;
      const record = isNew ? undefined : this.at(offset);
      if (record !== undefined && (record.state !== 'available' || record.availableAtMs !== 0)) {
        if (throttle !== undefined) break;
        continue;
      }
      const { deliveryCount, attemptSize, reason } = record ?? { deliveryCount: 0, attemptSize: 0, reason: null };
      const before = picks.at(-1);
      const alike =
        before !== undefined &&
        before.offset === offset - 1 &&
        before.isNew === isNew &&
        before.deliveryCount === deliveryCount &&
        before.attemptSize === attemptSize &&
        before.reason === reason;
      if (throttle !== undefined) {
        if (!alike || picks.length >= throttle) break;
      } else if (!isNew && deliveryCount >= threshold) {
        if (picks.length > 0) break;
        throttle = limit > 2 && deliveryCount >= limit - 1 ? 1 : Math.max(1, Math.floor(attemptSize / 2));
        throttle = Math.min(throttle, ask.maxRecords);
      }
      const room = isNew && offset >= this.start + this.settings.inFlightLimit ? 0 : ask.maxRecords - picks.length;
      if (room <= 0) {
        // The limits are soft for Kafka's default mode: a log batch is not cut.
        const restOfBatch = ask.soft && throttle === undefined && alike && batchOf(offset - 1) === batch;
        if (!restOfBatch) break;
      }
      picks.push({ offset, isNew, deliveryCount, attemptSize, reason });
    }
    return picks;
  }

  /** Ends the deliveries of these offsets, all in one write. `sizeOf`: how many records one stored ending covers. */
  finish(
    ends: readonly {
      offset: number;
      outcome: NaiveOutcome;
      reason: string | null;
      delayMs: number;
      /** An operator's turn. */
      takenOver?: number;
    }[],
    nowMs: number,
    wallMs: number,
    sizeOf: (offset: number) => number,
  ): void {
    for (const { offset, outcome, reason, delayMs, takenOver } of ends) {
      const record = this.at(offset);
      if (outcome === 'retried') record.deliveryCount--;
      if (outcome === 'accepted') record.state = 'acknowledged';
      else if (outcome === 'rejected' || outcome === 'gap') record.state = 'archived';
      else if (outcome === 'retried') record.state = 'available';
      else record.state = record.deliveryCount >= this.settings.deliveryCountLimit ? 'archived' : 'available';
      const waits = record.state === 'available' && delayMs > 0;
      record.availableAtMs = waits ? nowMs + delayMs : 0;
      record.reason = record.state === 'acknowledged' ? null : (reason ?? record.reason);
      record.attemptSize = Math.max(1, record.attemptSize);
      if (takenOver === undefined) record.lease!.ended = outcome;
      record.lastEndedTurn = takenOver ?? record.lease!.turn;
      record.lease = null;
      record.stored = {
        state: record.state,
        deliveryCount: record.deliveryCount,
        reason: record.reason,
        attemptSize: sizeOf(offset),
        availableAtWallMs: waits ? wallMs + delayMs : 0,
        delayMs,
      };
    }
    this.#slide();
    if (ends.length > 0) this.storedStart = this.start;
  }

  giveBack(leases: readonly NaiveLease[]): void {
    for (const lease of leases) {
      const record = this.at(lease.offset);
      if (lease.offset < this.start || record.lease !== lease) continue;
      record.state = 'available';
      record.deliveryCount--;
      record.lease = null;
    }
  }

  delaysOver(nowMs: number): void {
    for (const offset of this.inWindow()) {
      const record = this.at(offset);
      if (record.availableAtMs <= nowMs) record.availableAtMs = 0;
    }
  }

  moveLogStart(offset: number): void {
    this.logStart = Math.max(this.logStart, offset);
    while (this.log.length < this.logStart) this.log.push(undefined);
    this.#startAtLeast(this.logStart);
  }

  #startAtLeast(offset: number): void {
    this.start = Math.max(this.start, offset);
    this.end = Math.max(this.end, this.start);
    this.#slide();
  }

  reset(offset: number): void {
    this.start = offset;
    this.end = offset;
    this.storedStart = offset;
    this.records = [];
    this.era++;
  }

  crash(nowMs: number, wallMs: number): void {
    const records = this.records;
    let end = this.storedStart;
    for (let offset = this.storedStart; offset < records.length; offset++) {
      if (records[offset]?.stored != null) end = offset + 1;
    }
    this.records = [];
    this.start = this.storedStart;
    this.end = this.storedStart;
    for (let offset = 0; offset < records.length; offset++) {
      const old = records[offset];
      if (offset < this.storedStart) this.records[offset] = old;
      if (offset < this.storedStart || offset >= end) continue;
      this.#enter(offset + 1);
      const stored = old?.stored;
      if (old === undefined || stored == null) continue;
      const waitMs = Math.min(stored.availableAtWallMs - wallMs, stored.delayMs);
      const { state, deliveryCount, attemptSize, reason } = stored;
      Object.assign(this.at(offset), {
        state,
        deliveryCount,
        attemptSize,
        reason,
        availableAtMs: state === 'available' && waitMs > 0 ? nowMs + waitMs : 0,
        stored,
        lastEndedTurn: old.lastEndedTurn,
      });
    }
    this.#slide();
    this.#startAtLeast(this.logStart);
  }

  /** What an acknowledgement with this lease is worth now. */
  judge(lease: NaiveLease, outcome: NaiveOutcome | 'renew', nowMs: number): string {
    const { offset } = lease;
    if (lease.era !== this.era) return 'RECORD_GONE';
    const record = this.records[offset];
    const inWindow = offset >= this.start && offset < this.end;
    const holding = inWindow ? this.at(offset).lease : null;
    if (holding === lease) return lease.deadlineMs > nowMs ? 'live' : 'LEASE_EXPIRED';
    if (holding !== null) return 'LEASE_SUPERSEDED';
    if ((record?.lastEndedTurn ?? 0) > lease.turn) return 'LEASE_SUPERSEDED';
    if (lease.ended === 'expired') return 'LEASE_EXPIRED';
    if (lease.ended !== null) return lease.ended === outcome ? 'replayed' : 'ALREADY_SETTLED';
    // It never ended: the process died, or the log start passed it.
    if (offset >= this.end || (inWindow && !finished(this.at(offset)))) return 'LEASE_EXPIRED';
    return offset < this.logStart ? 'RECORD_GONE' : 'ALREADY_SETTLED';
  }
}
