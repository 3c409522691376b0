import { copyFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { topicId } from '../../src/core/ids.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import type { Database } from '../../src/sqlite/database.ts';
import { newBatch } from '../contract/batch-bytes.ts';
import { DataFolder } from './data-folder.ts';

const partition = { topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };
const logRoomBytes = 2_500_000;

let folder: DataFolder;
let copy: DataFolder;
beforeEach(() => {
  folder = new DataFolder();
  copy = new DataFolder();
});
afterEach(async () => {
  await folder.remove();
  await copy.remove();
});

const append = async (database: Database, count: number): Promise<void> => {
  const log = new SqliteLog(database);
  await log.createPartitions([partition]);
  for (let i = 0; i < count; i++) await log.append({ entries: [{ ...partition, batch: newBatch({ offsets: 2 }) }] });
};

const endOffset = (database: Database): number | undefined => new SqliteLog(database).bounds(partition)?.endOffset;

/** What a `kill -9` leaves behind: the files as they are now. */
const kill = (): void => {
  for (const name of ['sash.db', 'sash.db-wal']) copyFileSync(folder.file(name), copy.file(name));
};

describe('room in the write-ahead log', () => {
  it('is there before the first write, and is written over', async () => {
    const database = await folder.open({ logRoomBytes });
    expect(statSync(folder.file('sash.db-wal')).size).toBe(logRoomBytes);
    await append(database, 5);
    expect(statSync(folder.file('sash.db-wal')).size).toBe(logRoomBytes);
  });

  it('changes nothing of what a kill leaves behind', async () => {
    await append(await folder.open({ logRoomBytes }), 5);
    kill();
    const killed = await copy.open();
    expect(endOffset(killed)).toBe(10);
    await append(killed, 2);
    await killed.close();
    expect(endOffset(await copy.open({ logRoomBytes }))).toBe(14);
  });

  it('is made behind what a kill has left in a shorter log', async () => {
    await append(await folder.open(), 5);
    kill();
    const before = statSync(copy.file('sash.db-wal')).size;
    expect(before).toBeLessThan(logRoomBytes);
    const killed = await copy.open({ logRoomBytes });
    expect(endOffset(killed)).toBe(10);
    await append(killed, 1);
    expect(endOffset(killed)).toBe(12);
    expect(statSync(copy.file('sash.db-wal')).size).toBe(logRoomBytes);
  });
});
