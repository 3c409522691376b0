import { randomInt } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { groupId, holderOf, topicId } from '../../src/core/ids.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { Lane, newLane } from '../../src/sqlite/lane.ts';
import type { SlotMessage } from '../../src/sqlite/message-slot.ts';
import { gateOrder, newWriterGate, orderGate } from '../../src/sqlite/writer-gate.ts';
import { SqliteStore } from '../../src/store/sqlite-store.ts';
import { newBatch } from '../contract/batch-bytes.ts';
import { ending } from '../contract/state-store.ts';
import { DataFolder } from './data-folder.ts';

const partition = { topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };
const key = { ...partition, group: groupId('g') };

let folder: DataFolder;
beforeEach(() => (folder = new DataFolder()));
afterEach(() => folder.remove());

const accept = (store: SqliteStore, offset: number, holder = 'w') =>
  store.write({
    key,
    leaderEpoch: 1,
    stateEpoch: 0,
    startOffset: 0,
    endings: [ending(offset, { holder: holderOf('http', holder) })],
  });

describe('the way to the writer and back', () => {
  test('small changes one at a time, large ones and many at once all arrive once and in their order', async () => {
    const database = await folder.open();
    const log = new SqliteLog(database);
    const store = new SqliteStore(database);
    await log.createPartitions([partition]);
    await store.open(key, 0);
    let accepted = 0;
    let appended = 0;
    const one = () => accept(store, accepted++, `Größe-☃-${accepted}`);
    for (let round = 0; round < 60; round++) {
      for (let i = 0; i < 12; i++) await one();
      const sizeBytes = [100, 5000, 100_000][randomInt(3)] ?? 100;
      const both = [log.append({ entries: [{ ...partition, batch: newBatch({ sizeBytes }) }] }), one(), one()];
      await Promise.all(both);
      expect(await both[0]).toEqual({ kind: 'appended', baseOffsets: [appended++] });
      // Longer than the writer stays away from its event loop, now and then.
      if (round % 20 === 0) await sleep(10);
    }
    const last = await store.latestEnding(key, accepted - 1);
    expect(last).toMatchObject({ firstOffset: accepted - 1, holder: `http:Größe-☃-${accepted}` });
    await database.close();
    const stored = new DatabaseSync(folder.file('sash.db'), { readOnly: true });
    expect(stored.prepare('SELECT count(*) AS rows FROM ending').get()).toEqual({ rows: accepted });
    stored.close();
  }, 30_000);

  test('a commit that hangs keeps the main thread for an instant at most, however long it hangs', async () => {
    const gate = newWriterGate();
    const database = await folder.open({ gate });
    const log = new SqliteLog(database);
    const store = new SqliteStore(database);
    await log.createPartitions([partition]);
    await store.open(key, 0);
    for (let offset = 0; offset < 20; offset++) await accept(store, offset);
    orderGate(gate, gateOrder.hold);
    let settled = false;
    const hanging = accept(store, 20).then(() => (settled = true));
    // Only a main thread that runs can come here, and only it opens the gate.
    for (let turn = 0; turn < 5; turn++) await sleep(1);
    expect(settled).toBe(false);
    orderGate(gate, gateOrder.open);
    await hanging;
  });
});

describe('a lane', () => {
  const asSlot = (message: string): SlotMessage | undefined =>
    message.length < 10 ? { count: 0, message: { numbers: [], texts: [message] } } : undefined;
  const fromSlot = ({ message }: SlotMessage): string => message.texts.join('');

  test('gives what was sent while the other end was awake, in order, when it looks', () => {
    const [ours, theirs] = newLane();
    const here = new Lane<string, string>(ours, asSlot, fromSlot);
    const there = new Lane<string, string>(theirs, asSlot, fromSlot);
    here.send('small');
    here.send('a large message');
    expect([there.receive(0), there.receive(0), there.receive(0)]).toEqual(['small', 'a large message', undefined]);
    here.port.close();
  });
});

test('a data file with pages of another size goes on being used', async () => {
  await (await folder.open()).close();
  const file = new DatabaseSync(folder.file('sash.db'));
  file.exec('PRAGMA journal_mode = DELETE; PRAGMA page_size = 16384; VACUUM; PRAGMA journal_mode = WAL');
  file.close();
  const log = new SqliteLog(await folder.open());
  await log.createPartitions([partition]);
  for (let i = 0; i < 300; i++) await log.append({ entries: [{ ...partition, batch: newBatch({ sizeBytes: 2000 }) }] });
  await log.close();
  expect(log.bounds(partition)?.endOffset).toBe(300);
  expect(statSync(folder.file('sash.db')).size % 16_384).toBe(0);
});
