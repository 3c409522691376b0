import { zeroUuid } from '../../codec/api.ts';
import { errorCodes } from '../../codec/error-codes.ts';
import type {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
} from '../../codec/messages/alter-share-group-offsets.ts';
import { notCoordinator } from '../cluster-view.ts';
import { coordinatorError } from '../error-number.ts';
import { type RequestContext, operatorOf } from '../served-api.ts';

/**
 * AlterShareGroupOffsets (key 91): sets where a share group reads on, durably. Version 0. The group is made where there is none, unless none of the
 * partitions is known. INVALID_GROUP_ID, NOT_COORDINATOR, and NON_EMPTY_GROUP while somebody works in it, for the whole; UNKNOWN_TOPIC_OR_PARTITION for a partition.
 * An offset that the log does not have becomes the nearest that it has; Kafka takes it as it is, and the group then waits, or starts at the log's start.
 */
export const answerAlterShareGroupOffsets = async (
  context: RequestContext,
  request: AlterShareGroupOffsetsRequest,
): Promise<AlterShareGroupOffsetsResponse> => {
  const wanted = request.topics.map(({ topicName, partitions }) => ({
    topic: topicName,
    partitions: partitions.map(({ partitionIndex, startOffset }) => ({ partition: partitionIndex, startOffset })),
  }));
  const elsewhere = notCoordinator(context, request.groupId);
  if (elsewhere !== undefined) return { throttleTimeMs: 0, ...coordinatorError(elsewhere), responses: [] };
  const altered = await operatorOf(context).alterOffsets(request.groupId, wanted);
  if (!altered.ok) return { throttleTimeMs: 0, ...coordinatorError(altered.error), responses: [] };
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    responses: altered.value.map(({ topic, topicId, partitions }) => ({
      topicName: topic,
      topicId: topicId ?? zeroUuid,
      partitions: partitions.map(({ partition, error }) => ({
        partitionIndex: partition,
        ...(error === null ? { errorCode: errorCodes.NONE } : coordinatorError(error)),
      })),
    })),
  };
};
