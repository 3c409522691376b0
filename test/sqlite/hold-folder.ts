import { topicId } from '../../src/core/ids.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { openDatabase } from '../../src/sqlite/database.ts';
import { newBatch } from '../contract/batch-bytes.ts';

/**
 * Run as a process of its own: `hold-folder.ts DATA_DIR BATCHES`. Opens the folder, appends that many batches of
 * one record one after the other, prints `ready`, and stays; or prints the fault as JSON and exits with 1.
 */
const [dataDir = '', batches = '0'] = process.argv.slice(2);
const partition = { topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };
try {
  const log = new SqliteLog(await openDatabase({ dataDir }));
  await log.createPartitions([partition]);
  for (let i = 0; i < Number(batches); i++)
    await log.append({ entries: [{ ...partition, batch: newBatch({ sizeBytes: 5000 }) }] });
  console.log('ready');
} catch (error) {
  const { code, message, hint } = error as { code?: string; message: string; hint?: string };
  console.log(JSON.stringify({ code, message, hint }));
  process.exitCode = 1;
}
