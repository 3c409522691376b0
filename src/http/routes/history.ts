import { defineRoute } from '../route.ts';
import { groupParams } from '../schemas/fields.ts';
import { historyQuery, historyResponse } from '../schemas/history.ts';

export const historyRoute = defineRoute({
  method: 'GET',
  path: '/v1/share-groups/{group}/history',
  operationId: 'readHistory',
  tag: 'Share groups',
  summary: 'Lag, records in flight and rates of the last minutes',
  params: groupParams,
  query: historyQuery,
  status: 200,
  response: historyResponse,
  problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND'],
  handle: async ({ params, query }, { broker }) => broker.live.history(params.group, query.minutes),
});
