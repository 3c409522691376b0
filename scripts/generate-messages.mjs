/**
 * Makes src/codec/messages/*.ts (one file per API), src/codec/error-codes.ts and test/codec/every-api.ts from Kafka's
 * definitions in src/codec/definitions: `npm run messages`. A test fails when one of them is stale.
 *
 * The functions it writes are straight lines of reads and writes, with a condition where versions differ.
 */
import { readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  camel,
  condition,
  definitions,
  isEmpty,
  leastBytes,
  quote,
  readMessage,
  scalars,
} from './message-definitions.mjs';

const messages = new URL('../src/codec/messages/', import.meta.url);
const note = (source) => `// Generated from src/codec/definitions/${source} by \`npm run messages\`; edit neither.\n`;

const kebab = (name) => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

// ── Writing TypeScript ──────────────────────────────────────────────────────────────────────────────────────────────

const isTagged = (field) => !isEmpty(field.tagged);
const onlyIf = (test, statement) => (test === 'true' ? statement : `if (${test}) ${statement}`);

const declareType = (struct) => [
  `export interface ${struct.type} {`,
  ...struct.fields.map(
    ({ name, type, optional }) => `  readonly ${name}${optional ? '?' : ''}: ${type}${optional ? ' | undefined' : ''};`,
  ),
  '}',
];

const declareDefault = (struct) => [
  `const default${struct.type}: ${struct.type} = { ${struct.fields.map((field) => `${field.name}: ${field.default}`).join(', ')} };`,
];

/** Whether lengths are compact, and the section of tagged fields is there: 'true', 'false', or a condition. */
const flexOf = (message, struct) => condition(message.flexible, struct.within);
const flexLine = (flex, uses) =>
  flex.startsWith('v') && uses.some((line) => /\bflex\b/.test(line)) ? [`  const flex = ${flex};`] : [];

// Decoding.

const readOne = (message, field, flex, within) => {
  const path = quote(field.path);
  if (field.struct !== undefined) return `decode${message.name}${field.element}(r, v)`;
  switch (field.element) {
    case 'string':
    case 'bytes':
    case 'records': {
      const name = field.element === 'string' ? 'String' : 'BytesView';
      const strict = `r.${camel(name)}(${flex}, ${path})`;
      const lenient = `r.nullable${name}(${flex}, ${path})`;
      // The elements of an array are never null.
      const nullable = field.isArray ? 'false' : condition(field.nullable, within);
      return nullable === 'true' ? lenient : nullable === 'false' ? strict : `(${nullable} ? ${lenient} : ${strict})`;
    }
    default:
      return `r.${field.element}(${path})`;
  }
};

/** Statements that read an array into a new variable `list`; `count` is its length, and −1 for null. */
const readList = (message, field, flex, within, list, count) => {
  const nullable = condition(field.nullable, within);
  const start = nullable === 'false' ? `r.arrayLength(${flex}, ` : `r.nullableArrayLength(${flex}, ${nullable}, `;
  return [
    `const ${count} = ${start}${leastBytes(field)}, ${quote(field.path)});`,
    `const ${list} = newList<${scalars[field.element]?.type ?? message.name + field.element}>(${count});`,
    `for (let i = 0; i < ${count}; i++) ${list}[i] = ${readOne(message, field, flex, within)};`,
  ];
};

/** Statements that read an array into the variable of its name, which has its default before. */
const readArray = (message, field, flex, within) => [
  ...readList(message, field, flex, within, 'list', 'count'),
  `${field.name} = ${isEmpty(field.nullable) ? '' : 'count < 0 ? null : '}list;`,
];

const readStruct = (message, field, within) =>
  isEmpty(field.nullable) || isTagged(field)
    ? readOne(message, field, '', within)
    : `(r.isPresent(${quote(field.path)}) ? ${readOne(message, field, '', within)} : null)`;

const readValue = (message, field, flex, within) =>
  field.struct === undefined ? readOne(message, field, flex, within) : readStruct(message, field, within);

