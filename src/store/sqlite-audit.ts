import type { AuditLine, AuditLog, NewAuditLine } from '../ports/audit-log.ts';
import { appendAuditOperation } from '../sqlite/audit-operations.ts';
import type { Database } from '../sqlite/database.ts';
import { closedFault } from '../sqlite/sqlite-fault.ts';

interface Row {
  readonly sequence: number;
  readonly at_ms: number;
  readonly action: string;
  readonly group_name: string | null;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly summary: string;
  readonly detail: string;
  readonly door: string;
  readonly asked_from: string;
}

/** The audit in the database of the data folder. */
export class SqliteAudit implements AuditLog {
  readonly #database: Database;
  readonly #page;
  readonly #pageOfGroup;
  #closed = false;

  constructor(database: Database) {
    this.#database = database;
    const pageOf = (where: string) =>
      database.reader.prepare(`SELECT * FROM audit_line WHERE ${where} sequence < ? ORDER BY sequence DESC LIMIT ?`);
    this.#page = pageOf('');
    this.#pageOfGroup = pageOf('group_name = ? AND');
  }

  async append(line: NewAuditLine): Promise<AuditLine> {
    const operation = appendAuditOperation(line);
    this.#checkOpen(operation.name);
    return { ...line, sequence: await this.#database.submit(operation) };
  }

  async page({ beforeSequence, group, limit }: Parameters<AuditLog['page']>[0]): Promise<readonly AuditLine[]> {
    this.#checkOpen('read the audit');
    const before = beforeSequence ?? Number.MAX_SAFE_INTEGER;
    return this.#database.read('read the audit', () => {
      const rows = group === null ? this.#page.all(before, limit) : this.#pageOfGroup.all(group, before, limit);
      return (rows as unknown as Row[]).map((row) => ({
        sequence: row.sequence,
        atMs: row.at_ms,
        action: row.action as AuditLine['action'],
        group: row.group_name,
        topic: row.topic,
        partition: row.partition,
        summary: row.summary,
        detail: JSON.parse(row.detail) as AuditLine['detail'],
        door: row.door as AuditLine['door'],
        from: row.asked_from,
      }));
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#database.settled();
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw closedFault(operation);
  }
}
