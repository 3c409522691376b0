import type { Command } from 'commander';
import type { WindowPage, WindowRow, WindowStrip } from '../../client/api.ts';
import type { SashClient } from '../../client/sash-client.ts';
import { partitionNumber } from '../arguments.ts';
import { Failure } from '../exit-code.ts';
import { count, counted, duration } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { note, printJson, printLine, safeLine, styled } from '../terminal.ts';
import { noteUnreachable } from '../unreachable-note.ts';
import { cellsOf, countsLine, holderFormat, paint } from '../window-picture.ts';

interface WindowOptions {
  readonly topic?: string;
  readonly partition?: number;
  readonly runs?: true;
}

type Runs = WindowPage['runs'];

/** The server draws so many at once. */
const stripsOfRequest = 64;
const maxColumns = 2000;

const pageRuns = 10_000;

export function addGroupWindow(groups: Command): void {
  groups
    .command('window')
    .description('Draws the windows of a group from start to end, and says what keeps each start where it is.')
    .argument('<group>')
    .option('-t, --topic <topic>', 'only of this topic')
    .option('-p, --partition <number>', 'only this partition', partitionNumber)
    .option('--runs', 'list the runs, too: neighbouring records that are alike')
    .addHelpText(
      'after',
      wrapped(
        'With --json: one document, {"windows":[…],"unreachable":[…]} as GET …/windows gives it, each window with its "runs" as GET …/window.',
      ),
    )
    .action(async (group: string, options: WindowOptions, command: Command) => {
      const { client, json } = openSession(command);
      const { windows, unreachable } = await client.listWindows(group);
      if (!json) noteUnreachable(unreachable);
      const rows = windows.filter(
        ({ topic, partition }) => topic === (options.topic ?? topic) && partition === (options.partition ?? partition),
      );
      if (rows.length === 0 && (options.topic !== undefined || options.partition !== undefined))
        throw new Failure('notFound', `${group} has no window there`, `All of them: sash groups window ${group}`);
      if (!json && rows.length === 0) return note('No partition is read by this group yet.');
      const runs: Runs[] = [];
      if (json || options.runs === true) for (const row of rows) runs.push(await runsOf(client, group, row));
      if (json) return printJson({ windows: rows.map((row, index) => ({ ...row, runs: runs[index] })), unreachable });
      const width = Math.min(process.stdout.columns ?? 80, maxColumns);
      const strips: WindowStrip[] = [];
      for (let first = 0; first < rows.length; first += stripsOfRequest)
        strips.push(...(await client.readStrips(group, rows.slice(first, first + stripsOfRequest), width)));
      await printPictures(rows, strips, runs, width);
    });
}

async function runsOf(client: SashClient, group: string, { topic, partition }: WindowRow): Promise<Runs> {
  const runs: Runs[number][] = [];
  let fromOffset: number | null = null;
  do {
    const page: WindowPage = await client.readWindow(group, topic, partition, {
      limit: pageRuns,
      ...(fromOffset === null ? {} : { fromOffset }),
    });
    runs.push(...page.runs);
    fromOffset = page.nextOffset;
  } while (fromOffset !== null);
  return runs;
}

async function printPictures(
  rows: readonly WindowRow[],
  strips: readonly WindowStrip[],
  runs: readonly Runs[],
  width: number,
): Promise<void> {
  const holders = [...new Set(rows.flatMap((row) => row.holders.map(({ holder }) => holder)))];
  for (const [index, row] of rows.entries()) {
    if (index > 0) await printLine('');
    await printLine(titleOf(row));
    const strip = strips[index];
    if (row.inFlight > 0 && strip !== undefined) {
      const cells = cellsOf(strip, width);
      // The record at the start is the one that blocks it, however few are like it.
      if (row.blockedBy !== null && cells.length > 0) cells[0] = row.blockedBy;
      await printLine(paint(cells, holders));
      const perCharacter = Math.ceil((strip.toOffset - strip.fromOffset) / Math.max(1, cells.length));
      const scale = perCharacter <= 1 ? 'one record' : `up to ${count(perCharacter)} records`;
      await printLine(`${countsLine(row.counts)}   ${styled('dim', `(a character is ${scale})`)}`);
      if (row.blockedBy !== null) await printLine(`▲ ${safeLine(row.blockedBy.sentence)}`);
      for (const { holder, records, oldestLockMs } of row.holders)
        await printLine(
          `${styled(holderFormat(holders, holder), '▓')} ${safeLine(holder)} holds ${counted(records, 'record')}, the oldest lock for ${duration(oldestLockMs)}`,
        );
    }
    const list = runs[index] ?? [];
    if (list.length > 0) await printLine(`\n${runTable(list)}`);
  }
}

function titleOf({
  topic,
  partition,
  startOffset,
  endOffset,
  logEndOffset,
  inFlight,
  inFlightLimit,
  lag,
  oldestAgeMs,
}: WindowRow): string {
  const name = styled('bold', `${topic}-${partition}`);
  const unread = logEndOffset - endOffset;
  // As acquire's `window_full`: nothing behind the end is handed out until the start moves.
  const isFull = unread > 0 && inFlight >= inFlightLimit;
  const rest = `lag ${count(lag)}, oldest ${duration(oldestAgeMs)}`;
  if (inFlight === 0)
    return `${name}  nothing in flight at offset ${count(startOffset)}, ${unread === 0 ? 'the end of the log' : `${counted(unread, 'record')} not handed out yet; ${rest}`}`;
  return `${name}  offsets ${count(startOffset)} to ${count(endOffset - 1)}, in flight ${count(inFlight)} of ${count(inFlightLimit)}${isFull ? styled('yellow', ' (full)') : ''}, ${count(unread)} behind it; ${rest}`;
}

const runTable = (runs: Runs): string =>
  tableText(
    [
      { head: 'FIRST', right: true, cell: ({ firstOffset }) => count(firstOffset) },
      { head: 'LAST', right: true, cell: ({ lastOffset }) => count(lastOffset) },
      { head: 'STATE', cell: ({ state }) => state },
      { head: 'DELIVERIES', right: true, cell: ({ deliveryCount }) => count(deliveryCount) },
      { head: 'HELD BY', cell: ({ holder }) => holder ?? '' },
      {
        head: 'UNTIL',
        right: true,
        cell: ({ lockRemainingMs, availableInMs }) =>
          lockRemainingMs !== null
            ? `${duration(lockRemainingMs)} left`
            : availableInMs !== null
              ? `in ${duration(availableInMs)}`
              : '',
      },
    ],
    runs,
  );
