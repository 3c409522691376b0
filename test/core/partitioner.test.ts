import { describe, expect, it } from 'vitest';
import { murmur2, partitionForKey } from '../../src/core/partitioner.ts';

describe('the partition of a key', () => {
  // From Kafka's own test of Utils.murmur2.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Kafka does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('is the hash without its sign, modulo the number of partitions', () => {
    expect(partitionForKey(Buffer.from('21'), 100)).toBe((-973932308 & 0x7fffffff) % 100);
    expect(partitionForKey(Buffer.from('abc'), 7)).toBe(479470107 % 7);
    for (let index = 0; index < 1000; index++) {
      const partition = partitionForKey(Buffer.from(`key ${index}`), 3);
      expect([0, 1, 2]).toContain(partition);
    }
    expect(partitionForKey(new Uint8Array(0), 1)).toBe(0);
  });

  it('takes a byte as 0 to 255, in every place of a key', () => {
    // Made with another implementation of the same function.
    const hashes = [
      275646681, -311467685, -847220837, 354844405, -1488345827, -1813505863, -2018754737, 1695022813, -543617013,
    ];
    hashes.forEach((hash, length) => {
      expect(murmur2(Uint8Array.from({ length }, (_, index) => 255 - 37 * index))).toBe(hash);
    });
  });
});
