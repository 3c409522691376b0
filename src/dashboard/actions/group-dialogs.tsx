import { useState } from 'preact/hooks';
import { api, paths } from '../api.ts';
import type { ConfigEntry, GroupDescription, WorkerRow } from '../api-types.ts';
import { count, counted, duration } from '../format.ts';
import { beginOperation } from '../live/operations.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { Table } from '../parts/table.tsx';
import { go } from '../place.ts';
import { links } from '../router.ts';

/** What can be done to a group as a whole, each shown before it is done. */

export const PauseDialog = ({ row, onClose }: { readonly row: GroupDescription; readonly onClose: () => void }) => {
  const verb = row.paused ? 'resume' : 'pause';
  return (
    <ActionDialog
      title={row.paused ? `Resume ${row.group}` : `Pause ${row.group}`}
      inputs={verb}
      preview={() => ({
        text: row.paused ? (
          <ul>
            <li>Records are handed out again; {counted(row.lag ?? 0, 'record')} wait or are at work.</li>
          </ul>
        ) : (
          <ul>
            <li>Nothing is handed out any more, until somebody resumes.</li>
            <li>
              {counted(row.workers + row.members, 'worker')} may finish what they hold: acknowledgements still count.
            </li>
          </ul>
        ),
        confirmLabel: row.paused ? 'Resume' : 'Pause',
        isUseful: true,
      })}
      confirm={() => api.post(paths.ofGroup(row.group, verb))}
      onClose={onClose}
    />
  );
};

export const ReleaseWorkerDialog = ({
  group,
  worker,
  onClose,
}: {
  readonly group: string;
  readonly worker: WorkerRow;
  readonly onClose: () => void;
}) => (
  <ActionDialog
    title={`Release all that ${worker.holder} holds`}
    inputs={`${worker.holder} ${worker.records}`}
    preview={() => ({
      text: (
        <ul>
          <li>
            {counted(worker.records, 'record')} will be handed out again; the oldest has been locked for{' '}
            {duration(worker.oldestLockMs)}. A record on its last attempt is archived.
          </li>
          <li>What {worker.holder} still acknowledges of them counts no more. It may acquire again.</li>
        </ul>
      ),
      confirmLabel: worker.records === 0 ? 'Nothing to release' : `Release ${counted(worker.records, 'record')}`,
      isUseful: worker.records > 0,
    })}
    confirm={() => api.post(paths.worker(group, worker.holder))}
    onClose={onClose}
  />
);

/** A group of more windows is deleted in the background. */
const windowsAtOnce = 1_000;

export const DeleteGroupDialog = ({
  row,
  windows,
  onClose,
}: {
  readonly row: GroupDescription;
  readonly windows: number;
  readonly onClose: () => void;
}) => {
  const [typed, setTyped] = useState('');
  return (
    <ActionDialog
      title={`Delete ${row.group}`}
      inputs={typed}
      isDangerous
      preview={() => ({
        text: (
          <ul>
            <li>
              The group, its settings and its {counted(windows, 'window')} will be gone: how far it has come, what it
              archived, and every attempt count.
            </li>
            <li>The records stay in their topics. A group of the same name starts anew.</li>
            {windows > windowsAtOnce ? <li>It goes on in the background, a topic at a time.</li> : null}
          </ul>
        ),
        confirmLabel: typed === row.group ? `Delete ${row.group}` : 'Delete',
        isUseful: typed === row.group,
      })}
      confirm={async () => {
        if (windows > windowsAtOnce) await beginOperation({ kind: 'delete-group', group: row.group });
        else await api.delete(paths.group(row.group));
        go(windows > windowsAtOnce ? links.operations : links.groups);
      }}
      onClose={onClose}
    >
      <label class="field">
        <span>
          Type <code>{row.group}</code> to confirm
        </span>
        <input
          value={typed}
          autoComplete="off"
          spellcheck={false}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
    </ActionDialog>
  );
};

interface ResetRow {
  readonly topic: string;
  readonly partition: number;
  readonly startOffsetBefore: number | null;
  readonly startOffsetAfter: number;
  readonly lagBefore: number | null;
  readonly lagAfter: number;
  readonly locksDropped: number;
}

type ResetTo = 'earliest' | 'latest' | 'time' | 'offset';

const resetWays: readonly (readonly [to: ResetTo, what: string])[] = [
  ['earliest', 'Start of the log: everything again'],
  ['latest', 'End of the log: skip all that is there'],
  ['time', 'A time: the first record from then on'],
  ['offset', 'An offset'],
];

