import { ago, duration, localTime, utcTime } from '../format.ts';
import { elapsedSince, nowMs } from '../live/live-store.ts';

/** A moment in local time, UTC on hover. `relative` says how long ago it was and has both on hover. */
export const Time = ({ at, relative = false }: { readonly at: number | string; readonly relative?: boolean }) => {
  const wallMs = typeof at === 'number' ? at : Date.parse(at);
  const local = localTime(wallMs);
  const utc = utcTime(wallMs);
  return (
    <time class="number nowrap" dateTime={new Date(wallMs).toISOString()} title={relative ? `${local}, ${utc}` : utc}>
      {relative ? ago(nowMs.value - wallMs) : local}
    </time>
  );
};

/** A duration; with `atMs`, when the server measured it, one that grows while one looks. */
export const Duration = ({
  ms,
  atMs,
}: {
  readonly ms: number | null | undefined;
  readonly atMs?: number | undefined;
}) => {
  const elapsedMs = atMs === undefined ? 0 : elapsedSince(atMs);
  // By the whole second once it grows, so that it does not flicker.
  const aged = ms == null || elapsedMs < 1000 ? ms : Math.floor((ms + elapsedMs) / 1000) * 1000;
  return <span class="number nowrap">{duration(aged)}</span>;
};
