import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { LineSplitter } from '../../src/http/line-splitter.ts';

const mebibyte = 1024 * 1024;

it('a line over the limit is counted and not kept, however long it is', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const splitter = new LineSplitter(mebibyte);
  const lines: (string | undefined)[] = [];
  const line = (number: number, bytes: Buffer | undefined) => void (lines[number] = bytes?.toString());
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  for (let pushed = 0; pushed < 200; pushed++) splitter.push(Buffer.alloc(mebibyte, 'x'), line);
  collectGarbage();
  collectGarbage();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * mebibyte);
  splitter.push(Buffer.from('\nshort\n'), line);
  expect(lines).toEqual([undefined, undefined, 'short']);
});

it('a line exactly at the limit is kept, one byte more is not, with and without its end', () => {
  for (const [length, kept] of [
    [10, true],
    [11, false],
  ] as const) {
    for (const size of [1, 4, 100]) {
      const splitter = new LineSplitter(10);
      const seen: (Buffer | undefined)[] = [];
      const bytes = Buffer.from(`${'y'.repeat(length)}\n${'y'.repeat(length)}`);
      for (let at = 0; at < bytes.length; at += size)
        splitter.push(bytes.subarray(at, at + size), (_, line) => void seen.push(line));
      splitter.finish((_, line) => void seen.push(line));
      expect(seen.map((line) => line !== undefined)).toEqual([kept, kept]);
    }
  }
});
