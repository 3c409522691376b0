import { errorCodes } from '../codec/error-codes.ts';
import type { NodeIdentity } from './kafka-settings.ts';

/** Of every partition, for ever: in a cluster that is one node there is no other leader. */
export const leaderEpoch = 0;

/** The error of a request that believes in another leader epoch (-1: says nothing), as Partition.checkCurrentLeaderEpoch in Kafka. */
export const leaderEpochError = (currentLeaderEpoch: number): number => {
  if (currentLeaderEpoch === -1 || currentLeaderEpoch === leaderEpoch) return errorCodes.NONE;
  return currentLeaderEpoch < leaderEpoch ? errorCodes.FENCED_LEADER_EPOCH : errorCodes.UNKNOWN_LEADER_EPOCH;
};

/** What clients are told of a partition: its only replica is here. */
export const placementOf = ({ nodeId }: NodeIdentity) => ({
  leaderId: nodeId,
  leaderEpoch,
  replicaNodes: [nodeId],
  isrNodes: [nodeId],
  offlineReplicas: [],
});
