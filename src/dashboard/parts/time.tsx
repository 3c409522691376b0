import { duration, localTime, utcTime } from '../format.ts';
import { elapsedSince } from '../live/live-store.ts';

/** A moment in local time, UTC on hover. */
export const Time = ({ at }: { readonly at: number | string }) => {
  const wallMs = typeof at === 'number' ? at : Date.parse(at);
  return (
    <time class="number nowrap" dateTime={new Date(wallMs).toISOString()} title={utcTime(wallMs)}>
      {localTime(wallMs)}
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
