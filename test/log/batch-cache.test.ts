import { describe, expect, test } from 'vitest';

import type { StoredBatch } from '../../src/ports/record-log.ts';
import { BatchCache } from '../../src/log/batch-cache.ts';

const batch = (baseOffset: number, offsets: number, sizeBytes = 100): StoredBatch => ({
  baseOffset,
  lastOffset: baseOffset + offsets - 1,
  baseTimestampMs: 0,
  maxTimestampMs: 0,
  bytes: new Uint8Array(sizeBytes),
});

describe('the batch cache', () => {
  test('finds a batch by each of its offsets, and none outside', () => {
    const cache = new BatchCache(10_000);
    const long = batch(1000, 5000);
    const short = batch(6000, 3);
    cache.add(1, long);
    cache.add(1, short);
    for (const offset of [1000, 1023, 1024, 2047, 2048, 5999]) expect(cache.find(1, offset)).toBe(long);
    for (const offset of [6000, 6002]) expect(cache.find(1, offset)).toBe(short);
    for (const offset of [0, 999, 6003, 20_000]) expect(cache.find(1, offset)).toBeUndefined();
    expect(cache.find(2, 1000)).toBeUndefined();
  });

  test('finds batches that came in any order', () => {
    const cache = new BatchCache(1_000_000);
    const batches = Array.from({ length: 300 }, (_, i) => batch(i * 7, 5));
    for (let i = 0; i < 300; i++) cache.add(1, batches[(i * 101) % 300] as StoredBatch);
    for (let offset = 0; offset < 2100; offset++) {
      expect(cache.find(1, offset)).toBe(offset % 7 < 5 ? batches[Math.floor(offset / 7)] : undefined);
    }
  });

  test('lets the oldest go when it would hold too many bytes', () => {
    const cache = new BatchCache(10_000);
    for (let i = 0; i < 50_000; i++) {
      cache.add(i % 3, batch(i * 2048, 1500, 550));
      expect(cache.sizeBytes).toBeLessThanOrEqual(10_000);
    }
    expect(cache.sizeBytes).toBe(10_000);
    expect(cache.find(49_989 % 3, 49_989 * 2048)).toBeUndefined();
    expect(cache.find(49_990 % 3, 49_990 * 2048 + 1499)).toBeDefined();
  });

  test('counts what tiny batches take beside their bytes, and long ones in its index', () => {
    const cache = new BatchCache(45_000);
    for (let i = 0; i < 1000; i++) cache.add(1, batch(i, 1, 100));
    expect(cache.find(1, 899)).toBeUndefined();
    expect(cache.find(1, 900)).toBeDefined();
    cache.add(2, batch(0, 1_000_000, 100));
    expect(cache.sizeBytes).toBe(0);
  });

  test('keeps nothing when it has no room', () => {
    const cache = new BatchCache(0);
    cache.add(1, batch(0, 1));
    expect(cache.find(1, 0)).toBeUndefined();
    expect(cache.sizeBytes).toBe(0);
  });

  test('forgets a partition and no other', () => {
    const cache = new BatchCache(4500);
    cache.add(1, batch(0, 5000));
    cache.add(2, batch(0, 1));
    cache.removePartition(1);
    expect(cache.find(1, 0)).toBeUndefined();
    expect(cache.find(2, 0)).toBeDefined();
    expect(cache.sizeBytes).toBe(450);
    for (let i = 1; i < 30; i++) cache.add(1, batch(i * 10, 1));
    expect(cache.sizeBytes).toBe(4500);
  });
});
