import { z } from 'zod';
import type { AuditLine } from '../../ports/audit-log.ts';
import * as field from './fields.ts';

const actions = [
  'settle',
  'release-worker',
  'pause',
  'resume',
  'reset',
  'delete-offsets',
  'alter-group',
  'delete-group',
  'create-topic',
  'alter-topic',
  'delete-topic',
  'delete-records',
  'cancel-operation',
] as const satisfies readonly AuditLine['action'][];

export const auditLine = z
  .strictObject({
    id: z.string(),
    at: field.instant,
    action: z.enum(actions),
    group: z.string().nullable(),
    topic: z.string().nullable(),
    partition: field.partition.nullable(),
    summary: z
      .string()
      .describe('For people, such as "released 3 records of emails-0, offsets 5 to 7: “smtp is back”".'),
    detail: z
      .record(z.string(), z.unknown())
      .describe('What was asked for and what came of it; other with each action.'),
    door: z.enum(['http', 'kafka']),
    from: z.string().describe('The address that asked.'),
  })
  .meta({ id: 'AuditLine' });

/** A line as this API writes it. */
export const auditLineBody = ({ sequence, atMs, ...line }: AuditLine): z.output<typeof auditLine> => ({
  id: String(sequence),
  at: new Date(atMs).toISOString(),
  ...line,
});

export const auditQuery = z.strictObject({
  group: field.groupName.optional().describe('Lines about this share group only.'),
  after: z.string().max(32).optional().describe('`next` of the page before.'),
  limit: field.numberText(z.int().min(1).max(1000)).default(100).describe('At most so many: 1 to 1,000.'),
});

export const auditResponse = z.strictObject({
  lines: z.array(auditLine),
  next: z.string().nullable().describe('Give it as `after` for the page of older lines; null: there are none.'),
});