const declareDecode = (message, struct) => {
  const flex = flexOf(message, struct);
  const flexName = flex.startsWith('v') ? 'flex' : flex;
  const body = [];
  for (const field of struct.fields) {
    const test = condition(field.versions, struct.within);
    if (isTagged(field)) body.push(`  let ${field.name}: ${field.type} = ${field.default};`);
    else if (field.isArray && test === 'true' && isEmpty(field.nullable)) {
      const lines = readList(message, field, flexName, struct.within, field.name, `${field.name}Count`);
      body.push(...lines.map((line) => `  ${line}`));
    } else if (field.isArray) {
      body.push(
        `  let ${field.name}: ${field.type} = ${field.default};`,
        `  ${test === 'true' ? '' : `if (${test}) `}{`,
      );
      body.push(...readArray(message, field, flexName, field.versions).map((line) => `    ${line}`), '  }');
    } else {
      const value = readValue(message, field, flexName, field.versions);
      body.push(`  const ${field.name} = ${test === 'true' ? value : `${test} ? ${value} : ${field.default}`};`);
    }
  }
  body.push(...readTags(message, struct, flexName));
  return [
    `const decode${struct.type} = (r: MessageReader, ${/\bv\b/.test(body.join()) || flex.startsWith('v') ? 'v' : '_v'}: number): ${struct.type} => {`,
    ...flexLine(flex, body),
    ...body,
    `  return { ${struct.fields.map(({ name }) => name).join(', ')} };`,
    '};',
  ];
};

const readTags = (message, struct, flex) => {
  if (flex === 'false') return [];
  const path = quote(`${struct.path}taggedFields`);
  const tagged = struct.fields.filter(isTagged);
  if (tagged.length === 0) return [`  ${onlyIf(flex, `r.skipTags(${path});`)}`];
  const lines = [
    `  for (let tags = ${flex === 'true' ? '' : `!flex ? 0 : `}r.uvarint(${path}); tags > 0; tags--) {`,
    `    const tag = r.uvarint(${path});`,
    `    const end = r.openTag(${path});`,
  ];
  tagged.forEach((field, index) => {
    const test = condition(field.tagged, versionsWhereFlexible(message, struct));
    const known = `tag === ${field.tag}${test === 'true' ? '' : ` && ${test}`}`;
    lines.push(`    ${index === 0 ? '' : '} else '}if (${known}) {`);
    if (field.isArray) lines.push(...readArray(message, field, 'true', field.tagged).map((line) => `      ${line}`));
    else lines.push(`      ${field.name} = ${readValue(message, field, 'true', field.tagged)};`);
  });
  // A tagged field that is not known is skipped.
  return [...lines, '    } else r.position = end;', `    r.closeTag(end, ${path});`, '  }'].map((line) =>
    line.replace('    } else if', '    } else if'),
  );
};

const versionsWhereFlexible = (message, struct) => ({
  first: Math.max(message.flexible.first, struct.within.first),
  last: struct.within.last,
});

// Encoding. A request may leave out any field (Sparse), a response those that are optional.

const mayBeAbsent = (message, field) => message.isRequest || field.optional;

/** The value of a field, its default included. */
const valueOf = (message, field) => {
  const value = `m.${field.name}`;
  if (!mayBeAbsent(message, field)) return value;
  if (isEmpty(field.nullable) || field.default === 'null') return `${value} ?? ${field.default}`;
  return `${value} === undefined ? ${field.default} : ${value}`;
};

/** The condition that a field is set to something else than its default. */
const isSet = (message, field) => {
  const value = `m.${field.name}`;
  const parts = mayBeAbsent(message, field) ? [`${value} !== undefined`] : [];
  if (field.isArray || field.element === 'bytes' || field.element === 'records') {
    if (field.default === 'null') parts.push(`${value} !== null`);
    else if (isEmpty(field.nullable)) parts.push(`${value}.length > 0`);
    else parts.push(`(${value} === null || ${value}.length > 0)`);
  } else if (field.struct !== undefined && field.default !== 'null') {
    parts.push(`isSet${message.name}${field.element}(${value})`);
  } else if (field.element === 'bool') {
    parts.push(field.default === 'false' ? value : `!${value}`);
  } else parts.push(`${value} !== ${field.default}`);
  return parts.join(' && ');
};

const writeOne = (message, field, value, flex, within) => {
  const path = quote(field.path);
  if (field.struct !== undefined) return `encode${message.name}${field.element}(w, v, ${value});`;
  const nullable = field.isArray ? 'false' : condition(field.nullable, within);
  switch (field.element) {
    case 'bool':
      return `w.bool(${value});`;
    case 'string':
      return nullable === 'false'
        ? `w.string(${value}, ${flex}, ${path});`
        : `w.nullableString(${value}, ${nullable}, ${flex}, ${path});`;
    case 'bytes':
    case 'records':
      return `w.${field.element}(${value}, ${nullable}, ${flex}, ${path});`;
    default:
      return `w.${field.element}(${value}, ${path});`;
  }
};

