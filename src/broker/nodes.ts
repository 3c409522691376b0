import { type Result, ok } from '../core/result.ts';
import type { Cluster, ClusterNode } from '../ports/cluster.ts';
import type { WindowSummary, WorkerRow } from './requests.ts';
import type { TopicCatalog } from './topics.ts';

/** A node as another one sees it at this moment. */
export interface NodeRow extends ClusterNode {
  /** The one that was asked. */
  readonly isSelf: boolean;
  /** How many partitions it owns, of all topics together. */
  readonly partitions: number;
  /** Why it could not be reached just now, for people; null: it was. */
  readonly error: string | null;
}

export interface NodeList {
  /** In the order of their ids. */
  readonly nodes: readonly NodeRow[];
  /** Partitions that no node owns at this moment: they are moving. */
  readonly unowned: number;
}

/** One that could not be asked: what it has is left out of an answer. */
export interface UnreachableNode extends Pick<ClusterNode, 'nodeId' | 'httpUrl'> {
  /** Why, for people. */
  readonly error: string;
}

/** What the nodes have of something. */
export interface OfNodes<Row> {
  readonly rows: readonly Row[];
  /** In the order of their ids; none: nothing is left out. */
  readonly unreachable: readonly UnreachableNode[];
}

/** The nodes that there are, and what they have together. That one does not answer fails nothing: it is told. */
export interface Nodes {
  list(): Promise<NodeList>;
  windows(group: string): Promise<Result<OfNodes<WindowSummary>>>;
  workers(group: string): Promise<Result<OfNodes<WorkerRow>>>;
}

/**
 * Who is there and owns how much, as this node knows it.
 *
 * @param errors by node: why it could not be reached
 */
export function nodeList(cluster: Cluster, topics: TopicCatalog, errors: ReadonlyMap<number, string>): NodeList {
  const { self } = cluster;
  const owned = new Map<number, number>();
  let unowned = 0;
  for (const { id, stored } of topics.all) {
    for (let partition = 0; partition < stored.partitionCount; partition++) {
      const owner = cluster.ownerOf({ topicId: id, partition });
      if (owner === undefined) unowned++;
      else owned.set(owner.nodeId, (owned.get(owner.nodeId) ?? 0) + 1);
    }
  }
  // One that is not admitted (yet) is there all the same: it was asked.
  const others = cluster.nodes().filter(({ nodeId }) => nodeId !== self.nodeId);
  const nodes = [self, ...others]
    .map((node) => ({
      ...node,
      isSelf: node === self,
      partitions: owned.get(node.nodeId) ?? 0,
      error: errors.get(node.nodeId) ?? null,
    }))
    .toSorted((a, b) => a.nodeId - b.nodeId);
  return { nodes, unowned };
}

interface OwnNode {
  readonly topics: TopicCatalog;
  windows(group: string): Promise<Result<readonly WindowSummary[]>>;
  workers(group: string): Promise<Result<readonly WorkerRow[]>>;
}

/** Of one node, which has nobody else to ask. */
export const ownNodes = (own: OwnNode, cluster: Cluster): Nodes => ({
  list: async () => nodeList(cluster, own.topics, new Map()),
  windows: async (group) => complete(await own.windows(group)),
  workers: async (group) => complete(await own.workers(group)),
});

const complete = <Row>(rows: Result<readonly Row[]>): Result<OfNodes<Row>> =>
  rows.ok ? ok({ rows: rows.value, unreachable: [] }) : rows;
