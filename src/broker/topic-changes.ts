import type { ConfigChange } from '../core/config-value.ts';
import type { TopicId } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Fetching } from './fetching.ts';
import type { Groups } from './groups.ts';
import type { Guard } from './guard.ts';
import { OneAtATime } from './one-at-a-time.ts';
import type { CreateTopicRequest, TopicDescription } from './requests.ts';
import type { Topic, Topics } from './topics.ts';

interface TopicChangesSurroundings {
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

  constructor(surroundings: TopicChangesSurroundings) {
    this.#surroundings = surroundings;
  }

  #run<T>(change: () => Promise<Result<T>>): Promise<Result<T>> {
    return this.#surroundings.guard.run(() => this.#changes.run(change));
  }

  create(request: CreateTopicRequest): Promise<Result<TopicDescription>> {
    const { topics, numPartitions } = this.#surroundings;
    const { name, partitions, config, validateOnly = false } = request;
    return this.#run(async () => {
      const asked = [name, partitions ?? numPartitions, config] as const;
      const topic = validateOnly ? topics.plan(...asked) : await topics.create(...asked);
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
      if (validateOnly) {
        const planned = topics.planChange(topic.value, change);
        return planned.ok ? ok(topics.describe(planned.value)) : planned;
      }
      const before = topic.value.stored.partitionCount;
      const altered = await topics.alter(topic.value, change);
      if (altered.ok && altered.value.stored.partitionCount > before) {
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

  /** The topic to use; made now where `auto.create.topics.enable` says so. */
  async toUse(name: string): Promise<Result<Topic>> {
    const { topics, autoCreateTopics } = this.#surroundings;
    const topic = topics.find(name);
    if (topic.ok || topic.error.code !== 'UNKNOWN_TOPIC_OR_PARTITION' || !autoCreateTopics) return topic;
    const created = await this.create({ name, partitions: null, config: {} });
    return created.ok || created.error.code === 'TOPIC_ALREADY_EXISTS' ? topics.find(name) : created;
  }
}
