import { api, paths } from '../../api.ts';
import type { MemberRow } from '../../api-types.ts';
import { ago, count } from '../../format.ts';
import { Empty } from '../../parts/empty.tsx';
import { Pages } from '../../parts/pages.tsx';
import { Table } from '../../parts/table.tsx';

/** Kafka clients in the group. */
export const MembersTab = ({ group, members }: { readonly group: string; readonly members: number }) => (
  <Pages<MemberRow>
    load={async (_after, signal) => {
      const { members } = await api.get<{ members: readonly MemberRow[] }>(paths.ofGroup(group, 'members'), signal);
      return { rows: members, next: null };
    }}
    version={members}
    empty={
      <Empty title="No Kafka members">
        <p>
          Here are the Kafka clients that share the group: a <code>KafkaShareConsumer</code> with{' '}
          <code>group.id={group}</code>, say. HTTP workers are no members; they are under Workers.
        </p>
      </Empty>
    }
  >
    {(rows) => (
      <Table
        label="Kafka members"
        columns={[
          {
            head: 'Member',
            cell: (row) => (
              <>
                <span class="name">{row.clientId}</span>
                <br />
                <code class="soft small">{row.memberId}</code>
              </>
            ),
            sortBy: (row) => row.clientId,
          },
          { head: 'Host', cell: (row) => `${row.clientHost}${row.rackId === null ? '' : `, rack ${row.rackId}`}` },
          { head: 'Epoch', isNumber: true, cell: (row) => count(row.memberEpoch) },
          {
            head: 'Assigned',
            isWide: true,
            cell: (row) =>
              row.assignment.length === 0
                ? 'nothing'
                : row.assignment.map(({ topic, partitions }) => `${topic} ${partitions.join(', ')}`).join('; '),
          },
          { head: 'Subscribed to', isWide: true, cell: (row) => row.subscribedTopics.join(', ') },
          { head: 'Heartbeat', cell: (row) => ago(row.lastHeartbeatMs), note: 'When it was last heard of' },
        ]}
        rows={rows}
        rowKey={(row) => row.memberId}
      />
    )}
  </Pages>
);
