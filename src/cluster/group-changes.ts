import type { Broker } from '../broker/broker.ts';
import type { AcquireRequest } from '../broker/requests.ts';
import { type GroupId, type TopicId, groupId } from '../core/ids.ts';
import { parseGroupId } from '../core/names.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, ClusterNode } from '../ports/cluster.ts';
import type { StoredGroup } from '../ports/metadata-store.ts';
import type { OwnerCalls } from './owner-calls.ts';
import type { OwnershipView } from './ownership-view.ts';
import type { PeerArguments, PeerMethod, PeerValue } from './peer-methods.ts';
import type { Peers } from './peers.ts';

interface Surroundings {
  readonly broker: Broker;
  readonly peers: Peers;
  readonly cluster: Cluster;
  readonly calls: OwnerCalls;
  readonly view: OwnershipView;
  readonly clock: Clock;
}

/** How long the others are given to hear of a change before its answer goes out; they hear of it by themselves a little later. */
const tellTimeoutMs = 2_000;
/** How long a partition that nobody has is waited for, and how often it is looked at again. */
const moveMs = 2_000;
const lookAgainMs = 50;

/**
 * What changes a group is done by its coordinator, and the others are told before the answer goes out: who asks another node then finds it
 * done there too.
 */
export class GroupChanges {
  readonly #surroundings: Surroundings;
  /** The last change of each group that is under way or waits. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Done here where this node coordinates the group, else asked of the node that does. */
  async atCoordinator<M extends PeerMethod>(
    group: string,
    method: M,
    args: PeerArguments<M>,
    here: () => Promise<Result<PeerValue<M>>>,
  ): Promise<Result<PeerValue<M>>> {
    const { cluster, peers } = this.#surroundings;
    const coordinator = cluster.coordinatorOf(groupId(group));
    if (coordinator === undefined) {
      return reject('NOT_COORDINATOR', `No node coordinates share group "${group}" at this moment. Ask again.`);
    }
    return this.#isSelf(coordinator) ? await here() : await peers.call(coordinator, method, args);
  }

