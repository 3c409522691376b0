import { z } from 'zod';
import { auditLine } from './audit.ts';
import * as field from './fields.ts';
import { historySample } from './history.ts';
import { unreachableNodes } from './nodes.ts';
import { operation } from './operations.ts';
import { groupResponse, groupRow, windowRow, workerRow } from './share-groups.ts';
import { topicResponse } from './topics.ts';

export const eventsQuery = z.strictObject({
  group: field.groupName.optional().describe('Watch this group. Default: all groups and topics.'),
});

const atMs = field.timestampMs.describe('When it was looked at.');
const unreachable = unreachableNodes.describe(
  'Nodes that do not answer: what they have is as they told it last, or left out. Empty: all answer.',
);
const event = <const N extends string, D extends z.ZodType>(name: N, data: D) =>
  z.strictObject({ id: z.string(), event: z.literal(name), data });

/** One event: its fields as lines, `data` as JSON. */
export const eventsResponse = z
  .union([
    event('snapshot', z.strictObject({ groups: z.array(groupRow), topics: z.array(topicResponse), unreachable, atMs })),
    event(
      'snapshot',
      z.strictObject({
        group: groupResponse,
        windows: z.array(windowRow),
        workers: z.array(workerRow),
        unreachable,
        atMs,
      }),
    ),
    event('group', z.union([groupRow, groupResponse]).describe('With its config where one group is watched.')),
    event('group-deleted', z.strictObject({ group: z.string() })),
    event('topic', topicResponse),
    event('topic-deleted', z.strictObject({ topic: z.string() })),
    event('window', windowRow),
    event('window-removed', z.strictObject({ topic: z.string(), partition: field.partition })),
    event('workers', z.strictObject({ workers: z.array(workerRow), atMs })),
    event('unreachable', z.strictObject({ nodes: unreachable })),
    event('sample', historySample),
    event('audit', auditLine),
    event('operation', operation),
  ])
  .meta({ id: 'Event', description: 'One event: `id`, `event` and `data` are its lines, `data` is JSON.' });
