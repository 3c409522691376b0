import { paths } from '../api.ts';
import type { Operation } from '../api-types.ts';
import { duration } from '../format.ts';
import { nowMs } from '../live/live-store.ts';
import { operations } from '../live/operations.ts';
import { CancelOperation } from '../parts/cancel-operation.tsx';
import { Empty } from '../parts/empty.tsx';
import { Icon } from '../parts/icon.tsx';
import { Meter } from '../parts/meter.tsx';
import { OperationBadge, resultText, unitOf, whatText } from '../parts/operation-text.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { SafeText } from '../record/safe-text.tsx';

/** What goes on in the background, and what has. */
export const OperationsView = () => {
  const rows = operations.value;
  return (
    <>
      <div class="view-head">
        <h1>Operations</h1>
        <p class="soft">What goes on in the background, and what has, newest first. It goes on over restarts.</p>
      </div>
      {rows === null ? (
        <p class="soft">Loading…</p>
      ) : rows.size === 0 ? (
        <Empty title="Nothing goes on in the background">
          <p>
            What takes longer than a request should is done here, step by step: all windows of a group settled, a large
            group deleted, a window exported.
          </p>
        </Empty>
      ) : (
        <OperationTable rows={[...rows.values()]} />
      )}
    </>
  );
};

const OperationTable = ({ rows }: { readonly rows: readonly Operation[] }) => (
  <Table
    label="Operations, newest first"
    columns={[
      { head: 'What', cell: (row) => <What row={row} /> },
      { head: 'State', cell: (row) => <OperationBadge row={row} /> },
      {
        head: 'Progress',
        isWide: true,
        cell: (row) => <Meter value={row.done} limit={row.total} unit={unitOf(row)} isProgress />,
      },
      { head: 'Came of it', cell: (row) => <CameOfIt row={row} /> },
      { head: 'Begun', cell: (row) => <Time at={row.createdAt} /> },
      { head: 'Took', isNumber: true, cell: (row) => <Took row={row} /> },
      {
        head: 'By',
        cell: (row) => `${row.from}, ${row.door === 'http' ? 'HTTP' : 'Kafka'}`,
        note: 'The address that asked',
      },
      { head: 'Action', cell: (row) => <CancelOperation row={row} /> },
    ]}
    rows={rows}
    rowKey={(row) => row.id}
    rowNote={(row) =>
      row.error === null ? null : (
        <span class={row.endedAt === null ? 'soft' : 'refused'}>
          <SafeText text={row.error.message} />
        </span>
      )
    }
  />
);

const What = ({ row }: { readonly row: Operation }) => {
  const { reason } = row.request as { reason?: string | null };
  return (
    <>
      <SafeText text={whatText(row)} />
      {typeof reason === 'string' ? (
        <span class="soft">
          : “<SafeText text={reason} />”
        </span>
      ) : null}
    </>
  );
};

const CameOfIt = ({ row }: { readonly row: Operation }) =>
  row.state === 'done' && row.resultBytes !== null ? (
    <a href={paths.operationResult(row.id)} download={`${row.id}.ndjson`}>
      <Icon name="down" /> {resultText(row)}
    </a>
  ) : (
    <span>{resultText(row)}</span>
  );

const Took = ({ row: { startedAt, endedAt } }: { readonly row: Operation }) => {
  if (startedAt === null) return <span class="soft">–</span>;
  const tookMs = (endedAt === null ? nowMs.value : Date.parse(endedAt)) - Date.parse(startedAt);
  return <span class="number nowrap">{duration(Math.max(0, tookMs))}</span>;
};

/** Those of one group that have not ended. */
export const OperationsUnderWay = ({ group }: { readonly group: string }) => {
  const rows = [...(operations.value?.values() ?? [])].filter((row) => row.group === group && row.endedAt === null);
  return rows.length === 0 ? null : (
    <ul class="under-way" aria-label="Operations under way">
      {rows.map((row) => (
        <li key={row.id} class="callout moving">
          <OperationBadge row={row} />
          <p>
            {whatText(row)}
            {row.error === null ? null : (
              <span class="soft">
                {' '}
                · <SafeText text={row.error.message} />
              </span>
            )}
          </p>
          <Meter value={row.done} limit={row.total} unit={unitOf(row)} isProgress />
          <div class="actions">
            <CancelOperation row={row} />
          </div>
        </li>
      ))}
    </ul>
  );
};
