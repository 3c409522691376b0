import type { StatementSync } from 'node:sqlite';

import { groupId, sharePartitionText, topicId } from '../core/ids.ts';
import type { GroupId, Holder, SharePartitionKey, TopicId } from '../core/ids.ts';
import { maxEndingOffsets } from '../core/share-partition/ending.ts';
import type { Ending } from '../core/share-partition/ending.ts';
import type { SharePartitionWrite, StateStore, StoredEnding, StoredSharePartition } from '../ports/state-store.ts';
import type { Database } from '../sqlite/database.ts';
import { closedFault } from '../sqlite/sqlite-fault.ts';
import {
  deleteGroupStateOperation,
  deleteTopicStateOperation,
  openSharePartitionOperation,
  resetSharePartitionOperation,
  writeSharePartitionOperation,
} from '../sqlite/state-operations.ts';
import type { OpenedSharePartition } from '../sqlite/state-operations.ts';
import { fencedFault } from '../sqlite/state-writer.ts';

/** Rows read in one go when a window is loaded; other work gets its turn between two. */
const rowsPerRead = 5000;

/** The state store in the database of the data folder. */
export class SqliteStore implements StateStore {
  readonly #database: Database;
  /** What the database calls a share partition. */
  readonly #keys = new Map<string, number>();
  readonly #sql: ReturnType<typeof prepare>;
  #closed = false;

  constructor(database: Database) {
    this.#database = database;
    this.#sql = database.read('open the state store', () => prepare(database));
  }

  async open(key: SharePartitionKey, startOffsetIfNew: number | null): Promise<StoredSharePartition | undefined> {
    this.#checkOpen('open share partition');
    const opened = await this.#database.submit(openSharePartitionOperation(key, startOffsetIfNew));
    if (opened === undefined) return undefined;
    this.#keys.set(sharePartitionText(key), opened.sharePartitionKey);
    const { stateEpoch, leaderEpoch, startOffset } = opened;
    return { stateEpoch, leaderEpoch, startOffset, endings: await this.#windowEndings(opened) };
  }

  async write(write: SharePartitionWrite): Promise<void> {
    const key = this.#storedKey(write.key, 'write share state');
    await this.#database.submit(writeSharePartitionOperation(key, write));
  }

  async reset(write: Omit<SharePartitionWrite, 'endings'>): Promise<number> {
    const key = this.#storedKey(write.key, 'reset share state');
    return this.#database.submit(resetSharePartitionOperation(key, write));
  }

  async latestEnding(key: SharePartitionKey, offset: number): Promise<StoredEnding | undefined> {
    return this.#read(() => {
      const row = this.#sql.find.get(key.group, key.topicId, key.partition) as ShareRow | undefined;
      if (row === undefined) return undefined;
      const ending = this.#sql.latest.get(row.share_partition_key, offset, offset + maxEndingOffsets, row.state_epoch);
      return ending === undefined ? undefined : toEnding(ending as unknown as EndingRow);
    });
  }

  async endingsOf(key: SharePartitionKey, offset: number): Promise<readonly StoredEnding[]> {
    return this.#read(() => {
      const row = this.#sql.find.get(key.group, key.topicId, key.partition) as ShareRow | undefined;
      if (row === undefined) return [];
      const endings = this.#sql.all.all(row.share_partition_key, offset, offset + maxEndingOffsets);
      return (endings as unknown as EndingRow[]).map(toEnding);
    });
  }

  async archived(
    key: SharePartitionKey,
    page: { readonly beforeSequence?: number; readonly limit: number },
  ): Promise<readonly StoredEnding[]> {
    return this.#read(() => {
      const row = this.#sql.find.get(key.group, key.topicId, key.partition) as ShareRow | undefined;
      if (row === undefined) return [];
      const before = page.beforeSequence ?? Number.MAX_SAFE_INTEGER;
      const endings = this.#sql.archived.all(row.share_partition_key, before, page.limit);
      return (endings as unknown as EndingRow[]).map(toEnding);
    });
  }

  async countArchived(key: SharePartitionKey): Promise<number> {
    return this.#read(() => {
      const row = this.#sql.find.get(key.group, key.topicId, key.partition) as ShareRow | undefined;
      if (row === undefined) return 0;
      return (this.#sql.countArchived.get(row.share_partition_key) as { readonly records: number }).records;
    });
  }

  async list(group: GroupId): Promise<readonly (SharePartitionKey & { startOffset: number; stateEpoch: number })[]> {
    return this.#read(() =>
      (this.#sql.list.all(group) as unknown as ShareRow[]).map((row) => ({
        group: groupId(row.group_id),
        topicId: topicId(row.topic_id),
        partition: row.partition,
        startOffset: row.start_offset,
        stateEpoch: row.state_epoch,
      })),
    );
  }

  async deleteGroup(group: GroupId, onTopic?: TopicId): Promise<void> {
    this.#checkOpen('delete the state of a group');
    await this.#database.submit(deleteGroupStateOperation(group, onTopic ?? null));
    this.#keys.clear();
  }

  async deleteTopic(id: TopicId): Promise<void> {
    this.#checkOpen('delete the state of a topic');
    await this.#database.submit(deleteTopicStateOperation(id));
    this.#keys.clear();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#database.settled();
  }

  #storedKey(key: SharePartitionKey, operation: string): number {
    this.#checkOpen(operation);
    const name = sharePartitionText(key);
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const row = this.#read(() => this.#sql.find.get(key.group, key.topicId, key.partition) as ShareRow | undefined);
    if (row === undefined) throw fencedFault(operation, `share partition ${name} is not stored`);
    this.#keys.set(name, row.share_partition_key);
    return row.share_partition_key;
  }

  /**
   * The endings of the window. Nobody else changes them meanwhile: this leader epoch is the newest, and endings at or
   * above the start offset are not deleted.
   */
  async #windowEndings({ sharePartitionKey, stateEpoch, startOffset }: OpenedSharePartition): Promise<StoredEnding[]> {
    const endings: StoredEnding[] = [];
    let after = { last_offset: startOffset - 1, sequence: Number.MAX_SAFE_INTEGER };
    for (;;) {
      const rows = this.#read(() =>
        this.#sql.window.all(sharePartitionKey, after.last_offset, after.sequence, rowsPerRead),
      ) as unknown as (EndingRow & { state_epoch: number })[];
      for (const row of rows) if (row.state_epoch === stateEpoch) endings.push(toEnding(row));
      const last = rows.at(-1);
      if (last === undefined || rows.length < rowsPerRead) break;
      after = last;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return endings.sort((a, b) => a.sequence - b.sequence);
  }

  #read<T>(run: () => T): T {
    this.#checkOpen('read share state');
    return this.#database.read('read share state', run);
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw closedFault(operation);
  }
}

