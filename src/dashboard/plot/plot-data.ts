import { count, duration, rate } from '../format.ts';

/** What a plot's numbers are, and so how they are written. */
export type PlotKind = 'records' | 'rate' | 'duration';

/** `1,204 records`, `12.3 /s`, `4 min 12 s`; null is `–`. */
export function plotValue(kind: PlotKind, value: number | null | undefined): string {
  if (value == null) return '–';
  switch (kind) {
    case 'records':
      return `${count(Math.round(value))} ${value === 1 ? 'record' : 'records'}`;
    case 'rate':
      return `${rate(value)} /s`;
    case 'duration':
      return duration(value);
  }
}

/** For an axis, where there is room for a few characters: `950`, `1.2k`, `3M`; `40 s`, `5 min`, `2 h`. */
export function shortValue(kind: PlotKind, value: number): string {
  const round = (number: number): string => String(Math.round(number * 10) / 10);
  if (kind === 'duration' && value > 0) {
    if (value < 1000) return `${Math.round(value)} ms`;
    if (value < 60_000) return `${round(value / 1000)} s`;
    if (value < 3_600_000) return `${round(value / 60_000)} min`;
    return value < 86_400_000 ? `${round(value / 3_600_000)} h` : `${round(value / 86_400_000)} d`;
  }
  if (value >= 1e9) return `${round(value / 1e9)}G`;
  if (value >= 1e6) return `${round(value / 1e6)}M`;
  return value >= 1000 ? `${round(value / 1000)}k` : round(value);
}

/** Steps between the lines of an axis that read well: of time, seconds, minutes and hours. */
export const axisSteps = (kind: PlotKind): number[] => {
  const decimal = [1, 2, 5];
  const powers = Array.from({ length: 16 }, (_, power) => decimal.map((digit) => digit * 10 ** power)).flat();
  if (kind !== 'duration') return kind === 'rate' ? [0.1, 0.2, 0.5, ...powers] : powers;
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  return [
    ...powers.filter((step) => step < second),
    ...[1, 2, 5, 10, 20, 30].map((step) => step * second),
    ...[1, 2, 5, 10, 20, 30].map((step) => step * minute),
    ...[1, 2, 4, 6, 12].map((step) => step * hour),
    ...powers.map((step) => step * day),
  ];
};

/** Columns as uPlot wants them: times, then the values of each series. */
export type PlotColumns = readonly [readonly number[], ...(readonly (number | null)[])[]];

/**
 * The samples with a hole wherever one is missing, so that no line is drawn over a time of which nothing is known.
 *
 * @param atMs oldest first
 * @param intervalMs between two samples, as planned
 */
export function withHoles(
  atMs: readonly number[],
  series: readonly (readonly (number | null)[])[],
  intervalMs: number,
): PlotColumns {
  const times: number[] = [];
  const columns = series.map((): (number | null)[] => []);
  for (const [index, time] of atMs.entries()) {
    const before = atMs[index - 1];
    if (before !== undefined && time - before > intervalMs * 2.5) {
      times.push(before + intervalMs);
      for (const column of columns) column.push(null);
    }
    times.push(time);
    for (const [place, column] of columns.entries()) column.push(series[place]?.[index] ?? null);
  }
  return [times, ...columns];
}

/** A plot in words: where each series is now, and between what it was. */
export function plotSentence(
  title: string,
  kind: PlotKind,
  series: readonly { readonly label: string; readonly values: readonly (number | null)[] }[],
): string {
  const parts = series.map(({ label, values }) => {
    const known = values.filter((value) => value !== null);
    const name = series.length > 1 ? `${label} ` : '';
    if (known.length === 0) return `${name}not known`;
    const least = known.reduce((a, b) => Math.min(a, b));
    const most = known.reduce((a, b) => Math.max(a, b));
    return `${name}${plotValue(kind, values.at(-1))} now, between ${plotValue(kind, least)} and ${plotValue(kind, most)}`;
  });
  return `${title} of the last 15 minutes: ${parts.join('; ')}.`;
}
