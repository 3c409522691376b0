import { randomBytes } from 'node:crypto';

import { groupId, topicId, topicName } from '../core/ids.ts';
import type { GroupId, TopicId } from '../core/ids.ts';
import { type Result, ok } from '../core/result.ts';
import type { MetadataStore, StoredGroup, StoredTopic } from '../ports/metadata-store.ts';
import type { Database } from '../sqlite/database.ts';
import {
  deleteGroupOperation,
  deleteTopicOperation,
  putGroupOperation,
  putTopicOperation,
  secretOperation,
  takeProducerIdsOperation,
} from '../sqlite/metadata-operations.ts';
import type { Operation } from '../sqlite/operation.ts';
import { closedFault } from '../sqlite/sqlite-fault.ts';

interface TopicRow {
  readonly topic_id: string;
  readonly name: string;
  readonly partition_count: number;
  readonly config: string;
  readonly created_at_ms: number;
}

interface GroupRow {
  readonly group_id: string;
  readonly config: string;
  readonly paused: number;
  readonly group_exists: number;
  readonly topics: string;
  readonly created_at_ms: number;
}

/** The metadata store in the database of the data folder. */
export class SqliteMetadata implements MetadataStore {
  readonly topicsBelongTo = 'sash';
  readonly #database: Database;
  #closed = false;

  constructor(database: Database) {
    this.#database = database;
  }

  watch(): void {}

  async refreshTopics(): Promise<void> {}

  async loadAll(): Promise<{ readonly topics: readonly StoredTopic[]; readonly groups: readonly StoredGroup[] }> {
    this.#checkOpen('load the metadata');
    return this.#database.read('load the metadata', () => {
      const topics = this.#database.reader.prepare('SELECT * FROM topic ORDER BY created_at_ms').all();
      const groups = this.#database.reader.prepare('SELECT * FROM share_group ORDER BY created_at_ms').all();
      return {
        topics: (topics as unknown as TopicRow[]).map((row) => ({
          topicId: topicId(row.topic_id),
          name: topicName(row.name),
          partitionCount: row.partition_count,
          config: JSON.parse(row.config) as StoredTopic['config'],
          createdAtMs: row.created_at_ms,
        })),
        groups: (groups as unknown as GroupRow[]).map((row) => ({
          group: groupId(row.group_id),
          type: 'share',
          config: JSON.parse(row.config) as StoredGroup['config'],
          paused: row.paused === 1,
          exists: row.group_exists === 1,
          topics: JSON.parse(row.topics) as StoredGroup['topics'],
          createdAtMs: row.created_at_ms,
        })),
      };
    });
  }

  async putTopic(topic: StoredTopic): Promise<Result<StoredTopic>> {
    await this.#submit(putTopicOperation(topic));
    return ok(topic);
  }

  async deleteTopic(id: TopicId): Promise<Result<null>> {
    await this.#submit(deleteTopicOperation(id));
    return ok(null);
  }

  putGroup(group: StoredGroup): Promise<void> {
    return this.#submit(putGroupOperation(group));
  }

  deleteGroup(group: GroupId): Promise<void> {
    return this.#submit(deleteGroupOperation(group));
  }

  secret(name: string, lengthBytes: number): Promise<Uint8Array> {
    return this.#submit(secretOperation(name, randomBytes(lengthBytes)));
  }

  async takeProducerIds(count: number): Promise<{ readonly first: number; readonly count: number }> {
    return { first: await this.#submit(takeProducerIdsOperation(count)), count };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#database.settled();
  }

  async #submit<T>(operation: Operation<T>): Promise<T> {
    this.#checkOpen(operation.name);
    return this.#database.submit(operation);
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw closedFault(operation);
  }
}
