import { errorCodes } from '../../codec/error-codes.ts';
import type {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../../codec/messages/offset-for-leader-epoch.ts';
import { leaderErrorNumber } from '../error-number.ts';
import { leaderEpoch, leaderEpochError } from '../one-node.ts';
import type { RequestContext } from '../served-api.ts';
import { topicByName } from '../topic-asked.ts';

type ResponsePartition = OffsetForLeaderEpochResponse['topics'][number]['partitions'][number];

/**
 * OffsetForLeaderEpoch (key 23): where a leader's epoch ends in a partition, so that a client sees whether its log was cut off.
 * Versions 2–4. Here there is the epoch 0, which ends where the log ends; of any other nothing is known: epoch -1, offset -1.
 * Leader epochs of the client as in Fetch.
 */
export const answerOffsetForLeaderEpoch = (
  { broker }: RequestContext,
  request: OffsetForLeaderEpochRequest,
): OffsetForLeaderEpochResponse => ({
  throttleTimeMs: 0,
  topics: request.topics.map(({ topic: name, partitions }) => ({
    topic: name,
    partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch: epoch }): ResponsePartition => {
      const answer = (errorCode: number, found = { leaderEpoch: -1, endOffset: -1 }) => ({
        errorCode,
        partition,
        ...found,
      });
      const topic = topicByName(broker.topics, name);
      if (!topic.ok) return answer(leaderErrorNumber(topic.error));
      const bounds = broker.logs.bounds({ topicId: topic.value.id, partition });
      if (!bounds.ok) return answer(leaderErrorNumber(bounds.error));
      const epochError = leaderEpochError(currentLeaderEpoch);
      if (epochError !== errorCodes.NONE) return answer(epochError);
      if (epoch !== leaderEpoch) return answer(errorCodes.NONE);
      return answer(errorCodes.NONE, { leaderEpoch, endOffset: bounds.value.endOffset });
    }),
  })),
});
