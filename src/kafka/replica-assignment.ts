import { errorCodes } from '../codec/error-codes.ts';
import type { WireError } from './error-number.ts';

/**
 * Partitions that a client places by hand can only be placed on this node. Why the replicas of some are not possible, in
 * Kafka's words (ReplicationControlManager.validateManualPartitionAssignment); undefined: all are.
 */
export const whyNotPlaced = (nodeId: number, replicas: readonly (readonly number[])[]): WireError | undefined => {
  for (const each of replicas) {
    const other = each.find((id) => id !== nodeId);
    const problem =
      each.length === 0
        ? 'The manual partition assignment includes an empty replica list.'
        : other !== undefined
          ? `The manual partition assignment includes broker ${other}, but no such broker is registered: there is one, ${nodeId}.`
          : each.length > 1
            ? `The manual partition assignment includes the broker ${nodeId} more than once.`
            : undefined;
    if (problem !== undefined) return { errorCode: errorCodes.INVALID_REPLICA_ASSIGNMENT, errorMessage: problem };
  }
  return undefined;
};

/** The ids that a client knows are those of sash's nodes: where the replicas are is for the Kafka underneath to say. */
export const placedByCluster: WireError = {
  errorCode: errorCodes.INVALID_REPLICA_ASSIGNMENT,
  errorMessage: 'The brokers of the Kafka cluster underneath place the partitions: leave the assignment out.',
};
