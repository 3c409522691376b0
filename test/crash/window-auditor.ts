import type { Report } from './auditor.ts';
import { type Delivery, type GroupAuditor, type RecordHistory, text } from './group-auditor.ts';
import type { LogAuditor } from './log-auditor.ts';
import type { Peek, Run, Snapshot, WindowSnapshot } from './snapshot.ts';

/** The incarnation that has just ended. */
export interface Died {
  readonly incarnation: number;
  /** When the process was gone: whatever it has done, it did before. */
  readonly atMs: number;
}

/** A finished record of which no worker has told the auditor why: a peek at its attempts has to say it. */
export interface Doubt {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * Compares the state after a restart, while nobody works, with what the workers were told before it: each record is
 * finished, or still to be delivered, and may be so (I1, I3, I4); counts neither fall nor jump (I6); the start of the
 * window never goes back and is the lowest unfinished offset (I7); the lag is exact (I10).
 */
export class WindowAuditor {
  readonly #report: Report;
  readonly #groups: GroupAuditor;
  readonly #log: LogAuditor;
  readonly #deliveryCountLimits: ReadonlyMap<string, number>;
  /** The greatest start offset ever seen, by group and partition. */
  readonly #startOffsets = new Map<string, number>();
  /** Up to where it was already found out why the records are finished. */
  readonly #judgedTo = new Map<string, number>();
  /** Lag of all groups at the last start. */
  unfinished = 0;

  constructor(report: Report, groups: GroupAuditor, log: LogAuditor, deliveryCountLimits: ReadonlyMap<string, number>) {
    this.#report = report;
    this.#groups = groups;
    this.#log = log;
    this.#deliveryCountLimits = deliveryCountLimits;
  }

  /** Somebody saw a window start there; from now on it never starts before. */
  observed(group: string, place: string, startOffset: number): void {
    const name = `${group}|${place}`;
    const before = this.#startOffsets.get(name) ?? 0;
    if (startOffset < before) {
      this.#report(
        'I7',
        `the window of ${group} on ${place} starts at ${startOffset}, and started at ${before} before`,
      );
    }
    this.#startOffsets.set(name, Math.max(before, startOffset));
  }

