import { useMemo } from 'preact/hooks';
import { TimePlot } from './time-plot.tsx';
import type { PlotSeries } from './time-plot.tsx';

/** One sample of `GET …/history` and of the event `sample`; null where it could not be told. */
export interface HistorySample {
  readonly atMs: number;
  readonly lag: number | null;
  readonly inFlight: number | null;
  readonly oldestAgeMs: number | null;
  readonly deliveredPerSecond: number | null;
  readonly acknowledgedPerSecond: number | null;
}

/** The last minutes of a group. @param samples oldest first */
export const GroupPlots = ({
  samples,
  intervalMs,
}: {
  readonly samples: readonly HistorySample[];
  readonly intervalMs: number;
}) => {
  const { atMs, lag, inFlight, throughput, age } = useMemo(() => seriesOf(samples), [samples]);
  return (
    <div class="plots">
      <TimePlot title="Lag" kind="records" atMs={atMs} series={lag} intervalMs={intervalMs} />
      <TimePlot title="In flight" kind="records" atMs={atMs} series={inFlight} intervalMs={intervalMs} />
      <TimePlot title="Throughput" kind="rate" atMs={atMs} series={throughput} intervalMs={intervalMs} />
      <TimePlot title="Oldest age" kind="duration" atMs={atMs} series={age} intervalMs={intervalMs} />
    </div>
  );
};

function seriesOf(samples: readonly HistorySample[]) {
  const of = (name: keyof HistorySample, label: string, colour: PlotSeries['colour']): PlotSeries => ({
    label,
    colour,
    values: samples.map((sample) => sample[name]),
  });
  return {
    atMs: samples.map((sample) => sample.atMs),
    lag: [of('lag', 'lag', '--accent')],
    inFlight: [of('inFlight', 'in flight', '--accent')],
    throughput: [
      of('acknowledgedPerSecond', 'acknowledged', '--good'),
      of('deliveredPerSecond', 'delivered', '--accent'),
    ],
    age: [of('oldestAgeMs', 'oldest age', '--warn')],
  };
}
