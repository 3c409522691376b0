import type { Rejection } from '../core/errors.ts';
import type { TopicId } from '../core/ids.ts';
import { parseGroupId } from '../core/names.ts';
import { type Result, ok, reject } from '../core/result.ts';
import { lag } from '../core/share-partition/window.ts';
import type { RecordLog } from '../ports/record-log.ts';
import type { Groups } from './groups.ts';
import type { Guard } from './guard.ts';
import type { Ownership } from './ownership.ts';
import type { ShareGroup } from './share-group.ts';
import type { Topic, Topics } from './topics.ts';

interface ShareOffsetsSurroundings {
  readonly guard: Guard;
  readonly groups: Groups;
  readonly topics: Topics;
  readonly ownership: Ownership;
  readonly log: RecordLog;
  /** Why nobody may change the group at its root now. */
  readonly whyInUse: (group: ShareGroup) => Rejection | undefined;
  /** Something may have become deliverable. */
  readonly altered: (group: ShareGroup) => void;
}

export interface TopicOffsets {
  readonly topic: string;
  /** null: there is no such topic. */
  readonly topicId: TopicId | null;
  readonly partitions: readonly {
    readonly partition: number;
    /** null, like the lag, where the group has none: it never read the partition. */
    readonly startOffset: number | null;
    readonly lag: number | null;
  }[];
}

export interface AlteredOffsets {
  readonly topic: string;
  readonly topicId: TopicId | null;
  readonly partitions: readonly {
    readonly partition: number;
    /** What was set: as asked for, or the nearest that the log has. null: see the error. */
    readonly startOffset: number | null;
    readonly error: Rejection | null;
  }[];
}

export interface DeletedOffsets {
  readonly topic: string;
  readonly topicId: TopicId | null;
  readonly error: Rejection | null;
}

/** Start offsets of share groups, for who administers them: shown, set and deleted (KIP-932, section 5.1 of its admin surface). */
export class ShareOffsets {
  readonly #surroundings: ShareOffsetsSurroundings;

  constructor(surroundings: ShareOffsetsSurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * Start offsets of the partitions named, or of all that the group has (null). A group, topic or partition that is not there is no
   * error: it has no offset. NOT_OWNER when another node serves one of those named.
   */
  describe(
    name: string,
    wanted: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null,
  ): Promise<Result<readonly TopicOffsets[]>> {
    const { guard, groups, topics } = this.#surroundings;
    return guard.run(async () => {
      const found = groups.find(name);
      const group = found.ok ? found.value : undefined;
      const asked = wanted ?? this.#ofGroup(group);
      const elsewhere = this.#elsewhere(asked);
      if (elsewhere !== undefined) return { ok: false, error: elsewhere };
      const described = asked.map(async ({ topic: topicName, partitions }): Promise<TopicOffsets> => {
        const topic = topics.find(topicName);
        const offsets = [...new Set(partitions)].map(async (partition) => ({
          partition,
          ...(topic.ok ? await this.#offset(group, topic.value, partition) : none),
        }));
        return {
          topic: topicName,
          topicId: topic.ok ? topic.value.id : null,
          partitions: await Promise.all(offsets),
        };
      });
      return ok(await Promise.all(described));
    });
  }

  #ofGroup(group: ShareGroup | undefined): { topic: string; partitions: number[] }[] {
    const byTopic = Map.groupBy(group?.partitions ?? [], (each) => each.topic);
    return [...byTopic]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([topic, partitions]) => ({
        topic,
        partitions: partitions.map((each) => each.key.partition).sort((a, b) => a - b),
      }));
  }

