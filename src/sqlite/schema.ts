import type { DatabaseSync } from 'node:sqlite';

/**
 * The tables of `sash.db`. Open it with the `sqlite3` shell (read-only while sash runs).
 *
 * Why the log looks as it does. Batches lie in one table in the order in which they came, whatever their partition:
 * an append writes pages at the end of the file and nowhere else. An index over (partition, offset) would undo that,
 * because 500 quiet partitions are 500 places in it, and a commit writes whole pages. So the index starts with the
 * *segment*, a stretch of `rowsPerSegment` neighbouring rows: within one segment the index is a few pages, and
 * `log_segment` says in which segments a partition has batches. (Measured, 300-byte batches, 100 a commit, one against
 * 500 partitions: clustered by partition 128,000 against 20,000 batches/s, this one 169,000 against 145,000.)
 */
export const rowsPerSegment = 8192;

/** Bytes of a page, set when the file is made: a small commit writes two or three of them. Files of before have pages of 16 KiB, and keep them. */
export const pageSizeBytes = 4096;

/** "sash" in ASCII: tells our file from any other SQLite database. */
export const applicationId = 0x73617368;

/** Entry `i` brings a file of version `i` to version `i + 1`. Never change an entry that has been released. */
const migrations: readonly string[] = [
  `
  CREATE TABLE topic (
    topic_id        TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    partition_count INTEGER NOT NULL,
    config          TEXT NOT NULL,            -- JSON object: overrides only
    created_at_ms   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE share_group (
    group_id        TEXT PRIMARY KEY,
    type            TEXT NOT NULL,
    config          TEXT NOT NULL,            -- JSON object: overrides only
    paused          INTEGER NOT NULL,
    group_exists    INTEGER NOT NULL,         -- 0: only carries configs
    topics          TEXT NOT NULL,            -- JSON object: topic id -> partitions known
    created_at_ms   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE secret (
    name            TEXT PRIMARY KEY,
    value           BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE topic_partition (
    partition_key   INTEGER PRIMARY KEY AUTOINCREMENT,
    topic_id        TEXT NOT NULL,
    partition       INTEGER NOT NULL,
    start_offset    INTEGER NOT NULL,         -- batches wholly before it are being deleted
    end_offset      INTEGER NOT NULL,         -- as of the last trim; a later batch counts where there is one
    end_position    INTEGER NOT NULL,         -- bytes ever appended, as of the last trim
    UNIQUE (topic_id, partition)
  ) STRICT;

  CREATE TABLE record_batch (
    row_number      INTEGER PRIMARY KEY,      -- order of arrival
    segment         INTEGER NOT NULL,
    partition_key   INTEGER NOT NULL,
    base_offset     INTEGER NOT NULL,
    last_offset     INTEGER NOT NULL,         -- inclusive
    base_timestamp  INTEGER NOT NULL,
    max_timestamp   INTEGER NOT NULL,
    position        INTEGER NOT NULL,         -- bytes appended to the partition before this batch
    bytes           BLOB NOT NULL             -- Kafka record batch v2
  ) STRICT;
  CREATE UNIQUE INDEX record_batch_by_offset ON record_batch (segment, partition_key, base_offset, max_timestamp);

  CREATE TABLE log_segment (
    partition_key   INTEGER NOT NULL,
    first_offset    INTEGER NOT NULL,         -- of the partition's first batch in the segment
    segment         INTEGER NOT NULL,
    PRIMARY KEY (partition_key, first_offset)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE request_key (
    topic_id        TEXT NOT NULL,
    key             TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    layout          TEXT NOT NULL,
    base_offsets    TEXT NOT NULL,            -- JSON array
    used_at_ms      INTEGER NOT NULL,
    PRIMARY KEY (topic_id, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX request_key_by_time ON request_key (used_at_ms);

  CREATE TABLE share_partition (
    share_partition_key INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id        TEXT NOT NULL,
    topic_id        TEXT NOT NULL,
    partition       INTEGER NOT NULL,
    state_epoch     INTEGER NOT NULL,
    leader_epoch    INTEGER NOT NULL,
    start_offset    INTEGER NOT NULL,         -- at most 1,000 behind: what follows it is finished by its endings
    next_sequence   INTEGER NOT NULL,         -- sequences below it may have been used
    UNIQUE (group_id, topic_id, partition)
  ) STRICT;
  CREATE INDEX share_partition_by_topic ON share_partition (topic_id);

  CREATE TABLE leader_epoch_floor (           -- one row: the greatest leader epoch of any share partition ever deleted
    leader_epoch    INTEGER NOT NULL
  ) STRICT;
  INSERT INTO leader_epoch_floor VALUES (0);

  CREATE TABLE ending (
    share_partition_key INTEGER NOT NULL,
    last_offset     INTEGER NOT NULL,         -- inclusive; an ending covers at most 1,024 offsets
    sequence        INTEGER NOT NULL,
    first_offset    INTEGER NOT NULL,
    state_epoch     INTEGER NOT NULL,
    leader_epoch    INTEGER NOT NULL,
    acquisition     INTEGER NOT NULL,
    delivery_count  INTEGER NOT NULL,
    holder          TEXT NOT NULL,
    acquired_at_ms  INTEGER NOT NULL,
    ended_at_ms     INTEGER NOT NULL,
    outcome         TEXT NOT NULL,
    state           TEXT NOT NULL,
    available_at_ms INTEGER,
    delay_ms        INTEGER,
    reason          TEXT,
    PRIMARY KEY (share_partition_key, last_offset, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ending_archived ON ending (share_partition_key, sequence)
    WHERE state = 'archived' AND outcome <> 'gap';

  CREATE TABLE purge (                        -- deleted things whose rows are still being deleted, a few at a time
    kind            TEXT NOT NULL,            -- 'topic_partition' or 'share_partition'
    key             INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE producer_state (               -- of idempotent producers: how far each has come in a partition
    partition_key   INTEGER NOT NULL,
    producer_id     INTEGER NOT NULL,
    producer_epoch  INTEGER NOT NULL,
    next_sequence   INTEGER NOT NULL,
    batches         TEXT NOT NULL,            -- JSON array of the last five: [first sequence, last sequence, base offset]
    used_at_ms      INTEGER NOT NULL,
    PRIMARY KEY (partition_key, producer_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE producer_id (                  -- one row
    next_id         INTEGER NOT NULL          -- ids below it may have been given
  ) STRICT;
  INSERT INTO producer_id VALUES (0);
  `,
  `
  CREATE TABLE audit_line (                   -- what operators did
    sequence        INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms           INTEGER NOT NULL,
    action          TEXT NOT NULL,
    group_name      TEXT,                     -- names, as they were then
    topic           TEXT,
    partition       INTEGER,
    summary         TEXT NOT NULL,
    detail          TEXT NOT NULL,            -- JSON object
    door            TEXT NOT NULL,            -- 'http' or 'kafka'
    asked_from      TEXT NOT NULL             -- address
  ) STRICT;
  CREATE INDEX audit_line_by_group ON audit_line (group_name, sequence) WHERE group_name IS NOT NULL;
  `,
  `
  CREATE TABLE background_operation (         -- what runs in the background, and the newest that did
    operation_id    TEXT PRIMARY KEY,
    created_at_ms   INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    state           TEXT NOT NULL,
    operation       TEXT NOT NULL             -- JSON object: all of it, the cursor too
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE operation_output (             -- what operations have written for people to fetch
    operation_id    TEXT NOT NULL,
    part            INTEGER NOT NULL,
    bytes           BLOB NOT NULL,            -- text, gzip
    PRIMARY KEY (operation_id, part)
  ) STRICT;
  `,
  // What ALTER TABLE … ADD COLUMN would write; but that reads the whole log, because the table is STRICT.
  `
  PRAGMA writable_schema = ON;
  UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', '  -- where bytes is empty, they lie in a batch file
    , batch_file    INTEGER
    , file_position INTEGER
    , size_bytes    INTEGER
  ) STRICT') WHERE type = 'table' AND name = 'record_batch';
  PRAGMA writable_schema = RESET;

  CREATE TABLE batch_file (                   -- files with the bytes of batches, in the folder batches
    file_number     INTEGER PRIMARY KEY,
    first_row       INTEGER NOT NULL,         -- row_number of the first batch that was written to it
    last_row        INTEGER NOT NULL,
    size_bytes      INTEGER NOT NULL,         -- of committed batches
    dropped_bytes   INTEGER NOT NULL          -- of those, what has been deleted since, or has moved into its row
  ) STRICT;
  `,
];

/** Written to `PRAGMA user_version`. */
export const schemaVersion = migrations.length;

/** The oldest version that is read. */
export const oldestSchemaVersion = Math.max(1, schemaVersion - 1);

/** Brings a file of version `from` (0: empty) to `schemaVersion`, all or nothing. */
export function migrate(database: DatabaseSync, from: number): void {
  database.enableDefensive(false);
  database.exec('BEGIN IMMEDIATE');
  for (const migration of migrations.slice(from)) database.exec(migration);
  database.exec(`PRAGMA user_version = ${schemaVersion}`);
  database.exec('COMMIT');
  database.enableDefensive(true);
}

/** Tables that are small whatever the size of the log: checked at each start. */
export const smallTables = [
  'topic',
  'topic_partition',
  'share_group',
  'secret',
  'share_partition',
  'leader_epoch_floor',
  'producer_id',
  'purge',
  'audit_line',
  'background_operation',
  'batch_file',
] as const;
