import { z } from 'zod';
import type { HttpLimits } from '../http-settings.ts';
import * as field from './fields.ts';

const valueEncoding = z.enum(['text', 'json', 'base64']);

/** Values as acquire gives them: null for Kafka's null. */
const givenEncoding = valueEncoding
  .nullable()
  .optional()
  .describe(
    'What the string is: text (its UTF-8), json (the JSON text as sent) or base64. Exactly as acquire gives it.',
  );

const anyValue = z
  .unknown()
  .optional()
  .describe("A string is its UTF-8 bytes, any other JSON value its JSON text as sent; null or absent is Kafka's null.");

const headers = z
  .unknown()
  .optional()
  .meta({
    description: 'An object of names and texts, or the array that acquire gives.',
    anyOf: [
      { type: 'object', additionalProperties: { type: ['string', 'null'] } },
      {
        type: 'array',
        items: {
          type: 'object',
          required: ['key'],
          additionalProperties: false,
          properties: {
            key: { type: 'string' },
            value: { type: ['string', 'null'] },
            encoding: { enum: ['text', 'base64', null] },
          },
        },
      },
      { type: 'null' },
    ],
  });

export const recordInput = z
  .strictObject({
    partition: field.partition
      .nullable()
      .optional()
      .describe(
        "The partition. Default: Kafka's murmur2 of the key; without a key a partition of the server's choice.",
      ),
    timestamp: field.timestampMs
      .nullable()
      .optional()
      .describe('When it was made, ms since 1970; at most an hour ahead. Default: now.'),
    key: anyValue,
    keyEncoding: givenEncoding,
    value: anyValue,
    valueEncoding: givenEncoding,
    headers,
  })
  .meta({ id: 'NewRecord', description: 'A record to produce.' });
export type RecordInput = z.output<typeof recordInput>;

const maxRecordsOfRequest = 100_000;

export const produceBody = z
  .strictObject({
    encoding: valueEncoding.optional().describe('For all keys and values that say none of their own.'),
    records: z.array(recordInput).min(1).max(maxRecordsOfRequest).describe('1 to 100,000 records, all or nothing.'),
  })
  .meta({ id: 'ProduceRequest' });

export const produceQuery = z.strictObject({
  lines: z
    .enum(['record', 'value'])
    .optional()
    .describe('For application/x-ndjson: each line is a record (default), or itself the value.'),
});

export const produceResponse = z
  .union([
    z.strictObject({
      results: z
        .array(z.strictObject({ partition: field.partition, offset: field.offset }))
        .describe('Where each record is, in the order of the request.'),
      replayed: z
        .literal(true)
        .optional()
        .describe('The Idempotency-Key was seen before: this is the first answer again.'),
    }),
    z.strictObject({
      produced: z.int().min(0),
      failed: z.int().min(0),
      errors: z
        .array(
          z.strictObject({ line: z.int().min(1), code: z.string(), message: z.string(), field: z.string().optional() }),
        )
        .describe('The first 100 lines that failed; lines count from 1.'),
    }),
  ])
  .meta({ id: 'ProduceResponse' });

const outputEncoding = valueEncoding.nullable();

export const recordMembers = {
  topic: z.string(),
  partition: field.partition,
  offset: field.offset,
  timestamp: z.int().describe('ms since 1970, as the producer or the log set it.'),
  key: z.unknown().describe('As keyEncoding says.'),
  keyEncoding: outputEncoding,
  value: z.unknown().describe('As valueEncoding says.'),
  valueEncoding: outputEncoding,
  headers: z.array(
    z.strictObject({
      key: z.string(),
      value: z.string().nullable(),
      encoding: z.enum(['text', 'base64']).nullable(),
    }),
  ),
};

export const readQuery = (limits: HttpLimits) =>
  z.strictObject({
    fromOffset: field
      .numberText(field.offset)
      .optional()
      .describe('First offset to read, inclusive. Default: the start of the log.'),
    limit: field
      .numberText(z.int().min(1).max(limits.maxRecords))
      .default(100)
      .describe(`Most records, 1 to ${limits.maxRecords}.`),
    maxBytes: field
      .numberText(z.int().min(1).max(1_073_741_824))
      .default(limits.defaultMaxBytes)
      .describe(
        "Most bytes of record batches, never more than the server's fetch.max.bytes; the first batch always comes.",
      ),
    encoding: field.wantedEncoding,
  });

export const readResponse = z
  .strictObject({
    records: z.array(z.strictObject(recordMembers).meta({ id: 'StoredRecord' })),
    logStartOffset: field.offset,
    logEndOffset: field.offset.describe('Exclusive: one past the last record.'),
    nextOffset: field.offset.nullable().describe('Where to go on; null at the end of the log.'),
  })
  .meta({ id: 'ReadResponse' });
