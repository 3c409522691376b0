import { z } from 'zod';
import {
  type BackgroundOperation,
  type NewOperation,
  operationKinds,
  operationStates,
} from '../../ports/operation-queue.ts';
import * as field from './fields.ts';

const settle = z.strictObject({
  kind: z.literal('settle'),
  group: field.groupName,
  topic: field.topicName.optional().describe('Only windows on this topic. Default: all windows of the group.'),
  partition: field.partition.optional().describe('Only this window; it needs a topic.'),
  firstOffset: field.offset.optional().describe("Of one window: from here on. Default: the window's start."),
  lastOffset: field.offset
    .optional()
    .describe('Of one window: up to here, inclusive. Default: its end as it is when its turn comes.'),
  type: z
    .enum(['accept', 'reject', 'release', 'retry'])
    .describe('retry: available again, with one attempt given back. A release on the last attempt archives.'),
  reason: field.reason.optional(),
});
const deleteGroup = z.strictObject({ kind: z.literal('delete-group'), group: field.groupName });
const exportWindow = z.strictObject({
  kind: z.literal('export-window'),
  group: field.groupName,
  topic: field.topicName,
  partition: field.partition,
});

export const beginBody = z
  .discriminatedUnion('kind', [settle, deleteGroup, exportWindow])
  .refine((body) => body.kind !== 'settle' || (body.lastOffset ?? Infinity) >= (body.firstOffset ?? 0), {
    path: ['lastOffset'],
    error: 'it must not be before firstOffset',
  })
  .meta({ id: 'OperationRequest' });

/** What is asked for, as the broker takes it. */
export const newOperationOf = (
  { kind, group, ...rest }: z.output<typeof beginBody>,
  asker: Pick<NewOperation, 'door' | 'from'>,
): NewOperation => {
  const {
    topic = null,
    partition = null,
    ...request
  } = rest as {
    topic?: string;
    partition?: number;
    type?: string;
    reason?: string;
    firstOffset?: number;
    lastOffset?: number;
  };
  const { type, reason = null, firstOffset = null, lastOffset = null } = request;
  const settling = kind === 'settle' ? { type, reason, firstOffset, lastOffset } : {};
  return { kind, group, topic, partition, request: settling, ...asker };
};

const count = z.int().min(0);

export const operation = z
  .strictObject({
    id: z.string(),
    kind: z.enum(operationKinds),
    group: z.string(),
    topic: z.string().nullable().describe('null: all that the group reads.'),
    partition: field.partition.nullable(),
    request: z.record(z.string(), z.unknown()).describe('What else was asked for; other with each kind.'),
    state: z.enum(operationStates).describe('queued and running go on by themselves, over restarts too.'),
    cancelling: z.boolean().describe('It ends after the step under way.'),
    done: count.describe('How much is done: offsets (settle, export-window) or windows (delete-group).'),
    total: count.nullable().describe('null: not known yet. May change while it runs.'),
    result: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('What came of it so far; other with each kind. A settle: records by what became of them.'),
    error: z
      .strictObject({ code: z.string(), message: z.string() })
      .nullable()
      .describe('Why it failed; while it runs: why the last step did, which is tried again.'),
    resultBytes: count.nullable().describe('Of the text under /result; null: there is none, or not any more.'),
    resultExpiresAt: field.instant.nullable(),
    door: z.enum(['http', 'kafka']),
    from: z.string().describe('The address that asked.'),
    createdAt: field.instant,
    startedAt: field.instant.nullable(),
    updatedAt: field.instant.describe('Of its last step.'),
    endedAt: field.instant.nullable(),
  })
  .meta({ id: 'Operation' });

export const operationsResponse = z.strictObject({ operations: z.array(operation) });

export const operationParams = z.strictObject({ id: z.string().max(64).describe("The operation's id.") });

export const operationsQuery = z.strictObject({
  group: field.groupName.optional().describe('Only of this share group.'),
  limit: field.numberText(z.int().min(1).max(1000)).default(100).describe('At most so many: 1 to 1,000.'),
});

export const exportedRun = z
  .string()
  .describe('NDJSON: a run of the window in each line, as the window itself shows it.');

/** An operation as this API writes it. */
export const operationBody = (of: BackgroundOperation): z.output<typeof operation> => ({
  id: of.id,
  kind: of.kind,
  group: of.group,
  topic: of.topic,
  partition: of.partition,
  request: of.request,
  state: of.state,
  cancelling: of.isCancelling,
  done: of.done,
  total: of.total,
  result: of.result,
  error: of.error,
  resultBytes: of.output?.sizeBytes ?? null,
  resultExpiresAt: instant(of.output?.expiresAtMs ?? null),
  door: of.door,
  from: of.from,
  createdAt: new Date(of.createdAtMs).toISOString(),
  startedAt: instant(of.startedAtMs),
  updatedAt: new Date(of.updatedAtMs).toISOString(),
  endedAt: instant(of.endedAtMs),
});

const instant = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
