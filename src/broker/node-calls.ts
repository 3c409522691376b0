import type { Rejection } from '../core/errors.ts';
import type { GroupId, TopicId } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { StoredGroup } from '../ports/metadata-store.ts';
import type { Fetching } from './fetching.ts';
import type { Groups } from './groups.ts';
import { httpWorkers } from './group-view.ts';
import type { Guard } from './guard.ts';
import type { ShareGroup } from './share-group.ts';
import type { StartFrom } from './share-partition-context.ts';
import type { Ownership } from './ownership.ts';
import type { MemberHoldings, ShareSessionRuntime } from './share-session-runtime.ts';
import type { Topics } from './topics.ts';

interface NodeCallsSurroundings {
  readonly guard: Guard;
  readonly groups: Groups;
  readonly topics: Topics;
  readonly ownership: Ownership;
  readonly fetching: Fetching;
  readonly sessions: ShareSessionRuntime;
  /** Why nobody may change the group at its root now. */
  readonly whyInUse: (group: ShareGroup) => Rejection | undefined;
}

/**
 * What the nodes of a cluster ask of each other beside what clients ask: the coordinator of a group has the owners of a topic's
 * partitions store where the group starts in it, or close what is to be deleted.
 */
export class NodeCalls {
  readonly #surroundings: NodeCallsSurroundings;

  constructor(surroundings: NodeCallsSurroundings) {
    this.#surroundings = surroundings;
  }

  /** What this node knows of a name, be it a group or only what was set for one. */
  storedShareGroup(name: string): StoredGroup | undefined {
    return this.#surroundings.groups.storedOf(name);
  }

  /** All partitions in which a group has a start, also those of other nodes and of nobody; as it is stored. */
  partitionsRead(name: string): readonly { readonly topic: string; readonly partition: number }[] {
    const { groups, topics } = this.#surroundings;
    return Object.entries(groups.storedOf(name)?.topics ?? {}).flatMap(([id, count]) => {
      const topic = topics.byId(id as TopicId);
      if (topic === undefined) return [];
      return Array.from({ length: count }, (_, partition) => ({ topic: topic.name, partition }));
    });
  }

  /** Asked of the coordinator: the group is there afterwards. */
  createShareGroup(name: string): Promise<Result<StoredGroup>> {
    const { guard, groups } = this.#surroundings;
    return guard.run(async () => {
      const group = await groups.findOrCreate(name);
      return group.ok ? ok(group.value.stored) : group;
    });
  }

  /** HTTP workers that hold records of this node or wait for some; at most so many of them. */
  httpWorkers(name: string, limit: number): readonly string[] {
    const { groups, fetching } = this.#surroundings;
    const group = groups.find(name);
    return group.ok ? httpWorkers(group.value, fetching.waiting(group.value)).slice(0, limit) : [];
  }

  /** Asked of each owner when a member is gone, before `freeMember`. */
  memberHoldings(name: GroupId, memberId: string): MemberHoldings {
    return this.#surroundings.sessions.holdings(name, memberId);
  }

  /**
   * Asked of each owner when a member is gone, and was not back when the owner had said what it has: that is free, and its share session over. It may
   * be back when this comes, under the same id: what it has taken since is not in `had`.
   */
  freeMember(name: GroupId, memberId: string, had: MemberHoldings, reason: string): void {
    this.#surroundings.sessions.free(name, memberId, had, reason);
  }

  /**
   * Asked of each owner: stores where the group starts in the partitions of the topic that this node owns, unless that is stored already.
   *
   * @param stored the group as its coordinator has it
   * @returns the partitions whose start is stored now
   */
  openShareGroupTopic(stored: StoredGroup, topicId: TopicId, startFrom: StartFrom): Promise<Result<readonly number[]>> {
    const { guard, groups, topics, ownership } = this.#surroundings;
    return guard.run(async () => {
      const topic = topics.byId(topicId);
      // Its coordinator heard of it before this node did.
      if (topic === undefined) return ok([]);
      if (!groups.find(stored.group).ok) await groups.changedOutside(stored.group, stored);
      const group = groups.find(stored.group);
      if (!group.ok) return group;
      const opened = await groups.partitionsOf(group.value, topic, startFrom);
      if (!opened.ok) return opened;
      // One that could not be loaded has no start, as far as this node knows.
      const loaded = opened.value.filter((each) => each.window !== undefined && ownership.owns(each.key));
      return ok(loaded.map((each) => each.key.partition));
    });
  }

  /** Asked of the coordinator, when the starts of the topic's first `count` partitions are stored: the group reads the topic from now on. */
  startedShareGroupTopic(name: string, topicId: TopicId, count: number): Promise<Result<null>> {
    const { guard, groups, topics } = this.#surroundings;
    return guard.run(async () => {
      const topic = topics.findById(topicId);
      if (!topic.ok) return topic;
      const group = groups.find(name);
      if (!group.ok) return group;
      const put = await groups.startedTopic(group.value, topic.value, count);
      return put.ok ? ok(null) : put;
    });
  }

  /**
   * Asked of each owner before the group's state is deleted, on one topic or on all (null): nothing of it is written any more when it
   * answers. NON_EMPTY_GROUP, and nothing has happened, while somebody works in it here.
   */
  closeShareGroup(name: string, topicId: TopicId | null): Promise<Result<null>> {
    const { guard, groups, fetching, whyInUse } = this.#surroundings;
    return guard.run(async () => {
      const group = groups.find(name);
      if (!group.ok) return ok(null);
      const inUse = whyInUse(group.value);
      if (inUse !== undefined) return { ok: false, error: inUse };
      const closed = await groups.closeOwned(group.value, topicId);
      const { error } = reject(
        'BUSY',
        `Share group "${name}" was deleted at this moment, or its offsets were; ask again.`,
      );
      for (const each of closed) fetching.gone(each, error);
      return ok(null);
    });
  }

  /** The group as its coordinator has it, also after a deletion that failed. null: it is deleted. */
  shareGroupChanged(id: GroupId, stored: StoredGroup | null): Promise<Result<null>> {
    const { guard, groups } = this.#surroundings;
    return guard.run(async () => {
      await groups.changedOutside(id, stored);
      return ok(null);
    });
  }
}
