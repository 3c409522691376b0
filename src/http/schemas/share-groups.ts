import { z } from 'zod';
import { endingOutcomes } from '../../core/share-partition/ending.ts';
import * as field from './fields.ts';
import { unreachable } from './nodes.ts';
import { recordMembers } from './records.ts';

const count = z.int().min(0);
const recordStates = ['available', 'acquired', 'delayed', 'acknowledged', 'archived'] as const;
const holder = z.string().describe('Who holds it: the worker id, or the member id of a Kafka client.');
const holderKind = z.enum(['http', 'kafka', 'operator']);

const duration = z.int().min(0);
const rate = z.number().min(0);
const atMs = field.timestampMs.describe('When the durations of this row were measured; a page counts on from there.');

const blockedByMembers = {
  offset: field.offset,
  state: z.enum(recordStates),
  holder: holder.nullable(),
  deliveryCount: count,
  sinceMs: duration.describe('How long it has been locked; without a lock, the age of the record.'),
  standingMs: duration.describe('How long the start of the window has not moved.'),
  sentence: z.string().describe('For people.'),
};

const rowMembers = {
  group: z.string(),
  state: z.enum(['Empty', 'Stable']),
  members: count.describe('Kafka members.'),
  workers: count.describe('HTTP workers that hold a lock or wait in an acquire.'),
  lag: count.nullable().describe('Unfinished records, exactly; null where error says why it cannot be told.'),
  oldestAgeMs: count.nullable(),
  inFlight: count.nullable(),
  inFlightLimit: count.nullable().describe('Of all its windows together; null without any.'),
  archived: count.nullable().describe('Archived records that are listed.'),
  deliveredPerSecond: rate.describe('Over the last 10 s.'),
  acknowledgedPerSecond: rate.describe('Accepted, over the last 10 s.'),
  blockedBy: z
    .strictObject({ topic: z.string(), partition: field.partition, ...blockedByMembers })
    .nullable()
    .describe('Of all its windows with records in flight: what keeps the one whose start has not moved for longest.'),
  paused: z.boolean(),
  error: z.string().nullable().describe('For people: which windows cannot be loaded now, and why. null: all are.'),
  atMs,
};

export const groupRow = z.strictObject(rowMembers).meta({ id: 'ShareGroupRow' });
export const groupsResponse = z.strictObject({ groups: z.array(groupRow) });

export const groupResponse = z
  .strictObject({
    ...rowMembers,
    config: z.record(z.string(), z.strictObject({ value: z.string(), source: z.enum(['default', 'group']) })),
  })
  .meta({ id: 'ShareGroup' });

export const alterGroupBody = z.strictObject({ config: field.configChange }).meta({ id: 'AlterShareGroupRequest' });

export const pauseResponse = z.strictObject({ group: z.string(), paused: z.boolean() });

export const windowRow = z
  .strictObject({
    topic: z.string(),
    partition: field.partition,
    node: z.int().min(0).optional().describe('node.id of the node that has it, where there are several.'),
    startOffset: field.offset.describe('SPSO: the lowest unfinished offset.'),
    endOffset: field.offset.describe('Exclusive: one past SPEO.'),
    logStartOffset: field.offset,
    logEndOffset: field.offset,
    stateEpoch: count,
    counts: z.strictObject({
      available: count,
      acquired: count,
      delayed: count,
      acknowledged: count,
      archived: count,
    }),
    inFlight: count.describe('endOffset − startOffset.'),
    inFlightLimit: count,
    lag: count,
    oldestAgeMs: count.nullable(),
    holders: z.array(
      z.strictObject({
        holder,
        kind: holderKind,
        records: count,
        oldestLockMs: count.describe('Age of its oldest lock.'),
      }),
    ),
    blockedBy: z.strictObject(blockedByMembers).nullable().describe('What keeps the start of the window where it is.'),
    version: count.describe('Grows with whatever changes in the window: as long as it is the same, so are the runs.'),
    atMs,
  })
  .meta({ id: 'Window' });
export const windowsResponse = z.strictObject({ windows: z.array(windowRow), unreachable });

export const windowQuery = z.strictObject({
  fromOffset: field.numberText(field.offset).optional().describe('First offset of the page. Default: startOffset.'),
  limit: field.numberText(z.int().min(1).max(10_000)).default(1000).describe('Most runs, 1 to 10,000.'),
});

export const windowResponse = z.strictObject({
  startOffset: field.offset,
  endOffset: field.offset.describe('Exclusive.'),
  runs: z.array(
    z
      .strictObject({
        firstOffset: field.offset,
        lastOffset: field.offset.describe('Inclusive.'),
        state: z.enum(recordStates),
        deliveryCount: count,
        holder: holder.nullable(),
        lockRemainingMs: count.nullable(),
        availableInMs: count.nullable(),
        lastFailure: z.string().nullable().describe('The reason given when an earlier delivery failed.'),
      })
      .meta({ id: 'WindowRun' }),
  ),
  nextOffset: field.offset.nullable().describe('fromOffset of the next page; null on the last.'),
});

