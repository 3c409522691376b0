import { z } from 'zod';

/** Fields that many requests and answers share. Units are in the names; limits are in the schemas. */

export const offset = z
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .describe('Offset of a record in its partition, from 0 to 2^53-1.');

export const partition = z.int().min(0).max(2_147_483_647).describe('Number of a partition, from 0.');

export const topicName = z
  .string()
  .describe("A topic's name: 1 to 249 characters of a-z, A-Z, 0-9, '.', '_' and '-'; not '.' or '..'.");

export const groupName = z.string().describe("A share group's name: 1 to 249 characters.");

/** The characters of a worker's own name: printable, so that it can stand in a log and a table. */
const workerPattern = /^[^\p{C}]+$/u;

export const workerId = z
  .string()
  .min(1)
  .max(256)
  .regex(workerPattern, 'control characters are not allowed')
  .describe('Who holds the lock, as the worker calls itself: 1 to 256 characters. Shown in windows and histories.');

/** At most 1 KiB of UTF-8. */
const maxReasonBytes = 1024;

export const reason = z
  .string()
  .refine((text) => text.isWellFormed() && Buffer.byteLength(text) <= maxReasonBytes, {
    error: `the most is ${maxReasonBytes} bytes of UTF-8`,
  })
  .meta({ description: 'Why, in words: at most 1 KiB of UTF-8. Kept with the record.', maxLength: maxReasonBytes });

export const lease = z
  .string()
  .min(1)
  .max(1024)
  .describe(
    'The opaque token that acquire gave for this acquisition of the record: at most 110 characters that need no escaping in a URL.',
  );

export const delayMs = z
  .int()
  .min(0)
  .max(2_592_000_000)
  .describe('Not handed out again for so long, in ms: 0 to 30 days. It holds through restarts.');

export const lockDurationMs = z
  .int()
  .min(100)
  .max(2_147_483_647)
  .describe(
    "How long the lock lasts from now, in ms: from 100 to the server's group.share.max.record.lock.duration.ms. Default: the group's share.record.lock.duration.ms.",
  );

export const timestampMs = z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe('Wall clock, ms since 1970-01-01 UTC.');

export const instant = z.iso.datetime().describe('Wall clock, RFC 3339 in UTC.');

export const wantedEncoding = z
  .enum(['auto', 'text', 'json', 'base64'])
  .default('auto')
  .describe(
    'How keys and values are written: auto gives an object or array as JSON, other UTF-8 as text, anything else as base64. An encoding that is not possible for a value gives way to text, then base64; each value says which it got.',
  );

export const configValues = z
  .custom<Record<string, string>>()
  .check((context) => checkConfig(context, false))
  .meta({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: "Overrides, as strings with Kafka's names.",
  });

export const configChange = z
  .custom<Record<string, string | null>>()
  .check((context) => checkConfig(context, true))
  .meta({
    type: 'object',
    additionalProperties: { type: ['string', 'null'] },
    description: "Overrides to set, as strings with Kafka's names; null goes back to the default.",
  });

const checkConfig = (context: z.core.ParsePayload, nullable: boolean): void => {
  const { value, issues } = context;
  const wanted = nullable ? 'a string or null' : 'a string';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    issues.push({ code: 'custom', input: value, path: [], message: 'it must be an object of config names and values' });
    return;
  }
  for (const [name, setting] of Object.entries(value)) {
    if (typeof setting === 'string' || (nullable && setting === null)) continue;
    issues.push({
      code: 'custom',
      input: setting,
      path: [name],
      message: `it must be ${wanted}, as Kafka's tools show configs`,
    });
    return;
  }
};

/** A number in a path or query, where all is text. Text that is no whole number stays text, and is refused as such. */
export const numberText = <T extends z.ZodType>(schema: T) =>
  z.preprocess((text) => (typeof text === 'string' && /^-?\d{1,20}$/.test(text) ? Number(text) : text), schema);

export const topicParams = z.strictObject({ topic: topicName });
export const groupParams = z.strictObject({ group: groupName });
export const topicPartitionParams = z.strictObject({ topic: topicName, partition: numberText(partition) });
export const sharePartitionParams = z.strictObject({
  group: groupName,
  topic: topicName,
  partition: numberText(partition),
});
