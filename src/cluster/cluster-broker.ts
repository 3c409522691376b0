import type { Asker } from '../broker/audit.ts';
import type { Broker } from '../broker/broker.ts';
import type { Nodes } from '../broker/nodes.ts';
import type { Operations, Operator } from '../broker/operator.ts';
import type {
  AcknowledgeResult,
  Acknowledgement,
  AcquireOutcome,
  AcquireRequest,
  AcquiredRange,
  CreateTopicRequest,
  ProduceOutcome,
  ProduceRequest,
  TopicDescription,
} from '../broker/requests.ts';
import type { TopicId } from '../core/ids.ts';
import { type Result, ok } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { Logger } from '../ports/logger.ts';
import { ClusterAcknowledge } from './cluster-acknowledge.ts';
import { ClusterAcquire } from './cluster-acquire.ts';
import { ClusterFeed } from './cluster-feed.ts';
import { ClusterLooking } from './cluster-looking.ts';
import { ClusterOffsets } from './cluster-offsets.ts';
import { freeMemberAt } from './free-member.ts';
import { GroupChanges } from './group-changes.ts';
import { GroupOperations } from './group-operations.ts';
import { OwnAcquire } from './own-acquire.ts';
import { OwnerCalls } from './owner-calls.ts';
import { OwnershipView } from './ownership-view.ts';
import { peerCalls } from './peer-calls.ts';
import type { PeerCalls } from './peer-methods.ts';
import type { Peers } from './peers.ts';

/** How long the others are given to hear of a topic before its answer goes out; they hear of it by themselves a little later. */
const tellTimeoutMs = 2_000;

/**
 * The broker of all nodes, for the doors of one: it takes every request, does here what this node owns or coordinates, and has the others do
 * the rest. What it answers is what one node would that had everything.
 */
export class ClusterBroker {
  /** What the other nodes may ask of this one. */
  readonly peerCalls: PeerCalls;
  readonly live;
  readonly members;
  readonly nodes: Nodes;
  readonly #broker: Broker;
  readonly #own: OwnAcquire;
  readonly #acquiring: ClusterAcquire;
  readonly #acknowledging: ClusterAcknowledge;
  readonly #looking: ClusterLooking;
  readonly #changes: GroupChanges;
  readonly #groups: GroupOperations;
  readonly #offsets: ClusterOffsets;
  readonly #calls: OwnerCalls;
  readonly #feed: ClusterFeed;