export const peekParams = field.sharePartitionParams.extend({ offset: field.numberText(field.offset) });
export const peekQuery = z.strictObject({ encoding: field.wantedEncoding });

export const peekResponse = z.strictObject({
  record: z
    .strictObject({
      ...recordMembers,
      deliveryCount: count,
      deliveryCountLimit: z.int().min(1),
      lastFailure: z.string().nullable(),
    })
    .meta({ id: 'PeekedRecord' }),
  state: z
    .enum([...recordStates, 'finished', 'unread'])
    .describe('finished: before startOffset. unread: from endOffset on.'),
  deliveryCount: count,
  holder: holder.nullable(),
  attempts: z
    .array(
      z.strictObject({
        deliveryCount: count,
        holder,
        acquiredAt: field.instant,
        endedAt: field.instant.nullable().describe('null while it is going on.'),
        outcome: z.enum(endingOutcomes).nullable(),
        reason: z.string().nullable(),
      }),
    )
    .describe('The last attempts, oldest first; there may be fewer than deliveryCount.'),
});

export const archivedQuery = z.strictObject({
  topic: field.topicName.optional(),
  partition: field.numberText(field.partition).optional(),
  after: z.string().max(12_000).optional().describe('`next` of the page before.'),
  limit: field.numberText(z.int().min(1).max(1000)).default(100).describe('Most records, 1 to 1,000.'),
});

export const archivedResponse = z.strictObject({
  records: z
    .array(
      z
        .strictObject({
          topic: z.string(),
          partition: field.partition,
          offset: field.offset,
          deliveryCount: count,
          outcome: z.enum(endingOutcomes).describe('How its last delivery ended.'),
          reason: z.string().nullable(),
          holder,
          archivedAt: field.instant,
        })
        .meta({ id: 'ArchivedRecord' }),
    )
    .describe('Newest first.'),
  next: z.string().nullable().describe('`after` of the next page; null on the last.'),
});

const dryRun = z.boolean().default(false).describe('Only say what would change.');

export const resetBody = z
  .strictObject({
    topic: field.topicName,
    partitions: z.array(field.partition).min(1).max(10_000).optional().describe('Default: all of the topic.'),
    to: z
      .union([
        z.enum(['earliest', 'latest']),
        z.strictObject({ offset: field.offset }),
        z.strictObject({ timestampMs: field.timestampMs }),
      ])
      .describe('The new start of the windows.'),
    dryRun,
  })
  .meta({ id: 'ResetRequest' });

export const resetResponse = z.strictObject({
  dryRun: z.boolean(),
  partitions: z.array(
    z.strictObject({
      topic: z.string(),
      partition: field.partition,
      startOffsetBefore: field.offset.nullable(),
      startOffsetAfter: field.offset,
      lagBefore: count.nullable(),
      lagAfter: count,
      locksDropped: count,
    }),
  ),
});

export const settleBody = z
  .strictObject({
    topic: field.topicName,
    partition: field.partition,
    firstOffset: field.offset,
    lastOffset: field.offset.describe('Inclusive; not before firstOffset.'),
    type: z
      .enum(['accept', 'reject', 'release', 'retry'])
      .describe('retry: available again, with one attempt given back. A release on the last attempt archives.'),
    reason: field.reason.optional(),
    dryRun,
  })
  .refine(({ firstOffset, lastOffset }) => lastOffset >= firstOffset, {
    path: ['lastOffset'],
    error: 'it must not be before firstOffset',
  })
  .meta({ id: 'SettleRequest' });

export const settleResponse = z.strictObject({
  dryRun: z.boolean(),
  accepted: count,
  rejected: count,
  released: count,
  archived: count,
  retried: count,
  locksTaken: count.describe('Leases that end with it.'),
  skipped: count.describe('Offsets that are finished already or not in the window.'),
});

export const workerRow = z
  .strictObject({
    holder,
    kind: holderKind,
    records: count,
    oldestLockMs: count.nullable(),
    waiting: count.describe('Acquires of this worker that wait.'),
    acknowledgedPerSecond: rate.describe('Accepted, over the last 10 s.'),
    failures: count.describe('Records that it released or rejected, or whose lock ran out, in the last 10 minutes.'),
  })
  .meta({ id: 'Worker' });
export const workersResponse = z.strictObject({ workers: z.array(workerRow), unreachable });

export const workerParams = z.strictObject({
  group: field.groupName,
  holder: z.string().max(512).describe('As workers and windows show it.'),
});
export const releaseWorkerResponse = z.strictObject({ released: count, archived: count });
