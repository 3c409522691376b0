import { useEffect, useState } from 'preact/hooks';
import { api, paths } from '../../api.ts';
import type { History } from '../../api-types.ts';
import { connection, lastSample } from '../../live/live-store.ts';
import { GroupPlots } from '../../plot/group-plots.tsx';

const shownMs = 15 * 60_000;

/** The last 15 minutes, from the server's memory, and then as they go on. */
export const Plots = ({ group }: { readonly group: string }) => {
  const [history, setHistory] = useState<History | null>(null);
  const { state } = connection.value;
  useEffect(() => {
    // After a lost connection, too: some samples were missed.
    if (state !== 'live') return;
    const stop = new AbortController();
    api.get<History>(`${paths.ofGroup(group, 'history')}?minutes=15`, stop.signal).then(setHistory, () => {
      // The group may be new or gone; the page says so elsewhere.
    });
    return () => stop.abort();
  }, [group, state]);
  const sample = lastSample.value;
  useEffect(() => {
    if (sample === null) return;
    setHistory((before) => {
      const newest = before?.samples.at(-1)?.atMs ?? -Infinity;
      if (before === null || sample.atMs <= newest) return before;
      const samples = [...before.samples.filter(({ atMs }) => atMs > sample.atMs - shownMs), sample];
      return { ...before, samples };
    });
  }, [sample]);
  return (
    <section aria-labelledby="plots-title">
      <h2 id="plots-title" class="plots-title">
        Last 15 minutes
      </h2>
      {history === null || history.samples.length === 0 ? (
        <p class="soft">The first figures come in a few seconds.</p>
      ) : (
        <GroupPlots samples={history.samples} intervalMs={history.intervalMs} />
      )}
    </section>
  );
};