/** Statements that write a field; `within` are the versions known here. */
const writeField = (message, field, flex, within) => {
  const value = valueOf(message, field);
  if (field.isArray) {
    const nullable = condition(field.nullable, within);
    const each = writeOne(message, field, 'each', flex, within);
    return nullable === 'false'
      ? [
          `const ${field.name} = ${value};`,
          `w.arrayLength(${field.name}.length, ${flex});`,
          `for (const each of ${field.name}) ${each}`,
        ]
      : [
          `const ${field.name} = ${value};`,
          `w.nullableArrayLength(${field.name}, ${nullable}, ${flex}, ${quote(field.path)});`,
          `if (${field.name} !== null) for (const each of ${field.name}) ${each}`,
        ];
  }
  if (field.struct !== undefined && !isEmpty(field.nullable) && !isTagged(field)) {
    return [
      `const ${field.name} = ${value};`,
      `w.presence(${field.name} !== null);`,
      `if (${field.name} !== null) ${writeOne(message, field, field.name, flex, within)}`,
    ];
  }
  return [writeOne(message, field, value, flex, within)];
};

const declareEncode = (message, struct) => {
  const flex = flexOf(message, struct);
  const flexName = flex.startsWith('v') ? 'flex' : flex;
  const body = [];
  for (const field of struct.fields) {
    const test = condition(field.versions, struct.within);
    const refuse = `if (${isSet(message, field)}) throw notInVersion(${quote(field.path)}, v);`;
    if (!isTagged(field)) {
      const lines = writeField(message, field, flexName, field.versions);
      if (test === 'true') body.push(...lines.map((line) => `  ${line}`));
      else if (lines.length === 1) body.push(`  if (${test}) ${lines[0]}`);
      else body.push(`  if (${test}) {`, ...lines.map((line) => `    ${line}`), '  }');
      if (test !== 'true' && !field.ignorable) body.push(`  else ${refuse}`);
    } else if (test !== 'true' && !field.ignorable) body.push(`  if (!(${test}) && ${refuse.slice('if ('.length)}`);
  }
  body.push(...writeTags(message, struct, flexName));
  const uses = body.join('\n');
  return [
    `const encode${struct.type} = (w: MessageWriter, ${/\bv\b/.test(uses) || flex.startsWith('v') ? 'v' : '_v'}: number, m: ${message.isRequest ? `Sparse<${struct.type}>` : struct.type}): void => {`,
    ...flexLine(flex, body),
    ...body,
    '};',
  ];
};

const writeTags = (message, struct, flex) => {
  if (flex === 'false') return [];
  const tagged = struct.fields.filter(isTagged).toSorted((left, right) => left.tag - right.tag);
  if (tagged.length === 0) return [`  ${onlyIf(flex, 'w.uvarint(0);')}`];
  const lines = [];
  for (const field of tagged) {
    const test = condition(field.tagged, versionsWhereFlexible(message, struct));
    lines.push(
      `const has${field.name[0].toUpperCase()}${field.name.slice(1)} = ${test === 'true' ? '' : `${test} && `}${isSet(message, field)};`,
    );
  }
  lines.push(
    `w.uvarint(${tagged.map((field) => `(has${field.name[0].toUpperCase()}${field.name.slice(1)} ? 1 : 0)`).join(' + ')});`,
  );
  for (const field of tagged) {
    lines.push(
      `if (has${field.name[0].toUpperCase()}${field.name.slice(1)}) {`,
      `  const start = w.openTag(${field.tag});`,
      ...writeField({ ...message, isRequest: false }, { ...field, optional: false }, 'true', field.tagged).map(
        (line) => `  ${line}`,
      ),
      '  w.closeTag(start);',
      '}',
    );
  }
  return flex === 'true'
    ? lines.map((line) => `  ${line}`)
    : ['  if (flex) {', ...lines.map((line) => `    ${line}`), '  }'];
};

const declareIsSet = (message, struct) => [
  `const isSet${struct.type} = (m: ${message.isRequest ? `Sparse<${struct.type}>` : struct.type}): boolean =>`,
  `  ${struct.fields.map((field) => (struct.fields.length > 1 && isSet(message, field).includes('&&') ? `(${isSet(message, field)})` : isSet(message, field))).join(' || ')};`,
];

const declareMessage = (message) => {
  const structs = [...message.structs.values()];
  const text = structs.map((struct) =>
    [...declareDecode(message, struct), ...declareEncode(message, struct)].join('\n'),
  );
  const uses = text.join('\n');
  return structs.flatMap((struct, index) => [
    ...declareType(struct),
    ...(new RegExp(`\\bdefault${struct.type}\\b`).test(uses) ? declareDefault(struct) : []),
    ...(uses.includes(`isSet${struct.type}(`) ? declareIsSet(message, struct) : []),
    text[index],
    '',
  ]);
};

