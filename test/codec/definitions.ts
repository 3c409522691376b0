import { readFileSync } from 'node:fs';

/**
 * Kafka's definitions as the tests read them, apart from the script that generates the messages: what a message has in
 * which version, and what a field is where a version lacks it.
 */

export interface Versions {
  readonly first: number;
  readonly last: number;
}

export interface Field {
  /** Kafka's name, as `ThrottleTimeMs`, and ours. */
  readonly kafkaName: string;
  readonly name: string;
  /** Of the value, or of an array's elements. */
  readonly type: string;
  readonly isArray: boolean;
  readonly versions: Versions;
  readonly nullable: Versions;
  readonly isTagged: boolean;
  readonly isIgnorable: boolean;
  readonly default: unknown;
  /** The definition names it. */
  readonly hasDefault: boolean;
  /** Of a struct. */
  readonly fields: readonly Field[] | undefined;
}

interface Spec {
  readonly name: string;
  readonly type: string;
  readonly versions: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly ignorable?: boolean;
  readonly default?: unknown;
  readonly fields?: readonly Spec[];
}

interface MessageSpec {
  readonly validVersions: string;
  readonly fields: readonly Spec[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly Spec[] }[];
}

const versionsOf = (text = 'none'): Versions => {
  if (text === 'none') return { first: 1, last: 0 };
  const [first = '', last = first] = text.split('-');
  return first.endsWith('+')
    ? { first: Number(first.slice(0, -1)), last: Infinity }
    : { first: Number(first), last: Number(last) };
};

export const includes = ({ first, last }: Versions, version: number): boolean => first <= version && version <= last;

const zeroOf: Readonly<Record<string, unknown>> = {
  bool: false,
  string: '',
  uuid: 'A'.repeat(22),
  bytes: Buffer.alloc(0),
  records: null,
};

const defaultOf = (spec: Spec, fields: readonly Field[] | undefined): unknown => {
  const given = spec.default;
  if (given === 'null' || given === null) return null;
  if (spec.type.startsWith('[]')) return [];
  if (fields !== undefined) return Object.fromEntries(fields.map((field) => [field.name, field.default]));
  if (given === undefined) return spec.type in zeroOf ? zeroOf[spec.type] : 0;
  if (spec.type === 'string') return given;
  if (spec.type === 'bool') return given === 'true' || given === true;
  return Math.min(Number(given), Number.MAX_SAFE_INTEGER);
};

const cache = new Map<string, readonly Field[]>();

/** The fields of `ShareFetchRequest` and others that a version from Kafka's first to `lastVersion` has. */
export const fieldsOf = (message: string, lastVersion: number): readonly Field[] => {
  const known = cache.get(message);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`../../src/codec/definitions/${message}.json`, import.meta.url), 'utf8');
  const spec = JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, '').replaceAll(/\s\/\/ .*$/gm, '')) as MessageSpec;
  const valid = versionsOf(spec.validVersions);
  const structs = new Map((spec.commonStructs ?? []).map((struct) => [struct.name, struct.fields]));
  const read = (specs: readonly Spec[]): readonly Field[] =>
    specs
      .map((each): Field => {
        const isArray = each.type.startsWith('[]');
        const type = isArray ? each.type.slice(2) : each.type;
        const inner = each.fields ?? structs.get(type);
        const fields = inner === undefined ? undefined : read(inner);
        return {
          kafkaName: each.name,
          name: each.name.charAt(0).toLowerCase() + each.name.slice(1),
          type,
          isArray,
          versions: versionsOf(each.versions),
          nullable: versionsOf(each.nullableVersions),
          isTagged: each.taggedVersions !== undefined,
          isIgnorable: each.ignorable === true,
          default: defaultOf(each, fields),
          hasDefault: each.default !== undefined,
          fields,
        };
      })
      .filter(({ versions }) => versions.first <= lastVersion && versions.last >= valid.first);
  const fields = read(spec.fields);
  cache.set(message, fields);
  return fields;
};
