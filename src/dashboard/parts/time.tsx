import { ago, duration, localTime, utcTime } from '../format.ts';
import { nowMs } from '../live/live-store.ts';

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

/** A duration as it was when the server said it. */
export const Duration = ({ ms }: { readonly ms: number | null | undefined }) => (
  <span class="number nowrap">{duration(ms)}</span>
);
