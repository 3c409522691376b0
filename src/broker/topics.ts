import type { ConfigChange, ConfigOverrides } from '../core/config-value.ts';
import { parseTopicName, topicNamesCollide } from '../core/names.ts';
import { type TopicId, type TopicName, type TopicPartition, topicPartitionText } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import {
  type TopicConfig,
  changedTopicConfig,
  checkTopicConfigChange,
  effectiveTopicConfig,
  readTopicConfig,
} from '../core/topic-config.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import type { MetadataStore, PutTopicOptions, StoredTopic } from '../ports/metadata-store.ts';
import type { LogBounds, RecordLog } from '../ports/record-log.ts';
import { TopicActivity } from './activity.ts';
import type { TopicDescription } from './requests.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';

/** The most partitions of one topic: a share group opens each of them. */
export const maxPartitions = 10_000;

export interface Topic {
  readonly id: TopicId;
  readonly name: TopicName;
  stored: StoredTopic;
  config: TopicConfig;
  readonly activity: TopicActivity;
}

/** The topics, to be looked at. */
export interface TopicCatalog {
  /** They are those of a Kafka cluster, which has the last word on them. */
  readonly isOfCluster: boolean;
  /** In the order of their names. */
  readonly all: readonly Readonly<Topic>[];
  byId(id: TopicId): Readonly<Topic> | undefined;
  /** Rejects with UNKNOWN_TOPIC_ID. */
  findById(id: TopicId): Result<Readonly<Topic>>;
  /** Rejects with INVALID_TOPIC_EXCEPTION or UNKNOWN_TOPIC_OR_PARTITION. */
  find(name: string): Result<Readonly<Topic>>;
}

interface TopicsOutside {
  readonly log: RecordLog;
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly logger: Logger;
  newTopicId(): TopicId;
}

/** The topics, and which share partitions read them. Changes are made durable before they count. */
export class Topics implements TopicCatalog {
  #byName = new Map<string, Topic>();
  #byId = new Map<TopicId, Topic>();
  #readers = new Map<string, Set<SharePartitionRuntime>>();
  #outside: TopicsOutside;

  constructor(outside: TopicsOutside) {
    this.#outside = outside;
  }

  /** @throws when a stored config cannot be read: the data folder is of another version */
  load(stored: readonly StoredTopic[]): void {
    for (const each of stored) this.add(each);
  }

