import type { TopicCatalog } from '../broker/topics.ts';
import { type Result, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, ClusterNode } from '../ports/cluster.ts';
import type { OwnershipView } from './ownership-view.ts';
import type { PeerArguments, PeerMethod, PeerValue } from './peer-methods.ts';
import { type CallOptions, type Peers, isUnreachable } from './peers.ts';

interface Surroundings {
  readonly peers: Peers;
  readonly cluster: Cluster;
  readonly topics: TopicCatalog;
  readonly view: OwnershipView;
  readonly clock: Clock;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** How long a partition that nobody has, or somebody else by now, is waited for, ms. */
const moveMs = 2_000;

/** Sends calls to the nodes that own what they are about. */
export class OwnerCalls {
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  #isSelf({ nodeId }: ClusterNode): boolean {
    return nodeId === this.#surroundings.cluster.self.nodeId;
  }

  get others(): readonly ClusterNode[] {
    return this.#surroundings.cluster.nodes().filter((each) => !this.#isSelf(each));
  }

  /** Asks all other nodes. */
  async ofOthers<M extends PeerMethod>(
    method: M,
    args: PeerArguments<M>,
    options: CallOptions = {},
  ): Promise<readonly { readonly node: ClusterNode; readonly result: Result<PeerValue<M>> }[]> {
    const { peers } = this.#surroundings;
    return await Promise.all(
      this.others.map(async (node) => ({ node, result: await peers.call(node, method, args, options) })),
    );
  }

  /** undefined: there is no such partition, or nobody has it. */
  ownerOf({ topic: name, partition }: Place): ClusterNode | undefined {
    const topic = this.#surroundings.topics.find(name);
    return topic.ok ? this.#surroundings.cluster.ownerOf({ topicId: topic.value.id, partition }) : undefined;
  }

  #exists({ topic: name, partition }: Place): boolean {
    const topic = this.#surroundings.topics.find(name);
    return topic.ok && partition >= 0 && partition < topic.value.stored.partitionCount;
  }

  /** Asks the owner of a partition, once more where it has moved. What does not exist is refused here. */
  async ofOwner<M extends PeerMethod>(
    place: Place,
    method: M,
    args: PeerArguments<M>,
    here: () => Promise<Result<PeerValue<M>>>,
  ): Promise<Result<PeerValue<M>>> {
    const { view, clock, peers } = this.#surroundings;
    if (!this.#exists(place)) return await here();
    const ask = (): Promise<Result<PeerValue<M>>> => {
      const owner = this.ownerOf(place);
      if (owner === undefined) return Promise.resolve(nobody(place));
      return this.#isSelf(owner) ? here() : peers.call(owner, method, args);
    };
    const before = view.changed;
    const first = await ask();
    if (first.ok || !mayMove(first)) return first;
    if (!before.aborted) await view.nextChange(moveMs, clock);
    return await ask();
  }

  /** Asks the owners of several partitions, each about its own. What does not exist is refused here. */
  async ofOwners<M extends PeerMethod, P extends Place>(
    places: readonly P[],
    method: M,
    argsOf: (part: readonly P[]) => PeerArguments<M>,
    here: (part: readonly P[]) => Promise<Result<PeerValue<M>>>,
  ): Promise<readonly { readonly part: readonly P[]; readonly answer: Result<PeerValue<M>> }[]> {
    const { peers, cluster } = this.#surroundings;
    const parts = Map.groupBy(places, (place) => (this.#exists(place) ? this.ownerOf(place) : cluster.self));
    return await Promise.all(
      [...parts].map(async ([owner, part]) => {
        if (owner === undefined) return { part, answer: nobody(part[0]!) };
        const answer = this.#isSelf(owner) ? await here(part) : await peers.call(owner, method, argsOf(part));
        return { part, answer };
      }),
    );
  }
}

const nobody = ({ topic, partition }: Place) =>
  reject('NOT_OWNER', `${topic}-${partition} is owned by no node at this moment: it is moving. Ask again.`);

const mayMove = (result: Result<unknown>): boolean =>
  !result.ok &&
  (result.error.code === 'NOT_OWNER' || (isUnreachable(result.error) && result.error.code !== 'OUTCOME_UNKNOWN'));
