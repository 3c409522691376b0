import { errorCodes } from '../../codec/error-codes.ts';
import type { ListGroupsRequest, ListGroupsResponse } from '../../codec/messages/list-groups.ts';
import { notCoordinator } from '../cluster-view.ts';
import type { RequestContext } from '../served-api.ts';

/**
 * ListGroups (key 16): all share groups that this node coordinates; clients ask all nodes. Versions 0–5; states are shown and filtered by from version 4 on, types from 5 on, in whatever case. A
 * filter that is no state or type has no group. A group is Stable while it has members, or HTTP workers that hold records or wait for some.
 */
export const answerListGroups = async (
  context: RequestContext,
  request: ListGroupsRequest,
): Promise<ListGroupsResponse> => {
  const { broker } = context;
  const isWanted = (filter: readonly string[], value: string): boolean =>
    filter.length === 0 || filter.some((each) => each.toLowerCase() === value.toLowerCase());
  const groups = isWanted(request.typesFilter, 'share') ? await broker.shareGroupStates : [];
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    groups: groups
      .filter(({ group }) => notCoordinator(context, group) === undefined)
      .filter(({ state }) => isWanted(request.statesFilter, state))
      .map(({ group, state }) => ({
        groupId: group,
        protocolType: 'share',
        groupState: state,
        groupType: 'share',
      })),
  };
};
