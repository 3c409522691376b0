import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { groupId, topicId } from '../../src/core/ids.ts';
import { loadWindow } from '../../src/core/share-partition/window.ts';
import { SqliteStore } from '../../src/store/sqlite-store.ts';
import { ending, released } from '../contract/state-store.ts';
import { DataFolder } from './data-folder.ts';

const key = { group: groupId('g'), topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };

let folder: DataFolder;
beforeEach(() => (folder = new DataFolder()));
afterEach(() => folder.remove());

const storedStart = (): number => {
  const file = new DatabaseSync(folder.file('sash.db'), { readOnly: true });
  const row = file.prepare('SELECT start_offset FROM share_partition').get() as { start_offset: number };
  file.close();
  return row.start_offset;
};

const startAfterRestart = async (): Promise<number> => {
  const store = new SqliteStore(await folder.open());
  const stored = await store.open(key, null);
  if (stored === undefined) throw new Error('the share partition is not there');
  return loadWindow(stored, 0, 0).startOffset;
};

describe('the start offset of a share partition', () => {
  const accept = (store: SqliteStore, startOffset: number, ...endings: ReturnType<typeof ending>[]) =>
    store.write({ key, leaderEpoch: 1, stateEpoch: 0, startOffset, endings });

  test('is told by the endings of records that are finished in their order, and written now and then', async () => {
    const database = await folder.open();
    const store = new SqliteStore(database);
    await store.open(key, 0);
    for (let offset = 0; offset < 999; offset++) await accept(store, offset + 1, ending(offset));
    expect(storedStart()).toBe(1);
    await accept(store, 1001, ending(999), ending(1000));
    expect(storedStart()).toBe(1001);
    await accept(store, 1002, ending(1001));
    expect(storedStart()).toBe(1001);
    await database.close();
    expect(await startAfterRestart()).toBe(1002);
  });

  test('is written at once where the endings of the write do not tell it', async () => {
    const database = await folder.open();
    const store = new SqliteStore(database);
    await store.open(key, 0);
    await accept(store, 0, ending(1), released(2));
    await accept(store, 2, ending(0));
    expect(storedStart()).toBe(2);
    // Retention took two records: nothing has ended them.
    await accept(store, 4);
    expect(storedStart()).toBe(4);
    await accept(store, 6, ending(5));
    expect(storedStart()).toBe(6);
    await database.close();
    expect(await startAfterRestart()).toBe(6);
  });
});
