import { type AuditLine, type AuditLog, type NewAuditLine, auditLimit } from '../ports/audit-log.ts';
import { closedAdapter } from '../ports/fault.ts';

/** The audit in memory: for tests, and obviously right. */
export class MemoryAudit implements AuditLog {
  #lines: AuditLine[] = [];
  #lastSequence = 0;
  #closed = false;

  async append(line: NewAuditLine): Promise<AuditLine> {
    this.#checkOpen('write the audit');
    const kept = { ...structuredClone(line), sequence: ++this.#lastSequence };
    this.#lines.push(kept);
    if (this.#lines.length > auditLimit) this.#lines.shift();
    return kept;
  }

  async page({ beforeSequence, group, limit }: Parameters<AuditLog['page']>[0]): Promise<readonly AuditLine[]> {
    this.#checkOpen('read the audit');
    return this.#lines
      .filter((line) => line.sequence < (beforeSequence ?? Infinity) && (group === null || line.group === group))
      .toReversed()
      .slice(0, limit);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #checkOpen(operation: string): void {
    if (!this.#closed) return;
    throw closedAdapter(operation, 'the audit');
  }
}
