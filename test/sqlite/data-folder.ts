import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openDatabase } from '../../src/sqlite/database.ts';
import type { Database, DatabaseOptions } from '../../src/sqlite/database.ts';

/** A data folder of its own for one test, and the database in it. */
export class DataFolder {
  readonly path: string = mkdtempSync(path.join(tmpdir(), 'sash-test-'));
  readonly #opened: Database[] = [];

  file(name: string): string {
    return path.join(this.path, name);
  }

  async open(options: Omit<DatabaseOptions, 'dataDir'> = {}): Promise<Database> {
    const database = await openDatabase({ dataDir: this.path, ...options });
    this.#opened.push(database);
    return database;
  }

  /** Closes what is open and removes the folder. */
  async remove(): Promise<void> {
    for (const database of this.#opened) await database.close();
    rmSync(this.path, { recursive: true, force: true });
  }
}
