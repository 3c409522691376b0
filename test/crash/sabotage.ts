import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Ways to break a promise on purpose, between two starts, so that everybody can see that the auditor notices.
 * `early-reply` is none of the data: the workers write down a confirmation when they send, not when it comes.
 */
export const sabotages = [
  'lose-accept',
  'lose-produce',
  'skip-record',
  'lower-count',
  'start-back',
  'early-reply',
] as const;
export type Sabotage = (typeof sabotages)[number];

/** Returns what it did; null when there was nothing to break yet. */
export function sabotage(kind: Sabotage, dataDir: string): string | null {
  if (kind === 'early-reply') return null;
  const database = new DatabaseSync(join(dataDir, 'sash.db'));
  try {
    return byKind[kind](database);
  } finally {
    database.close();
  }
}

interface StartRow {
  readonly key: number;
  readonly start: number;
}

const byKind: Readonly<Record<Exclude<Sabotage, 'early-reply'>, (database: DatabaseSync) => string | null>> = {
  'lose-accept': (database) =>
    lastEnding(database, `state = 'acknowledged'`, 'DELETE FROM ending', 'deleted the ending of'),
  'lower-count': (database) =>
    lastEnding(
      database,
      `state = 'available' AND delivery_count > 0`,
      'UPDATE ending SET delivery_count = delivery_count - 1',
      'lowered the delivery count of',
    ),
  'lose-produce': (database) => {
    // Not of the last ones: those may not have been confirmed yet. Not where retention takes records, too.
    const row = database
      .prepare(
        `SELECT row_number AS n FROM record_batch JOIN topic_partition USING (partition_key) JOIN topic USING (topic_id)
         WHERE config NOT LIKE '%retention%' ORDER BY n DESC LIMIT 1 OFFSET 20`,
      )
      .get();
    if (typeof row?.['n'] !== 'number') return null;
    database.prepare('DELETE FROM record_batch WHERE row_number = ?').run(row['n']);
    return `deleted record batch ${row['n']}`;
  },
  'skip-record': (database) => {
    // Only where the record at the start is still wanted.
    const row = database
      .prepare(
        `SELECT share_partition_key AS key, start_offset AS start FROM share_partition s
         WHERE EXISTS (SELECT 1 FROM ending e WHERE e.share_partition_key = s.share_partition_key
                       AND e.first_offset > s.start_offset)`,
      )
      .get() as StartRow | undefined;
    if (row === undefined) return null;
    database
      .prepare('UPDATE share_partition SET start_offset = start_offset + 1 WHERE share_partition_key = ?')
      .run(row.key);
    return `moved the start of share partition ${row.key} from ${row.start} over one record`;
  },
  'start-back': (database) => {
    const row = database
      .prepare(
        'SELECT share_partition_key AS key, start_offset AS start FROM share_partition WHERE start_offset > 0 ORDER BY start_offset DESC',
      )
      .get() as StartRow | undefined;
    if (row === undefined) return null;
    database
      .prepare('UPDATE share_partition SET start_offset = start_offset - 1 WHERE share_partition_key = ?')
      .run(row.key);
    // With its ending there, the start would move over the record again when it is loaded.
    const last = row.start - 1;
    database
      .prepare('DELETE FROM ending WHERE share_partition_key = ? AND first_offset <= ? AND last_offset >= ?')
      .run(row.key, last, last);
    return `moved the start of share partition ${row.key} back from ${row.start}`;
  },
};

/** Changes the latest ending of an offset inside a window. */
function lastEnding(database: DatabaseSync, where: string, change: string, what: string): string | null {
  const row = database
    .prepare(
      `SELECT share_partition_key AS key, last_offset AS last, sequence FROM ending e
       WHERE ${where}
         AND first_offset >= (SELECT start_offset FROM share_partition s WHERE s.share_partition_key = e.share_partition_key)
         AND NOT EXISTS (SELECT 1 FROM ending later WHERE later.share_partition_key = e.share_partition_key
                         AND later.sequence > e.sequence AND later.first_offset <= e.last_offset
                         AND later.last_offset >= e.first_offset)
       ORDER BY sequence DESC`,
    )
    .get() as { readonly key: number; readonly last: number; readonly sequence: number } | undefined;
  if (row === undefined) return null;
  database
    .prepare(`${change} WHERE share_partition_key = ? AND last_offset = ? AND sequence = ?`)
    .run(row.key, row.last, row.sequence);
  return `${what} share partition ${row.key}, offset ${row.last}`;
}
