import { count } from '../format.ts';

/** `3,204 of 10,000`, with a bar: how much of a limit is used, or of some work is done. */
export const Meter = ({
  value,
  limit,
  unit,
  isProgress = false,
}: {
  readonly value: number | null | undefined;
  readonly limit: number | null | undefined;
  readonly unit: string;
  /** To be near the end is good. */
  readonly isProgress?: boolean;
}) => {
  if (value == null) return <span class="soft">–</span>;
  if (limit == null || limit === 0) return <span class="number">{count(value)}</span>;
  const share = Math.min(1, value / limit);
  return (
    <span class="meter" title={`${count(value)} of ${count(limit)} ${unit}`}>
      <span class="number">
        {count(value)} <span class="soft">of {count(limit)}</span>
      </span>
      <span class="meter-bar" aria-hidden="true">
        <span class={share > 0.9 && !isProgress ? 'full' : undefined} style={{ width: `${share * 100}%` }} />
      </span>
    </span>
  );
};
