/** What goes to the terminal: text that cannot harm it, colours where somebody sees them, and an end without noise. */
import { once } from 'node:events';
import { styleText } from 'node:util';
import { exitCodes, Failure } from './exit-code.ts';

type Format = Parameters<typeof styleText>[0];

/** Colours and weights; nothing where the stream is no terminal, or NO_COLOR is set. */
export const styled = (format: Format, text: string, stream: NodeJS.WriteStream = process.stdout): string =>
  styleText(format, text, { stream });

/** A reader that has gone away (`| head`) is no failure; a disk that is full is one. */
export function endWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodes.done.code);
      if (stream === process.stdout)
        printFailure(new Failure('failed', `the output cannot be written: ${error.message}`));
      process.exit(exitCodes.failed.code);
    });
}

/** Waits while the reader of stdout is slower than the writer. */
export async function write(chunk: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
}

export const printLine = (text: string): Promise<void> => write(`${text}\n`);
export const printJson = (value: unknown): Promise<void> => printLine(jsonLine(JSON.stringify(value)));

/** JSON; on a terminal without what that would obey: what JSON may have as it is stands in strings, and is escaped there. */
export const jsonLine = (json: string): string =>
  process.stdout.isTTY
    ? json.replaceAll(harmfulInJson, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : json;

/** For people beside the output: progress, what to do next. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`);

export function printFailure(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  note(`${styled('red', 'sash:', process.stderr)} ${safe(message)}`);
  if (error instanceof Failure && error.hint !== undefined) note(safe(error.hint));
  else if (!(error instanceof Failure) && error instanceof Error) note(error.stack ?? '');
}

/**
 * Text of somebody else (a key, a reason, a group's name) without what a terminal would obey: control characters and
 * the marks that turn the direction of writing are shown as escapes.
 */
export const safe = (text: string): string => text.replaceAll(harmful, escape);

const harmful = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** JSON escapes the others itself; a tab may stand between its tokens. */
const harmfulInJson = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The same on one line. */
export const safeLine = (text: string): string => safe(text).replaceAll('\n', '\\n');

const names: Readonly<Record<string, string>> = { '\t': '\\t', '\r': '\\r' };
const escape = (character: string): string => {
  const code = character.charCodeAt(0);
  return names[character] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`);
};
