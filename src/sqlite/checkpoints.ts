import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

import { pageSizeBytes } from './schema.ts';

/** A checkpoint is asked for when about this much has been written since the last one. */
const bytesBetweenCheckpoints = 8 * 1024 * 1024;
/** From this size of the write-ahead log on, the writer itself does what is left to do. */
const maxLogBytes = 64 * 1024 * 1024;

/**
 * Keeps the write-ahead log short. Copying its pages into the data file, and flushing that, takes tens of milliseconds
 * under load, so a thread of its own does it while commits go on. But that one alone never catches up with a writer
 * that does not pause, and the log grows without bound: so at 64 MiB SQLite's automatic checkpoint lets
 * the writer copy the rest, which is little, and the next commit starts the log from the beginning. The file is
 * kept and written over, which makes a flush cheaper than when a file grows.
 */
export class Checkpoints {
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  #bytesSince = 0;
  #running = false;

  constructor(database: DatabaseSync, file: string, report: (problem: string) => void) {
    database.exec(`PRAGMA wal_autocheckpoint = ${maxLogBytes / pageSizeBytes}`);
    database.exec(`PRAGMA journal_size_limit = ${maxLogBytes}`);
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#thread = new Worker(new URL(`./checkpoint-worker.${extension}`, import.meta.url), {
      workerData: { file },
      name: 'sash-checkpoints',
    });
    // From the start: a thread that has ended does not say so again when it is to be closed.
    this.#ended = new Promise((resolve) => this.#thread.once('exit', () => resolve()));
    this.#thread.on('message', (problem: string | undefined) => {
      this.#running = false;
      if (problem !== undefined) report(problem);
    });
    // Without it there are still the writer's own checkpoints.
    this.#thread.on('error', (error) => report(`the checkpoint thread has stopped: ${String(error)}`));
  }

  /** After each commit. The bytes need only be about right. */
  committed(operations: number, payloadBytes: number): void {
    this.#bytesSince += payloadBytes + (2 + operations / 16) * pageSizeBytes;
    if (this.#running || this.#bytesSince < bytesBetweenCheckpoints) return;
    this.#running = true;
    this.#bytesSince = 0;
    this.#thread.postMessage('checkpoint');
  }

  async close(): Promise<void> {
    this.#thread.postMessage('close');
    await this.#ended;
  }
}
