import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/codec/record-batch.ts';
import { codeOf, leasesOf, must, offsetsOf, troubledBroker } from './broker-fixture.ts';

type Fixture = Awaited<ReturnType<typeof troubledBroker>>;

const window0 = async ({ broker }: Pick<Fixture, 'broker'>) => must(await broker.windows('g'))[0]!;

const batchOf = (text: string) =>
  encodeBatch({
    records: [{ key: null, value: new TextEncoder().encode(text), headers: [], timestampMs: 1_790_000_000_000 }],
  });

describe('a produce', () => {
  const produceKeyed = ({ broker }: Fixture, key: string, fingerprint: string, text = 'a') =>
    broker.produce({
      topic: 't',
      batches: [{ partition: 0, batch: batchOf(text) }],
      requestKey: { key, fingerprint, layout: `layout of ${text}` },
    });

  it('with a key is done once, and its first answer is given again', async () => {
    const fixture = await troubledBroker();
    expect(must(await produceKeyed(fixture, 'k', 'f', 'first'))).toEqual({ kind: 'appended', baseOffsets: [0] });
    expect(must(await produceKeyed(fixture, 'k', 'f', 'again'))).toEqual({
      kind: 'replayed',
      baseOffsets: [0],
      layout: 'layout of first',
    });
    expect(codeOf(await produceKeyed(fixture, 'k', 'other'))).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(must(await produceKeyed(fixture, 'k2', 'f'))).toEqual({ kind: 'appended', baseOffsets: [1] });
    expect(must(fixture.broker.describeTopic('t')).partitions[0]!.logEndOffset).toBe(2);
  });

  it('whose outcome was unknown is done once when it is repeated with its key', async () => {
    for (const appends of ['lost_answer', 'not_done'] as const) {
      const fixture = await troubledBroker();
      fixture.log.appends = appends;
      expect(codeOf(await produceKeyed(fixture, 'k', 'f'))).toBe('OUTCOME_UNKNOWN');
      fixture.log.appends = 'works';
      expect(must(await produceKeyed(fixture, 'k', 'f')).baseOffsets).toEqual([0]);
      expect(must(fixture.broker.describeTopic('t')).partitions[0]!.logEndOffset).toBe(1);
    }
  });

  it('is all or nothing: one partition that is not there, or one batch that is too large, refuses all', async () => {
    const fixture = await troubledBroker();
    must(await fixture.broker.alterTopic('t', { config: { 'max.message.bytes': '100' } }));
    const small = { partition: 0, batch: batchOf('small') };
    const refused = [
      { partition: 1, batch: batchOf('a') },
      { partition: 0, batch: batchOf('x'.repeat(100)) },
    ];
    const codes = [];
    for (const batch of refused) {
      codes.push(codeOf(await fixture.broker.produce({ topic: 't', batches: [small, batch] })));
    }
    expect(codes).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 'MESSAGE_TOO_LARGE']);
    expect(must(fixture.broker.describeTopic('t')).partitions[0]!.logEndOffset).toBe(0);
    expect(must(await fixture.broker.produce({ topic: 't', batches: [small, small] }))).toMatchObject({
      baseOffsets: [0, 1],
    });
  });
});

describe('a read without a group', () => {
  it('gives whole batches from an offset on, and refuses offsets that are not there', async () => {
    const { broker, produce } = await troubledBroker();
    await produce('t', ['a', 'b']);
    await produce('t', ['c']);
    const read = (startOffset: number, maxRecords = 10) =>
      broker.read({ topic: 't', partition: 0, startOffset, maxRecords, maxBytes: 1_000_000 });
    expect(must(await read(1)).batches.map((batch) => batch.baseOffset)).toEqual([0, 2]);
    expect(must(await read(0, 1)).batches).toHaveLength(1);
    expect(must(await read(3))).toMatchObject({ batches: [], logStartOffset: 0, logEndOffset: 3 });
    expect(codeOf(await read(4))).toBe('OFFSET_OUT_OF_RANGE');
    expect(codeOf(await read(-1))).toBe('OFFSET_OUT_OF_RANGE');
  });
});

