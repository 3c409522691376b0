import { type Result, ok, reject } from '../core/result.ts';
import type { AuditLine, AuditLog, NewAuditLine } from '../ports/audit-log.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';

/** Who asks for something that is kept in the audit. */
export type Asker = Pick<NewAuditLine, 'door' | 'from'>;

/** Longer summaries are cut; the detail has all of it. */
const maxSummaryLength = 1_000;

/** What operators did: written durably, shown, and told to who listens. */
export class Audit {
  readonly #outside: { readonly audit: AuditLog; readonly clock: Clock; readonly logger: Logger };
  readonly #listeners = new Set<(line: AuditLine) => void>();

  constructor(outside: { readonly audit: AuditLog; readonly clock: Clock; readonly logger: Logger }) {
    this.#outside = outside;
  }

  /** Each line once it is durable, until the function given back is called. */
  subscribe(listener: (line: AuditLine) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** OUTCOME_UNKNOWN when the line cannot be written: what it tells of was done before. */
  async write(asker: Asker, what: Omit<NewAuditLine, keyof Asker | 'atMs'>): Promise<Result<null>> {
    const { audit, clock, logger } = this.#outside;
    const summary =
      what.summary.length > maxSummaryLength ? `${what.summary.slice(0, maxSummaryLength)}…` : what.summary;
    const { action, group, topic, partition } = what;
    logger.info({ action, group, topic, partition, ...asker }, `an operator ${summary}`);
    try {
      const line = await audit.append({ atMs: clock.wallMs(), ...what, summary, ...asker });
      for (const listener of this.#listeners) listener(line);
      return ok(null);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      logger.error({ fault: error.code, operation: error.operation }, `not in the audit: an operator ${summary}`);
      return reject(
        'OUTCOME_UNKNOWN',
        `It was done (${summary}), but its line in the audit could not be written: ${error.message}. ${error.hint}`,
      );
    }
  }

  /** Newest first; `next` is where the page after it begins. INVALID_REQUEST for an `after` that no page gave. */
  async page(request: {
    readonly group: string | null;
    readonly after: string | null;
    readonly limit: number;
  }): Promise<Result<{ readonly lines: readonly AuditLine[]; readonly next: string | null }>> {
    const { group, after, limit } = request;
    if (after !== null && !/^\d{1,15}$/.test(after)) {
      return reject('INVALID_REQUEST', 'The value of "after" is not one that an earlier page gave as "next".', 'after');
    }
    const beforeSequence = after === null ? null : Number(after);
    const found = await this.#outside.audit.page({ beforeSequence, group, limit: limit + 1 });
    const lines = found.slice(0, limit);
    return ok({ lines, next: found.length > limit ? String(lines.at(-1)?.sequence) : null });
  }
}
