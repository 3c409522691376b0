import { gunzipSync, gzipSync } from 'node:zlib';

import type { BackgroundOperation } from '../ports/operation-queue.ts';
import type { OperationTable } from '../ports/operation-table.ts';
import { deleteBackgroundOperation, putBackgroundOperation } from '../sqlite/background-operation-rows.ts';
import type { Database } from '../sqlite/database.ts';
import type { Operation } from '../sqlite/operation.ts';
import { closedFault } from '../sqlite/sqlite-fault.ts';

/** Background operations in the database of the data folder; their outputs compressed, a row for each part. */
export class SqliteOperations implements OperationTable {
  readonly #database: Database;
  readonly #part;
  #closed = false;

  constructor(database: Database) {
    this.#database = database;
    this.#part = database.reader.prepare('SELECT bytes FROM operation_output WHERE operation_id = ? AND part = ?');
  }

  async loadAll(): Promise<readonly BackgroundOperation[]> {
    this.#checkOpen('load the operations');
    return this.#database.read('load the operations', () => {
      const { reader } = this.#database;
      const rows = reader.prepare('SELECT operation FROM background_operation ORDER BY created_at_ms, operation_id');
      return (rows.all() as { operation: string }[]).map((row) => JSON.parse(row.operation) as BackgroundOperation);
    });
  }

  put(operation: BackgroundOperation, part: { readonly index: number; readonly text: string } | null): Promise<void> {
    const compressed = part === null ? null : { index: part.index, bytes: gzipSync(part.text) };
    return this.#submit(putBackgroundOperation(operation, compressed));
  }

  async outputPart(id: string, index: number): Promise<string | undefined> {
    this.#checkOpen('read an output');
    return this.#database.read('read an output', () => {
      const row = this.#part.get(id, index) as { bytes: Uint8Array } | undefined;
      return row === undefined ? undefined : gunzipSync(row.bytes).toString();
    });
  }

  deleteOutput(id: string): Promise<void> {
    return this.#submit(deleteBackgroundOperation(id, true));
  }

  delete(id: string): Promise<void> {
    return this.#submit(deleteBackgroundOperation(id, false));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#database.settled();
  }

  async #submit(operation: Operation<void>): Promise<void> {
    this.#checkOpen(operation.name);
    await this.#database.submit(operation);
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw closedFault(operation);
  }
}
