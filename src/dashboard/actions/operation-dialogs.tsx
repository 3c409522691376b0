import { useState } from 'preact/hooks';
import type { WindowRow } from '../api-types.ts';
import { count, counted } from '../format.ts';
import { beginOperation } from '../live/operations.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { go } from '../place.ts';
import { links } from '../router.ts';
import { SettleFields, settleTypes } from './settle-dialog.tsx';
import type { SettleType } from './settle-dialog.tsx';

/** What is begun here and goes on in the background. */

/** Ends the records of all windows of a group, or of all on one topic, in the place of their workers. */
export const SettleAllDialog = ({
  group,
  windows,
  onClose,
}: {
  readonly group: string;
  readonly windows: readonly WindowRow[];
  readonly onClose: () => void;
}) => {
  const [type, setType] = useState<SettleType>('release');
  const [reason, setReason] = useState('');
  const [topic, setTopic] = useState('all');
  const topics = [...new Set(windows.map((window) => window.topic))];
  const wanted = windows.filter((window) => topic === 'all' || window.topic === topic);
  const sum = (of: (row: WindowRow) => number): number => wanted.reduce((total, row) => total + of(row), 0);
  const unfinished = sum(({ counts }) => counts.available + counts.acquired + counts.delayed);
  const held = sum(({ counts }) => counts.acquired);
  const { name } = settleTypes.find((each) => each.type === type)!;
  return (
    <ActionDialog
      title={`Settle all windows of ${group}`}
      inputs={JSON.stringify([type, reason, topic])}
      isDangerous={type === 'reject'}
      preview={() => ({
        text: (
          <ul>
            <li>
              {counted(unfinished, 'record')} in {counted(wanted.length, 'window')} {unfinished === 1 ? 'is' : 'are'}{' '}
              not finished now, and will be settled
              {type === 'release' || type === 'retry' ? ' where they were handed out before' : ''}.
            </li>
            {held > 0 ? (
              <li>
                {count(held)} of them are with workers, whose acknowledgement then counts no more. What is acquired
                meanwhile is settled, too, until its window has had its turn.
              </li>
            ) : null}
            <li>It goes on in the background, some thousand at a time; it can be watched and cancelled.</li>
          </ul>
        ),
        confirmLabel: unfinished === 0 ? 'Nothing to do' : `${name} in the background`,
        isUseful: unfinished > 0,
      })}
      confirm={() =>
        beginOperation({
          kind: 'settle',
          group,
          type,
          ...(topic === 'all' ? {} : { topic }),
          ...(reason === '' ? {} : { reason }),
        })
      }
      onClose={onClose}
    >
      {topics.length < 2 ? null : (
        <label class="field">
          <span>Topic</span>
          <select value={topic} onChange={(event) => setTopic(event.currentTarget.value)}>
            <option value="all">all</option>
            {topics.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
      <SettleFields type={type} onType={setType} reason={reason} onReason={setReason} />
    </ActionDialog>
  );
};

export const ExportDialog = ({
  group,
  window: { topic, partition, inFlight },
  onClose,
}: {
  readonly group: string;
  readonly window: WindowRow;
  readonly onClose: () => void;
}) => (
  <ActionDialog
    title={`Export the window on ${topic}-${partition}`}
    inputs=""
    preview={() => ({
      text: (
        <ul>
          <li>
            The runs of {counted(inFlight, 'offset')} are written as lines of JSON: state, attempts and holder of
            neighbouring records that are alike.
          </li>
          <li>It goes on in the background. What it has written can be fetched under Operations for a day.</li>
        </ul>
      ),
      confirmLabel: 'Begin the export',
      isUseful: true,
    })}
    confirm={async () => {
      await beginOperation({ kind: 'export-window', group, topic, partition });
      go(links.operations);
    }}
    onClose={onClose}
  />
);