  #elsewhere(
    asked: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  ): Rejection | undefined {
    const { topics, ownership } = this.#surroundings;
    for (const { topic: name, partitions } of asked) {
      for (const partition of partitions) {
        const topic = topics.findPartition(name, partition);
        if (!topic.ok) continue;
        const key = { topicId: topic.value.id, partition };
        if (!ownership.owns(key)) return ownership.notOwner(name, key);
      }
    }
    return undefined;
  }

  async #offset(group: ShareGroup | undefined, topic: Topic, partition: number) {
    const runtime = group?.partition({ topicId: topic.id, partition });
    if (runtime === undefined) return none;
    const window = await runtime.load();
    return { startOffset: window.startOffset, lag: lag(window, runtime.bounds.endOffset) };
  }

  /**
   * Sets start offsets, each clamped to what the log has; the group is made where there is none, unless no partition is known.
   * NON_EMPTY_GROUP while somebody works in it; UNKNOWN_TOPIC_OR_PARTITION of a partition does not keep the others back.
   *
   * @param outcomes takes what was done, also when it fails on the way
   */
  alter(
    name: string,
    wanted: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly startOffset: number }[];
    }[],
    outcomes: AlteredOffsets[] = [],
  ): Promise<Result<readonly AlteredOffsets[]>> {
    const { guard, groups, topics } = this.#surroundings;
    return guard.run(async () => {
      const id = parseGroupId(name);
      if (!id.ok) return id;
      const existing = groups.find(name);
      const inUse = existing.ok ? this.#surroundings.whyInUse(existing.value) : undefined;
      if (inUse !== undefined) return { ok: false, error: inUse };
      const isKnown = wanted.some(({ topic, partitions }) =>
        partitions.some((each) => topics.findPartition(topic, each.partition).ok),
      );
      const group = isKnown ? await groups.findOrCreate(name) : undefined;
      if (group?.ok === false) return group;
      for (const { topic: topicName, partitions } of wanted) {
        const topic = topics.find(topicName);
        const altered: AlteredOffsets['partitions'][number][] = [];
        outcomes.push({ topic: topicName, topicId: topic.ok ? topic.value.id : null, partitions: altered });
        for (const { partition, startOffset } of partitions) {
          const found = topics.findPartition(topicName, partition);
          let set: Result<number> | undefined = found.ok ? undefined : found;
          if (found.ok && group !== undefined) set = await this.#set(group.value, found.value, partition, startOffset);
          altered.push({
            partition,
            startOffset: set?.ok === true ? set.value : null,
            error: set?.ok === false ? unknown(set.error) : null,
          });
        }
      }
      if (group !== undefined) this.#surroundings.altered(group.value);
      return ok(outcomes);
    });
  }

  async #set(group: ShareGroup, topic: Topic, partition: number, startOffset: number): Promise<Result<number>> {
    const opened = this.#surroundings.groups.partitionOf(group, topic, partition);
    if (!opened.ok) return opened;
    // Somebody may have joined while the partitions before this one were written.
    const inUse = this.#surroundings.whyInUse(group);
    if (inUse !== undefined) return { ok: false, error: inUse };
    const { startOffset: first, endOffset: end } = opened.value.bounds;
    const clamped = Math.min(Math.max(startOffset, first), end);
    await opened.value.reset(clamped);
    return ok(clamped);
  }

  /**
   * Deletes what the group has on the topics; the group stays. GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP; for a topic
   * UNKNOWN_TOPIC_OR_PARTITION, also where the group has nothing on it.
   *
   * @param outcomes takes what was done, also when it fails on the way
   */
  delete(
    name: string,
    wanted: readonly string[],
    outcomes: DeletedOffsets[] = [],
  ): Promise<Result<readonly DeletedOffsets[]>> {
    const { guard, groups, topics, whyInUse } = this.#surroundings;
    return guard.run(async () => {
      const found = groups.find(name);
      if (!found.ok) return found;
      const group = found.value;
      const inUse = whyInUse(group);
      if (inUse !== undefined) return { ok: false, error: inUse };
      for (const topicName of new Set(wanted)) {
        const topic = topics.find(topicName);
        if (!topic.ok) {
          outcomes.push({ topic: topicName, topicId: null, error: unknown(topic.error) });
          continue;
        }
        const deleted = await groups.deleteOffsets(group, topic.value, () => whyInUse(group));
        if (!deleted.ok) return deleted;
        const error = deleted.value
          ? null
          : reject('UNKNOWN_TOPIC_OR_PARTITION', 'There is no offset information to delete.', 'topic').error;
        outcomes.push({ topic: topicName, topicId: deleted.value ? topic.value.id : null, error });
      }
      return ok(outcomes);
    });
  }
}

const none = { startOffset: null, lag: null } as const;

/** What can be no topic's name is no topic either. */
const unknown = (error: Rejection): Rejection =>
  error.code === 'INVALID_TOPIC_EXCEPTION' ? { ...error, code: 'UNKNOWN_TOPIC_OR_PARTITION' } : error;
