import type { Rejection } from './errors.ts';
import { ok, reject } from './result.ts';
import type { Result } from './result.ts';

/**
 * Configs as Kafka has them: a flat table of names and texts. A topic or a group keeps only what was set for it (its
 * overrides); everything else has its default. Both kinds of config are checked here, so that both say the same about the same mistake.
 */

/** What was set: Kafka's name → its value as text. */
export type ConfigOverrides = Readonly<Record<string, string>>;

/** What is to be set; null: back to the default. */
export type ConfigChange = Readonly<Record<string, string | null>>;

/** How one config is read from text: a value, or what is wrong as the end of the sentence "retention.ms is "x": …". */
export type ConfigParser<T> = (text: string) => { readonly value: T } | { readonly problem: string };

/** A whole number within limits. Blanks around it are ignored, as Kafka does. */
export const wholeNumber =
  (min: number, max: number, hint = ''): ConfigParser<number> =>
  (text) => {
    const problem = `a whole number from ${min} to ${max} is needed${hint}`;
    if (!/^[+-]?\d{1,20}$/.test(text.trim())) return { problem };
    const value = Number(text.trim());
    return value >= min && value <= max ? { value } : { problem };
  };

const greatestLong = 2n ** 63n - 1n;

/** A limit that Kafka keeps as a long: what a number cannot say exactly is so much that it is none, `Infinity`. */
export const longLimit =
  (min: number, hint: string): ConfigParser<number> =>
  (text) => {
    const exact = wholeNumber(min, Number.MAX_SAFE_INTEGER)(text);
    if ('value' in exact) return exact;
    const isLong = /^\+?\d{1,20}$/.test(text.trim()) && BigInt(text.trim().replace('+', '')) <= greatestLong;
    return isLong ? { value: Infinity } : { problem: `a whole number from ${min} to ${greatestLong} is needed${hint}` };
  };

export const trueOrFalse: ConfigParser<boolean> = (text) => {
  const lower = text.trim().toLowerCase();
  return lower === 'true' || lower === 'false'
    ? { value: lower === 'true' }
    : { problem: '"true" or "false" is needed' };
};

export const oneOf =
  <T extends string>(...values: readonly T[]): ConfigParser<T> =>
  (text) => {
    const value = values.find((known) => known === text.trim());
    return value === undefined
      ? { problem: `${values.map((known) => `"${known}"`).join(' or ')} is needed` }
      : { value };
  };

/** Long texts are cut in messages. */
const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

export const rejectConfig = (name: string, text: string, problem: string): { ok: false; error: Rejection } =>
  reject('INVALID_CONFIG', `${name} is ${shown(text)}: ${problem}.`, `config.${name}`);

/** INVALID_CONFIG, naming the config nobody knows and all that are known. `kind` as "topic". */
const rejectUnknown = (kind: string, name: string, definitions: ConfigDefinitions): { ok: false; error: Rejection } =>
  reject(
    'INVALID_CONFIG',
    `${shown(name)} is not a ${kind} config. Known are: ${Object.keys(definitions)
      .filter((known) => definitions[known]?.isFixed !== true)
      .join(', ')}.`,
    `config.${name.slice(0, 60)}`,
  );

/** Kafka's types of configs, as its clients are told (ConfigDef.Type). */
export type ConfigType = 'boolean' | 'string' | 'int' | 'long' | 'double' | 'list' | 'password';

/** One config: how its text is read, and what it is where nothing was set. */
export interface ConfigDefinition<T> {
  readonly type: ConfigType;
  readonly parse: ConfigParser<T>;
  readonly defaultValue: string;
  /** What it does, or what sash does instead. */
  readonly description: string;
  /** Kafka has it, sash does not: see `fixed`. */
  readonly isFixed?: true;
}

/**
 * A config that Kafka has and sash does not obey: taken only at the value that says what sash does, so that nobody believes to have
 * set what has no effect. It is not kept as set. `behaviour` as the end of the sentence "… only "delete" is taken: ".
 */
export const fixed = (type: ConfigType, value: string, behaviour: string): ConfigDefinition<string> => ({
  type,
  parse: (text) =>
    text.trim().toLowerCase() === value.toLowerCase()
      ? { value }
      : { problem: `only "${value}" is taken: ${behaviour}` },
  defaultValue: value,
  description: `Always ${value === '' ? 'empty' : value}: ${behaviour}.`,
  isFixed: true,
});

/** One config as it is shown. */
export interface ConfigEntry {
  readonly name: string;
  readonly type: ConfigType;
  /** In force: what was set, a number outside its limits as the nearest; otherwise the default. */
  readonly value: string;
  readonly defaultValue: string;
  /** Whether it was set. */
  readonly isSet: boolean;
  /** Only its default is taken. */
  readonly isFixed: boolean;
  readonly description: string;
}

/** All configs with what is in force, in the order of their definitions. */
export const describeConfigs = (definitions: ConfigDefinitions, overrides: ConfigOverrides): ConfigEntry[] =>
  Object.entries(definitions).map(([name, { type, parse, defaultValue, description, isFixed }]) => {
    const text = overrides[name];
    const parsed = text === undefined ? undefined : parse(text);
    const inForce =
      parsed !== undefined && 'value' in parsed && Number.isFinite(parsed.value) ? String(parsed.value) : text;
    return {
      name,
      type,
      value: inForce ?? defaultValue,
      defaultValue,
      isSet: text !== undefined,
      isFixed: isFixed === true,
      description,
    };
  });

export type ConfigDefinitions = Readonly<Record<string, ConfigDefinition<unknown>>>;

/** The values of all configs, read from `overrides` where these have them, by name. */
export type ConfigValues<D extends ConfigDefinitions> = {
  readonly [K in keyof D]: D[K] extends ConfigDefinition<infer T> ? T : never;
};

/** Reads all configs. INVALID_CONFIG for an override whose name is not known or whose value cannot be read. `kind` as "topic". */
export const readConfig = <D extends ConfigDefinitions>(
  kind: string,
  definitions: D,
  overrides: ConfigOverrides,
): Result<ConfigValues<D>> => {
  const unknown = Object.keys(overrides).find((name) => !Object.hasOwn(definitions, name));
  if (unknown !== undefined) return rejectUnknown(kind, unknown, definitions);
  const values: Record<string, unknown> = {};
  for (const [name, { parse, defaultValue }] of Object.entries(definitions)) {
    const text = overrides[name] ?? defaultValue;
    const parsed = parse(text);
    if ('problem' in parsed) return rejectConfig(name, text, parsed.problem);
    values[name] = parsed.value;
  }
  return ok(values as ConfigValues<D>);
};

/**
 * The overrides after `change`, or INVALID_CONFIG for the first name that is not known or value that is not possible.
 * Only what changes is checked: a stored value that became impossible does not block the others.
 */
export const changeOverrides = (
  kind: string,
  definitions: ConfigDefinitions,
  current: ConfigOverrides,
  change: ConfigChange,
): Result<ConfigOverrides> => {
  const after = new Map(Object.entries(current));
  for (const [name, text] of Object.entries(change)) {
    const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    if (definition === undefined) return rejectUnknown(kind, name, definitions);
    if (text === null) {
      after.delete(name);
      continue;
    }
    const parsed = definition.parse(text);
    if ('problem' in parsed) return rejectConfig(name, text, parsed.problem);
    // Nothing was changed by it.
    if (definition.isFixed === true) continue;
    after.set(name, text.trim());
  }
  return ok(Object.fromEntries(after));
};
