import { defineRoute } from '../route.ts';
import { groupParams } from '../schemas/fields.ts';
import { membersResponse } from '../schemas/members.ts';

export const membersRoute = defineRoute({
  method: 'GET',
  path: '/v1/share-groups/{group}/members',
  operationId: 'listMembers',
  tag: 'Share groups',
  summary: "The group's Kafka members, and what is assigned to each",
  description: 'HTTP workers are not members: see workers.',
  params: groupParams,
  status: 200,
  response: membersResponse,
  problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND'],
  handle: async ({ params }, { broker }) => {
    const described = await broker.members.describe(params.group);
    if (!described.ok) return described;
    const { members, topicNames } = described.value;
    return {
      ok: true,
      value: {
        members: members.map((member) => ({
          memberId: member.memberId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          rackId: member.rackId,
          memberEpoch: member.memberEpoch,
          assignment: [...member.assignment].flatMap(([topicId, partitions]) => {
            const topic = topicNames.get(topicId);
            return topic === undefined ? [] : [{ topic, partitions: [...partitions] }];
          }),
          subscribedTopics: member.subscribedTopicNames,
          lastHeartbeatMs: member.sinceHeartbeatMs,
        })),
      },
    };
  },
});
