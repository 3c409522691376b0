import type { GroupId, TopicPartition } from '../core/ids.ts';

/** A node of sash, as the others and the clients reach it. */
export interface ClusterNode {
  /** `node.id`: what Kafka clients know it by. No two nodes have the same. */
  readonly nodeId: number;
  /** Base address of its HTTP API, such as `http://10.0.0.1:8080`. */
  readonly httpUrl: string;
  /** Where Kafka clients reach it; null when that door is not open. */
  readonly kafka: { readonly host: string; readonly port: number } | null;
}

/**
 * Both empty: nothing of this node's changed hands, but records may be handed out again, or others' did. What is in both was lost and is this
 * node's again: what was in memory of it no longer counts.
 */
export interface OwnershipChange {
  readonly gained: readonly TopicPartition[];
  readonly lost: readonly TopicPartition[];
}

/**
 * Which node serves which partition. The owner of a partition serves it to all share groups; the coordinator of a group keeps its members
 * and changes its configs. What is told is as of the last assignment: a node may have lost a partition and not know it yet,
 * and then its writes are FENCED by the leader epoch and `mayHandOut` turns false in time.
 */
export interface Cluster {
  readonly self: ClusterNode;
  /** All that are known to be alive, `self` among them, in the order of their ids. */
  nodes(): readonly ClusterNode[];
  /** undefined: nobody, as far as this node knows; it will be somebody soon. */
  ownerOf(partition: TopicPartition): ClusterNode | undefined;
  coordinatorOf(group: GroupId): ClusterNode | undefined;
  /** Turns false before a loss is told, and true only when a gain is told. */
  owns(partition: TopicPartition): boolean;
  /**
   * Whether records of a partition may be handed out by this node at this moment: it owns the partition, and its last successful
   * heartbeat is so recent that nobody else can own it. Cheap, asked before and after the log is read.
   */
  mayHandOut(partition: TopicPartition): boolean;
  /** Whether that heartbeat is so recent: nobody else can own or coordinate what this node believes to be its own. */
  readonly isCurrent: boolean;
  /** Told of each change, one after the other: the next is told when the promise is settled. */
  watch(changed: (change: OwnershipChange) => Promise<void>): void;
}

/**
 * One node, that owns everything for ever.
 *
 * @param self as it is known now: where its doors are is known once they are open
 */
export const soleNode = (self: () => ClusterNode): Cluster => ({
  get self() {
    return self();
  },
  nodes: () => [self()],
  ownerOf: self,
  coordinatorOf: self,
  owns: () => true,
  mayHandOut: () => true,
  isCurrent: true,
  watch: () => {},
});