describe('a read into an answer', () => {
  it('stops at maxBytes, but the first batch always comes', async () => {
    const fixture = await troubledBroker({ partitions: 2 });
    for (let index = 0; index < 4; index++) await fixture.produce('t', ['x']);
    await fixture.produce('t', ['x'], 1);
    const one = batchOf('x').bytes.length;
    const take = async (maxBytes: number) => {
      const { ranges } = must(await fixture.acquire({ maxRecords: 10, maxBytes }));
      return ranges.map((each) => `${each.partition}/${each.firstOffset}-${each.lastOffset}`);
    };
    expect(await take(1)).toEqual(['0/0-0']);
    expect(await take(one * 2 + 1)).toEqual(['1/0-0', '0/1-1']);
    expect(await take(one * 2)).toEqual(['0/2-3']);
  });

  it('cuts a batch that is larger than maxBytes where records are counted, and not where batches are', async () => {
    for (const [acquireMode, lengths] of [
      ['record_limit', [25, 25, 25, 25]],
      ['batch_optimized', [100]],
    ] as const) {
      const fixture = await troubledBroker();
      await fixture.produce(
        't',
        Array.from({ length: 100 }, () => 'x'.repeat(100)),
      );
      const batchBytes = must(fixture.broker.describeTopic('t')).partitions[0]!.sizeBytes!;
      const got: number[] = [];
      for (;;) {
        const request = { maxRecords: 100, maxBytes: Math.ceil(batchBytes / 4), acquireMode };
        const { ranges } = must(await fixture.acquire(request));
        if (ranges.length === 0) break;
        expect(ranges[0]!.batches).toHaveLength(1);
        got.push(offsetsOf(ranges).length);
      }
      expect(got).toEqual(lengths);
    }
  });

  it('gives one record of a batch of which not even one fits', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['x'.repeat(1_000), 'y'.repeat(1_000)]);
    expect(offsetsOf(must(await fixture.acquire({ maxRecords: 10, maxBytes: 10 })).ranges)).toEqual([0]);
    expect(offsetsOf(must(await fixture.acquire({ maxRecords: 10, maxBytes: 10 })).ranges)).toEqual([1]);
  });

  it('keeps to maxRecords where records are counted, and rounds up to the batch where batches are', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['a', 'b', 'c', 'd']);
    await fixture.produce('t', ['e', 'f']);
    expect(offsetsOf(must(await fixture.acquire({ maxRecords: 1 })).ranges)).toEqual([0]);
    const rest = must(await fixture.acquire({ maxRecords: 1, acquireMode: 'batch_optimized' }));
    expect(offsetsOf(rest.ranges)).toEqual([1, 2, 3]);
    expect(rest.ranges[0]!.batches).toMatchObject([{ baseOffset: 0, lastOffset: 3 }]);
  });

  it('gives each batch once, to each range those that it lies in', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['a', 'b', 'c']);
    await fixture.produce('t', ['d', 'e']);
    const leases = leasesOf(must(await fixture.acquire({ maxRecords: 4 })).ranges);
    await fixture.acknowledge('release', [leases[0]!, leases[2]!, leases[3]!]);
    const { ranges } = must(await fixture.acquire({ maxRecords: 10, worker: 'w2' }));
    expect(ranges.map((each) => [each.firstOffset, each.lastOffset, each.batches.map((b) => b.baseOffset)])).toEqual([
      [0, 0, [0]],
      [2, 3, [0, 3]],
      [4, 4, [3]],
    ]);
  });

  it('goes over holes in the log to the record behind them', async () => {
    const { broker, log, produce, acquire } = await troubledBroker();
    for (const text of ['a', 'lost', 'lost', 'd']) await produce('t', [text]);
    const read = log.read.bind(log);
    log.read = async (partition, range) =>
      (await read(partition, range)).filter((batch) => ![1, 2].includes(batch.baseOffset));
    expect(offsetsOf(must(await acquire()).ranges)).toEqual([0]);
    const waiting = acquire({ waitMs: 60_000 });
    expect(offsetsOf(must(await waiting).ranges)).toEqual([3]);
    expect(await window0({ broker })).toMatchObject({ lag: 2, counts: { acquired: 2, archived: 2 } });
  });
});

describe('fetch.max.bytes', () => {
  it('caps what an acquire and a read get, whatever they ask for; the first batch always comes', async () => {
    const { broker, produce, acquire } = await troubledBroker({ settings: { fetchMaxBytes: 250 } });
    for (let index = 0; index < 5; index++) await produce('t', ['x'.repeat(40)]);
    const read = { topic: 't', partition: 0, startOffset: 0, maxRecords: 100, maxBytes: 1_073_741_824 };
    expect(must(await broker.read(read)).batches).toHaveLength(2);
    expect(offsetsOf(must(await acquire({ maxRecords: 100, maxBytes: 1_073_741_824 })).ranges)).toEqual([0, 1]);
    await produce('t', ['x'.repeat(400)]);
    expect(must(await broker.read({ ...read, startOffset: 5 })).batches).toHaveLength(1);
  });
});
