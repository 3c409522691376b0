import type { ConfigChange, ConfigOverrides } from '../core/config-value.ts';
import { type TopicId, topicName } from '../core/ids.ts';
import { type Result, ok } from '../core/result.ts';
import type { KafkaClient } from '../kafka-client/kafka-client.ts';
import type { KafkaTopicView } from '../kafka-client/kafka-cluster-view.ts';
import { kafkaFault } from '../kafka-client/kafka-fault.ts';
import { takeProducerId } from '../kafka-client/producer-id.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault, closedAdapter } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import type { MetadataChanges, PutTopicOptions, StoredTopic } from '../ports/metadata-store.ts';
import type { TopicsOfCluster } from './cluster-metadata.ts';
import { TopicAdmin, type TopicConfigs } from './topic-admin.ts';

interface KafkaTopicsOutside {
  readonly client: Pick<KafkaClient, 'request' | 'refresh' | 'metadata' | 'onView'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface KafkaTopicsSettings {
  /** Of new topics; -1: what the cluster has as `default.replication.factor`. */
  readonly replicationFactor: number;
  /** Configs are looked at again after so long, and a little longer for each topic. */
  readonly configIntervalMs: number;
}

/** A thousand topics make it two seconds longer. */
const configIntervalPerTopicMs = 2;
/** How long a topic that was created or altered may take until the cluster shows it. */
const shownWithinMs = 10_000;
const lookAgainMs = 100;

/**
 * The topics of a Kafka cluster, as the topic half of MetadataStore. Nothing is kept of them but what the cluster said last: names, ids,
 * partitions come with the client's view of it, configs are asked for. Kafka's own topics (`__…`) and those of others that begin so are left out.
 *
 * What was there and is missing is gone when all brokers say so; until then it is there.
 */
export class KafkaTopics implements TopicsOfCluster {
  readonly #outside: KafkaTopicsOutside;
  readonly #settings: KafkaTopicsSettings;
  readonly #admin: TopicAdmin;
  readonly #known = new Map<TopicId, StoredTopic>();
  /** By this node. A view may be older than that; an id never comes again. */
  readonly #deleted = new Set<TopicId>();
  /** Most topics have the same configs: each kind is kept once. */
  readonly #configs = new Map<string, ConfigOverrides>();
  #tell: MetadataChanges['topics'] = () => {};
  #endWatch = (): void => {};
  #timer: { cancel(): void } | undefined;
  #updating: Promise<void> | undefined;
  #updateAgain = false;
  #configsDueMs = -Infinity;
  #isClosed = false;

  constructor(outside: KafkaTopicsOutside, settings: Partial<KafkaTopicsSettings> = {}) {
    this.#outside = outside;
    this.#settings = { replicationFactor: -1, configIntervalMs: 8_000, ...settings };
    this.#admin = new TopicAdmin(outside.client, outside.clock);
  }

  /** Before `load`. */
  watch(tell: MetadataChanges['topics']): void {
    this.#tell = tell;
  }

  async load(): Promise<readonly StoredTopic[]> {
    this.#checkOpen('load the topics');
    await this.#refreshView('load the topics');
    await this.#update(() => {});
    this.#endWatch = this.#outside.client.onView(() => this.#soon());
    this.#armConfigs();
    return [...this.#known.values()];
  }

  /** Resolves when what the cluster says now was told. */
  async refresh(): Promise<void> {
    this.#checkOpen('look for topics');
    await this.#refreshView('look for topics');
    await this.#updated();
  }

  async #refreshView(operation: string): Promise<void> {
    try {
      await this.#outside.client.refresh();
    } catch (error) {
      throw kafkaFault(operation, error);
    }
  }

  /** Creates a topic with an id that is not known; the cluster gives it its own. Alters the one that has the id. */
  async put(topic: StoredTopic, options: PutTopicOptions = {}): Promise<Result<StoredTopic>> {
    this.#checkOpen('put topic');
    const before = this.#known.get(topic.topicId);
    if (before === undefined) return await this.#create(topic, options);
    return options.validateOnly === true ? await this.#validate(before, topic) : await this.#alter(before, topic);
  }

