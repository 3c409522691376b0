import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UnreachableNode, WindowRow } from '../../client/api.ts';
import type { SashClient } from '../../client/sash-client.ts';
import { durationOption } from '../arguments.ts';
import { count, duration, localTime } from '../format.ts';
import { LiveBlock } from '../live-block.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { note, printJson, printLine, styled } from '../terminal.ts';
import { noteUnreachable, unreachableText } from '../unreachable-note.ts';

interface LagRow extends WindowRow {
  readonly group: string;
}

interface LagOptions {
  readonly watch?: true;
  readonly interval: number;
}

export function addGroupLag(groups: Command): void {
  groups
    .command('lag')
    .description('Shows how far a group is behind in each partition; without a group, all of them.')
    .argument('[group]')
    .option('-w, --watch', 'again and again, until Ctrl-C: in place on a terminal, as lines elsewhere')
    .addOption(durationOption('-i, --interval <duration>', 'how often with --watch', '1s'))
    .addHelpText(
      'after',
      wrapped(`
LAG is the number of unfinished records: exactly, as the window knows which are done. OLDEST is the age of the oldest of them.

With --json: {"at":"…","partitions":[…],"unreachable":[…]}, each partition as GET …/windows gives it, with its group; one line for each look with --watch.`),
    )
    .action(async (group: string | undefined, { watch, interval }: LagOptions, command: Command) => {
      const { client, json } = openSession(command);
      const block = process.stdout.isTTY && !json ? new LiveBlock(process.stdout) : undefined;
      let noted = '';
      for (;;) {
        const at = new Date();
        const { rows, unreachable } = await lagOf(client, group);
        const leftOut = unreachable.map(unreachableText).join('\n');
        // Once, while it stays the same; in place it stays to be seen.
        if (!json && !(watch === true && block !== undefined) && leftOut !== noted) noteUnreachable(unreachable);
        noted = leftOut;
        if (json) await printJson({ at: at.toISOString(), partitions: rows, unreachable });
        else if (watch === true && block !== undefined)
          block.show([headline(at, rows), ...(leftOut === '' ? [] : [leftOut]), '', lagTable(rows)].join('\n'));
        else if (watch === true) for (const row of rows) await printLine(lagLine(at, row));
        else if (rows.length === 0) note('No partition is read by a share group yet.');
        else await printLine(lagTable(rows));
        if (watch !== true) return;
        await sleep(interval);
      }
    });
}

async function lagOf(
  client: SashClient,
  group: string | undefined,
): Promise<{ readonly rows: readonly LagRow[]; readonly unreachable: readonly UnreachableNode[] }> {
  const names = group === undefined ? (await client.listShareGroups()).map((row) => row.group) : [group];
  const answers = await Promise.all(names.map(async (name) => ({ name, ...(await client.listWindows(name)) })));
  const byNode = new Map(answers.flatMap(({ unreachable }) => unreachable.map((node) => [node.nodeId, node])));
  return {
    rows: answers.flatMap(({ name, windows }) => windows.map((row) => ({ group: name, ...row }))),
    unreachable: [...byNode.values()],
  };
}

function headline(at: Date, rows: readonly LagRow[]): string {
  const lag = rows.reduce((sum, row) => sum + row.lag, 0);
  return `${localTime(at.getTime())}   lag ${styled('bold', count(lag))}   ${styled('dim', 'Ctrl-C ends')}`;
}

const lagTable = (rows: readonly LagRow[]): string =>
  tableText(
    [
      { head: 'GROUP', cell: ({ group }) => group },
      { head: 'TOPIC', cell: ({ topic }) => topic },
      { head: 'PARTITION', right: true, cell: ({ partition }) => String(partition) },
      { head: 'START', right: true, cell: ({ startOffset }) => count(startOffset) },
      { head: 'LOG END', right: true, cell: ({ logEndOffset }) => count(logEndOffset) },
      { head: 'IN FLIGHT', right: true, cell: ({ inFlight }) => count(inFlight) },
      {
        head: 'LAG',
        right: true,
        cell: ({ lag }) => count(lag),
        style: ({ lag }) => (lag === 0 ? 'green' : undefined),
      },
      { head: 'OLDEST', right: true, cell: ({ oldestAgeMs }) => duration(oldestAgeMs) },
    ],
    rows,
  );

const lagLine = (at: Date, { group, topic, partition, startOffset, logEndOffset, lag }: LagRow): string =>
  `${at.toISOString()} ${group} ${topic} ${partition} start=${startOffset} end=${logEndOffset} lag=${lag}`;
