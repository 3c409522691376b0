import { Argument, type Command } from 'commander';
import type { SettleAnswer, SettleRequest } from '../../client/api.ts';
import { offsetRange, partitionNumber, type OffsetRange } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import { count, counted } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { note, printJson, printLine, safeLine } from '../terminal.ts';
import { printBegun } from './operations.ts';

interface SettleOptions {
  readonly group: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: OffsetRange;
  readonly background?: true;
  readonly reason?: string;
  readonly dryRun?: true;
  readonly yes?: true;
}

export function addSettle(program: Command): void {
  program
    .command('settle')
    .summary('Accepts, rejects, releases or retries a range of records.')
    .description('Ends the work on a range of records as an operator, whoever holds them: their leases end with it.')
    .usage(
      '[options] <verb> --group GROUP --topic TOPIC --partition N --offset FIRST[-LAST]\n       sash settle [options] <verb> --background --group GROUP [--topic TOPIC [--partition N [--offset FIRST[-LAST]]]]',
    )
    .addArgument(new Argument('<verb>', 'what becomes of them').choices(['accept', 'reject', 'release', 'retry']))
    .requiredOption('-g, --group <group>')
    .option('-t, --topic <topic>', 'their topic; with --background: only windows on it')
    .option('-p, --partition <number>', 'their partition; with --background: only this window', partitionNumber)
    .option('-o, --offset <first-last>', 'one offset, or the first and the last', offsetRange)
    .option('-r, --reason <text>', 'why; kept with the records')
    .option('--background', 'only begin it, on all windows that are not left out, and print the id of the operation')
    .option('--dry-run', 'only show what would change')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      wrapped(`
accept: done. reject: never again, archived. release: again; on the last attempt this archives. retry: again, with one attempt
given back. What is finished, archived records included, stays what it is.

With --json: one document, as POST /v1/share-groups/{group}/settle gives it; with --background as POST /v1/operations.

Examples:
  sash settle retry --group mailers --topic emails -p 3 -o 120045-120049 --reason "smtp is back" --dry-run
  sash settle release --group mailers --background`),
    )
    .action(async (type: SettleRequest['type'], options: SettleOptions, command: Command) => {
      if (options.background === true) return settleInBackground(type, options, command);
      const { client, json } = openSession(command);
      const { group, topic, partition, offset, reason, dryRun, yes } = options;
      if (topic === undefined || partition === undefined || offset === undefined)
        return command.error('say --topic, --partition and --offset; whole windows are settled with --background');
      const request = { topic, partition, ...offset, type, ...(reason === undefined ? {} : { reason }) };
      const preview = yes === true ? undefined : await client.settleRange(group, { ...request, dryRun: true });
      if (dryRun === true) {
        const shown = preview ?? (await client.settleRange(group, { ...request, dryRun: true }));
        if (json) return printJson(shown);
        await printLine(`would change: ${summary(shown)}`);
        return note('Nothing was changed. Without --dry-run this is done.');
      }
      await confirm(
        `${type} ${safeLine(topic)}-${partition}, ${offsetsText(offset)}, in ${safeLine(group)}` +
          (preview === undefined ? '' : ` (${summary(preview)})`),
        yes,
      );
      const answer = await client.settleRange(group, request);
      await (json ? printJson(answer) : printLine(summary(answer)));
    });
}

async function settleInBackground(
  type: SettleRequest['type'],
  { group, topic, partition, offset, reason, dryRun, yes }: SettleOptions,
  command: Command,
): Promise<void> {
  const { client, json } = openSession(command);
  if (partition !== undefined && topic === undefined) command.error('--partition needs --topic');
  if (offset !== undefined && partition === undefined) command.error('--offset needs --topic and --partition');
  if (dryRun === true)
    command.error('--dry-run is not for --background; it asks first, and says how many records there are');
  if (yes !== true) {
    const list = await client.listWindows(group);
    for (const { error } of list.unreachable)
      note(`Not counted here, but settled too as soon as it answers: ${safeLine(error)}`);
    const windows = list.windows.filter(
      (row) => row.topic === (topic ?? row.topic) && row.partition === (partition ?? row.partition),
    );
    const unfinished = windows.reduce(
      (sum, { counts }) => sum + counts.available + counts.acquired + counts.delayed,
      0,
    );
    const locked = windows.reduce((sum, { counts }) => sum + counts.acquired, 0);
    const range = offset === undefined ? '' : `, ${offsetsText(offset)}`;
    await confirm(
      `${type} ${counted(windows.length, 'window')} of ${safeLine(group)}${range} (${counted(unfinished, 'record')} not finished, ${count(locked)} of them with workers)`,
      yes,
    );
  }
  const begun = await client.beginOperation({
    kind: 'settle',
    group,
    type,
    ...(topic === undefined ? {} : { topic }),
    ...(partition === undefined ? {} : { partition }),
    ...offset,
    ...(reason === undefined ? {} : { reason }),
  });
  await printBegun(begun, json);
}

const offsetsText = ({ firstOffset, lastOffset }: OffsetRange): string =>
  firstOffset === lastOffset ? `offset ${firstOffset}` : `offsets ${firstOffset} to ${lastOffset}`;

function summary(answer: SettleAnswer): string {
  const changed = (['accepted', 'rejected', 'released', 'archived', 'retried'] as const)
    .filter((name) => answer[name] > 0)
    .map((name) => `${count(answer[name])} ${name}`);
  const locks = answer.locksTaken === 0 ? '' : `, ${counted(answer.locksTaken, 'lock')} taken from workers`;
  const skipped = answer.skipped === 0 ? '' : `, ${count(answer.skipped)} finished before or not in the window`;
  return `${changed.length === 0 ? 'nothing' : changed.join(', ')}${locks}${skipped}`;
}
