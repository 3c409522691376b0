import type { MembershipDescription } from '../../broker/member-requests.ts';
import { errorCodes } from '../../codec/error-codes.ts';
import type {
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponse,
  ShareGroupDescribeResponseDescribedGroup,
} from '../../codec/messages/share-group-describe.ts';
import { groupOperations } from '../authorized-operations.ts';
import { notCoordinator } from '../cluster-view.ts';
import { coordinatorErrorNumber } from '../error-number.ts';
import type { RequestContext } from '../served-api.ts';

/**
 * ShareGroupDescribe (key 77), version 1: state, epochs and members of groups, each with an outcome of its own: GROUP_ID_NOT_FOUND for
 * one that is not there, NOT_COORDINATOR for one that another node coordinates, INVALID_GROUP_ID for an empty name. HTTP workers are no members.
 */
export const answerShareGroupDescribe = async (
  context: RequestContext,
  { groupIds, includeAuthorizedOperations }: ShareGroupDescribeRequest,
): Promise<ShareGroupDescribeResponse> => ({
  throttleTimeMs: 0,
  groups: await Promise.all(
    groupIds.map(async (groupId) => {
      const elsewhere = notCoordinator(context, groupId);
      const described =
        elsewhere === undefined
          ? await context.broker.members.describe(groupId)
          : ({ ok: false, error: elsewhere } as const);
      const operations = includeAuthorizedOperations ? { authorizedOperations: groupOperations } : {};
      if (described.ok) return { ...groupOf(described.value), ...operations };
      const { message } = described.error;
      return { ...emptyGroup(groupId), errorCode: coordinatorErrorNumber(described.error), errorMessage: message };
    }),
  ),
});

const emptyGroup = (groupId: string): ShareGroupDescribeResponseDescribedGroup => ({
  errorCode: errorCodes.NONE,
  errorMessage: null,
  groupId,
  groupState: '',
  groupEpoch: 0,
  assignmentEpoch: 0,
  assignorName: '',
  members: [],
});

const groupOf = (description: MembershipDescription): ShareGroupDescribeResponseDescribedGroup => ({
  ...emptyGroup(description.group),
  groupState: description.state,
  groupEpoch: description.groupEpoch,
  assignmentEpoch: description.groupEpoch,
  assignorName: 'simple',
  members: description.members.map((member) => ({
    memberId: member.memberId,
    rackId: member.rackId,
    memberEpoch: member.memberEpoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: member.subscribedTopicNames,
    assignment: {
      topicPartitions: [...member.assignment].flatMap(([topicId, partitions]) => {
        const topicName = description.topicNames.get(topicId);
        return topicName === undefined ? [] : [{ topicId, topicName, partitions }];
      }),
    },
  })),
});
