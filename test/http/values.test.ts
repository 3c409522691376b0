import { describe, expect, it } from 'vitest';
import { expectProblem, openDoor } from './door.ts';
import type { Answer, Json } from './door.ts';

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');

const openTopic = async () => {
  const door = await openDoor();
  await door.ok('POST', '/v1/topics', { topic: 't' });
  const produce = (body: unknown): Promise<Answer> => door.call('POST', '/v1/topics/t/records', body);
  /** What is stored for the record, and how it is shown. */
  const read = async (encoding: string, offset = 0): Promise<Json> =>
    (await door.ok('GET', `/v1/topics/t/partitions/0/records?fromOffset=${offset}&limit=1&encoding=${encoding}`))
      .records[0];
  const storedBytes = async (offset = 0): Promise<string | null> => {
    const { value } = await read('base64', offset);
    return value === null ? null : Buffer.from(value, 'base64').toString('latin1');
  };
  return { ...door, produce, read, storedBytes };
};

describe('a value that is produced', () => {
  it.each([
    ['a string, as its UTF-8', '{"value":"päck"}', Buffer.from('päck').toString('latin1')],
    ["UTF-8's own sign for what is no UTF-8", '{"value":"a\ufffdb"}', Buffer.from('a\ufffdb').toString('latin1')],
    ['an object, as its text', '{"value":{"b":1,"1":2}}', '{"b":1,"1":2}'],
    ['a number of 20 digits', '{"value":12345678901234567890}', '12345678901234567890'],
    ['a number too great for a double', '{"value":{"n":1e400}}', '{"n":1e400}'],
    ['a number as it was written', '{"value":[1.0,1E2,-0]}', '[1.0,1E2,-0]'],
    [
      'an object with a member __proto__',
      '{"value":{"__proto__":{"polluted":true}}}',
      '{"__proto__":{"polluted":true}}',
    ],
    ['white space in JSON', '{"value":{ "a" :\\n1 }}'.replace('\\n', '\n'), '{ "a" :\n1 }'],
    ['true', '{"value":true}', 'true'],
    ['null', '{"value":null}', null],
    ['nothing', '{}', null],
    ['the empty string', '{"value":""}', ''],
    ['base64', '{"value":"AP+A","valueEncoding":"base64"}', '\u0000\u00ff\u0080'],
    ['text that looks like JSON', '{"value":"{\\"a\\":1}","valueEncoding":"text"}', '{"a":1}'],
    ['a string as JSON', '{"value":"a","valueEncoding":"json"}', '"a"'],
    ['the last of doubled members', '{"value":{"a":1},"value":[2]}', '[2]'],
  ])('is stored: %s', async (_name, record, expected) => {
    const { produce, storedBytes } = await openTopic();
    expect((await produce(`{"records":[${record}]}`)).status).toBe(200);
    expect(await storedBytes()).toBe(expected);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('takes the encoding of the request where it has none of its own', async () => {
    const { produce, storedBytes } = await openTopic();
    await produce({ encoding: 'base64', records: [{ value: base64('a') }, { value: 'b', valueEncoding: 'text' }] });
    expect(await storedBytes(0)).toBe('a');
    expect(await storedBytes(1)).toBe('b');
  });

  it.each([
    ['{"value":"a b","valueEncoding":"base64"}', 'records[0].value', 'base64'],
    ['{"value":"YQ","valueEncoding":"base64"}', 'records[0].value', 'padding'],
    ['{"value":{"a":1},"valueEncoding":"text"}', 'records[0].value', 'must be a string'],
    ['{"value":"\\ud800"}', 'records[0].value', 'surrogate'],
    ['{"key":5,"keyEncoding":"base64"}', 'records[0].key', 'must be a string'],
    ['{"value":"a","valueEncoding":"hex"}', 'records[0].valueEncoding', '"text", "json", "base64"'],
    ['{"headers":{"a":1}}', 'records[0].headers.a', 'a string or null'],
    ['{"headers":[{"key":"a","other":1}]}', 'records[0].headers[0].other', 'not a field'],
    ['{"headers":[{"value":"a"}]}', 'records[0].headers[0].key', 'string'],
    ['{"headers":"a=b"}', 'records[0].headers', 'an object or an array'],
    ['{"timestamp":99999999999999}', 'records[0].timestamp', 'one hour'],
    ['{"partition":1}', 'records[0].partition', 'the greatest is 0'],
  ])('is refused: %s', async (record, field, words) => {
    const { produce } = await openTopic();
    const answer = await produce(`{"records":[${record}]}`);
    expectProblem(answer, 400, 'INVALID_REQUEST', field, words);
    expect(answer.json.field).toBe(field);
  });
});

describe('a value that is read', () => {
  it.each([
    ['{"a":1}', 'auto', { a: 1 }, 'json'],
    ['[1]', 'auto', [1], 'json'],
    ['12345678901234567890', 'auto', '12345678901234567890', 'text'],
    ['{broken', 'auto', '{broken', 'text'],
    ['text', 'auto', 'text', 'text'],
    ['', 'auto', '', 'text'],
    ['\u0000', 'auto', '\u0000', 'text'],
    ['\u{feff}{}', 'auto', '\u{feff}{}', 'text'],
    ['12', 'json', 12, 'json'],
    ['"a"', 'json', 'a', 'json'],
    ['null', 'json', 'null', 'text'],
    ['no json', 'json', 'no json', 'text'],
    ['{"a":1}', 'text', '{"a":1}', 'text'],
    ['{"a":1}', 'base64', base64('{"a":1}'), 'base64'],
  ])('%j as %s is %j in %s', async (stored, encoding, value, valueEncoding) => {
    const { produce, read } = await openTopic();
    await produce({ records: [{ value: stored, valueEncoding: 'text', key: stored, keyEncoding: 'text' }] });
    expect(await read(encoding)).toMatchObject({ value, valueEncoding, key: value, keyEncoding: valueEncoding });
  });

  it.each(['auto', 'text', 'json'])(
    "is text where UTF-8's own sign for what is no UTF-8 stands in it, with %s",
    async (encoding) => {
      const { produce, read } = await openTopic();
      await produce({ records: [{ value: 'a\ufffdb' }] });
      expect(await read(encoding)).toMatchObject({ value: 'a\ufffdb', valueEncoding: 'text' });
    },
  );

  it.each(['auto', 'text', 'json'])('is base64 where it is no UTF-8, with %s', async (encoding) => {
    const { produce, read } = await openTopic();
    const bytes = base64(Buffer.from([0x7b, 0xff, 0x7d]));
    await produce({
      records: [{ value: bytes, valueEncoding: 'base64', headers: [{ key: 'h', value: bytes, encoding: 'base64' }] }],
    });
    expect(await read(encoding)).toMatchObject({
      value: bytes,
      valueEncoding: 'base64',
      headers: [{ key: 'h', value: bytes, encoding: 'base64' }],
    });
  });

  it('is embedded as the text that was stored', async () => {
    const { app, produce } = await openTopic();
    await produce('{"records":[{"value":{"n": 12345678901234567890,\n"e":1e400}}]}');
    const { body } = await app.inject({ url: '/v1/topics/t/partitions/0/records', headers: { host: 'localhost' } });
    expect(body).toContain('"value":{"n": 12345678901234567890,\n"e":1e400},"valueEncoding":"json"');
  });

  it('can be produced again exactly as it was given, whatever it is', async () => {
    const { produce, read } = await openTopic();
    const values = ['{"a":[1]}', 'null', '12', 'text', '', '"s"', '\u0000\u00ff', '{', null];
    for (const encoding of ['auto', 'json', 'text', 'base64']) {
      for (const bytes of values) {
        const value = bytes === null ? null : Buffer.from(bytes, 'latin1').toString('base64');
        const headers = [
          { key: 'h', value: 'x', encoding: 'text' },
          { key: 'h', value: null, encoding: null },
        ];
        const first = await produce({
          records: [{ value, valueEncoding: 'base64', key: value, keyEncoding: 'base64', headers }],
        });
        const given = await read(encoding, first.json.results[0].offset);
        const { partition, timestamp, key, keyEncoding, value: shown, valueEncoding, headers: shownHeaders } = given;
        const again = await produce({
          records: [{ partition, timestamp, key, keyEncoding, value: shown, valueEncoding, headers: shownHeaders }],
        });
        expect(again.status, again.text).toBe(200);
        const copied = await read('base64', again.json.results[0].offset);
        expect(copied).toMatchObject({
          value,
          key: value,
          timestamp,
          headers: [{ key: 'h' }, { key: 'h', value: null }],
        });
      }
    }
  });

  it('has its headers in order, with names that JavaScript would treat in a special way', async () => {
    const { produce, read } = await openTopic();
    await produce('{"records":[{"headers":{"b":"1","a":"2","__proto__":"3","constructor":"4","n":null}}]}');
    expect((await read('auto')).headers).toEqual([
      { key: 'b', value: '1', encoding: 'text' },
      { key: 'a', value: '2', encoding: 'text' },
      { key: '__proto__', value: '3', encoding: 'text' },
      { key: 'constructor', value: '4', encoding: 'text' },
      { key: 'n', value: null, encoding: null },
    ]);
  });
});
