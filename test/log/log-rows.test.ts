import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { topicId } from '../../src/core/ids.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import type { Database } from '../../src/sqlite/database.ts';
import { newBatch } from '../contract/batch-bytes.ts';
import { DataFolder } from '../sqlite/data-folder.ts';
import { until } from '../until.ts';

/** What the log in SQLite does with its rows and its memory; that it is a log is shown by the contract. */

const topic = topicId('ordersAAAAAAAAAAAAAAAA');
const p0 = { topicId: topic, partition: 0 };
const p1 = { topicId: topic, partition: 1 };
const everything = { startOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };

let folder: DataFolder;
let database: Database;
let log: SqliteLog;

async function start(options = {}): Promise<void> {
  database = await folder.open();
  log = new SqliteLog(database, options);
}
beforeEach(async () => {
  folder = new DataFolder();
  await start();
  await log.createPartitions([p0, p1]);
});
afterEach(() => folder.remove());

/** Appends `count` batches in as few commits as possible. */
async function append(partition: typeof p0, count: number, sizeBytes = 100): Promise<void> {
  const batch = newBatch({ offsets: 2, sizeBytes });
  await log.append({ entries: Array.from({ length: count }, () => ({ ...partition, batch })) });
}
const rows = (table: string): number =>
  (database.reader.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number }).count;

test('a timestamp is looked for a part of the log at a time, with others in between', async () => {
  // Each start begins a new segment.
  for (let i = 0; i < 20; i++) {
    await append(p0, 2);
    await database.close();
    await start();
  }
  let others = 0;
  setImmediate(() => others++);
  expect(await log.offsetForTimestamp(p0, Number.MAX_SAFE_INTEGER)).toBeUndefined();
  expect(others).toBe(1);
  expect(await log.offsetForTimestamp(p0, 0)).toBe(0);
});

describe('rows', () => {
  test('of trimmed batches are deleted, of others not', async () => {
    await append(p0, 1500);
    await append(p1, 10);
    await log.trim(p0, 2900);
    await until(() => rows('record_batch') === 60, 'the deletion');
    expect(await log.read(p0, everything)).toHaveLength(50);
    expect(await log.read(p1, everything)).toHaveLength(10);
  });

  test('of a deleted partition are deleted, with everything that points to them', async () => {
    await append(p0, 700);
    await append(p1, 1);
    await log.deletePartitions([p0]);
    await until(() => rows('purge') === 0, 'the deletion');
    expect(rows('record_batch')).toBe(1);
    expect(rows('log_segment')).toBe(1);
    expect(rows('topic_partition')).toBe(1);
  });

  test('that a stop left are deleted after the next start', async () => {
    await append(p0, 3000);
    await append(p1, 3000);
    await Promise.all([log.trim(p0, 5990), log.deletePartitions([p1]), database.close()]);
    await start();
    expect(log.bounds(p0)).toEqual({ startOffset: 5990, endOffset: 6000, sizeBytes: 500 });
    await until(() => rows('record_batch') === 5, 'the deletion');
    await until(() => rows('purge') === 0, 'the end of the deletion');
  });

  test('of old request keys are deleted while new ones come', async () => {
    await database.close();
    await start({ requestKeyRetentionMs: 10_000 });
    const use = (from: number, nowMs: number) =>
      Promise.all(
        Array.from({ length: 1100 }, (_, i) => {
          const requestKey = { topicId: topic, key: `k${from + i}`, fingerprint: 'f', layout: '', nowMs };
          return log.append({ entries: [{ ...p0, batch: newBatch() }], requestKey });
        }),
      );
    await use(0, 1000);
    await use(2000, 20_000);
    await until(() => rows('request_key') === 1100, 'the deletion');
  });
});

describe('segments', () => {
  test('more batches than one segment holds are read, found and trimmed like few', async () => {
    // 8,192 rows a segment; the partitions take turns, so both reach into several.
    for (let i = 0; i < 10; i++) {
      await append(p0, 1000);
      await append(p1, 1000);
    }
    expect(rows('log_segment')).toBeGreaterThanOrEqual(4);
    await database.close();
    await start({ cacheBytes: 0 });
    const batches = await log.read(p0, everything);
    expect(batches.map(({ baseOffset }) => baseOffset)).toEqual(Array.from({ length: 10_000 }, (_, i) => i * 2));
    for (const startOffset of [0, 1, 7999, 8191, 8192, 8193, 16_383, 16_384, 19_999]) {
      const [first] = await log.read(p0, { ...everything, startOffset });
      expect(first?.baseOffset).toBe(startOffset - (startOffset % 2));
    }
    await append(p0, 3);
    expect(log.bounds(p0)?.endOffset).toBe(20_006);
    await log.trim(p0, 15_001);
    await until(() => rows('record_batch') === 10_000 + 2503, 'the deletion');
    const left = await log.read(p0, everything);
    expect(left[0]?.baseOffset).toBe(15_000);
    expect(left).toHaveLength(2503);
    expect(await log.applyRetention(p1, { maxBytes: 250 })).toEqual({
      startOffset: 19_996,
      endOffset: 20_000,
      sizeBytes: 200,
    });
  });

  test('every start begins a new one, and reading goes across them all', async () => {
    for (let i = 0; i < 5; i++) {
      await append(p0, 2);
      await log.trim(p0, i * 4 - 2);
      await database.close();
      await start();
    }
    expect(log.bounds(p0)).toEqual({ startOffset: 14, endOffset: 20, sizeBytes: 300 });
    expect((await log.read(p0, everything)).map(({ baseOffset }) => baseOffset)).toEqual([14, 16, 18]);
  });

  test('a partition that was emptied goes on in the same one', async () => {
    await append(p0, 10);
    await append(p1, 10);
    await log.trim(p0, 20);
    await log.trim(p1, 20);
    await until(() => rows('record_batch') === 0, 'the deletion'); // of p1 after p0
    await append(p0, 1);
    const cold = new SqliteLog(database, { cacheBytes: 0 });
    expect((await cold.read(p0, everything)).map(({ baseOffset }) => baseOffset)).toEqual([20]);
  });

  test('is never the same twice for a partition, not even when all rows are deleted and their numbers free again', async () => {
    for (let i = 0; i < 9; i++) await append(p1, 1000);
    await append(p0, 1); // in the segment after the first
    await log.trim(p0, 2);
    await log.trim(p1, 18_000);
    await until(() => rows('record_batch') === 0, 'the deletion');
    await database.close();
    await start();
    for (let i = 0; i < 27; i++) await append(p0, 1000);
    const cold = new SqliteLog(database, { cacheBytes: 0 });
    const baseOffsets = (await cold.read(p0, everything)).map(({ baseOffset }) => baseOffset);
    expect(baseOffsets).toEqual(Array.from({ length: 27_000 }, (_, i) => 2 + i * 2));
    await log.trim(p0, 10_002);
    await until(() => rows('record_batch') === 22_000, 'the deletion');
  });

  test('a partition that was emptied goes on where it was, over restarts', async () => {
    await append(p0, 10);
    await log.trim(p0, 20);
    await until(() => rows('record_batch') === 0, 'the deletion');
    await database.close();
    await start();
    expect(log.bounds(p0)).toEqual({ startOffset: 20, endOffset: 20, sizeBytes: 0 });
    await append(p1, 1);
    await append(p0, 1);
    await database.close();
    await start();
    expect((await log.read(p0, everything)).map(({ baseOffset }) => baseOffset)).toEqual([20]);
    expect((await log.read(p1, everything)).map(({ baseOffset }) => baseOffset)).toEqual([0]);
  });
});
