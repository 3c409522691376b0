import { type GroupId, type TopicPartition, topicPartitionText } from '../../src/core/ids.ts';
import type { Cluster, ClusterNode, OwnershipChange } from '../../src/ports/cluster.ts';

/** Who owns what, among nodes of one process, as told. */
export class MemoryCluster {
  readonly #owners = new Map<string, number>();
  readonly #nodes = new Map<number, MemoryNode>();
  /** Of all groups. */
  coordinator = 1;

  node(nodeId: number): MemoryNode {
    let node = this.#nodes.get(nodeId);
    if (node === undefined) {
      const self = { nodeId, httpUrl: `http://10.0.0.${nodeId}:8080`, kafka: null };
      this.#nodes.set(nodeId, (node = new MemoryNode(self, this)));
    }
    return node;
  }

  get nodes(): readonly ClusterNode[] {
    return [...this.#nodes.values()].map(({ self }) => self);
  }

  ownerOf(partition: TopicPartition): number | undefined {
    return this.#owners.get(topicPartitionText(partition));
  }

  /** Gives partitions to a node; who had them is told, then the new owner, then the others, for whom nothing changes hands. */
  async give(partitions: readonly TopicPartition[], to: number): Promise<void> {
    const lost = Map.groupBy(partitions, (each) => this.ownerOf(each));
    for (const each of partitions) this.#owners.set(topicPartitionText(each), to);
    for (const [nodeId, of] of lost) if (nodeId !== undefined) await this.node(nodeId).tell({ gained: [], lost: of });
    await this.node(to).tell({ gained: partitions, lost: [] });
    for (const [nodeId, node] of this.#nodes) {
      if (nodeId !== to && !lost.has(nodeId)) await node.tell({ gained: [], lost: [] });
    }
  }

  /** Nobody has it; who had it is told. */
  async take(partition: TopicPartition): Promise<void> {
    const before = this.ownerOf(partition);
    this.#owners.delete(topicPartitionText(partition));
    if (before !== undefined) await this.node(before).tell({ gained: [], lost: [partition] });
  }

  /** Gives a partition to a node without telling who had it, which is paused, say. */
  async steal(partition: TopicPartition, to: number): Promise<void> {
    const before = this.ownerOf(partition);
    this.#owners.set(topicPartitionText(partition), to);
    if (before !== undefined) this.node(before).believes.add(topicPartitionText(partition));
    await this.node(to).tell({ gained: [partition], lost: [] });
  }
}

export class MemoryNode implements Cluster {
  readonly self: ClusterNode;
  readonly #cluster: MemoryCluster;
  readonly #watchers: ((change: OwnershipChange) => Promise<void>)[] = [];
  /** What it owned once, and does not know that it owns no more. */
  readonly believes = new Set<string>();
  /** Its last heartbeat is recent enough. */
  beats = true;

  constructor(self: ClusterNode, cluster: MemoryCluster) {
    this.self = self;
    this.#cluster = cluster;
  }

  nodes(): readonly ClusterNode[] {
    return this.#cluster.nodes;
  }

  ownerOf(partition: TopicPartition): ClusterNode | undefined {
    const nodeId = this.#cluster.ownerOf(partition);
    return nodeId === undefined ? undefined : this.#cluster.node(nodeId).self;
  }

  coordinatorOf(_group: GroupId): ClusterNode {
    return this.#cluster.node(this.#cluster.coordinator).self;
  }

  owns(partition: TopicPartition): boolean {
    const text = topicPartitionText(partition);
    return this.#cluster.ownerOf(partition) === this.self.nodeId || this.believes.has(text);
  }

  mayHandOut(partition: TopicPartition): boolean {
    return this.isCurrent && this.owns(partition);
  }

  get isCurrent(): boolean {
    return this.beats;
  }

  watch(changed: (change: OwnershipChange) => Promise<void>): void {
    this.#watchers.push(changed);
  }

  async tell(change: OwnershipChange): Promise<void> {
    for (const each of change.lost) this.believes.delete(topicPartitionText(each));
    for (const watcher of this.#watchers) await watcher(change);
  }
}
