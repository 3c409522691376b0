import { useState } from 'preact/hooks';
import { api, paths } from '../api.ts';
import type { Operation } from '../api-types.ts';
import { heardOf } from '../live/operations.ts';
import { messageOf } from './action-dialog.tsx';
import { whatText } from './operation-text.tsx';
import { toast } from './toasts.tsx';

/** What was done stays done: there is nothing to preview, and nothing that could not be begun again. */
export const CancelOperation = ({ row }: { readonly row: Operation }) => {
  const [isBusy, setBusy] = useState(false);
  if (row.endedAt !== null) return null;
  const cancel = async (): Promise<void> => {
    setBusy(true);
    try {
      heardOf(await api.delete<Operation>(paths.operation(row.id)));
    } catch (error) {
      toast('failed', messageOf(error));
    }
    setBusy(false);
  };
  return (
    <button
      type="button"
      class="button small"
      aria-label={`Cancel: ${whatText(row)}`}
      title="It ends after the step under way; what was done stays done"
      disabled={isBusy || row.cancelling}
      onClick={() => void cancel()}
    >
      Cancel
    </button>
  );
};
