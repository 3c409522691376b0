import type { NodeRow } from '../../broker/nodes.ts';
import { defineRoute } from '../route.ts';
import { nodesResponse } from '../schemas/nodes.ts';

export const nodesRoute = defineRoute({
  method: 'GET',
  path: '/v1/nodes',
  operationId: 'listNodes',
  tag: 'Server',
  summary: 'The nodes that there are, what each owns, and whether it answers',
  description:
    'As the node that is asked sees them: it asks each of the others, for 2 s at most. Without a cluster, the one.',
  status: 200,
  response: nodesResponse,
  problems: [],
  handle: async (_call, { broker }) => {
    const { nodes, unowned } = await broker.nodes.list();
    return { ok: true, value: { nodes: nodes.map(nodeBody), unowned } };
  },
});

const nodeBody = ({ nodeId, httpUrl, kafka, isSelf, partitions, error }: NodeRow) => ({
  nodeId,
  httpUrl,
  kafkaAddress: kafka === null ? null : `${kafka.host.includes(':') ? `[${kafka.host}]` : kafka.host}:${kafka.port}`,
  self: isSelf,
  partitions,
  reachable: error === null,
  error,
});
