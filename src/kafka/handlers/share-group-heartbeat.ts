import { errorCodes } from '../../codec/error-codes.ts';
import type {
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponse,
} from '../../codec/messages/share-group-heartbeat.ts';
import { type TopicName, topicName } from '../../core/ids.ts';
import { coordinatorErrorNumber } from '../error-number.ts';
import type { RequestContext } from '../served-api.ts';

/**
 * ShareGroupHeartbeat (key 76), version 1: joins with epoch 0, stays, leaves with −1 (KIP-932; core/share-group has the rules and the
 * order of errors). Unlike Kafka's, the first answer of a group carries its assignment already. The first member makes the group.
 */
export const answerShareGroupHeartbeat = async (
  { broker, clientId, clientHost }: RequestContext,
  request: ShareGroupHeartbeatRequest,
): Promise<ShareGroupHeartbeatResponse> => {
  const subscribedTopicNames: readonly TopicName[] | null = request.subscribedTopicNames?.map(topicName) ?? null;
  const answer = await broker.members.heartbeat({ ...request, subscribedTopicNames, clientId, clientHost });
  if (!answer.ok) {
    return {
      throttleTimeMs: 0,
      errorCode: coordinatorErrorNumber(answer.error),
      errorMessage: answer.error.message,
      memberId: null,
      memberEpoch: 0,
      heartbeatIntervalMs: 0,
      assignment: null,
    };
  }
  const { memberId, memberEpoch, heartbeatIntervalMs, assignment } = answer.value;
  const topicPartitions =
    assignment === null ? null : [...assignment].map(([topicId, partitions]) => ({ topicId, partitions }));
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    errorMessage: null,
    memberId,
    memberEpoch,
    heartbeatIntervalMs,
    assignment: topicPartitions === null ? null : { topicPartitions },
  };
};
