import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';

import { groupId, topicId } from '../../src/core/ids.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { openDatabase } from '../../src/sqlite/database.ts';
import { SqliteStore } from '../../src/store/sqlite-store.ts';
import { newBatch } from '../contract/batch-bytes.ts';
import { ending } from '../contract/state-store.ts';
import { DataFolder } from './data-folder.ts';

const partition = { topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };
const key = { ...partition, group: groupId('g') };
const everything = { startOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };
const full = { name: 'Fault', code: 'STORAGE_FULL', outcome: 'refused', retriable: true };

const append = (log: SqliteLog, sizeBytes: number) =>
  log.append({ entries: [{ ...partition, batch: newBatch({ sizeBytes }) }] });

/** Appends until there is no room; gives how many were confirmed, and checks that all the others were refused as full. */
async function fill(log: SqliteLog, sizeBytes: number): Promise<number> {
  for (let confirmed = 0; confirmed < 5000;) {
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => append(log, sizeBytes)));
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    confirmed += outcomes.length - refused.length;
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: full });
    if (refused.length > 0) return confirmed;
  }
  throw new Error('the disk is not full yet');
}

describe('a data file that may not grow', () => {
  let folder: DataFolder;
  beforeEach(() => void (folder = new DataFolder()));
  afterEach(() => folder.remove());

  test('refuses what does not fit, keeps everything confirmed, and goes on when there is room', async () => {
    const first = await folder.open({ maxPageCount: 150 });
    const log = new SqliteLog(first, { cacheBytes: 0 });
    await log.createPartitions([partition]);
    const confirmed = await fill(log, 30_000);
    expect(confirmed).toBeGreaterThan(10);
    expect(log.bounds(partition)).toMatchObject({ endOffset: confirmed, sizeBytes: confirmed * 30_000 });
    expect(await log.read(partition, everything)).toHaveLength(confirmed);
    await expect(append(log, 30_000)).rejects.toMatchObject(full);

    // Trimming makes room in the same file.
    await log.trim(partition, confirmed - 3);
    const more = await appendWhenThereIsRoom(log);
    expect(more).toEqual({ kind: 'appended', baseOffsets: [confirmed] });
    await first.close();

    const again = new SqliteLog(await folder.open());
    expect(again.bounds(partition)).toEqual({
      startOffset: confirmed - 3,
      endOffset: confirmed + 1,
      sizeBytes: 120_000,
    });
    expect(await again.read(partition, everything)).toHaveLength(4);
  });

  test('is full together with the batch files, and has room when a file has been deleted', async () => {
    const first = await folder.open({ maxPageCount: 300, fileCommitBytes: 0 });
    const log = new SqliteLog(first, { cacheBytes: 0 });
    await log.createPartitions([partition]);
    const confirmed = await fill(log, 30_000);
    expect(confirmed).toBeGreaterThan(10);
    expect(statSync(folder.file('batches/1.batches')).size).toBe(confirmed * 30_000); // what failed was taken back
    expect(await log.read(partition, everything)).toHaveLength(confirmed);
    await expect(append(log, 30_000)).rejects.toMatchObject({
      ...full,
      message: expect.stringContaining('.batches. Nothing of it was written'),
    });
    await log.trim(partition, confirmed);
    expect(await appendWhenThereIsRoom(log)).toEqual({ kind: 'appended', baseOffsets: [confirmed] });
    await first.close();

    const again = new SqliteLog(await folder.open());
    expect(again.bounds(partition)).toMatchObject({ startOffset: confirmed, endOffset: confirmed + 1 });
    expect(await again.read(partition, everything)).toHaveLength(1);
  });

  test('lets nothing of a producer in behind its first batch, when that did not fit', async () => {
    const log = new SqliteLog(await folder.open({ maxPageCount: 150 }), { cacheBytes: 0 });
    await log.createPartitions([partition]);
    const confirmed = await fill(log, 30_000);
    const send = (baseSequence: number, sizeBytes: number) =>
      log.append({
        entries: [{ ...partition, batch: newBatch({ sizeBytes }) }],
        producer: { producerId: 7, producerEpoch: 0, baseSequence, nowMs: 1 },
      });
    const [first, second] = await Promise.allSettled([send(0, 100_000), send(1, 100)]);
    expect(first).toMatchObject({ status: 'rejected', reason: full });
    const outOfOrder = { kind: 'refused', error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } };
    expect(second).toMatchObject({ status: 'fulfilled', value: outOfOrder });
    expect(await send(1, 100)).toMatchObject(outOfOrder);
    expect(await send(0, 100)).toMatchObject({ kind: 'appended', baseOffsets: [confirmed] });
    expect(await send(1, 100)).toMatchObject({ kind: 'appended', baseOffsets: [confirmed + 1] });
  });

  test('lets small changes through when a large one of the same commit does not fit', async () => {
    const database = await folder.open({ maxPageCount: 150 });
    const log = new SqliteLog(database);
    const store = new SqliteStore(database);
    await log.createPartitions([partition]);
    await store.open(key, 0);
    const outcomes = await Promise.allSettled([
      append(log, 100),
      append(log, 10_000_000),
      store.write({ key, leaderEpoch: 1, stateEpoch: 0, startOffset: 0, endings: [ending(0)] }),
      append(log, 100),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'fulfilled', value: { baseOffsets: [0] } },
      { status: 'rejected', reason: full },
      { status: 'fulfilled' },
      { status: 'fulfilled', value: { baseOffsets: [1] } },
    ]);
    expect(await store.latestEnding(key, 0)).toBeDefined();
  });
});

