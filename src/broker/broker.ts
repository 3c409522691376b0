import type { ConfigChange } from '../core/config-value.ts';
import type { Rejection } from '../core/errors.ts';
import type { TopicId } from '../core/ids.ts';
import { type Result, ok } from '../core/result.ts';
import type { ShareGroupState } from '../core/share-group/membership.ts';
import type { AuditLine } from '../ports/audit-log.ts';
import type { BrokerMeasures } from '../ports/measures.ts';
import { acknowledge } from './acknowledging.ts';
import { Acquires } from './acquires.ts';
import { type ArchivedSource, archivedPage } from './archived-pages.ts';
import { type Asker, Audit } from './audit.ts';
import type { BrokerOutside, BrokerSettings } from './broker-settings.ts';
import { Fetching } from './fetching.ts';
import { GroupConfigs } from './group-configs.ts';
import { Groups } from './groups.ts';
import { groupRow, groupState, heldIn, whyInUse, workers } from './group-view.ts';
import { Guard } from './guard.ts';
import { Live, partitionAt } from './live.ts';
import { measureGroups, measureTopics } from './measuring.ts';
import * as operations from './operations.ts';
import { NodeCalls } from './node-calls.ts';
import { type Nodes, ownNodes } from './nodes.ts';
import { OutsideChanges } from './outside-changes.ts';
import { Ownership } from './ownership.ts';
import { type Operations, Operator } from './operator.ts';
import { OwnershipChanges } from './ownership-changes.ts';
import { PartitionLogs } from './partition-logs.ts';
import { Readiness, type Ready } from './readiness.ts';
import { Records } from './records.ts';
import { RetentionSweeps } from './retention-sweeps.ts';
import type {
  AcknowledgeResult,
  Acknowledgement,
  AcquireOutcome,
  AcquireRequest,
  AcquiredRange,
  ArchivedPage,
  CreateTopicRequest,
  PeekOutcome,
  ProduceOutcome,
  ProduceRequest,
  ReadOutcome,
  ReadRequest,
  ResetRequest,
  ResetRow,
  SettleOutcome,
  SettleRequest,
  ShareGroupDescription,
  ShareGroupRow,
  TopicDescription,
  WindowPage,
  WindowPageRequest,
  WindowSummary,
  WorkerRow,
} from './requests.ts';
import type { ShareGroup } from './share-group.ts';
import { ShareMembers } from './share-members.ts';
import { ShareOffsets } from './share-offsets.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';
import { TopicChanges } from './topic-changes.ts';
import { type TopicCatalog, Topics } from './topics.ts';
import { TurnMeter } from './turn-meter.ts';
import { ShareSessionRuntime } from './share-session-runtime.ts';
import { windowPage, windowSummary } from './window-view.ts';

/**
 * The running service: one method for each thing that a client can ask. Both doors call only this, with the same
 * types (requests.ts). A request that cannot be granted is answered with a rejection; a fault of the disk or the store
 * becomes one here, in one place.
 */
export class Broker {
  /** Kafka's members: heartbeats and descriptions. */
  readonly members: ShareMembers;
  readonly groupConfigs: GroupConfigs;
  readonly shareOffsets: ShareOffsets;
  /** What the nodes of a cluster ask of each other beside what clients ask. */
  readonly nodeCalls: NodeCalls;
  readonly nodes: Nodes;
  /** What Kafka's members do in their share sessions: fetch and acknowledge. */
  readonly sessions: ShareSessionRuntime;
  readonly #audit: Audit;
  readonly #turns = new TurnMeter();
  readonly #outside: BrokerOutside;
  readonly #settings: BrokerSettings;
  readonly #topics: Topics;
  readonly #groups: Groups;
  readonly #fetching: Fetching;
  readonly #records: Records;
  /** The partitions as logs: for producers and readers without a share group. */
  readonly logs: PartitionLogs;
  readonly #topicChanges: TopicChanges;
  readonly #acquires: Acquires;
  #secret: Uint8Array | undefined;
  #clusterId: Uint8Array | undefined;
  /** For the live page: what changes, pictures of windows, the history. */
  readonly live: Live;
  readonly #retention: RetentionSweeps;
  readonly #readiness: Readiness;
  readonly #guard: Guard;
  readonly #ownership: Ownership;
  readonly #ownershipChanges: OwnershipChanges;
  /** What came about without this node. */
  readonly outsideChanges: OutsideChanges;

