import { InvalidArgumentError, type Command } from 'commander';
import type { ResetAnswer, ResetRequest } from '../../client/api.ts';
import { collectPartitions } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import { count, counted } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { note, printJson, printLine, safeLine } from '../terminal.ts';

interface ResetOptions {
  readonly topic: string;
  readonly partition?: readonly number[];
  readonly to: ResetRequest['to'];
  readonly dryRun?: true;
  readonly yes?: true;
}

export function addGroupReset(groups: Command): void {
  groups
    .command('reset-offsets')
    .description("Moves the start of a group's windows on a topic: back to do records again, or on to leave them out.")
    .usage('[options] <group> --topic TOPIC --to PLACE')
    .argument('<group>')
    .requiredOption('-t, --topic <topic>')
    .option('-p, --partition <number>', 'only these; repeatable, or separated by commas', collectPartitions)
    .requiredOption('--to <place>', 'earliest, latest, an offset, or a time such as 2026-11-20T08:00:00Z', placeOf)
    .option('--dry-run', 'only show what would change')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      wrapped(`
A record at the offset, or the first that is not older than the time, is the next to be done. Locks end with it: workers
hear that their record is gone. Refused while Kafka members are in the group, as in Kafka.

With --json: one document, {"dryRun":…,"partitions":[…]} as POST …/reset gives it.

Examples:
  sash groups reset-offsets mailers --topic emails --to earliest --dry-run
  sash groups reset-offsets mailers --topic emails -p 3 --to 120045 --yes`),
    )
    .action(async (group: string, options: ResetOptions, command: Command) => {
      const { client, json } = openSession(command);
      const { topic, partition: partitions, to, dryRun, yes } = options;
      const request = { topic, to, ...(partitions === undefined ? {} : { partitions }) };
      const preview = await client.resetShareGroup(group, { ...request, dryRun: true });
      if (dryRun === true) {
        if (json) return printJson(preview);
        await printLine(resetTable(preview));
        return note('Nothing was changed. Without --dry-run this is done.');
      }
      // Shown where somebody is asked.
      if (yes !== true && process.stdin.isTTY) note(resetTable(preview));
      await confirm(
        `move the start of ${counted(preview.partitions.length, 'window')} of ${safeLine(group)} on ${safeLine(topic)}`,
        yes,
      );
      const answer = await client.resetShareGroup(group, request);
      await (json ? printJson(answer) : printLine(resetTable(answer)));
    });
}

const resetTable = ({ partitions }: ResetAnswer): string =>
  tableText(
    [
      { head: 'TOPIC', cell: ({ topic }) => topic },
      { head: 'PARTITION', right: true, cell: ({ partition }) => String(partition) },
      { head: 'START BEFORE', right: true, cell: ({ startOffsetBefore }) => count(startOffsetBefore) },
      { head: 'START AFTER', right: true, cell: ({ startOffsetAfter }) => count(startOffsetAfter) },
      { head: 'LAG BEFORE', right: true, cell: ({ lagBefore }) => count(lagBefore) },
      { head: 'LAG AFTER', right: true, cell: ({ lagAfter }) => count(lagAfter) },
      { head: 'LOCKS DROPPED', right: true, cell: ({ locksDropped }) => count(locksDropped) },
    ],
    partitions,
  );

function placeOf(text: string): ResetRequest['to'] {
  if (text === 'earliest' || text === 'latest') return text;
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) return { offset: Number(text) };
  const timestampMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(timestampMs)) return { timestampMs };
  throw new InvalidArgumentError('It must be earliest, latest, an offset, or a time such as 2026-11-20T08:00:00Z.');
}
