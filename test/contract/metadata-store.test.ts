import { describe } from 'vitest';

import { MemoryMetadata } from '../../src/store/memory-metadata.ts';
import { SqliteMetadata } from '../../src/store/sqlite-metadata.ts';
import { DataFolder } from '../sqlite/data-folder.ts';
import { metadataStoreContract } from './metadata-store.ts';

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
});
