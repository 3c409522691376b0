import type { Command } from 'commander';
import type { ArchivedRecord } from '../../client/api.ts';
import { integer, partitionNumber } from '../arguments.ts';
import { count, localTime } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { note, printJson, printLine } from '../terminal.ts';

interface ArchivedOptions {
  readonly group: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly maxRecords?: number;
}

const pageRecords = 1000;
const tableRecords = 100;

export function addArchived(program: Command): void {
  program
    .command('archived')
    .summary('Lists the records that failed for good.')
    .description('Lists the records that a group has given up, newest first: who had each last, and why it failed.')
    .usage('[options] --group GROUP')
    .requiredOption('-g, --group <group>')
    .option('-t, --topic <topic>', 'only of this topic')
    .option('-p, --partition <number>', 'only of this partition; needs --topic', partitionNumber)
    .option('-n, --max-records <number>', `end after so many; ${tableRecords} unless told, with --json all`, integer(1))
    .addHelpText(
      'after',
      wrapped(`
With --json: a line for each record, as GET /v1/share-groups/{group}/archived gives it.

An archived record stays what it is. To have one done after all, produce it again:

  sash consume TOPIC -p PARTITION -o OFFSET -n 1 --json | sash produce TOPIC --records`),
    )
    .action(async (options: ArchivedOptions, command: Command) => {
      const { client, json } = openSession(command);
      const { group, maxRecords, topic, partition } = options;
      if (partition !== undefined && topic === undefined) command.error('--partition needs --topic');
      let left = maxRecords ?? (json ? Infinity : tableRecords);
      const rows: ArchivedRecord[] = [];
      let after: string | null = null;
      do {
        const page = await client.listArchived(group, {
          limit: Math.min(left, pageRecords),
          ...(topic === undefined ? {} : { topic }),
          ...(partition === undefined ? {} : { partition }),
          ...(after === null ? {} : { after }),
        });
        if (json) for (const record of page.records) await printJson(record);
        else rows.push(...page.records);
        left -= page.records.length;
        after = page.next;
      } while (after !== null && left > 0);
      if (json) return;
      if (rows.length === 0) return note('No record of this group is archived.');
      await printLine(table(rows));
      if (after !== null) note(`These are the newest ${count(rows.length)}. For more: --max-records.`);
    });
}

const table = (rows: readonly ArchivedRecord[]): string =>
  tableText(
    [
      { head: 'TOPIC', cell: ({ topic }) => topic },
      { head: 'PARTITION', right: true, cell: ({ partition }) => String(partition) },
      { head: 'OFFSET', right: true, cell: ({ offset }) => String(offset) },
      { head: 'DELIVERIES', right: true, cell: ({ deliveryCount }) => String(deliveryCount) },
      { head: 'OUTCOME', cell: ({ outcome }) => outcome },
      { head: 'WORKER', cell: ({ holder }) => holder },
      { head: 'ARCHIVED', cell: ({ archivedAt }) => localTime(archivedAt) },
      { head: 'REASON', cell: ({ reason }) => reason ?? '' },
    ],
    rows,
  );
