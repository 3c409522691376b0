import { z } from 'zod';
import * as field from './fields.ts';

const partitions = z.int().min(1).max(10_000);

export const createTopicBody = z
  .strictObject({
    topic: field.topicName,
    partitions: partitions.optional().describe("1 to 10,000. Default: the server's num.partitions."),
    config: field.configValues.optional(),
  })
  .meta({ id: 'CreateTopicRequest' });

export const alterTopicBody = z
  .strictObject({
    partitions: partitions.optional().describe('The new number of partitions; it only grows.'),
    config: field.configChange.optional(),
  })
  .meta({ id: 'AlterTopicRequest' });

export const topicResponse = z
  .strictObject({
    topic: z.string(),
    topicId: z.string().describe('A UUID as 22 characters of base64url, as Kafka prints it.'),
    partitions: z.array(
      z.strictObject({
        partition: field.partition,
        logStartOffset: field.offset,
        logEndOffset: field.offset.describe('Exclusive: one past the last record.'),
        sizeBytes: z.int().min(0).nullable().describe('null: not known, as over a Kafka, which is not asked for it.'),
      }),
    ),
    config: z
      .record(z.string(), z.string())
      .describe(
        "Every config that can be changed, with its effective value. Kafka's other topic configs are taken at the value that says what sash does.",
      ),
    recordsInPerSecond: z.number().min(0).describe('Produced, over the last 10 s.'),
    bytesInPerSecond: z.number().min(0).describe('The same in bytes of record batches as they are stored.'),
  })
  .meta({ id: 'Topic' });

export const topicsResponse = z.strictObject({ topics: z.array(topicResponse) });