  /** A topic that is there, as it is stored. */
  add(stored: StoredTopic): void {
    this.#set({
      id: stored.topicId,
      name: stored.name,
      stored,
      config: storedConfig(stored),
      activity: new TopicActivity(),
    });
  }

  /** It was changed elsewhere. */
  changed(topic: Topic, stored: StoredTopic): void {
    topic.stored = stored;
    topic.config = storedConfig(stored);
  }

  #set(topic: Topic): void {
    this.#byName.set(topic.name, topic);
    this.#byId.set(topic.id, topic);
  }

  get isOfCluster(): boolean {
    return this.#outside.metadata.topicsBelongTo === 'cluster';
  }

  byId(id: TopicId): Topic | undefined {
    return this.#byId.get(id);
  }

  findById(id: TopicId): Result<Topic> {
    const topic = this.#byId.get(id);
    if (topic !== undefined) return ok(topic);
    return reject('UNKNOWN_TOPIC_ID', `There is no topic with the id ${id}: it was deleted, or never was.`);
  }

  get all(): readonly Topic[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string, field = 'topic'): Result<Topic> {
    const topic = this.#byName.get(name);
    if (topic !== undefined) return ok(topic);
    const parsed = parseTopicName(name, field);
    if (!parsed.ok) return parsed;
    return reject('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic "${name}". Create it first.`, field);
  }

  findPartition(name: string, partition: number): Result<Topic> {
    const topic = this.find(name);
    if (!topic.ok) return topic;
    const count = topic.value.stored.partitionCount;
    if (partition >= 0 && partition < count) return topic;
    return reject(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `Topic "${name}" has no partition ${partition}: its partitions are 0 to ${count - 1}.`,
      'partition',
    );
  }

  describe(topic: Topic): TopicDescription {
    const nowMs = this.#outside.clock.monotonicMs();
    return {
      name: topic.name,
      topicId: topic.id,
      partitions: Array.from({ length: topic.stored.partitionCount }, (_, partition) => {
        const { log } = this.#outside;
        const { startOffset, endOffset, sizeBytes } = log.bounds({ topicId: topic.id, partition }) ?? noBounds;
        return {
          partition,
          logStartOffset: startOffset,
          logEndOffset: endOffset,
          sizeBytes: startOffset === endOffset ? 0 : log.knowsSizes ? sizeBytes : null,
        };
      }),
      config: effectiveTopicConfig(topic.stored.config, topic.stored.inherited),
      overrides: topic.stored.config,
      ...(topic.stored.inherited === undefined ? {} : { inherited: topic.stored.inherited }),
      recordsInPerSecond: topic.activity.recordsIn.perSecond(nowMs),
      bytesInPerSecond: topic.activity.bytesIn.perSecond(nowMs),
    };
  }

  /** A topic that could be created, with an id of its own; nothing has happened. */
  plan(name: string, partitions: number, config: Readonly<Record<string, string>>): Result<Topic> {
    const parsedName = parseTopicName(name, 'topic');
    if (!parsedName.ok) return parsedName;
    if (this.#byName.has(name)) return reject('TOPIC_ALREADY_EXISTS', `Topic "${name}" exists already.`, 'topic');
    const other = this.all.find((each) => topicNamesCollide(each.name, name));
    if (other !== undefined) {
      return reject(
        'INVALID_TOPIC_EXCEPTION',
        `The topic name "${name}" collides with topic "${other.name}": names must differ in more than "." and "_", which Kafka's metrics do not tell apart.`,
        'topic',
      );
    }
    const count = checkPartitionCount(partitions, 1);
    if (!count.ok) return count;
    const overrides = this.#changedConfig({}, config);
    if (!overrides.ok) return overrides;
    const stored: StoredTopic = {
      topicId: this.#outside.newTopicId(),
      name: parsedName.value,
      partitionCount: partitions,
      config: overrides.value,
      ...(this.isOfCluster ? { inherited: {} } : {}),
      createdAtMs: this.#outside.clock.wallMs(),
    };
    const parsed = readTopicConfig(stored.config, stored.inherited);
    if (!parsed.ok) return parsed;
    return ok({ id: stored.topicId, name: stored.name, stored, config: parsed.value, activity: new TopicActivity() });
  }

  async create(
    name: string,
    partitions: number,
    config: Readonly<Record<string, string>>,
    options: PutTopicOptions,
  ): Promise<Result<Topic>> {
    const planned = this.plan(name, partitions, config);
    if (!planned.ok || (options.validateOnly === true && !this.isOfCluster)) return planned;
    const { log, metadata } = this.#outside;
    const put = await metadata.putTopic(planned.value.stored, options);
    if (!put.ok) return put;
    if (options.validateOnly === true) return planned;
    const stored = put.value;
    try {
      await log.createPartitions(partitionsOf(stored, 0));
    } catch (error) {
      // A topic that is there can be written to. One of a cluster is there all the same, and will be heard of.
      if (!this.isOfCluster) await metadata.deleteTopic(stored.topicId).catch(() => undefined);
      throw error;
    }
    // Where others keep the topics the news of it may have been here before.
    if (!this.#byId.has(stored.topicId)) this.add(stored);
    return this.findById(stored.topicId);
  }

  /** The topic as a change would leave it; nothing has happened. */
  planChange(
    topic: Topic,
    change: { readonly partitions?: number; readonly config?: Readonly<Record<string, string | null>> },
  ): Result<Topic> {
    const before = topic.stored.partitionCount;
    const partitionCount = change.partitions ?? before;
    const count = checkPartitionCount(partitionCount, before);
    if (!count.ok) return count;
    const overrides = this.#changedConfig(topic.stored.config, change.config ?? {});
    if (!overrides.ok) return overrides;
    const parsed = readTopicConfig(overrides.value, topic.stored.inherited);
    if (!parsed.ok) return parsed;
    return ok({ ...topic, stored: { ...topic.stored, partitionCount, config: overrides.value }, config: parsed.value });
  }

  async alter(
    topic: Topic,
    change: Parameters<Topics['planChange']>[1],
    validateOnly: boolean,
  ): Promise<Result<Topic>> {
    const planned = this.planChange(topic, change);
    if (!planned.ok || (validateOnly && !this.isOfCluster)) return planned;
    const before = topic.stored.partitionCount;
    const put = await this.#outside.metadata.putTopic(planned.value.stored, { validateOnly });
    if (!put.ok) return put;
    if (validateOnly) return planned;
    const stored = put.value;
    if (stored.partitionCount > before) await this.#outside.log.createPartitions(partitionsOf(stored, before));
    this.changed(topic, stored);
    return ok(topic);
  }

  /** Nobody finds it any more. Returns who reads it, up to now. */
  hide(topic: Topic): readonly SharePartitionRuntime[] {
    // There may be another one of this name already.
    if (this.#byName.get(topic.name) === topic) this.#byName.delete(topic.name);
    this.#byId.delete(topic.id);
    const readers = this.readersOf(topic);
    for (const each of partitionsOf(topic.stored, 0)) this.#readers.delete(topicPartitionText(each));
    return readers;
  }

  /** Deletes a hidden topic with its records. When it could not be deleted it is there again, with all it had. */
  async delete(topic: Topic): Promise<Result<null>> {
    try {
      const deleted = await this.#outside.metadata.deleteTopic(topic.id);
      if (!deleted.ok) {
        this.#set(topic);
        return deleted;
      }
    } catch (error) {
      this.#set(topic);
      throw error;
    }
    await this.forget(topic);
    return ok(null);
  }

  /** Drops the records of a topic that is no more. */
  async forget(topic: Topic): Promise<void> {
    await this.#outside.log.deletePartitions(partitionsOf(topic.stored, 0));
  }

  #changedConfig(current: ConfigOverrides, change: ConfigChange): Result<ConfigOverrides> {
    return this.isOfCluster ? ok(changedTopicConfig(current, change)) : checkTopicConfigChange(current, change);
  }

  // ───────────── who reads what ─────────────

  readers(partition: TopicPartition): ReadonlySet<SharePartitionRuntime> {
    return this.#readers.get(topicPartitionText(partition)) ?? none;
  }

  /** In all its partitions. */
  readersOf(topic: Topic): readonly SharePartitionRuntime[] {
    return partitionsOf(topic.stored, 0).flatMap((each) => [...this.readers(each)]);
  }

  addReader(reader: SharePartitionRuntime): void {
    const text = topicPartitionText(reader.key);
    const readers = this.#readers.get(text);
    if (readers === undefined) this.#readers.set(text, new Set([reader]));
    else readers.add(reader);
  }

  removeReader(reader: SharePartitionRuntime): void {
    this.#readers.get(topicPartitionText(reader.key))?.delete(reader);
  }

  /**
   * Drops what `retention.ms` and `retention.bytes` no longer keep, and tells the groups that read it.
   *
   * @param goOn asked before each partition: a stop does not wait for all of them
   */
  async applyRetention(goOn: () => boolean): Promise<void> {
    for (const topic of this.all) {
      const { retentionMs, retentionBytes } = topic.config;
      if (retentionMs === undefined && retentionBytes === undefined) continue;
      for (const partition of partitionsOf(topic.stored, 0)) {
        if (!goOn()) return;
        await this.#applyRetentionTo(topic, partition);
      }
    }
  }

  /** Moves the start of a partition's log, tells the groups that read it, and gives where it is now. */
  async trim(partition: TopicPartition, startOffset: number): Promise<number> {
    const { log } = this.#outside;
    const before = log.bounds(partition)?.startOffset;
    const bounds = await log.trim(partition, startOffset);
    if (bounds.startOffset !== before) for (const reader of this.readers(partition)) reader.logStartMoved();
    return bounds.startOffset;
  }

  async #applyRetentionTo(topic: Topic, partition: TopicPartition): Promise<void> {
    const { log, clock, logger } = this.#outside;
    const { retentionMs, retentionBytes } = topic.config;
    try {
      const before = log.bounds(partition)?.startOffset;
      const { startOffset } = await log.applyRetention(partition, {
        ...(retentionMs === undefined ? {} : { minTimestampMs: clock.wallMs() - retentionMs }),
        ...(retentionBytes === undefined ? {} : { maxBytes: retentionBytes }),
      });
      if (startOffset !== before) for (const reader of this.readers(partition)) reader.logStartMoved();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // Deleted in the meantime; or something is wrong with it, which must not keep the others from being cleaned up.
      if (!this.#byId.has(topic.id)) return;
      const place = {
        topic: topic.name,
        partition: partition.partition,
        fault: error.code,
        repeats: 'sweeps of retention that failed',
      };
      logger.error(place, `retention failed: ${error.message}. ${error.hint}`);
    }
  }
}

const none: ReadonlySet<SharePartitionRuntime> = new Set();
const noBounds: LogBounds = { startOffset: 0, endOffset: 0, sizeBytes: 0 };

/** @throws when it cannot be read: the data folder is of another version */
const storedConfig = (stored: StoredTopic): TopicConfig => {
  const config = readTopicConfig(stored.config, stored.inherited);
  if (!config.ok) throw new Error(`topic ${stored.name}: ${config.error.message}`);
  return config.value;
};

function partitionsOf(topic: StoredTopic, first: number): TopicPartition[] {
  return Array.from({ length: topic.partitionCount - first }, (_, index) => ({
    topicId: topic.topicId,
    partition: first + index,
  }));
}

function checkPartitionCount(partitions: number, atLeast: number): Result<null> {
  if (Number.isInteger(partitions) && partitions >= atLeast && partitions <= maxPartitions) return ok(null);
  const why = atLeast > 1 && partitions < atLeast ? `; it has ${atLeast}, and partitions can only be added` : '';
  return reject(
    'INVALID_PARTITIONS',
    `${partitions} partitions: a topic has 1 to ${maxPartitions}${why}.`,
    'partitions',
  );
}
