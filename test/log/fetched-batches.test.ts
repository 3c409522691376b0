import { describe, expect, test } from 'vitest';

import { crc32c } from '@node-rs/crc32';
import { topicId } from '../../src/core/ids.ts';
import { cutBatches, isHole } from '../../src/log/fetched-batches.ts';
import { newBatchOfRecords } from '../contract/batch-bytes.ts';

const partition = { topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };

/** `first-last`, with `p7` of producer 7's transaction, `abort7` or `commit7` a marker of it. */
const batch = (text: string): Uint8Array => {
  const [, kind = '', base = '', last = base, producer = ''] = /^([a-z]*)(\d+)(?:-(\d+))?(?:@(\d+))?$/.exec(text) ?? [];
  const { bytes } = newBatchOfRecords({ offsets: Number(last) - Number(base) + 1, sizeBytes: 90 });
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(base));
  if (producer !== '') view.setBigInt64(43, BigInt(producer));
  const isControl = kind === 'abort' || kind === 'commit';
  view.setInt16(21, isControl ? 0x30 : kind === 'tx' ? 0x10 : 0);
  if (isControl) {
    // One record with the key (version 0, type).
    const key = [0, 0, 0, kind === 'abort' ? 0 : 1];
    const value = Array.from({ length: bytes.length - 61 - 11 }, () => 0);
    const body = [0, 0, 0, 8, ...key, 2 * value.length, ...value, 0];
    bytes.set([2 * body.length, ...body], 61);
  }
  view.setUint32(17, crc32c(bytes.subarray(21)));
  return bytes;
};

const cut = (fetchOffset: number, texts: readonly string[], aborted: Record<number, number> = {}) => {
  const records = Buffer.concat(texts.map(batch));
  const transactions = Object.entries(aborted).map(([producer, firstOffset]) => ({
    producerId: Number(producer),
    firstOffset,
  }));
  return cutBatches(partition, { fetchOffset, records, aborted: transactions });
};
const shown = ({ batches, nextOffset }: ReturnType<typeof cutBatches>): string =>
  [...batches.map((each) => `${isHole(each) ? '·' : ''}${each.baseOffset}-${each.lastOffset}`), nextOffset].join(' ');

describe('fetched records', () => {
  test('are cut into batches, views of what was fetched', () => {
    const records = Buffer.concat(['0-2', '3'].map(batch));
    const { batches, nextOffset } = cutBatches(partition, { fetchOffset: 0, records, aborted: [] });
    expect(batches.map(({ bytes }) => bytes.length)).toEqual([90, 90]);
    expect(batches[1]?.bytes.buffer).toBe(records.buffer);
    expect(nextOffset).toBe(4);
  });

  test('begin with the batch that holds the offset asked for; what lies before it is left out', () => {
    expect(shown(cut(4, ['0-2', '3-5', '6']))).toBe('3-5 6-6 7');
  });

  test('may end in the middle of a batch, which comes with the next fetch', () => {
    const records = Buffer.concat(['0', '1'].map(batch));
    for (const length of [91, 95, 110, 179]) {
      const some = { fetchOffset: 0, records: records.subarray(0, length), aborted: [] };
      expect(shown(cutBatches(partition, some))).toBe('0-0 1');
    }
    expect(shown(cutBatches(partition, { fetchOffset: 0, records: records.subarray(0, 50), aborted: [] }))).toBe('0');
  });

  test('have holes where compaction has taken batches', () => {
    expect(shown(cut(2, ['5-6', '9']))).toBe('·2-4 5-6 ·7-8 9-9 10');
  });

  test('leave out control batches and what aborted transactions wrote, as holes that are joined', () => {
    const log = ['tx0-1@7', 'tx2@8', '3', 'abort4@7', 'commit5@8', 'tx6@7', 'commit7@7'];
    expect(shown(cut(0, log, { 7: 0 }))).toBe('·0-1 2-2 3-3 ·4-5 6-6 ·7-7 8');
  });

  test('are judged by what the answer tells of transactions that began before it', () => {
    expect(shown(cut(2, ['tx2@7', 'tx3@8', 'abort4@7', 'tx5@7'], { 7: 0 }))).toBe('·2-2 3-3 ·4-4 5-5 6');
  });

  test('are told up to a damaged batch, with its offsets', () => {
    const records = Buffer.concat(['0', '1-3', '4'].map(batch));
    records[90 + 70]! ^= 1;
    const found = cutBatches(partition, { fetchOffset: 0, records, aborted: [] });
    expect(shown(found)).toBe('0-0 1');
    expect(found.damage).toMatchObject({ code: 'CORRUPT', offsets: { firstOffset: 1, lastOffset: 3 } });
  });

  test('in a message format before version 2 are refused, and the offset is told', () => {
    const records = Buffer.concat([batch('5')]);
    records[16] = 1;
    const { damage } = cutBatches(partition, { fetchOffset: 5, records, aborted: [] });
    expect(damage).toMatchObject({ code: 'CORRUPT', offsets: { firstOffset: 5, lastOffset: 5 } });
    expect(damage?.message).toContain('magic is 1');
  });

  test('whatever their bytes are, give batches or damage', () => {
    const good = Buffer.concat(['0-2', 'tx3@7', 'abort4@7', '5'].map(batch));
    for (let at = 0; at < good.length; at++) {
      for (const change of [0, 1, 0x7f, 0x80, 0xff]) {
        const records = Buffer.from(good);
        records[at] = change;
        const { batches, nextOffset } = cutBatches(partition, {
          fetchOffset: 0,
          records,
          aborted: [{ producerId: 7, firstOffset: 3 }],
        });
        let offset = 0;
        for (const each of batches) {
          expect(each.baseOffset).toBeLessThanOrEqual(offset);
          offset = each.lastOffset + 1;
        }
        expect(nextOffset).toBe(offset);
      }
    }
  });
});
