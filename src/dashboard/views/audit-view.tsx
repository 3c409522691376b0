import { api, paths } from '../api.ts';
import type { AuditLine } from '../api-types.ts';
import { lastAudit } from '../live/live-store.ts';
import { Empty } from '../parts/empty.tsx';
import { Pages } from '../parts/pages.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { SafeText } from '../record/safe-text.tsx';
import { links } from '../router.ts';

/** What operators did, newest first; of one group, or of all. */
export const AuditTable = ({ group }: { readonly group: string | null }) => (
  <Pages<AuditLine>
    load={async (after, signal) => {
      const { lines, next } = await api.get<{ lines: readonly AuditLine[]; next: string | null }>(
        `${paths.audit}?limit=100${group === null ? '' : `&group=${encodeURIComponent(group)}`}${after === null ? '' : `&after=${encodeURIComponent(after)}`}`,
        signal,
      );
      return { rows: lines, next };
    }}
    version={lastAudit.value?.id ?? ''}
    empty={
      <Empty title="Nobody has done anything yet">
        <p>
          Each action of an operator leaves a line here, which outlives restarts: records that were released or
          rejected, resets, pauses, changed settings, topics that came and went.
        </p>
      </Empty>
    }
  >
    {(rows) => (
      <Table
        label="What operators did, newest first"
        columns={[
          {
            head: 'What',
            cell: (line) => (
              <details class="detail">
                <summary data-row>
                  <SafeText text={line.summary} />
                </summary>
                <pre tabIndex={0} aria-label="Details">
                  {JSON.stringify(line.detail, null, 2)}
                </pre>
              </details>
            ),
          },
          { head: 'When', cell: (line) => <Time at={line.at} /> },
          { head: 'Action', cell: (line) => <span class="nowrap">{line.action}</span> },
          ...(group === null
            ? [
                {
                  head: 'Group',
                  cell: (line: AuditLine) =>
                    line.group === null ? '–' : <a href={links.group(line.group)}>{line.group}</a>,
                },
              ]
            : []),
          {
            head: 'By',
            cell: (line) => `${line.from}, ${line.door === 'http' ? 'HTTP' : 'Kafka'}`,
            note: 'The address that asked',
          },
        ]}
        rows={rows}
        rowKey={(line) => line.id}
      />
    )}
  </Pages>
);

export const AuditView = ({ group }: { readonly group: string | null }) => (
  <>
    <div class="view-head">
      <h1>Audit</h1>
      <p class="soft">What operators did, newest first.</p>
    </div>
    <AuditTable group={group} />
  </>
);
