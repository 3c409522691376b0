import { defineRoute } from '../route.ts';
import { auditLineBody, auditQuery, auditResponse } from '../schemas/audit.ts';

export const auditRoute = defineRoute({
  method: 'GET',
  path: '/v1/audit',
  operationId: 'listAudit',
  tag: 'Server',
  summary: 'What operators did, newest first',
  description:
    'A line for each change of topics, groups and windows from outside, through this API or by Kafka clients, kept durably: the newest 10,000. What was refused, or only tried with dryRun, has none.',
  query: auditQuery,
  status: 200,
  response: auditResponse,
  problems: [],
  handle: async ({ query: { group, after, limit } }, { broker }) => {
    const page = await broker.auditPage({ group: group ?? null, after: after ?? null, limit });
    if (!page.ok) return page;
    return { ok: true, value: { lines: page.value.lines.map(auditLineBody), next: page.value.next } };
  },
});
