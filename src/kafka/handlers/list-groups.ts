import { errorCodes } from '../../codec/error-codes.ts';
import type { ListGroupsRequest, ListGroupsResponse } from '../../codec/messages/list-groups.ts';
import type { RequestContext } from '../served-api.ts';

/**
 * ListGroups (key 16): all share groups. Versions 0–5; states are shown and filtered by from version 4 on, types from 5 on, in whatever case. A
 * filter that is no state or type has no group. A group is Stable while it has members, or HTTP workers that hold records or wait for some.
 */
export const answerListGroups = ({ broker }: RequestContext, request: ListGroupsRequest): ListGroupsResponse => {
  const isWanted = (filter: readonly string[], value: string): boolean =>
    filter.length === 0 || filter.some((each) => each.toLowerCase() === value.toLowerCase());
  const groups = isWanted(request.typesFilter, 'share') ? broker.shareGroupStates : [];
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    groups: groups
      .filter(({ state }) => isWanted(request.statesFilter, state))
      .map(({ group, state }) => ({
        groupId: group,
        protocolType: 'share',
        groupState: state,
        groupType: 'share',
      })),
  };
};
