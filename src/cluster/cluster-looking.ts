import type { Broker } from '../broker/broker.ts';
import type { GroupPast } from '../broker/group-history.ts';
import { type NodeList, type OfNodes, type UnreachableNode, nodeList } from '../broker/nodes.ts';
import type {
  PeekOutcome,
  ReadOutcome,
  ReadRequest,
  ShareGroupDescription,
  ShareGroupRow,
  TopicDescription,
  WindowPage,
  WindowSummary,
  WorkerRow,
} from '../broker/requests.ts';
import type { StripsRequest, WindowStrip } from '../broker/window-strip.ts';
import type { Rejection } from '../core/errors.ts';
import { type Result, ok } from '../core/result.ts';
import type { Cluster, ClusterNode } from '../ports/cluster.ts';
import { type OwnRow, maxWorkerNames, mergeHistories, mergeRows, mergeWorkers } from './merging.ts';
import type { OwnerCalls } from './owner-calls.ts';

/** What one node tells of its groups, for `mergeRows`. */
export const ownRows = async (broker: Broker): Promise<Result<readonly OwnRow[]>> => {
  const rows = await broker.listShareGroups();
  return rows.ok
    ? ok(rows.value.map((row) => ({ row, workers: broker.nodeCalls.httpWorkers(row.group, maxWorkerNames) })))
    : rows;
};

export const ownDescription = async (
  broker: Broker,
  group: string,
): Promise<Result<OwnRow & { readonly row: ShareGroupDescription }>> => {
  const row = await broker.describeShareGroup(group);
  return row.ok ? ok({ row: row.value, workers: broker.nodeCalls.httpWorkers(group, maxWorkerNames) }) : row;
};

/** A node that takes longer to say a word is as good as away. */
const pingTimeoutMs = 2_000;

type PartitionPlace = { readonly topic: string; readonly partition: number };

/** How groups, windows and topics look, whichever node is asked: each node tells of what it owns. */
export class ClusterLooking {
  readonly #broker: Broker;
  readonly #calls: OwnerCalls;
  readonly #cluster: Cluster;

  constructor(broker: Broker, calls: OwnerCalls, cluster: Cluster) {
    this.#broker = broker;
    this.#calls = calls;
    this.#cluster = cluster;
  }

