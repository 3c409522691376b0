import { useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { useSize } from '../strip/element-size.ts';
import { themeColour, themeVersion } from '../theme.ts';
import { axisSteps, plotSentence, plotValue, shortValue, withHoles } from './plot-data.ts';
import type { PlotKind } from './plot-data.ts';

export interface PlotSeries {
  readonly label: string;
  /** One for each time; null where it is not known. */
  readonly values: readonly (number | null)[];
  readonly colour: `--${string}`;
}

/** All plots of the page: pointing at a time in one shows it in all. */
const cursorKey = 'sash';

const clockTime = (wallMs: number, withSeconds: boolean): string =>
  new Date(wallMs).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds ? { second: '2-digit' } : {}),
  });

/**
 * One quantity over the last minutes. The value that stands beside the title is the newest, or the one under the pointer.
 *
 * @param atMs times of the samples, wall clock, oldest first
 */
export const TimePlot = ({
  title,
  kind,
  atMs,
  series,
  intervalMs = 5000,
  spanMs = 15 * 60_000,
  height = 132,
}: {
  readonly title: string;
  readonly kind: PlotKind;
  readonly atMs: readonly number[];
  readonly series: readonly PlotSeries[];
  readonly intervalMs?: number;
  readonly spanMs?: number;
  readonly height?: number;
}) => {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [pointed, setPointed] = useState<number | null>(null);
  const { width } = useSize(host);
  const data = useMemo(
    () =>
      withHoles(
        atMs,
        series.map(({ values }) => values),
        intervalMs,
      ) as unknown as uPlot.AlignedData,
    [atMs, series, intervalMs],
  );
  const newest = useRef({ data, spanMs });
  newest.current = { data, spanMs };

  useEffect(() => {
    const made = new uPlot(
      plotOptions(kind, series, height, () => newest.current.spanMs, setPointed),
      newest.current.data,
      host.current!,
    );
    plot.current = made;
    return () => made.destroy();
    // The rest is given to the plot as it changes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [kind, series.length, height]);
  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height });
  }, [width, height]);
  useEffect(() => plot.current?.setData(data), [data]);
  useSignalEffect(() => {
    if (themeVersion.value > 0) plot.current?.redraw(false);
  });

  const at = pointed ?? (data[0].length === 0 ? null : data[0].length - 1);
  const time = pointed === null ? undefined : data[0][pointed];
  return (
    <figure class="plot">
      <figcaption>
        <span class="plot-title">{title}</span>
        <span class="soft small number" aria-hidden="true">
          {time === undefined ? '' : clockTime(time, true)}
        </span>
        <span class="plot-values number" aria-hidden="true">
          {series.map(({ label, colour }, index) => (
            <span key={label}>
              {plotValue(kind, at === null ? null : data[index + 1]?.[at])}
              {series.length > 1 ? (
                <small>
                  <i class="plot-key" style={{ background: `var(${colour})` }} /> {label}
                </small>
              ) : null}
            </span>
          ))}
        </span>
      </figcaption>
      <div
        ref={host}
        class="plot-canvas"
        role="img"
        aria-label={plotSentence(title, kind, series)}
        style={{ height: `${height}px` }}
      />
    </figure>
  );
};

function plotOptions(
  kind: PlotKind,
  series: readonly PlotSeries[],
  height: number,
  spanMs: () => number,
  point: (index: number | null) => void,
): uPlot.Options {
  const soft = (): string => themeColour('--text-soft');
  const line = (): string => themeColour('--line');
  const font = '11px system-ui, sans-serif';
  return {
    width: 300,
    height,
    ms: 1,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      sync: { key: cursorKey, scales: ['x', null] },
      points: { size: 7 },
    },
    scales: {
      x: {
        time: true,
        range: (_, __, max) => (max == null ? [Date.now() - spanMs(), Date.now()] : [max - spanMs(), max]),
      },
      y: { range: (_, __, max) => [0, max == null || max <= 0 ? (kind === 'duration' ? 1000 : 1) : max * 1.12] },
    },
    series: [
      {},
      ...series.map(({ label, colour }, index) => ({
        label,
        stroke: () => themeColour(colour),
        width: 1.75,
        // Under the first line only: two areas would hide each other.
        ...(index === 0 ? { fill: () => translucent(themeColour(colour)) } : {}),
        points: { show: false },
      })),
    ],
    axes: [
      {
        stroke: soft,
        font,
        size: 26,
        space: 64,
        gap: 4,
        incrs: [60_000, 120_000, 300_000, 600_000, 900_000, 3_600_000],
        grid: { show: false },
        ticks: { stroke: line, size: 4, width: 1 },
        values: (_, splits) => splits.map((split) => clockTime(split, false)),
      },
      {
        stroke: soft,
        font,
        size: kind === 'duration' ? 52 : 42,
        space: 30,
        gap: 4,
        incrs: axisSteps(kind),
        grid: { stroke: line, width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map((split) => shortValue(kind, split)),
      },
    ],
    hooks: { setCursor: [(plot) => point(plot.cursor.idx ?? null)] },
  };
}

/** A colour as the theme has it, hardly there. */
const translucent = (colour: string): string => `color-mix(in srgb, ${colour} 14%, transparent)`;
