import { useState } from 'preact/hooks';
import { api, paths } from '../api.ts';
import { count, counted } from '../format.ts';
import { beginOperation } from '../live/operations.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import type { Preview } from '../parts/action-dialog.tsx';

export type SettleType = 'release' | 'retry' | 'accept' | 'reject';

export interface SettleTarget {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  readonly type: SettleType;
}

interface SettleOutcome {
  readonly accepted: number;
  readonly rejected: number;
  readonly released: number;
  readonly archived: number;
  readonly retried: number;
  readonly locksTaken: number;
  readonly skipped: number;
}

export const settleTypes: readonly { readonly type: SettleType; readonly name: string; readonly what: string }[] = [
  {
    type: 'release',
    name: 'Release',
    what: 'Handed out again at once. Its attempt counts; on the last one it is archived.',
  },
  { type: 'retry', name: 'Retry', what: 'Handed out again at once, with one attempt given back.' },
  { type: 'accept', name: 'Accept', what: 'Done: never handed out again.' },
  { type: 'reject', name: 'Reject', what: 'Failed for good: archived, never handed out again.' },
];

/** A range of more offsets is settled in the background. */
export const atOnce = 10_000;

/** Ends records of one window in the place of their workers. */
export const SettleDialog = ({ target, onClose }: { readonly target: SettleTarget; readonly onClose: () => void }) => {
  const { group, topic, partition, firstOffset, lastOffset } = target;
  const [type, setType] = useState<SettleType>(target.type);
  const [reason, setReason] = useState('');
  const isOne = firstOffset === lastOffset;
  const body = { topic, partition, firstOffset, lastOffset, type, ...(reason === '' ? {} : { reason }) };
  const isLarge = lastOffset - firstOffset + 1 > atOnce;
  const settle = (dryRun: boolean, signal?: AbortSignal) =>
    api.post<SettleOutcome>(paths.ofGroup(group, 'settle'), { ...body, dryRun }, signal);
  return (
    <ActionDialog
      title={
        isOne
          ? `Offset ${count(firstOffset)} of ${topic}-${partition}`
          : `${counted(lastOffset - firstOffset + 1, 'offset')} of ${topic}-${partition}`
      }
      inputs={JSON.stringify(body)}
      preview={async (signal) => previewOf(await settle(true, signal), type, isLarge)}
      confirm={() => (isLarge ? beginOperation({ kind: 'settle', group, ...body }) : settle(false))}
      isDangerous={type === 'reject'}
      onClose={onClose}
    >
      {isOne ? null : (
        <p class="soft">
          Offsets {count(firstOffset)} to {count(lastOffset)}, for the group {group}.
        </p>
      )}
      <SettleFields type={type} onType={setType} reason={reason} onReason={setReason} />
    </ActionDialog>
  );
};

/** What becomes of records, and why. */
export const SettleFields = ({
  type,
  onType,
  reason,
  onReason,
}: {
  readonly type: SettleType;
  readonly onType: (type: SettleType) => void;
  readonly reason: string;
  readonly onReason: (reason: string) => void;
}) => (
  <>
    <fieldset class="choices">
      <legend>Action</legend>
      {settleTypes.map((each) => (
        <label key={each.type}>
          <input type="radio" name="settle-type" checked={type === each.type} onChange={() => onType(each.type)} />
          <span>
            <strong>{each.name}</strong> <span class="soft">{each.what}</span>
          </span>
        </label>
      ))}
    </fieldset>
    <label class="field">
      <span>
        Reason <span class="soft">(kept with the records and in the audit)</span>
      </span>
      <input value={reason} maxLength={300} onInput={(event) => onReason(event.currentTarget.value)} />
    </label>
  </>
);

const previewOf = (outcome: SettleOutcome, type: SettleType, isLarge: boolean): Preview => {
  const { accepted, rejected, released, archived, retried, locksTaken, skipped } = outcome;
  const lines = [
    accepted > 0 && `${counted(accepted, 'record')} will be done, and never handed out again.`,
    released > 0 && `${counted(released, 'record')} will be handed out again.`,
    retried > 0 && `${counted(retried, 'record')} will be handed out again, with one attempt given back.`,
    rejected > 0 && `${counted(rejected, 'record')} will be archived.`,
    archived > 0 && `${counted(archived, 'record')} will be archived: it was the last attempt.`,
    locksTaken > 0 &&
      `${counted(locksTaken, 'lock')} will be taken from ${locksTaken === 1 ? 'its worker' : 'the workers'}, whose acknowledgement then counts no more.`,
    skipped > 0 &&
      `${counted(skipped, 'offset')} ${skipped === 1 ? 'stays' : 'stay'} as ${skipped === 1 ? 'it is' : 'they are'}: finished, not in the window${type === 'release' || type === 'retry' ? ', or never handed out' : ''}.`,
    isLarge && 'It goes on in the background, some thousand at a time; it can be watched and cancelled.',
  ].filter((line) => line !== false);
  const changed = accepted + rejected + released + archived + retried;
  return {
    text: (
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    ),
    confirmLabel:
      changed === 0
        ? 'Nothing to do'
        : `${settleTypes.find((each) => each.type === type)!.name} ${counted(changed, 'record')}`,
    isUseful: changed > 0,
  };
};