  restarted(snapshot: Snapshot, died: Died): Doubt[] {
    const doubts: Doubt[] = [];
    this.unfinished = 0;
    for (const name of this.#startOffsets.keys()) {
      if (!snapshot.windows.some((each) => `${each.group}|${each.topic}/${each.partition}` === name)) {
        this.#report('I1', `the window ${name} is gone`);
      }
    }
    for (const window of snapshot.windows) {
      this.#judgeShape(window);
      doubts.push(...this.#judgeRecords(window, died));
      this.unfinished += window.lag;
    }
    for (const [group, lag] of snapshot.lagOfGroup) {
      const sum = snapshot.windows.reduce((total, each) => (each.group === group ? total + each.lag : total), 0);
      if (sum !== lag) this.#report('I10', `group ${group} has a lag of ${lag}, its windows together one of ${sum}`);
    }
    return doubts;
  }

  #judgeShape(window: WindowSnapshot): void {
    const { group, topic, partition, startOffset, endOffset, logEndOffset, runs } = window;
    const of = `of ${group} on ${topic}/${partition}`;
    const counts = { available: 0, acquired: 0, delayed: 0, acknowledged: 0, archived: 0 };
    let next = startOffset;
    for (const { firstOffset, lastOffset, state } of runs) {
      if (firstOffset !== next) this.#report('I7', `the window ${of} has no run at offset ${next}`);
      next = lastOffset + 1;
      counts[state] += lastOffset - firstOffset + 1;
    }
    if (next !== endOffset) this.#report('I7', `the runs ${of} end at ${next}, the window at ${endOffset}`);
    // The runs were asked for after the counts: in between a delay may have ended, and nothing else.
    const ended = window.counts.delayed - counts.delayed;
    const expected =
      ended > 0 ? { ...counts, delayed: counts.delayed + ended, available: counts.available - ended } : counts;
    for (const [state, count] of Object.entries(expected)) {
      const told = window.counts[state as keyof typeof counts];
      if (told !== count) this.#report('I10', `the window ${of} counts ${told} ${state} records and has ${count}`);
    }
    if (counts.acquired > 0) this.#report('I6', `after the start ${counts.acquired} records ${of} are still acquired`);
    const first = runs[0];
    if (first !== undefined && isFinished(first)) {
      this.#report(
        'I7',
        `the window ${of} starts at ${startOffset}, which is ${first.state}: not the lowest unfinished`,
      );
    }
    const lag = logEndOffset - startOffset - counts.acknowledged - counts.archived;
    if (window.lag !== lag)
      this.#report('I10', `the lag ${of} is said to be ${window.lag}; there are ${lag} unfinished`);
  }

  #judgeRecords(window: WindowSnapshot, died: Died): Doubt[] {
    const { group, topic, partition, startOffset, logStartOffset } = window;
    const place = `${topic}/${partition}`;
    const name = `${group}|${place}`;
    this.observed(group, place, startOffset);
    if (startOffset < logStartOffset) {
      this.#report('I7', `the window of ${name} starts at ${startOffset}, the log only at ${logStartOffset}`);
    }
    const doubts: Doubt[] = [];
    const lost = this.#groups.lostAcquires(group, topic, died.incarnation);
    const histories = this.#groups.historiesOf(group, place);
    for (const [offset, history] of histories) {
      const id = this.#log.idAt(topic, partition, offset);
      for (const each of history.deliveries) {
        if (each.incarnation !== died.incarnation || id === undefined || each.id === id) continue;
        this.#report('I1', `${text(each)} came as ${each.id}; the log has ${id} there`);
      }
      this.#judgeCounts(history, died, lost.length);
    }
    // What was finished before an earlier start was judged then; retention passes over records without a reason.
    const judgedTo = this.#judgedTo.get(name) ?? 0;
    for (let offset = Math.max(judgedTo, logStartOffset); offset < startOffset; offset++) {
      const history = histories.get(offset);
      if (history === undefined || !this.#mayBeFinished(history, group, died)) {
        doubts.push({ group, topic, partition, offset });
      }
    }
    this.#judgedTo.set(name, startOffset);
    for (const run of window.runs) {
      for (let offset = Math.max(run.firstOffset, logStartOffset); offset <= run.lastOffset; offset++) {
        const history = this.#groups.historyOf(group, place, offset);
        if (!this.#judgeRecord({ group, place, offset }, run, history, died, lost)) {
          doubts.push({ group, topic, partition, offset });
        }
        history.storedCount = run.deliveryCount;
      }
    }
    // Handed out, perhaps, but nothing of it stored: as if it had never been.
    const unread = { state: 'available', deliveryCount: 0 } as const;
    for (const [offset, history] of histories) {
      if (offset >= window.endOffset) this.#judgeRecord({ group, place, offset }, unread, history, died, lost);
    }
    this.#groups.forgetFinished(group, place, startOffset, died.incarnation - 3);
    return doubts;
  }

  /** False: it is finished, and only a peek can say why. */
  #judgeRecord(
    at: { readonly group: string; readonly place: string; readonly offset: number },
    run: Pick<Run, 'state' | 'deliveryCount'>,
    history: RecordHistory,
    died: Died,
    lost: readonly { readonly expiredMs: number }[],
  ): boolean {
    const { finished } = history;
    const what = `${at.group} ${at.place} offset ${at.offset}`;
    this.#judgeStoredCount(what, run, history, died, lost);
    if (!isFinished(run)) {
      if (finished !== null) {
        this.#report(
          'I3',
          `${text(finished)} was confirmed as ${finished.ended}, and after the start it is ${run.state}`,
        );
      }
      return true;
    }
    if (finished !== null && (finished.ended === 'accepted') !== (run.state === 'acknowledged')) {
      this.#report(
        'I8',
        `${text(finished)} was confirmed as ${finished.ended}, and after the start it is ${run.state}`,
      );
    }
    if (run.state === 'acknowledged' && !mayHave(history, 'accept')) {
      this.#report('I1', `${what} is acknowledged after the start, and nobody has accepted it`);
    }
    return run.state === 'acknowledged' || this.#mayBeFinished(history, at.group, died);
  }

  /** Whether what the workers know is enough to explain that the record is finished. */
  #mayBeFinished(history: RecordHistory, group: string, died: Died): boolean {
    if (history.finished !== null || mayHave(history, 'accept') || mayHave(history, 'reject')) return true;
    const limit = this.#deliveryCountLimits.get(group);
    return history.deliveries.some((each) => each.deliveryCount === limit && mayHaveEnded(each, died));
  }

  #judgeStoredCount(
    what: string,
    { deliveryCount }: Pick<Run, 'deliveryCount'>,
    history: RecordHistory,
    died: Died,
    lost: readonly { readonly expiredMs: number }[],
  ): void {
    let [least, most] = [history.storedCount, history.storedCount];
    for (const each of history.deliveries) {
      if (each.incarnation !== died.incarnation) continue;
      // It was only delivered once the delivery before it had ended, durably.
      least = Math.max(least, each.ended === null ? each.deliveryCount - 1 : each.deliveryCount);
      most = Math.max(most, mayHaveEnded(each, died) ? each.deliveryCount : each.deliveryCount - 1);
    }
    most += lost.filter(({ expiredMs }) => expiredMs <= died.atMs).length;
    if (deliveryCount < least) {
      this.#report('I6', `${what}: the stored delivery count is ${deliveryCount}, and was at least ${least} before`);
    }
    if (deliveryCount > most) {
      this.#report('I6', `${what}: the stored delivery count is ${deliveryCount}; deliveries that ended give ${most}`);
    }
  }

  /** Within one incarnation the counts rise by exactly 1, but for deliveries whose answer was lost. */
  #judgeCounts(history: RecordHistory, died: Died, lost: number): void {
    const deliveries = history.deliveries
      .filter(({ incarnation }) => incarnation === died.incarnation)
      .toSorted((a, b) => a.deliveryCount - b.deliveryCount);
    let before = history.storedCount;
    let missing = lost;
    for (const [index, each] of deliveries.entries()) {
      // A node that took over does not know of deliveries that had not ended.
      const isAgain = index > 0 && each.deliveryCount === before;
      if (isAgain && this.#groups.mayHaveMoved(died.incarnation, each.receivedMs)) continue;
      missing -= each.deliveryCount - before - 1;
      if (each.deliveryCount <= before || missing < 0) {
        this.#report('I6', `${text(each)} came after count ${before}; ${lost} acquires of the group got no answer`);
      }
      before = each.deliveryCount;
    }
  }

  peeked(doubt: Doubt, peek: Peek): void {
    const { group, topic, partition, offset } = doubt;
    const limit = this.#deliveryCountLimits.get(group);
    const byLimit = peek.lastOutcome === 'expired' || peek.lastOutcome === 'released';
    if (byLimit && peek.deliveryCount === limit) return;
    this.#report(
      'I1',
      `${group} ${topic}/${partition} offset ${offset} is ${peek.state} after ${peek.deliveryCount} deliveries (last: ${peek.lastOutcome}), and nobody has finished it`,
    );
  }
}

const isFinished = ({ state }: Pick<Run, 'state'>): boolean => state === 'acknowledged' || state === 'archived';

const mayHave = (history: RecordHistory, wanted: 'accept' | 'reject'): boolean =>
  history.deliveries.some(({ attempts }) =>
    attempts.some(({ type, outcome }) => type === wanted && outcome !== 'refused'),
  );

/** Whether the delivery may be over, and counted, by the time at which its server was gone. */
const mayHaveEnded = (delivery: Delivery, died: Died): boolean =>
  delivery.ended !== null ||
  delivery.attempts.some(({ outcome }) => outcome !== 'refused') ||
  delivery.lockedUntilMs <= died.atMs;
