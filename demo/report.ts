/**
 * What the workers report while they work, and what follows from it: the table at the end and the check that nothing
 * was lost or done twice. Pure; the server's own word is one of the inputs, never the only one.
 */
import type { PackageFacts } from './job.ts';

export type WorkerReport =
  /** A record was handed to this worker. */
  | { readonly kind: 'delivered'; readonly partition: number; readonly offset: number; readonly deliveryCount: number }
  /** The server confirmed how the delivery ended. */
  | {
      readonly kind: 'settled';
      readonly partition: number;
      readonly offset: number;
      readonly deliveryCount: number;
      readonly status: 'accepted' | 'released' | 'archived' | 'rejected';
      readonly found?: PackageFacts;
    }
  /** The work was done, but the lock had run out before: somebody else does it again. */
  | { readonly kind: 'too-late'; readonly partition: number; readonly offset: number; readonly code: string }
  /** The worker is about to die and still holds these. */
  | { readonly kind: 'crashing'; readonly held: readonly string[] };

export interface Summary {
  readonly jobs: number;
  readonly accepted: number;
  /** Accepted, but not at the first delivery. */
  readonly acceptedLater: number;
  /** Deliveries that ended without settling their record: released, or the lock ran out. */
  readonly retries: number;
  /** How many jobs were archived, by reason, most first. */
  readonly archived: readonly {
    readonly reason: string;
    readonly count: number;
    readonly examples: readonly string[];
  }[];
  readonly files: number;
  readonly licenses: readonly (readonly [license: string, count: number])[];
  /** What is wrong; empty when nothing was lost and nothing done twice. */
  readonly faults: readonly string[];
}

export interface ServerView {
  /** One past the last offset of each partition: which jobs there are. */
  readonly logEndOffsets: readonly number[];
  readonly archived: readonly { readonly partition: number; readonly offset: number; readonly reason: string | null }[];
  /** Unfinished records in all windows. */
  readonly lag: number;
  readonly deliveryCountLimit: number;
}

interface JobHistory {
  readonly deliveryCounts: Set<number>;
  /** Delivery count at which it was accepted. */
  acceptedAt?: number;
  found?: PackageFacts;
  /** By the answer to a worker; a lock that runs out at the last attempt archives without a word. */
  archived?: true;
}

export class Report {
  readonly #jobs = new Map<string, JobHistory>();
  readonly #faults: string[] = [];

  add(report: WorkerReport): void {
    if (report.kind !== 'delivered' && report.kind !== 'settled') return;
    const id = `${report.partition}/${report.offset}`;
    let job = this.#jobs.get(id);
    if (job === undefined) this.#jobs.set(id, (job = { deliveryCounts: new Set() }));
    const { deliveryCount } = report;
    if (report.kind === 'delivered') {
      // Each acquisition raises the count by one, so the same count twice means two holders at once.
      if (job.deliveryCounts.has(deliveryCount))
        this.#faults.push(`${id}: delivery ${deliveryCount} was given out twice`);
      job.deliveryCounts.add(deliveryCount);
    } else if (report.status === 'archived' || report.status === 'rejected') {
      job.archived = true;
    } else if (report.status === 'accepted') {
      if (job.acceptedAt !== undefined) this.#faults.push(`${id} was accepted twice`);
      job.acceptedAt = deliveryCount;
      if (report.found !== undefined) job.found = report.found;
    }
  }

  /** Jobs that a worker had accepted, by the server's confirmation, until now. */
  get accepted(): number {
    let accepted = 0;
    for (const job of this.#jobs.values()) if (job.acceptedAt !== undefined) accepted++;
    return accepted;
  }

  /** Jobs of which a worker was told that they are archived, until now. */
  get archived(): number {
    let archived = 0;
    for (const job of this.#jobs.values()) if (job.archived) archived++;
    return archived;
  }

  /** @param nameOf what to call a job in the table */
  summary(server: ServerView, nameOf: (partition: number, offset: number) => string): Summary {
    const faults = [...this.#faults];
    const archivedIds = new Set(server.archived.map((row) => `${row.partition}/${row.offset}`));
    if (archivedIds.size !== server.archived.length) faults.push('a record is listed as archived more than once');
    if (server.lag !== 0) faults.push(`the windows still hold ${server.lag} unfinished records`);

    let [jobs, accepted, acceptedLater, deliveries, files] = [0, 0, 0, 0, 0];
    const licenses = new Map<string, number>();
    server.logEndOffsets.forEach((logEndOffset, partition) => {
      for (let offset = 0; offset < logEndOffset; offset++) {
        jobs++;
        const id = `${partition}/${offset}`;
        const job = this.#jobs.get(id);
        const archived = archivedIds.has(id);
        if (job === undefined) {
          faults.push(`${id} was never delivered`);
          continue;
        }
        deliveries += job.deliveryCounts.size;
        const last = Math.max(...job.deliveryCounts);
        if (last > server.deliveryCountLimit)
          faults.push(`${id} was delivered ${last} times, limit ${server.deliveryCountLimit}`);
        if (job.acceptedAt === undefined) {
          if (!archived) faults.push(`${id} is lost: neither accepted nor archived`);
          continue;
        }
        accepted++;
        if (archived) faults.push(`${id} was accepted and archived`);
        if (last > job.acceptedAt) faults.push(`${id} was delivered again after it was accepted`);
        if (job.acceptedAt > 1) acceptedLater++;
        if (job.found !== undefined) {
          files += job.found.files;
          licenses.set(job.found.license, (licenses.get(job.found.license) ?? 0) + 1);
        }
      }
    });
    return {
      jobs,
      accepted,
      acceptedLater,
      // Every job has one delivery that settles it; the others were tries.
      retries: deliveries - accepted - archivedIds.size,
      archived: byReason(server.archived, nameOf),
      files,
      licenses: [...licenses].toSorted(([, a], [, b]) => b - a),
      faults,
    };
  }
}

function byReason(
  rows: ServerView['archived'],
  nameOf: (partition: number, offset: number) => string,
): Summary['archived'] {
  const reasons = new Map<string, string[]>();
  for (const { partition, offset, reason } of rows) {
    const key = reason ?? 'the lock ran out at the last attempt';
    const names = reasons.get(key) ?? [];
    reasons.set(key, names);
    names.push(nameOf(partition, offset));
  }
  return [...reasons]
    .map(([reason, names]) => ({ reason, count: names.length, examples: names.toSorted().slice(0, 3) }))
    .toSorted((a, b) => b.count - a.count);
}
