import { api, paths } from '../../api.ts';
import type { ArchivedRow } from '../../api-types.ts';
import { count } from '../../format.ts';
import { Empty } from '../../parts/empty.tsx';
import { Pages } from '../../parts/pages.tsx';
import { Table } from '../../parts/table.tsx';
import { SafeText } from '../../record/safe-text.tsx';
import { Time } from '../../parts/time.tsx';
import { recordLink } from '../../place.ts';

/** What failed for good, newest first. */
export const ArchivedTab = ({ group, archived }: { readonly group: string; readonly archived: number }) => (
  <Pages<ArchivedRow>
    load={async (after, signal) => {
      const { records, next } = await api.get<{ records: readonly ArchivedRow[]; next: string | null }>(
        `${paths.ofGroup(group, 'archived')}?limit=100${after === null ? '' : `&after=${encodeURIComponent(after)}`}`,
        signal,
      );
      return { rows: records, next };
    }}
    version={archived}
    empty={
      <Empty title="Nothing is archived">
        <p>
          Here is what failed for good: records that a worker rejected, or that failed at their last delivery, with the
          reason.
        </p>
      </Empty>
    }
  >
    {(rows) => (
      <Table
        label="Archived records, newest first"
        columns={[
          {
            head: 'Record',
            cell: (row) => (
              <a class="name" data-row href={recordLink(group, row)}>
                {row.topic}-{row.partition} <span class="number">{count(row.offset)}</span>
              </a>
            ),
          },
          { head: 'Archived', cell: (row) => <Time at={row.archivedAt} /> },
          { head: 'Deliveries', isNumber: true, cell: (row) => count(row.deliveryCount) },
          { head: 'Last outcome', cell: (row) => row.outcome.replaceAll('_', ' ') },
          {
            head: 'Reason',
            isWide: true,
            cell: (row) =>
              row.reason === null ? <span class="soft">none given</span> : <SafeText text={row.reason} />,
          },
          { head: 'Last worker', cell: (row) => <SafeText text={row.holder} /> },
        ]}
        rows={rows}
        rowKey={(row) => `${row.topic}:${row.partition}:${row.offset}`}
      />
    )}
  </Pages>
);
