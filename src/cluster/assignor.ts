import type { TopicId, TopicPartition } from '../core/ids.ts';

/** The ids of the nodes that own a topic's partitions, by partition; -1: nobody. */
export type Owners = ReadonlyMap<TopicId, readonly number[]>;

export interface TopicToAssign {
  readonly topicId: TopicId;
  readonly partitions: number;
}

/**
 * Which node owns which partition. Depends on nothing but its arguments. Numbers of partitions differ by one at most; as few as that
 * allows change hands; and where there is a choice, a topic's partitions are spread over the nodes.
 *
 * @param nodeIds at least one
 * @param previous who owned what before: nodes that are gone, and partitions that are no more, do not count
 */
export function assign(nodeIds: readonly number[], topics: readonly TopicToAssign[], previous: Owners): Owners {
  const nodes = nodeIds.toSorted((a, b) => a - b).map((nodeId) => new Share(nodeId));
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const open: TopicPartition[] = [];
  for (const { topicId, partitions } of topics.toSorted((a, b) => (a.topicId < b.topicId ? -1 : 1))) {
    const before = previous.get(topicId) ?? [];
    for (let partition = 0; partition < partitions; partition++) {
      const owner = byId.get(before[partition] ?? -1);
      if (owner === undefined) open.push({ topicId, partition });
      else owner.add({ topicId, partition });
    }
  }
  const total = topics.reduce((sum, each) => sum + each.partitions, 0);
  const least = Math.floor(total / nodes.length);
  // Those that have most may keep the one that is left over.
  const larger = new Set(
    nodes.toSorted((a, b) => b.size - a.size || a.nodeId - b.nodeId).slice(0, total % nodes.length),
  );
  const roomOf = (node: Share): number => least + (larger.has(node) ? 1 : 0) - node.size;
  for (const node of nodes) while (roomOf(node) < 0) open.push(node.giveUp());
  for (const each of open) {
    const best = nodes
      .filter((node) => roomOf(node) > 0)
      .reduce((a, b) =>
        (a.of(each.topicId) - b.of(each.topicId) || a.size - b.size || a.nodeId - b.nodeId) <= 0 ? a : b,
      );
    best.add(each);
  }
  const owners = new Map(
    topics.map(({ topicId, partitions }) => [topicId, Array.from({ length: partitions }, () => -1)]),
  );
  for (const node of nodes) {
    for (const [topicId, partitions] of node.topics)
      for (const each of partitions) owners.get(topicId)![each] = node.nodeId;
  }
  return owners;
}

/** What one node has. */
class Share {
  readonly nodeId: number;
  readonly topics = new Map<TopicId, number[]>();
  size = 0;

  constructor(nodeId: number) {
    this.nodeId = nodeId;
  }

  of(topicId: TopicId): number {
    return this.topics.get(topicId)?.length ?? 0;
  }

  add({ topicId, partition }: TopicPartition): void {
    const partitions = this.topics.get(topicId);
    if (partitions === undefined) this.topics.set(topicId, [partition]);
    else partitions.push(partition);
    this.size++;
  }

  /** The last partition of the topic that it has most of. */
  giveUp(): TopicPartition {
    let most: { readonly topicId: TopicId; readonly partitions: number[] } | undefined;
    for (const [topicId, partitions] of this.topics) {
      if (partitions.length > (most?.partitions.length ?? 0)) most = { topicId, partitions };
    }
    this.size--;
    return { topicId: most!.topicId, partition: most!.partitions.pop()! };
  }
}