  #isSelf({ nodeId }: ClusterNode): boolean {
    return nodeId === this.#surroundings.cluster.self.nodeId;
  }

  /** The others know the group as it is here when it resolves, or cannot be told now. */
  async tell(name: string): Promise<void> {
    const stored = this.#surroundings.broker.nodeCalls.storedShareGroup(name) ?? null;
    await this.#surroundings.calls.ofOthers('groupChanged', [groupId(name), stored], { timeoutMs: tellTimeoutMs });
  }

  /**
   * One after the other for each group: the others hear of changes in the order in which they were made, and a group does not start in a topic
   * while it is being deleted.
   */
  async #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const settled = result.then(
      () => {},
      () => {},
    );
    this.#last.set(name, settled);
    try {
      return await result;
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    }
  }

  /** Does a change at the coordinator, and tells the others of it. */
  change<T>(name: string, change: () => Promise<Result<T>>): Promise<Result<T>> {
    return this.#inTurn(name, () => this.#change(name, change));
  }

  async #change<T>(name: string, change: () => Promise<Result<T>>): Promise<Result<T>> {
    const before = this.#surroundings.broker.nodeCalls.storedShareGroup(name);
    const result = await change();
    // Also where it failed: it may have been done in part.
    if (this.#surroundings.broker.nodeCalls.storedShareGroup(name) !== before) await this.tell(name);
    return result;
  }

  // ───────────── the start of a group in a topic ─────────────

  /** Asked of any node: afterwards the group is there, and has a start in each partition of the topics. */
  async started(
    name: string,
    topicIds: readonly TopicId[],
    startFrom: AcquireRequest['startFrom'],
  ): Promise<Result<null>> {
    const { broker } = this.#surroundings;
    if (this.#hasStarted(broker.nodeCalls.storedShareGroup(name), topicIds)) return ok(null);
    const valid = parseGroupId(name, 'group');
    if (!valid.ok) return valid;
    const stored = await this.atCoordinator(name, 'startGroup', [name, topicIds, startFrom], () =>
      this.start(name, topicIds, startFrom),
    );
    if (!stored.ok) return stored;
    // Told before the answer came, as a rule; what is here may be newer than the answer by now.
    if (this.#hasStarted(broker.nodeCalls.storedShareGroup(name), topicIds)) return ok(null);
    return await broker.nodeCalls.shareGroupChanged(stored.value.group, stored.value);
  }

  #hasStarted(stored: StoredGroup | undefined, topicIds: readonly TopicId[]): boolean {
    if (stored?.exists !== true) return false;
    return topicIds.every((id) => {
      const topic = this.#surroundings.broker.topics.byId(id);
      return topic === undefined || (stored.topics[id] ?? 0) >= topic.stored.partitionCount;
    });
  }

  /** The same at the coordinator. Of many who come at once the first starts it. */
  start(
    name: string,
    topicIds: readonly TopicId[],
    startFrom: AcquireRequest['startFrom'],
  ): Promise<Result<StoredGroup>> {
    return this.#inTurn(name, () => this.#start(name, topicIds, startFrom));
  }

  async #start(
    name: string,
    topicIds: readonly TopicId[],
    startFrom: AcquireRequest['startFrom'],
  ): Promise<Result<StoredGroup>> {
    const { broker } = this.#surroundings;
    const created = await broker.nodeCalls.createShareGroup(name);
    if (!created.ok) return created;
    let changed = false;
    for (const topicId of topicIds) {
      const stored = broker.nodeCalls.storedShareGroup(name);
      if (stored === undefined || this.#hasStarted(stored, [topicId])) continue;
      const started = await this.#startTopic(stored, topicId, startFrom);
      if (!started.ok) return started;
      changed = true;
    }
    if (changed) await this.tell(name);
    const stored = broker.nodeCalls.storedShareGroup(name);
    return stored === undefined
      ? reject('BUSY', `Share group "${name}" was deleted at this moment; ask again.`)
      : ok(stored);
  }

  /** All owners store where the group starts, before anybody is served: `latest` means as of now, in all partitions. */
  async #startTopic(
    stored: StoredGroup,
    topicId: TopicId,
    startFrom: AcquireRequest['startFrom'],
  ): Promise<Result<null>> {
    const { broker, view, clock } = this.#surroundings;
    const untilMs = clock.monotonicMs() + moveMs;
    for (;;) {
      const topic = broker.topics.byId(topicId);
      if (topic === undefined) return ok(null);
      const { partitionCount } = topic.stored;
      const opened = await this.#openTopic(stored, topicId, startFrom);
      if (!opened.ok) return opened;
      const missing = Array.from({ length: partitionCount }, (_, index) => index).find(
        (each) => !opened.value.has(each),
      );
      if (missing === undefined) {
        return await broker.nodeCalls.startedShareGroupTopic(stored.group, topicId, partitionCount);
      }
      // Its owner does not know yet that it is: the topic is new, or the partition moves.
      const restMs = untilMs - clock.monotonicMs();
      if (restMs <= 0) {
        return reject(
          'NOT_OWNER',
          `${topic.name}-${missing} is owned by no node at this moment: it is moving. Ask again.`,
        );
      }
      await view.nextChange(Math.min(lookAgainMs, restMs), clock);
    }
  }

  /** @returns the partitions whose start is stored now; what was done before stays as it is */
  async #openTopic(
    stored: StoredGroup,
    topicId: TopicId,
    startFrom: AcquireRequest['startFrom'],
  ): Promise<Result<ReadonlySet<number>>> {
    const { broker, calls } = this.#surroundings;
    const own = broker.nodeCalls.openShareGroupTopic(stored, topicId, startFrom);
    const others = await calls.ofOthers('openGroupTopic', [stored, topicId, startFrom]);
    const opened = new Set<number>();
    for (const result of [await own, ...others.map((each) => each.result)]) {
      if (!result.ok) return result;
      for (const partition of result.value) opened.add(partition);
    }
    return ok(opened);
  }

  // ───────────── the end of a group ─────────────

  /**
   * At the coordinator: has all nodes close what they have of the group, on one topic or on all, and then `remove`s it. Where one of them cannot,
   * nothing is removed, and they open it again.
   */
  remove<T>(name: string, topicId: TopicId | null, remove: () => Promise<Result<T>>): Promise<Result<T>> {
    return this.#inTurn(name, () => this.#remove(name, topicId, remove));
  }

  async #remove<T>(name: string, topicId: TopicId | null, remove: () => Promise<Result<T>>): Promise<Result<T>> {
    const { broker } = this.#surroundings;
    const before = broker.nodeCalls.storedShareGroup(name);
    // What is refused here needs nobody else.
    const state = broker.shareGroupStates.find((each) => each.group === name)?.state;
    if (before === undefined || state !== 'Empty') return await remove();
    const closed = await this.#surroundings.calls.ofOthers('closeGroup', [name, topicId]);
    const refused = closed.find((each) => !each.result.ok);
    const result = refused?.result.ok === false ? refused.result : await remove();
    if (!result.ok) await this.#openAgain(before.group, before);
    else await this.tell(name);
    return result;
  }

  async #openAgain(group: GroupId, stored: StoredGroup): Promise<void> {
    await this.#surroundings.calls.ofOthers('groupChanged', [group, stored], { timeoutMs: tellTimeoutMs });
  }
}
