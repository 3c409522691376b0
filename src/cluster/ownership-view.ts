import type { TopicCatalog } from '../broker/topics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, ClusterNode } from '../ports/cluster.ts';

/** Who owns what of a topic. */
export interface TopicOwners {
  /** Whether there is a partition of this node's. */
  readonly isOwn: boolean;
  /** The other nodes that own partitions, in the order of their ids. */
  readonly others: readonly ClusterNode[];
  /** Partitions that nobody owns, as far as this node knows. */
  readonly orphans: readonly number[];
}

/** Who owns what, remembered until it changes; and a signal when it does. */
export class OwnershipView {
  readonly #cluster: Cluster;
  readonly #topics: TopicCatalog;
  #byTopic = new Map<string, { readonly partitionCount: number; readonly owners: TopicOwners }>();
  #changed = new AbortController();

  constructor(cluster: Cluster, topics: TopicCatalog) {
    this.#cluster = cluster;
    this.#topics = topics;
    cluster.watch(async () => this.#forget());
  }

  #forget(): void {
    this.#byTopic.clear();
    const before = this.#changed;
    this.#changed = new AbortController();
    before.abort();
  }

  /** Aborted at the next change. */
  get changed(): AbortSignal {
    return this.#changed.signal;
  }

  /** Resolves at the next change, or when the time is up. */
  async nextChange(withinMs: number, clock: Clock, signal?: AbortSignal | null): Promise<void> {
    const { changed } = this;
    if (changed.aborted || signal?.aborted === true || withinMs <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => resolve();
    const timer = clock.schedule(withinMs, done);
    changed.addEventListener('abort', done);
    signal?.addEventListener('abort', done);
    await promise;
    timer.cancel();
    changed.removeEventListener('abort', done);
    signal?.removeEventListener('abort', done);
  }

  /** Of a topic that is known; undefined where there is none. */
  ownersOf(name: string): TopicOwners | undefined {
    const topic = this.#topics.find(name);
    if (!topic.ok) return undefined;
    const { id, stored } = topic.value;
    const known = this.#byTopic.get(id);
    if (known?.partitionCount === stored.partitionCount) return known.owners;
    const others = new Map<number, ClusterNode>();
    const orphans: number[] = [];
    let isOwn = false;
    for (let partition = 0; partition < stored.partitionCount; partition++) {
      const owner = this.#cluster.ownerOf({ topicId: id, partition });
      if (owner === undefined) orphans.push(partition);
      else if (owner.nodeId === this.#cluster.self.nodeId) isOwn = true;
      else others.set(owner.nodeId, owner);
    }
    const owners = { isOwn, others: [...others.values()].sort((a, b) => a.nodeId - b.nodeId), orphans };
    this.#byTopic.set(id, { partitionCount: stored.partitionCount, owners });
    return owners;
  }

  /** Of several topics together. */
  ownersOfAll(names: readonly string[]): Omit<TopicOwners, 'orphans'> {
    const [first, ...rest] = names.map((name) => this.ownersOf(name)).filter((each) => each !== undefined);
    if (first === undefined) return { isOwn: false, others: [] };
    if (rest.length === 0) return first;
    const all = [first, ...rest];
    const others = new Map(all.flatMap((each) => each.others.map((node) => [node.nodeId, node])));
    return {
      isOwn: all.some((each) => each.isOwn),
      others: [...others.values()].sort((a, b) => a.nodeId - b.nodeId),
    };
  }
}
