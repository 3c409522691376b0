import {
  type GroupConfigDefaults,
  checkGroupConfigChange,
  effectiveGroupConfig,
  parseGroupConfig,
} from '../core/group-config.ts';
import type { ConfigChange, ConfigOverrides } from '../core/config-value.ts';
import type { Rejection } from '../core/errors.ts';
import { type GroupId, type TopicId, type TopicPartition, topicPartitionText } from '../core/ids.ts';
import { parseGroupId } from '../core/names.ts';
import { type Result, ok, reject } from '../core/result.ts';
import { Fault } from '../ports/fault.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { MetadataStore, StoredGroup } from '../ports/metadata-store.ts';
import type { RecordLog } from '../ports/record-log.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { StorageHealth } from '../ports/storage-health.ts';
import { noShareCounts } from './activity.ts';
import { OneAtATime } from './one-at-a-time.ts';
import type { Ownership } from './ownership.ts';
import { ShareGroup } from './share-group.ts';
import type { SharePartitionContext, StartFrom } from './share-partition-context.ts';
import { type Closed, SharePartitionRuntime } from './share-partition-runtime.ts';
import type { Topic, Topics } from './topics.ts';

export interface GroupsContext extends Pick<SharePartitionContext, 'written' | 'turns'> {
  /** Something may have become deliverable. */
  published(partition: SharePartitionRuntime): void;
  readonly clock: Clock;
  readonly log: RecordLog;
  readonly store: StateStore;
  readonly metadata: MetadataStore;
  readonly logger: Logger;
  readonly health: StorageHealth;
  readonly topics: Topics;
  readonly ownership: Ownership;
  readonly groupDefaults: GroupConfigDefaults;
}

/**
 * The share groups, their configs and their share partitions. Changes are made durable before they count. With several nodes each
 * has all groups, the share partitions of what it owns, and changes those groups that it coordinates.
 */
export class Groups {
  /** What happened in all groups, also in those that were deleted. */
  readonly tally = noShareCounts();
  #groups = new Map<GroupId, ShareGroup>();
  /** Configs of groups that do not exist (yet, or any more). */
  #configOnly = new Map<GroupId, StoredGroup>();
  #context: GroupsContext;
  #changes = new OneAtATime();

  constructor(context: GroupsContext) {
    this.#context = context;
  }

  /** @throws when a stored config cannot be read: the data folder is of another version */
  async load(stored: readonly StoredGroup[]): Promise<void> {
    for (const each of stored) {
      if (!each.exists) {
        this.#configOnly.set(each.group, each);
        continue;
      }
      await this.#restore(each);
    }
  }

