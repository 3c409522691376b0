import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementRanges, isJsonContainer, memberRanges } from '../../src/http/json-text.ts';

const textAt = (text: string, name: string): string | undefined => {
  const [range] = memberRanges(text, [name]);
  return range === undefined ? undefined : text.slice(range.start, range.end);
};

describe('the text of a member', () => {
  it.each([
    ['{"v":1e400}', '1e400'],
    ['{"v":12345678901234567890}', '12345678901234567890'],
    ['{ "a" : [1,{"v":2}] , "v" : { "b" : "}" , "2":1,"1":2 } }', '{ "b" : "}" , "2":1,"1":2 }'],
    ['\n{"v":"a\\"b\\\\"}', '"a\\"b\\\\"'],
    ['{"v":1,"v":2}', '2'],
    [String.raw`{"\u0076":true}`, 'true'],
    ['{"v":[]}', '[]'],
    ['{"v":-0.10}', '-0.10'],
    ['{"a":"v","v":null}', 'null'],
  ])('of %s is found as it was written', (text, expected) => {
    expect(textAt(text, 'v')).toBe(expected);
  });

  it('is not found where there is none', () => {
    expect(textAt('{}', 'v')).toBeUndefined();
    expect(textAt('{"a":{"v":1}}', 'v')).toBeUndefined();
  });

  it('is what JSON.parse finds, in any document, however it is spaced', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (object, space) => {
        const text = JSON.stringify(object, null, space);
        const parsed = JSON.parse(text) as Record<string, unknown>;
        for (const name of Object.keys(parsed)) expect(JSON.parse(textAt(text, name)!)).toEqual(parsed[name]);
      }),
    );
  });
});

describe('the elements of an array', () => {
  it('are what JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1), (array, space) => {
        const text = JSON.stringify({ array }, null, space);
        const [range] = memberRanges(text, ['array']);
        const found = elementRanges(text, range!).map(
          ({ start, end }) => JSON.parse(text.slice(start, end)) as unknown,
        );
        expect(found).toEqual((JSON.parse(text) as { array: unknown }).array);
      }),
    );
  });
});

it.each([
  ['{"a":1}', true],
  [' [1]\n', true],
  ['{"a":1', false],
  ['{a:1}', false],
  ['[1,]', false],
  ['1', false],
  ['"{}"', false],
  ['', false],
  ['\u{feff}{}', false],
])('%j may be spliced into a document as JSON: %s', (text, expected) => {
  expect(isJsonContainer(text)).toBe(expected);
});
