import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

/** A checkpoint is asked for when about this much has been written since the last one. */
const bytesBetweenCheckpoints = 4 * 1024 * 1024;
/** What was written while the thread copied; so little the writer copies by itself, which takes it a millisecond or two. */
const maxFinishedBytes = 2 * 1024 * 1024;
/** From this size of the write-ahead log on, the writer itself does what is left to do, however much that is. */
const maxLogBytes = 64 * 1024 * 1024;

/**
 * Keeps the write-ahead log short. Copying its pages into the data file, and flushing that, takes tens of milliseconds
 * under load, so a thread of its own does it while commits go on. But that one alone never catches up with a writer
 * that does not pause, and SQLite starts the log from its beginning only when all of it has been copied. So the writer copies what
 * has come meanwhile, where that is little: the log then stays within the room that was made for it (`log-room.ts`), and a
 * flush that does not lengthen a file is the cheaper one (a durable accept took 0.58 ms and not 0.48 once the log had outgrown
 * its room). Where it is much, commits go on, and at 64 MiB SQLite's automatic checkpoint lets the writer copy the rest.
 */
export class Checkpoints {
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  readonly #pageBytes: number;
  readonly #finish: () => void;
  #bytesSince = 0;
  #running = false;

  constructor(database: DatabaseSync, file: string, report: (problem: string) => void) {
    this.#pageBytes = (database.prepare('PRAGMA page_size').get() as { page_size: number }).page_size;
    database.exec(`PRAGMA wal_autocheckpoint = ${maxLogBytes / this.#pageBytes}`);
    database.exec(`PRAGMA journal_size_limit = ${maxLogBytes}`);
    const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    this.#finish = () => void checkpoint.all();
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#thread = new Worker(new URL(`./checkpoint-worker.${extension}`, import.meta.url), {
      workerData: { file },
      name: 'sash-checkpoints',
    });
    // From the start: a thread that has ended does not say so again when it is to be closed.
    this.#ended = new Promise((resolve) => this.#thread.once('exit', () => resolve()));
    this.#thread.on('message', (problem: string | undefined) => {
      this.#running = false;
      try {
        if (problem !== undefined) report(problem);
        else if (this.#bytesSince <= maxFinishedBytes) this.#finish();
      } catch (error) {
        report(`checkpoint: ${String(error)}`);
      }
    });
    // Without it there are still the writer's own checkpoints.
    this.#thread.on('error', (error) => report(`the checkpoint thread has stopped: ${String(error)}`));
  }

  /** After each commit. The bytes need only be about right. */
  committed(operations: number, payloadBytes: number): void {
    this.#bytesSince += payloadBytes + (2 + operations / 16) * this.#pageBytes;
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
