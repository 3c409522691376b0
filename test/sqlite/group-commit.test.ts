import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { groupId, topicId } from '../../src/core/ids.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import type { Database } from '../../src/sqlite/database.ts';
import { gateArrivals, gateOrder, newWriterGate, orderGate } from '../../src/sqlite/writer-gate.ts';
import type { WriterGate } from '../../src/sqlite/writer-gate.ts';
import { refusedFault } from '../../src/sqlite/sqlite-fault.ts';
import { SqliteStore } from '../../src/store/sqlite-store.ts';
import { newBatch } from '../contract/batch-bytes.ts';
import { ending } from '../contract/state-store.ts';
import { DataFolder } from './data-folder.ts';
import { until } from '../until.ts';
import { letOthersRun, watch } from './settling.ts';

const partition = { topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };
const key = { ...partition, group: groupId('g') };
const everything = { startOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };

let folder: DataFolder;
let gate: WriterGate;
let deaths: string[];
let database: Database;
let log: SqliteLog;
let store: SqliteStore;

beforeEach(async () => {
  folder = new DataFolder();
  gate = newWriterGate();
  deaths = [];
  database = await folder.open({ gate, died: (error) => void deaths.push(error.message) });
  log = new SqliteLog(database);
  store = new SqliteStore(database);
  await log.createPartitions([partition]);
  await store.open(key, 0);
});
afterEach(async () => {
  orderGate(gate, gateOrder.open);
  await folder.remove();
});

const append = () => log.append({ entries: [{ ...partition, batch: newBatch() }] });
const accept = (offset: number) =>
  store.write({ key, leaderEpoch: 1, stateEpoch: 0, startOffset: 0, endings: [ending(offset)] });
/** Starts something and holds the writer in front of its commit, with everything inserted. */
async function held<T>(start: () => T): Promise<{ readonly started: T }> {
  orderGate(gate, gateOrder.hold);
  const arrivals = gateArrivals(gate);
  const started = start();
  await until(() => gateArrivals(gate) > arrivals, 'the writer at its commit');
  return { started };
}

describe('durability', () => {
  test('no answer leaves before the commit: nothing settles and nothing shows while the writer stands before it', async () => {
    const { started } = await held(() => ({ appended: append(), accepted: accept(7) }));
    const { appended, accepted } = started;
    const states = [watch(appended), watch(accepted)];
    await letOthersRun();
    expect(states.map(({ settled }) => settled)).toEqual([false, false]);
    expect(log.bounds(partition)?.endOffset).toBe(0);
    expect(await log.read(partition, everything)).toEqual([]);
    expect(await store.latestEnding(key, 7)).toBeUndefined();

    orderGate(gate, gateOrder.open);
    expect(await appended).toEqual({ kind: 'appended', baseOffsets: [0] });
    await accepted;
    expect(log.bounds(partition)?.endOffset).toBe(1);
    expect(await store.latestEnding(key, 7)).toMatchObject({ firstOffset: 7 });
  });

  test('reads and bounds answer while the writer hangs', async () => {
    await append();
    const { started } = await held(append);
    expect(await log.read(partition, everything)).toHaveLength(1);
    expect(await store.list(key.group)).toHaveLength(1);
    orderGate(gate, gateOrder.open);
    await started;
  });
});

