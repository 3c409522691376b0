import { defineRoute } from '../route.ts';
import { groupParams } from '../schemas/fields.ts';
import { stripsQuery, stripsResponse } from '../schemas/strips.ts';

export const stripsRoute = defineRoute({
  method: 'GET',
  path: '/v1/share-groups/{group}/strips',
  operationId: 'readStrips',
  tag: 'Windows',
  summary: 'Pictures of windows, at a resolution',
  description: 'Ask again when the version of a window has moved: as long as it is the same, so is the picture.',
  params: groupParams,
  query: stripsQuery,
  status: 200,
  response: stripsResponse,
  problems: ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND', 'UNKNOWN_TOPIC_OR_PARTITION'],
  handle: async ({ params, query: { windows, columns, fromOffset = null, endOffset = null } }, { broker }) => {
    const strips = await broker.live.strips({ group: params.group, windows, columns, fromOffset, endOffset });
    return strips.ok ? { ok: true, value: { windows: strips.value } } : strips;
  },
});
