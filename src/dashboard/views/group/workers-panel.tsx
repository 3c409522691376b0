import { useState } from 'preact/hooks';
import { ReleaseWorkerDialog } from '../../actions/group-dialogs.tsx';
import type { WorkerRow } from '../../api-types.ts';
import { count, rate } from '../../format.ts';
import type { WatchedGroup } from '../../live/live-store.ts';
import { Empty } from '../../parts/empty.tsx';
import { Table } from '../../parts/table.tsx';
import type { Column } from '../../parts/table.tsx';
import { Duration } from '../../parts/time.tsx';
import { SafeText } from '../../record/safe-text.tsx';
import { StateSwatch } from '../../strip/state-swatch.tsx';
import { links } from '../../router.ts';

const kinds = { http: 'HTTP worker', kafka: 'Kafka member', operator: 'Operator' } as const;
/** In the narrow panel beside the windows. */
const mostInShort = 12;

/** Who holds what. `isShort`: the panel beside the windows. */
export const WorkersPanel = ({
  live,
  isShort = false,
}: {
  readonly live: WatchedGroup;
  readonly isShort?: boolean;
}) => {
  const [releasing, setReleasing] = useState<WorkerRow | null>(null);
  const { workers, workersAtMs, group } = live;
  const columns: readonly Column<WorkerRow>[] = [
    {
      head: 'Worker',
      cell: (row) => (
        <span class={isShort ? 'name worker' : 'name'} title={`${row.holder}, ${kinds[row.kind]}`}>
          <StateSwatch state="acquired" holder={row.holder} /> <SafeText text={row.holder} />
          {isShort ? null : <span class="soft small"> {kinds[row.kind]}</span>}
        </span>
      ),
      sortBy: (row) => row.holder,
    },
    { head: 'Held', isNumber: true, cell: (row) => count(row.records), sortBy: (row) => row.records },
    {
      head: isShort ? 'Oldest' : 'Oldest lock',
      isNumber: true,
      cell: (row) => <Duration ms={row.oldestLockMs} atMs={workersAtMs} />,
      sortBy: (row) => row.oldestLockMs,
      note: 'Age of its oldest lock',
    },
    {
      head: isShort ? 'Ack/s' : 'Acknowledged/s',
      isNumber: true,
      cell: (row) => rate(row.acknowledgedPerSecond),
      sortBy: (row) => row.acknowledgedPerSecond,
    },
    {
      head: 'Failures',
      isNumber: true,
      cell: (row) => count(row.failures),
      sortBy: (row) => row.failures,
      note: 'Released, rejected or run out in the last 10 minutes',
    },
    ...(isShort
      ? []
      : [
          {
            head: 'Waiting',
            isNumber: true,
            cell: (row: WorkerRow) => count(row.waiting),
            note: 'Acquires of this worker that wait',
          },
          {
            head: 'Action',
            isNumber: true,
            cell: (row: WorkerRow) => (
              <button
                type="button"
                class="button small"
                data-row
                disabled={row.records === 0}
                aria-label={`Release all that ${row.holder} holds`}
                onClick={() => setReleasing(row)}
              >
                Release all…
              </button>
            ),
          },
        ]),
  ];
  const shown = isShort ? workers.slice(0, mostInShort) : workers;
  return (
    <section class="panel" aria-label="Workers">
      <header>
        <h2>Workers</h2>
        {isShort ? (
          <a href={links.group(group, 'workers')}>
            {workers.length > mostInShort ? `All ${count(workers.length)}` : 'Release…'}
          </a>
        ) : null}
      </header>
      {workers.length === 0 ? (
        isShort ? (
          <p class="nothing soft">Nobody holds a lock or waits.</p>
        ) : (
          <Empty title="Nobody is at work">
            <p>
              A worker is here while it holds a lock or waits in an acquire. Members of Kafka clients are under Members.
            </p>
          </Empty>
        )
      ) : (
        <Table label="Workers" columns={columns} rows={shown} rowKey={(row) => `${row.kind} ${row.holder}`} />
      )}
      {releasing === null ? null : (
        <ReleaseWorkerDialog group={group} worker={releasing} onClose={() => setReleasing(null)} />
      )}
    </section>
  );
};
