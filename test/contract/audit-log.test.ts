import { describe } from 'vitest';

import { MemoryAudit } from '../../src/store/memory-audit.ts';
import { SqliteAudit } from '../../src/store/sqlite-audit.ts';
import { DataFolder } from '../sqlite/data-folder.ts';
import { auditLogContract } from './audit-log.ts';

describe('the audit in memory', () => {
  auditLogContract(async () => ({ audit: new MemoryAudit(), cleanUp: async () => {} }));
});

describe('the audit in SQLite', () => {
  auditLogContract(async () => {
    const folder = new DataFolder();
    let database = await folder.open();
    return {
      audit: new SqliteAudit(database),
      async reopen() {
        await database.close();
        database = await folder.open();
        return new SqliteAudit(database);
      },
      cleanUp: () => folder.remove(),
    };
  });
});