export const ResetDialog = ({
  group,
  topics,
  onClose,
}: {
  readonly group: string;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
  readonly onClose: () => void;
}) => {
  const [topic, setTopic] = useState(topics[0]?.topic ?? '');
  const [partition, setPartition] = useState('all');
  const [way, setWay] = useState<ResetTo>('earliest');
  const [time, setTime] = useState('');
  const [offset, setOffset] = useState('');
  const to = resetTarget(way, time, offset);
  const body = { topic, ...(partition === 'all' ? {} : { partitions: [Number(partition)] }), to };
  const reset = (dryRun: boolean, signal?: AbortSignal) =>
    api.post<{ partitions: readonly ResetRow[] }>(paths.ofGroup(group, 'reset'), { ...body, dryRun }, signal);
  return (
    <ActionDialog
      title={`Reset ${group}`}
      inputs={JSON.stringify(body)}
      isDangerous
      wide
      preview={async (signal) => (to === null ? null : resetPreview((await reset(true, signal)).partitions))}
      confirm={() => reset(false)}
      onClose={onClose}
    >
      <div class="fields two">
        <label class="field">
          <span>Topic</span>
          <select
            value={topic}
            onChange={(event) => {
              setTopic(event.currentTarget.value);
              setPartition('all');
            }}
          >
            {topics.map((each) => (
              <option key={each.topic}>{each.topic}</option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Partition</span>
          <select value={partition} onChange={(event) => setPartition(event.currentTarget.value)}>
            <option value="all">all</option>
            {topics
              .find((each) => each.topic === topic)
              ?.partitions.map((number) => (
                <option key={number}>{number}</option>
              ))}
          </select>
        </label>
      </div>
      <fieldset class="choices">
        <legend>Move the start of the windows to</legend>
        {resetWays.map(([value, what]) => (
          <label key={value}>
            <input type="radio" name="reset-to" checked={way === value} onChange={() => setWay(value)} />
            <span>{what}</span>
          </label>
        ))}
      </fieldset>
      {way === 'time' ? (
        <label class="field">
          <span>
            Time <span class="soft">(local)</span>
          </span>
          <input type="datetime-local" step={1} value={time} onInput={(event) => setTime(event.currentTarget.value)} />
        </label>
      ) : null}
      {way === 'offset' ? (
        <label class="field">
          <span>Offset</span>
          <input inputMode="numeric" value={offset} onInput={(event) => setOffset(event.currentTarget.value)} />
        </label>
      ) : null}
    </ActionDialog>
  );
};

const resetTarget = (way: ResetTo, time: string, offset: string) => {
  switch (way) {
    case 'earliest':
    case 'latest':
      return way;
    case 'time': {
      const timestampMs = Date.parse(time);
      return Number.isNaN(timestampMs) ? null : { timestampMs };
    }
    case 'offset': {
      const digits = offset.replaceAll(/[\s,_]/g, '');
      return /^\d{1,16}$/.test(digits) ? { offset: Number(digits) } : null;
    }
  }
};

const resetPreview = (rows: readonly ResetRow[]) => {
  const locks = rows.reduce((sum, row) => sum + row.locksDropped, 0);
  const back = rows.reduce((sum, row) => sum + Math.max(0, row.lagAfter - (row.lagBefore ?? 0)), 0);
  const skipped = rows.reduce((sum, row) => sum + Math.max(0, (row.lagBefore ?? 0) - row.lagAfter), 0);
  return {
    text: (
      <>
        <ul>
          {back > 0 ? (
            <li>{counted(back, 'record')} more to hand out than now, those that were finished among them.</li>
          ) : null}
          {skipped > 0 ? <li>{counted(skipped, 'record')} will never be handed out to this group.</li> : null}
          {locks > 0 ? (
            <li>{counted(locks, 'lock')} will be dropped; what their workers still acknowledge counts no more.</li>
          ) : null}
        </ul>
        <Table
          label="Starts of the windows, before and after"
          columns={[
            { head: 'Partition', cell: (row) => `${row.topic}-${row.partition}` },
            { head: 'Start now', isNumber: true, cell: (row) => count(row.startOffsetBefore) },
            { head: 'Start then', isNumber: true, cell: (row) => <strong>{count(row.startOffsetAfter)}</strong> },
            { head: 'Lag now', isNumber: true, cell: (row) => count(row.lagBefore) },
            { head: 'Lag then', isNumber: true, cell: (row) => count(row.lagAfter) },
            { head: 'Locks dropped', isNumber: true, cell: (row) => count(row.locksDropped) },
          ]}
          rows={rows}
          rowKey={(row) => `${row.topic}-${row.partition}`}
        />
      </>
    ),
    confirmLabel: `Reset ${counted(rows.length, 'window')}`,
    isUseful: rows.length > 0,
  };
};

export const ConfigDialog = ({
  group,
  name,
  entry,
  onClose,
}: {
  readonly group: string;
  readonly name: string;
  readonly entry: ConfigEntry;
  readonly onClose: () => void;
}) => {
  const [value, setValue] = useState(entry.value);
  const [isDefault, setDefault] = useState(false);
  const isChanged = isDefault ? entry.source === 'group' : value !== entry.value || entry.source === 'default';
  return (
    <ActionDialog
      title={name}
      inputs={JSON.stringify([value, isDefault])}
      preview={() => ({
        text: (
          <p>
            <code>{name}</code> of {group}: <code>{entry.value}</code> →{' '}
            {isDefault ? "the server's default" : <code>{value}</code>}. It holds for what is handed out from then on.
          </p>
        ),
        confirmLabel: 'Change the setting',
        isUseful: isChanged && (isDefault || value.trim() !== ''),
      })}
      confirm={() => api.patch(paths.group(group), { config: { [name]: isDefault ? null : value.trim() } })}
      onClose={onClose}
    >
      <label class="field">
        <span>Value</span>
        <input
          value={value}
          disabled={isDefault}
          spellcheck={false}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      </label>
      {entry.source === 'group' ? (
        <label class="check">
          <input type="checkbox" checked={isDefault} onChange={(event) => setDefault(event.currentTarget.checked)} />{' '}
          Back to the server's default
        </label>
      ) : null}
    </ActionDialog>
  );
};
