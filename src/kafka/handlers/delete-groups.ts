import { errorCodes } from '../../codec/error-codes.ts';
import type { DeleteGroupsRequest, DeleteGroupsResponse } from '../../codec/messages/delete-groups.ts';
import { notCoordinator } from '../cluster-view.ts';
import { coordinatorError } from '../error-number.ts';
import { type RequestContext, operatorOf } from '../served-api.ts';

/**
 * DeleteGroups (key 42): share groups with their windows, each by itself, durably; what was set for them stays. Versions 0–3, from 3 on with messages.
 * NON_EMPTY_GROUP while it has members, or HTTP workers that hold records or wait for some; GROUP_ID_NOT_FOUND, also for what is no name.
 * NOT_COORDINATOR for one that another node coordinates. A group that is named twice is answered once.
 */
export const answerDeleteGroups = async (
  context: RequestContext,
  request: DeleteGroupsRequest,
): Promise<DeleteGroupsResponse> => ({
  throttleTimeMs: 0,
  results: await Promise.all(
    [...new Set(request.groupsNames)].map(async (groupId) => {
      const elsewhere = notCoordinator(context, groupId);
      if (elsewhere !== undefined) return { groupId, ...coordinatorError(elsewhere) };
      const deleted = await operatorOf(context).deleteShareGroup(groupId);
      if (deleted.ok) return { groupId, errorCode: errorCodes.NONE };
      const { code, message } = deleted.error;
      const isUnknown = code === 'INVALID_GROUP_ID';
      return { groupId, ...coordinatorError({ code: isUnknown ? 'GROUP_ID_NOT_FOUND' : code, message }) };
    }),
  ),
});
