import { useState } from 'preact/hooks';
import { CreateTopicDialog } from '../actions/topic-dialogs.tsx';
import type { TopicRow } from '../api-types.ts';
import { bytes, count, rate } from '../format.ts';
import { topics } from '../live/live-store.ts';
import { Empty } from '../parts/empty.tsx';
import { Table } from '../parts/table.tsx';
import type { Column } from '../parts/table.tsx';
import { links } from '../router.ts';
import { firstCommands } from './first-commands.ts';

const recordsOf = ({ partitions }: TopicRow): number =>
  partitions.reduce((sum, each) => sum + each.logEndOffset - each.logStartOffset, 0);

/** null: not known of all. */
export const sizeOf = ({ partitions }: TopicRow): number | null =>
  partitions.reduce<number | null>(
    (sum, { sizeBytes }) => (sum === null || sizeBytes === null ? null : sum + sizeBytes),
    0,
  );

const columns: readonly Column<TopicRow>[] = [
  {
    head: 'Topic',
    cell: (row) => (
      <a class="name" data-row href={links.topic(row.topic)}>
        {row.topic}
      </a>
    ),
    sortBy: (row) => row.topic,
  },
  {
    head: 'Partitions',
    isNumber: true,
    cell: (row) => count(row.partitions.length),
    sortBy: (row) => row.partitions.length,
  },
  {
    head: 'Records',
    isNumber: true,
    cell: (row) => count(recordsOf(row)),
    sortBy: recordsOf,
    note: 'Offsets from the start of the log to its end, in all partitions',
  },
  { head: 'Size', isNumber: true, cell: (row) => bytes(sizeOf(row)), sortBy: sizeOf },
  {
    head: 'Records in/s',
    isNumber: true,
    cell: (row) => rate(row.recordsInPerSecond),
    sortBy: (row) => row.recordsInPerSecond,
  },
  {
    head: 'Bytes in/s',
    isNumber: true,
    cell: (row) => bytes(Math.round(row.bytesInPerSecond)),
    sortBy: (row) => row.bytesInPerSecond,
  },
];

export const TopicsView = () => {
  const [isCreating, setCreating] = useState(false);
  const all = topics.value;
  return (
    <>
      <div class="view-head">
        <h1>Topics</h1>
        <div class="actions">
          <button type="button" class="button" onClick={() => setCreating(true)}>
            Create a topic…
          </button>
        </div>
      </div>
      {all === null ? (
        <p class="soft">Loading…</p>
      ) : all.size === 0 ? (
        <Empty title="There is no topic yet" commands={firstCommands()}>
          <p>
            A topic is a log of records in partitions. Create one with the button above, by producing to it, or in a
            terminal:
          </p>
        </Empty>
      ) : (
        <Table label="Topics" columns={columns} rows={[...all.values()]} rowKey={(row) => row.topic} />
      )}
      {isCreating ? <CreateTopicDialog onClose={() => setCreating(false)} /> : null}
    </>
  );
};