  constructor(outside: BrokerOutside, settings: BrokerSettings) {
    this.#outside = outside;
    this.#settings = settings;
    this.#guard = new Guard(outside.logger);
    this.#readiness = new Readiness(outside);
    this.#audit = new Audit(outside);
    this.#topics = new Topics(outside);
    this.#ownership = new Ownership(outside);
    this.#fetching = new Fetching({ ...outside, ownership: this.#ownership });
    this.#groups = new Groups({
      ...outside,
      topics: this.#topics,
      ownership: this.#ownership,
      groupDefaults: settings.groupDefaults,
      published: (partition) => {
        if (partition.deliverable) void this.#fetching.wake(partition);
      },
      written: (fault) => this.#readiness.written(fault),
      turns: this.#turns,
    });
    this.nodes = ownNodes(this, outside.cluster);
    const parts = {
      ...outside,
      guard: this.#guard,
      topics: this.#topics,
      groups: this.#groups,
      ownership: this.#ownership,
      fetching: this.#fetching,
    };
    this.sessions = new ShareSessionRuntime({ ...parts, ...settings });
    this.members = new ShareMembers({
      ...parts,
      sessions: this.sessions,
      maxSize: settings.maxGroupSize,
      stateOf: (group) => this.#stateOf(group),
    });
    this.#topicChanges = new TopicChanges({
      ...parts,
      ...settings,
      gone: (topic) => this.logs.topicGone(topic),
    });
    this.#acquires = new Acquires({ ...parts, topicChanges: this.#topicChanges }, settings);
    const altered = (group: ShareGroup) => this.#wakeAll(group);
    this.groupConfigs = new GroupConfigs({ ...parts, groupDefaults: settings.groupDefaults, altered });
    this.shareOffsets = new ShareOffsets({ ...parts, altered, whyInUse: (group) => this.#whyInUse(group) });
    this.#retention = new RetentionSweeps(outside.clock, settings.retentionCheckIntervalMs, () =>
      this.applyRetention(),
    );
    this.live = new Live({
      ...parts,
      audit: this.#audit,
      historyIntervalMs: settings.historyIntervalMs,
      rows: () => this.#rows(),
      describe: (group) => this.#describe(group),
      waiting: (group) => this.#fetching.waiting(group),
    });
    this.#records = new Records({
      ...outside,
      topics: this.#topics,
      appended: (partition, sizeBytes) => this.outsideChanges.appendedHere(partition, sizeBytes),
      written: (fault) => this.#readiness.written(fault),
    });
    this.logs = new PartitionLogs({
      ...outside,
      topics: this.#topics,
      records: this.#records,
      guard: this.#guard,
      ownership: this.#ownership,
      fetchMaxBytes: settings.fetchMaxBytes,
    });
    this.#ownershipChanges = new OwnershipChanges({ ...parts, lost: (partitions) => this.logs.lost(partitions) });
    this.outsideChanges = new OutsideChanges({ ...parts, topicChanges: this.#topicChanges, logs: this.logs });
    this.nodeCalls = new NodeCalls({ ...parts, sessions: this.sessions, whyInUse: (group) => this.#whyInUse(group) });
  }

  /** Reads topics and groups. Share partitions are loaded when somebody asks for them. */
  async start(): Promise<void> {
    this.outsideChanges.watch();
    const { topics, groups } = await this.#outside.metadata.loadAll();
    this.#topics.load(topics);
    await this.#groups.load(groups);
    this.outsideChanges.start();
    this.#ownershipChanges.start();
    this.#secret = await this.#outside.metadata.secret('lease', 32);
    this.#clusterId = await this.#outside.metadata.secret('cluster.id', 16);
    this.#guard.start();
    this.#retention.start();
    this.live.start();
  }

  /** Answers everybody who waits, finishes the writes on their way, and takes nothing new. Locks stay as they are. */
  async stop(): Promise<void> {
    this.#guard.stop();
    this.#retention.stop();
    this.#records.stop();
    this.outsideChanges.stop();
    await this.drain();
    // Last: a heartbeat under way sets its timer.
    this.members.stop();
    await Promise.all([this.#retention.idle, this.live.stop()]);
    await Promise.all(this.#groups.all.flatMap((group) => group.partitions.map((each) => each.close())));
  }

  /** Answers the acquires that wait, with the reason `draining`, and the fetches; lets no new one wait. */
  async drain(): Promise<void> {
    this.logs.drain();
    this.#fetching.drain();
    this.sessions.drain();
    this.live.feed.drain();
    await this.#guard.finished();
  }

  /** The key of the leases' MAC: durable, so that leases outlive the process that made them. */
  get leaseSecret(): Uint8Array {
    if (this.#secret === undefined) throw new Error('the broker has not been started');
    return this.#secret;
  }

  /** 16 bytes that name this data folder: what clients know as the cluster's id. */
  get clusterId(): Uint8Array {
    if (this.#clusterId === undefined) throw new Error('the broker has not been started');
    return this.#clusterId;
  }

  /** Whether requests can be served: running, and the storage takes writes. */
  ready(): Result<Ready> {
    const running = this.#guard.ready();
    return running.ok ? this.#readiness.state : running;
  }

  // ───────────── what operators do ─────────────

  /**
   * To do what leaves a line in the audit; the doors change topics and groups in no other way.
   *
   * @param operations what does it: where there are several nodes, not this one alone
   */
  operator(asker: Asker, operations: Operations = this): Operator {
    return new Operator({ operations, guard: this.#guard, audit: this.#audit }, asker);
  }

  /** What operators did, newest first. */
  auditPage(request: Parameters<Audit['page']>[0]): ReturnType<Audit['page']> {
    return this.#guard.run(() => this.#audit.page(request));
  }

  /** Each line of the audit once it is durable, until the function given back is called. */
  onAuditLine(listener: (line: AuditLine) => void): () => void {
    return this.#audit.subscribe(listener);
  }

  /** All that there is to measure, now. Windows that are not loaded are, as far as that takes no longer than a second. */
  async measure(): Promise<BrokerMeasures> {
    const { sessions, partitions } = this.sessions.size;
    return {
      isReady: this.ready().ok,
      tally: this.#groups.tally,
      groups: await measureGroups(this.#groups.all, this.#fetching.waitingOfAll(), this.#outside.clock),
      topics: measureTopics(this.#topics),
      shareSessions: sessions,
      shareSessionPartitions: partitions,
      turnSeconds: this.#turns.seconds,
      turnCommands: this.#turns.commands,
    };
  }

  // ───────────── topics ─────────────

  /** The topics as they are: by name, by id, and what was set for each. */
  get topics(): TopicCatalog {
    return this.#topics;
  }

  createTopic(request: CreateTopicRequest): Promise<Result<TopicDescription>> {
    return this.#topicChanges.create(request);
  }

  listTopics(): readonly TopicDescription[] {
    return this.#topics.all.map((topic) => this.#topics.describe(topic));
  }

  describeTopic(name: string): Result<TopicDescription> {
    const topic = this.#topics.find(name);
    return topic.ok ? ok(this.#topics.describe(topic.value)) : topic;
  }

  /** @param validateOnly only says whether it could be done, and how the topic would be */
  alterTopic(
    name: string,
    change: { readonly partitions?: number; readonly config?: ConfigChange },
    validateOnly = false,
  ): Promise<Result<TopicDescription>> {
    return this.#topicChanges.alter(name, change, validateOnly);
  }

  /** @param id where given, the topic has to have it: one that was created again is another */
  deleteTopic(name: string, id?: TopicId): Promise<Result<null>> {
    return this.#topicChanges.delete(name, id);
  }

  // ───────────── records ─────────────

  topicForProduce(
    name: string,
  ): Promise<Result<{ topicId: TopicId; partitionCount: number; maxMessageBytes: number }>> {
    return this.#guard.run(async () => {
      const topic = await this.#topicChanges.toUse(name);
      if (!topic.ok) return topic;
      const { id, stored, config } = topic.value;
      return ok({ topicId: id, partitionCount: stored.partitionCount, maxMessageBytes: config.maxMessageBytes });
    });
  }

  /** Appends batches, all or nothing; when it answers, they are durable. Wakes those who wait for them. */
  produce(request: ProduceRequest): Promise<Result<ProduceOutcome>> {
    return this.#guard.run(async () => {
      const topic = await this.#topicChanges.toUse(request.topic);
      return topic.ok ? await this.#records.produce(topic.value, request) : topic;
    });
  }

  /** Reads without any group. */
  read(request: ReadRequest): Promise<Result<ReadOutcome>> {
    return this.#guard.run(async () => {
      const topic = this.#topics.findPartition(request.topic, request.partition);
      if (!topic.ok) return topic;
      const error = this.#ownership.refusal(request.topic, { topicId: topic.value.id, partition: request.partition });
      if (error !== undefined) return { ok: false, error };
      return await this.#records.read({ ...request, maxBytes: this.#capped(request.maxBytes) });
    });
  }

  // ───────────── share groups: records ─────────────

  /**
   * Hands out records, or waits for some up to `waitMs`. The group is made by its first acquire.
   *
   * @param signal aborted when the client is gone: then nothing is locked
   */
  acquire(request: AcquireRequest, signal: AbortSignal | null): Promise<Result<AcquireOutcome>> {
    return this.#guard.run(() => this.#acquires.acquire(request, signal));
  }

  /** What can be said of an acquire without its group. */
  checkAcquire(request: AcquireRequest): Result<null> {
    return this.#acquires.check(request);
  }

  #capped(maxBytes: number): number {
    return Math.min(maxBytes, this.#settings.fetchMaxBytes);
  }

  /** Takes back what was acquired for a client that is gone before it got the answer: no delivery is counted. */
  giveBack(group: string, ranges: readonly AcquiredRange[]): void {
    const found = this.#groups.find(group);
    if (!found.ok) return;
    for (const range of ranges) found.value.partition(range)?.giveBack(range);
  }

  /** Settles leases: one result for each, in order. Durable when it answers; not atomic across share partitions. */
  acknowledge(
    group: string,
    acknowledgements: readonly Acknowledgement[],
  ): Promise<Result<readonly AcknowledgeResult[]>> {
    return this.#withGroup(group, (found) =>
      acknowledge(found, acknowledgements, (key) =>
        this.#ownership.refusal(this.#topics.byId(key.topicId)?.name ?? key.topicId, key),
      ),
    );
  }

  // ───────────── share groups: looking and acting ─────────────

  async #loaded(group: ShareGroup): Promise<readonly SharePartitionRuntime[]> {
    const partitions = group.partitions;
    await Promise.all(partitions.map((each) => each.load()));
    return [...partitions].sort((a, b) =>
      a.topic === b.topic ? a.key.partition - b.key.partition : a.topic < b.topic ? -1 : 1,
    );
  }

  /** Names and states alone: nothing is loaded for them, so asking cannot fail. */
  get shareGroupStates(): readonly { readonly group: string; readonly state: ShareGroupState }[] {
    return this.#groups.all.map((group) => ({ group: group.id, state: this.#stateOf(group) }));
  }

  #stateOf(group: ShareGroup): ShareGroupState {
    return groupState(group, this.#fetching.waiting(group));
  }

  /** Names alone: nothing is loaded for them, so asking cannot fail. */
  get shareGroupNames(): readonly string[] {
    return this.#groups.all.map((group) => group.id);
  }

  listShareGroups(): Promise<Result<readonly ShareGroupRow[]>> {
    return this.#guard.run(async () => ok(await this.#rows()));
  }

  #rows(): Promise<readonly ShareGroupRow[]> {
    const waiting = this.#fetching.waitingOfAll();
    return Promise.all(
      this.#groups.all.map((group) => groupRow(group, waiting.get(group) ?? new Map(), this.#outside.clock)),
    );
  }

  describeShareGroup(name: string): Promise<Result<ShareGroupDescription>> {
    return this.#withGroup(name, async (group) => ok(await this.#describe(group)));
  }

  async #describe(group: ShareGroup): Promise<ShareGroupDescription> {
    const row = await groupRow(group, this.#fetching.waiting(group), this.#outside.clock);
    return { ...row, config: this.#groups.configOf(group) };
  }

  /** Changes a group's config; the group is made where there is none. `null` goes back to the default. */
  alterShareGroup(
    name: string,
    config: Readonly<Record<string, string | null>>,
  ): Promise<Result<ShareGroupDescription>> {
    return this.#guard.run(async () => {
      // Checked first: a config that is refused makes no group.
      const checked = this.#groups.checkConfig(name, config);
      if (!checked.ok) return checked;
      const group = await this.#groups.findOrCreate(name);
      if (!group.ok) return group;
      const altered = await this.#groups.alter(group.value, config);
      if (!altered.ok) return altered;
      this.#wakeAll(group.value);
      return ok(await this.#describe(group.value));
    });
  }

  deleteShareGroup(name: string): Promise<Result<null>> {
    return this.#withGroup(name, (group) => this.#groups.delete(group, () => this.#whyInUse(group)));
  }

  /** Why it cannot be deleted or changed at its root: somebody works in it. */
  #whyInUse(group: ShareGroup): Rejection | undefined {
    return whyInUse(group, this.#fetching.waiting(group));
  }

  /** While paused, nothing is handed out; acknowledgements still count. */
  pause(name: string, paused: boolean): Promise<Result<{ group: string; paused: boolean }>> {
    return this.#withGroup(name, async (group) => {
      const put = await this.#groups.setPaused(group, paused);
      if (!put.ok) return put;
      if (!paused) this.#wakeAll(group);
      return ok({ group: name, paused });
    });
  }

  #wakeAll(group: ShareGroup): void {
    for (const partition of group.partitions) void this.#fetching.wake(partition);
  }

  windows(name: string): Promise<Result<readonly WindowSummary[]>> {
    return this.#withGroup(name, async (group) => {
      const partitions = await this.#loaded(group);
      const limit = group.config.deliveryCountLimit;
      return ok(await Promise.all(partitions.map((each) => windowSummary(each, limit, this.#outside.clock))));
    });
  }

  windowPage(request: WindowPageRequest): Promise<Result<WindowPage>> {
    return this.#withPartition(request, async (_group, partition) =>
      ok(windowPage(await partition.load(), request.fromOffset, request.limit, this.#now())),
    );
  }

  /** One record, without locking it. */
  peek(request: {
    readonly group: string;
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  }): Promise<Result<PeekOutcome>> {
    return this.#withPartition(request, (group, partition) =>
      operations.peek(this.#outside, group, partition, request.offset),
    );
  }

  archived(request: {
    readonly group: string;
    readonly topic: string | null;
    readonly partition: number | null;
    readonly after: string | null;
    readonly limit: number;
  }): Promise<Result<ArchivedPage>> {
    return this.#withGroup(request.group, async (group) => {
      if (request.topic !== null) {
        const topic = this.#topics.find(request.topic);
        if (!topic.ok) return topic;
      }
      // From the store, whichever nodes have the windows.
      const partitions: ArchivedSource[] = [];
      for (const key of await this.#outside.store.list(group.id)) {
        const topic = this.#topics.byId(key.topicId)?.name;
        if (topic === undefined || topic !== (request.topic ?? topic)) continue;
        if (key.partition === (request.partition ?? key.partition)) partitions.push({ key, topic });
      }
      return await archivedPage(this.#outside.store, partitions, request.after, request.limit);
    });
  }

  /** @param done takes what was done, also when the reset fails on the way */
  reset(request: ResetRequest, done?: ResetRow[]): Promise<Result<readonly ResetRow[]>> {
    const parts = { ...this.#outside, topics: this.#topics, groups: this.#groups, ownership: this.#ownership };
    return this.#withGroup(request.group, (group) => operations.reset(parts, group, request, done));
  }

  /** An operator's accept, reject, release or retry of a range of one window. */
  settle(request: SettleRequest): Promise<Result<SettleOutcome>> {
    return this.#withPartition(request, (group, partition) =>
      operations.settleRange(this.#outside, group, partition, request),
    );
  }

  workers(name: string): Promise<Result<readonly WorkerRow[]>> {
    return this.#withGroup(name, async (group) => {
      const partitions = await this.#loaded(group);
      const now = this.#now();
      return ok(workers(group, heldIn(partitions, now.wallMs), this.#fetching.waiting(group), now));
    });
  }

  /**
   * Frees everything that a worker holds.
   *
   * @param done takes what was done, also when it fails for a part
   */
  releaseWorker(
    name: string,
    holder: string,
    done?: { released: number; archived: number },
  ): Promise<Result<{ released: number; archived: number }>> {
    return this.#withGroup(name, async (group) => operations.releaseWorker(await this.#loaded(group), holder, done));
  }

  #withGroup<T>(name: string, work: (group: ShareGroup) => Promise<Result<T>>): Promise<Result<T>> {
    return this.#guard.run(() => {
      const group = this.#groups.find(name);
      return group.ok ? work(group.value) : group;
    });
  }

  #withPartition<T>(
    at: { readonly group: string; readonly topic: string; readonly partition: number },
    work: (group: ShareGroup, partition: SharePartitionRuntime) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    return this.#withGroup(at.group, async (group) => {
      const partition = partitionAt(this.#topics, this.#ownership, group, at);
      return partition.ok ? await work(group, partition.value) : partition;
    });
  }

  #now() {
    const { clock } = this.#outside;
    return { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() };
  }

  /** Drops what retention no longer keeps. Runs by itself every `log.retention.check.interval.ms`. */
  async applyRetention(): Promise<void> {
    await this.#guard.run(async () => {
      await this.#topics.applyRetention(() => this.#guard.isRunning);
      for (const group of this.#groups.all) this.#wakeAll(group);
      return ok(null);
    });
  }
}
