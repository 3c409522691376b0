import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { RecordHeader } from '../codec/record-batch.ts';
import { BatchBuilder } from './batch-builder.ts';
import { rejectionOf } from './invalid-input.ts';
import { LineSplitter } from './line-splitter.ts';
import { partitionOf } from './partition-choice.ts';
import { refuse } from './problem.ts';
import type { Answered, DoorRejection } from './problem.ts';
import { recordOf } from './record-input.ts';
import type { IncomingRecord, RecordContext } from './record-input.ts';
import type { Services } from './route.ts';
import { recordInput } from './schemas/records.ts';

/** Appended together: a durable write for each line would be slow, one for the whole stream would hold it in memory. */
const chunkRecords = 2000;
const chunkBytes = 512 * 1024;
const maxErrors = 100;

export interface LinesOutcome {
  readonly produced: number;
  readonly failed: number;
  readonly errors: readonly { readonly line: number; readonly code: string; readonly message: string }[];
}

/**
 * Produces a record for each line of `stream`, as it comes: while one chunk is being written the next is read, and no
 * more than that, so a slow disk slows the sender down. A bad line is counted and the others go in. When a chunk cannot be
 * written the rest is not read; the problem says how many lines are in.
 */
export const produceLines = async (
  topic: string,
  stream: Readable,
  lines: 'record' | 'value',
  trace: readonly RecordHeader[],
  services: Services,
): Promise<Answered<LinesOutcome>> => {
  const { broker, limits, clock, sticky } = services;
  const target = await broker.topicForProduce(topic);
  if (!target.ok) return target;
  const { partitionCount, maxMessageBytes } = target.value;

  const builder = new BatchBuilder(maxMessageBytes);
  // A value is at most as long as its record; a record's JSON may be several times as long as what it says.
  const splitter = new LineSplitter(lines === 'value' ? maxMessageBytes : limits.bodyMaxBytes);
  let produced = 0;
  let failed = 0;
  const errors: { line: number; code: string; message: string; field?: string }[] = [];
  let pendingBytes = 0;
  let stickyPartition = sticky.next(topic, partitionCount);
  let context: RecordContext = { encoding: null, limits, nowMs: clock.wallMs(), trace };

  const fail = (line: number, { code, message, field }: DoorRejection): void => {
    failed++;
    if (errors.length < maxErrors) errors.push({ line, code, message, ...(field === undefined ? {} : { field }) });
  };
  const addLine = (line: number, bytes: Buffer | undefined): void => {
    const record =
      bytes === undefined
        ? refuse(
            'MESSAGE_TOO_LARGE',
            `the line is longer than ${lines === 'value' ? `the topic's max.message.bytes, ${maxMessageBytes}` : `http.body.max.bytes, ${limits.bodyMaxBytes}`}`,
          )
        : lines === 'value'
          ? valueRecord(bytes, context)
          : lineRecord(bytes, context);
    if (!record.ok) return fail(line, record.error);
    const partition = partitionOf(record.value, partitionCount, stickyPartition, '');
    if (!partition.ok) return fail(line, partition.error);
    const added = builder.add(partition.value, record.value);
    if (!added.ok) return fail(line, added.error);
    pendingBytes += bytes?.length ?? 0;
  };

  /** The chunk that is being written. */
  let writing: Promise<DoorRejection | undefined> = Promise.resolve(undefined);
  const write = async (): Promise<DoorRejection | undefined> => {
    const count = builder.count;
    const batches = builder.take().map(({ partition, batch }) => ({ partition, batch }));
    const answer = await broker.produce({ topic, batches });
    if (!answer.ok) return answer.error;
    produced += count;
    return undefined;
  };
  const startWriting = async (): Promise<DoorRejection | undefined> => {
    const problem = await writing;
    if (problem !== undefined || builder.count === 0) return problem;
    writing = write();
    // It is awaited later; until then nobody listens.
    writing.catch(() => {});
    pendingBytes = 0;
    stickyPartition = sticky.next(topic, partitionCount);
    context = { ...context, nowMs: clock.wallMs() };
    return undefined;
  };

  let problem: DoorRejection | undefined;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    splitter.push(chunk, addLine);
    if (builder.count >= chunkRecords || pendingBytes >= chunkBytes) problem = await startWriting();
    if (problem !== undefined) break;
  }
  if (problem === undefined) {
    splitter.finish(addLine);
    problem = (await startWriting()) ?? (await writing);
  }
  const outcome = { produced, failed, errors };
  return problem === undefined
    ? { ok: true, value: outcome }
    : {
        ok: false,
        error: { ...problem, message: `${problem.message} (after ${produced} records were produced)`, extra: outcome },
      };
};

const valueRecord = (bytes: Buffer, context: RecordContext): Answered<IncomingRecord> => ({
  ok: true,
  value: { partition: null, key: null, value: bytes, headers: [], timestampMs: context.nowMs },
});

const lineRecord = (bytes: Buffer, context: RecordContext): Answered<IncomingRecord> => {
  if (!isUtf8(bytes)) return refuse('INVALID_REQUEST', 'the line is not UTF-8');
  const text = bytes.toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return refuse('INVALID_REQUEST', `the line is not JSON: ${(error as SyntaxError).message}`);
  }
  const input = recordInput.safeParse(json);
  if (!input.success) return { ok: false, error: rejectionOf(input.error, json, 'body') };
  return recordOf(input.data, text, undefined, '', context);
};
