import type { GroupRow } from '../api-types.ts';

/** The state of a group, in a word and a shape. */
export const StateBadge = ({ row }: { readonly row: Pick<GroupRow, 'state' | 'paused'> }) =>
  row.paused ? (
    <span class="badge warn" title="Nothing is handed out; acknowledgements still count">
      Paused
    </span>
  ) : row.state === 'Stable' ? (
    <span class="badge good" title="Workers or members are at work">
      Stable
    </span>
  ) : (
    <span class="badge" title="Nobody holds a lock, waits or is a member">
      Empty
    </span>
  );
