import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { topicId } from '../../src/core/ids.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { openDatabase } from '../../src/sqlite/database.ts';
import { DataFolder } from './data-folder.ts';
import { holdFolder, killAll, tryFolder } from './holder.ts';

const partition = { topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };

let folder: DataFolder;
beforeEach(() => void (folder = new DataFolder()));
afterEach(async () => {
  await killAll();
  await folder.remove();
});

test('a second process is refused and names the folder and the pid of the first', async () => {
  const first = await holdFolder(folder.path);
  const second = await tryFolder(folder.path);
  expect(second.exitCode).toBe(1);
  const fault = JSON.parse(second.output) as { code: string; message: string };
  expect(fault.code).toBe('STORAGE_FAILED');
  expect(fault.message).toContain(folder.path);
  expect(fault.message).toContain(`pid ${first.pid}`);
});

test('this process is refused as well while another has the folder, and not a moment longer', async () => {
  const first = await holdFolder(folder.path, 3);
  await expect(folder.open()).rejects.toMatchObject({ retriable: false, message: expect.stringContaining('in use') });
  await first.kill();
  const log = new SqliteLog(await folder.open());
  expect(log.bounds(partition)?.endOffset).toBe(3);
});

test('the same folder is not opened twice in one process', async () => {
  await folder.open();
  await expect(folder.open()).rejects.toMatchObject({ message: expect.stringContaining(`pid ${process.pid}`) });
});

test('after kill -9 the next start is the ordinary start, again and again, with everything confirmed', async () => {
  for (let round = 1; round <= 3; round++) {
    const holder = await holdFolder(folder.path, 5);
    await holder.kill();
    expect(existsSync(folder.file('sash.pid'))).toBe(true);
  }
  const log = new SqliteLog(await folder.open());
  expect(log.bounds(partition)).toEqual({ startOffset: 0, endOffset: 15, sizeBytes: 75_000 });
});

test('a lock file and a pid that were left behind do not count, even the pid of a living process', async () => {
  await (await folder.open()).close();
  expect(existsSync(folder.file('lock.db'))).toBe(true);
  writeFileSync(folder.file('sash.pid'), `${process.ppid}\n`);
  await folder.open();
  expect(readFileSync(folder.file('sash.pid'), 'utf8')).toBe(`${process.pid}\n`);
});

test('a clean stop leaves no pid and no write-ahead log', async () => {
  await (await folder.open()).close();
  expect(existsSync(folder.file('sash.pid'))).toBe(false);
  expect(existsSync(folder.file('sash.db-wal'))).toBe(false);
});

test.skipIf(process.platform !== 'linux')('a folder that cannot be made is told at once', async () => {
  await expect(openDatabase({ dataDir: '/proc/nowhere' })).rejects.toMatchObject({
    message: expect.stringContaining('/proc/nowhere'),
  });
});
