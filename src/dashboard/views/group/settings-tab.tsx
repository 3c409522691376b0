import { useState } from 'preact/hooks';
import { ConfigDialog } from '../../actions/group-dialogs.tsx';
import type { ConfigEntry, GroupDescription } from '../../api-types.ts';
import { duration } from '../../format.ts';
import { Table } from '../../parts/table.tsx';

/** What a setting does, in a few words; docs/settings.md has the whole. */
const notes: Readonly<Record<string, string>> = {
  'share.record.lock.duration.ms': 'How long an acquired record is locked.',
  'share.delivery.count.limit': 'Deliveries of a record before it is archived.',
  'share.partition.max.record.locks': 'Records in flight in one window, at most.',
  'share.session.timeout.ms': 'Silence after which a Kafka member is removed.',
  'share.heartbeat.interval.ms': 'Interval of the heartbeats of Kafka members.',
  'share.auto.offset.reset': 'Where the group starts to read a partition: earliest, latest, by_duration:PT1H.',
  'share.isolation.level': 'Whether records of open transactions are handed out.',
  'share.renew.acknowledge.enable': 'Whether workers may renew their locks.',
};

interface ConfigRow extends ConfigEntry {
  readonly name: string;
}

export const SettingsTab = ({ row }: { readonly row: GroupDescription }) => {
  const [changing, setChanging] = useState<ConfigRow | null>(null);
  const rows = Object.entries(row.config).map(([name, entry]) => ({ name, ...entry }));
  return (
    <>
      <Table
        label="Settings"
        columns={[
          {
            head: 'Setting',
            cell: (each) => (
              <>
                <code class="name">{each.name}</code>
                <br />
                <span class="soft small">{notes[each.name]}</span>
              </>
            ),
          },
          {
            head: 'Value',
            cell: (each) => (
              <>
                <code>{each.value}</code>
                {each.name.endsWith('.ms') ? <span class="soft small"> {duration(Number(each.value))}</span> : null}
              </>
            ),
          },
          {
            head: 'From',
            cell: (each) =>
              each.source === 'group' ? (
                <strong>set for this group</strong>
              ) : (
                <span class="soft">the server's default</span>
              ),
          },
          {
            head: 'Action',
            isNumber: true,
            cell: (each) => (
              <button
                type="button"
                class="button small"
                data-row
                aria-label={`Change ${each.name}`}
                onClick={() => setChanging(each)}
              >
                Change…
              </button>
            ),
          },
        ]}
        rows={rows}
        rowKey={(each) => each.name}
      />
      {changing === null ? null : (
        <ConfigDialog group={row.group} name={changing.name} entry={changing} onClose={() => setChanging(null)} />
      )}
    </>
  );
};
