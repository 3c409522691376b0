import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { groupId, topicId } from '../../src/core/ids.ts';
import type { Ending } from '../../src/core/share-partition/ending.ts';
import { historyLimits } from '../../src/ports/state-store.ts';
import type { Database } from '../../src/sqlite/database.ts';
import { SqliteStore } from '../../src/store/sqlite-store.ts';
import { ending } from '../contract/state-store.ts';
import { DataFolder } from '../sqlite/data-folder.ts';
import { until } from '../until.ts';

/** How many endings a store in SQLite keeps, and which. */

const key = { group: groupId('g'), topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };
const offsetsBetweenCleanups = 1000;

let folder: DataFolder;
let database: Database;
let store: SqliteStore;
let leaderEpoch: number;

async function start(): Promise<void> {
  database = await folder.open({ offsetsBetweenCleanups });
  store = new SqliteStore(database);
  leaderEpoch = (await store.open(key, 0))?.leaderEpoch ?? 0;
}
beforeEach(async () => {
  folder = new DataFolder();
  await start();
});
afterEach(() => folder.remove());

/** One write with the endings of many records, and the window's start behind them unless told otherwise. */
async function write(endings: readonly Ending[], startOffset: number, stateEpoch = 0): Promise<void> {
  await store.write({ key, leaderEpoch, stateEpoch, startOffset, endings });
}
const range = (first: number, end: number, change: Partial<Ending> = {}): Ending[] =>
  Array.from({ length: end - first }, (_, i) => ending(first + i, change));
const rejected = { outcome: 'rejected', state: 'archived' } as const;
const released = { outcome: 'released', state: 'available' } as const;

function stored(where = 'true'): number {
  const row = database.reader.prepare(`SELECT count(*) AS count FROM ending WHERE ${where}`).get();
  return (row as { count: number }).count;
}

test('history shrinks to the newest endings that cover as many records as must be kept', async () => {
  await write(range(0, 25_000), 25_000);
  await until(() => stored() === historyLimits.settledRecords, 'the cleanup');
  expect(await store.latestEnding(key, 14_999)).toBeUndefined();
  expect(await store.latestEnding(key, 15_000)).toMatchObject({ outcome: 'accepted' });
  expect(await store.latestEnding(key, 24_999)).toMatchObject({ outcome: 'accepted' });
});

test('it counts records, not endings', async () => {
  const ranges = Array.from({ length: 1200 }, (_, i) => ending(i * 100, { lastOffset: i * 100 + 99 }));
  await write(ranges, 120_000);
  await until(() => stored() === historyLimits.settledRecords / 100, 'the cleanup');
  expect(await store.latestEnding(key, 110_000)).toBeDefined();
  expect(await store.latestEnding(key, 109_999)).toBeUndefined();
});

test('records that were not accepted stay, however many are accepted after them', async () => {
  await write(range(0, 300, { ...rejected, reason: 'bad' }), 300);
  await write(range(300, 400, released), 300);
  await write(range(300, 25_000), 25_000);
  await until(() => stored(`outcome = 'accepted'`) === historyLimits.settledRecords, 'the cleanup');
  expect(await store.archived(key, { limit: 1000 })).toHaveLength(300);
  expect(await store.endingsOf(key, 350)).toMatchObject([{ outcome: 'released' }]);
});

test('of those that were archived the newest stay, and are listed', async () => {
  await write(range(0, 12_000, rejected), 12_000);
  await until(() => stored() === historyLimits.failedRecords, 'the cleanup');
  const listed = await store.archived(key, { limit: 20_000 });
  expect(listed).toHaveLength(historyLimits.failedRecords);
  expect(listed[0]?.firstOffset).toBe(11_999);
  expect(listed.at(-1)?.firstOffset).toBe(2000);
});

test('a record that is attempted again and again counts once', async () => {
  for (let round = 0; round < 6; round++) await write(range(0, 3000, released), 0);
  await write(range(0, 3000), 3000);
  await write(range(3000, 15_000), 15_000);
  await until(() => stored(`outcome = 'accepted'`) === historyLimits.settledRecords, 'the cleanup');
  expect(stored(`outcome = 'released'`)).toBe(18_000);
});

test('newest means settled last, not the highest offset', async () => {
  await write(range(1, 20_000), 0); // offset 0 holds the window back
  await write([ending(0)], 20_000);
  await until(() => stored() === historyLimits.settledRecords, 'the cleanup');
  expect(await store.latestEnding(key, 0)).toMatchObject({ outcome: 'accepted' });
});

test('nothing of the window goes, however much there is', async () => {
  await write(range(1, 15_000), 0);
  await write(range(15_000, 18_000, released), 0);
  await write(range(20_000, 40_000), 0);
  // Another partition goes through a cleanup after that, so this one has had its turn.
  const other = { ...key, partition: 1 };
  await store.open(other, 0);
  await store.write({ key: other, leaderEpoch: 1, stateEpoch: 0, startOffset: 12_000, endings: range(0, 12_000) });
  await until(() => stored('share_partition_key = 2') === historyLimits.settledRecords, 'the cleanup of the other');
  expect(stored('share_partition_key = 1')).toBe(14_999 + 3000 + 20_000);
  expect((await store.open(key, null))?.endings).toHaveLength(14_999 + 3000 + 20_000);
});

test('endings of an earlier state epoch are history, wherever the window starts now', async () => {
  await write(range(50_000, 65_000), 50_000);
  await store.reset({ key, leaderEpoch, stateEpoch: 0, startOffset: 0 });
  await write(range(1, 1500), 0, 1);
  await until(() => stored('state_epoch = 0') === historyLimits.settledRecords, 'the cleanup');
  expect(stored('state_epoch = 1')).toBe(1499);
  expect(await store.endingsOf(key, 64_999)).toHaveLength(1);
});

test('what a stop left undone is done after the next start', async () => {
  await write(range(0, 9000), 9000);
  await database.close();
  // As if the process had been killed before the cleanup: more history than is kept.
  const file = new DatabaseSync(folder.file('sash.db'));
  file.exec(`
    WITH RECURSIVE offsets (o) AS (SELECT 100000 UNION ALL SELECT o + 1 FROM offsets WHERE o < 112499)
    INSERT INTO ending SELECT 1, o, 500000 + o, o, 0, 1, 1, 1, 'http:w', 0, 0, 'accepted', 'acknowledged', NULL, NULL, NULL
    FROM offsets;
    UPDATE share_partition SET start_offset = 200000, next_sequence = 2000000`);
  file.close();
  await start();
  await until(() => stored() === historyLimits.settledRecords, 'the cleanup');
  expect(await store.latestEnding(key, 102_500)).toBeDefined();
  expect(await store.latestEnding(key, 102_499)).toBeUndefined();
});

test('the state of a deleted group leaves no rows behind, also when the process stops on the way', async () => {
  await write(range(0, 5000), 0);
  await store.deleteGroup(key.group);
  await database.close();
  await start();
  expect(await store.list(key.group)).toMatchObject([{ startOffset: 0 }]);
  await until(() => stored() === 0, 'the deletion');
});
