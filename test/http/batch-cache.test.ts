import { expect, it } from 'vitest';
import { encodeBatch } from '../../src/codec/record-batch.ts';
import { topicId } from '../../src/core/ids.ts';
import { BatchCache } from '../../src/http/batch-cache.ts';
import type { StoredBatch } from '../../src/http/batch-cache.ts';

const topic = topicId('topic-0000000000'.padEnd(22, 'A'));
const { bytes: encoded } = encodeBatch({
  records: [{ key: null, value: Buffer.from('a job'), headers: [], timestampMs: 0 }],
});

/** A small batch as the log hands it out: a view into the block of a whole commit. */
const inBlockOf = (blockBytes: number): StoredBatch => {
  const block = new Uint8Array(blockBytes);
  block.set(encoded, 1000);
  const bytes = block.subarray(1000, 1000 + encoded.length);
  return { baseOffset: 0, lastOffset: 0, baseTimestampMs: 0, maxTimestampMs: 0, bytes };
};

it('an opened batch that is kept does not keep the whole commit that it came with', () => {
  const value = new BatchCache(1_000_000).open(topic, 0, inBlockOf(4_000_000)).record(0)!.value!;
  expect(Buffer.from(value).toString()).toBe('a job');
  expect(value.buffer.byteLength).toBeLessThan(2 * encoded.length);
});

it('a small batch is counted with what it takes to keep it', () => {
  const cache = new BatchCache(100_000);
  for (let partition = 0; partition < 10; partition++) cache.open(topic, partition, inBlockOf(4_000));
  expect(cache.sizeBytes).toBeGreaterThan(10 * (encoded.length + 500));
  for (let partition = 10; partition < 1_000; partition++) cache.open(topic, partition, inBlockOf(4_000));
  expect(cache.sizeBytes).toBeLessThanOrEqual(100_000);
});