describe('group commit', () => {
  test('commits together what is asked for in one go', async () => {
    const before = gateArrivals(gate);
    await Promise.all([...Array.from({ length: 50 }, append), ...Array.from({ length: 50 }, (_, i) => accept(i))]);
    expect(gateArrivals(gate) - before).toBe(1);
  });

  test('commits together everything that came while the writer was busy', async () => {
    const before = gateArrivals(gate);
    const { started } = await held(append);
    const others: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i++) {
      others.push(append(), accept(i));
      await letOthersRun(1);
    }
    orderGate(gate, gateOrder.open);
    await Promise.all([started, ...others]);
    expect(gateArrivals(gate) - before).toBe(2);
  });

  test('splits what is too much for one commit, and takes one append of any size', async () => {
    const before = gateArrivals(gate);
    const large = () => log.append({ entries: [{ ...partition, batch: newBatch({ sizeBytes: 3_000_000 }) }] });
    const huge = log.append({ entries: [{ ...partition, batch: newBatch({ sizeBytes: 9_000_000 }) }] });
    await Promise.all([huge, large(), large()]);
    expect(gateArrivals(gate) - before).toBe(3);
    expect((await log.read(partition, everything)).map(({ bytes }) => bytes.length)).toEqual([
      9_000_000, 3_000_000, 3_000_000,
    ]);
  });

  test('one operation that fails in the middle does not hurt the others', async () => {
    // No check stands in front of it: the table refuses it, when others have been inserted.
    const first = append();
    const broken = log.append({ entries: [{ ...partition, batch: { ...newBatch(), baseTimestampMs: Number.NaN } }] });
    const outcomes = await Promise.allSettled([first, broken, accept(3), append()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    await expect(broken).rejects.toMatchObject({ name: 'Fault', operation: 'append', outcome: 'refused' });
    expect((await log.read(partition, everything)).map(({ baseOffset }) => baseOffset)).toEqual([0, 1]);
    expect(await store.latestEnding(key, 3)).toBeDefined();
  });
});

describe('when a commit fails', () => {
  test('the outcome is unknown, and no offset is used up', async () => {
    orderGate(gate, gateOrder.failCommit);
    const outcomes = await Promise.allSettled([append(), accept(1)]);
    expect(outcomes).toMatchObject([
      { reason: { name: 'Fault', code: 'STORAGE_FAILED', outcome: 'unknown', operation: 'append' } },
      { reason: { name: 'Fault', code: 'STORAGE_FAILED', outcome: 'unknown', operation: 'write share state' } },
    ]);
    expect(log.bounds(partition)?.endOffset).toBe(0);
    expect(await append()).toEqual({ kind: 'appended', baseOffsets: [0] });
    expect(await store.latestEnding(key, 1)).toBeUndefined();
    await accept(1);
  });

  test('and was durable after all, that is what is found: nothing is lost and nothing doubles', async () => {
    orderGate(gate, gateOrder.failAfterCommit);
    const requestKey = { topicId: partition.topicId, key: 'k', fingerprint: 'f', layout: '', nowMs: 1 };
    const produce = () => log.append({ entries: [{ ...partition, batch: newBatch({ offsets: 4 }) }], requestKey });
    await expect(produce()).rejects.toMatchObject({ outcome: 'unknown' });
    expect(await produce()).toEqual({ kind: 'replayed', baseOffsets: [0], layout: '' });
    expect(log.bounds(partition)).toEqual({ startOffset: 0, endOffset: 4, sizeBytes: 100 });
    expect(await log.read(partition, everything)).toHaveLength(1);
    expect(await append()).toEqual({ kind: 'appended', baseOffsets: [4] });
  });

  test('and what is stored cannot be read now, the outcome is unknown all the same, and found by the next append', async () => {
    orderGate(gate, gateOrder.failAfterCommit);
    const read = database.read.bind(database);
    database.read = () => {
      throw refusedFault('STORAGE_FAILED', 'read', 'cannot be read now', 'this is a test');
    };
    await expect(append()).rejects.toMatchObject({ operation: 'append', outcome: 'unknown' });
    await expect(append()).rejects.toMatchObject({ outcome: 'refused', message: 'cannot be read now' });
    database.read = read;
    expect(await append()).toEqual({ kind: 'appended', baseOffsets: [1] });
    expect(log.bounds(partition)).toEqual({ startOffset: 0, endOffset: 2, sizeBytes: 200 });
  });

  test('because the thread ends: what it had is unknown, everything else is refused clearly', async () => {
    const { started: underWay } = await held(append);
    const waiting = append();
    orderGate(gate, gateOrder.die);
    const outcomes = await Promise.allSettled([underWay, waiting]);
    expect(outcomes).toMatchObject([
      { reason: { code: 'STORAGE_FAILED', outcome: 'unknown', retriable: false } },
      { reason: { code: 'STORAGE_FAILED', outcome: 'refused', retriable: false } },
    ]);
    await expect(append()).rejects.toMatchObject({ outcome: 'refused', message: expect.stringContaining('stopped') });
    // Told once, so that the process can end: nothing can be written any more.
    expect(deaths).toEqual([expect.stringContaining('the writer thread has stopped')]);
    await database.close();

    // Another start finds what was confirmed.
    const again = new SqliteLog(await folder.open());
    expect(again.bounds(partition)?.endOffset).toBe(0);
  });
});

describe('closing', () => {
  test('writes what waits, then refuses', async () => {
    const waiting = [append(), append()];
    const closed = database.close();
    await expect(append()).rejects.toMatchObject({ code: 'CLOSED', outcome: 'refused' });
    await closed;
    expect(deaths).toEqual([]);
    await expect(Promise.all(waiting)).resolves.toHaveLength(2);
    await expect(store.list(key.group)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('twice does nothing more', async () => {
    await Promise.all([database.close(), database.close()]);
    await database.close();
  });
});
