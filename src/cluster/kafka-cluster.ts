import { type GroupId, type TopicId, type TopicPartition, topicPartitionText } from '../core/ids.ts';
import type { KafkaClient } from '../kafka-client/kafka-client.ts';
import type { KafkaClusterView } from '../kafka-client/kafka-cluster-view.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, ClusterNode, OwnershipChange } from '../ports/cluster.ts';
import { Fault } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import { type Owners, type TopicToAssign, assign } from './assignor.ts';
import {
  type AssignmentData,
  decodeAssignment,
  decodeMember,
  encodeAssignment,
  encodeMember,
} from './membership-data.ts';
import type { LastMember } from './member-file.ts';
import { type GroupMember, OwnershipGroup } from './ownership-group.ts';
import { nodeInTurn, rendezvous } from './placement.ts';

export interface KafkaClusterSettings {
  /** `cluster.name`. */
  readonly name: string;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /**
   * Of all members' tables of owners together. Kafka keeps what they are assigned in one record of at most 1 MB (`max.message.bytes`), together
   * with what they tell.
   */
  readonly maxTableBytes: number;
  /** As it would be reached, until `start` says how it is. */
  readonly self: ClusterNode;
}

interface KafkaClusterOutside {
  readonly client: Pick<KafkaClient, 'request' | 'coordinatorOf' | 'metadata' | 'onView'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lastMember: LastMember;
}

/** The longest that a planned stop waits for the turns under way before it leaves the group; those behind it are fenced. */
const handOverMs = 1_000;
/** The longest that it waits for the group to know: without Kafka the others take over when the session ends. */
const leaveMs = 1_500;

/**
 * The nodes of sash on one Kafka cluster, as its group protocol keeps them. The leader of the group puts the whole table of owners into each
 * member's assignment, so that every node knows every owner. A partition that is newer than the table belongs to the nodes in turn, which all
 * of them work out alike: a new topic is served without a rebalance, and the next one takes over what was worked out. A table that is too large
 * for Kafka is not sent: then all owners are worked out by rendezvous, which moves few partitions too when nodes come and go.
 */
