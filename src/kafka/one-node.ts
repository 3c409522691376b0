import type { NodeIdentity } from './kafka-settings.ts';

/** What clients are told of a partition in a cluster that is one node: its only replica is here, in the epoch that never changes. */
export const placementOf = ({ nodeId }: NodeIdentity) => ({
  leaderId: nodeId,
  leaderEpoch: 0,
  replicaNodes: [nodeId],
  isrNodes: [nodeId],
  offlineReplicas: [],
});
