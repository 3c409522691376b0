import { zeroUuid } from '../../codec/api.ts';
import { errorCodes } from '../../codec/error-codes.ts';
import type {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from '../../codec/messages/describe-share-group-offsets.ts';
import { notCoordinator } from '../cluster-view.ts';
import { coordinatorError } from '../error-number.ts';
import type { RequestContext } from '../served-api.ts';

/**
 * DescribeShareGroupOffsets (key 90): start offsets of share groups, each by itself. Versions 0–1, from 1 on with the lag: the records from there to the
 * end that are not finished. No list of topics: all that the group has. What there is no offset of, be it for want of a group, a topic or a partition, has -1,
 * and is no error, as in Kafka. An error of a group is that of its windows not being readable, or NOT_COORDINATOR.
 */
export const answerDescribeShareGroupOffsets = async (
  context: RequestContext,
  request: DescribeShareGroupOffsetsRequest,
): Promise<DescribeShareGroupOffsetsResponse> => ({
  throttleTimeMs: 0,
  groups: await Promise.all(
    request.groups.map(async ({ groupId, topics }) => {
      const elsewhere = notCoordinator(context, groupId);
      if (elsewhere !== undefined) return { groupId, topics: [], ...coordinatorError(elsewhere) };
      const { broker, version } = context;
      const wanted = topics?.map(({ topicName: topic, partitions }) => ({ topic, partitions })) ?? null;
      const described = await broker.shareOffsets.describe(groupId, wanted);
      if (!described.ok) return { groupId, topics: [], ...coordinatorError(described.error) };
      return {
        groupId,
        topics: described.value.map(({ topic, topicId, partitions }) => ({
          topicName: topic,
          topicId: topicId ?? zeroUuid,
          partitions: partitions.map(({ partition, startOffset, lag }) => ({
            partitionIndex: partition,
            startOffset: startOffset ?? -1,
            leaderEpoch: topicId === null ? 0 : broker.logs.leaderEpoch({ topicId, partition }),
            ...(version >= 1 ? { lag: lag ?? -1 } : {}),
            errorCode: errorCodes.NONE,
          })),
        })),
        errorCode: errorCodes.NONE,
      };
    }),
  ),
});
