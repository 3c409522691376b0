import type { NodeIdentity } from './kafka-settings.ts';

/** What clients are told about a cluster that is one node: it leads everything, and nobody is refused anything. */

/** Of a partition: its only replica is here, in the epoch that never changes. */
export const placementOf = ({ nodeId }: NodeIdentity) => ({
  leaderId: nodeId,
  leaderEpoch: 0,
  replicaNodes: [nodeId],
  isrNodes: [nodeId],
  offlineReplicas: [],
});

/** What Kafka says where the operations that are allowed were not asked for. */
const operationsNotAsked = -2_147_483_648;

/** All that Kafka lets be done with a kind of resource (AclEntry.supportedOperations): bit n is AclOperation n. */
const allOperations = {
  /** Read, write, create, delete, alter, describe, describe and alter configs. */
  topic: 3_576,
  /** Create, alter, describe, cluster action, describe and alter configs, idempotent write. */
  cluster: 8_096,
} as const;

export const operationsAllowed = (on: keyof typeof allOperations, isAsked: boolean): number =>
  isAsked ? allOperations[on] : operationsNotAsked;
