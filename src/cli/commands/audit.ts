import type { Command } from 'commander';
import type { AuditLine } from '../../client/api.ts';
import { integer } from '../arguments.ts';
import { count, localTime } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { note, printJson, printLine } from '../terminal.ts';

interface AuditOptions {
  readonly group?: string;
  readonly maxRecords?: number;
}

const pageLines = 1000;
const tableLines = 50;

export function addAudit(program: Command): void {
  program
    .command('audit')
    .description(
      'Lists what operators did to topics, groups and windows, newest first, whichever door it came through.',
    )
    .option('-g, --group <group>', 'only to this group')
    .option('-n, --max-records <number>', `end after so many; ${tableLines} unless told, with --json all`, integer(1))
    .addHelpText('after', wrapped('With --json: a line for each deed, as GET /v1/audit gives it.'))
    .action(async ({ group, maxRecords }: AuditOptions, command: Command) => {
      const { client, json } = openSession(command);
      let left = maxRecords ?? (json ? Infinity : tableLines);
      const lines: AuditLine[] = [];
      let after: string | null = null;
      do {
        const page = await client.listAudit({
          limit: Math.min(left, pageLines),
          ...(group === undefined ? {} : { group }),
          ...(after === null ? {} : { after }),
        });
        if (json) for (const line of page.lines) await printJson(line);
        else lines.push(...page.lines);
        left -= page.lines.length;
        after = page.next;
      } while (after !== null && left > 0);
      if (json) return;
      if (lines.length === 0) return note('Nobody has changed anything yet.');
      await printLine(
        tableText(
          [
            { head: 'TIME', cell: ({ at }) => localTime(at) },
            { head: 'GROUP', cell: (line) => line.group ?? '' },
            { head: 'ACTION', cell: ({ action }) => action },
            { head: 'FROM', cell: ({ door, from }) => `${door} ${from}` },
            { head: 'WHAT', cell: ({ summary }) => summary },
          ],
          lines,
        ),
      );
      if (after !== null) note(`These are the newest ${count(lines.length)}. For more: --max-records.`);
    });
}
