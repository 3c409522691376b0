import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { topicId } from '../../src/core/ids.ts';
import type { TopicId, TopicPartition } from '../../src/core/ids.ts';
import type { Append, AppendOutcome, LogBounds, NewBatch, RecordLog, RequestKey } from '../../src/ports/record-log.ts';
import { setProducer } from '../../src/codec/sequenced-batch.ts';
import { type BatchOptions, baseOffsetIn, newBatch as opaqueBatch } from './batch-bytes.ts';

export interface LogUnderTest {
  readonly log: RecordLog;
  /** The topic of the test, which has the partitions 0 and 1 or gets them by `createPartitions`; `orders` where any will do. */
  readonly topicId?: TopicId;
  /** Closes and opens again, as a restart does; absent when nothing outlives the process. */
  reopen?(): Promise<RecordLog>;
  cleanUp(): Promise<void>;
}

/** What a log over a cluster does otherwise, because the cluster does it. */
export interface LogOfCluster {
  /** Batches with records in them, because brokers look; the embedded logs must not. */
  newBatch(options: BatchOptions): NewBatch;
}

const everything = { startOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };

/** What every record log does. `make` is called before each test; request keys and producers live as long as the options say. */
export function recordLogContract(
  make: (options: { requestKeyRetentionMs: number; producerIdExpirationMs: number }) => Promise<LogUnderTest>,
  cluster?: LogOfCluster,
): void {
  // Retention, the expiry of producers and the deletion of partitions happen in the cluster, by its own clocks.
  const unlessClusters = cluster === undefined ? test : test.skip;
  /** How many bytes are stored is known roughly where the cluster deletes them. */
  const bounds = (expected: LogBounds): unknown =>
    cluster === undefined ? expected : { ...expected, sizeBytes: expect.any(Number) };
  const newBatch = (options: BatchOptions = {}): NewBatch => (cluster ?? { newBatch: opaqueBatch }).newBatch(options);
  let orders: TopicId;
  let p0: TopicPartition;
  let p1: TopicPartition;
  let subject: LogUnderTest;
  let log: RecordLog;
  const requestKeyRetentionMs = 1000;
  const producerIdExpirationMs = 1000;

  beforeEach(async () => {
    subject = await make({ requestKeyRetentionMs, producerIdExpirationMs });
    log = subject.log;
    orders = subject.topicId ?? topicId('ordersAAAAAAAAAAAAAAAA');
    p0 = { topicId: orders, partition: 0 };
    p1 = { topicId: orders, partition: 1 };
    await log.createPartitions([p0, p1]);
  });
  afterEach(() => subject.cleanUp());

  const append = (partition: TopicPartition, ...batches: NewBatch[]): Promise<AppendOutcome> =>
    log.append({ entries: batches.map((batch) => ({ ...partition, batch })) });
  const offsetsOf = async (partition: TopicPartition, range: Partial<typeof everything> = {}): Promise<string[]> =>
    (await log.read(partition, { ...everything, ...range })).map((batch) => `${batch.baseOffset}-${batch.lastOffset}`);
  /** The test's own restart: does nothing for a log that has none. */
  const restart = async (): Promise<void> => {
    if (subject.reopen !== undefined) log = await subject.reopen();
  };

  /** Magic and all that follows; a cluster's producer puts its own id and sequence in, and the CRC over them. */
  const sent = (bytes: Uint8Array | undefined): number[] => {
    const all = [...(bytes ?? [])];
    return cluster === undefined ? all.slice(16) : [...all.slice(21, 43), ...all.slice(57)];
  };

  describe('appending', () => {
    test('gives each batch the next offsets of its partition', async () => {
      const outcome = await log.append({
        entries: [
          { ...p0, batch: newBatch({ offsets: 3 }) },
          { ...p1, batch: newBatch({ offsets: 2 }) },
          { ...p0, batch: newBatch({ offsets: 1 }) },
        ],
      });
      expect(outcome).toEqual({ kind: 'appended', baseOffsets: [0, 0, 3] });
      expect(await append(p1, newBatch())).toEqual({ kind: 'appended', baseOffsets: [2] });
      expect(await offsetsOf(p0)).toEqual(['0-2', '3-3']);
      expect(await offsetsOf(p1)).toEqual(['0-1', '2-2']);
    });

    test('changes nothing in the bytes but base offset and leader epoch, and nothing in what the caller handed over', async () => {
      const first = newBatch({ offsets: 5, fill: 1 });
      const second = newBatch({ offsets: 1, sizeBytes: 5000, fill: 2, baseTimestampMs: 10, maxTimestampMs: 20 });
      const handedOver = second.bytes.slice();
      await append(p0, first, second);
      const [, stored] = await log.read(p0, everything);
      expect(second.bytes).toEqual(handedOver);
      expect(stored).toMatchObject({ baseOffset: 5, lastOffset: 5, baseTimestampMs: 10, maxTimestampMs: 20 });
      expect(baseOffsetIn(stored?.bytes as Uint8Array)).toBe(5);
      expect([...(stored?.bytes.slice(8, 12) ?? [])]).toEqual(Array.from(handedOver.slice(8, 12)));
      expect([...(stored?.bytes.slice(12, 16) ?? [])]).toEqual([0, 0, 0, log.leaderEpoch(p0)]);
      expect(sent(stored?.bytes)).toEqual(sent(handedOver));
    });

    test('takes a view into a larger buffer, as a request has it', async () => {
      const batch = newBatch({ fill: 3 });
      const request = Buffer.concat([Buffer.alloc(50, 9), batch.bytes, Buffer.alloc(50, 9)]);
      const before = Buffer.from(request);
      await append(p0, newBatch(), { ...batch, bytes: request.subarray(50, 150) });
      request.fill(0, 50, 150);
      const [, stored] = await log.read(p0, everything);
      expect(baseOffsetIn(stored?.bytes as Uint8Array)).toBe(1);
      expect(sent(stored?.bytes)).toEqual(sent(batch.bytes));
      expect(request.subarray(0, 50)).toEqual(before.subarray(0, 50));
    });

    test('keeps the order of many appends that are under way at once', async () => {
      const outcomes = await Promise.all(Array.from({ length: 200 }, (_, i) => append(i % 2 ? p0 : p1, newBatch())));
      const baseOffsets = outcomes.map((outcome) => (outcome.kind === 'appended' ? outcome.baseOffsets[0] : -1));
      expect(baseOffsets).toEqual(Array.from({ length: 200 }, (_, i) => Math.floor(i / 2)));
    });

    test('to an unknown partition is refused, also for the partitions that are known', async () => {
      const entries = [p0, { topicId: orders, partition: 9 }].map((partition) => ({ ...partition, batch: newBatch() }));
      await expect(log.append({ entries })).rejects.toMatchObject({ name: 'Fault', outcome: 'refused' });
      expect(log.bounds(p0)).toEqual(bounds({ startOffset: 0, endOffset: 0, sizeBytes: 0 }));
    });
  });

  describe('a request key', () => {
    const requestKey: Omit<RequestKey, 'topicId'> = { key: 'k1', fingerprint: 'f1', layout: '[0,1]', nowMs: 5000 };
    const keyed = (key: Partial<RequestKey>): Append => ({
      entries: [
        { ...p0, batch: newBatch({ offsets: 2 }) },
        { ...p1, batch: newBatch() },
      ],
      requestKey: { topicId: orders, ...requestKey, ...key },
    });

    test('used again gives the first answer and appends nothing, also after a restart', async () => {
      await append(p0, newBatch({ offsets: 7 }));
      expect(await log.append(keyed({}))).toEqual({ kind: 'appended', baseOffsets: [7, 0] });
      await restart();
      const again = await log.append(keyed({ layout: 'another', nowMs: 5500 }));
      expect(again).toEqual({ kind: 'replayed', baseOffsets: [7, 0], layout: '[0,1]' });
      expect(log.bounds(p0)?.endOffset).toBe(9);
    });

    test('used twice at the same time counts once', async () => {
      const outcomes = await Promise.all([log.append(keyed({})), log.append(keyed({}))]);
      expect(outcomes.map((outcome) => 'baseOffsets' in outcome && outcome.baseOffsets)).toEqual([
        [0, 0],
        [0, 0],
      ]);
      // Two nodes of a cluster may both have sent the same batches, which are there once.
      if (cluster === undefined) expect(outcomes.map(({ kind }) => kind)).toEqual(['appended', 'replayed']);
      expect(log.bounds(p0)?.endOffset).toBe(2);
    });

    test('used for something else is refused', async () => {
      await log.append(keyed({}));
      expect(await log.append(keyed({ fingerprint: 'f2' }))).toEqual({ kind: 'key_reused' });
      expect(log.bounds(p0)?.endOffset).toBe(2);
    });

    test('belongs to its topic', async () => {
      await log.append(keyed({}));
      const other = keyed({ topicId: topicId('otherAAAAAAAAAAAAAAAAA'), fingerprint: 'f2' });
      expect(await log.append(other)).toMatchObject({ kind: 'appended' });
    });

    test('is remembered for its retention time and no longer', async () => {
      await log.append(keyed({}));
      expect(await log.append(keyed({ nowMs: 5000 + requestKeyRetentionMs }))).toMatchObject({ kind: 'replayed' });
      const after = keyed({ nowMs: 5001 + requestKeyRetentionMs, fingerprint: 'f2' });
      expect(await log.append(after)).toMatchObject({ kind: 'appended', baseOffsets: [2, 1] });
    });
  });

  describe('a producer', () => {
    /** `base+count` of producer 7, `@epoch` if not 0. */
    const send = (text: string, change: { partition?: TopicPartition; producerId?: number; nowMs?: number } = {}) => {
      const { partition = p0, producerId = 7, nowMs = 10_000 } = change;
      const [, base = '', count = '', epoch = '0'] = /^(\d+)\+(\d+)(?:@(\d+))?$/.exec(text) ?? [];
      const producer = { producerId, producerEpoch: Number(epoch), baseSequence: Number(base), nowMs };
      const batch = newBatch({ offsets: Number(count) });
      setProducer(batch.bytes, producer);
      return log.append({ entries: [{ ...partition, batch }], producer });
    };
    const outcomeOf = async (...args: Parameters<typeof send>): Promise<number | string> => {
      const outcome = await send(...args);
      if (outcome.kind === 'refused') return outcome.error.code;
      return outcome.kind === 'appended' ? (outcome.baseOffsets[0] ?? -1) : outcome.kind;
    };

    test('that sends a batch again is told where it is, also after a restart', async () => {
      expect([await outcomeOf('0+3'), await outcomeOf('3+1'), await outcomeOf('4+2')]).toEqual([0, 3, 4]);
      for (const again of [false, true]) {
        if (again) await restart();
        expect([await outcomeOf('0+3'), await outcomeOf('4+2'), await outcomeOf('3+1')]).toEqual([0, 4, 3]);
        expect(log.bounds(p0)?.endOffset).toBe(6);
      }
      expect(await outcomeOf('6+1')).toBe(6);
    });

    test('is known for each partition by itself', async () => {
      await send('0+3');
      expect(await outcomeOf('0+3', { partition: p1 })).toBe(0);
      expect(await outcomeOf('0+3', { producerId: 8 })).toBe(3);
      expect(await outcomeOf('3+1')).toBe(6);
    });

    test('that leaves a sequence out, or comes with an old epoch, is refused and appends nothing', async () => {
      await send('0+3@1');
      for (const again of [false, true]) {
        if (again) await restart();
        expect(await outcomeOf('4+1@1')).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
        expect(await outcomeOf('3+1@0')).toBe('INVALID_PRODUCER_EPOCH');
        expect(await outcomeOf('3+1@2')).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
        expect(log.bounds(p0)?.endOffset).toBe(3);
      }
      expect(await outcomeOf('0+1@2')).toBe(3);
    });

    test('has its requests that are under way together checked in their order', async () => {
      const sent = ['0+2', '2+1', '0+2', '4+1', '3+1', '4+1'].map((text) => outcomeOf(text));
      expect(await Promise.all(sent)).toEqual([0, 2, 0, 'OUT_OF_ORDER_SEQUENCE_NUMBER', 3, 4]);
      expect(await offsetsOf(p0)).toEqual(['0-1', '2-2', '3-3', '4-4']);
    });

    test('is remembered when retention and trimming have taken its batches', async () => {
      await send('0+3');
      await log.trim(p0, 3);
      await restart();
      expect([await outcomeOf('4+1'), await outcomeOf('0+3'), await outcomeOf('3+1')]).toEqual([
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        0,
        3,
      ]);
    });

    unlessClusters('is forgotten when it has been silent for too long: any sequence comes next then', async () => {
      await send('0+3', { nowMs: 10_000 });
      await send('3+1', { nowMs: 10_500 });
      for (const again of [false, true]) {
        if (again) await restart();
        expect(await outcomeOf('9+1', { nowMs: 11_500 })).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
      }
      expect(await outcomeOf('9+1', { nowMs: 11_501 })).toBe(4);
      expect(await outcomeOf('3+1', { nowMs: 11_501 })).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    });

    unlessClusters('is gone with its partition', async () => {
      await send('0+3');
      await log.deletePartitions([p0]);
      await log.createPartitions([p0]);
      expect(await outcomeOf('5+1')).toBe(0);
    });
  });

  describe('bounds', () => {
    test('are unknown for an unknown partition', () => {
      expect(log.bounds({ topicId: orders, partition: 7 })).toBeUndefined();
    });

    test('follow appends, and are the same after a restart', async () => {
      await append(p0, newBatch({ offsets: 3, sizeBytes: 200 }), newBatch({ sizeBytes: 300 }));
      expect(log.bounds(p0)).toEqual(bounds({ startOffset: 0, endOffset: 4, sizeBytes: 500 }));
      await restart();
      expect(log.bounds(p0)).toEqual(bounds({ startOffset: 0, endOffset: 4, sizeBytes: 500 }));
      expect(await append(p0, newBatch())).toEqual({ kind: 'appended', baseOffsets: [4] });
    });
  });

  describe('reading', () => {
    beforeEach(async () => {
      for (let i = 0; i < 10; i++) await append(p0, newBatch({ offsets: 10, sizeBytes: 1000 }));
      await append(p1, newBatch());
    });

    test('starts with the batch that holds the first offset and ends with the one that holds the last', async () => {
      expect(await offsetsOf(p0, { startOffset: 25, endOffset: 41 })).toEqual(['20-29', '30-39', '40-49']);
      expect(await offsetsOf(p0, { startOffset: 30, endOffset: 40 })).toEqual(['30-39']);
      expect(await offsetsOf(p0, { startOffset: 29, endOffset: 30 })).toEqual(['20-29']);
      expect(await offsetsOf(p0, { startOffset: 99 })).toEqual(['90-99']);
    });

    test('gives nothing for an empty range, at the end and past it', async () => {
      expect(await offsetsOf(p0, { startOffset: 30, endOffset: 30 })).toEqual([]);
      expect(await offsetsOf(p0, { startOffset: 100 })).toEqual([]);
      expect(await offsetsOf(p0, { startOffset: 5000 })).toEqual([]);
    });

    test('stops at the bytes asked for, but always gives one batch', async () => {
      expect(await offsetsOf(p0, { maxBytes: 3000 })).toEqual(['0-9', '10-19', '20-29']);
      expect(await offsetsOf(p0, { maxBytes: 2999 })).toEqual(['0-9', '10-19']);
      expect(await offsetsOf(p0, { startOffset: 50, maxBytes: 0 })).toEqual(['50-59']);
    });

    test('gives the same after a restart', async () => {
      const before = await log.read(p0, everything);
      await restart();
      expect(await log.read(p0, everything)).toEqual(before);
      expect(await offsetsOf(p0, { startOffset: 25, endOffset: 41 })).toEqual(['20-29', '30-39', '40-49']);
      // Now some of them have been read before, and some have not.
      expect(await log.read(p0, everything)).toEqual(before);
      await append(p0, newBatch());
      expect((await offsetsOf(p0)).at(-1)).toBe('100-100');
    });

    test('gives the same object for the same batch while it is hot', async () => {
      const [first] = await log.read(p0, { ...everything, startOffset: 95 });
      const [second] = await log.read(p0, { ...everything, startOffset: 91 });
      expect(second).toBe(first);
      await restart();
      const [third] = await log.read(p0, { ...everything, startOffset: 95 });
      const [fourth] = await log.read(p0, { ...everything, startOffset: 91 });
      expect(fourth).toBe(third);
    });

    test('has the batch that was read last in memory, and nothing outside its bounds', async () => {
      const [read] = await log.read(p0, { ...everything, startOffset: 95 });
      expect(read).toMatchObject({ baseOffset: 90 });
      expect(log.cached(p0, 90)).toBe(read);
      expect(log.cached(p0, 99)).toBe(read);
      expect(log.cached(p0, 100)).toBeUndefined();
      expect(log.cached({ ...p0, partition: 7 }, 0)).toBeUndefined();
      await log.trim(p0, 97);
      expect(log.cached(p0, 96)).toBeUndefined();
    });

    test('says nothing of what has to be read from the disk, and does not read it', async () => {
      if (subject.reopen === undefined) return;
      await restart();
      expect(log.cached(p0, 95)).toBeUndefined();
      const [read] = await log.read(p0, { ...everything, startOffset: 95 });
      expect(log.cached(p0, 95)).toBe(read);
    });
  });

  describe('timestamps', () => {
    beforeEach(async () => {
      for (const [baseTimestampMs, maxTimestampMs] of [
        [100, 150],
        [200, 900],
        [300, 350],
        [950, 960],
      ] as const) {
        await append(p0, newBatch({ offsets: 10, baseTimestampMs, maxTimestampMs }));
      }
    });

    test('lead to the first batch that has a record at or after them', async () => {
      for (const again of [false, true]) {
        if (again) await restart();
        expect(await log.offsetForTimestamp(p0, 0)).toBe(0);
        expect(await log.offsetForTimestamp(p0, 150)).toBe(0);
        expect(await log.offsetForTimestamp(p0, 151)).toBe(10);
        expect(await log.offsetForTimestamp(p0, 320)).toBe(10);
        expect(await log.offsetForTimestamp(p0, 901)).toBe(30);
        expect(await log.offsetForTimestamp(p0, 961)).toBeUndefined();
        expect(await log.offsetForTimestamp(p1, 0)).toBeUndefined();
      }
    });

    test('do not lead to records that have been trimmed', async () => {
      await log.trim(p0, 20);
      expect(await log.offsetForTimestamp(p0, 0)).toBe(20);
      expect(await log.offsetForTimestamp(p0, 500)).toBe(30);
    });

    test('lead on from an offset, counting the batch that holds it', async () => {
      expect(await log.offsetForTimestamp(p0, 0, 9)).toBe(0);
      expect(await log.offsetForTimestamp(p0, 0, 10)).toBe(10);
      expect(await log.offsetForTimestamp(p0, 500, 20)).toBe(30);
      expect(await log.offsetForTimestamp(p0, 961, 20)).toBeUndefined();
    });

    test('have a greatest, and the first batch that has it is found', async () => {
      await append(p0, newBatch({ offsets: 10, baseTimestampMs: 10, maxTimestampMs: 960 }));
      for (const again of [false, true]) {
        if (again) await restart();
        expect(await log.offsetOfMaxTimestamp(p0)).toBe(30);
        expect(await log.offsetOfMaxTimestamp(p1)).toBeUndefined();
      }
      await log.trim(p0, 35);
      expect(await log.offsetOfMaxTimestamp(p0)).toBe(30);
      await log.trim(p0, 40);
      expect(await log.offsetOfMaxTimestamp(p0)).toBe(40);
      await log.trim(p0, 50);
      expect(await log.offsetOfMaxTimestamp(p0)).toBeUndefined();
    });

    test('of an offset are those of its batch or the next one', async () => {
      for (const again of [false, true]) {
        if (again) await restart();
        expect(await log.timestampAt(p0, 0)).toBe(100);
        expect(await log.timestampAt(p0, 19)).toBe(200);
        expect(await log.timestampAt(p0, 40)).toBeUndefined();
      }
      await log.trim(p0, 20);
      expect(await log.timestampAt(p0, 3)).toBe(300);
    });
  });

  describe('a leader epoch', () => {
    test('that leads ends where the log ends, and one to come nowhere', async () => {
      await append(p0, newBatch({ offsets: 3 }));
      const leaderEpoch = log.leaderEpoch(p0);
      expect(leaderEpoch).toBeGreaterThanOrEqual(0);
      expect(await log.endOfLeaderEpoch(p0, leaderEpoch)).toEqual({ leaderEpoch, endOffset: 3 });
      expect(await log.endOfLeaderEpoch(p0, leaderEpoch + 1)).toEqual({ leaderEpoch: -1, endOffset: -1 });
    });
  });

  describe('trimming', () => {
    beforeEach(async () => {
      for (let i = 0; i < 5; i++) await append(p0, newBatch({ offsets: 10, sizeBytes: 200 }));
    });

    test('drops batches that lie wholly before the new start, and keeps one that lies partly before it', async () => {
      expect(await log.trim(p0, 25)).toEqual(bounds({ startOffset: 25, endOffset: 50, sizeBytes: 600 }));
      expect(await offsetsOf(p0)).toEqual(['20-29', '30-39', '40-49']);
      expect(await log.trim(p0, 30)).toEqual(bounds({ startOffset: 30, endOffset: 50, sizeBytes: 400 }));
      expect(await offsetsOf(p0)).toEqual(['30-39', '40-49']);
      await restart();
      expect(log.bounds(p0)).toEqual(bounds({ startOffset: 30, endOffset: 50, sizeBytes: 400 }));
      expect(await offsetsOf(p0)).toEqual(['30-39', '40-49']);
    });

    test('never moves the start back', async () => {
      await log.trim(p0, 30);
      expect(await log.trim(p0, 10)).toEqual(bounds({ startOffset: 30, endOffset: 50, sizeBytes: 400 }));
    });

    test('stops at the end, and the next record follows the ones that were there', async () => {
      expect(await log.trim(p0, 1000)).toEqual(bounds({ startOffset: 50, endOffset: 50, sizeBytes: 0 }));
      await restart();
      expect(log.bounds(p0)).toEqual(bounds({ startOffset: 50, endOffset: 50, sizeBytes: 0 }));
      expect(await append(p0, newBatch())).toEqual({ kind: 'appended', baseOffsets: [50] });
      await restart();
      expect(log.bounds(p0)).toEqual(bounds({ startOffset: 50, endOffset: 51, sizeBytes: 100 }));
      expect(await offsetsOf(p0)).toEqual(['50-50']);
    });
  });

  describe('retention', () => {
    beforeEach(async () => {
      for (const maxTimestampMs of [100, 300, 200, 400, 150]) {
        await append(p0, newBatch({ offsets: 10, sizeBytes: 100, baseTimestampMs: 50, maxTimestampMs }));
      }
    });

    unlessClusters('by time drops from the front while the greatest timestamp of a batch is too old', async () => {
      expect(await log.applyRetention(p0, { minTimestampMs: 100 })).toMatchObject({ startOffset: 0 });
      expect(await log.applyRetention(p0, { minTimestampMs: 101 })).toMatchObject({ startOffset: 10 });
      // The batch with 200 stands behind the one with 300.
      expect(await log.applyRetention(p0, { minTimestampMs: 250 })).toMatchObject({ startOffset: 10 });
      expect(await log.applyRetention(p0, { minTimestampMs: 1000 })).toEqual({
        startOffset: 50,
        endOffset: 50,
        sizeBytes: 0,
      });
    });

    unlessClusters('by size drops from the front while there are more bytes than allowed', async () => {
      expect(await log.applyRetention(p0, { maxBytes: 500 })).toMatchObject({ startOffset: 0, sizeBytes: 500 });
      expect(await log.applyRetention(p0, { maxBytes: 250 })).toMatchObject({ startOffset: 30, sizeBytes: 200 });
      expect(await offsetsOf(p0)).toEqual(['30-39', '40-49']);
    });

    unlessClusters('by size leaves the newest batch, however large it is: nobody may have read it yet', async () => {
      expect(await log.applyRetention(p0, { maxBytes: 1 })).toMatchObject({ startOffset: 40, sizeBytes: 100 });
    });

    unlessClusters('without limits drops nothing', async () => {
      expect(await log.applyRetention(p0, {})).toEqual({ startOffset: 0, endOffset: 50, sizeBytes: 500 });
    });
  });

  describe('partitions', () => {
    test('that exist are not created again', async () => {
      await append(p0, newBatch());
      await log.createPartitions([p0]);
      expect(log.bounds(p0)?.endOffset).toBe(1);
      expect(await offsetsOf(p0)).toEqual(['0-0']);
    });

    unlessClusters('that are deleted are unknown, and start at 0 when created again', async () => {
      await append(p0, newBatch({ offsets: 5 }));
      await log.deletePartitions([p0, { topicId: orders, partition: 99 }]);
      expect(log.bounds(p0)).toBeUndefined();
      await restart();
      expect(log.bounds(p0)).toBeUndefined();
      await log.createPartitions([p0]);
      expect(log.bounds(p0)).toEqual(bounds({ startOffset: 0, endOffset: 0, sizeBytes: 0 }));
      expect(await append(p0, newBatch({ fill: 9 }))).toEqual({ kind: 'appended', baseOffsets: [0] });
      expect((await log.read(p0, everything)).map(({ bytes }) => bytes[99])).toEqual([9]);
      expect(log.bounds(p1)?.endOffset).toBe(0);
    });
  });

  test('after it is closed it refuses, and what was under way has settled', async () => {
    const pending = append(p0, newBatch());
    await log.close();
    await expect(pending).resolves.toMatchObject({ kind: 'appended' });
    await expect(append(p0, newBatch())).rejects.toMatchObject({ name: 'Fault', code: 'CLOSED', outcome: 'refused' });
  });
}
