import { hash } from 'node:crypto';
import type { RecordHeader } from '../../codec/record-batch.ts';
import { partitionForKey } from '../../core/partitioner.ts';
import { BatchBuilder } from '../batch-builder.ts';
import type { BuiltBatch } from '../batch-builder.ts';
import { elementRanges, memberRanges } from '../json-text.ts';
import type { TextRange } from '../json-text.ts';
import { partitionOf } from '../partition-choice.ts';
import { produceLines } from '../produce-lines.ts';
import { refuse } from '../problem.ts';
import type { Answered } from '../problem.ts';
import { recordOf } from '../record-input.ts';
import { defineRoute } from '../route.ts';
import type { Payload, Route, Services } from '../route.ts';
import { topicParams } from '../schemas/fields.ts';
import { produceBody, produceQuery, produceResponse } from '../schemas/records.ts';
import type { RecordInput } from '../schemas/records.ts';
import { beginSpan, traceHeaders, traced } from '../tracing.ts';
import type { ValueEncoding } from '../value-encoding.ts';

const maxKeyLength = 255;
export const linesContentType = 'application/x-ndjson';

export const produceRoute: Route = defineRoute({
  method: 'POST',
  path: '/v1/topics/{topic}/records',
  operationId: 'produce',
  tag: 'Records',
  summary: 'Produce records',
  description:
    'JSON: all records or none. application/x-ndjson: a record a line, streamed and appended as it comes; a bad line does not stop the others.',
  params: topicParams,
  query: produceQuery,
  body: produceBody,
  headers: [
    {
      name: 'traceparent',
      description:
        'The trace that the request belongs to (W3C Trace Context). Records without a header of this name get it as one.',
      maxLength: 512,
    },
    {
      name: 'Idempotency-Key',
      description:
        'Makes a JSON request safe to repeat for 24 h: the same key with the same body on the same topic gives the first answer again.',
      maxLength: maxKeyLength,
    },
  ],
  streams: linesContentType,
  status: 200,
  response: produceResponse,
  problems: [
    'INVALID_TOPIC_EXCEPTION',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'MESSAGE_TOO_LARGE',
    'INVALID_RECORD',
    'TOPIC_AUTHORIZATION_FAILED',
    'IDEMPOTENCY_KEY_REUSED',
    'OUTCOME_UNKNOWN',
    'BUSY',
    'STORAGE_FULL',
    'KAFKA_STORAGE_ERROR',
  ],
  handle: async ({ params: { topic }, query, body, bodyText, stream, headers }, services) => {
    const idempotencyKey = headers['idempotency-key'];
    if (stream !== null) {
      if (idempotencyKey !== undefined) {
        return refuse(
          'INVALID_REQUEST',
          `Idempotency-Key is for JSON requests: a stream is not all or nothing`,
          'Idempotency-Key',
        );
      }
      const span = beginSpan('produce', topic, headers, () => ({ 'messaging.destination.name': topic }));
      return traced(span, async () => {
        const outcome = await produceLines(topic, stream, query.lines ?? 'record', traceHeaders(span), services);
        if (outcome.ok) span.setAttribute('messaging.batch.message_count', outcome.value.produced);
        return outcome;
      });
    }
    if (query.lines !== undefined) {
      return refuse('INVALID_REQUEST', `lines is for content-type ${linesContentType}`, 'lines');
    }
    if (idempotencyKey !== undefined && !isKey(idempotencyKey)) {
      return refuse(
        'INVALID_REQUEST',
        `Idempotency-Key must be one value of 1 to ${maxKeyLength} printable ASCII characters`,
        'Idempotency-Key',
      );
    }
    const { records, encoding = null } = body;
    const span = beginSpan('produce', topic, headers, () => ({
      'messaging.destination.name': topic,
      'messaging.batch.message_count': records.length,
    }));
    const trace = traceHeaders(span);
    return traced(span, () => produceRecords(topic, records, encoding, bodyText, idempotencyKey, trace, services));
  },
});

const isKey = (key: string | readonly string[]): key is string =>
  typeof key === 'string' && key.length <= maxKeyLength && /^[\x20-\x7e]+$/.test(key);

