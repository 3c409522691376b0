import { errorCodes } from '../codec/error-codes.ts';
import type { ErrorCode, Rejection } from '../core/errors.ts';
import { errorName } from '../kafka-client/error-name.ts';

/** What the answer to one attempt to append a batch means. */
export type ProduceVerdict =
  | { readonly kind: 'appended'; readonly baseOffset: number }
  /**
   * To be tried again, under the same sequence. `mayBeThere`: the attempt may have appended it; `mayComeLate`: it may still do so.
   * `isUnknown`: the broker has no such partition.
   */
  | {
      readonly kind: 'again';
      readonly why: string;
      readonly mayBeThere: boolean;
      readonly mayComeLate: boolean;
      readonly isUnknown: boolean;
    }
  /** It is not the producer's next batch; this attempt has not appended it. `endsId`: nor will any other of this producer id. */
  | { readonly kind: 'out_of_order'; readonly error: Rejection; readonly endsId: boolean }
  /** Never appended, however often it is tried. */
  | { readonly kind: 'refused'; readonly error: Rejection }
  /** Perhaps appended, and trying again does not tell. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Those after which another attempt may go well; of what is not here it is not known. The value: whether this attempt may have appended. */
const again: ReadonlyMap<number, boolean> = new Map([
  // A leader says so also when it has lost the partition while it waited for its followers.
  [errorCodes.NOT_LEADER_OR_FOLLOWER, true],
  [errorCodes.LEADER_NOT_AVAILABLE, true],
  [errorCodes.FENCED_LEADER_EPOCH, true],
  [errorCodes.REPLICA_NOT_AVAILABLE, true],
  [errorCodes.KAFKA_STORAGE_ERROR, true],
  [errorCodes.NETWORK_EXCEPTION, true],
  [errorCodes.REQUEST_TIMED_OUT, true],
  [errorCodes.NOT_ENOUGH_REPLICAS_AFTER_APPEND, true],
  [errorCodes.NOT_ENOUGH_REPLICAS, false],
  [errorCodes.THROTTLING_QUOTA_EXCEEDED, false],
]);

const unknownPartition: ReadonlySet<number> = new Set([
  errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  errorCodes.UNKNOWN_TOPIC_ID,
  errorCodes.INCONSISTENT_TOPIC_ID,
]);

const outOfOrder: ReadonlyMap<number, { readonly code: ErrorCode; readonly endsId: boolean }> = new Map([
  [errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER, { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER', endsId: false }],
  // Brokers before 2.5: all that they knew of the producer has been deleted.
  [errorCodes.UNKNOWN_PRODUCER_ID, { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER', endsId: false }],
  [errorCodes.INVALID_PRODUCER_EPOCH, { code: 'INVALID_PRODUCER_EPOCH', endsId: true }],
  [errorCodes.PRODUCER_FENCED, { code: 'INVALID_PRODUCER_EPOCH', endsId: true }],
]);

const refused: ReadonlyMap<number, ErrorCode> = new Map([
  [errorCodes.MESSAGE_TOO_LARGE, 'MESSAGE_TOO_LARGE'],
  [errorCodes.RECORD_LIST_TOO_LARGE, 'MESSAGE_TOO_LARGE'],
  [errorCodes.INVALID_RECORD, 'INVALID_RECORD'],
  [errorCodes.INVALID_TIMESTAMP, 'INVALID_RECORD'],
  [errorCodes.UNSUPPORTED_FOR_MESSAGE_FORMAT, 'INVALID_RECORD'],
  [errorCodes.CORRUPT_MESSAGE, 'CORRUPT_MESSAGE'],
  [errorCodes.UNSUPPORTED_COMPRESSION_TYPE, 'UNSUPPORTED_COMPRESSION_TYPE'],
  [errorCodes.INVALID_TOPIC_EXCEPTION, 'INVALID_TOPIC_EXCEPTION'],
  [errorCodes.POLICY_VIOLATION, 'POLICY_VIOLATION'],
  [errorCodes.TOPIC_AUTHORIZATION_FAILED, 'TOPIC_AUTHORIZATION_FAILED'],
  [errorCodes.CLUSTER_AUTHORIZATION_FAILED, 'CLUSTER_AUTHORIZATION_FAILED'],
] as const);

/** @param place the partition, for people, such as `orders-3` */
export const produceVerdict = (
  place: string,
  answer: {
    readonly errorCode: number;
    readonly baseOffset: number;
    readonly errorMessage?: string | null | undefined;
  },
): ProduceVerdict => {
  const { errorCode, baseOffset, errorMessage } = answer;
  if (errorCode === errorCodes.NONE) return { kind: 'appended', baseOffset };
  const why = `${place}: Kafka answers ${errorName(errorCode)}${errorMessage ? ` (${errorMessage})` : ''}`;
  const mayBeThere = again.get(errorCode);
  if (mayBeThere !== undefined) return { kind: 'again', why, mayBeThere, mayComeLate: false, isUnknown: false };
  if (unknownPartition.has(errorCode))
    return { kind: 'again', why, mayBeThere: false, mayComeLate: false, isUnknown: true };
  const order = outOfOrder.get(errorCode);
  if (order !== undefined)
    return { kind: 'out_of_order', error: { code: order.code, message: why }, endsId: order.endsId };
  const code = refused.get(errorCode);
  return code === undefined ? { kind: 'unknown', why } : { kind: 'refused', error: { code, message: why } };
};
