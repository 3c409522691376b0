import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { BatchFileReader } from './batch-file-reader.ts';
import { batchFileNumber, batchFilePath, batchFolderName } from './batch-place.ts';
import type { BatchPlace } from './batch-place.ts';
import { flushFolder } from './data-file.ts';
import type { BackgroundWork } from './operation.ts';
import { pageSizeBytes } from './schema.ts';
import { corruptFault, isFull, toFault } from './sqlite-fault.ts';

/**
 * From how many bytes of batches on a commit writes them to a batch file. SQLite writes each page twice, to its log and
 * to its file; below this size that is not dearer than the second flush that a file takes, and that of a file that grows.
 * (Measured, 20 callers, in three pairs each: batches of 16 KiB are 1.1 to 1.2 times as fast by files, of 64 KiB 1.7 to 2.1, of 256 KiB 1.4 to 2.2.)
 */
export const defaultFileCommitBytes = 256 * 1024;
/** A file that has come to this size is finished: the next commit begins another. */
export const defaultBatchFileBytes = 64 * 1024 * 1024;
/** What is left of a file moves into the rows when it is less than this part of it. */
const sparsePart = 1 / 4;
/** The file that is being written is finished earlier when it has come to this part of its size, and has so little left. */
const endedPart = 1 / 8;
/** One step of moving looks at so many rows, and moves about so many bytes. */
const rowsPerStep = 256;
const bytesPerStep = 4 * 1024 * 1024;

export interface BatchFileOptions {
  readonly dataDir: string;
  readonly fileCommitBytes: number;
  readonly batchFileBytes: number;
  /** For tests: the data file and the batch files have this many pages together at most. */
  readonly maxPageCount: number | undefined;
}

/** The file that is being written. */
interface Current {
  readonly fileNumber: number;
  /** Opened by the first commit that writes. */
  handle: number | undefined;
  /** Bytes of committed batches. What lies behind is of transactions that were undone, and is written over. */
  sizeBytes: number;
}

/**
 * The writer's side of the batch files: the bytes of large commits, one behind the other. They are flushed before the
 * transaction with their rows is committed, so a row that there is has its bytes, and nothing has to be replayed.
 * Bytes of committed batches are never written over: a reader may be at them. `batch_file` says how much of a file
 * is committed, and how much of that has gone since.
 */
export class BatchFiles {
  readonly #database: DatabaseSync;
  readonly #options: BatchFileOptions;
  readonly #sql: ReturnType<typeof prepare>;
  #current: Current | undefined;
  #nextNumber = 1;
  /** Of the open transaction: whether its batches go to a file, and those that do, neighbours in memory as one. */
  #toFile = false;
  #runs: Uint8Array[] = [];
  #runBytes = 0;
  #firstRow = 0;
  #lastRow = 0;
  #committedBytes = 0;
  /** There was no room since the last commit: room is dearer than few files. */
  #wasFull = false;
  /** Files whose batches cannot be read, so that they stay. Whoever asks for one of these batches is told. */
  readonly #damaged = new Set<number>();
  readonly #startWork: (work: BackgroundWork) => void;

  constructor(database: DatabaseSync, options: BatchFileOptions, startWork: (work: BackgroundWork) => void) {
    this.#database = database;
    this.#options = options;
    this.#startWork = startWork;
    this.#sql = prepare(database);
  }

