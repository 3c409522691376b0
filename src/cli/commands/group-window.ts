import type { Command } from 'commander';
import type { WindowPage, WindowRow } from '../../client/api.ts';
import type { SashClient } from '../../client/sash-client.ts';
import { partitionNumber } from '../arguments.ts';
import { Failure } from '../exit-code.ts';
import { count, counted, duration } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { note, printJson, printLine, safeLine, styled } from '../terminal.ts';
import { cellsOf, countsLine, holderFormat, paint } from '../window-picture.ts';

interface WindowOptions {
  readonly topic?: string;
  readonly partition?: number;
  readonly runs?: true;
}

type Runs = WindowPage['runs'];

interface WindowWithRuns extends WindowRow {
  readonly runs: Runs;
}

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
        'With --json: one document, {"windows":[…]} as GET …/windows gives them, each with its "runs" as GET …/window.',
      ),
    )
    .action(async (group: string, options: WindowOptions, command: Command) => {
      const { client, json } = openSession(command);
      const rows = (await client.listWindows(group)).filter(
        ({ topic, partition }) => topic === (options.topic ?? topic) && partition === (options.partition ?? partition),
      );
      if (rows.length === 0 && (options.topic !== undefined || options.partition !== undefined))
        throw new Failure('notFound', `${group} has no window there`, `All of them: sash groups window ${group}`);
      const windows: WindowWithRuns[] = [];
      for (const row of rows) windows.push({ ...row, runs: await runsOf(client, group, row) });
      if (json) return printJson({ windows });
      if (windows.length === 0) return note('No partition is read by this group yet.');
      await printPicture(windows, options.runs === true);
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

async function printPicture(windows: readonly WindowWithRuns[], withRuns: boolean): Promise<void> {
  const width = process.stdout.columns ?? 80;
  const holders = [...new Set(windows.flatMap((window) => window.holders.map(({ holder }) => holder)))];
  for (const [index, window] of windows.entries()) {
    if (index > 0) await printLine('');
    await printLine(titleOf(window));
    if (window.inFlight > 0) {
      await printLine(paint(cellsOf(window.runs, window.startOffset, window.endOffset, width), holders));
      const perCharacter = Math.ceil(window.inFlight / width);
      const scale = perCharacter === 1 ? 'one record' : `up to ${count(perCharacter)} records`;
      await printLine(`${countsLine(window.counts)}   ${styled('dim', `(a character is ${scale})`)}`);
      const blocked = window.blockedBy?.sentence;
      if (blocked !== undefined) await printLine(`▲ ${safeLine(blocked)}`);
      for (const { holder, records, oldestLockMs } of window.holders)
        await printLine(
          `${styled(holderFormat(holders, holder), '▓')} ${safeLine(holder)} holds ${counted(records, 'record')}, the oldest lock for ${duration(oldestLockMs)}`,
        );
    }
    if (withRuns && window.runs.length > 0) await printLine(`\n${runTable(window.runs)}`);
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
  const rest = `lag ${count(lag)}, oldest ${duration(oldestAgeMs)}`;
  if (inFlight === 0)
    return `${name}  nothing in flight at offset ${count(startOffset)}, ${unread === 0 ? 'the end of the log' : `${counted(unread, 'record')} not handed out yet; ${rest}`}`;
  return `${name}  offsets ${count(startOffset)} to ${count(endOffset - 1)}, in flight ${count(inFlight)} of ${count(inFlightLimit)}, ${count(unread)} behind it; ${rest}`;
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
