import { z } from 'zod';

const count = z.int().min(0);

const node = z
  .strictObject({
    nodeId: count.describe('Its node.id, as the `node` of windows.'),
    httpUrl: z.string().describe('Where the other nodes reach its HTTP API.'),
    kafkaAddress: z.string().nullable().describe('Where Kafka clients reach it, as host:port; null without that door.'),
    self: z.boolean().describe('It is the one that answers.'),
    partitions: count.describe('How many partitions it owns, of all topics together.'),
    reachable: z.boolean().describe('It answered just now.'),
    error: z.string().nullable().describe('For people: why it did not.'),
  })
  .meta({ id: 'Node' });

export const unreachableNodes = z.array(
  z
    .strictObject({ nodeId: count, httpUrl: z.string(), error: z.string().describe('For people: why.') })
    .meta({ id: 'UnreachableNode' }),
);
export const unreachable = unreachableNodes.describe(
  'Nodes that could not be asked: what they have is left out. Empty: nothing is.',
);

export const nodesResponse = z.strictObject({
  nodes: z.array(node).describe('In the order of their ids.'),
  unowned: count.describe('Partitions that no node owns at this moment: they are moving.'),
});
