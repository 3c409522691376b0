import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { Fault } from '../ports/fault.ts';
import { batchFileNumber, batchFolderName } from './batch-place.ts';
import { applicationId, migrate, oldestSchemaVersion, pageSizeBytes, schemaVersion, smallTables } from './schema.ts';
import { corruptFault, toFault } from './sqlite-fault.ts';
import { inspectWriteAheadLog } from './write-ahead-log.ts';

export const dataFileName = 'sash.db';

const operation = 'open the data folder';

/** SQLite keeps the page that holds this byte free for its locks: it is never written. */
const lockByte = 0x4000_0000;

/**
 * Opens `sash.db` in `dataDir` for writing; makes it when the folder has none. Looks for damage and refuses with
 * `CORRUPT`, saying what and where; it repairs nothing. The log itself is not read: each batch is checked when it is.
 */
export function openDataFile(dataDir: string): DatabaseSync {
  const file = path.join(dataDir, dataFileName);
  try {
    if (!existsSync(file)) create(dataDir, file);
    const sizeBytes = statSync(file).size;
    if (sizeBytes === 0) throw corruptFault(operation, `${file} is damaged: it is empty`);
    const writeAheadLog = inspectWriteAheadLog(`${file}-wal`);
    if (writeAheadLog.damage !== undefined) {
      throw corruptFault(operation, `${file}-wal is damaged: ${writeAheadLog.damage}`);
    }
    const header = lengthInHeader(file);
    if (header !== undefined && writeAheadLog.pages.size === 0) checkLength(file, sizeBytes, header, new Set());
    const database = new DatabaseSync(file);
    try {
      database.exec('PRAGMA busy_timeout = 5000');
      const version = checkVersion(database, dataDir, file);
      checkLength(file, sizeBytes, lengthInLog(database), writeAheadLog.pages);
      if (version < schemaVersion) migrate(database, version);
      for (const table of smallTables) checkTable(database, file, table);
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  } catch (error) {
    throw toFault(error, operation, 'refused', file);
  }
}

/**
 * The file gets its name when it is whole: an empty `sash.db` is then always damage, never a start that was cut off
 * (SQLite takes an empty file for a new database, and would lose everything without a word).
 */
function create(dataDir: string, file: string): void {
  if (existsSync(`${file}-wal`)) {
    throw corruptFault(operation, `${file} is missing, and its write-ahead log ${file}-wal is there`);
  }
  const batchFolder = path.join(dataDir, batchFolderName);
  if (existsSync(batchFolder) && readdirSync(batchFolder).some((name) => batchFileNumber(name) !== undefined)) {
    throw corruptFault(operation, `${file} is missing, and files with record batches are there, in ${batchFolder}`);
  }
  const unfinished = `${file}.new`;
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(unfinished + suffix, { force: true });
  const database = new DatabaseSync(unfinished);
  try {
    database.exec(`PRAGMA page_size = ${pageSizeBytes}; PRAGMA application_id = ${applicationId}`);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    migrate(database, 0);
  } finally {
    database.close();
  }
  renameSync(unfinished, file);
  flushFolder(dataDir);
}

/** So that a file that was made in it is still there after a power cut. */
export function flushFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function checkVersion(database: DatabaseSync, dataDir: string, file: string): number {
  const { application_id: application } = database.prepare('PRAGMA application_id').get() as { application_id: number };
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (application !== applicationId) throw corruptFault(operation, `${file} is a database, but not one of sash`);
  if (version > schemaVersion) {
    throw refused(
      `data folder ${dataDir} has format version ${version}, written by a newer sash; this one reads up to version ${schemaVersion}`,
      'start the newer sash again, or give this one another data folder',
    );
  }
  if (version < oldestSchemaVersion) {
    throw refused(
      `data folder ${dataDir} has format version ${version}; this sash reads versions ${oldestSchemaVersion} to ${schemaVersion}`,
      `start it once with a sash that reads version ${version} and writes a newer one`,
    );
  }
  return version;
}

const refused = (message: string, hint: string): Fault =>
  new Fault({ code: 'STORAGE_FAILED', operation, message, retriable: false, outcome: 'refused', hint });

/**
 * A file that is too short. After a crash it may end early, but then the pages that it lacks lie in the write-ahead
 * log.
 */
function checkLength(
  file: string,
  sizeBytes: number,
  expected: { readonly pages: number; readonly pageBytes: number },
  inLog: ReadonlySet<number>,
): void {
  const { pages, pageBytes } = expected;
  const lockPage = Math.floor(lockByte / pageBytes) + 1;
  for (let page = Math.floor(sizeBytes / pageBytes) + 1; page <= pages; page++) {
    if (page === lockPage || inLog.has(page)) continue;
    throw corruptFault(
      operation,
      `${file} is truncated: it has ${sizeBytes} bytes and should have ${pages * pageBytes}; page ${page} is missing`,
    );
  }
}

/** What the header says, https://www.sqlite.org/fileformat2.html#the_database_header; `undefined` when it is none. */
function lengthInHeader(file: string): { readonly pages: number; readonly pageBytes: number } | undefined {
  const header = Buffer.alloc(32);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, header, 0, header.length, 0);
  } finally {
    closeSync(handle);
  }
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0') return undefined;
  const pageBytes = header.readUInt16BE(16);
  return { pages: header.readUInt32BE(28), pageBytes: pageBytes === 1 ? 65_536 : pageBytes };
}

function lengthInLog(database: DatabaseSync): { readonly pages: number; readonly pageBytes: number } {
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  const { page_size: pageBytes } = database.prepare('PRAGMA page_size').get() as { page_size: number };
  return { pages, pageBytes };
}

function checkTable(database: DatabaseSync, file: string, table: string): void {
  const rows = database.prepare(`PRAGMA quick_check('${table}')`).all() as { quick_check: string }[];
  const found = rows.map((row) => row.quick_check).filter((line) => line !== 'ok');
  if (found.length > 0) throw corruptFault(operation, `${file} is damaged, table ${table}: ${found.join('; ')}`);
}
