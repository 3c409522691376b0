import { readdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { Logger } from '../ports/logger.ts';
import type { StorageMeasures } from '../ports/measures.ts';
import type { StorageHealth } from '../ports/storage-health.ts';
import { defaultBatchFileBytes, defaultFileCommitBytes } from './batch-files.ts';
import { batchFolderName } from './batch-place.ts';
import { dataFileName } from './data-file.ts';
import { FolderLock } from './folder-lock.ts';
import { probeOperation } from './metadata-operations.ts';
import type { Operation } from './operation.ts';
import { closedFault, toFault } from './sqlite-fault.ts';
import type { WriterGate } from './writer-gate.ts';
import { Writer } from './writer.ts';

/** Some times what is written between two checkpoints: unless there is much to write, the log never has to grow. */
export const defaultLogRoomBytes = 16 * 1024 * 1024;

export interface DatabaseOptions {
  /** Made when it does not exist. */
  readonly dataDir: string;
  /** For trouble that no request waits for, such as a failed deletion of old rows. */
  readonly logger?: Logger;
  /** The writer thread has ended by itself: nothing can be written any more, until the folder is opened again. */
  readonly died?: (error: Error) => void;
  /** How far a share partition's start moves before its history is looked through for what can go; default 20,000. */
  readonly offsetsBetweenCleanups?: number;
  /** So long is the write-ahead log made at once; default 0. See `log-room.ts`. */
  readonly logRoomBytes?: number;
  /** From how many bytes of batches on a commit writes them to a batch file; default 256 KiB. */
  readonly fileCommitBytes?: number;
  /** At about this size of a batch file the next one is begun; default 64 MiB. */
  readonly batchFileBytes?: number;
  /** For tests: data file and batch files grow to this many pages of 4 KiB at most, as if the disk were full then. */
  readonly maxPageCount?: number;
  /** For tests: see `writer-gate.ts`. */
  readonly gate?: WriterGate;
}

/**
 * The one database of a data folder: the writer thread, and the main thread's own connection for reading. The log, the
 * state store and the metadata store share it, so that their writes are flushed together.
 */
export class Database implements StorageHealth {
  readonly dataDir: string;
  /** The data file, for messages. */
  readonly file: string;
  readonly #reader: DatabaseSync;
  readonly #writer: Writer;
  readonly #lock: FolderLock;
  #closing: Promise<void> | undefined;

  constructor(dataDir: string, file: string, reader: DatabaseSync, writer: Writer, lock: FolderLock) {
    this.dataDir = dataDir;
    this.file = file;
    this.#reader = reader;
    this.#writer = writer;
    this.#lock = lock;
  }

  /** Reads see everything that has been committed, which may be a little more than what has been answered. */
  get reader(): DatabaseSync {
    return this.#reader;
  }

  /** Resolves when the change is durable. */
  submit<T>(operation: Operation<T>): Promise<T> {
    return this.#writer.submit(operation);
  }

  /** Runs a read; errors of SQLite become faults. */
  read<T>(operation: string, run: () => T): T {
    if (this.#closing !== undefined) throw closedFault(operation);
    try {
      return run();
    } catch (error) {
      throw toFault(error, operation, 'refused', this.file);
    }
  }

  /** What went wrong is heard by whoever writes. */
  trouble(): undefined {
    return undefined;
  }

  busyMs(): number {
    return this.#writer.busyMs;
  }

  async probe(sizeBytes: number): Promise<void> {
    await this.submit(probeOperation(sizeBytes));
    await this.submit(probeOperation(0));
  }

  /** All that there is to measure, now. */
  async measure(): Promise<StorageMeasures> {
    const { commitSeconds, commitWrites, failedWrites, waitingWrites } = this.#writer;
    const names = [dataFileName, `${dataFileName}-wal`];
    const sizes = await Promise.all(names.map((name) => sizeOf(path.join(this.dataDir, name))));
    const disk = await statfs(this.dataDir).catch(() => undefined);
    return {
      commitSeconds,
      commitWrites,
      failedWrites,
      waitingWrites,
      files: new Map([
        ...names.map((name, index): [string, number] => [name, sizes[index] ?? 0]),
        [batchFolderName, await sizeOfFolder(path.join(this.dataDir, batchFolderName))],
      ]),
      freeBytes: disk === undefined ? undefined : disk.bavail * disk.bsize,
    };
  }

  /** Resolves when no write is under way. */
  settled(): Promise<void> {
    return this.#writer.settled();
  }

  /** Writes what waits, then closes; later operations get `CLOSED`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The writer's connection is closed last: then SQLite brings everything into the data file.
    await this.#writer.close(() => this.#reader.close());
    this.#lock.release();
  }
}

/** 0 where there is none. */
const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );

async function sizeOfFolder(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(names.map((name) => sizeOf(path.join(folder, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Opens the data folder. Faults: `STORAGE_FAILED` when another process has it (the message names the folder and
 * that process's pid) or a newer sash wrote it, `CORRUPT` when it is damaged, `STORAGE_FULL`.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const dataDir = path.resolve(options.dataDir);
  const file = path.join(dataDir, dataFileName);
  const lock = FolderLock.take(dataDir);
  let writer: Writer | undefined;
  try {
    writer = await Writer.open(
      {
        dataDir,
        offsetsBetweenCleanups: options.offsetsBetweenCleanups ?? 20_000,
        logRoomBytes: options.logRoomBytes ?? 0,
        fileCommitBytes: options.fileCommitBytes ?? defaultFileCommitBytes,
        batchFileBytes: options.batchFileBytes ?? defaultBatchFileBytes,
        maxPageCount: options.maxPageCount,
        gate: options.gate,
      },
      (text) => options.logger?.error({ file }, text),
      (error) => options.died?.(error),
    );
    const reader = new DatabaseSync(file, { readOnly: true });
    reader.exec('PRAGMA busy_timeout = 5000; PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY');
    return new Database(dataDir, file, reader, writer, lock);
  } catch (error) {
    await writer?.close(() => {});
    lock.release();
    throw toFault(error, 'open the data folder', 'refused', file);
  }
}
