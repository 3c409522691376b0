/** How numbers, durations and times are written everywhere on the page. Units always stand beside them. */

const wholeNumbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `120,045`; null is `–`. */
export const count = (value: number | null | undefined): string => (value == null ? '–' : wholeNumbers.format(value));

/** A count with its word: `1 record`, `3 records`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** `0`, `0.4`, `12.3`, `1,204`: per second; the unit stands beside it. */
export const rate = (perSecond: number | null | undefined): string => {
  if (perSecond == null) return '–';
  if (perSecond === 0) return '0';
  if (perSecond < 0.05) return '<0.1';
  return perSecond < 99.95 ? perSecond.toFixed(1) : wholeNumbers.format(perSecond);
};

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** `0 ms`, `850 ms`, `4.2 s`, `5 s`, `4 min 12 s`, `3 h 20 min`, `2 d 4 h`; null is `–`. */
export const duration = (ms: number | null | undefined): string => {
  if (ms == null) return '–';
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_950 ? 1 : 0).replace(/\.0$/, '')} s`;
  const index = units.findIndex(([, unitMs]) => ms >= unitMs);
  const [unit, unitMs] = units[index === -1 ? units.length - 1 : index]!;
  const [nextUnit, nextMs] = units[index + 1] ?? (['s', 1000] as const);
  const whole = Math.floor(ms / unitMs);
  const rest = Math.floor((ms % unitMs) / nextMs);
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${nextUnit}`;
};

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `512 B`, `3.4 MiB`; null is `–`. */
export const bytes = (size: number | null | undefined): string => {
  if (size == null) return '–';
  let [value, unit] = [size, 0];
  while (value >= 1023.5 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? wholeNumbers.format(value) : value.toFixed(1)} ${byteUnits[unit]}`;
};

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-21 18:47:03`, in the time zone of whoever looks. */
export const localTime = (wallMs: number): string => {
  const at = new Date(wallMs);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
};

/** `2026-11-21 17:47:03.120 UTC`. */
export const utcTime = (wallMs: number): string =>
  new Date(wallMs).toISOString().replace('T', ' ').replace('Z', ' UTC');

/** `just now`, `12 s ago`, `4 min ago`. */
export const ago = (ms: number): string => {
  if (ms < 1500) return 'just now';
  if (ms < 59_950) return `${Math.round(ms / 1000)} s ago`;
  const [unit, unitMs] = units.find(([, unitMs]) => ms >= unitMs) ?? units[2];
  return `${Math.floor(ms / unitMs)} ${unit} ago`;
};

const roughUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const rough = String.raw`(\d+) (ms|s|min|h|d)`;
const lockedFor = new RegExp(String.raw`^(.* for )${rough}(, \d+\w\w delivery of \d+)$`, 's');
const waits = new RegExp(String.raw`^(offset [\d,]+ on \S+ waits )${rough}( more before )`);

/**
 * What the server says of the record that blocks a window, some time later: a lock has grown older by `elapsedMs`, a wait
 * shorter. `sinceMs` is the age that the sentence was made with, before it was rounded.
 */
export const agedSentence = (sentence: string, sinceMs: number, elapsedMs: number): string => {
  if (elapsedMs < 1000) return sentence;
  if (lockedFor.test(sentence)) {
    const age = duration(Math.floor((sinceMs + elapsedMs) / 1000) * 1000);
    return sentence.replace(
      lockedFor,
      (_all, before: string, _n: string, _unit: string, after: string) => before + age + after,
    );
  }
  return sentence.replace(waits, (_all, before: string, amount: string, unit: string, after: string) => {
    const leftMs = Math.max(0, Number(amount) * roughUnits[unit]! - elapsedMs);
    return `${before}${duration(Math.floor(leftMs / 1000) * 1000).replace(/^0 ms$/, '0 s')}${after}`;
  });
};
