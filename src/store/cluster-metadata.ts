import type { GroupId, TopicId } from '../core/ids.ts';
import type { Result } from '../core/result.ts';
import type {
  MetadataChanges,
  MetadataStore,
  PutTopicOptions,
  StoredGroup,
  StoredTopic,
} from '../ports/metadata-store.ts';

/** The topics and the producer ids: a Kafka cluster's. */
export interface TopicsOfCluster {
  watch(tell: MetadataChanges['topics']): void;
  load(): Promise<readonly StoredTopic[]>;
  refresh(): Promise<void>;
  put(topic: StoredTopic, options?: PutTopicOptions): Promise<Result<StoredTopic>>;
  delete(id: TopicId): Promise<Result<null>>;
  takeProducerId(): Promise<number>;
  close(): Promise<void>;
}

/** The groups and the secrets, which all nodes share. */
export interface GroupsOfNodes extends Pick<MetadataStore, 'putGroup' | 'deleteGroup' | 'secret' | 'close'> {
  watch(changes: Pick<MetadataChanges, 'group'>): void;
  loadGroups(): Promise<readonly StoredGroup[]>;
}

/** The metadata of several nodes: topics as the Kafka cluster has them, groups where the nodes keep their state. */
export class ClusterMetadata implements MetadataStore {
  readonly topicsBelongTo = 'cluster';
  readonly #topics: TopicsOfCluster;
  readonly #groups: GroupsOfNodes;

  constructor(topics: TopicsOfCluster, groups: GroupsOfNodes) {
    this.#topics = topics;
    this.#groups = groups;
  }

  watch(changes: MetadataChanges): void {
    this.#topics.watch((there, gone) => changes.topics(there, gone));
    this.#groups.watch(changes);
  }

  async loadAll(): Promise<{ readonly topics: readonly StoredTopic[]; readonly groups: readonly StoredGroup[] }> {
    const [topics, groups] = await Promise.all([this.#topics.load(), this.#groups.loadGroups()]);
    return { topics, groups };
  }

  refreshTopics(): Promise<void> {
    return this.#topics.refresh();
  }

  putTopic(topic: StoredTopic, options?: PutTopicOptions): Promise<Result<StoredTopic>> {
    return this.#topics.put(topic, options);
  }

  deleteTopic(id: TopicId): Promise<Result<null>> {
    return this.#topics.delete(id);
  }

  putGroup(group: StoredGroup): Promise<void> {
    return this.#groups.putGroup(group);
  }

  deleteGroup(group: GroupId): Promise<void> {
    return this.#groups.deleteGroup(group);
  }

  secret(name: string, lengthBytes: number): Promise<Uint8Array> {
    return this.#groups.secret(name, lengthBytes);
  }

  /** A cluster gives them one by one. */
  async takeProducerIds(): Promise<{ readonly first: number; readonly count: number }> {
    return { first: await this.#topics.takeProducerId(), count: 1 };
  }

  async close(): Promise<void> {
    await this.#topics.close();
    await this.#groups.close();
  }
}
