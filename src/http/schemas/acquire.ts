import { z } from 'zod';
import { emptyReasons } from '../../core/share-partition/acquire.ts';
import type { HttpLimits } from '../http-settings.ts';
import { acknowledgeResults, acknowledgements } from './acknowledge.ts';
import * as field from './fields.ts';
import { recordMembers } from './records.ts';

const maxTopics = 1000;

export const acquireBody = (limits: HttpLimits) =>
  z
    .strictObject({
      topics: z.array(field.topicName).min(1).max(maxTopics).describe('Names of the topics to take records from.'),
      maxRecords: z
        .int()
        .min(1)
        .max(limits.maxRecords)
        .default(1)
        .describe(`Most records, in all partitions together: 1 to ${limits.maxRecords}.`),
      maxBytes: z
        .int()
        .min(1)
        .max(1_073_741_824)
        .default(limits.defaultMaxBytes)
        .describe(
          "Most bytes of records as stored, never more than the server's fetch.max.bytes; the first record always comes.",
        ),
      waitMs: z
        .int()
        .min(0)
        .max(limits.maxWaitMs)
        .default(0)
        .describe(`How long to wait for a first record, in ms: 0 to ${limits.maxWaitMs}.`),
      workerId: field.workerId.default('anonymous'),
      lockDurationMs: field.lockDurationMs.optional(),
      acquireMode: z
        .enum(['record_limit', 'batch_optimized'])
        .default('record_limit')
        .describe(
          'record_limit: never more than maxRecords. batch_optimized: whole record batches, as Kafka clients take them.',
        ),
      startFrom: z
        .enum(['earliest', 'latest'])
        .optional()
        .describe(
          "Where the group starts, used only where it has no start yet. Default: the group's share.auto.offset.reset.",
        ),
      encoding: field.wantedEncoding,
      acknowledgements: acknowledgements(limits)
        .optional()
        .describe('Settled, durably, before anything is acquired; their results come in the same answer.'),
    })
    .meta({ id: 'AcquireRequest' });

const acquiredRecord = z
  .strictObject({
    ...recordMembers,
    deliveryCount: z.int().min(1).describe('1 for the first delivery.'),
    deliveryCountLimit: z.int().min(1).describe('A record that fails at this count is archived.'),
    lastFailure: z.string().nullable().describe('The reason given when an earlier delivery failed.'),
    lockedUntil: field.instant,
    lockRemainingMs: z.int().min(0),
    lease: z.string().max(120).describe('For acknowledge and renew. Opaque.'),
  })
  .meta({ id: 'AcquiredRecord' });

export const acquireResponse = z
  .strictObject({
    records: z.array(acquiredRecord),
    emptyReason: z
      .enum(emptyReasons)
      .nullable()
      .describe(
        'Why there are no records: the first that holds for any partition asked for. null when there are some.',
      ),
    nextAvailableMs: z
      .int()
      .min(0)
      .optional()
      .describe('With delayed: when the first delayed record becomes available; wall clock, ms since 1970.'),
    problem: z
      .string()
      .optional()
      .describe(
        'When there are no records: which damaged ones cannot be read, or what cannot be asked or handed out at this moment; what to do. For people.',
      ),
    lag: z.int().min(0).describe('Exact number of unfinished records in the partitions asked for.'),
    oldestAgeMs: z.int().min(0).nullable().describe('Age of the oldest unfinished record; null when there is none.'),
    started: z
      .string()
      .optional()
      .describe('Set by the call that gave the group its start in a topic: earliest, latest, …'),
    results: acknowledgeResults.optional().describe('Of the acknowledgements that came along.'),
  })
  .meta({ id: 'AcquireResponse' });
