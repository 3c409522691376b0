import { errorCodes } from '../../codec/error-codes.ts';
import type { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from '../../codec/messages/share-acknowledge.ts';
import { MovedLeaders } from '../cluster-view.ts';
import { leaderErrorNumber } from '../error-number.ts';
import type { RequestContext } from '../served-api.ts';
import { acknowledgementsOf, byTopic } from '../share-partitions.ts';

/**
 * ShareAcknowledge (key 79), versions 1 and 2: acknowledges in a share session that ShareFetch has opened; epoch −1 closes it, after
 * which everything that its member still holds is released (KIP-932 sections 1.6, 3.5, 3.6). Version 2 adds renewal. Each partition has an
 * outcome of its own, NOT_LEADER_OR_FOLLOWER with the node and its address where another one has it; within one all acknowledgements count or none. Durable when it is answered.
 */
export const answerShareAcknowledge = async (
  context: RequestContext,
  request: ShareAcknowledgeRequest,
): Promise<ShareAcknowledgeResponse> => {
  const { broker, version } = context;
  const { groupId, memberId, isRenewAck } = request;
  const outcome = await broker.sessions.acknowledge({
    groupId,
    memberId,
    isRenewAck,
    version,
    sessionEpoch: request.shareSessionEpoch,
    acknowledgements: acknowledgementsOf(request.topics),
  });
  if (!outcome.ok) {
    return {
      throttleTimeMs: 0,
      errorCode: leaderErrorNumber(outcome.error),
      errorMessage: outcome.error.message,
      acquisitionLockTimeoutMs: 0,
      responses: [],
      nodeEndpoints: [],
    };
  }
  const moved = new MovedLeaders(context);
  const responses = byTopic(outcome.value.partitions, ({ topicId, partition, error }) => ({
    partitionIndex: partition,
    errorCode: error === null ? errorCodes.NONE : leaderErrorNumber(error),
    errorMessage: error?.message ?? null,
    currentLeader: moved.of({ topicId, partition }, error),
  }));
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    errorMessage: null,
    acquisitionLockTimeoutMs: outcome.value.lockDurationMs,
    responses,
    nodeEndpoints: moved.endpoints,
  };
};
