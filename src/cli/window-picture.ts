/** A window as a line of characters, from its start to its end: what people look at to see why it does not move. */
import { recordStates, type RecordState, type WindowStrip } from '../client/api.ts';
import { count } from './format.ts';
import { styled } from './terminal.ts';

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

export interface Cell {
  readonly state: RecordState;
  readonly holder: string | null;
}

/** What each of at most `width` characters shows: what most of its records are. */
export function cellsOf(strip: WindowStrip, width: number): Cell[] {
  const { runs, columns, holders, fromOffset, toOffset } = strip;
  const cellOf = (state: number, holder: number): Cell => ({
    state: recordStates[state] ?? 'available',
    holder: holders[holder] ?? null,
  });
  if (columns !== null)
    return columns.flatMap(([alike, ...rest]) => {
      const counts = rest.slice(0, recordStates.length);
      return Array.from({ length: alike }, () =>
        cellOf(counts.indexOf(Math.max(...counts)), rest[recordStates.length] ?? -1),
      );
    });
  const cells = Math.min(width, toOffset - fromOffset);
  const cellStart = (index: number): number => fromOffset + Math.floor((index * (toOffset - fromOffset)) / cells);
  let at = 0;
  return Array.from({ length: cells }, (_, index) => {
    const [start, end] = [cellStart(index), cellStart(index + 1)];
    while ((runs?.[at]?.[1] ?? Infinity) < start) at++;
    let [most, shown] = [0, runs?.[at]];
    for (let next = at; runs?.[next] !== undefined && runs[next]![0] < end; next++) {
      const [firstOffset, lastOffset] = runs[next]!;
      const records = Math.min(lastOffset + 1, end) - Math.max(firstOffset, start);
      if (records > most) [most, shown] = [records, runs[next]];
    }
    return cellOf(shown?.[2] ?? 0, shown?.[4] ?? -1);
  });
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
  recordStates
    .filter((state) => counts[state] > 0)
    .map((state) => `${styled(marks[state].format, marks[state].glyph)} ${count(counts[state])} ${marks[state].name}`)
    .join('  ');