  async #restore(stored: StoredGroup): Promise<void> {
    const known = Object.entries(stored.topics).filter(
      ([id]) => this.#context.topics.byId(id as TopicId) !== undefined,
    );
    const group = this.#add({ ...stored, topics: Object.fromEntries(known) });
    await this.#openStored(group, (key) => this.#context.ownership.owns(key));
  }

  /** Opens what is stored of a group; what is open already stays as it is. Returns what was opened. */
  async #openStored(group: ShareGroup, isWanted: (key: TopicPartition) => boolean): Promise<SharePartitionRuntime[]> {
    const opened: SharePartitionRuntime[] = [];
    for (const key of await this.#context.store.list(group.id)) {
      const topic = this.#context.topics.byId(key.topicId);
      if (topic === undefined || group.deleted || !isWanted(key) || group.partition(key) !== undefined) continue;
      opened.push(this.#open(group, topic, key.partition));
    }
    return opened;
  }

  /**
   * Opens what all groups have on these partitions, which are this node's now (by `topicPartitionText`).
   *
   * @throws Fault when the store fails; what was opened until then stays, and is not opened again
   */
  async openOwned(partitions: ReadonlySet<string>): Promise<readonly SharePartitionRuntime[]> {
    const isWanted = (key: TopicPartition): boolean => partitions.has(topicPartitionText(key));
    const opened = await Promise.all(this.all.map((group) => this.#openStored(group, isWanted)));
    return opened.flat();
  }

  get all(): readonly ShareGroup[] {
    return [...this.#groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  find(name: string): Result<ShareGroup> {
    const group = this.#groups.get(name as GroupId);
    if (group !== undefined) return ok(group);
    const parsed = parseGroupId(name, 'group');
    return parsed.ok ? noSuchGroup(name) : parsed;
  }

  #add(stored: StoredGroup): ShareGroup {
    const config = parseGroupConfig(stored.config, this.#context.groupDefaults);
    if (!config.ok) throw new Error(`share group ${stored.group}: ${config.error.message}`);
    const group = new ShareGroup(stored, config.value, this.tally);
    this.#groups.set(stored.group, group);
    return group;
  }

  /** The group, made when there is none. */
  findOrCreate(name: string): Promise<Result<ShareGroup>> | Result<ShareGroup> {
    const group = this.#groups.get(name as GroupId);
    return group === undefined ? this.#changes.run(() => this.#create(name)) : ok(group);
  }

  async #create(name: string): Promise<Result<ShareGroup>> {
    const existing = this.#groups.get(name as GroupId);
    if (existing !== undefined) return ok(existing);
    const id = parseGroupId(name, 'group');
    if (!id.ok) return id;
    if (!this.#context.ownership.coordinates(id.value)) return this.#elsewhere(id.value);
    const stored: StoredGroup = {
      group: id.value,
      type: 'share',
      config: this.#configOnly.get(id.value)?.config ?? {},
      paused: false,
      exists: true,
      topics: {},
      createdAtMs: this.#context.clock.wallMs(),
    };
    await this.#context.metadata.putGroup(stored);
    this.#configOnly.delete(id.value);
    return ok(this.#add(stored));
  }

  /** Every config with its value in force and where it comes from. */
  configOf(group: ShareGroup) {
    return effectiveGroupConfig(group.stored.config, this.#context.groupDefaults);
  }

  /** What is stored of a name, be it a group or only what was set for one. */
  storedOf(name: string): StoredGroup | undefined {
    return this.#groups.get(name as GroupId)?.stored ?? this.#configOnly.get(name as GroupId);
  }

  /** What was set for a group, whether there is one or not. */
  overridesOf(name: string): ConfigOverrides {
    return this.storedOf(name)?.config ?? {};
  }

  /** For which names something was set, in their order. */
  get configured(): readonly GroupId[] {
    const existing = [...this.#groups.values()].filter((each) => Object.keys(each.stored.config).length > 0);
    return [...existing.map((each) => each.id), ...this.#configOnly.keys()].sort();
  }

  /** Checks and stores a change of config; the group must exist. */
  async alter(group: ShareGroup, change: ConfigChange): Promise<Result<ShareGroup>> {
    return await this.#changes.run(() => this.#alter(group, change));
  }

  /** The same for a name: where there is no group it counts when one is made, and the answer is null. */
  async alterConfigOf(name: GroupId, change: ConfigChange): Promise<Result<ShareGroup | null>> {
    return await this.#changes.run(async () => {
      const group = this.#groups.get(name);
      if (group !== undefined) return await this.#alter(group, change);
      if (!this.#context.ownership.coordinates(name)) return this.#elsewhere(name);
      const overrides = this.checkConfig(name, change);
      if (!overrides.ok) return overrides;
      const nothing = { group: name, type: 'share', paused: false, exists: false, topics: {} } as const;
      await this.#forget({ ...nothing, config: overrides.value, createdAtMs: this.#context.clock.wallMs() });
      return ok(null);
    });
  }

  async #alter(group: ShareGroup, change: ConfigChange): Promise<Result<ShareGroup>> {
    const overrides = this.checkConfig(group.id, change);
    if (!overrides.ok) return overrides;
    const config = parseGroupConfig(overrides.value, this.#context.groupDefaults);
    if (!config.ok) return config;
    const put = await this.#put(group, { config: overrides.value });
    if (put.ok) group.config = config.value;
    return put;
  }

  /** The overrides after a change, or why it is refused. */
  checkConfig(name: string, change: Readonly<Record<string, string | null>>) {
    return checkGroupConfigChange(this.overridesOf(name), change, this.#context.groupDefaults);
  }

  async setPaused(group: ShareGroup, paused: boolean): Promise<Result<ShareGroup>> {
    return await this.#changes.run(() => this.#put(group, { paused }));
  }

  async #put(group: ShareGroup, change: Partial<StoredGroup>): Promise<Result<ShareGroup>> {
    if (group.deleted) return noSuchGroup(group.id);
    if (!this.#context.ownership.coordinates(group.id)) return this.#elsewhere(group.id);
    const stored = { ...group.stored, ...change };
    await this.#context.metadata.putGroup(stored);
    group.stored = stored;
    return ok(group);
  }

  /**
   * Deletes the group with its state, unless `inUse` says why not; its config stays, as in Kafka.
   *
   * @throws Fault when the store fails: then the group is there again, with what the store still has of it
   */
  async delete(group: ShareGroup, inUse: () => Rejection | undefined): Promise<Result<null>> {
    return await this.#changes.run(async () => {
      if (group.deleted) return noSuchGroup(group.id);
      if (!this.#context.ownership.coordinates(group.id)) return this.#elsewhere(group.id);
      const error = inUse();
      if (error !== undefined) return { ok: false, error };
      // At the same instant: nobody finds it and nobody acquires in it. Who wants it now waits, and makes a new one.
      const closed = this.#drop(group);
      try {
        await closed;
        await this.#context.store.deleteGroup(group.id);
        await this.#forget(group.stored);
      } catch (fault) {
        await this.#restore(group.stored);
        throw fault;
      }
      return ok(null);
    });
  }

  /** Keeps what was set for a group, and nothing else of it. */
  async #forget(stored: StoredGroup): Promise<void> {
    if (Object.keys(stored.config).length === 0) {
      await this.#context.metadata.deleteGroup(stored.group);
      this.#configOnly.delete(stored.group);
      return;
    }
    const configOnly = { ...stored, exists: false, paused: false, topics: {} };
    await this.#context.metadata.putGroup(configOnly);
    this.#configOnly.set(stored.group, configOnly);
  }

  /**
   * Deletes what the group has on a topic, unless `inUse` says why not: it starts there anew, as its config says.
   *
   * @returns whether there was anything
   * @throws Fault when the store fails: then the group has what the store still has
   */
  async deleteOffsets(group: ShareGroup, topic: Topic, inUse: () => Rejection | undefined): Promise<Result<boolean>> {
    return await this.#changes.run(async () => {
      if (group.deleted) return noSuchGroup(group.id);
      if (!this.#context.ownership.coordinates(group.id)) return this.#elsewhere(group.id);
      const error = inUse();
      if (error !== undefined) return { ok: false, error };
      const partitions = group.partitions.filter((each) => each.key.topicId === topic.id);
      if (partitions.length === 0 && knownPartitions(group, topic) === 0) {
        const stored = await this.#context.store.list(group.id);
        if (!stored.some((each) => each.topicId === topic.id)) return ok(false);
      }
      for (const partition of partitions) this.#context.topics.removeReader(partition);
      await Promise.all(partitions.map((each) => this.close(each)));
      try {
        await this.#context.store.deleteGroup(group.id, topic.id);
        const { [topic.id]: _, ...topics } = group.stored.topics;
        const put = await this.#put(group, { topics });
        return put.ok ? ok(true) : put;
      } catch (fault) {
        for (const partition of partitions) this.openAgain(partition, topic);
        throw fault;
      }
    });
  }

  #elsewhere(group: GroupId): { ok: false; error: Rejection } {
    return { ok: false, error: this.#context.ownership.notCoordinator(group) };
  }

  // ───────────── what other nodes do ─────────────

  /**
   * A group as another node has stored it, or null where it was deleted with its config: it counts here too, and nothing is written.
   * What this node owns of it is opened when somebody asks, and closed when it is gone.
   */
  async changedOutside(id: GroupId, stored: StoredGroup | null): Promise<void> {
    await this.#changes.run(async () => {
      const group = this.#groups.get(id);
      this.#configOnly.delete(id);
      if (stored?.exists !== true) {
        if (stored !== null) this.#configOnly.set(id, stored);
        if (group !== undefined) await this.#drop(group);
      } else if (group === undefined) {
        await this.#restore(stored);
      } else {
        const config = parseGroupConfig(stored.config, this.#context.groupDefaults);
        if (!config.ok) throw new Error(`share group ${id}: ${config.error.message}`);
        group.stored = stored;
        group.config = config.value;
        // It may have been resumed, or have more room.
        for (const partition of group.partitions) this.#context.published(partition);
      }
    });
  }

  /** Nobody finds it any more; resolves when nothing of it is written any more. */
  async #drop(group: ShareGroup): Promise<void> {
    group.deleted = true;
    this.#groups.delete(group.id);
    const closed = group.partitions.map((partition) => partition.close());
    for (const partition of group.partitions) this.#context.topics.removeReader(partition);
    await Promise.all(closed);
  }

  /**
   * Closes what this node serves of a group, on one topic, or on all and then it is forgotten: its state is about to be deleted by its
   * coordinator. Who wants the group meanwhile has to ask there.
   */
  async closeOwned(group: ShareGroup, topicId: TopicId | null): Promise<readonly SharePartitionRuntime[]> {
    const partitions = group.partitions.filter((each) => topicId === null || each.key.topicId === topicId);
    if (topicId === null) {
      await this.#drop(group);
      return partitions;
    }
    for (const partition of partitions) this.#context.topics.removeReader(partition);
    await Promise.all(partitions.map((each) => this.close(each)));
    return partitions;
  }

  /** The starts of a topic's first `count` partitions are stored, by whichever nodes own them. */
  async startedTopic(group: ShareGroup, topic: Topic, count: number): Promise<Result<ShareGroup>> {
    return await this.#changes.run(async () =>
      knownPartitions(group, topic) >= count
        ? ok(group)
        : await this.#put(group, { topics: { ...group.stored.topics, [topic.id]: count } }),
    );
  }

  // ───────────── share partitions ─────────────

  /**
   * The share partitions of a group on a topic that this node owns, loaded; those it never read get their start, durably.
   * With several nodes the coordinator has each of them do so before it puts down that the group reads the topic. One that cannot be loaded now is in the list all the same: whoever uses it meets the fault.
   *
   * @throws Fault STATE_LOST while stored state is lost, although what is loaded here may know more
   */
  partitionsOf(
    group: ShareGroup,
    topic: Topic,
    startFrom: StartFrom,
  ): Promise<Result<readonly SharePartitionRuntime[]>> | Result<readonly SharePartitionRuntime[]> {
    const lost = this.#stateLost();
    if (lost !== undefined) throw lost;
    const count = topic.stored.partitionCount;
    const partitions: SharePartitionRuntime[] = [];
    let isStarted = knownPartitions(group, topic) >= count;
    for (let index = 0; index < count; index++) {
      if (!this.#context.ownership.owns({ topicId: topic.id, partition: index })) continue;
      const partition = this.partitionOf(group, topic, index);
      if (!partition.ok) return partition;
      partitions.push(partition.value);
      if (partition.value.window === undefined) isStarted = false;
    }
    return isStarted ? ok(partitions) : this.#started(group, topic, partitions, startFrom);
  }

  async #started(
    group: ShareGroup,
    topic: Topic,
    partitions: readonly SharePartitionRuntime[],
    startFrom: StartFrom,
  ): Promise<Result<readonly SharePartitionRuntime[]>> {
    const count = topic.stored.partitionCount;
    const unloaded = partitions.filter((each) => each.window === undefined);
    const loads = await Promise.allSettled(unloaded.map((each) => each.load(startFrom)));
    const failed = loads.find((load) => load.status === 'rejected');
    // A group has started in a topic when the starts of all its partitions are stored. Nobody is served before: `latest`,
    // resolved once more after a restart, would go over records that came after the first answer. Where nobody was
    // answered, the next acquire is the first one, and its `latest` is the original point; in the same process the
    // point of the first try holds (see `load`). An added partition starts at its first record whenever that is.
    if (failed !== undefined && knownPartitions(group, topic) === 0) throw failed.reason;
    // A partition that is known but has no start would not start at its first record.
    if (count > knownPartitions(group, topic) && failed === undefined && partitions.length === count) {
      const put = await this.startedTopic(group, topic, count);
      if (!put.ok && put.error.code !== 'NOT_COORDINATOR') return put;
    }
    return ok(partitions);
  }

  /** One share partition, not loaded. */
  partitionOf(group: ShareGroup, topic: Topic, partition: number): Result<SharePartitionRuntime> {
    const existing = group.partition({ topicId: topic.id, partition });
    if (existing !== undefined) return ok(existing);
    if (group.deleted) return noSuchGroup(group.id);
    if (this.#context.topics.byId(topic.id) === undefined) {
      return reject('UNKNOWN_TOPIC_OR_PARTITION', `Topic "${topic.name}" was deleted.`, 'topic');
    }
    const { ownership } = this.#context;
    const key = { topicId: topic.id, partition };
    if (!ownership.owns(key)) return { ok: false, error: ownership.notOwner(topic.name, key) };
    const known = knownPartitions(group, topic);
    return ok(this.#open(group, topic, partition, known > 0 && partition >= known));
  }

  /** Its topic is to be deleted, or it is another node's: nobody finds it in its group any more, and it hands out nothing. */
  close(partition: SharePartitionRuntime, why: Closed = 'gone'): Promise<void> {
    this.#groups.get(partition.key.group)?.remove(partition.key);
    return partition.close(why);
  }

  /** Its topic could not be deleted. */
  openAgain(closed: SharePartitionRuntime, topic: Topic): void {
    const group = this.#groups.get(closed.key.group);
    if (group !== undefined) this.partitionOf(group, topic, closed.key.partition);
  }

  /** In memory; durably with the group's next change, and a start forgets what is no topic any more. */
  forgetTopic(id: TopicId): void {
    for (const group of this.#groups.values()) {
      const { [id]: _, ...topics } = group.stored.topics;
      group.stored = { ...group.stored, topics };
    }
  }

  /** @param added to a topic the group reads already: it starts at its first record, so that none is missed */
  #open(group: ShareGroup, topic: Topic, partition: number, added = false): SharePartitionRuntime {
    const { clock, log, store, logger, written, turns } = this.#context;
    const key = { group: group.id, topicId: topic.id, partition };
    const runtime: SharePartitionRuntime = new SharePartitionRuntime(key, topic.name, {
      clock,
      log,
      store,
      logger,
      written,
      turns,
      activity: group.activity,
      mayHandOut: () => this.#context.ownership.mayHandOut(key),
      stateLost: () => this.#stateLost(),
      published: () => this.#context.published(runtime),
      config: () => group.config,
      resolveStart: (startFrom) => this.#resolveStart(group, key, added ? 'earliest' : startFrom),
    });
    group.add(runtime);
    this.#context.topics.addReader(runtime);
    return runtime;
  }

  #stateLost(): Fault | undefined {
    const trouble = this.#context.health.trouble();
    return trouble?.code === 'STATE_LOST' ? trouble : undefined;
  }

  async #resolveStart(
    group: ShareGroup,
    key: TopicPartition,
    startFrom: StartFrom,
  ): Promise<{ offset: number; policy: string }> {
    const { log, clock } = this.#context;
    const bounds = log.bounds(key);
    // A group that starts at a place that is not known would start anywhere.
    if (bounds === undefined) throw unknownBounds(key);
    const { startOffset, endOffset } = bounds;
    const reset = startFrom === null ? group.config.autoOffsetReset : { kind: startFrom };
    switch (reset.kind) {
      case 'earliest':
        return { offset: startOffset, policy: 'earliest' };
      case 'latest':
        return { offset: endOffset, policy: 'latest' };
      case 'by_duration': {
        // Kafka fails the load until a record is new enough; the next one to come is, so the end is the same place.
        const offset = await log.offsetForTimestamp(key, clock.wallMs() - reset.durationMs);
        return { offset: offset ?? endOffset, policy: `by_duration:PT${reset.durationMs / 1000}S` };
      }
    }
  }
}

const unknownBounds = (key: TopicPartition): Fault =>
  new Fault({
    code: 'STORAGE_FAILED',
    operation: 'start a share partition',
    message: `where the log of partition ${topicPartitionText(key)} starts and ends is not known`,
    retriable: true,
    outcome: 'refused',
    hint: 'the partition has no leader at present, or was deleted: start the brokers that have its replicas',
  });

/** With how many partitions the group knows the topic; 0: it never read it. */
const knownPartitions = (group: ShareGroup, topic: Topic): number => group.stored.topics[topic.id] ?? 0;

const noSuchGroup = (name: string) =>
  reject('GROUP_ID_NOT_FOUND', `There is no share group "${name}". Its first acquire creates it.`, 'group');
