import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

/** Copies committed pages from the write-ahead log into the data file each time it is asked to. See `checkpoints.ts`. */
const port = parentPort;
if (port === null) throw new Error('the checkpointer runs in a worker thread');
const database = new DatabaseSync((workerData as { file: string }).file);
database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');

port.on('message', (order: 'checkpoint' | 'close') => {
  if (order === 'close') {
    database.close();
    port.close();
    return;
  }
  let problem: string | undefined;
  try {
    checkpoint.all();
  } catch (error) {
    problem = `checkpoint: ${String(error)}`;
  }
  port.postMessage(problem);
});
