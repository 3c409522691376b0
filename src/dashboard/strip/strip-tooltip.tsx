import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { segmentText } from './describe.ts';
import { count as formatOffset } from '../format.ts';
import type { Segment } from './strip-picture.ts';
import { StateSwatch } from './state-swatch.tsx';

/** Wide enough for a worker's name; its middle stays this far from the strip's edges. */
const halfPx = 110;

/** What is at the pointer or the cursor; locks and delays are counted down. */
export function StripTooltip({
  segment,
  offset,
  takenMs,
  x,
  width,
  isAbove,
}: {
  readonly segment: Segment;
  readonly offset: number;
  /** When the picture was taken, on the clock of `performance.now()`. */
  readonly takenMs: number;
  /** CSS pixels from the strip's left edge. */
  readonly x: number;
  readonly width: number;
  /** Where there is no room below. */
  readonly isAbove: boolean;
}): JSX.Element {
  const nowMs = useSecond(segment.msLeft !== null);
  const { title, lines } = segmentText(segment, nowMs - takenMs);
  const isOne = segment.endOffset - segment.firstOffset === 1;
  const left = Math.min(Math.max(x, Math.min(halfPx, width / 2)), Math.max(width - halfPx, width / 2));
  return (
    <div
      class={`strip-tooltip${isAbove ? ' above' : ''}`}
      role="presentation"
      aria-hidden="true"
      style={{ left: `${left}px` }}
    >
      <p class="strip-tooltip-title">
        {segment.state !== null && <StateSwatch state={segment.state} holder={segment.holder} />}
        {isOne ? title : formatOffset(offset)}
      </p>
      <dl>
        {!isOne && (
          <>
            <dt>{segment.deliveryCount === null ? 'around' : 'run'}</dt>
            <dd>{title}</dd>
          </>
        )}
        {lines.map(({ label, value }) => (
          <>
            <dt>{label}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </>
        ))}
      </dl>
    </div>
  );
}

/** The time on the clock of `performance.now()`, anew each half second while it is needed. */
export function useSecond(isNeeded: boolean): number {
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => {
    if (!isNeeded) return undefined;
    setNowMs(performance.now());
    const timer = setInterval(() => setNowMs(performance.now()), 500);
    return () => clearInterval(timer);
  }, [isNeeded]);
  return Math.max(nowMs, 0);
}
