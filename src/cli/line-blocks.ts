import { isUtf8 } from 'node:buffer';
import { Failure } from './exit-code.ts';

/** Whole lines, many at a time. */
export interface LineBlock {
  /** Each line with its end; the last of a stream may have none. A line that failed here is empty: it keeps its number. */
  readonly bytes: Buffer;
  readonly lines: number;
  /** Of the input. */
  readonly inputBytes: number;
  readonly failures: readonly LineFailure[];
}

export interface LineFailure {
  /** From 1. */
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

/** One line, without its end, as it is sent; or why it is not. */
export type LineChange = (line: string) => { readonly text: string } | { readonly trouble: string };

const newline = 0x0a;
const carriageReturn = 0x0d;

/** More than any record may have: what is longer is no text of lines. */
const maxLineBytes = 64 * 1024 * 1024;

/**
 * Cuts a stream after lines, without ever holding more than a chunk and the beginning of one line.
 *
 * @throws Failure when a line is longer than 64 MiB
 */
export async function* lineBlocks(input: AsyncIterable<Buffer>, change?: LineChange): AsyncGenerator<LineBlock> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let lines = 0;
  const take = (last: Buffer): LineBlock => {
    const whole = begun.length === 0 ? last : Buffer.concat([...begun, last]);
    [begun, begunBytes] = [[], 0];
    const block = change === undefined ? asTheyAre(whole) : changed(whole, lines, change);
    lines += block.lines;
    return block;
  };
  for await (const chunk of input) {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end > 0) yield take(chunk.subarray(0, end));
    if (end === chunk.length) continue;
    begun.push(chunk.subarray(end));
    begunBytes += chunk.length - end;
    if (begunBytes > maxLineBytes)
      throw new Failure(
        'usage',
        `line ${lines + 1} is longer than ${maxLineBytes} bytes; the lines before it were sent`,
      );
  }
  if (begun.length > 0) yield take(Buffer.alloc(0));
}

function asTheyAre(bytes: Buffer): LineBlock {
  let lines = bytes.at(-1) === newline ? 0 : 1;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines++;
  return { bytes, lines, inputBytes: bytes.length, failures: [] };
}

function changed(bytes: Buffer, linesBefore: number, change: LineChange): LineBlock {
  const failures: LineFailure[] = [];
  let text = '';
  let lines = 0;
  for (let start = 0; start < bytes.length;) {
    const newlineAt = bytes.indexOf(newline, start);
    const end = newlineAt === -1 ? bytes.length : newlineAt;
    const line = bytes.subarray(start, bytes[end - 1] === carriageReturn ? Math.max(start, end - 1) : end);
    start = end + 1;
    lines++;
    if (line.length > 0) {
      const result = isUtf8(line) ? change(line.toString()) : { trouble: 'the line is not UTF-8' };
      if ('text' in result) text += result.text;
      else failures.push({ line: linesBefore + lines, code: 'INVALID_REQUEST', message: result.trouble });
    }
    text += '\n';
  }
  return { bytes: Buffer.from(text), lines, inputBytes: bytes.length, failures };
}

/** A JSON object becomes the value of a record whose key is one of its fields. Its text stays as it is, numbers and all. */
export const lineWithKey =
  (path: readonly string[]): LineChange =>
  (line) => {
    let field: unknown;
    try {
      field = JSON.parse(line);
    } catch (error) {
      return { trouble: `the line is not JSON: ${(error as SyntaxError).message}` };
    }
    for (const name of path)
      field =
        typeof field === 'object' && field !== null && Object.hasOwn(field, name) ? field[name as never] : undefined;
    if (field === undefined) return { trouble: `the line has no field ${path.join('.')} for its key` };
    return { text: `{"key":${JSON.stringify(field)},"value":${line}}` };
  };

/** A record as `consume --json` prints it, without where it was found: that is not where it goes. */
export const lineWithoutPlace: LineChange = (line) => ({ text: line.replace(place, '{') });

const place = /^\s*\{\s*"topic"\s*:\s*"[^"\\]*"\s*,\s*"partition"\s*:\s*\d+\s*,\s*"offset"\s*:\s*\d+\s*,/;
