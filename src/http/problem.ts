import type { ErrorCode, Rejection } from '../core/errors.ts';
import { retriableCodes } from '../core/errors.ts';

/**
 * Every error of the HTTP API is one of these: RFC 9457 `application/problem+json` with a stable `code`.
 * The broker's codes come first; the others are this door's own.
 */
const brokerStatuses = {
  INVALID_REQUEST: 400,
  INVALID_TOPIC_EXCEPTION: 400,
  TOPIC_ALREADY_EXISTS: 409,
  UNKNOWN_TOPIC_OR_PARTITION: 404,
  UNKNOWN_TOPIC_ID: 404,
  INVALID_PARTITIONS: 400,
  INVALID_CONFIG: 400,
  INVALID_GROUP_ID: 400,
  GROUP_ID_NOT_FOUND: 404,
  NON_EMPTY_GROUP: 409,
  INCONSISTENT_GROUP_PROTOCOL: 409,
  MESSAGE_TOO_LARGE: 413,
  // Nobody sends record batches over HTTP: the bytes that are wrong are the stored ones.
  CORRUPT_MESSAGE: 500,
  OFFSET_OUT_OF_RANGE: 400,
  OFFSET_NOT_AVAILABLE: 503,
  KAFKA_STORAGE_ERROR: 503,
  UNSUPPORTED_COMPRESSION_TYPE: 500,
  INVALID_RECORD_STATE: 409,
  // What a Kafka cluster underneath refuses: the rights that miss are those of sash, not of who asks.
  INVALID_RECORD: 400,
  INVALID_REPLICATION_FACTOR: 400,
  POLICY_VIOLATION: 400,
  TOPIC_AUTHORIZATION_FAILED: 403,
  CLUSTER_AUTHORIZATION_FAILED: 403,
  // Idempotent producers, members and share sessions are the Kafka door's; here only so that every code has a status.
  OUT_OF_ORDER_SEQUENCE_NUMBER: 409,
  INVALID_PRODUCER_EPOCH: 409,
  UNKNOWN_MEMBER_ID: 404,
  FENCED_MEMBER_EPOCH: 409,
  GROUP_MAX_SIZE_REACHED: 409,
  SHARE_SESSION_NOT_FOUND: 404,
  INVALID_SHARE_SESSION_EPOCH: 409,
  SHARE_SESSION_LIMIT_REACHED: 503,
  LEASE_INVALID: 404,
  LEASE_EXPIRED: 409,
  LEASE_SUPERSEDED: 409,
  ALREADY_SETTLED: 409,
  RECORD_GONE: 410,
  RENEW_DISABLED: 403,
  OUTCOME_UNKNOWN: 503,
  BUSY: 503,
  IDEMPOTENCY_KEY_REUSED: 422,
  TOO_MANY_WAITERS: 503,
  STORAGE_FULL: 507,
  STATE_LOST: 503,
  SHUTTING_DOWN: 503,
  NOT_OWNER: 503,
  NOT_COORDINATOR: 503,
  OPERATION_NOT_FOUND: 404,
  OPERATION_ENDED: 409,
  OPERATION_RESULT_NOT_FOUND: 404,
  TOO_MANY_OPERATIONS: 503,
} as const satisfies Record<ErrorCode, number>;

const doorStatuses = {
  UNKNOWN_ROUTE: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  REQUEST_HEADERS_TOO_LARGE: 431,
  FORBIDDEN_HOST: 403,
  FORBIDDEN_ORIGIN: 403,
  TOO_MANY_STREAMS: 503,
  INTERNAL_ERROR: 500,
} as const;

export type ProblemCode = ErrorCode | keyof typeof doorStatuses;

export const problemStatuses: Readonly<Record<ProblemCode, number>> = { ...brokerStatuses, ...doorStatuses };
export const problemCodes = Object.keys(problemStatuses) as readonly ProblemCode[];

