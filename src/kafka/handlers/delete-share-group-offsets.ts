import { zeroUuid } from '../../codec/api.ts';
import { errorCodes } from '../../codec/error-codes.ts';
import type {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
} from '../../codec/messages/delete-share-group-offsets.ts';
import { notCoordinator } from '../cluster-view.ts';
import { coordinatorError } from '../error-number.ts';
import { type RequestContext, operatorOf } from '../served-api.ts';

/**
 * DeleteShareGroupOffsets (key 92): a share group forgets topics, durably, and stays; it starts in them anew as `share.auto.offset.reset` says. Version 0.
 * INVALID_GROUP_ID, NOT_COORDINATOR, GROUP_ID_NOT_FOUND, and NON_EMPTY_GROUP while somebody works in it, for the whole; UNKNOWN_TOPIC_OR_PARTITION for a topic that there
 * is none of, or of which the group has nothing.
 */
export const answerDeleteShareGroupOffsets = async (
  context: RequestContext,
  request: DeleteShareGroupOffsetsRequest,
): Promise<DeleteShareGroupOffsetsResponse> => {
  const topics = request.topics.map((each) => each.topicName);
  const elsewhere = notCoordinator(context, request.groupId);
  if (elsewhere !== undefined) return { throttleTimeMs: 0, ...coordinatorError(elsewhere), responses: [] };
  const deleted = await operatorOf(context).deleteOffsets(request.groupId, topics);
  if (!deleted.ok) return { throttleTimeMs: 0, ...coordinatorError(deleted.error), responses: [] };
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    responses: deleted.value.map(({ topic, topicId, error }) => ({
      topicName: topic,
      topicId: topicId ?? zeroUuid,
      ...(error === null ? { errorCode: errorCodes.NONE } : coordinatorError(error)),
    })),
  };
};
