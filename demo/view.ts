/** Draws the windows: a live view on a terminal, one line now and then elsewhere. Pure text; run.ts does the writing. */
import type { WindowRow, WindowRun } from './api.ts';
import type { Summary } from './report.ts';

/** One window with its runs, in the order of the partitions. */
export interface WindowPicture {
  readonly row: WindowRow;
  readonly runs: readonly WindowRun[];
}

export interface Progress {
  readonly elapsedMs: number;
  readonly jobs: number;
  readonly accepted: number;
  readonly archived: number;
  readonly workers: readonly { readonly workerId: string; readonly alive: boolean }[];
  readonly windows: readonly WindowPicture[];
}

/** A letter and a colour (ANSI) for the states of a record; before the window and after it, too. */
const marks: Readonly<Record<string, readonly [mark: string, colour: number]>> = {
  finished: ['━', 90],
  acknowledged: ['█', 32],
  archived: ['█', 31],
  archiving: ['█', 31],
  acquired: ['▒', 33],
  delayed: ['░', 35],
  available: ['░', 36],
  unread: ['·', 90],
};

const paint = (text: string, colour: number): string => `\u001B[${colour}m${text}\u001B[0m`;

/** Cuts a line to what fits: one that wraps would be two to erase. */
function clip(line: string, columns: number): string {
  let [text, width] = ['', 0];
  for (const part of line.split(/(\u001B\[\d+m)/)) {
    if (part.startsWith('\u001B')) text += part;
    else {
      const visible = Array.from(part).slice(0, Math.max(0, columns - width));
      text += visible.join('');
      width += visible.length;
    }
  }
  return text;
}
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const thousands = (count: number): string => count.toLocaleString('en-US');

/** The state of each offset of one partition, squeezed into `width` cells; a cell shows its first offset. */
function strip({ row, runs }: WindowPicture, width: number): string {
  const cells = Math.max(1, Math.min(width, row.logEndOffset));
  let [text, same, lastColour] = ['', '', 0];
  for (let cell = 0; cell < cells; cell++) {
    const offset = Math.floor((cell * row.logEndOffset) / cells);
    let state = offset < row.startOffset ? 'finished' : 'unread';
    const run = runs.find((candidate) => candidate.firstOffset <= offset && offset <= candidate.lastOffset);
    if (run !== undefined && offset >= row.startOffset) state = run.state;
    const [mark, colour] = marks[state] ?? ['?', 0];
    if (colour !== lastColour) {
      text += paint(same, lastColour);
      same = '';
    }
    same += mark;
    lastColour = colour;
  }
  return text + paint(same, lastColour);
}

/** The live view, as lines no wider than `columns`. */
export function livePicture(progress: Progress, columns: number): readonly string[] {
  const { jobs, accepted, archived, elapsedMs, workers, windows } = progress;
  const lines = [
    `  ${thousands(jobs)} jobs · ${thousands(accepted)} accepted · ${thousands(archived)} archived · ${seconds(elapsedMs)}`,
    `  ${workers.map(({ workerId, alive }) => (alive ? paint(workerId, 32) : paint(`${workerId} ✗`, 31))).join('  ')}`,
    '',
  ];
  for (const picture of windows) {
    const { row } = picture;
    lines.push(
      `  partition ${row.partition}  ${strip(picture, Math.max(10, columns - 18))}`,
      `               window ${row.startOffset}–${row.endOffset} of ${row.logEndOffset}: ${countsText(row)}`,
      paint(`               ${row.blockedBy?.sentence ?? ''}`, 90),
    );
  }
  const legend = ['finished', 'acquired', 'available', 'delayed', 'acknowledged', 'archived', 'unread'];
  lines.push(
    '',
    `  ${legend.map((state) => `${paint(marks[state]?.[0] ?? '', marks[state]?.[1] ?? 0)} ${state}`).join('  ')}`,
  );
  return lines.map((line) => clip(line, columns));
}

/** The same in one line. */
export function plainLine({ elapsedMs, jobs, accepted, archived, windows }: Progress): string {
  const parts = windows.map(
    ({ row }) => `p${row.partition} ${row.startOffset}–${row.endOffset}/${row.logEndOffset} (${countsText(row)})`,
  );
  return [`[${seconds(elapsedMs).padStart(6)}] ${accepted} accepted, ${archived} archived of ${jobs}`, ...parts].join(
    ' | ',
  );
}

function countsText({ counts }: WindowRow): string {
  const words = (['acquired', 'available', 'delayed', 'acknowledged', 'archived'] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${state}`);
  return words.length === 0 ? 'empty' : words.join(', ');
}

/** The table at the end and the check under it. */
export function summaryTable(summary: Summary, crashed: readonly string[]): string {
  const archivedJobs = summary.archived.reduce((sum, { count }) => sum + count, 0);
  const row = (name: string, count: number, note: string): string =>
    `  ${name.padEnd(10)}${thousands(count).padStart(8)}   ${note}`.trimEnd();
  const lines = [
    '',
    row('jobs', summary.jobs, ''),
    row('accepted', summary.accepted, `${thousands(summary.acceptedLater)} of them not at the first delivery`),
    row(
      'retried',
      summary.retries,
      `deliveries that were released, or whose lock ran out (${crashed.length} worker crashed)`,
    ),
    row('archived', archivedJobs, ''),
    ...summary.archived.map(
      ({ reason, count, examples }) =>
        `  ${''.padEnd(10)}${thousands(count).padStart(8)} × ${reason}: ${examples.join(', ')}${count > examples.length ? ', …' : ''}`,
    ),
  ];
  if (summary.licenses.length > 0) {
    const named = summary.licenses.slice(0, 6).map(([license, count]) => `${license} ${count}`);
    const others = summary.licenses.slice(6).reduce((sum, [, count]) => sum + count, 0);
    lines.push(
      '',
      `  found      ${thousands(summary.files)} files under ${named.join(', ')}${others > 0 ? `, others ${others}` : ''}`,
    );
  }
  lines.push(
    '',
    summary.faults.length === 0
      ? `  check: ok. Each of the ${thousands(summary.jobs)} jobs ended exactly once; nothing was lost, nothing was done again after its accept.`
      : `  check: FAILED\n${summary.faults.map((fault) => `    ${fault}`).join('\n')}`,
    '',
  );
  return lines.join('\n');
}