const produceRecords = async (
  topic: string,
  inputs: readonly RecordInput[],
  encoding: ValueEncoding | null,
  bodyText: string,
  idempotencyKey: string | undefined,
  trace: readonly RecordHeader[],
  { broker, limits, clock, sticky }: Services,
): Promise<Answered<Payload>> => {
  const target = await broker.topicForProduce(topic);
  if (!target.ok) return target;
  const { partitionCount, maxMessageBytes } = target.value;

  const context = { encoding, limits, nowMs: clock.wallMs(), trace };
  const ranges = inputs.some((input) => passesOnJson(input, encoding)) ? recordRanges(bodyText) : undefined;
  // A request that is repeated has to be laid out as before: where the log has it already, it is known by that.
  const stickyPartition =
    idempotencyKey === undefined
      ? sticky.next(topic, partitionCount)
      : partitionForKey(Buffer.from(idempotencyKey), partitionCount);
  const builder = new BatchBuilder(maxMessageBytes);
  for (const [index, input] of inputs.entries()) {
    const path = `records[${index}]`;
    const record = recordOf(input, bodyText, ranges?.[index], `${path}.`, context);
    if (!record.ok) return record;
    const partition = partitionOf(record.value, partitionCount, stickyPartition, `${path}.`);
    if (!partition.ok) return partition;
    const added = builder.add(partition.value, record.value, path);
    if (!added.ok) return added;
  }
  const built = builder.take();
  const layout = layoutOf(built, inputs.length);
  const outcome = await broker.produce({
    topic,
    batches: built.map(({ partition, batch }) => ({ partition, batch })),
    ...(idempotencyKey === undefined
      ? {}
      : {
          requestKey: {
            key: idempotencyKey,
            fingerprint: hash('sha256', bodyText, 'hex'),
            layout: JSON.stringify(layout),
          },
        }),
  });
  if (!outcome.ok) return outcome;
  const { kind, baseOffsets } = outcome.value;
  return {
    ok: true,
    value:
      kind === 'appended'
        ? `{"results":${placesText(layout, baseOffsets)}}`
        : `{"results":${placesText(JSON.parse(outcome.value.layout) as Layout, baseOffsets)},"replayed":true}`,
  };
};

const passesOnJson = (
  { key, value, keyEncoding, valueEncoding }: RecordInput,
  encoding: ValueEncoding | null,
): boolean => isPassedOn(value, valueEncoding ?? encoding) || isPassedOn(key, keyEncoding ?? encoding);

const isPassedOn = (value: unknown, encoding: ValueEncoding | null): boolean =>
  value !== undefined && value !== null && (encoding === 'json' || (encoding === null && typeof value !== 'string'));

/** Where each record stands in a body that has passed the schema. */
const recordRanges = (bodyText: string): readonly TextRange[] =>
  elementRanges(bodyText, memberRanges(bodyText, ['records'])[0]!);

/**
 * Which record is in which batch, so that offsets of batches become places of records; stored with an Idempotency-Key.
 * A batch's records have the offsets from its base offset on, in the order of the request.
 */
interface Layout {
  /** The partition of each batch. */
  readonly partitions: readonly number[];
  /** The batches of the records in the order of the request: batch, how many in a row, batch, how many, … */
  readonly runs: readonly number[];
}

const layoutOf = (built: readonly BuiltBatch[], recordCount: number): Layout => {
  const batchOf = new Int32Array(recordCount);
  for (const [index, { recordNumbers }] of built.entries()) for (const number of recordNumbers) batchOf[number] = index;
  const runs: number[] = [];
  for (const [index, batch] of batchOf.entries()) {
    if (index > 0 && batchOf[index - 1] === batch) runs[runs.length - 1]!++;
    else runs.push(batch, 1);
  }
  return { partitions: built.map(({ partition }) => partition), runs };
};

const placesText = ({ partitions, runs }: Layout, baseOffsets: readonly number[]): string => {
  const next = [...baseOffsets];
  const places: string[] = [];
  for (let index = 0; index < runs.length; index += 2) {
    const batch = runs[index]!;
    for (let left = runs[index + 1]!; left > 0; left--) {
      places.push(`{"partition":${partitions[batch]},"offset":${next[batch]!++}}`);
    }
  }
  return `[${places.join(',')}]`;
};
