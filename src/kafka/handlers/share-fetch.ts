import type { SharePartitionAnswer } from '../../broker/member-requests.ts';
import { errorCodes } from '../../codec/error-codes.ts';
import type {
  ShareFetchRequest,
  ShareFetchResponse,
  ShareFetchResponsePartitionData,
} from '../../codec/messages/share-fetch.ts';
import type { Rejection } from '../../core/errors.ts';
import { topicId } from '../../core/ids.ts';
import { MovedLeaders } from '../cluster-view.ts';
import { leaderErrorNumber } from '../error-number.ts';
import type { RequestContext } from '../served-api.ts';
import { acknowledgementsOf, byTopic, partitionsOf } from '../share-partitions.ts';

/**
 * ShareFetch (key 78), versions 1 and 2: opens (epoch 0), uses and closes (−1) a share session, acknowledges, and acquires records
 * (KIP-932 sections 3.5, 3.6). Version 2 adds ShareAcquireMode and IsRenewAck. Record batches go out as they are stored, also
 * where only a part of one was acquired. BatchSize is not looked at: ranges are as wide as they can be. MinBytes 0 does not wait; any
 * record ends the wait otherwise. NOT_LEADER_OR_FOLLOWER, with the node and its address, for partitions of another node.
 */
export const answerShareFetch = async (
  context: RequestContext,
  request: ShareFetchRequest,
): Promise<ShareFetchResponse> => {
  const { broker, version, connectionId, signal, answerMemory } = context;
  const { groupId, memberId, isRenewAck, maxWaitMs, minBytes, maxRecords } = request;
  const maxBytes = Math.min(request.maxBytes, answerMemory.roomBytes);
  if (request.shareAcquireMode !== 0 && request.shareAcquireMode !== 1) {
    return refused({
      code: 'INVALID_REQUEST',
      message: `ShareAcquireMode is ${request.shareAcquireMode}: 0 is batch_optimized, 1 is record_limit.`,
    });
  }
  const outcome = await broker.sessions.fetch(
    {
      groupId,
      memberId,
      isRenewAck,
      maxWaitMs,
      minBytes,
      maxBytes,
      maxRecords,
      version,
      connectionId,
      sessionEpoch: request.shareSessionEpoch,
      acquireMode: request.shareAcquireMode === 1 ? 'record_limit' : 'batch_optimized',
      acknowledgements: acknowledgementsOf(request.topics),
      partitions: partitionsOf(request.topics),
      forgotten: request.forgottenTopicsData.flatMap((topic) =>
        topic.partitions.map((partition) => ({ topicId: topicId(topic.topicId), partition })),
      ),
    },
    signal,
  );
  if (!outcome.ok) return refused(outcome.error);
  const moved = new MovedLeaders(context);
  const responses = byTopic(outcome.value.partitions, (each) => answerOf(each, moved));
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    errorMessage: null,
    acquisitionLockTimeoutMs: outcome.value.lockDurationMs,
    responses,
    nodeEndpoints: moved.endpoints,
  };
};

const refused = (error: Rejection): ShareFetchResponse => ({
  throttleTimeMs: 0,
  errorCode: leaderErrorNumber(error),
  errorMessage: error.message,
  acquisitionLockTimeoutMs: 0,
  responses: [],
  nodeEndpoints: [],
});

/** The Java client throws IllegalStateException from poll for a partition's error that is not one of these. */
const tolerated: ReadonlySet<number> = new Set([
  errorCodes.NOT_LEADER_OR_FOLLOWER,
  errorCodes.KAFKA_STORAGE_ERROR,
  errorCodes.OFFSET_NOT_AVAILABLE,
  errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  errorCodes.UNKNOWN_TOPIC_ID,
  errorCodes.CORRUPT_MESSAGE,
]);

const fetchErrorNumber = (error: Rejection): number => {
  const number = leaderErrorNumber(error);
  return tolerated.has(number) ? number : errorCodes.NOT_LEADER_OR_FOLLOWER;
};

const answerOf = (answer: SharePartitionAnswer, moved: MovedLeaders): ShareFetchResponsePartitionData => ({
  partitionIndex: answer.partition,
  errorCode: answer.error === null ? errorCodes.NONE : fetchErrorNumber(answer.error),
  errorMessage: answer.error?.message ?? null,
  acknowledgeErrorCode: answer.acknowledgeError === null ? errorCodes.NONE : leaderErrorNumber(answer.acknowledgeError),
  acknowledgeErrorMessage: answer.acknowledgeError?.message ?? null,
  currentLeader: moved.of(answer, answer.error ?? answer.acknowledgeError),
  records: answer.batches.map((batch) => batch.bytes),
  acquiredRecords: answer.ranges.map(({ firstOffset, lastOffset, deliveryCount }) => ({
    firstOffset,
    lastOffset,
    deliveryCount,
  })),
});
