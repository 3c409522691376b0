/**
 * Why a request is not granted. Kafka's names where Kafka has one; the others are sash's own.
 * Each door maps every code to its own numbers with `satisfies Record<ErrorCode, …>`, so a code added here does
 * not compile until all doors answer for it.
 */
export const errorCodes = [
  // Kafka's
  'INVALID_REQUEST',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_ALREADY_EXISTS',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'INVALID_GROUP_ID',
  'GROUP_ID_NOT_FOUND',
  'NON_EMPTY_GROUP',
  'INCONSISTENT_GROUP_PROTOCOL',
  'MESSAGE_TOO_LARGE',
  'CORRUPT_MESSAGE',
  'INVALID_RECORD_STATE',
  'OFFSET_OUT_OF_RANGE',
  'OFFSET_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'UNSUPPORTED_COMPRESSION_TYPE',
  // Kafka's: what a cluster underneath refuses
  'INVALID_RECORD',
  'INVALID_REPLICATION_FACTOR',
  'POLICY_VIOLATION',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  // Kafka's: idempotent producers
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  // Kafka's: members and share sessions
  'UNKNOWN_MEMBER_ID',
  'FENCED_MEMBER_EPOCH',
  'GROUP_MAX_SIZE_REACHED',
  'SHARE_SESSION_NOT_FOUND',
  'INVALID_SHARE_SESSION_EPOCH',
  'SHARE_SESSION_LIMIT_REACHED',
  // sash's own: leases
  'LEASE_INVALID',
  'LEASE_EXPIRED',
  'LEASE_SUPERSEDED',
  'ALREADY_SETTLED',
  'RECORD_GONE',
  'RENEW_DISABLED',
  'OUTCOME_UNKNOWN',
  'BUSY',
  // sash's own: requests
  'IDEMPOTENCY_KEY_REUSED',
  'TOO_MANY_WAITERS',
  'STORAGE_FULL',
  'STATE_LOST',
  'SHUTTING_DOWN',
  // sash's own: several nodes
  'NOT_OWNER',
  'NOT_COORDINATOR',
  // sash's own: background operations
  'OPERATION_NOT_FOUND',
  'OPERATION_ENDED',
  'OPERATION_RESULT_NOT_FOUND',
  'TOO_MANY_OPERATIONS',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** A request that cannot be granted: nothing has happened. */
export interface Rejection {
  readonly code: ErrorCode;
  /** Names the thing, the value and the limit, and what to do. */
  readonly message: string;
  /** The field that is wrong, as a path in the request, such as `config.retention.ms`. */
  readonly field?: string;
}

/** Codes after which the same request may succeed later, unchanged. */
export const retriableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
  'SHARE_SESSION_LIMIT_REACHED',
  'OUTCOME_UNKNOWN',
  'BUSY',
  'TOO_MANY_WAITERS',
  'STORAGE_FULL',
  'SHUTTING_DOWN',
  'NOT_OWNER',
  'NOT_COORDINATOR',
  'TOO_MANY_OPERATIONS',
]);
