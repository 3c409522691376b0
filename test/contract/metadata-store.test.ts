import { describe, expect, test } from 'vitest';

import { groupId, topicId, topicName } from '../../src/core/ids.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { MemoryMetadata } from '../../src/store/memory-metadata.ts';
import { SqliteMetadata } from '../../src/store/sqlite-metadata.ts';
import { SqliteStore } from '../../src/store/sqlite-store.ts';
import { DataFolder } from '../sqlite/data-folder.ts';
import { until } from '../until.ts';
import { newBatch } from './batch-bytes.ts';
import { metadataStoreContract } from './metadata-store.ts';
import { ending } from './state-store.ts';

describe('the metadata store in memory', () => {
  metadataStoreContract(async () => ({ metadata: new MemoryMetadata(), cleanUp: async () => {} }));
});

describe('the metadata store in SQLite', () => {
  metadataStoreContract(async () => {
    const folder = new DataFolder();
    let database = await folder.open();
    return {
      metadata: new SqliteMetadata(database),
      async reopen() {
        await database.close();
        database = await folder.open();
        return new SqliteMetadata(database);
      },
      cleanUp: () => folder.remove(),
    };
  });

  test('makes and deletes a topic in one piece, with its log and share state: what is cut off behind it leaves nothing', async () => {
    const folder = new DataFolder();
    const orders = topicId('ordersAAAAAAAAAAAAAAAA');
    const key = { group: groupId('g'), topicId: orders, partition: 1 };
    const stored = { topicId: orders, name: topicName('orders'), partitionCount: 2, config: {}, createdAtMs: 0 };
    try {
      const first = await folder.open();
      await new SqliteMetadata(first).putTopic(stored);
      await first.close();
      const second = await folder.open();
      const log = new SqliteLog(second);
      const last = { topicId: orders, partition: 1 };
      expect(log.bounds(last)).toEqual({ startOffset: 0, endOffset: 0, sizeBytes: 0 });
      await log.append({ entries: [{ ...last, batch: newBatch() }] });
      const store = new SqliteStore(second);
      await store.open(key, 0);
      await store.write({ key, leaderEpoch: 1, stateEpoch: 0, startOffset: 0, endings: [ending(0)] });
      await new SqliteMetadata(second).deleteTopic(orders);
      await second.close();

      const third = await folder.open();
      expect(new SqliteLog(third).bounds(last)).toBeUndefined();
      expect(await new SqliteStore(third).list(key.group)).toEqual([]);
      for (const table of ['topic_partition', 'record_batch', 'share_partition', 'ending']) {
        const left = () =>
          (third.reader.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number }).count;
        await until(() => left() === 0, `${table} is empty`);
      }
    } finally {
      await folder.remove();
    }
  });
});
