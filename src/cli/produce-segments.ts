import type { ProduceLinesAnswer } from '../client/api.ts';
import type { SashClient } from '../client/sash-client.ts';
import { SashError } from '../client/sash-error.ts';
import { Failure } from './exit-code.ts';
import { counted } from './format.ts';
import type { LineBlock } from './line-blocks.ts';

/** An input that is silent for so long is confirmed up to where it is: nobody knows when it goes on. */
const idleMs = 100;
/** So many lines are confirmed together: less is in doubt when the connection is lost. */
const maxSegmentLines = 100_000;
const maxErrors = 100;

interface SegmentOptions {
  readonly lines: 'record' | 'value';
  /** What was sent so far, in all. */
  readonly onProgress: (lines: number, inputBytes: number) => void;
}

/**
 * Sends blocks of lines as requests that the server appends while they come. A request ends when the input pauses, or after
 * 100,000 lines; so what somebody types, or a log that is followed, is in the topic at once.
 *
 * @throws Failure, SashError when the server cannot take more; the message says how many records are in
 */
export async function produceInSegments(
  client: SashClient,
  topic: string,
  blocks: AsyncIterator<LineBlock>,
  { lines, onProgress }: SegmentOptions,
): Promise<ProduceLinesAnswer> {
  let [produced, failed, linesBefore, sentLines, inputBytes] = [0, 0, 0, 0, 0];
  const errors: ProduceLinesAnswer['errors'][number][] = [];
  let pending = blocks.next();
  for (;;) {
    const first = await pending;
    if (first.done === true) break;
    let linesOfSegment = 0;
    const segment = async function* (): AsyncGenerator<Uint8Array> {
      let next: IteratorResult<LineBlock, unknown> | undefined = first;
      while (next !== undefined && next.done !== true) {
        const block: LineBlock = next.value;
        linesOfSegment += block.lines;
        failed += block.failures.length;
        errors.push(...block.failures.slice(0, maxErrors));
        sentLines += block.lines;
        inputBytes += block.inputBytes;
        // Asked for before this block is sent: reading and sending go on together.
        pending = blocks.next();
        yield block.bytes;
        onProgress(sentLines, inputBytes);
        next = linesOfSegment >= maxSegmentLines ? undefined : await unlessIdle(pending);
      }
    };
    let answer: ProduceLinesAnswer;
    try {
      answer = await client.produceLines(topic, ReadableStream.from(segment()), {
        lines,
      });
    } catch (error) {
      // Nobody waits for what was still to be read.
      pending.catch(() => {});
      throw produced > 0 || linesBefore > 0 ? inTheMiddle(error, produced, linesBefore) : error;
    }
    produced += answer.produced;
    failed += answer.failed;
    for (const error of answer.errors) errors.push({ ...error, line: error.line + linesBefore });
    errors.sort((a, b) => a.line - b.line);
    errors.length = Math.min(errors.length, maxErrors);
    linesBefore += linesOfSegment;
  }
  return { produced, failed, errors };
}

async function unlessIdle<T>(pending: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), idleMs);
  });
  try {
    return await Promise.race([pending, idle]);
  } finally {
    clearTimeout(timer);
  }
}

function inTheMiddle(error: unknown, produced: number, lines: number): Error {
  if (!(error instanceof SashError)) return error instanceof Error ? error : new Error(String(error));
  const unknown = error.status === 0 ? '; of those after them it is not known whether they are in' : '';
  return new Failure(
    error.status === 0 ? 'unreachable' : 'failed',
    error.message,
    `${counted(produced, 'record')} of the first ${counted(lines, 'line')} are confirmed${unknown}.`,
  );
}
