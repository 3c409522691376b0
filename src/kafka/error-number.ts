import { type ErrorName, errorCodes } from '../codec/error-codes.ts';
import type { ErrorCode, Rejection } from '../core/errors.ts';

/**
 * The broker's codes on the wire. Those that are sash's own, and faults that pass, become errors after which clients
 * ask again. Which one that is depends on whom the client thinks it is asking: a partition's leader, or a coordinator (groups,
 * members, admin); the Java client gives up on errors it does not expect from a coordinator.
 */
const names = {
  INVALID_REQUEST: 'INVALID_REQUEST',
  INVALID_TOPIC_EXCEPTION: 'INVALID_TOPIC_EXCEPTION',
  TOPIC_ALREADY_EXISTS: 'TOPIC_ALREADY_EXISTS',
  UNKNOWN_TOPIC_OR_PARTITION: 'UNKNOWN_TOPIC_OR_PARTITION',
  UNKNOWN_TOPIC_ID: 'UNKNOWN_TOPIC_ID',
  INVALID_PARTITIONS: 'INVALID_PARTITIONS',
  INVALID_CONFIG: 'INVALID_CONFIG',
  INVALID_GROUP_ID: 'INVALID_GROUP_ID',
  GROUP_ID_NOT_FOUND: 'GROUP_ID_NOT_FOUND',
  NON_EMPTY_GROUP: 'NON_EMPTY_GROUP',
  INCONSISTENT_GROUP_PROTOCOL: 'INCONSISTENT_GROUP_PROTOCOL',
  MESSAGE_TOO_LARGE: 'MESSAGE_TOO_LARGE',
  CORRUPT_MESSAGE: 'CORRUPT_MESSAGE',
  INVALID_RECORD_STATE: 'INVALID_RECORD_STATE',
  OFFSET_OUT_OF_RANGE: 'OFFSET_OUT_OF_RANGE',
  OFFSET_NOT_AVAILABLE: 'OFFSET_NOT_AVAILABLE',
  KAFKA_STORAGE_ERROR: { leader: 'KAFKA_STORAGE_ERROR', coordinator: 'COORDINATOR_NOT_AVAILABLE' },
  UNSUPPORTED_COMPRESSION_TYPE: 'UNSUPPORTED_COMPRESSION_TYPE',
  INVALID_RECORD: 'INVALID_RECORD',
  INVALID_REPLICATION_FACTOR: 'INVALID_REPLICATION_FACTOR',
  POLICY_VIOLATION: 'POLICY_VIOLATION',
  TOPIC_AUTHORIZATION_FAILED: 'TOPIC_AUTHORIZATION_FAILED',
  CLUSTER_AUTHORIZATION_FAILED: 'CLUSTER_AUTHORIZATION_FAILED',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  INVALID_PRODUCER_EPOCH: 'INVALID_PRODUCER_EPOCH',
  UNKNOWN_MEMBER_ID: 'UNKNOWN_MEMBER_ID',
  FENCED_MEMBER_EPOCH: 'FENCED_MEMBER_EPOCH',
  GROUP_MAX_SIZE_REACHED: 'GROUP_MAX_SIZE_REACHED',
  SHARE_SESSION_NOT_FOUND: 'SHARE_SESSION_NOT_FOUND',
  INVALID_SHARE_SESSION_EPOCH: 'INVALID_SHARE_SESSION_EPOCH',
  SHARE_SESSION_LIMIT_REACHED: 'SHARE_SESSION_LIMIT_REACHED',
  LEASE_INVALID: 'INVALID_RECORD_STATE',
  LEASE_EXPIRED: 'INVALID_RECORD_STATE',
  LEASE_SUPERSEDED: 'INVALID_RECORD_STATE',
  ALREADY_SETTLED: 'INVALID_RECORD_STATE',
  RECORD_GONE: 'INVALID_RECORD_STATE',
  RENEW_DISABLED: 'INVALID_RECORD_STATE',
  OUTCOME_UNKNOWN: { leader: 'KAFKA_STORAGE_ERROR', coordinator: 'COORDINATOR_NOT_AVAILABLE' },
  BUSY: { leader: 'NOT_LEADER_OR_FOLLOWER', coordinator: 'COORDINATOR_LOAD_IN_PROGRESS' },
  IDEMPOTENCY_KEY_REUSED: 'INVALID_REQUEST',
  TOO_MANY_WAITERS: { leader: 'KAFKA_STORAGE_ERROR', coordinator: 'COORDINATOR_NOT_AVAILABLE' },
  STORAGE_FULL: { leader: 'KAFKA_STORAGE_ERROR', coordinator: 'COORDINATOR_NOT_AVAILABLE' },
  STATE_LOST: { leader: 'KAFKA_STORAGE_ERROR', coordinator: 'COORDINATOR_NOT_AVAILABLE' },
  NOT_OWNER: { leader: 'NOT_LEADER_OR_FOLLOWER', coordinator: 'COORDINATOR_LOAD_IN_PROGRESS' },
  NOT_COORDINATOR: 'NOT_COORDINATOR',
  SHUTTING_DOWN: { leader: 'NOT_LEADER_OR_FOLLOWER', coordinator: 'COORDINATOR_NOT_AVAILABLE' },
  // Nobody asks for operations over Kafka's protocol.
  OPERATION_NOT_FOUND: 'INVALID_REQUEST',
  OPERATION_ENDED: 'INVALID_REQUEST',
  OPERATION_RESULT_NOT_FOUND: 'INVALID_REQUEST',
  TOO_MANY_OPERATIONS: 'INVALID_REQUEST',
} as const satisfies Record<ErrorCode, ErrorName | { readonly leader: ErrorName; readonly coordinator: ErrorName }>;

/** The number of a rejection in an answer of a partition's leader: Produce, Fetch, ListOffsets, ShareFetch, ShareAcknowledge, … */
export const leaderErrorNumber = ({ code }: Pick<Rejection, 'code'>): number => {
  const name = names[code];
  return errorCodes[typeof name === 'string' ? name : name.leader];
};

/** The number of a rejection in an answer of a coordinator or controller: heartbeats, groups, topics, configs. */
export const coordinatorErrorNumber = ({ code }: Pick<Rejection, 'code'>): number => {
  const name = names[code];
  return errorCodes[typeof name === 'string' ? name : name.coordinator];
};

/** What is wrong, as answers have it. */
export interface WireError {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** A rejection as a coordinator's or controller's answer has it. */
export const coordinatorError = (error: Rejection): WireError => ({
  errorCode: coordinatorErrorNumber(error),
  errorMessage: error.message,
});
