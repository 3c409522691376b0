import {
  closeSync,
  openSync,
  readdirSync,
  renameSync,
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
import type { Database, DatabaseOptions } from '../../src/sqlite/database.ts';
import { gateOrder, newWriterGate, orderGate } from '../../src/sqlite/writer-gate.ts';
import { newBatch } from '../contract/batch-bytes.ts';
import { until } from '../until.ts';
import { DataFolder } from './data-folder.ts';

const topic = topicId('ordersAAAAAAAAAAAAAAAA');
const p0 = { topicId: topic, partition: 0 };
const p1 = { topicId: topic, partition: 1 };
const everything = { startOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };

let folder: DataFolder;
let database: Database;
let log: SqliteLog;

/** Commits from 50,000 bytes on go to files of about 200,000 bytes; nothing is read from memory. */
async function start(options: Omit<DatabaseOptions, 'dataDir'> = {}): Promise<void> {
  database = await folder.open({ fileCommitBytes: 50_000, batchFileBytes: 200_000, ...options });
  log = new SqliteLog(database, { cacheBytes: 0 });
}
beforeEach(async () => {
  folder = new DataFolder();
  await start();
  await log.createPartitions([p0, p1]);
});
afterEach(() => folder.remove());

const append = (partition: typeof p0, ...sizes: readonly number[]) =>
  log.append({ entries: sizes.map((sizeBytes) => ({ ...partition, batch: newBatch({ sizeBytes }) })) });

const sizesOf = async (partition: typeof p0): Promise<readonly number[]> =>
  (await log.read(partition, everything)).map(({ bytes }) => bytes.length);

/** Names and lengths. */
function files(): Record<string, number> {
  const names = readdirSync(folder.file('batches')).toSorted();
  const sizes = names.map((name): [string, number | undefined] => [
    name,
    statSync(folder.file(`batches/${name}`), { throwIfNoEntry: false })?.size,
  ]);
  return Object.fromEntries(sizes.filter((each): each is [string, number] => each[1] !== undefined));
}

async function restart(options = {}): Promise<void> {
  await database.close();
  await start(options);
}

const corrupt = (...words: string[]) => ({
  name: 'Fault',
  code: 'CORRUPT',
  retriable: false,
  outcome: 'refused',
  message: expect.stringMatching(new RegExp(words.join('.*'))),
});

describe('the bytes of a commit', () => {
  test('lie in its rows when they are few, and otherwise in a file', async () => {
    await append(p0, 49_999);
    await append(p0, 20_000, 30_000);
    await append(p1, 60_000);
    expect(files()).toEqual({ '1.batches': 110_000 });
    expect(await sizesOf(p0)).toEqual([49_999, 20_000, 30_000]);
    expect(await sizesOf(p1)).toEqual([60_000]);
    expect(log.bounds(p0)).toEqual({ startOffset: 0, endOffset: 3, sizeBytes: 99_999 });

    await restart();
    expect(log.bounds(p0)).toEqual({ startOffset: 0, endOffset: 3, sizeBytes: 99_999 });
    expect(await sizesOf(p0)).toEqual([49_999, 20_000, 30_000]);
    expect(await sizesOf(p1)).toEqual([60_000]);
  });

  test('follow those of the commit before, over a restart, too, until the file is long enough', async () => {
    for (let i = 0; i < 3; i++) await append(p0, 60_000);
    await restart();
    for (let i = 0; i < 3; i++) await append(p0, 60_000);
    expect(files()).toEqual({ '1.batches': 240_000, '2.batches': 120_000 });
    expect(await sizesOf(p0)).toEqual(Array.from({ length: 6 }, () => 60_000));
  });

  test('are not those of a duplicate, which lies between them', async () => {
    const send = (sizeBytes: number, baseSequence: number) =>
      log.append({
        entries: [{ ...p0, batch: newBatch({ sizeBytes }) }],
        producer: { producerId: 7, producerEpoch: 0, baseSequence, nowMs: 1 },
      });
    await send(1000, 0);
    await Promise.all([append(p1, 30_000), send(1000, 0), append(p1, 31_000)]);
    expect(files()).toEqual({ '1.batches': 61_000 });
    expect(await sizesOf(p0)).toEqual([1000]);
    expect(await sizesOf(p1)).toEqual([30_000, 31_000]);
  });

  test('are not written over when nobody knows whether it was committed', async () => {
    const gate = newWriterGate();
    await restart({ gate });
    await append(p0, 60_000);
    for (const order of [gateOrder.failAfterCommit, gateOrder.failCommit]) {
      orderGate(gate, order);
      await expect(append(p0, 70_000)).rejects.toMatchObject({ outcome: 'unknown' });
      await append(p0, 80_000);
    }
    await restart();
    expect(await sizesOf(p0)).toEqual([60_000, 70_000, 80_000, 80_000]);
  });

  test('count in what is measured', async () => {
    await append(p0, 60_000);
    expect((await database.measure()).files.get('batches')).toBe(60_000);
  });
});

describe('what a crash left', () => {
  test('behind the committed batches is written over', async () => {
    await append(p0, 60_000);
    await database.close();
    writeFileSync(folder.file('batches/1.batches'), Buffer.alloc(50_000, 7), { flag: 'a' });
    await start();
    await append(p0, 61_000);
    expect(files()).toEqual({ '1.batches': 121_000 });
    expect(await sizesOf(p0)).toEqual([60_000, 61_000]);
  });

  test('in a file that no row refers to is removed, and what is no batch file stays', async () => {
    await append(p0, 60_000);
    await database.close();
    writeFileSync(folder.file('batches/2.batches'), 'garbage');
    writeFileSync(folder.file('batches/README'), 'of somebody');
    await start();
    expect(files()).toEqual({ '1.batches': 60_000, README: 11 });
  });
});

describe('a batch file', () => {
  const file = (): string => folder.file('batches/1.batches');
  function overwrite(at: number): void {
    const handle = openSync(file(), 'r+');
    writeSync(handle, Uint8Array.of(0x55, 0xaa), 0, 2, at);
    closeSync(handle);
  }

  test('that is missing is not started without, and the message says what was in it', async () => {
    await append(p0, 60_000);
    await database.close();
    renameSync(file(), folder.file('elsewhere'));
    await expect(start()).rejects.toMatchObject(corrupt('1.batches is missing', '60000 bytes'));
    renameSync(folder.file('elsewhere'), file());
    await start();
    expect(await sizesOf(p0)).toEqual([60_000]);
  });

  test('that is too short is refused at the start, with both lengths', async () => {
    for (let i = 0; i < 5; i++) await append(p0, 60_000);
    await database.close();
    truncateSync(file(), 239_999);
    await expect(start()).rejects.toMatchObject(corrupt('1.batches is truncated', '239999', '240000'));
  });

  test('without its database is refused, not taken for a new folder', async () => {
    await append(p0, 60_000);
    await database.close();
    rmSync(folder.file('sash.db'));
    await expect(start()).rejects.toMatchObject(corrupt('sash.db is missing', 'batches'));
    expect(files()).toEqual({ '1.batches': 60_000 });
  });

  test.each([
    ['changed bytes', () => overwrite(60_000 + 100), 'CRC'],
    ['another offset in a header', () => overwrite(60_000), 'header says offset'],
    ['its end cut off', () => truncateSync(file(), 120_000), '60000 of its 61000 bytes'],
    ['nothing of it', () => truncateSync(file(), 60_000), '0 of its 61000 bytes'],
  ])('with %s gives the other batches, and says where the damage is', async (_damage, harm, word) => {
    await append(p0, 60_000);
    await append(p0, 61_000);
    harm();
    expect(await log.read(p0, { ...everything, endOffset: 1 })).toHaveLength(1);
    await expect(log.read(p0, { ...everything, startOffset: 1 })).rejects.toMatchObject({
      ...corrupt(`offset 1 of partition ordersAAAAAAAAAAAAAAAA/0`, '1.batches, position 60000', word),
      offsets: { firstOffset: 1, lastOffset: 1 },
    });
  });

  test('that goes missing under a running server is damage of the batches in it', async () => {
    await append(p0, 60_000);
    rmSync(file());
    await expect(sizesOf(p0)).rejects.toMatchObject(
      corrupt('offset 0', '1.batches, position 0', '0 of its 60000 bytes are there'),
    );
  });
});

describe('a file with nothing left in it', () => {
  test('is deleted, and the one that is being written stays', async () => {
    for (let i = 0; i < 5; i++) await append(p0, 60_000);
    expect(Object.keys(files())).toEqual(['1.batches', '2.batches']);
    await log.trim(p0, 4);
    await until(() => Object.keys(files()).length === 1, 'the deletion');
    expect(files()).toEqual({ '2.batches': 60_000 });
    await append(p0, 62_000);
    await restart();
    expect(await sizesOf(p0)).toEqual([60_000, 62_000]);
  });

  test('goes with its partition, even while it is being written', async () => {
    await append(p0, 60_000);
    await log.deletePartitions([p0]);
    await until(() => Object.keys(files()).length === 0, 'the deletion');
    await append(p1, 60_000);
    expect(files()).toEqual({ '2.batches': 60_000 });
    expect(await sizesOf(p1)).toEqual([60_000]);
  });
});

describe('what little is left in a file', () => {
  /** One batch of p1 among 340,000 bytes of p0, which are trimmed. */
  async function leaveLittle(): Promise<void> {
    await append(p0, 60_000);
    await log.append({
      entries: [
        { ...p1, batch: newBatch({ sizeBytes: 40_000 }) },
        { ...p0, batch: newBatch({ sizeBytes: 280_000 }) },
      ],
    });
    await append(p0, 70_000);
  }

  test('moves into its rows, so that the file can go', async () => {
    await leaveLittle();
    await log.trim(p0, 2);
    await until(() => Object.keys(files()).length === 1, 'the deletion');
    expect(files()).toEqual({ '2.batches': 70_000 });
    expect(await sizesOf(p1)).toEqual([40_000]);
    await restart();
    expect(log.bounds(p1)).toEqual({ startOffset: 0, endOffset: 1, sizeBytes: 40_000 });
    expect(await sizesOf(p1)).toEqual([40_000]);
  });

  test('stays where it is when it cannot be read, and is told of when it is asked for', async () => {
    await leaveLittle();
    truncateSync(folder.file('batches/1.batches'), 70_000);
    await log.trim(p0, 2);
    const rows = (): number =>
      (database.reader.prepare('SELECT count(*) AS count FROM record_batch').get() as { count: number }).count;
    await until(() => rows() === 2, 'the deletion');
    await expect(sizesOf(p1)).rejects.toMatchObject(corrupt('offset 0', '1.batches, position 60000', '10000 of its'));
    // The rest of the background goes on.
    await append(p0, 140_000);
    await log.trim(p0, 4);
    await until(() => !('2.batches' in files()), 'the deletion');
    expect(Object.keys(files())).toEqual(['1.batches']);
  });
});

test('the table of batch files says how long each is and how much of it has gone', async () => {
  await append(p0, 60_000, 61_000);
  await append(p0, 90_000);
  await append(p0, 50_000);
  await log.trim(p0, 1);
  await database.close();
  const stored = new DatabaseSync(folder.file('sash.db'), { readOnly: true });
  expect(stored.prepare('SELECT file_number, size_bytes, dropped_bytes FROM batch_file').all()).toEqual([
    { file_number: 1, size_bytes: 211_000, dropped_bytes: expect.any(Number) },
    { file_number: 2, size_bytes: 50_000, dropped_bytes: 0 },
  ]);
  stored.close();
});
