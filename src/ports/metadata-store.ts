import type { GroupId, TopicId, TopicName } from '../core/ids.ts';
import type { Result } from '../core/result.ts';

/** Durable names and configs of topics and groups. Small; read once at start and then kept in memory by the broker. */

export interface StoredTopic {
  readonly topicId: TopicId;
  readonly name: TopicName;
  /** Number of partitions; only grows. */
  readonly partitionCount: number;
  /** Overrides only, with Kafka's names. */
  readonly config: Readonly<Record<string, string>>;
  /** Of a cluster's topic: what is in force where nothing was set for it, all that the cluster has. Nobody checks its configs but the cluster. */
  readonly inherited?: Readonly<Record<string, string>>;
  /** Wall clock, ms; 0 where it is not known. */
  readonly createdAtMs: number;
}

export interface StoredGroup {
  readonly group: GroupId;
  /** Group ids are unique across the types. */
  readonly type: 'share';
  /** Overrides only, with Kafka's names. They may be set before the group exists and survive its deletion. */
  readonly config: Readonly<Record<string, string>>;
  readonly paused: boolean;
  /** False for an entry that only carries configs: the group itself does not exist (yet, or any more). */
  readonly exists: boolean;
  /** Topics the group has read, with the number of partitions known then: a partition added later starts at 0. */
  readonly topics: Readonly<Record<TopicId, number>>;
  readonly createdAtMs: number;
}

/** What came about without this process: another node, or somebody at the cluster itself. */
export interface MetadataChanges {
  /** Topics that are new or changed, as they are now, and those that were deleted: one that was created again has another id. */
  topics(there: readonly StoredTopic[], gone: readonly TopicId[]): void;
  /** null: it was deleted, with its config. */
  group(group: GroupId, stored: StoredGroup | null): void;
}

/** What only a cluster can be asked. */
export interface PutTopicOptions {
  /** Of a new topic; without it, or -1, as the cluster has it. */
  readonly replicationFactor?: number | undefined;
  /** Only says whether it would be done. */
  readonly validateOnly?: boolean;
}

export interface MetadataStore {
  /** `cluster`: of which configs there are and of what is allowed the cluster that the topics are of has the last word. */
  readonly topicsBelongTo: 'sash' | 'cluster';
  /** Before `loadAll`. Told of changes that others make; of one's own it may be told too. Never where one process has the store for itself. */
  watch(changes: MetadataChanges): void;
  /** Looks for changes of the topics now. Who watches was told when it resolves. Does nothing where one process has the store for itself. */
  refreshTopics(): Promise<void>;
  loadAll(): Promise<{ readonly topics: readonly StoredTopic[]; readonly groups: readonly StoredGroup[] }>;
  /**
   * Durable when it resolves. A topic with a new id is created, and the answer is the topic as it is then: where others keep the topics they
   * give it an id of their own. One with an id that is there is replaced. Where log and share state are kept in the same
   * store, the topic's partitions come and go in the same transaction, and so does what groups keep of it: whoever is
   * cut off on the way leaves all of it or nothing. The log and the state store still have to be told. A cluster may refuse it.
   */
  putTopic(topic: StoredTopic, options?: PutTopicOptions): Promise<Result<StoredTopic>>;
  deleteTopic(topicId: TopicId): Promise<Result<null>>;
  putGroup(group: StoredGroup): Promise<void>;
  deleteGroup(group: GroupId): Promise<void>;
  /** A durable secret of `lengthBytes` random bytes under `name`, made at the first call (the lease MAC key). */
  secret(name: string, lengthBytes: number): Promise<Uint8Array>;
  /**
   * Takes producer ids that were never given before, durably: `count` in a row, or fewer, but one at least, where others give them. Where
   * one process has the store for itself they begin with 0.
   */
  takeProducerIds(count: number): Promise<{ readonly first: number; readonly count: number }>;
  close(): Promise<void>;
}
