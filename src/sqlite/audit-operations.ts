import type { DatabaseSync } from 'node:sqlite';

import { type NewAuditLine, auditLimit } from '../ports/audit-log.ts';
import { operationCode } from './operation.ts';
import type { Operation, OperationCall } from './operation.ts';

/** Gives the line's sequence. */
export function appendAuditOperation(line: NewAuditLine): Operation<number> {
  return {
    code: operationCode.appendAudit,
    name: 'write the audit',
    payload: [],
    write(request) {
      request.number(line.atMs);
      request.text(line.action);
      request.optionalText(line.group);
      request.optionalText(line.topic);
      request.optionalNumber(line.partition);
      request.text(line.summary);
      request.text(JSON.stringify(line.detail));
      request.text(line.door);
      request.text(line.from);
    },
    read: (reply) => reply.number(),
  };
}

/** The writer's side of the audit. */
export class AuditWriter {
  readonly #insert;
  readonly #drop;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      'INSERT INTO audit_line (at_ms, action, group_name, topic, partition, summary, detail, door, asked_from) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING sequence',
    );
    this.#drop = database.prepare('DELETE FROM audit_line WHERE sequence <= ?');
  }

  append({ request, reply }: OperationCall): void {
    const { sequence } = this.#insert.get(
      request.number(),
      request.text(),
      request.optionalText(),
      request.optionalText(),
      request.optionalNumber(),
      request.text(),
      request.text(),
      request.text(),
      request.text(),
    ) as { sequence: number };
    // Sequences have no holes: what is undone gives its own back.
    this.#drop.run(sequence - auditLimit);
    reply.number(sequence);
  }
}
