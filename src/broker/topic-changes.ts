import type { ConfigChange } from '../core/config-value.ts';
import type { TopicId } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { MetadataStore, StoredTopic } from '../ports/metadata-store.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Fetching } from './fetching.ts';
import type { Groups } from './groups.ts';
import type { Guard } from './guard.ts';
import { OneAtATime } from './one-at-a-time.ts';
import type { CreateTopicRequest, TopicDescription } from './requests.ts';
import type { Topic, Topics } from './topics.ts';

const lookAgainAfterMs = 1_000;

interface TopicChangesSurroundings {
  readonly clock: Clock;
  readonly metadata: MetadataStore;
  readonly guard: Guard;
  readonly topics: Topics;
  readonly groups: Groups;
  readonly fetching: Fetching;
  readonly store: StateStore;
  /** `num.partitions`. */
  readonly numPartitions: number;
  /** `auto.create.topics.enable`. */
  readonly autoCreateTopics: boolean;
  /** The topic was deleted. */
  readonly gone: (topic: TopicId) => void;
}

/** Topics that come, change and go, one change after the other; who reads them is told. */
export class TopicChanges {
  readonly #surroundings: TopicChangesSurroundings;
  readonly #changes = new OneAtATime();
  /** News of them may come late; an id never comes again. */
  readonly #gone = new Set<TopicId>();
  #refreshedAtMs = -Infinity;

  constructor(surroundings: TopicChangesSurroundings) {
    this.#surroundings = surroundings;
  }

  #run<T>(change: () => Promise<Result<T>>): Promise<Result<T>> {
    return this.#surroundings.guard.run(() => this.#changes.run(change));
  }

  create(request: CreateTopicRequest): Promise<Result<TopicDescription>> {
    const { topics, numPartitions } = this.#surroundings;
    const { name, partitions, config, ...options } = request;
    return this.#run(async () => {
      const topic = await topics.create(name, partitions ?? numPartitions, config, options);
      return topic.ok ? ok(topics.describe(topic.value)) : topic;
    });
  }

  alter(
    name: string,
    change: { readonly partitions?: number; readonly config?: ConfigChange },
    validateOnly: boolean,
  ): Promise<Result<TopicDescription>> {
    const { topics, fetching } = this.#surroundings;
    return this.#run(async () => {
      const topic = topics.find(name);
      if (!topic.ok) return topic;
      const before = topic.value.stored.partitionCount;
      const altered = await topics.alter(topic.value, change, validateOnly);
      if (!validateOnly && altered.ok && altered.value.stored.partitionCount > before) {
        // Who waits for the topic does not wait for the new partitions yet.
        for (const reader of topics.readersOf(topic.value)) fetching.endWaits(reader);
      }
      return altered.ok ? ok(topics.describe(altered.value)) : altered;
    });
  }

  delete(name: string, id?: TopicId): Promise<Result<null>> {
    const { topics, groups, fetching, store, gone } = this.#surroundings;
    return this.#run(async () => {
      const topic = topics.find(name);
      if (!topic.ok) return topic;
      let { error } = reject('UNKNOWN_TOPIC_OR_PARTITION', `Topic "${name}" was deleted.`, 'topic');
      if (topic.value.id !== (id ?? topic.value.id)) return { ok: false, error };
      const readers = topics.hide(topic.value);
      // Closed first: what is being opened now must not be stored when its topic is gone already.
      await Promise.all(readers.map((reader) => groups.close(reader)));
      try {
        const deleted = await topics.delete(topic.value);
        if (!deleted.ok) {
          ({ error } = reject('BUSY', `Topic "${name}" was to be deleted, which was refused; ask again.`));
          for (const reader of readers) groups.openAgain(reader, topic.value);
          return deleted;
        }
        this.#gone.add(topic.value.id);
        gone(topic.value.id);
        groups.forgetTopic(topic.value.id);
        await store.deleteTopic(topic.value.id);
        return ok(null);
      } catch (fault) {
        if (topics.byId(topic.value.id) !== undefined) {
          ({ error } = reject('BUSY', `Topic "${name}" was to be deleted, which failed; ask again.`));
          for (const reader of readers) groups.openAgain(reader, topic.value);
        }
        throw fault;
      } finally {
        for (const reader of readers) fetching.gone(reader, error);
      }
    });
  }

  /** Topics that were created, changed or deleted without this node, which counts here too. A rejection: state of deleted ones is left over. */
  outside(there: readonly StoredTopic[], gone: readonly TopicId[]): Promise<Result<null>> {
    return this.#run(async () => {
      const left = await Promise.allSettled(gone.map((id) => this.#goneOutside(id)));
      for (const stored of there) this.#thereOutside(stored);
      const failed = left.find((each) => each.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      return ok(null);
    });
  }

  #thereOutside(stored: StoredTopic): void {
    const { topics, fetching } = this.#surroundings;
    if (this.#gone.has(stored.topicId)) return;
    const topic = topics.byId(stored.topicId);
    if (topic === undefined) return topics.add(stored);
    const before = topic.stored.partitionCount;
    topics.changed(topic, { ...stored, partitionCount: Math.max(before, stored.partitionCount) });
    // Who waits for the topic does not wait for the new partitions yet.
    if (stored.partitionCount > before) for (const reader of topics.readersOf(topic)) fetching.endWaits(reader);
  }

  async #goneOutside(id: TopicId): Promise<void> {
    const { topics, groups, fetching, store, gone } = this.#surroundings;
    this.#gone.add(id);
    const topic = topics.byId(id);
    if (topic === undefined) return;
    const readers = topics.hide(topic);
    const { error } = reject('UNKNOWN_TOPIC_OR_PARTITION', `Topic "${topic.name}" was deleted.`, 'topic');
    try {
      await Promise.all(readers.map((reader) => groups.close(reader)));
      gone(id);
      groups.forgetTopic(id);
      await topics.forget(topic);
      await store.deleteTopic(id);
    } finally {
      for (const reader of readers) fetching.gone(reader, error);
    }
  }

  /** Resolves when what was asked for before is done. */
  async settled(): Promise<void> {
    await this.#changes.run(async () => {});
  }

  /** The topic to use; made now where `auto.create.topics.enable` says so. */
  toUse(name: string): Promise<Result<Topic>> | Result<Topic> {
    const topic = this.#surroundings.topics.find(name);
    return topic.ok || topic.error.code !== 'UNKNOWN_TOPIC_OR_PARTITION' ? topic : this.#findOrCreate(name);
  }

  async #findOrCreate(name: string): Promise<Result<Topic>> {
    const { topics, autoCreateTopics } = this.#surroundings;
    const topic = await this.#lookFor(name);
    if (topic.ok || topic.error.code !== 'UNKNOWN_TOPIC_OR_PARTITION' || !autoCreateTopics) return topic;
    const created = await this.create({ name, partitions: null, config: {} });
    return created.ok || created.error.code === 'TOPIC_ALREADY_EXISTS' ? topics.find(name) : created;
  }

  /** Somebody else may have created it at this moment. Looked for once a second: names that nobody has cost nothing else. */
  async #lookFor(name: string): Promise<Result<Topic>> {
    const { topics, metadata, clock } = this.#surroundings;
    const nowMs = clock.monotonicMs();
    if (topics.isOfCluster && nowMs - this.#refreshedAtMs >= lookAgainAfterMs) {
      this.#refreshedAtMs = nowMs;
      await metadata.refreshTopics();
      await this.settled();
    }
    return topics.find(name);
  }
}
