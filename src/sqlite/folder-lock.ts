import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { Fault } from '../ports/fault.ts';
import { sqliteCode, toFault } from './sqlite-fault.ts';

const sqliteBusy = 5;
const operation = 'lock the data folder';

/**
 * Keeps a second process out of a data folder. The lock is the operating system's, on `lock.db`, a small SQLite
 * database held in an exclusive transaction that never writes: it ends with the process, however that ends. The pid
 * in `sash.pid` is only there for the message to people; nothing is decided by it.
 */
export class FolderLock {
  readonly #database: DatabaseSync;
  readonly #pidFile: string;

  private constructor(database: DatabaseSync, pidFile: string) {
    this.#database = database;
    this.#pidFile = pidFile;
  }

  /** Makes the folder when there is none. Fault `STORAGE_FAILED` when another process has it. */
  static take(dataDir: string): FolderLock {
    const lockFile = path.join(dataDir, 'lock.db');
    const pidFile = path.join(dataDir, 'sash.pid');
    let database: DatabaseSync | undefined;
    try {
      makeFolder(dataDir);
      database = new DatabaseSync(lockFile);
      database.exec('PRAGMA busy_timeout = 0');
      database.exec('BEGIN EXCLUSIVE');
      writeFileSync(pidFile, `${process.pid}\n`);
      return new FolderLock(database, pidFile);
    } catch (error) {
      database?.close();
      if (sqliteCode(error) === sqliteBusy) throw inUse(dataDir, pidFile);
      throw toFault(error, operation, 'refused', lockFile);
    }
  }

  release(): void {
    rmSync(this.#pidFile, { force: true });
    this.#database.close();
  }
}

function inUse(dataDir: string, pidFile: string): Fault {
  let pid = 'unknown';
  try {
    pid = readFileSync(pidFile, 'utf8').trim();
  } catch {
    // It is informative only.
  }
  return new Fault({
    code: 'STORAGE_FAILED',
    operation,
    message: `data folder ${dataDir} is in use by another sash process (pid ${pid})`,
    retriable: false,
    outcome: 'refused',
    hint: 'stop that process, or give this one another data folder (--data-dir)',
  });
}

/** Not recursive where only the last folder is missing: Node's own recursion never ends in /proc, which knows no new folders. */
function makeFolder(dataDir: string): void {
  if (existsSync(dataDir)) return;
  mkdirSync(dataDir, { recursive: !existsSync(path.dirname(dataDir)) });
}
