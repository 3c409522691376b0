import { z } from 'zod';
import * as field from './fields.ts';

export const membersResponse = z.strictObject({
  members: z.array(
    z
      .strictObject({
        memberId: z.string(),
        clientId: z.string(),
        clientHost: z.string(),
        rackId: z.string().nullable(),
        memberEpoch: z.int(),
        assignment: z.array(z.strictObject({ topic: z.string(), partitions: z.array(field.partition) })),
        subscribedTopics: z.array(z.string()).describe('They need not exist.'),
        lastHeartbeatMs: z.int().min(0).describe('How long ago its last heartbeat came.'),
      })
      .meta({ id: 'Member' }),
  ),
});
