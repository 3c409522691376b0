import { errorCodes } from '../codec/error-codes.ts';
import type { Rejection } from '../core/errors.ts';
import { type TopicPartition, groupId } from '../core/ids.ts';
import { reject } from '../core/result.ts';
import type { ClusterNode } from '../ports/cluster.ts';
import type { DoorContext } from './served-api.ts';

/** Who is who in the cluster, as clients are told: the owner of a partition is its leader. */
type View = Pick<DoorContext, 'cluster' | 'node'>;

/** A node with the address of its Kafka door. */
export interface Endpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** undefined: no client of Kafka's protocol reaches it. Of this node the door knows best, which has just been reached. */
const endpointOf = ({ cluster, node }: View, { nodeId, kafka }: ClusterNode): Endpoint | undefined => {
  if (nodeId === cluster.self.nodeId) return { nodeId: node.nodeId, host: node.host, port: node.port };
  return kafka === null ? undefined : { nodeId, ...kafka };
};

/** All nodes, in the order of their ids. */
export const endpointsOf = (view: View): readonly Endpoint[] =>
  view.cluster.nodes().flatMap((each) => endpointOf(view, each) ?? []);

/** Any node does what a controller would; clients are told the same one wherever they ask. */
export const controllerOf = (view: View): number => endpointsOf(view)[0]?.nodeId ?? view.node.nodeId;

/** The node that serves a partition; undefined while it moves. */
const leaderOf = (view: View, partition: TopicPartition): Endpoint | undefined => {
  const owner = view.cluster.ownerOf(partition);
  return owner === undefined ? undefined : endpointOf(view, owner);
};

/** What clients are told of a partition: its only replica is at its owner. LEADER_NOT_AVAILABLE while it moves. */
export const placementOf = (view: Pick<DoorContext, 'broker' | 'cluster' | 'node'>, partition: TopicPartition) => {
  const leader = leaderOf(view, partition);
  const replicas = leader === undefined ? [] : [leader.nodeId];
  return {
    errorCode: leader === undefined ? errorCodes.LEADER_NOT_AVAILABLE : errorCodes.NONE,
    leaderId: leader?.nodeId ?? -1,
    leaderEpoch: view.broker.logs.leaderEpoch(partition),
    replicaNodes: replicas,
    isrNodes: replicas,
    offlineReplicas: [],
  };
};

/** The error of a request that believes in another leader epoch (-1: says nothing), as Partition.checkCurrentLeaderEpoch in Kafka. */
export const leaderEpochError = (currentLeaderEpoch: number, leaderEpoch: number): number => {
  if (currentLeaderEpoch === -1 || currentLeaderEpoch === leaderEpoch) return errorCodes.NONE;
  return currentLeaderEpoch < leaderEpoch ? errorCodes.FENCED_LEADER_EPOCH : errorCodes.UNKNOWN_LEADER_EPOCH;
};

/** Answers of partitions that have moved say who has them, so that a client need not ask for metadata first (KIP-951). */
export class MovedLeaders {
  readonly #view: Pick<DoorContext, 'broker' | 'cluster' | 'node'>;
  readonly #endpoints = new Map<number, Endpoint>();

  constructor(view: Pick<DoorContext, 'broker' | 'cluster' | 'node'>) {
    this.#view = view;
  }

  /** -1 and -1 where it has not moved, or nobody has it. */
  of(partition: TopicPartition, error: Rejection | null): { readonly leaderId: number; readonly leaderEpoch: number } {
    const leader = error?.code === 'NOT_OWNER' ? leaderOf(this.#view, partition) : undefined;
    if (leader === undefined || leader.nodeId === this.#view.node.nodeId) return noLeader;
    this.#endpoints.set(leader.nodeId, leader);
    return { leaderId: leader.nodeId, leaderEpoch: this.#view.broker.logs.leaderEpoch(partition) };
  }

  /** Of those that were named. */
  get endpoints(): readonly (Endpoint & { readonly rack: null })[] {
    return [...this.#endpoints.values()].map((each) => ({ ...each, rack: null }));
  }
}

const noLeader = { leaderId: -1, leaderEpoch: -1 } as const;

/** undefined while the group moves. */
export const coordinatorOf = (view: View, group: string): Endpoint | undefined => {
  const coordinator = view.cluster.coordinatorOf(groupId(group));
  return coordinator === undefined ? undefined : endpointOf(view, coordinator);
};

/** Why a request about a group is not answered here; undefined: this node coordinates it. */
export const notCoordinator = (view: View, group: string): Rejection | undefined => {
  const coordinator = view.cluster.coordinatorOf(groupId(group));
  if (coordinator?.nodeId === view.cluster.self.nodeId) return undefined;
  const whose = coordinator === undefined ? 'no node at this moment' : `node ${coordinator.nodeId}`;
  return reject('NOT_COORDINATOR', `Share group "${group}" is coordinated by ${whose}.`).error;
};
