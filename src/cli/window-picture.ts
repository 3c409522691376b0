/** A window as a line of characters, from its start to its end: what people look at to see why it does not move. */
import type { RecordState } from '../client/api.ts';
import { count } from './format.ts';
import { styled } from './terminal.ts';

export interface PictureRun {
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  readonly state: RecordState;
  readonly holder: string | null;
}

type Format = Parameters<typeof styled>[0];

/** Told apart without colours, too. */
const marks: Readonly<Record<RecordState, { readonly glyph: string; readonly name: string; readonly format: Format }>> =
  {
    available: { glyph: '░', name: 'available', format: 'gray' },
    acquired: { glyph: '▓', name: 'locked', format: 'yellow' },
    delayed: { glyph: '◌', name: 'delayed', format: 'blue' },
    acknowledged: { glyph: '█', name: 'done', format: 'green' },
    archived: { glyph: '×', name: 'archived', format: 'red' },
  };

const holderFormats: readonly Format[] = [
  'yellow',
  'cyan',
  'magenta',
  'blueBright',
  'yellowBright',
  'cyanBright',
  'magentaBright',
];

/** Holders keep their colour in all windows of a picture. */
export function holderFormat(holders: readonly string[], holder: string): Format {
  return holderFormats[holders.indexOf(holder) % holderFormats.length] ?? marks.acquired.format;
}

interface Cell {
  readonly state: RecordState;
  readonly holder: string | null;
}

/**
 * What each of at most `width` characters shows: most of its records, and the first shows the record at the start, which is
 * the one that blocks it.
 */
export function cellsOf(runs: readonly PictureRun[], startOffset: number, endOffset: number, width: number): Cell[] {
  const span = endOffset - startOffset;
  const cells = Math.min(width, span);
  const cellStart = (index: number): number => startOffset + Math.floor((index * span) / cells);
  const picture: Cell[] = [];
  let at = 0;
  for (let index = 0; index < cells; index++) {
    const [start, end] = [cellStart(index), cellStart(index + 1)];
    while ((runs[at]?.lastOffset ?? Infinity) < start) at++;
    let [most, shown] = [0, runs[at]];
    for (let next = at; index > 0 && next < runs.length && runs[next]!.firstOffset < end; next++) {
      const run = runs[next]!;
      const records = Math.min(run.lastOffset + 1, end) - Math.max(run.firstOffset, start);
      if (records > most) [most, shown] = [records, run];
    }
    picture.push({ state: shown?.state ?? 'available', holder: shown?.holder ?? null });
  }
  return picture;
}

/** Neighbours that look alike are coloured together, so that a line stays a few bytes. */
export function paint(cells: readonly Cell[], holders: readonly string[]): string {
  let text = '';
  let [glyphs, format]: [string, Format | undefined] = ['', undefined];
  const end = (): void => {
    if (format !== undefined) text += styled(format, glyphs);
    glyphs = '';
  };
  for (const { state, holder } of cells) {
    const mark = marks[state];
    const next = state === 'acquired' && holder !== null ? holderFormat(holders, holder) : mark.format;
    if (next !== format) end();
    format = next;
    glyphs += mark.glyph;
  }
  end();
  return text;
}

/** What is in a window, by state: a few records among many may have no character of their own. */
export const countsLine = (counts: Readonly<Record<RecordState, number>>): string =>
  (Object.keys(marks) as RecordState[])
    .filter((state) => counts[state] > 0)
    .map((state) => `${styled(marks[state].format, marks[state].glyph)} ${count(counts[state])} ${marks[state].name}`)
    .join('  ');
