/** What stands on the command line, as values. Each refuses what it cannot read, with what it can. */
import { InvalidArgumentError, Option } from 'commander';

export const integer =
  (min: number, max: number = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(
      max === Number.MAX_SAFE_INTEGER
        ? `It must be an integer, ${min} or more.`
        : `It must be an integer from ${min} to ${max}.`,
    );
  };

export const partitionNumber = integer(0, 2_147_483_647);
export const offsetNumber = integer(0);

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `500ms`, `30s`, `5m`, `2h` or `7d`, in ms. */
export function durationMs(text: string): number {
  const [, number, unit] = /^(\d{1,9}(?:\.\d{1,3})?)([a-z]+)$/.exec(text) ?? [];
  const unitMs = unitsMs[unit ?? ''];
  if (number === undefined || unitMs === undefined)
    throw new InvalidArgumentError('It must be a number with its unit, such as 500ms, 30s, 5m, 2h or 7d.');
  return Math.round(Number(number) * unitMs);
}

/** @param byDefault as it would be typed */
export const durationOption = (flags: string, description: string, byDefault: string): Option =>
  new Option(flags, description).argParser(durationMs).default(durationMs(byDefault), byDefault);

/** For an option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

export const collectPartitions = (value: string, before: readonly number[] = []): number[] => [
  ...before,
  ...value.split(',').map(partitionNumber),
];

/** `name=value` pairs, and names that go back to their default: the configs of a topic or of a group. */
export interface ConfigOptions {
  readonly config?: readonly string[];
  readonly unset?: readonly string[];
}

export const collectPair = (text: string, before: readonly string[] = []): string[] => {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError('It must be name=value, such as retention.ms=86400000.');
  return [...before, text];
};

const pairOf = (text: string): [string, string] => {
  const equals = text.indexOf('=');
  return [text.slice(0, equals), text.slice(equals + 1)];
};

export const configsOf = ({ config = [] }: ConfigOptions): Record<string, string> =>
  Object.fromEntries(config.map(pairOf));

export const configChangeOf = ({ config = [], unset = [] }: ConfigOptions): Record<string, string | null> =>
  Object.fromEntries([...unset.map((name): [string, null] => [name, null]), ...config.map(pairOf)]);

export interface OffsetRange {
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
}

/** `5`, or `5-9` with both ends. */
export function offsetRange(text: string): OffsetRange {
  const [, first, last = first] = /^(\d{1,16})(?:-(\d{1,16}))?$/.exec(text) ?? [];
  const range = { firstOffset: Number(first), lastOffset: Number(last) };
  if (first === undefined || !Number.isSafeInteger(range.lastOffset) || range.lastOffset < range.firstOffset)
    throw new InvalidArgumentError('It must be an offset, or the first and the last of a range, such as 5 or 5-9.');
  return range;
}
