import {
  type GroupConfigDefaults,
  checkGroupConfigChange,
  effectiveGroupConfig,
  parseGroupConfig,
} from '../core/group-config.ts';
import type { GroupId, TopicPartition } from '../core/ids.ts';
import { parseGroupId } from '../core/names.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { MetadataStore, StoredGroup } from '../ports/metadata-store.ts';
import type { RecordLog } from '../ports/record-log.ts';
import type { StateStore } from '../ports/state-store.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { ShareGroup } from './share-group.ts';
import { type SharePartitionContext, SharePartitionRuntime, type StartFrom } from './share-partition-runtime.ts';
import type { Topic, Topics } from './topics.ts';

export interface GroupsContext extends Pick<SharePartitionContext, 'published' | 'written'> {
  readonly clock: Clock;
  readonly log: RecordLog;
  readonly store: StateStore;
  readonly metadata: MetadataStore;
  readonly logger: Logger;
  readonly topics: Topics;
  readonly groupDefaults: GroupConfigDefaults;
}

/** The share groups, their configs and their share partitions. Changes are made durable before they count. */
export class Groups {
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
      const group = this.#add(each);
      for (const key of await this.#context.store.list(each.group)) {
        const topic = this.#context.topics.byId(key.topicId);
        if (topic !== undefined) this.#open(group, topic, key.partition);
      }
    }
  }

  get all(): readonly ShareGroup[] {
    return [...this.#groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  find(name: string): Result<ShareGroup> {
    const group = this.#groups.get(name as GroupId);
    if (group !== undefined) return ok(group);
    const parsed = parseGroupId(name, 'group');
    if (!parsed.ok) return parsed;
    return reject('GROUP_ID_NOT_FOUND', `There is no share group "${name}". Its first acquire creates it.`, 'group');
  }

  #add(stored: StoredGroup): ShareGroup {
    const config = parseGroupConfig(stored.config, this.#context.groupDefaults);
    if (!config.ok) throw new Error(`share group ${stored.group}: ${config.error.message}`);
    const group = new ShareGroup(stored, config.value);
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

  /** Checks and stores a change of config; the group must exist. */
  async alter(group: ShareGroup, change: Readonly<Record<string, string | null>>): Promise<Result<ShareGroup>> {
    return await this.#changes.run(async () => {
      const overrides = this.checkConfig(group.id, change);
      if (!overrides.ok) return overrides;
      const config = parseGroupConfig(overrides.value, this.#context.groupDefaults);
      if (!config.ok) return config;
      await this.#put(group, { config: overrides.value });
      group.config = config.value;
      return ok(group);
    });
  }

  /** The overrides after a change, or why it is refused. */
  checkConfig(name: string, change: Readonly<Record<string, string | null>>) {
    const stored = this.#groups.get(name as GroupId)?.stored ?? this.#configOnly.get(name as GroupId);
    return checkGroupConfigChange(stored?.config ?? {}, change, this.#context.groupDefaults);
  }

  async setPaused(group: ShareGroup, paused: boolean): Promise<void> {
    await this.#changes.run(() => this.#put(group, { paused }));
  }

  async #put(group: ShareGroup, change: Partial<StoredGroup>): Promise<void> {
    const stored = { ...group.stored, ...change };
    await this.#context.metadata.putGroup(stored);
    group.stored = stored;
  }

  /** Deletes the group with its state; its config stays, as in Kafka. */
  async delete(group: ShareGroup): Promise<void> {
    await this.#changes.run(async () => {
      for (const partition of group.partitions) {
        this.#context.topics.removeReader(partition);
        await partition.close();
      }
      await this.#context.store.deleteGroup(group.id);
      if (Object.keys(group.stored.config).length > 0) {
        const stored = { ...group.stored, exists: false, paused: false, topics: {} };
        await this.#context.metadata.putGroup(stored);
        this.#configOnly.set(group.id, stored);
      } else {
        await this.#context.metadata.deleteGroup(group.id);
      }
      this.#groups.delete(group.id);
    });
  }

  // ───────────── share partitions ─────────────

  /**
   * The share partitions of a group on a topic, loaded; those it never read get their start, durably.
   * One that cannot be loaded now is in the list all the same: whoever uses it meets the fault.
   */
  async partitionsOf(group: ShareGroup, topic: Topic, startFrom: StartFrom): Promise<readonly SharePartitionRuntime[]> {
    const count = topic.stored.partitionCount;
    const known = group.stored.topics[topic.id] ?? 0;
    const partitions: SharePartitionRuntime[] = [];
    for (let index = 0; index < count; index++) {
      const partition =
        group.partition({ topicId: topic.id, partition: index }) ??
        this.#open(group, topic, index, known > 0 && index >= known);
      partitions.push(partition);
    }
    if (count > known) {
      await this.#changes.run(async () => {
        if ((group.stored.topics[topic.id] ?? 0) >= count) return;
        await this.#put(group, { topics: { ...group.stored.topics, [topic.id]: count } });
      });
    }
    const unloaded = partitions.filter((each) => each.window === undefined);
    if (unloaded.length > 0) await Promise.allSettled(unloaded.map((each) => each.load(startFrom)));
    return partitions;
  }

  /** @param added to a topic the group reads already: it starts at its first record, so that none is missed */
  #open(group: ShareGroup, topic: Topic, partition: number, added = false): SharePartitionRuntime {
    const { clock, log, store, logger, published, written } = this.#context;
    const key = { group: group.id, topicId: topic.id, partition };
    const runtime = new SharePartitionRuntime(key, topic.name, {
      clock,
      log,
      store,
      logger,
      published,
      written,
      config: () => group.config,
      resolveStart: (startFrom) => this.#resolveStart(group, key, added ? 'earliest' : startFrom),
    });
    group.add(runtime);
    this.#context.topics.addReader(runtime);
    return runtime;
  }

  async #resolveStart(
    group: ShareGroup,
    key: TopicPartition,
    startFrom: StartFrom,
  ): Promise<{ offset: number; policy: string }> {
    const { log, clock } = this.#context;
    const { startOffset, endOffset } = log.bounds(key) ?? { startOffset: 0, endOffset: 0 };
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
