import type { Rejection } from '../core/errors.ts';
import { type GroupId, type TopicPartition, topicPartitionText } from '../core/ids.ts';
import { reject } from '../core/result.ts';
import type { Cluster, ClusterNode } from '../ports/cluster.ts';
import type { StorageHealth } from '../ports/storage-health.ts';
import { rejectionOf } from './faults.ts';

/**
 * What this node serves: what the cluster says it owns, without what it has been given and has not opened yet. An answer
 * for one of those would be wrong: its windows are not there, which looks as if the group had never read it.
 */
export class Ownership {
  readonly #cluster: Cluster;
  readonly #health: StorageHealth;
  readonly #opening = new Set<string>();

  constructor({ cluster, health }: { readonly cluster: Cluster; readonly health: StorageHealth }) {
    this.#cluster = cluster;
    this.#health = health;
  }

  owns(partition: TopicPartition): boolean {
    return (
      this.#cluster.owns(partition) && (this.#opening.size === 0 || !this.#opening.has(topicPartitionText(partition)))
    );
  }

  /** Whether records may be handed out at this moment. */
  mayHandOut(partition: TopicPartition): boolean {
    return this.#cluster.mayHandOut(partition) && this.#health.trouble()?.code !== 'STATE_LOST';
  }

  /** Why nobody hands out anything: acquiring writes nothing that a store which has lost state could refuse. undefined: it has lost none. */
  get stateLost(): Rejection | undefined {
    const trouble = this.#health.trouble();
    return trouble?.code === 'STATE_LOST' ? rejectionOf(trouble) : undefined;
  }

  coordinates(group: GroupId): boolean {
    return this.#cluster.coordinatorOf(group)?.nodeId === this.#cluster.self.nodeId;
  }

  /** Whether what this node believes to coordinate can be nobody else's by now: not when it wakes up from a long pause. */
  get isCurrent(): boolean {
    return this.#cluster.isCurrent;
  }

  /** By a node that is known, which is not this one. */
  isCoordinatedElsewhere(group: GroupId): boolean {
    const coordinator = this.#cluster.coordinatorOf(group);
    return coordinator !== undefined && coordinator.nodeId !== this.#cluster.self.nodeId;
  }

  /** They are this node's, and being opened. */
  opening(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#opening.add(topicPartitionText(each));
  }

  opened(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#opening.delete(topicPartitionText(each));
  }

  /** What is wrong with asking this node for the partition of the topic of this name; undefined where nothing is. */
  refusal(topic: string, partition: TopicPartition): Rejection | undefined {
    return this.owns(partition) ? undefined : this.notOwner(topic, partition);
  }

  /** @param topic its name, for people */
  notOwner(topic: string, partition: TopicPartition): Rejection {
    const owner = this.#cluster.ownerOf(partition);
    return reject('NOT_OWNER', `${topic}-${partition.partition} ${this.#whose(owner, 'owned by')}`).error;
  }

  notCoordinator(group: GroupId): Rejection {
    const coordinator = this.#cluster.coordinatorOf(group);
    return reject('NOT_COORDINATOR', `Share group "${group}" ${this.#whose(coordinator, 'coordinated by')}`).error;
  }

  #whose(node: ClusterNode | undefined, verb: string): string {
    if (node === undefined) return `is ${verb} no node at this moment; ask again.`;
    if (node.nodeId === this.#cluster.self.nodeId) return 'is being taken over by this node at this moment; ask again.';
    return `is ${verb} node ${node.nodeId} (${node.httpUrl}); ask there.`;
  }
}