  /**
   * Goes on where the last process came to, and removes files that it would have removed.
   *
   * @throws Fault `CORRUPT` when a file with batches is missing or too short
   */
  start(): void {
    const known = new Map(this.#files().map((file) => [file.file_number, file]));
    for (const file of known.values()) this.#check(file);
    const folder = path.join(this.#options.dataDir, batchFolderName);
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const fileNumber = batchFileNumber(name);
      if (fileNumber !== undefined && !known.has(fileNumber)) rmSync(path.join(folder, name));
    }
    const last = [...known.values()].at(-1);
    if (last === undefined) return;
    this.#nextNumber = last.file_number + 1;
    if (last.size_bytes < this.#options.batchFileBytes && last.size_bytes > last.dropped_bytes)
      this.#current = { fileNumber: last.file_number, handle: undefined, sizeBytes: last.size_bytes };
    this.#limitPages();
    this.#startWork(this.tidying());
  }

  /** A transaction begins, in which there are so many bytes to append at most. */
  begin(payloadBytes: number): void {
    this.#toFile = payloadBytes > 0 && payloadBytes >= this.#options.fileCommitBytes;
  }

  /** Where the bytes of a new row go; `undefined`: into the row. They are written by `beforeCommit`, as they are then. */
  place(row: number, bytes: Uint8Array): BatchPlace | undefined {
    if (!this.#toFile) return undefined;
    this.#current ??= { fileNumber: this.#nextNumber++, handle: undefined, sizeBytes: 0 };
    if (this.#runs.length === 0) this.#firstRow = row;
    this.#lastRow = row;
    const position = this.#current.sizeBytes + this.#runBytes;
    this.#runBytes += bytes.length;
    const before = this.#runs.at(-1);
    if (before?.buffer === bytes.buffer && before.byteOffset + before.length === bytes.byteOffset) {
      this.#runs[this.#runs.length - 1] = new Uint8Array(
        before.buffer,
        before.byteOffset,
        before.length + bytes.length,
      );
    } else {
      this.#runs.push(bytes);
    }
    return { fileNumber: this.#current.fileNumber, position, sizeBytes: bytes.length };
  }

  /**
   * Writes and flushes.
   *
   * @throws Fault `STORAGE_FULL` or `STORAGE_FAILED`: refused
   */
  beforeCommit(): void {
    const current = this.#current;
    if (current === undefined || this.#runs.length === 0) return;
    try {
      this.#checkRoom();
      const handle = (current.handle ??= this.#open(current.fileNumber));
      let position = current.sizeBytes;
      for (const run of this.#runs) {
        for (let written = 0; written < run.length;)
          written += writeSync(handle, run, written, run.length - written, position + written);
        position += run.length;
      }
      fdatasyncSync(handle);
    } catch (error) {
      this.#takeBack(current);
      this.#wasFull ||= isFull(error);
      throw toFault(error, 'write', 'refused', batchFilePath(this.#options.dataDir, current.fileNumber));
    }
    const sizeBytes = current.sizeBytes + this.#runBytes;
    this.#sql.putFile.run(current.fileNumber, this.#firstRow, this.#lastRow, sizeBytes);
  }

  committed(): void {
    if (this.#current === undefined || this.#runs.length === 0) return;
    this.#current.sizeBytes += this.#runBytes;
    this.#committedBytes += this.#runBytes;
    this.#wasFull = false;
    this.#clear();
    this.#limitPages();
    if (this.#current.sizeBytes < this.#options.batchFileBytes) return;
    this.#finish();
    this.#startWork(this.tidying());
  }

  /**
   * The open transaction was undone: what it wrote is written over. Not so when it may yet turn out to have been
   * committed, at the next start: then its bytes have to stay.
   */
  forget(outcome: 'refused' | 'unknown'): void {
    if (outcome === 'unknown' && this.#runs.length > 0) this.#finish();
    this.#clear();
  }

  /** Bytes that commits have brought to files since this was last asked. */
  takeCommittedBytes(): number {
    const committed = this.#committedBytes;
    this.#committedBytes = 0;
    return committed;
  }

  /** In the transaction that deletes rows: so many bytes of the file are nobody's now. */
  dropped(fileNumber: number, sizeBytes: number): void {
    this.#sql.drop.run(sizeBytes, fileNumber);
  }

  /** Deletes finished files that nothing is left in, and those with little, when that has moved into its rows. */
  *tidying(): BackgroundWork {
    const tried = new Set<number>();
    for (;;) {
      const file = (this.#sql.sparse.all(sparsePart) as unknown as FileRow[]).find((each) => {
        const { file_number: fileNumber } = each;
        if (tried.has(fileNumber) || (this.#damaged.has(fileNumber) && isLeft(each))) return false;
        const isLong = each.size_bytes >= this.#options.batchFileBytes * endedPart;
        return fileNumber !== this.#current?.fileNumber || isLong || this.#wasFull;
      });
      if (file === undefined) return;
      const { file_number: fileNumber } = file;
      tried.add(fileNumber);
      if (fileNumber === this.#current?.fileNumber) this.#finish();
      if (isLeft(file)) yield* this.#moving(file);
      let deleted = false;
      yield () => {
        deleted = this.#sql.deleteFile.run(fileNumber).changes === 1;
      };
      // Committed: no row refers to it any more. One that stays is removed at the next start.
      if (deleted) rmSync(batchFilePath(this.#options.dataDir, fileNumber), { force: true });
      this.#limitPages();
    }
  }

  close(): void {
    this.#finish();
  }

  *#moving({ file_number: fileNumber, first_row: firstRow, last_row: lastRow }: FileRow): BackgroundWork {
    let nextRow = firstRow;
    let failed = false;
    while (nextRow <= lastRow && !failed) {
      yield () => {
        // There is no room for it, for one: it is said once, and what else there is to do goes on.
        if (failed) return;
        failed = true;
        nextRow = this.#moveSome(fileNumber, nextRow, lastRow);
        failed = false;
      };
    }
  }

  /** Gives the row to go on with. */
  #moveSome(fileNumber: number, firstRow: number, lastRow: number): number {
    const rows = this.#sql.rows.all(firstRow, lastRow, rowsPerStep) as unknown as PlacedRow[];
    const reader = new BatchFileReader(this.#options.dataDir);
    let moved = 0;
    let nextRow = rows.length < rowsPerStep ? lastRow + 1 : (rows.at(-1)?.row_number ?? lastRow) + 1;
    try {
      for (const { row_number: row, batch_file, file_position: position, size_bytes: sizeBytes } of rows) {
        if (batch_file !== fileNumber) continue;
        if (moved >= bytesPerStep) {
          nextRow = row;
          break;
        }
        const bytes = reader.read({ fileNumber, position, sizeBytes });
        if (bytes?.length !== sizeBytes) {
          this.#damaged.add(fileNumber);
          nextRow = lastRow + 1;
          break;
        }
        this.#sql.moveIn.run(bytes, row);
        moved += sizeBytes;
      }
    } finally {
      reader.close();
    }
    if (moved > 0) this.dropped(fileNumber, moved);
    return nextRow;
  }

  #clear(): void {
    this.#runs = [];
    this.#runBytes = 0;
  }

  #finish(): void {
    if (this.#current?.handle !== undefined) closeSync(this.#current.handle);
    this.#current = undefined;
  }

  #open(fileNumber: number): number {
    const { dataDir } = this.#options;
    const folder = path.join(dataDir, batchFolderName);
    if (mkdirSync(folder, { recursive: true }) !== undefined) flushFolder(dataDir);
    const handle = openSync(batchFilePath(dataDir, fileNumber), constants.O_WRONLY | constants.O_CREAT, 0o644);
    flushFolder(folder);
    return handle;
  }

  /** Gives room back that a write took which then failed. */
  #takeBack({ handle, sizeBytes }: Current): void {
    try {
      if (handle !== undefined) ftruncateSync(handle, sizeBytes);
    } catch {
      // It is written over by the next commit.
    }
  }

  #files(): readonly FileRow[] {
    return this.#sql.files.all() as unknown as FileRow[];
  }

  #check(file: FileRow): void {
    if (!isLeft(file)) return;
    const name = batchFilePath(this.#options.dataDir, file.file_number);
    const sizeBytes = statSync(name, { throwIfNoEntry: false })?.size;
    if (sizeBytes !== undefined && sizeBytes >= file.size_bytes) return;
    const has = `${file.size_bytes - file.dropped_bytes} bytes of stored record batches`;
    const damage =
      sizeBytes === undefined
        ? `${name} is missing, which has ${has}`
        : `${name} is truncated: it has ${sizeBytes} bytes and should have ${file.size_bytes}, among them ${has}`;
    throw corruptFault('open the data folder', damage);
  }

  #storedBytes(): number {
    return (this.#sql.storedBytes.get() as { bytes: number }).bytes;
  }

  #checkRoom(): void {
    const { maxPageCount } = this.#options;
    if (maxPageCount === undefined) return;
    const { page_count: pages } = this.#sql.pageCount.get() as { page_count: number };
    if (pages * pageSizeBytes + this.#storedBytes() + this.#runBytes <= maxPageCount * pageSizeBytes) return;
    throw Object.assign(new Error('no space left, as the test has it'), { code: 'ENOSPC' });
  }

  #limitPages(): void {
    const { maxPageCount } = this.#options;
    if (maxPageCount === undefined) return;
    const pages = Math.max(1, maxPageCount - Math.ceil(this.#storedBytes() / pageSizeBytes));
    this.#database.exec(`PRAGMA max_page_count = ${pages}`);
  }
}

interface PlacedRow {
  readonly row_number: number;
  readonly batch_file: number | null;
  readonly file_position: number;
  readonly size_bytes: number;
}

interface FileRow {
  readonly file_number: number;
  readonly first_row: number;
  readonly last_row: number;
  readonly size_bytes: number;
  readonly dropped_bytes: number;
}

const isLeft = (file: FileRow): boolean => file.size_bytes > file.dropped_bytes;

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql);
  return {
    files: statement('SELECT * FROM batch_file ORDER BY file_number'),
    putFile: statement(
      `INSERT INTO batch_file (file_number, first_row, last_row, size_bytes, dropped_bytes) VALUES (?, ?, ?, ?, 0)
       ON CONFLICT (file_number) DO UPDATE SET last_row = excluded.last_row, size_bytes = excluded.size_bytes`,
    ),
    storedBytes: statement('SELECT coalesce(sum(size_bytes), 0) AS bytes FROM batch_file'),
    drop: statement('UPDATE batch_file SET dropped_bytes = dropped_bytes + ? WHERE file_number = ?'),
    sparse: statement(
      `SELECT * FROM batch_file WHERE size_bytes - dropped_bytes < size_bytes * ?
       ORDER BY size_bytes > dropped_bytes, file_number`,
    ),
    deleteFile: statement('DELETE FROM batch_file WHERE file_number = ? AND size_bytes = dropped_bytes'),
    rows: statement(
      `SELECT row_number, batch_file, file_position, size_bytes FROM record_batch
       WHERE row_number BETWEEN ? AND ? ORDER BY row_number LIMIT ?`,
    ),
    moveIn: statement(
      `UPDATE record_batch SET bytes = ?, batch_file = NULL, file_position = NULL, size_bytes = NULL WHERE row_number = ?`,
    ),
    pageCount: statement('PRAGMA page_count'),
  };
}
