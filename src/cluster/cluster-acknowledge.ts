import type { Broker } from '../broker/broker.ts';
import type { AcknowledgeResult, Acknowledgement } from '../broker/requests.ts';
import type { Rejection } from '../core/errors.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, ClusterNode } from '../ports/cluster.ts';
import type { OwnershipView } from './ownership-view.ts';
import { type Peers, isUnreachable } from './peers.ts';

interface Surroundings {
  readonly broker: Broker;
  readonly peers: Peers;
  readonly cluster: Cluster;
  readonly view: OwnershipView;
  readonly clock: Clock;
}

/** How long partitions that nobody has are waited for, ms. */
const moveMs = 2_000;

interface Item {
  readonly index: number;
  readonly acknowledgement: Acknowledgement;
}

/** Settles leases at the nodes that have their partitions: one result for each, in order. */
export class ClusterAcknowledge {
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  async acknowledge(
    group: string,
    acknowledgements: readonly Acknowledgement[],
  ): Promise<Result<readonly AcknowledgeResult[]>> {
    const { broker, view, clock } = this.#surroundings;
    // Whether there is such a group, and that this node takes requests.
    if (acknowledgements.length === 0) return await broker.acknowledge(group, acknowledgements);
    const items = acknowledgements.map((acknowledgement, index) => ({ index, acknowledgement }));
    const results: AcknowledgeResult[] = [];
    const before = view.changed;
    let refused = await this.#send(group, items, results);
    const again = items.filter((item) => this.#isElsewhere(item, results[item.index]!));
    if (again.length > 0) {
      // Whoever said so may know of a change that has not come here yet.
      if (!before.aborted) await view.nextChange(moveMs, clock);
      refused = (await this.#send(group, again, results)) ?? refused;
    }
    // Nothing was done of it, for one reason: the request as a whole is refused.
    const isWhole = refused !== undefined && results.every((each) => each.status === 'error' && each.error === refused);
    return isWhole ? { ok: false, error: refused! } : ok(results);
  }

  /** Nothing was done of it, and somebody else has the partition or will have it soon: also where another node is stopping. */
  #isElsewhere({ acknowledgement }: Item, result: AcknowledgeResult): boolean {
    if (result.status !== 'error') return false;
    const { code } = result.error;
    if (code === 'SHUTTING_DOWN') {
      const { cluster } = this.#surroundings;
      return cluster.ownerOf(acknowledgement.lease)?.nodeId !== cluster.self.nodeId;
    }
    return code !== 'OUTCOME_UNKNOWN' && (code === 'NOT_OWNER' || isUnreachable(result.error));
  }

  /** @returns why a node refused its part as a whole, if one did */
  async #send(group: string, items: readonly Item[], results: AcknowledgeResult[]): Promise<Rejection | undefined> {
    const { broker, cluster, peers } = this.#surroundings;
    const byOwner = Map.groupBy(items, ({ acknowledgement }) => cluster.ownerOf(acknowledgement.lease));
    let refused: Rejection | undefined;
    const send = async (owner: ClusterNode | undefined, part: readonly Item[]): Promise<void> => {
      const theirs = part.map((each) => each.acknowledgement);
      const answer =
        owner === undefined
          ? nobody
          : owner.nodeId === cluster.self.nodeId
            ? await broker.acknowledge(group, theirs)
            : await peers.call(owner, 'acknowledge', [group, theirs]);
      if (!answer.ok && owner !== undefined && !isUnreachable(answer.error)) refused = answer.error;
      part.forEach(({ index }, i) => {
        results[index] = answer.ok ? answer.value[i]! : { status: 'error', error: answer.error };
      });
    };
    await Promise.all([...byOwner].map(([owner, part]) => send(owner, part)));
    return refused;
  }
}

const nobody = reject('NOT_OWNER', 'No node has the partition at this moment: it is moving. Ask again.');
