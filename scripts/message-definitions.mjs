/**
 * Reads Kafka's message definitions in src/codec/definitions for `generate-messages.mjs`: which fields a message has in
 * which version, and what each is in TypeScript.
 */
import { readFileSync } from 'node:fs';

export const definitions = new URL('../src/codec/definitions/', import.meta.url);

export const camel = (name) => name[0].toLowerCase() + name.slice(1);
export const quote = (text) => `'${text}'`;

const none = { first: Infinity, last: -Infinity };

/** `0-3`, `4+`, `7`, `none` or nothing, cut down to `within`. */
const versionsOf = (text, within = { first: 0, last: Infinity }) => {
  if (text === undefined || text === 'none') return none;
  const [, first, dash, last] = /^(\d+)([-+]?)(\d*)$/.exec(text);
  const cut = {
    first: Math.max(Number(first), within.first),
    last: Math.min(dash === '+' ? Infinity : Number(dash === '-' ? last : first), within.last),
  };
  return cut.first > cut.last ? none : cut;
};
export const isEmpty = (versions) => versions.first > versions.last;
const has = (versions, other) => versions.first <= other.first && versions.last >= other.last;

/** The condition on `v` that it is one of `versions`, knowing that it is one of `within`; 'true' and 'false' included. */
export const condition = (versions, within) => {
  if (isEmpty(versions) || versions.first > within.last || versions.last < within.first) return 'false';
  const parts = [];
  if (versions.first > within.first) parts.push(`v >= ${versions.first}`);
  if (versions.last < within.last) parts.push(`v <= ${versions.last}`);
  return parts.length === 0 ? 'true' : parts.join(' && ');
};

export const scalars = {
  bool: { type: 'boolean', least: 1, default: 'false' },
  int8: { type: 'number', least: 1, default: '0' },
  int16: { type: 'number', least: 2, default: '0' },
  int32: { type: 'number', least: 4, default: '0' },
  int64: { type: 'number', least: 8, default: '0' },
  uuid: { type: 'string', least: 16, default: 'zeroUuid' },
  string: { type: 'string', least: 1, default: "''" },
  bytes: { type: 'Uint8Array', least: 1, default: 'noBytes' },
  records: { type: 'Uint8Array', least: 1, default: 'null' },
};

/** Kafka's JSON has comments. */
const parse = (file) =>
  JSON.parse(
    readFileSync(new URL(file, definitions), 'utf8').replaceAll(
      /("(?:\\.|[^"\\])*")|\/\/[^\n]*/g,
      (_, text) => text ?? '',
    ),
  );

/** One message with its structs, in the order in which they can be declared. */
export const readMessage = (file, lastVersion = Infinity) => {
  const spec = parse(file);
  const versions = versionsOf(spec.validVersions, { first: 0, last: lastVersion });
  if (spec.latestVersionUnstable === true) versions.last -= 1;
  const message = {
    ...spec,
    versions,
    flexible: versionsOf(spec.flexibleVersions, { first: 0, last: Infinity }),
    isRequest: spec.type === 'request',
    structs: new Map(),
  };
  for (const struct of spec.commonStructs ?? []) {
    message.structs.set(struct.name, {
      name: struct.name,
      spec: struct.fields,
      within: versions,
      path: `${struct.name}.`,
    });
  }
  const struct = { name: '', spec: spec.fields, within: versions, path: '' };
  collect(message, struct);
  for (const each of message.structs.values()) if (each.fields === undefined) collect(message, each);
  message.structs.set('', struct);
  // A struct after those that it is made of.
  const ordered = new Map();
  const place = (each) => {
    for (const field of each.fields) if (field.struct !== undefined) place(field.struct());
    ordered.set(each.name, each);
  };
  place(struct);
  message.structs = ordered;
  return message;
};

const collect = (message, struct) => {
  struct.type = message.name + struct.name;
  struct.fields = struct.spec
    .map((spec) => readField(message, struct, spec))
    .filter((field) => !isEmpty(field.versions));
};

const readField = (message, struct, spec) => {
  const isArray = spec.type.startsWith('[]');
  const element = isArray ? spec.type.slice(2) : spec.type;
  const versions = versionsOf(spec.versions, struct.within);
  const field = {
    name: camel(spec.name),
    path: struct.path + camel(spec.name),
    element,
    isArray,
    versions,
    nullable: versionsOf(spec.nullableVersions, versions),
    tagged: versionsOf(spec.taggedVersions, versions),
    tag: spec.tag,
    ignorable: spec.ignorable === true,
    hasDefault: spec.default !== undefined,
  };
  if (!isEmpty(field.tagged) && !has(field.tagged, versions)) throw new Error(`${field.path}: not always tagged`);
  if (scalars[element] === undefined) {
    field.struct = () => message.structs.get(element);
    if (spec.fields !== undefined && !isEmpty(versions)) {
      if (message.structs.has(element)) throw new Error(`${message.name} declares ${element} twice`);
      const inner = { name: element, spec: spec.fields, within: versions, path: `${field.path}.` };
      message.structs.set(element, inner);
      collect(message, inner);
    }
  }
  field.default = defaultOf(message, field, spec.default);
  const single = scalars[element]?.type ?? message.name + element;
  const plain = isArray
    ? `readonly ${single}[]`
    : element === 'records' && !message.isRequest
      ? 'RecordsToWrite'
      : single;
  field.type = plain + (isEmpty(field.nullable) ? '' : ' | null');
  // A request is read, so that everything is there. A response is written: what may be left out is left out.
  field.optional =
    !message.isRequest &&
    (field.hasDefault ||
      !isEmpty(field.tagged) ||
      versions.last < struct.within.last ||
      (versions.first > struct.within.first && !field.ignorable));
  return field;
};

const defaultOf = (message, field, given) => {
  if (given === null || given === 'null') return 'null';
  if (field.isArray) return '[]';
  if (scalars[field.element] === undefined) return `default${message.name}${field.element}`;
  if (given === undefined) {
    return field.element === 'records' && isEmpty(field.nullable) ? 'noBytes' : scalars[field.element].default;
  }
  if (field.element === 'string') return quote(given);
  if (field.element === 'bool') return String(given);
  const number = Number(given);
  // Long.MAX_VALUE, "not supported", is the greatest that there is here.
  return number > Number.MAX_SAFE_INTEGER ? 'Number.MAX_SAFE_INTEGER' : String(number);
};

/** The fewest bytes that a value takes in the versions where its array is. */
export const leastBytes = (field) => {
  if (field.struct === undefined) return scalars[field.element].least;
  const { fields, within } = field.struct();
  const sizes = fields
    .filter((each) => isEmpty(each.tagged) && has(each.versions, within))
    .map((each) => (each.isArray || !isEmpty(each.nullable) ? 1 : leastBytes(each)));
  return Math.max(
    1,
    sizes.reduce((sum, size) => sum + size, 0),
  );
};
