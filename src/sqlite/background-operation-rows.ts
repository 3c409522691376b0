import type { DatabaseSync } from 'node:sqlite';

import type { BackgroundOperation } from '../ports/operation-queue.ts';
import { operationCode } from './operation.ts';
import type { Operation, OperationCall } from './operation.ts';

/** What is kept of background operations, as it crosses to the writer. */

/** @param part of its output, compressed */
export function putBackgroundOperation(
  operation: BackgroundOperation,
  part: { readonly index: number; readonly bytes: Uint8Array } | null,
): Operation<void> {
  return {
    code: operationCode.putBackgroundOperation,
    name: 'store an operation',
    payload: part === null ? [] : [part.bytes],
    write(request) {
      request.text(operation.id);
      request.number(operation.createdAtMs);
      request.text(operation.kind);
      request.text(operation.state);
      request.text(JSON.stringify(operation));
      request.optionalNumber(part === null ? null : part.index);
      if (part !== null) request.number(part.bytes.length);
    },
    read: () => {},
  };
}

/** @param outputOnly the operation itself stays */
export function deleteBackgroundOperation(id: string, outputOnly: boolean): Operation<void> {
  return {
    code: operationCode.deleteBackgroundOperation,
    name: 'delete an operation',
    payload: [],
    write(request) {
      request.text(id);
      request.number(outputOnly ? 1 : 0);
    },
    read: () => {},
  };
}

/** The writer's side. */
export class BackgroundOperationWriter {
  readonly #put;
  readonly #putPart;
  readonly #delete;
  readonly #deleteOutput;

  constructor(database: DatabaseSync) {
    this.#put = database.prepare('INSERT OR REPLACE INTO background_operation VALUES (?, ?, ?, ?, ?)');
    this.#putPart = database.prepare('INSERT OR REPLACE INTO operation_output VALUES (?, ?, ?)');
    this.#delete = database.prepare('DELETE FROM background_operation WHERE operation_id = ?');
    this.#deleteOutput = database.prepare('DELETE FROM operation_output WHERE operation_id = ?');
  }

  put({ request, bytes }: OperationCall): void {
    const id = request.text();
    this.#put.run(id, request.number(), request.text(), request.text(), request.text());
    const part = request.optionalNumber();
    if (part !== null) this.#putPart.run(id, part, bytes(request.number()));
  }

  delete({ request }: OperationCall): void {
    const id = request.text();
    const outputOnly = request.number() === 1;
    this.#deleteOutput.run(id);
    if (!outputOnly) this.#delete.run(id);
  }
}