  async nodes(): Promise<NodeList> {
    const answers = await this.#calls.ofOthers('ping', [], { timeoutMs: pingTimeoutMs });
    const errors = answers.flatMap(({ node, result }) =>
      result.ok ? [] : [[node.nodeId, result.error.message] as const],
    );
    return nodeList(this.#cluster, this.#broker.topics, new Map(errors));
  }

  async rows(): Promise<Result<readonly ShareGroupRow[]>> {
    const own = await ownRows(this.#broker);
    if (!own.ok) return own;
    const parts = await this.#calls.ofOthers('rows', []);
    const failures = parts.flatMap(({ result }) => (result.ok ? [] : [result.error.message]));
    const others = Map.groupBy(
      parts.flatMap(({ result }) => (result.ok ? result.value : [])),
      (each) => each.row.group,
    );
    return ok(own.value.map((each) => mergeRows(each.row, [each, ...(others.get(each.row.group) ?? [])], failures)));
  }

  /** Of nodes that cannot be asked nothing is known: asking cannot fail. */
  async states(): Promise<Broker['shareGroupStates']> {
    const others = await this.#calls.ofOthers('busyGroups', []);
    const busy = new Set(others.flatMap(({ result }) => (result.ok ? result.value : [])));
    return this.#broker.shareGroupStates.map(({ group, state }) => ({
      group,
      state: busy.has(group) ? 'Stable' : state,
    }));
  }

  async describe(group: string): Promise<Result<ShareGroupDescription>> {
    const own = await ownDescription(this.#broker, group);
    if (!own.ok) return own;
    const parts = await this.#calls.ofOthers('describe', [group]);
    const others: OwnRow[] = [];
    const failures: string[] = [];
    for (const { result } of parts) {
      if (result.ok) others.push(result.value);
      else if (!isUnknownGroup(result.error)) failures.push(result.error.message);
    }
    return ok(mergeRows(own.value.row, [own.value, ...others], failures));
  }

  async windows(group: string): Promise<Result<OfNodes<WindowSummary>>> {
    const own = await this.#broker.windows(group);
    if (!own.ok) return own;
    const rows = own.value.map((row) => ({ ...row, node: this.#cluster.self.nodeId }));
    const others = await this.#calls.ofOthers('windows', [group]);
    for (const { node, result } of others) {
      if (result.ok) for (const row of result.value) rows.push({ ...row, node: node.nodeId });
    }
    return ok({ rows: rows.sort(byPlace), unreachable: unreachableOf(others) });
  }

  async workers(group: string): Promise<Result<OfNodes<WorkerRow>>> {
    const own = await this.#broker.workers(group);
    if (!own.ok) return own;
    const others = await this.#calls.ofOthers('workers', [group]);
    const rows = mergeWorkers([own.value, ...others.flatMap(({ result }) => (result.ok ? [result.value] : []))]);
    return ok({ rows, unreachable: unreachableOf(others) });
  }

  windowPage(request: Parameters<Broker['windowPage']>[0]): Promise<Result<WindowPage>> {
    return this.#calls.ofOwner(request, 'windowPage', [request], () => this.#broker.windowPage(request));
  }

  peek(request: Parameters<Broker['peek']>[0]): Promise<Result<PeekOutcome>> {
    return this.#calls.ofOwner(request, 'peek', [request], () => this.#broker.peek(request));
  }

  /** By the owner: only it knows at every moment where the log ends. */
  read(request: ReadRequest): Promise<Result<ReadOutcome>> {
    return this.#calls.ofOwner(request, 'read', [request], () => this.#broker.read(request));
  }

  /** In the order asked for. */
  async strips(request: StripsRequest): Promise<Result<readonly WindowStrip[]>> {
    const strips: WindowStrip[] = [];
    const places = request.windows.map((window, index) => ({ ...window, index }));
    for (const { part, answer } of await this.#calls.ofOwners(
      places,
      'strips',
      (windows) => [{ ...request, windows }],
      (windows) => this.#broker.live.strips({ ...request, windows }),
    )) {
      if (!answer.ok) return answer;
      part.forEach(({ index }, i) => (strips[index] = answer.value[i]!));
    }
    return ok(strips);
  }

  async history(group: string, minutes: number): Promise<Result<GroupPast>> {
    const own = await this.#broker.live.history(group, minutes);
    if (!own.ok) return own;
    const others = await this.#calls.ofOthers('history', [group, minutes]);
    const histories = others.flatMap(({ result }) => (result.ok ? [result.value.samples] : []));
    const { intervalMs, samples } = own.value;
    return ok({ intervalMs, samples: mergeHistories([samples, ...histories], intervalMs) });
  }

  // ───────────── topics ─────────────

  async topics(): Promise<readonly TopicDescription[]> {
    const own = this.#broker.listTopics();
    const others = await this.#calls.ofOthers('topics', []);
    const byId = Map.groupBy(
      others.flatMap(({ node, result }) =>
        result.ok ? result.value.map((topic) => ({ nodeId: node.nodeId, topic })) : [],
      ),
      ({ topic }) => topic.topicId,
    );
    return own.map((topic) => mergeTopic(this.#cluster, topic, byId.get(topic.topicId) ?? []));
  }

  async topic(name: string): Promise<Result<TopicDescription>> {
    const own = this.#broker.describeTopic(name);
    if (!own.ok) return own;
    const others = await this.#calls.ofOthers('topic', [name]);
    const known = others.flatMap(({ node, result }) =>
      result.ok ? [{ nodeId: node.nodeId, topic: result.value }] : [],
    );
    return ok(
      mergeTopic(
        this.#cluster,
        own.value,
        known.filter(({ topic }) => topic.topicId === own.value.topicId),
      ),
    );
  }
}

/** A topic as the owners of its partitions know it: where each begins and ends is its owner's word. */
export function mergeTopic(
  cluster: Cluster,
  own: TopicDescription,
  others: readonly { readonly nodeId: number; readonly topic: TopicDescription }[],
): TopicDescription {
  const partitions = own.partitions.map((each) => {
    const owner = cluster.ownerOf({ topicId: own.topicId, partition: each.partition })?.nodeId;
    return others.find(({ nodeId }) => nodeId === owner)?.topic.partitions[each.partition] ?? each;
  });
  const sum = (of: (topic: TopicDescription) => number): number =>
    others.reduce((total, { topic }) => total + of(topic), of(own));
  return {
    ...own,
    partitions,
    recordsInPerSecond: sum((topic) => topic.recordsInPerSecond),
    bytesInPerSecond: sum((topic) => topic.bytesInPerSecond),
  };
}

/** Who left something out. One that does not know the group (yet) has nothing of it. */
const unreachableOf = (
  answers: readonly { readonly node: ClusterNode; readonly result: Result<unknown> }[],
): UnreachableNode[] =>
  answers.flatMap(({ node, result }) =>
    result.ok || isUnknownGroup(result.error) ? [] : [leftOut(node, result.error.message)],
  );

export const isUnknownGroup = ({ code }: Rejection): boolean => code === 'GROUP_ID_NOT_FOUND';

export const leftOut = ({ nodeId, httpUrl }: ClusterNode, error: string): UnreachableNode => ({
  nodeId,
  httpUrl,
  error,
});

const byPlace = (a: PartitionPlace, b: PartitionPlace): number =>
  a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1;