/** One line a code, for people: RFC 9457 wants a title that does not change from case to case. */
export const problemTitles = {
  INVALID_REQUEST: 'The request is not valid',
  INVALID_TOPIC_EXCEPTION: 'Not a name for a topic',
  TOPIC_ALREADY_EXISTS: 'The topic exists already',
  UNKNOWN_TOPIC_OR_PARTITION: 'No such topic or partition',
  UNKNOWN_TOPIC_ID: 'No topic with this id',
  INVALID_PARTITIONS: 'Not a possible number of partitions',
  INVALID_CONFIG: 'Not a possible config',
  INVALID_GROUP_ID: 'Not a name for a group',
  GROUP_ID_NOT_FOUND: 'No such group',
  NON_EMPTY_GROUP: 'The group is in use',
  INCONSISTENT_GROUP_PROTOCOL: 'The group is of another type',
  MESSAGE_TOO_LARGE: 'A record is too large',
  CORRUPT_MESSAGE: 'A stored record is damaged',
  OFFSET_OUT_OF_RANGE: 'The offset is not in the log',
  OFFSET_NOT_AVAILABLE: 'The offset is not available yet',
  KAFKA_STORAGE_ERROR: 'The storage failed',
  UNSUPPORTED_COMPRESSION_TYPE: 'A stored record is compressed in an unknown way',
  INVALID_RECORD_STATE: 'The record is in another state',
  INVALID_RECORD: 'Kafka does not take the record',
  INVALID_REPLICATION_FACTOR: 'Not a possible replication factor',
  POLICY_VIOLATION: 'A policy of the Kafka cluster refuses it',
  TOPIC_AUTHORIZATION_FAILED: 'sash may not do this with the topic in the Kafka cluster',
  CLUSTER_AUTHORIZATION_FAILED: 'sash may not do this in the Kafka cluster',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'A batch of the producer is missing before this one',
  INVALID_PRODUCER_EPOCH: 'A newer producer has taken over',
  UNKNOWN_MEMBER_ID: 'Not a member of the group',
  FENCED_MEMBER_EPOCH: 'The member has another epoch',
  GROUP_MAX_SIZE_REACHED: 'The group is full',
  SHARE_SESSION_NOT_FOUND: 'No such share session',
  INVALID_SHARE_SESSION_EPOCH: 'The share session has another epoch',
  SHARE_SESSION_LIMIT_REACHED: 'Too many share sessions',
  LEASE_INVALID: 'Not a lease of this group',
  LEASE_EXPIRED: 'The lock has run out',
  LEASE_SUPERSEDED: 'A newer acquisition has the record',
  ALREADY_SETTLED: 'Another outcome came first',
  RECORD_GONE: 'The record is gone',
  RENEW_DISABLED: 'Renewing is switched off',
  OUTCOME_UNKNOWN: 'It is not known whether the write succeeded',
  BUSY: 'Busy',
  IDEMPOTENCY_KEY_REUSED: 'The Idempotency-Key was used for another body',
  TOO_MANY_WAITERS: 'Too many acquires wait',
  STORAGE_FULL: 'No room in the storage',
  STATE_LOST: 'Share state was lost',
  SHUTTING_DOWN: 'The server is stopping',
  NOT_OWNER: 'Another node has the partition',
  NOT_COORDINATOR: 'Another node coordinates the group',
  OPERATION_NOT_FOUND: 'No such operation',
  OPERATION_ENDED: 'The operation has ended',
  OPERATION_RESULT_NOT_FOUND: 'The operation has no result to fetch',
  TOO_MANY_OPERATIONS: 'Too many operations wait',
  UNKNOWN_ROUTE: 'Nothing is served here',
  METHOD_NOT_ALLOWED: 'Not with this method',
  BODY_TOO_LARGE: 'The body is too large',
  UNSUPPORTED_MEDIA_TYPE: 'Not a content type that is read here',
  REQUEST_HEADERS_TOO_LARGE: "The request's own headers are too large",
  FORBIDDEN_HOST: 'Not a name of this server',
  FORBIDDEN_ORIGIN: 'Not for pages of other origins',
  TOO_MANY_STREAMS: 'Too many streams of events are open',
  INTERNAL_ERROR: 'A bug in sash',
} as const satisfies Record<ProblemCode, string>;

/** A rejection of the broker, or of this door. */
export interface DoorRejection extends Omit<Rejection, 'code'> {
  readonly code: ProblemCode;
  /** Members of the problem beside the usual ones. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A value, or the problem to answer with. A broker's Result is one. */
export type Answered<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: DoorRejection };

export const refuse = (
  code: ProblemCode,
  message: string,
  field?: string,
  extra?: DoorRejection['extra'],
): { ok: false; error: DoorRejection } => ({
  ok: false,
  error: { code, message, ...(field === undefined ? {} : { field }), ...(extra === undefined ? {} : { extra }) },
});

export const isRetriable = (code: ProblemCode): boolean =>
  code === 'TOO_MANY_STREAMS' || retriableCodes.has(code as ErrorCode);

/** Seconds after which to try again, for the answers that say so; undefined for the others. */
export const retryAfterSeconds = (code: ProblemCode): number | undefined => {
  const status = problemStatuses[code];
  return isRetriable(code) && (status === 503 || status === 507) ? (status === 507 ? 5 : 1) : undefined;
};

export const problemText = (error: DoorRejection, requestId: string): string =>
  JSON.stringify({
    type: `/docs#${error.code}`,
    title: problemTitles[error.code],
    status: problemStatuses[error.code],
    detail: error.message,
    code: error.code,
    retriable: isRetriable(error.code),
    ...(error.field === undefined ? {} : { field: error.field }),
    requestId,
    ...error.extra,
  });

export const problemContentType = 'application/problem+json; charset=utf-8';
