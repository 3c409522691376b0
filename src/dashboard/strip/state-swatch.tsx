import type { JSX } from 'preact';
import { recordStates } from '../api-types.ts';
import type { RecordState } from '../api-types.ts';
import { holderColour } from './holder-colour.ts';

/** A small square in a state's colour and pattern, or in the colour of who holds a record. A list has thousands of them. */
export function StateSwatch({
  state,
  holder = null,
}: {
  readonly state: RecordState;
  readonly holder?: string | null;
}): JSX.Element {
  return state === 'acquired' && holder !== null ? (
    <i
      class="state-swatch"
      style={{ background: `light-dark(${holderColour(holder, false)}, ${holderColour(holder, true)})` }}
      aria-hidden="true"
    />
  ) : (
    <i class={`state-swatch ${state}`} aria-hidden="true" />
  );
}

const meanings: Readonly<Record<RecordState, string>> = {
  available: 'waits for a worker',
  acquired: 'locked, a colour for each worker',
  delayed: 'waits for its next attempt',
  acknowledged: 'done ahead of the start',
  archived: 'failed for good',
};

/** What the colours and patterns of a strip mean. */
export function StripLegend(): JSX.Element {
  return (
    <ul class="strip-legend">
      {recordStates.map((state) => (
        <li key={state}>
          <StateSwatch state={state} />
          {state}
          <span class="soft">{meanings[state]}</span>
        </li>
      ))}
    </ul>
  );
}
