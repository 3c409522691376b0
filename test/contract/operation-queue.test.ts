import { describe } from 'vitest';

import type { OperationTable } from '../../src/ports/operation-table.ts';
import { LocalOperationQueue } from '../../src/store/local-operation-queue.ts';
import { MemoryOperations } from '../../src/store/memory-operations.ts';
import { SqliteOperations } from '../../src/store/sqlite-operations.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { DataFolder } from '../sqlite/data-folder.ts';
import { operationQueueContract } from './operation-queue.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const queueOn = (table: OperationTable) => new LocalOperationQueue({ table, clock: systemClock, logger });

describe('the queue of operations in memory', () => {
  operationQueueContract(async () => {
    const table = new MemoryOperations();
    const queue = queueOn(table);
    return {
      queue,
      async reopen(how) {
        if (how === 'after a close') await queue.close();
        return queueOn(table);
      },
      cleanUp: async () => {},
    };
  });
});

describe('the queue of operations in SQLite', () => {
  operationQueueContract(async () => {
    const folder = new DataFolder();
    let database = await folder.open();
    const queue = queueOn(new SqliteOperations(database));
    return {
      queue,
      async reopen(how) {
        if (how === 'after a close') await queue.close();
        await database.close();
        database = await folder.open();
        return queueOn(new SqliteOperations(database));
      },
      cleanUp: () => folder.remove(),
    };
  });
});
