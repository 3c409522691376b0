import type { Broker } from '../broker/broker.ts';
import type { FeedChange } from '../broker/feed-change.ts';
import type { Journal } from '../broker/journal.ts';
import type { UnreachableNode } from '../broker/nodes.ts';
import type { Rejection } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { hasEnded } from '../ports/operation-queue.ts';
import { isUnknownGroup, leftOut } from './cluster-looking.ts';
import { ownChanges } from './own-changes.ts';
import type { Peers } from './peers.ts';

/** One node's part of what is watched. */
interface Part<State> {
  state: State;
  lastId: string | null;
  error: Rejection | null;
  /** The question that is on its way. */
  asked: Promise<void> | undefined;
}

/** For how long a look waits for the nodes; what comes later is in the next one, ms. */
const patienceMs = 200;
const firstPatienceMs = 1_000;
const answerTimeoutMs = 5_000;

/** What the nodes tell of the same thing, each of what it owns: asked at each look, kept as it came. */
export class FeedParts<State> {
  readonly #parts = new Map<number, Part<State>>();
  readonly #group: string | null;
  readonly #surroundings: {
    readonly broker: Broker;
    readonly peers: Peers;
    readonly cluster: Cluster;
    readonly clock: Clock;
  };
  readonly #empty: () => State;
  readonly #take: (state: State, change: FeedChange, nodeId: number) => void;
  /** Who was told to be unreachable, as text. */
  #toldUnreachable = '[]';

  /** @param take brings one change into a node's state */
  constructor(
    group: string | null,
    surroundings: { readonly broker: Broker; readonly peers: Peers; readonly cluster: Cluster; readonly clock: Clock },
    empty: () => State,
    take: (state: State, change: FeedChange, nodeId: number) => void,
  ) {
    this.#group = group;
    this.#surroundings = surroundings;
    this.#empty = empty;
    this.#take = take;
  }

  /** Asks all nodes that are not being asked already, and waits for them for a moment. */
  async ask(): Promise<void> {
    const { cluster, clock } = this.#surroundings;
    const nodes = cluster.nodes();
    const isFirst = this.#parts.size === 0;
    for (const nodeId of this.#parts.keys()) {
      if (!nodes.some((each) => each.nodeId === nodeId)) this.#parts.delete(nodeId);
    }
    const asked = nodes.map(async (node) => {
      const { nodeId } = node;
      let part = this.#parts.get(nodeId);
      if (part === undefined) {
        this.#parts.set(nodeId, (part = { state: this.#empty(), lastId: null, error: null, asked: undefined }));
      }
      const asking = part;
      asking.asked ??= this.#askNode(nodeId, asking).finally(() => (asking.asked = undefined));
      await asking.asked;
    });
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = clock.schedule(isFirst ? firstPatienceMs : patienceMs, resolve);
    await Promise.race([Promise.all(asked), late]);
    timer.cancel();
  }

  async #askNode(nodeId: number, part: Part<State>): Promise<void> {
    const { broker, peers, cluster } = this.#surroundings;
    const node = cluster.nodes().find((each) => each.nodeId === nodeId);
    if (node === undefined) return;
    const { lastId } = part;
    const answer =
      nodeId === cluster.self.nodeId
        ? await ownChanges(broker, this.#group, lastId)
        : await peers.call(node, 'changes', [this.#group, lastId], { timeoutMs: answerTimeoutMs });
    if (!answer.ok) {
      part.error = answer.error;
      return;
    }
    part.error = null;
    part.lastId = answer.value.lastId;
    for (const change of answer.value.changes) {
      // A snapshot is all there is.
      if (change.kind === 'overview' || change.kind === 'group-overview') part.state = this.#empty();
      this.#take(part.state, change, nodeId);
    }
  }

  get own(): { readonly state: State; readonly error: Rejection | null } | undefined {
    return this.#parts.get(this.#surroundings.cluster.self.nodeId);
  }

  /** What is known of these is as they told it last, or nothing. */
  get unreachable(): readonly UnreachableNode[] {
    const { cluster } = this.#surroundings;
    return cluster.nodes().flatMap((node) => {
      const part = this.#parts.get(node.nodeId);
      if (part === undefined || node.nodeId === cluster.self.nodeId) return [];
      if (part.error !== null) return isUnknownGroup(part.error) ? [] : [leftOut(node, part.error.message)];
      const silent = `Node ${node.nodeId} at ${node.httpUrl} has not answered yet.`;
      return part.lastId === null ? [leftOut(node, silent)] : [];
    });
  }

  tellUnreachable(journal: Journal<FeedChange>): void {
    const nodes = this.unreachable;
    const text = JSON.stringify(nodes);
    if (text === this.#toldUnreachable) return;
    this.#toldUnreachable = text;
    journal.set('unreachable', { kind: 'unreachable', nodes });
  }

  /** With the own one, by node. */
  get all(): readonly { readonly nodeId: number; readonly state: State; readonly error: Rejection | null }[] {
    return [...this.#parts].map(([nodeId, part]) => ({ nodeId, state: part.state, error: part.error }));
  }
}

/** What happened once, at one node; an operation in the background goes on, and replaces what was told of it before. */
export const tellLine = (journal: Journal<FeedChange>, change: FeedChange): void => {
  if (change.kind !== 'operation') return journal.line(change);
  const key = `operation ${change.operation.id}`;
  journal.set(key, change);
  if (hasEnded(change.operation)) journal.remove(key, change);
};
