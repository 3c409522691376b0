import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

export interface Column<Row> {
  readonly head: string;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
  /** On a narrow screen it has a line of its own. */
  readonly isWide?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
  /** Makes the column one to sort by; null goes to the end. */
  readonly sortBy?: (row: Row) => number | string | null | undefined;
  /** Said of the head on hover. */
  readonly note?: string;
}

/**
 * Rows of data. The first cell names its row; what is to be opened there has `data-row` and is reached with the arrow
 * keys. On a narrow screen each row becomes a card.
 */
export const Table = <Row,>({
  label,
  columns,
  rows,
  rowKey,
  rowNote,
  rowClass,
}: {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** A line below the row, over its whole width. */
  readonly rowNote?: (row: Row) => ComponentChildren;
  readonly rowClass?: (row: Row) => string | undefined;
}) => {
  const [sort, setSort] = useState<{ readonly head: string; readonly isDescending: boolean } | null>(null);
  const sortBy = columns.find(({ head }) => head === sort?.head)?.sortBy;
  const shown =
    sort === null || sortBy === undefined
      ? rows
      : rows.toSorted((a, b) => order(sortBy(a), sortBy(b), sort.isDescending));
  const turn = (head: string): void =>
    setSort((before) => {
      if (before?.head !== head) return { head, isDescending: true };
      return before.isDescending ? { head, isDescending: false } : null;
    });
  return (
    <table class="table" role="table" aria-label={label} onKeyDown={moveByArrow}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ head, isNumber, sortBy, note }) => {
            const direction = sort?.head === head ? (sort.isDescending ? 'descending' : 'ascending') : undefined;
            return (
              <th
                key={head}
                role="columnheader"
                scope="col"
                class={isNumber === true ? 'right' : undefined}
                title={note}
                {...(direction === undefined ? {} : { 'aria-sort': direction })}
              >
                {sortBy === undefined ? (
                  head
                ) : (
                  <button type="button" class="sort" onClick={() => turn(head)}>
                    {head}
                    {direction === undefined ? null : <Icon name={direction === 'descending' ? 'down' : 'up'} />}
                  </button>
                )}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {shown.map((row) => {
          const key = rowKey(row);
          const note = rowNote?.(row) ?? null;
          const own = rowClass?.(row);
          return [
            <tr
              key={key}
              role="row"
              class={[own, note === null ? '' : 'has-note'].filter(Boolean).join(' ') || undefined}
            >
              {columns.map(({ head, isNumber, isWide, cell }) => (
                <td
                  key={head}
                  role="cell"
                  data-label={head}
                  class={isNumber === true ? 'right number' : isWide === true ? 'wide' : undefined}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>,
            note === null ? null : (
              <tr key={`${key} note`} role="row" class="note">
                <td role="cell" colSpan={columns.length}>
                  {note}
                </td>
              </tr>
            ),
          ];
        })}
      </tbody>
    </table>
  );
};

const order = (
  a: number | string | null | undefined,
  b: number | string | null | undefined,
  isDescending: boolean,
): number => {
  if (a == null || b == null) return a == null ? (b == null ? 0 : 1) : -1;
  const way = a < b ? -1 : a > b ? 1 : 0;
  return isDescending ? -way : way;
};

/** Up, down, Home and End go from row to row. */
const moveByArrow = (event: KeyboardEvent & { readonly currentTarget: HTMLTableElement }): void => {
  if (!['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key)) return;
  const from = (event.target as HTMLElement).closest<HTMLElement>('[data-row]');
  if (from === null) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row]')];
  const index = all.indexOf(from);
  const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: all.length - 1 }[event.key] ?? index;
  event.preventDefault();
  all[Math.max(0, Math.min(all.length - 1, to))]?.focus();
};