const declareApi = (request, response) => {
  const name = request.name.replace(/Request$/, '');
  const body = [...declareMessage(request), ...declareMessage(response)].join('\n');
  const constants = ['newList', 'noBytes', 'zeroUuid'].filter((each) => new RegExp(`\\b${each}\\b`).test(body));
  const types = ['Api', 'Sparse'].filter((each) => each === 'Api' || body.includes(each));
  return [
    note(`${name}*.json`),
    constants.length > 0 && `import { ${constants.join(', ')} } from '../api.ts';`,
    `import type { ${types.join(', ')} } from '../api.ts';`,
    `import type { MessageReader } from '../message-reader.ts';`,
    body.includes('notInVersion') && `import { notInVersion } from '../message-writer.ts';`,
    `import type { ${body.includes('RecordsToWrite') ? 'MessageWriter, RecordsToWrite' : 'MessageWriter'} } from '../message-writer.ts';`,
    '',
    body,
    `export const ${camel(name)}Api: Api<${name}Request, ${name}Response> = {`,
    `  key: ${request.apiKey},`,
    `  name: ${quote(name)},`,
    `  firstVersion: ${request.versions.first},`,
    `  lastVersion: ${request.versions.last},`,
    `  firstFlexibleVersion: ${request.flexible.first},`,
    ...['Request', 'Response'].flatMap((kind) => [
      `  decode${kind}: decode${name}${kind},`,
      `  encode${kind}: encode${name}${kind},`,
    ]),
    '};',
    '',
  ]
    .filter((line) => line !== false)
    .join('\n');
};

// ── Files ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const errorCodes = () => {
  const rows = readFileSync(new URL('errors.tsv', definitions), 'utf8').trim().split('\n').slice(1);
  const parsed = rows.map((row) => row.split('\t'));
  return [
    note('errors.tsv'),
    "/** Kafka's error codes, as they are on the wire. */",
    'export const errorCodes = {',
    ...parsed.map(([code, name]) => `  ${name}: ${code},`),
    '} as const;',
    '',
    'export type ErrorName = keyof typeof errorCodes;',
    '',
    '/** Those after which a client may try the same again. */',
    'export const retriableErrors: ReadonlySet<ErrorName> = new Set<ErrorName>([',
    ...parsed.filter(([, , retriable]) => retriable === 'yes').map(([, name]) => `  ${quote(name)},`),
    ']);',
    '',
  ].join('\n');
};

/** Every generated file: its path within the repository, and its text. */
export function generatedFiles() {
  const names = readdirSync(definitions)
    .filter((file) => file.endsWith('Request.json'))
    .map((file) => file.slice(0, -'Request.json'.length));
  const apis = names
    .map((name) => {
      const request = readMessage(`${name}Request.json`);
      return [request, readMessage(`${name}Response.json`, request.versions.last)];
    })
    .toSorted(([left], [right]) => left.apiKey - right.apiKey);
  const files = new Map();
  for (const [request, response] of apis) {
    const [a, b] = [request, response].map(({ apiKey, versions, flexible }) =>
      JSON.stringify([apiKey, versions, flexible]),
    );
    if (a !== b) throw new Error(`${request.name} and its response differ`);
    files.set(`src/codec/messages/${kebab(request.name.replace(/Request$/, ''))}.ts`, declareApi(request, response));
  }
  const imports = apis.map(([{ name }]) => name.replace(/Request$/, ''));
  files.set(
    'test/codec/every-api.ts',
    [
      note('*.json'),
      ...imports.map((name) => `import { ${camel(name)}Api } from '../../src/codec/messages/${kebab(name)}.ts';`),
      "import type { Api } from '../../src/codec/api.ts';",
      '',
      '/** Every API that there are messages of, in the order of their keys. */',
      'export const everyApi: readonly Api<unknown, unknown>[] = [',
      ...imports.map((name) => `  ${camel(name)}Api,`),
      '];',
      '',
    ].join('\n'),
  );
  files.set('src/codec/error-codes.ts', errorCodes());
  return files;
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const root = new URL('../', import.meta.url);
  const files = generatedFiles();
  for (const file of readdirSync(messages))
    if (!files.has(`src/codec/messages/${file}`)) rmSync(new URL(file, messages));
  for (const [path, text] of files) writeFileSync(new URL(path, root), text);
  console.log(`${files.size} files written`);
}
