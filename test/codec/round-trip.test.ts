import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Api } from '../../src/codec/api.ts';
import { CodecError } from '../../src/codec/codec-error.ts';
import { MessageReader } from '../../src/codec/message-reader.ts';
import { MessageWriter } from '../../src/codec/message-writer.ts';
import { fieldsOf, includes } from './definitions.ts';
import type { Field } from './definitions.ts';
import { everyApi } from './every-api.ts';

type Values = Readonly<Record<string, unknown>>;

const directions = ['Request', 'Response'] as const;
type Direction = (typeof directions)[number];

const encode = (api: Api<unknown, unknown>, direction: Direction, version: number, message: unknown): Buffer => {
  const writer = new MessageWriter();
  if (direction === 'Request') api.encodeRequest(writer, version, message as never);
  else api.encodeResponse(writer, version, message);
  const { sizeBytes, chunks } = writer.finish();
  const bytes = Buffer.concat(chunks);
  expect(sizeBytes).toBe(bytes.length);
  return bytes;
};

const decode = (api: Api<unknown, unknown>, direction: Direction, version: number, bytes: Buffer): unknown => {
  const reader = new MessageReader(bytes);
  const message = direction === 'Request' ? api.decodeRequest(reader, version) : api.decodeResponse(reader, version);
  expect(reader.remaining).toBe(0);
  return message;
};

const bytes = (max: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength: max }).map((each) => Buffer.from(each));
const integer = (bits: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }),
    fc.constantFrom(0, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1))),
  );
const valueOf: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: integer(8),
  int16: integer(16),
  int32: integer(32),
  int64: fc.maxSafeInteger(),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((each) => Buffer.from(each).toString('base64url')),
  string: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme-ascii', minLength: 120, maxLength: 140 }),
  ),
  bytes: bytes(200),
  records: bytes(200),
};

/** Messages with all that a version has; what it lacks has its default, as after decoding. */
const messageOf = (fields: readonly Field[], version: number): fc.Arbitrary<Values> =>
  fc.record(
    Object.fromEntries(
      fields.map((field) => {
        if (!includes(field.versions, version)) return [field.name, fc.constant(field.default)];
        const one = field.fields === undefined ? valueOf[field.type] : messageOf(field.fields, version);
        if (one === undefined) throw new Error(`no values of ${field.type}`);
        const present: fc.Arbitrary<unknown> = field.isArray ? fc.array(one, { maxLength: 3 }) : one;
        const mayBeNull = includes(field.nullable, version);
        const nullable = mayBeNull ? fc.option(present, { freq: 4 }) : present;
        return [field.name, field.isTagged ? fc.oneof(nullable, fc.constant(field.default)) : nullable];
      }),
    ),
    { noNullPrototype: true },
  );

/** Something else than the default. */
const setValue = (field: Field): unknown => {
  if (field.isArray) return [{ ...field, isArray: false, default: undefined }].map(setValue);
  if (field.fields !== undefined) return Object.fromEntries(field.fields.map((each) => [each.name, setValue(each)]));
  switch (field.type) {
    case 'bool':
      return field.default !== true;
    case 'string':
      return 'set';
    case 'uuid':
      return 'A_-AAAAAAAAAAAAAAAAAAA';
    case 'bytes':
    case 'records':
      return Buffer.from('set');
    default:
      return 7;
  }
};

const defaults = (fields: readonly Field[]): Values =>
  Object.fromEntries(
    fields.map((field) => {
      // `records` of ShareFetch cannot be null, though that is its default.
      const value = field.type === 'records' && field.default === null ? Buffer.alloc(0) : field.default;
      return [field.name, value];
    }),
  );

/** A message that leaves out all it may, with one element in each array of structs; and what is written for it. */
const leavingOut = (
  fields: readonly Field[],
  version: number,
  direction: Direction,
): { readonly message: Values; readonly expected: Values } => {
  const message: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  for (const field of fields) {
    const { name, type, isArray, isTagged, hasDefault } = field;
    const isThere = includes(field.versions, version);
    expected[name] = field.default;
    if (isThere && isArray && field.fields !== undefined && !isTagged) {
      const inner = leavingOut(field.fields, version, direction);
      message[name] = [inner.message];
      expected[name] = [inner.expected];
    } else if (isThere && field.default === null && !includes(field.nullable, version)) {
      // It has no default in this version.
      expected[name] = message[name] = isArray ? [] : type === 'string' ? '' : Buffer.alloc(0);
    } else if (direction === 'Response' && isThere && !isTagged && !hasDefault) message[name] = field.default;
  }
  return { message, expected };
};

interface Lacking {
  readonly path: string;
  readonly isIgnorable: boolean;
  readonly message: Values;
}

/** For each field that `version` lacks, at whatever depth: a message with that field set, and nothing else. */
const lackingIn = (fields: readonly Field[], version: number): readonly Lacking[] =>
  fields.flatMap((field): readonly Lacking[] => {
    if (!includes(field.versions, version)) {
      const message = { ...defaults(fields), [field.name]: setValue(field) };
      return [{ path: field.name, isIgnorable: field.isIgnorable, message }];
    }
    if (field.fields === undefined) return [];
    return lackingIn(field.fields, version).map(({ path, isIgnorable, message }) => ({
      path: `${field.name}.${path}`,
      isIgnorable,
      message: { ...defaults(fields), [field.name]: field.isArray ? [message] : message },
    }));
  });

const versionsOf = ({ firstVersion, lastVersion }: Api<unknown, unknown>): readonly number[] =>
  Array.from({ length: lastVersion - firstVersion + 1 }, (_, index) => firstVersion + index);

describe.each(everyApi)('$name', (api) => {
  it('decodes what it has encoded, in every version', () => {
    for (const version of versionsOf(api)) {
      for (const direction of directions) {
        const messages = messageOf(fieldsOf(`${api.name}${direction}`, api.lastVersion), version);
        fc.assert(
          fc.property(messages, (message) => {
            const again = decode(api, direction, version, encode(api, direction, version, message));
            deepStrictEqual(again, message, `${direction} v${version}`);
          }),
          { numRuns: 20 },
        );
      }
    }
  });

  it('drops what a version lacks when it may, and refuses it otherwise', () => {
    for (const version of versionsOf(api)) {
      for (const direction of directions) {
        const fields = fieldsOf(`${api.name}${direction}`, api.lastVersion);
        const without = encode(api, direction, version, defaults(fields));
        for (const { path, isIgnorable, message } of lackingIn(fields, version)) {
          const where = `${direction} v${version} ${path}`;
          if (isIgnorable) {
            // Inside an array there is one element more than in the defaults.
            const bytes = encode(api, direction, version, message);
            if (!path.includes('.')) deepStrictEqual(bytes, without, where);
            decode(api, direction, version, bytes);
          } else {
            expect(() => encode(api, direction, version, message), where).toThrow(
              expect.objectContaining({ name: CodecError.name, code: 'UNSUPPORTED_VERSION' }),
            );
          }
        }
      }
    }
  });

  it('writes the default for what is left out', () => {
    for (const version of versionsOf(api)) {
      for (const direction of directions) {
        const fields = fieldsOf(`${api.name}${direction}`, api.lastVersion);
        const { message, expected } = leavingOut(fields, version, direction);
        const again = decode(api, direction, version, encode(api, direction, version, message));
        deepStrictEqual(again, expected, `${direction} v${version}`);
      }
    }
  });
});