  /** @param parts the broker has been started */
  constructor(parts: {
    readonly broker: Broker;
    readonly cluster: Cluster;
    readonly peers: Peers;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    const { broker, cluster, clock } = parts;
    this.#broker = broker;
    const view = new OwnershipView(cluster, broker.topics);
    this.#own = new OwnAcquire(broker, view, clock);
    this.#calls = new OwnerCalls({ ...parts, view, topics: broker.topics });
    const all = { ...parts, view, own: this.#own, calls: this.#calls };
    this.#acquiring = new ClusterAcquire(all);
    this.#acknowledging = new ClusterAcknowledge(all);
    this.#looking = new ClusterLooking(broker, this.#calls, cluster);
    this.nodes = {
      list: () => this.#looking.nodes(),
      windows: (group) => this.#looking.windows(group),
      workers: (group) => this.#looking.workers(group),
    };
    this.#changes = new GroupChanges(all);
    this.#groups = new GroupOperations(broker, this.#calls, this.#changes);
    this.#offsets = new ClusterOffsets(broker, this.#calls, this.#changes);
    this.peerCalls = peerCalls({
      broker,
      own: this.#own,
      changes: this.#changes,
      operations: this.#groups,
      offsets: this.#offsets,
    });
    this.#feed = new ClusterFeed(parts);
    this.live = {
      feed: this.#feed,
      history: (group: string, minutes: number) => this.#looking.history(group, minutes),
      strips: (request: Parameters<ClusterLooking['strips']>[0]) => this.#looking.strips(request),
    };
    broker.members.reach = {
      get hasOthers() {
        return cluster.nodes().length > 1;
      },
      open: (group, topicIds) => this.#changes.started(group, topicIds, null),
      free: (member) => {
        for (const node of this.#calls.others) void freeMemberAt(node, parts.peers, member);
      },
    };
    this.members = {
      heartbeat: (request: Parameters<Broker['members']['heartbeat']>[0]) => broker.members.heartbeat(request),
      describe: (group: string) =>
        this.#changes.atCoordinator(group, 'members', [group], async () => broker.members.describe(group)),
    };
  }

  // ───────────── this node's own ─────────────

  get leaseSecret(): Uint8Array {
    return this.#broker.leaseSecret;
  }

  get clusterId(): Uint8Array {
    return this.#broker.clusterId;
  }

  get topics(): Broker['topics'] {
    return this.#broker.topics;
  }

  get logs(): Broker['logs'] {
    return this.#broker.logs;
  }

  get sessions(): Broker['sessions'] {
    return this.#broker.sessions;
  }

  get groupConfigs(): Broker['groupConfigs'] {
    return this.#broker.groupConfigs;
  }

  get shareGroupNames(): readonly string[] {
    return this.#broker.shareGroupNames;
  }

  /** A group is Stable when somebody works in it at any node. */
  get shareGroupStates(): Promise<Broker['shareGroupStates']> {
    return this.#looking.states();
  }

  ready(): ReturnType<Broker['ready']> {
    return this.#broker.ready();
  }

  auditPage(request: Parameters<Broker['auditPage']>[0]): ReturnType<Broker['auditPage']> {
    return this.#broker.auditPage(request);
  }

  archived(request: Parameters<Broker['archived']>[0]): ReturnType<Broker['archived']> {
    return this.#broker.archived(request);
  }

  /** Answers those who wait, at this node. */
  async drain(): Promise<void> {
    this.#own.drain();
    this.#feed.drain();
    await this.#broker.drain();
  }

  // ───────────── records ─────────────

  async topicForProduce(name: string): ReturnType<Broker['topicForProduce']> {
    const isNew = !this.#broker.topics.find(name).ok;
    const topic = await this.#broker.topicForProduce(name);
    if (isNew && topic.ok) await this.#topicsChanged();
    return topic;
  }

  async produce(request: ProduceRequest): Promise<Result<ProduceOutcome>> {
    return await this.#broker.produce(request);
  }

  read(request: Parameters<Broker['read']>[0]): ReturnType<Broker['read']> {
    return this.#looking.read(request);
  }

  /** @param signal aborted when the client is gone: then nothing stays locked */
  async acquire(request: AcquireRequest, signal: AbortSignal | null): Promise<Result<AcquireOutcome>> {
    const valid = this.#broker.checkAcquire(request);
    if (!valid.ok) return valid;
    const topicIds: TopicId[] = [];
    for (const name of new Set(request.topics)) {
      const known = this.#broker.topics.find(name);
      const topic = known.ok ? known : await this.topicForProduce(name);
      if (!topic.ok) return topic;
      topicIds.push('topicId' in topic.value ? topic.value.topicId : topic.value.id);
    }
    const started = await this.#changes.started(request.group, topicIds, request.startFrom);
    if (!started.ok) return started;
    return await this.#acquiring.acquire(request, signal);
  }

  giveBack(group: string, ranges: readonly AcquiredRange[]): void {
    this.#acquiring.giveBack(group, ranges);
  }

  acknowledge(
    group: string,
    acknowledgements: readonly Acknowledgement[],
  ): Promise<Result<readonly AcknowledgeResult[]>> {
    return this.#acknowledging.acknowledge(group, acknowledgements);
  }

  // ───────────── looking ─────────────

  listTopics(): Promise<readonly TopicDescription[]> {
    return this.#looking.topics();
  }

  describeTopic(name: string): Promise<Result<TopicDescription>> {
    return this.#looking.topic(name);
  }

  listShareGroups(): ReturnType<Broker['listShareGroups']> {
    return this.#looking.rows();
  }

  describeShareGroup(group: string): ReturnType<Broker['describeShareGroup']> {
    return this.#looking.describe(group);
  }

  /** For operations in the background, which look by themselves for what is missing here. */
  async windows(group: string): ReturnType<Broker['windows']> {
    const windows = await this.#looking.windows(group);
    return windows.ok ? ok(windows.value.rows) : windows;
  }

  windowPage(request: Parameters<Broker['windowPage']>[0]): ReturnType<Broker['windowPage']> {
    return this.#looking.windowPage(request);
  }

  peek(request: Parameters<Broker['peek']>[0]): ReturnType<Broker['peek']> {
    return this.#looking.peek(request);
  }

  get shareOffsets(): Pick<ClusterOffsets, 'describe'> {
    return this.#offsets;
  }

  // ───────────── what operators do ─────────────

  operator(asker: Asker): Operator {
    return this.#broker.operator(asker, this.operations);
  }

  /** What leaves a line in the audit is asked for through `operator`; background operations leave their own. */
  get operations(): Operations {
    const broker = this.#broker;
    return {
      topics: broker.topics,
      logs: broker.logs,
      groupConfigs: { alter: (...args) => this.#groups.alterConfig(...args) },
      shareOffsets: this.#offsets,
      createTopic: (request: CreateTopicRequest) => this.#changeTopics(() => broker.createTopic(request)),
      alterTopic: (...args) => this.#changeTopics(() => broker.alterTopic(...args)),
      deleteTopic: (...args) => this.#changeTopics(() => broker.deleteTopic(...args)),
      alterShareGroup: (...args) => this.#groups.alter(...args),
      deleteShareGroup: (group) => this.#groups.delete(group),
      pause: (...args) => this.#groups.pause(...args),
      reset: (...args) => this.#groups.reset(...args),
      settle: (request) => this.#groups.settle(request),
      releaseWorker: (...args) => this.#groups.releaseWorker(...args),
    };
  }

  async #changeTopics<T>(change: () => Promise<Result<T>>): Promise<Result<T>> {
    const result = await change();
    await this.#topicsChanged();
    return result;
  }

  async #topicsChanged(): Promise<void> {
    await this.#calls.ofOthers('topicsChanged', [], { timeoutMs: tellTimeoutMs });
  }
}
