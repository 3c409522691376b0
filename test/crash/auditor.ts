import { type Delivery, GroupAuditor } from './group-auditor.ts';
import type { AcknowledgeItem, HistoryEvent } from './history.ts';
import { LogAuditor } from './log-auditor.ts';
import type { Random } from './random.ts';
import type { Peek, Snapshot } from './snapshot.ts';
import { type Died, type Doubt, WindowAuditor } from './window-auditor.ts';

/** A promise of product.md, by its number, that was not kept, and where. */
export interface Violation {
  readonly promise: string;
  readonly message: string;
}

/** What stands for the lease of a delivery to a Kafka member, so that each delivery has one. */
export const leaseOfMember = (request: string, partition: number, offset: number): string =>
  `member ${request} ${partition}/${offset}`;
const isOfMember = ({ lease }: { readonly lease: string }): boolean => lease.startsWith('member ');

export type Report = (promise: string, message: string) => void;

export interface AuditedGroups {
  /** `share.delivery.count.limit` of each group. */
  readonly deliveryCountLimits: ReadonlyMap<string, number>;
  /** Topics whose oldest records go, finished or not. */
  readonly topicsWithRetention: ReadonlySet<string>;
}

/**
 * Knows all that was confirmed and all that was tried, and judges what the server does by it. It reads no clock and
 * talks to nobody: the histories come in through `take`, the state after each restart through `restarted`.
 */
export class Auditor {
  readonly violations: Violation[] = [];
  readonly log: LogAuditor;
  readonly groups: GroupAuditor;
  readonly windows: WindowAuditor;
  /** What went through Kafka's door, of all that there was. */
  readonly kafka = { produced: 0, deliveries: 0, accepted: 0 };

  constructor({ deliveryCountLimits, topicsWithRetention }: AuditedGroups) {
    const report: Report = (promise, message) => void this.violations.push({ promise, message });
    this.log = new LogAuditor(report);
    this.groups = new GroupAuditor(report, (place) => topicsWithRetention.has(place.split('/')[0] ?? ''));
    this.windows = new WindowAuditor(report, this.groups, this.log, deliveryCountLimits);
  }

  /** The harness itself saw something that must not be. */
  complain(promise: string, message: string): void {
    this.violations.push({ promise, message });
  }

  /** What all processes wrote down since the last time, in any order. */
  take(events: readonly HistoryEvent[]): void {
    for (const event of events.toSorted((a, b) => a.atMs - b.atMs)) {
      this.#countKafka(event);
      switch (event.kind) {
        case 'produce':
        case 'produced':
        case 'produce_refused':
          this.log.take(event);
          break;
        case 'observed':
          for (const { group, topic, partition, startOffset } of event.starts) {
            this.windows.observed(group, `${topic}/${partition}`, startOffset);
          }
          break;
        case 'complaint':
          this.complain('I13', event.message);
          break;
        default:
          this.groups.take(event);
      }
    }
  }

  #countKafka(event: HistoryEvent): void {
    if (event.kind === 'produced' && event.request.includes('kafka')) this.kafka.produced += event.places?.length ?? 0;
    else if (event.kind === 'acquired') this.kafka.deliveries += event.records.filter(isOfMember).length;
    else if (event.kind === 'acknowledged' && event.request.includes('kafka')) {
      this.kafka.accepted += event.results.filter(({ status }) => status === 'accepted').length;
    }
  }

  /**
   * Judges the state after a restart. Everything that the incarnation before has answered must have been taken.
   *
   * @returns records that only a peek can explain: look at them and pass the answer to `windows.peeked`
   */
  restarted(snapshot: Snapshot, died: Died): Doubt[] {
    this.log.restarted(snapshot);
    const doubts = this.windows.restarted(snapshot, died);
    this.groups.forgetOpenRequests(died.incarnation);
    return doubts;
  }

  peeked(doubt: Doubt, peek: Peek): void {
    this.windows.peeked(doubt, peek);
  }

  /**
   * What to acknowledge after a restart before anybody works: every acknowledgement without an answer (so that each
   * outcome is known), locks that were out (which no longer count), and some of what was confirmed, with the same
   * outcome (a replay) and with another (refused).
   */
  acknowledgementsAfter(died: Died, random: Random): ReadonlyMap<string, AcknowledgeItem[]> {
    const items = new Map<string, AcknowledgeItem[]>();
    const add = ({ group, lease }: Delivery, type: AcknowledgeItem['type']): void => {
      const ofGroup = items.get(group);
      if (ofGroup === undefined) items.set(group, [{ lease, type }]);
      else ofGroup.push({ lease, type });
    };
    // What a member of Kafka's has is no lease: it ends with its session.
    const recent = this.groups.deliveriesSince(died.incarnation - 1).filter((each) => !isOfMember(each));
    for (const delivery of recent) {
      if (delivery.ended !== null) continue;
      const unanswered = delivery.attempts.findLast(({ outcome }) => outcome === 'unknown');
      if (unanswered !== undefined) add(delivery, unanswered.type);
    }
    const out = recent.filter(({ ended, attempts }) => ended === null && attempts.length === 0);
    for (const delivery of random.sample(out, 20)) add(delivery, random.chance(0.8) ? 'accept' : 'reject');
    const ended = recent.filter(({ ended }) => ended !== null);
    for (const delivery of random.sample(ended, 40)) {
      const type = delivery.attempts.find(({ outcome }) => outcome === 'confirmed')?.type ?? 'accept';
      const other = type === 'accept' ? 'reject' : 'accept';
      add(delivery, random.chance(0.7) ? type : other);
    }
    return items;
  }
}
