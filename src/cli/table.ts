import Table from 'cli-table3';
import { safeLine, styled } from './terminal.ts';

export interface Column<Row> {
  readonly head: string;
  /** Numbers stand under each other. */
  readonly right?: true;
  readonly cell: (row: Row) => string;
  /** For terminals: what makes a cell stand out. */
  readonly style?: (row: Row) => Parameters<typeof styled>[0] | undefined;
}

const noBorder = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Columns under their heads, without lines around them, so that `awk` reads what people read. */
export function tableText<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const table = new Table({
    head: columns.map(({ head }) => styled('bold', head)),
    colAligns: columns.map(({ right }) => (right === true ? 'right' : 'left')),
    chars: noBorder,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  for (const row of rows) {
    table.push(
      columns.map(({ cell, style }) => {
        const text = safeLine(cell(row));
        const format = style?.(row);
        return format === undefined ? text : styled(format, text);
      }),
    );
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
