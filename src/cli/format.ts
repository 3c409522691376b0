/** Numbers and times as people read them. Machines get them as they are, with --json. */

const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const rates = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** What is not known is a dash. */
export const count = (value: number | null | undefined): string => (value == null ? '–' : counts.format(value));

/** A noun with its number: `1 record`, `1,203 records`. */
export const counted = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

export const rate = (perSecond: number | null | undefined): string =>
  perSecond == null ? '–' : `${perSecond >= 100 ? counts.format(perSecond) : rates.format(perSecond)}/s`;

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export function duration(ms: number | null | undefined): string {
  if (ms == null) return '–';
  if (ms < second) return `${Math.round(ms)} ms`;
  if (ms < 10 * second) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < 2 * minute) return `${Math.floor(ms / second)} s`;
  if (ms < 2 * hour) return `${Math.floor(ms / minute)} min`;
  if (ms < 2 * day) return `${Math.floor(ms / hour)} h`;
  return `${Math.floor(ms / day)} d`;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(size: number | null): string {
  if (size === null) return '–';
  let [value, unit] = [size, 0];
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Local time to the second, as in `2026-11-21 18:59:03`. */
export function localTime(instant: string | number): string {
  const date = new Date(instant);
  const two = (value: number): string => String(value).padStart(2, '0');
  return (
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  );
}