interface ShareRow {
  readonly share_partition_key: number;
  readonly group_id: string;
  readonly topic_id: string;
  readonly partition: number;
  readonly state_epoch: number;
  readonly start_offset: number;
}

interface EndingRow {
  readonly last_offset: number;
  readonly sequence: number;
  readonly first_offset: number;
  readonly leader_epoch: number;
  readonly acquisition: number;
  readonly delivery_count: number;
  readonly holder: string;
  readonly acquired_at_ms: number;
  readonly ended_at_ms: number;
  readonly outcome: string;
  readonly state: string;
  readonly available_at_ms: number | null;
  readonly delay_ms: number | null;
  readonly reason: string | null;
}

const toEnding = (row: EndingRow): StoredEnding => ({
  firstOffset: row.first_offset,
  lastOffset: row.last_offset,
  acquisition: row.acquisition,
  leaderEpoch: row.leader_epoch,
  deliveryCount: row.delivery_count,
  holder: row.holder as Holder,
  acquiredAtMs: row.acquired_at_ms,
  endedAtMs: row.ended_at_ms,
  outcome: row.outcome as Ending['outcome'],
  state: row.state as Ending['state'],
  availableAtMs: row.available_at_ms,
  delayMs: row.delay_ms,
  reason: row.reason,
  sequence: row.sequence,
});

function prepare(database: Database) {
  const statement = (sql: string): StatementSync => database.reader.prepare(sql);
  const covering = 'share_partition_key = ?1 AND last_offset >= ?2 AND last_offset < ?3 AND first_offset <= ?2';
  return {
    find: statement('SELECT * FROM share_partition WHERE group_id = ? AND topic_id = ? AND partition = ?'),
    list: statement('SELECT * FROM share_partition WHERE group_id = ?'),
    latest: statement(`SELECT * FROM ending WHERE ${covering} AND state_epoch = ?4 ORDER BY sequence DESC LIMIT 1`),
    all: statement(`SELECT * FROM ending WHERE ${covering} ORDER BY sequence`),
    archived: statement(
      `SELECT * FROM ending
       WHERE share_partition_key = ? AND sequence < ? AND state = 'archived' AND outcome <> 'gap'
       ORDER BY sequence DESC LIMIT ?`,
    ),
    countArchived: statement(
      `SELECT coalesce(sum(last_offset - first_offset + 1), 0) AS records FROM ending
       WHERE share_partition_key = ? AND state = 'archived' AND outcome <> 'gap'`,
    ),
    window: statement(
      `SELECT * FROM ending WHERE share_partition_key = ? AND (last_offset, sequence) > (?, ?)
       ORDER BY last_offset, sequence LIMIT ?`,
    ),
  };
}
