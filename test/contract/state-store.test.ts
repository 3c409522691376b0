import { describe } from 'vitest';

import { MemoryStore } from '../../src/store/memory-store.ts';
import { SqliteStore } from '../../src/store/sqlite-store.ts';
import { DataFolder } from '../sqlite/data-folder.ts';
import { stateStoreContract } from './state-store.ts';

describe('the state store in memory', () => {
  stateStoreContract(async () => ({ store: new MemoryStore(), cleanUp: async () => {} }));
});

describe('the state store in SQLite', () => {
  stateStoreContract(async () => {
    const folder = new DataFolder();
    let database = await folder.open();
    return {
      store: new SqliteStore(database),
      async reopen() {
        await database.close();
        database = await folder.open();
        return new SqliteStore(database);
      },
      cleanUp: () => folder.remove(),
    };
  });
});
