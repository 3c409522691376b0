import { describe } from 'vitest';

import { MemoryLog } from '../../src/log/memory-log.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { DataFolder } from '../sqlite/data-folder.ts';
import { recordLogContract } from './record-log.ts';

describe('the record log in memory', () => {
  recordLogContract(async (options) => ({ log: new MemoryLog(options), cleanUp: async () => {} }));
});

for (const [name, cacheBytes, opening] of [
  ['in SQLite', 64 * 1024 * 1024, {}],
  // Room for a batch or two: most reads go to the disk.
  ['in SQLite with a tiny cache', 2000, {}],
  ['in SQLite, every batch in a file', 2000, { fileCommitBytes: 0, batchFileBytes: 20_000 }],
] as const) {
  describe(`the record log ${name}`, () => {
    recordLogContract(async (options) => {
      const folder = new DataFolder();
      let database = await folder.open(opening);
      return {
        log: new SqliteLog(database, { cacheBytes, ...options }),
        async reopen() {
          await database.close();
          database = await folder.open(opening);
          return new SqliteLog(database, { cacheBytes, ...options });
        },
        cleanUp: () => folder.remove(),
      };
    });
  });
}
