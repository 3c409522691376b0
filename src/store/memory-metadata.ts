import { randomBytes } from 'node:crypto';

import type { GroupId, TopicId } from '../core/ids.ts';
import { type Result, ok } from '../core/result.ts';
import { closedAdapter } from '../ports/fault.ts';
import type { MetadataStore, StoredGroup, StoredTopic } from '../ports/metadata-store.ts';

/** The metadata store in memory: for tests, and obviously right. */
export class MemoryMetadata implements MetadataStore {
  readonly topicsBelongTo: MetadataStore['topicsBelongTo'] = 'sash';
  readonly #topics = new Map<TopicId, StoredTopic>();
  readonly #groups = new Map<GroupId, StoredGroup>();
  readonly #secrets = new Map<string, Uint8Array>();
  #nextProducerId = 0;
  #closed = false;

  watch(): void {}

  async refreshTopics(): Promise<void> {}

  async loadAll(): Promise<{ readonly topics: readonly StoredTopic[]; readonly groups: readonly StoredGroup[] }> {
    this.#checkOpen('load the metadata');
    return { topics: [...this.#topics.values()], groups: [...this.#groups.values()] };
  }

  async putTopic(topic: StoredTopic): Promise<Result<StoredTopic>> {
    this.#checkOpen('put topic');
    this.#topics.set(topic.topicId, structuredClone(topic));
    return ok(topic);
  }

  async deleteTopic(topicId: TopicId): Promise<Result<null>> {
    this.#checkOpen('delete topic');
    this.#topics.delete(topicId);
    return ok(null);
  }

  async putGroup(group: StoredGroup): Promise<void> {
    this.#checkOpen('put group');
    this.#groups.set(group.group, structuredClone(group));
  }

  async deleteGroup(group: GroupId): Promise<void> {
    this.#checkOpen('delete group');
    this.#groups.delete(group);
  }

  async secret(name: string, lengthBytes: number): Promise<Uint8Array> {
    this.#checkOpen('make secret');
    const kept = this.#secrets.get(name) ?? new Uint8Array(randomBytes(lengthBytes));
    this.#secrets.set(name, kept);
    return kept.slice();
  }

  async takeProducerIds(count: number): Promise<{ readonly first: number; readonly count: number }> {
    this.#checkOpen('take producer ids');
    this.#nextProducerId += count;
    return { first: this.#nextProducerId - count, count };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #checkOpen(operation: string): void {
    if (!this.#closed) return;
    throw closedAdapter(operation, 'the metadata store');
  }
}
