import { describe, expect, it } from 'vitest';
import {
  lineBlocks,
  lineWithKey,
  lineWithoutPlace,
  type LineBlock,
  type LineChange,
} from '../../src/cli/line-blocks.ts';

/** The blocks of a text that comes in chunks of `chunkBytes`. */
async function blocksOf(text: string | Buffer, chunkBytes: number, change?: LineChange): Promise<LineBlock[]> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
  async function* input(): AsyncGenerator<Buffer> {
    yield* chunks;
  }
  const blocks: LineBlock[] = [];
  for await (const block of lineBlocks(input(), change)) blocks.push(block);
  return blocks;
}

const whole = (blocks: readonly LineBlock[]): string => Buffer.concat(blocks.map(({ bytes }) => bytes)).toString();
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('blocks of lines', () => {
  it('end after a line wherever the chunks end, and lose nothing', async () => {
    const text = 'one\n\nthree and more\r\nfour, without an end';
    for (let chunkBytes = 1; chunkBytes <= text.length; chunkBytes++) {
      const blocks = await blocksOf(text, chunkBytes);
      expect(whole(blocks)).toBe(text);
      expect(sum(blocks.map(({ lines }) => lines))).toBe(4);
      expect(sum(blocks.map(({ inputBytes }) => inputBytes))).toBe(text.length);
      for (const { bytes } of blocks.slice(0, -1)) expect(bytes.at(-1)).toBe(10);
    }
  });

  it('keep the number of a line that cannot be sent: it is empty', async () => {
    const text = Buffer.concat([
      Buffer.from('{"id":1}\r\n\nno\n'),
      Buffer.from([0xff, 10]),
      Buffer.from('{"id":{"a":2}}'),
    ]);
    for (const chunkBytes of [1, 7, 1000]) {
      const blocks = await blocksOf(text, chunkBytes, lineWithKey(['id']));
      expect(whole(blocks)).toBe('{"key":1,"value":{"id":1}}\n\n\n\n{"key":{"a":2},"value":{"id":{"a":2}}}\n');
      const failures = blocks.flatMap(({ failures }) => failures);
      expect(failures.map(({ line, message }) => [line, message.slice(0, 20)])).toEqual([
        [3, 'the line is not JSON'],
        [4, 'the line is not UTF-8'.slice(0, 20)],
      ]);
    }
  });

  it('never hold a line without an end', async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) yield Buffer.alloc(8 * 1024 * 1024, 'x');
    }
    const reading = (async () => {
      for await (const _ of lineBlocks(endless()));
    })();
    await expect(reading).rejects.toThrow('line 1 is longer than 67108864 bytes');
  });
});

describe('a line with a key', () => {
  it('takes own fields only, however deep', () => {
    expect(lineWithKey(['a', 'b'])('{"a":{"b":null},"n":1e400}')).toEqual({
      text: '{"key":null,"value":{"a":{"b":null},"n":1e400}}',
    });
    for (const line of ['{"a":{}}', '{"a":"b"}', '[]', '1', 'null'])
      expect(lineWithKey(['a', 'b'])(line)).toEqual({ trouble: 'the line has no field a.b for its key' });
    expect(lineWithKey(['constructor'])('{}')).toMatchObject({ trouble: expect.any(String) as string });
  });
});

describe('a record without its place', () => {
  it('is what it was, otherwise', () => {
    const rest = '"timestamp":1,"value":{"topic":"x","partition":1,"offset":2}}';
    expect(lineWithoutPlace(`{"topic":"a.b-c","partition":0,"offset":5,${rest}`)).toEqual({ text: `{${rest}` });
    expect(lineWithoutPlace(` { "topic" : "a" , "partition": 12, "offset": 5 , ${rest}`)).toEqual({
      text: `{ ${rest}`,
    });
    expect(lineWithoutPlace('{"value":1}')).toEqual({ text: '{"value":1}' });
  });
});
