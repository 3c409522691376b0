import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { topicId } from '../../src/core/ids.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { pageSizeBytes, schemaVersion } from '../../src/sqlite/schema.ts';
import { newBatch } from '../contract/batch-bytes.ts';
import { DataFolder } from './data-folder.ts';
import { holdFolder, killAll } from './holder.ts';

const partition = { topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };
const everything = { startOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };

let folder: DataFolder;
let file: string;
beforeEach(() => {
  folder = new DataFolder();
  file = folder.file('sash.db');
});
afterEach(async () => {
  await killAll();
  await folder.remove();
});

/** A data file with a few batches, closed cleanly. */
async function fill(): Promise<void> {
  const database = await folder.open();
  const log = new SqliteLog(database);
  await log.createPartitions([partition]);
  for (let i = 0; i < 20; i++)
    await log.append({ entries: [{ ...partition, batch: newBatch({ offsets: 2, sizeBytes: 40_000 }) }] });
  await database.close();
}

function flip(path: string, at: number): void {
  const handle = openSync(path, 'r+');
  const byte = new Uint8Array(1);
  readSync(handle, byte, 0, 1, at);
  writeSync(handle, Uint8Array.of((byte[0] ?? 0) ^ 0x55), 0, 1, at);
  closeSync(handle);
}

const corrupt = (...words: string[]) => ({
  name: 'Fault',
  code: 'CORRUPT',
  retriable: false,
  outcome: 'refused',
  message: expect.stringMatching(new RegExp(words.join('.*'))),
});

