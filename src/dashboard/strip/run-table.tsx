import type { JSX } from 'preact';
import { countDown, rangeText } from './describe.ts';
import { StateSwatch } from './state-swatch.tsx';
import { recordStates } from '../api-types.ts';
import type { Segment } from './strip-picture.ts';
import { useSecond } from './strip-tooltip.tsx';
import { count as formatOffset } from '../format.ts';
import type { View } from './view.ts';

const maxRows = 100;

/** The runs in view as a table: the same as the strip, for who does not see it or wants to read. */
export function RunTable({
  segments,
  view,
  takenMs,
  onOpen,
}: {
  readonly segments: readonly Segment[];
  readonly view: View;
  readonly takenMs: number;
  readonly onOpen: (offset: number) => void;
}): JSX.Element {
  const inView = segments.filter(({ firstOffset, endOffset }) => endOffset > view.from && firstOffset < view.to);
  const elapsedMs = useSecond(inView.some(({ msLeft }) => msLeft !== null)) - takenMs;
  const shown = inView.slice(0, maxRows);
  return (
    <div class="run-table" tabIndex={0} role="region" aria-label="Runs that are shown">
      <table>
        <thead>
          <tr>
            <th scope="col">offsets</th>
            <th scope="col">records</th>
            <th scope="col">state</th>
            <th scope="col">held by</th>
            <th scope="col">deliveries</th>
            <th scope="col">time left</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((segment) => (
            <tr key={segment.firstOffset}>
              <td>
                <button type="button" class="link" onClick={() => onOpen(segment.firstOffset)}>
                  {rangeText(segment.firstOffset, segment.endOffset - 1)}
                </button>
              </td>
              <td>{formatOffset(segment.endOffset - segment.firstOffset)}</td>
              <td>
                {segment.state === null ? (
                  mixedText(segment)
                ) : (
                  <>
                    <StateSwatch state={segment.state} holder={segment.holder} /> {segment.state}
                  </>
                )}
              </td>
              <td>
                <bdi>{segment.holder ?? '–'}</bdi>
              </td>
              <td>{segment.deliveryCount === null ? '–' : formatOffset(segment.deliveryCount)}</td>
              <td>{segment.msLeft === null ? '–' : countDown(segment.msLeft - elapsedMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {inView.length > maxRows && (
        <p class="soft small">
          The first {maxRows} of {formatOffset(inView.length)}: zoom in to see the others.
        </p>
      )}
    </div>
  );
}

const mixedText = (segment: Segment): string =>
  recordStates
    .map((state, index) => ({ state, count: segment.counts[index] ?? 0 }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${formatOffset(count)} ${state}`)
    .join(', ');