async function appendWhenThereIsRoom(log: SqliteLog): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await append(log, 30_000);
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5)); // the rows are deleted in the background
    }
  }
}

const sizeOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(path.join(folder, name)))
    .reduce((sum, each) => sum + (each.isFile() ? each.size : 0), 0);

/** A file system of a few megabytes, where this machine lets us have one. */
function smallFileSystem(): string | undefined {
  const mountPoint = mkdtempSync(path.join(tmpdir(), 'sash-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', mountPoint], { stdio: 'ignore' });
    return mountPoint;
  } catch {
    rmSync(mountPoint, { recursive: true });
    return undefined;
  }
}

describe('a disk that is full', () => {
  const mountPoint = smallFileSystem();
  afterEach(() => {
    if (mountPoint !== undefined) rmSync(path.join(mountPoint, 'data'), { recursive: true, force: true });
  });
  afterAll(() => {
    if (mountPoint === undefined) return;
    execFileSync('umount', [mountPoint]);
    rmSync(mountPoint, { recursive: true });
  });

  test.skipIf(mountPoint === undefined).each([
    ['rows', Infinity],
    ['files', 0],
  ])(
    'refuses what does not fit, keeps everything confirmed over a restart, and goes on when there is room: in %s',
    async (_place, fileCommitBytes) => {
      const dataDir = path.join(mountPoint ?? '', 'data');
      const ballast = path.join(mountPoint ?? '', 'ballast');
      mkdirSync(dataDir);
      writeFileSync(ballast, Buffer.alloc(1_500_000));
      let database = await openDatabase({ dataDir, fileCommitBytes });
      let log = new SqliteLog(database);
      await log.createPartitions([partition]);
      const confirmed = await fill(log, 20_000);
      expect(confirmed).toBeGreaterThan(10);
      const left = sizeOf(dataDir);
      expect(left).toBeGreaterThan(3_000_000); // it was the disk that was full

      expect(log.bounds(partition)?.endOffset).toBe(confirmed);
      rmSync(ballast);
      expect(await append(log, 20_000)).toEqual({ kind: 'appended', baseOffsets: [confirmed] });

      await database.close();
      database = await openDatabase({ dataDir, fileCommitBytes });
      log = new SqliteLog(database);
      expect(log.bounds(partition)).toMatchObject({ startOffset: 0, endOffset: confirmed + 1 });
      expect(await log.read(partition, everything)).toHaveLength(confirmed + 1);
      await database.close();
    },
  );
});
