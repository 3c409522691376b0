import { errorCodes } from '../../codec/error-codes.ts';
import type { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from '../../codec/messages/share-acknowledge.ts';
import { leaderErrorNumber } from '../error-number.ts';
import type { RequestContext } from '../served-api.ts';
import { acknowledgementsOf, byTopic, noLeader } from '../share-partitions.ts';

/**
 * ShareAcknowledge (key 79), versions 1 and 2: acknowledges in a share session that ShareFetch has opened; epoch −1 closes it, after
 * which everything that its member still holds is released (KIP-932 sections 1.6, 3.5, 3.6). Version 2 adds renewal. Each partition has an
 * outcome of its own; within one all acknowledgements count or none. Durable when it is answered.
 */
export const answerShareAcknowledge = async (
  { broker, version }: RequestContext,
  request: ShareAcknowledgeRequest,
): Promise<ShareAcknowledgeResponse> => {
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
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    errorMessage: null,
    acquisitionLockTimeoutMs: outcome.value.lockDurationMs,
    responses: byTopic(outcome.value.partitions, ({ partition, error }) => ({
      partitionIndex: partition,
      errorCode: error === null ? errorCodes.NONE : leaderErrorNumber(error),
      errorMessage: error?.message ?? null,
      currentLeader: noLeader,
    })),
    nodeEndpoints: [],
  };
};