export class KafkaCluster implements Cluster {
  readonly #settings: KafkaClusterSettings;
  readonly #outside: KafkaClusterOutside;
  readonly #group: OwnershipGroup;
  readonly #watchers: ((change: OwnershipChange) => Promise<void>)[] = [];
  readonly #first = Promise.withResolvers<void>();
  #hasJoined = false;
  #self: ClusterNode;
  #startedAtMs = 0;
  #assignment: AssignmentData & { readonly nodeIds: readonly number[] } = {
    nodes: [],
    nodeIds: [],
    members: [],
    owners: new Map(),
    refused: {},
  };
  /** Whether the last assignment still counts. */
  #isMember = false;
  /** Partitions of all topics, as last seen. */
  #topics: readonly TopicToAssign[] = [];
  /** What is this node's, by topicPartitionText. */
  #owned = new Map<string, TopicPartition>();
  /** What the watchers were told of it. */
  #told = new Map<string, TopicPartition>();
  /** What they are to be told that it is lost, though it may be this node's again. */
  #dropped: readonly TopicPartition[] = [];
  #telling: Promise<void> | undefined;
  #tellAgain = false;
  #refused: string | null = null;
  #unwatch: () => void = () => {};

  constructor(settings: KafkaClusterSettings, outside: KafkaClusterOutside) {
    this.#settings = settings;
    this.#self = settings.self;
    this.#outside = outside;
    this.#first.promise.catch(() => {});
    this.#group = new OwnershipGroup(
      { ...settings, groupId: `__sash_${settings.name}` },
      {
        ...outside,
        assign: (members) => this.#assign(members),
        assigned: (bytes, memberId) => this.#assigned(bytes, memberId),
        lost: () => this.#lost(),
        resumed: () => this.#changed(),
      },
    );
  }

  // ───────────── coming and going ─────────────

  /**
   * Joins, and resolves when the first assignment has been told to the watchers, or it is stopped. The client has a view already.
   *
   * @param self as the others and the clients reach it
   * @throws Fault when this node cannot be one of the cluster's
   */
  async start(self: ClusterNode): Promise<void> {
    const { client, clock } = this.#outside;
    this.#self = self;
    this.#startedAtMs = clock.wallMs();
    this.#topics = topicsOf(client.metadata());
    this.#unwatch = client.onView((view) => this.#viewed(view));
    this.#group.start(encodeMember({ node: self, startedAtMs: this.#startedAtMs }));
    try {
      await this.#first.promise;
    } catch (error) {
      await this.#group.leave();
      throw error;
    }
  }

  /** Hands over: nothing is handed out any more, the turns under way finish, and the others take over at once. */
  async stop(): Promise<void> {
    this.#unwatch();
    this.#first.resolve();
    this.#isMember = false;
    this.#changed();
    await this.#within(handOverMs, this.#telling);
    await this.#within(leaveMs, this.#group.leave());
  }

  async #within(timeoutMs: number, done: Promise<void> | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#outside.clock.schedule(timeoutMs, resolve);
    await Promise.race([promise, done]);
    timer.cancel();
  }

  /** Why this node serves nothing, for people; null when it does. */
  get trouble(): string | null {
    return this.#refused ?? this.#group.trouble;
  }

  // ───────────── who owns what ─────────────

  get self(): ClusterNode {
    return this.#self;
  }

  nodes(): readonly ClusterNode[] {
    return this.#assignment.nodes;
  }

  ownerOf(partition: TopicPartition): ClusterNode | undefined {
    const owner = this.#node(this.#ownerId(partition.topicId, partition.partition));
    // Of its own a node knows more than the table says.
    return owner?.nodeId === this.#self.nodeId && !this.owns(partition) ? undefined : owner;
  }

  coordinatorOf(group: GroupId): ClusterNode | undefined {
    const coordinator = this.#node(rendezvous(group, this.#assignment.nodeIds));
    return coordinator?.nodeId === this.#self.nodeId && !this.#isMember ? undefined : coordinator;
  }

  owns(partition: TopicPartition): boolean {
    const text = topicPartitionText(partition);
    return this.#owned.has(text) && this.#told.has(text);
  }

  mayHandOut(partition: TopicPartition): boolean {
    return this.isCurrent && this.owns(partition);
  }

  get isCurrent(): boolean {
    return this.#group.isCurrent;
  }

  watch(changed: (change: OwnershipChange) => Promise<void>): void {
    this.#watchers.push(changed);
  }

  #node(nodeId: number | undefined): ClusterNode | undefined {
    return this.#assignment.nodes.find((each) => each.nodeId === nodeId);
  }

  #ownerId(topicId: TopicId, partition: number): number | undefined {
    const { owners, nodeIds } = this.#assignment;
    if (owners === null) return rendezvous(`${topicId}/${partition}`, nodeIds);
    return owners.get(topicId)?.[partition] ?? nodeInTurn(topicId, partition, nodeIds);
  }

  // ───────────── changes ─────────────

  /** As the leader. */
  #assign(members: readonly GroupMember[]): Uint8Array {
    const before = new Set(this.#assignment.members);
    const known = members.flatMap(({ memberId, data }) => {
      const member = decodeMember(data);
      return member === undefined ? [] : [{ memberId, ...member }];
    });
    // Who was there before stays, then who was started first.
    known.sort(
      (a, b) =>
        Number(before.has(b.memberId)) - Number(before.has(a.memberId)) ||
        a.startedAtMs - b.startedAtMs ||
        (a.memberId < b.memberId ? -1 : 1),
    );
    const admitted = new Map<number, (typeof known)[number]>();
    const refused: Record<string, string> = {};
    for (const member of known) {
      const { nodeId } = member.node;
      const other = admitted.get(nodeId);
      if (other === undefined) admitted.set(nodeId, member);
      else refused[member.memberId] = `node.id ${nodeId} is in use by the node at ${other.node.httpUrl}`;
    }
    const nodes = [...admitted.values()].map((each) => each.node).toSorted((a, b) => a.nodeId - b.nodeId);
    const owners = assign(
      nodes.map((each) => each.nodeId),
      this.#topics,
      this.#effectiveOwners(),
    );
    const data = { nodes, members: [...admitted.values()].map((each) => each.memberId), refused };
    const encoded = encodeAssignment({ ...data, owners });
    if (encoded.length * members.length <= this.#settings.maxTableBytes) return encoded;
    if (this.#assignment.owners !== null) {
      this.#outside.logger.info(
        { bytes: encoded.length, members: members.length },
        'the table of owners is too large for the group: owners are worked out by rendezvous',
      );
    }
    return encodeAssignment({ ...data, owners: null });
  }

  /** With what was worked out since the last assignment. */
  #effectiveOwners(): Owners {
    return new Map(
      this.#topics.map(({ topicId, partitions }) => [
        topicId,
        Array.from({ length: partitions }, (_, partition) => this.#ownerId(topicId, partition) ?? -1),
      ]),
    );
  }

  #assigned(bytes: Uint8Array, memberId: string): void {
    const { logger } = this.#outside;
    const assignment = decodeAssignment(bytes);
    this.#isMember = assignment?.members.includes(memberId) === true;
    this.#refused = null;
    if (!this.#isMember) {
      const why = assignment?.refused[memberId] ?? 'the node that leads the cluster is of another version of sash';
      this.#refused = `this node is not admitted to cluster "${this.#settings.name}": ${why}`;
      // Whoever started it says it once.
      if (this.#hasJoined) logger.error({}, this.#refused);
      const hint = 'give each node a node.id of its own';
      this.#first.reject(
        new Fault({
          code: 'CLOSED',
          operation: 'join',
          message: this.#refused,
          retriable: false,
          outcome: 'refused',
          hint,
        }),
      );
    }
    if (assignment !== undefined) {
      this.#assignment = { ...assignment, nodeIds: assignment.nodes.map((each) => each.nodeId) };
    }
    this.#changed();
    if (!this.#isMember) return;
    logger.info(
      { nodes: this.#assignment.nodeIds, partitions: this.#owned.size },
      `this node owns ${this.#owned.size} partitions`,
    );
  }

  #viewed(view: KafkaClusterView): void {
    const topics = topicsOf(view);
    const before = new Map(this.#topics.map((each) => [each.topicId, each.partitions]));
    const isSame =
      topics.length === before.size && topics.every((each) => before.get(each.topicId) === each.partitions);
    if (isSame) return;
    this.#topics = topics;
    if (this.#isMember) this.#changed();
  }

  #lost(): void {
    this.#isMember = false;
    this.reopen();
  }

  /** What is in memory of this node's partitions no longer counts. */
  reopen(): void {
    this.#dropped = [...this.#dropped, ...this.#told.values()];
    this.#told = new Map();
    this.#changed();
  }

  /** Works out what is this node's now, and tells the watchers. */
  #changed(): void {
    const owned = new Map<string, TopicPartition>();
    for (const { topicId, partitions } of this.#isMember ? this.#topics : []) {
      for (let partition = 0; partition < partitions; partition++) {
        if (this.#ownerId(topicId, partition) !== this.#self.nodeId) continue;
        const key = { topicId, partition };
        owned.set(topicPartitionText(key), key);
      }
    }
    this.#owned = owned;
    this.#tellAgain = true;
    this.#telling ??= this.#tell().finally(() => (this.#telling = undefined));
  }

  async #tell(): Promise<void> {
    while (this.#tellAgain) {
      this.#tellAgain = false;
      const isMember = this.#isMember;
      const gained = [...this.#owned].flatMap(([text, each]) => (this.#told.has(text) ? [] : [each]));
      const lost = [...this.#told].flatMap(([text, each]) => (this.#owned.has(text) ? [] : [each]));
      lost.push(...this.#dropped);
      this.#dropped = [];
      this.#told = this.#owned;
      for (const watcher of this.#watchers) await watcher({ gained, lost });
      if (isMember) {
        this.#hasJoined = true;
        this.#first.resolve();
      }
    }
  }
}

/** All but those that are Kafka's own or another program's. */
const topicsOf = ({ topics }: KafkaClusterView): TopicToAssign[] =>
  [...topics.values()].flatMap(({ id, name, isInternal, partitions }) =>
    isInternal || name.startsWith('__') ? [] : [{ topicId: id, partitions: partitions.length }],
  );
