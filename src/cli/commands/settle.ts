import { Argument, type Command } from 'commander';
import type { SettleAnswer, SettleRequest } from '../../client/api.ts';
import { offsetRange, partitionNumber, type OffsetRange } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import { count, counted } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { note, printJson, printLine, safeLine } from '../terminal.ts';

interface SettleOptions {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: OffsetRange;
  readonly reason?: string;
  readonly dryRun?: true;
  readonly yes?: true;
}

export function addSettle(program: Command): void {
  program
    .command('settle')
    .summary('Accepts, rejects, releases or retries a range of records.')
    .description('Ends the work on a range of records as an operator, whoever holds them: their leases end with it.')
    .usage('[options] <verb> --group GROUP --topic TOPIC --partition N --offset FIRST[-LAST]')
    .addArgument(new Argument('<verb>', 'what becomes of them').choices(['accept', 'reject', 'release', 'retry']))
    .requiredOption('-g, --group <group>')
    .requiredOption('-t, --topic <topic>')
    .requiredOption('-p, --partition <number>', 'their partition', partitionNumber)
    .requiredOption('-o, --offset <first-last>', 'one offset, or the first and the last', offsetRange)
    .option('-r, --reason <text>', 'why; kept with the records')
    .option('--dry-run', 'only show what would change')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      wrapped(`
accept: done. reject: never again, archived. release: again; on the last attempt this archives. retry: again, with one attempt
given back. What is finished, archived records included, stays what it is.

With --json: one document, as POST /v1/share-groups/{group}/settle gives it.

Example:
  sash settle retry --group mailers --topic emails -p 3 -o 120045-120049 --reason "smtp is back" --dry-run`),
    )
    .action(async (type: SettleRequest['type'], options: SettleOptions, command: Command) => {
      const { client, json } = openSession(command);
      const { group, topic, partition, offset, reason, dryRun, yes } = options;
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
