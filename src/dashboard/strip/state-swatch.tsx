import { useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import { themeVersion } from '../theme.ts';
import { holderColour } from './holder-colour.ts';
import { stripColours } from './strip-colours.ts';
import { stripPatterns } from './strip-patterns.ts';
import { recordStates } from '../api-types.ts';
import type { RecordState } from '../api-types.ts';

const sidePx = 14;

/** A small square in a state's colour and pattern, or of who holds a record. */
export function StateSwatch({
  state,
  holder = null,
}: {
  readonly state: RecordState;
  readonly holder?: string | null;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const paint = (): void => {
    const context = canvas.current?.getContext('2d');
    if (context == null) return;
    const ratio = Math.min(3, devicePixelRatio);
    context.canvas.width = sidePx * ratio;
    context.canvas.height = sidePx * ratio;
    const colours = stripColours();
    const index = recordStates.indexOf(state);
    context.beginPath();
    context.roundRect(0, 0, sidePx * ratio, sidePx * ratio, 3 * ratio);
    context.clip();
    if (state === 'acquired' && holder === null) {
      // Of nobody in particular: a few of the colours that workers have.
      for (const [place, hue] of [236, 276, 320].entries()) {
        context.fillStyle = `oklch(${colours.isDark ? 0.7 : 0.62} 0.15 ${hue})`;
        context.fillRect((place * sidePx * ratio) / 3, 0, sidePx * ratio, sidePx * ratio);
      }
      return;
    }
    context.fillStyle = holder === null ? colours.states[index]!.fill : holderColour(holder, colours.isDark);
    context.fillRect(0, 0, sidePx * ratio, sidePx * ratio);
    const pattern = stripPatterns(colours, ratio)[index];
    if (pattern == null) return;
    pattern.setTransform(new DOMMatrix());
    context.fillStyle = pattern;
    context.fillRect(0, 0, sidePx * ratio, sidePx * ratio);
  };
  useLayoutEffect(paint, [state, holder]);
  useSignalEffect(() => {
    if (themeVersion.value > 0) paint();
  });
  return <canvas ref={canvas} class="state-swatch" aria-hidden="true" />;
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