describe('the data file', () => {
  test.each([0.99, 0.5, 0.1])('cut to %d of its length is refused, naming it, and left as it is', async (part) => {
    await fill();
    const length = Math.floor(statSync(file).size * part);
    truncateSync(file, length);
    const before = readFileSync(file);
    await expect(folder.open()).rejects.toMatchObject(corrupt('sash.db'));
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('cut by a single page is refused as truncated', async () => {
    await fill();
    truncateSync(file, statSync(file).size - pageSizeBytes);
    await expect(folder.open()).rejects.toMatchObject(corrupt('sash.db', 'truncated'));
  });

  test('cut to nothing is refused, not taken for a new one', async () => {
    await fill();
    truncateSync(file, 0);
    await expect(folder.open()).rejects.toMatchObject(corrupt('sash.db', 'empty'));
  });

  test('with a broken header is refused', async () => {
    await fill();
    flip(file, 3);
    await expect(folder.open()).rejects.toMatchObject(corrupt('sash.db'));
  });

  test('with a broken page in a table of names is refused, naming the table', async () => {
    await fill();
    const database = new DatabaseSync(file);
    const { rootpage } = database.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'topic'`).get() as {
      rootpage: number;
    };
    database.close();
    flip(file, (rootpage - 1) * pageSizeBytes);
    await expect(folder.open()).rejects.toMatchObject(corrupt('sash.db'));
  });

  test('missing beside its write-ahead log is refused', async () => {
    await (await holdFolder(folder.path, 3)).kill();
    rmSync(file);
    await expect(folder.open()).rejects.toMatchObject(corrupt('sash.db', 'missing'));
  });

  test('of another program is refused', async () => {
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE something (x)');
    database.close();
    await expect(folder.open()).rejects.toMatchObject(corrupt('not one of sash'));
  });

  test('that was never finished is made again', async () => {
    writeFileSync(folder.file('sash.db.new'), 'half');
    const log = new SqliteLog(await folder.open());
    await log.createPartitions([partition]);
  });
});

describe('the write-ahead log', () => {
  test('that a killed process left is read, and the data file may end before what lies in it', async () => {
    await (await holdFolder(folder.path, 200)).kill();
    const log = new SqliteLog(await folder.open());
    expect(log.bounds(partition)).toEqual({ startOffset: 0, endOffset: 200, sizeBytes: 1_000_000 });
    expect(await log.read(partition, everything)).toHaveLength(200);
  });

  test('does not hide that the data file is truncated', async () => {
    await fill();
    await (await holdFolder(folder.path, 3)).kill();
    truncateSync(file, statSync(file).size - 10 * pageSizeBytes);
    await expect(folder.open()).rejects.toMatchObject(corrupt('sash.db', 'truncated'));
  });

  test.each([
    ['header', 8],
    ['first frame', 32 + 24 + 100],
    ['middle', 32 + 40 * (pageSizeBytes + 24) + 5000],
  ])('with a broken %s is refused, because SQLite would drop everything behind it', async (_place, at) => {
    await (await holdFolder(folder.path, 50)).kill();
    flip(`${file}-wal`, at);
    await expect(folder.open()).rejects.toMatchObject(corrupt('sash.db-wal'));
  });

  test('whose last commit was cut off in the middle is an ordinary end', async () => {
    await (await holdFolder(folder.path, 20)).kill();
    const log = `${file}-wal`;
    truncateSync(log, statSync(log).size - 100);
    const again = new SqliteLog(await folder.open());
    expect(again.bounds(partition)?.endOffset).toBeGreaterThanOrEqual(19);
  });
});

test('a data folder of a newer format is refused in a sentence with folder, found and supported version', async () => {
  await fill();
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA user_version = ${schemaVersion + 1}`);
  database.close();
  await expect(folder.open()).rejects.toMatchObject({
    name: 'Fault',
    code: 'STORAGE_FAILED',
    retriable: false,
    message: `data folder ${folder.path} has format version ${schemaVersion + 1}, written by a newer sash; this one reads up to version ${schemaVersion}`,
  });
});

test('a data folder of the format before is brought to this one, with all it has', async () => {
  await fill();
  const database = new DatabaseSync(file);
  database.exec(`
    DROP TABLE batch_file;
    ALTER TABLE record_batch DROP COLUMN batch_file;
    ALTER TABLE record_batch DROP COLUMN file_position;
    ALTER TABLE record_batch DROP COLUMN size_bytes;
    PRAGMA user_version = 4
  `);
  database.close();
  const again = await folder.open({ fileCommitBytes: 100_000 });
  const log = new SqliteLog(again, { cacheBytes: 0 });
  expect(await log.read(partition, everything)).toHaveLength(20);
  await log.append({ entries: [{ ...partition, batch: newBatch({ sizeBytes: 100_000 }) }] });
  expect(readdirSync(folder.file('batches'))).toEqual(['1.batches']);
  const stored = await log.read(partition, everything);
  expect(stored.map(({ bytes }) => bytes.length)).toEqual([...Array.from({ length: 20 }, () => 40_000), 100_000]);
  await again.close();

  const migrated = new DatabaseSync(file, { readOnly: true });
  expect(migrated.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  migrated.close();
});

test('a data folder of a format before that is refused, with the way to go', async () => {
  await fill();
  const database = new DatabaseSync(file);
  database.exec('PRAGMA user_version = 3');
  database.close();
  await expect(folder.open()).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: `data folder ${folder.path} has format version 3; this sash reads versions 4 to ${schemaVersion}`,
    hint: 'start it once with a sash that reads version 3 and writes a newer one',
  });
});

describe('a stored record batch', () => {
  const change = (sql: string): void => {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  };

  test.each([
    ['a changed byte in its records', `substr(bytes, 1, 70) || x'ff' || substr(bytes, 72)`, 'CRC'],
    ['a changed CRC', `substr(bytes, 1, 17) || x'00000000' || substr(bytes, 22)`, 'CRC'],
    ['another magic byte', `substr(bytes, 1, 16) || x'01' || substr(bytes, 18)`, 'magic'],
    ['bytes missing', `substr(bytes, 1, 39999)`, 'header says 40000 bytes'],
    ['hardly any bytes', `substr(bytes, 1, 30)`, 'at least 61'],
    ['the bytes of another', `(SELECT bytes FROM record_batch WHERE base_offset = 4)`, 'header says offset 4'],
  ])('with %s is not served; the others are', async (_damage, expression, word) => {
    await fill();
    change(`UPDATE record_batch SET bytes = CAST(${expression} AS BLOB) WHERE base_offset = 6`);
    const log = new SqliteLog(await folder.open());
    await expect(log.read(partition, { ...everything, startOffset: 7 })).rejects.toMatchObject({
      ...corrupt('offset 6 of partition ordersAAAAAAAAAAAAAAAA/0', word),
      offsets: { firstOffset: 6, lastOffset: 7 },
    });
    expect(await log.read(partition, { ...everything, endOffset: 6 })).toHaveLength(3);
    expect(await log.read(partition, { ...everything, startOffset: 8 })).toHaveLength(16);
  });
});
