import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { gateArrivals, gateOrder, newWriterGate, orderGate } from '../../src/sqlite/writer-gate.ts';
import { SqliteMetadata } from '../../src/store/sqlite-metadata.ts';
import { DataFolder } from './data-folder.ts';
import { until } from '../until.ts';

const megabyte = 1024 * 1024;

describe('the health of the storage', () => {
  let folder: DataFolder;
  beforeEach(() => void (folder = new DataFolder()));
  afterEach(() => folder.remove());

  test('says for how long a write hangs', async () => {
    const gate = newWriterGate();
    const database = await folder.open({ gate });
    expect(database.busyMs()).toBe(0);
    orderGate(gate, gateOrder.hold);
    const before = gateArrivals(gate);
    const taken = new SqliteMetadata(database).takeProducerIds(1);
    await until(() => gateArrivals(gate) > before, 'the writer is at the gate');
    const first = database.busyMs();
    expect(first).toBeGreaterThan(0);
    await until(() => database.busyMs() > first, 'time passes');
    orderGate(gate, gateOrder.open);
    await taken;
    expect(database.busyMs()).toBe(0);
  });

  test('is tried with a write that goes as any other', async () => {
    const gate = newWriterGate();
    const database = await folder.open({ gate });
    await database.probe(megabyte);
    orderGate(gate, gateOrder.failCommit);
    await expect(database.probe(megabyte)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await database.probe(megabyte);
  });

  test('is not given when there is room for small writes only, and tries leave nothing behind', async () => {
    const database = await folder.open({ maxPageCount: 100 });
    for (let tried = 0; tried < 5; tried++) {
      await expect(database.probe(2 * megabyte)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
      await database.probe(megabyte / 4);
    }
    expect(await new SqliteMetadata(database).takeProducerIds(1)).toMatchObject({ first: 0 });
  });
});
