import type { GroupRow } from '../api-types.ts';
import { count, rate } from '../format.ts';
import { groups } from '../live/live-store.ts';
import { StateBadge } from '../parts/badge.tsx';
import { BlockedLink } from '../parts/blocked-link.tsx';
import { Empty } from '../parts/empty.tsx';
import { Icon } from '../parts/icon.tsx';
import { Meter } from '../parts/meter.tsx';
import { Table } from '../parts/table.tsx';
import type { Column } from '../parts/table.tsx';
import { Duration } from '../parts/time.tsx';
import { links } from '../router.ts';
import { firstCommands } from './first-commands.ts';

const columns: readonly Column<GroupRow>[] = [
  {
    head: 'Group',
    cell: (row) => (
      <a class="name" data-row href={links.group(row.group)}>
        {row.group}
      </a>
    ),
    sortBy: (row) => row.group,
  },
  { head: 'State', cell: (row) => <StateBadge row={row} />, sortBy: (row) => (row.paused ? 'Paused' : row.state) },
  {
    head: 'Workers',
    isNumber: true,
    cell: (row) => (
      <span title={`${count(row.workers)} over HTTP, ${count(row.members)} Kafka members`}>
        {count(row.workers + row.members)}
      </span>
    ),
    sortBy: (row) => row.workers + row.members,
    note: 'HTTP workers that hold a lock or wait, and Kafka members',
  },
  {
    head: 'In flight',
    isNumber: true,
    cell: (row) => <Meter value={row.inFlight} limit={row.inFlightLimit} unit="records in the windows" />,
    sortBy: (row) => row.inFlight,
    note: 'Records in the windows, of the most that there may be',
  },
  {
    head: 'Lag',
    isNumber: true,
    cell: (row) => count(row.lag),
    sortBy: (row) => row.lag,
    note: 'Records that are not finished',
  },
  {
    head: 'Oldest',
    isNumber: true,
    cell: (row) => <Duration ms={row.oldestAgeMs} atMs={row.atMs} />,
    sortBy: (row) => row.oldestAgeMs,
    note: 'Age of the oldest record that is not finished',
  },
  {
    head: 'Delivered/s',
    isNumber: true,
    cell: (row) => rate(row.deliveredPerSecond),
    sortBy: (row) => row.deliveredPerSecond,
  },
  {
    head: 'Acknowledged/s',
    isNumber: true,
    cell: (row) => rate(row.acknowledgedPerSecond),
    sortBy: (row) => row.acknowledgedPerSecond,
  },
  {
    head: 'Archived',
    isNumber: true,
    cell: (row) =>
      row.archived != null && row.archived > 0 ? (
        <a href={links.group(row.group, 'archived')}>{count(row.archived)}</a>
      ) : (
        count(row.archived)
      ),
    sortBy: (row) => row.archived,
    note: 'Records that failed for good',
  },
];

export const GroupsView = () => {
  const all = groups.value;
  return (
    <>
      <div class="view-head">
        <h1>Share groups</h1>
      </div>
      {all === null ? (
        <p class="soft">Loading…</p>
      ) : all.size === 0 ? (
        <Empty title="There is no share group yet" commands={firstCommands()}>
          <p>
            A share group is a set of workers that drain topics together. It comes into being when somebody acquires
            records in its name. In a terminal:
          </p>
        </Empty>
      ) : (
        <Table
          label="Share groups"
          columns={columns}
          rows={[...all.values()]}
          rowKey={(row) => row.group}
          rowNote={(row) => <GroupNote row={row} />}
        />
      )}
    </>
  );
};

const GroupNote = ({ row }: { readonly row: GroupRow }) => {
  if (row.error !== null)
    return (
      <span class="blocked bad">
        <Icon name="warning" /> {row.error}
      </span>
    );
  const { blockedBy } = row;
  return blockedBy == null ? null : <BlockedLink group={row.group} blockedBy={blockedBy} atMs={row.atMs} />;
};
