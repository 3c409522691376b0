import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { exitCodes, Failure } from '../exit-code.ts';
import { count, counted, duration, rate } from '../format.ts';
import { lineBlocks, lineWithKey, lineWithoutPlace, type LineChange } from '../line-blocks.ts';
import { produceInSegments } from '../produce-segments.ts';
import { ProgressLine } from '../progress-line.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { note, printJson, printLine, safeLine } from '../terminal.ts';

interface ProduceOptions {
  readonly records?: true;
  readonly keyField?: string;
}

export function addProduce(program: Command): void {
  program
    .command('produce')
    .summary('Produces a record for each line of a file, or of stdin.')
    .description('Produces a record for each line of a file, or of stdin. Empty lines are left out.')
    .argument('<topic>')
    .argument('[file]', '"-" or nothing: stdin')
    .option('-k, --key-field <path>', 'lines are JSON objects; the key is in this field, such as user or user.id')
    .option('-r, --records', 'lines are records: {"key":…,"value":…,"headers":{…}}, or what `consume --json` printed')
    .addHelpText(
      'after',
      wrapped(`
A line without its end is the value, byte for byte, unless an option says otherwise. Lines are sent as they are read and never kept:
a file may be larger than memory. A line that cannot be a record is reported and does not stop the others (exit code 7).

With --json: one document, {"produced":n,"failed":n,"errors":[{"line":n,"code":"…","message":"…"}]}.

Examples:
  sash produce emails jobs.ndjson --key-field user.id
  tail -f events.log | sash produce events
  sash consume emails --json | sash produce emails-copy --records`),
    )
    .action(async (topic: string, file: string | undefined, options: ProduceOptions, command: Command) => {
      const { client, json } = openSession(command);
      const change = changeOf(options, command);
      const { input, sizeBytes } = await inputOf(file);
      if (file === undefined && process.stdin.isTTY) note('A record for each line that you type; Ctrl-D ends.');
      const progress = new ProgressLine(sizeBytes, process.stdin.isTTY && sizeBytes === undefined);
      const startedMs = performance.now();
      let outcome: Awaited<ReturnType<typeof produceInSegments>>;
      try {
        outcome = await produceInSegments(client, topic, lineBlocks(input, change), {
          lines: options.records === true || options.keyField !== undefined ? 'record' : 'value',
          onProgress: (lines, bytes) => progress.show(lines, bytes),
        });
      } finally {
        progress.clear();
      }
      if (outcome.failed > 0) process.exitCode = exitCodes.partly.code;
      if (json) return printJson(outcome);
      for (const { line, message } of outcome.errors) note(`line ${count(line)}: ${safeLine(message)}`);
      if (outcome.failed > outcome.errors.length)
        note(`… and ${counted(outcome.failed - outcome.errors.length, 'line')} more`);
      const seconds = (performance.now() - startedMs) / 1000;
      // Less than a second says nothing of the rate.
      const speed = seconds < 1 ? '' : ` in ${duration(seconds * 1000)} (${rate(outcome.produced / seconds)})`;
      const failed = outcome.failed === 0 ? '' : `; ${counted(outcome.failed, 'line')} failed`;
      await printLine(`produced ${counted(outcome.produced, 'record')} to ${safeLine(topic)}${speed}${failed}`);
    });
}

function changeOf({ records, keyField }: ProduceOptions, command: Command): LineChange | undefined {
  if (records === true && keyField !== undefined)
    command.error('--records and --key-field: a record says its key itself');
  if (keyField !== undefined) return lineWithKey(keyField.split('.'));
  return records === true ? lineWithoutPlace : undefined;
}

async function inputOf(
  file: string | undefined,
): Promise<{ readonly input: AsyncIterable<Buffer>; readonly sizeBytes: number | undefined }> {
  if (file === undefined || file === '-') return { input: process.stdin, sizeBytes: undefined };
  try {
    const stats = await stat(file);
    if (stats.isDirectory()) throw new Failure('usage', `${file} is a folder, not a file`);
    return {
      input: createReadStream(file, { highWaterMark: 256 * 1024 }),
      sizeBytes: stats.isFile() ? stats.size : undefined,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Failure('usage', `there is no file ${file}`, 'To read what is piped in, leave FILE out, or say -.');
  }
}
