import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';

import { Checkpoints } from '../../src/sqlite/checkpoints.ts';

test('a checkpoint thread that has stopped is reported, and does not keep the database from being closed', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sash-checkpoints-'));
  const database = new DatabaseSync(':memory:');
  try {
    const problem = Promise.withResolvers<string>();
    const checkpoints = new Checkpoints(database, path.join(folder, 'missing', 'sash.db'), problem.resolve);
    expect(await problem.promise).toContain('the checkpoint thread has stopped');
    // The thread's own end comes soon after its error.
    for (let turns = 0; turns < 2000; turns++) await new Promise((resolve) => setImmediate(resolve));
    await checkpoints.close();
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}, 10_000);
