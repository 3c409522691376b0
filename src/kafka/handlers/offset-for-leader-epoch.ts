import { errorCodes } from '../../codec/error-codes.ts';
import type {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../../codec/messages/offset-for-leader-epoch.ts';
import { leaderErrorNumber } from '../error-number.ts';
import { leaderEpochError } from '../cluster-view.ts';
import type { RequestContext } from '../served-api.ts';
import { topicByName } from '../topic-asked.ts';

type Asked = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number];
type ResponsePartition = OffsetForLeaderEpochResponse['topics'][number]['partitions'][number];

/**
 * OffsetForLeaderEpoch (key 23): where a leader's epoch ends in a partition, so that a client sees whether its log was cut off.
 * Versions 2–4. The epochs are those of the record log; where this process has it for itself there is the epoch 0, which ends where the log ends, and of any
 * other nothing is known: epoch -1, offset -1. NOT_LEADER_OR_FOLLOWER for a partition of another node.
 * Leader epochs of the client as in Fetch.
 */
export const answerOffsetForLeaderEpoch = async (
  context: RequestContext,
  request: OffsetForLeaderEpochRequest,
): Promise<OffsetForLeaderEpochResponse> => ({
  throttleTimeMs: 0,
  topics: await Promise.all(
    request.topics.map(async ({ topic, partitions }) => ({
      topic,
      partitions: await Promise.all(partitions.map((asked) => findEnd(context, topic, asked))),
    })),
  ),
});

const findEnd = async (
  { broker }: RequestContext,
  name: string,
  { partition, currentLeaderEpoch, leaderEpoch }: Asked,
): Promise<ResponsePartition> => {
  const answer = (errorCode: number, found = { leaderEpoch: -1, endOffset: -1 }) => ({
    errorCode,
    partition,
    ...found,
  });
  const topic = topicByName(broker.topics, name);
  if (!topic.ok) return answer(leaderErrorNumber(topic.error));
  const key = { topicId: topic.value.id, partition };
  const bounds = broker.logs.bounds(key);
  if (!bounds.ok) return answer(leaderErrorNumber(bounds.error));
  const epochError = leaderEpochError(currentLeaderEpoch, broker.logs.leaderEpoch(key));
  if (epochError !== errorCodes.NONE) return answer(epochError);
  const end = await broker.logs.endOfLeaderEpoch(key, leaderEpoch);
  return end.ok ? answer(errorCodes.NONE, end.value) : answer(leaderErrorNumber(end.error));
};