  async #create(topic: StoredTopic, options: PutTopicOptions): Promise<Result<StoredTopic>> {
    const { replicationFactor = -1, validateOnly = false } = options;
    const created = await this.#admin.create(topic, {
      replicationFactor: replicationFactor === -1 ? this.#settings.replicationFactor : replicationFactor,
      validateOnly,
    });
    if (!created.ok) return created;
    if (validateOnly) return ok(topic);
    const shown = await this.#shown(topic.name, topic.partitionCount);
    const configs = await this.#admin.describe([topic.name]);
    const stored = this.#stored(shown, configs.get(topic.name), this.#outside.clock.wallMs());
    this.#known.set(stored.topicId, stored);
    return ok(stored);
  }

  async #validate(before: StoredTopic, topic: StoredTopic): Promise<Result<StoredTopic>> {
    const change = changeOf(before.config, topic.config);
    if (Object.keys(change).length > 0) {
      const altered = await this.#admin.alter(topic.name, change, true);
      if (!altered.ok) return altered;
    }
    if (topic.partitionCount > before.partitionCount) {
      const grown = await this.#admin.addPartitions(topic.name, topic.partitionCount, true);
      if (!grown.ok) return grown;
    }
    return ok(topic);
  }

  async #alter(before: StoredTopic, topic: StoredTopic): Promise<Result<StoredTopic>> {
    const change = changeOf(before.config, topic.config);
    const hasChange = Object.keys(change).length > 0;
    const grows = topic.partitionCount > before.partitionCount;
    // Both or nothing, as far as it can be said before.
    const possible = hasChange && grows ? await this.#validate(before, topic) : ok(topic);
    if (!possible.ok) return possible;
    if (grows) {
      const grown = await this.#admin.addPartitions(topic.name, topic.partitionCount, false);
      if (!grown.ok) return grown;
      await this.#shown(topic.name, topic.partitionCount);
    }
    if (hasChange) {
      const altered = await this.#admin.alter(topic.name, change, false);
      if (!altered.ok) return altered;
    }
    const configs = hasChange ? await this.#describedAs(topic) : before;
    const partitionCount = Math.max(topic.partitionCount, this.#known.get(topic.topicId)?.partitionCount ?? 0);
    const stored = { ...before, partitionCount, config: configs.config, inherited: configs.inherited ?? {} };
    this.#known.set(stored.topicId, stored);
    return ok(stored);
  }

  async delete(id: TopicId): Promise<Result<null>> {
    this.#checkOpen('delete topic');
    const name = this.#known.get(id)?.name;
    if (name === undefined) return ok(null);
    const deleted = await this.#admin.delete(id, name);
    if (deleted.ok) {
      this.#deleted.add(id);
      this.#known.delete(id);
    }
    return deleted;
  }

  takeProducerId(): Promise<number> {
    this.#checkOpen('take producer ids');
    return takeProducerId(this.#outside.client, this.#outside.clock);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endWatch();
    this.#timer?.cancel();
    await this.#updating;
  }

  /** Waits until the client's view has it: what is done with it then finds it. */
  async #shown(name: string, partitionCount: number): Promise<KafkaTopicView> {
    const { client, clock } = this.#outside;
    const untilMs = clock.monotonicMs() + shownWithinMs;
    for (;;) {
      await client.refresh().catch(() => {});
      const topic = client.metadata().topicsByName.get(name);
      if (topic !== undefined && topic.partitions.length >= partitionCount) return topic;
      if (clock.monotonicMs() >= untilMs) throw notShown(name, partitionCount);
      await new Promise<void>((resolve) => clock.schedule(lookAgainMs, resolve));
    }
  }

  /** Configs that were altered come to the other brokers a little later. */
  async #describedAs({ name, config }: StoredTopic): Promise<TopicConfigs> {
    const { clock } = this.#outside;
    const untilMs = clock.monotonicMs() + shownWithinMs;
    for (;;) {
      const described = (await this.#admin.describe([name])).get(name);
      if (described === undefined) return { config, inherited: {} };
      if (Object.keys(changeOf(described.config, config)).length === 0) return described;
      if (clock.monotonicMs() >= untilMs) return { ...described, config };
      await new Promise<void>((resolve) => clock.schedule(lookAgainMs, resolve));
    }
  }

  // ───────────── what others change ─────────────

  #soon(): void {
    void this.#updated().catch((error: unknown) => {
      const { message } = error as Error;
      if (this.#isClosed) return;
      const repeats = 'looks for changes of topics that failed';
      this.#outside.logger.warn({ repeats }, `changes of topics are not seen: ${message}`);
    });
  }

  /** One after the other; who comes while one is on its way waits for the next. */
  async #updated(): Promise<void> {
    while (this.#updating !== undefined) {
      this.#updateAgain = true;
      await this.#updating.catch(() => {});
      if (!this.#updateAgain) return;
    }
    this.#updateAgain = false;
    this.#updating = this.#update(this.#tell).finally(() => (this.#updating = undefined));
    await this.#updating;
  }

  async #update(tell: MetadataChanges['topics']): Promise<void> {
    const { client, clock } = this.#outside;
    const view = [...client.metadata().topics.values()].filter(isShown);
    const areConfigsDue = clock.monotonicMs() >= this.#configsDueMs;
    const asked = view.filter(({ id }) => areConfigsDue || !this.#known.has(id)).map(({ name }) => name);
    const configs = asked.length > 0 ? await this.#admin.describe(asked) : new Map<string, TopicConfigs>();
    if (areConfigsDue) this.#armConfigs();
    const there: StoredTopic[] = [];
    for (const topic of view) {
      if (this.#deleted.has(topic.id)) continue;
      const before = this.#known.get(topic.id);
      const stored = this.#stored(topic, configs.get(topic.name) ?? before, before?.createdAtMs ?? 0, before);
      if (before !== undefined && isSame(before, stored)) continue;
      this.#known.set(stored.topicId, stored);
      there.push(stored);
    }
    const gone: TopicId[] = [];
    for (const { topicId, name } of this.#known.values()) {
      if (client.metadata().topics.has(topicId) || !(await this.#admin.isGone(topicId, name))) continue;
      this.#known.delete(topicId);
      gone.push(topicId);
    }
    if (there.length > 0 || gone.length > 0) tell(there, gone);
  }

  #armConfigs(): void {
    const { clock } = this.#outside;
    const delayMs = this.#settings.configIntervalMs + configIntervalPerTopicMs * this.#known.size;
    this.#configsDueMs = clock.monotonicMs() + delayMs;
    this.#timer?.cancel();
    if (!this.#isClosed) this.#timer = clock.schedule(delayMs, () => this.#soon());
  }

  #stored(
    { id: topicId, name, partitions }: KafkaTopicView,
    configs: Partial<TopicConfigs> | undefined,
    createdAtMs: number,
    before?: StoredTopic,
  ): StoredTopic {
    return {
      topicId,
      name: topicName(name),
      // A broker that lags behind takes none away.
      partitionCount: Math.max(partitions.length, before?.partitionCount ?? 0),
      config: this.#once(configs?.config),
      inherited: this.#once(configs?.inherited),
      createdAtMs,
    };
  }

  #once(configs: ConfigOverrides = {}): ConfigOverrides {
    const text = JSON.stringify(configs);
    const kept = this.#configs.get(text) ?? configs;
    this.#configs.set(text, kept);
    return kept;
  }

  #checkOpen(operation: string): void {
    if (!this.#isClosed) return;
    throw closedAdapter(operation, 'the metadata store');
  }
}

const isShown = ({ name, isInternal, partitions }: KafkaTopicView): boolean =>
  !isInternal && !name.startsWith('__') && partitions.length > 0;

/** What has to be set, or unset, to come from one to the other. */
const changeOf = (before: ConfigOverrides, after: ConfigOverrides): ConfigChange => ({
  ...Object.fromEntries(Object.keys(before).flatMap((name) => (name in after ? [] : [[name, null]]))),
  ...Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value)),
});

/** Equal configs are the same object. */
const isSame = (a: StoredTopic, b: StoredTopic): boolean =>
  a.partitionCount === b.partitionCount && a.config === b.config && a.inherited === b.inherited;

const notShown = (name: string, partitionCount: number): Fault =>
  new Fault({
    code: 'STORAGE_FAILED',
    operation: 'put topic',
    message: `Kafka took topic "${name}" with ${partitionCount} partitions and does not show it after ${shownWithinMs} ms`,
    retriable: true,
    outcome: 'unknown',
    hint: "look at it with Kafka's own tools; it is listed here as soon as the brokers tell of it",
  });
