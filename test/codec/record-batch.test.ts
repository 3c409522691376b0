/* oxlint-disable typescript/no-non-null-assertion -- a test that finds nothing there has failed */
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../../src/codec/codec-error.ts';
import { checkRecords, encodeBatch, inspectBatch, openBatch } from '../../src/codec/record-batch.ts';
import type { BatchHeader, BatchReader, NewRecord } from '../../src/codec/record-batch.ts';
import { headerAt, rebuild } from './compressed-batch.ts';

/** Batches that real clients sent to Kafka 4.4, or got from it, with the header as another program read it. */
interface GoldenBatch {
  readonly client: string;
  readonly api: string;
  readonly header: {
    readonly baseOffset: number;
    readonly batchLength: number;
    readonly partitionLeaderEpoch: number;
    readonly crc: number;
    readonly attributes: number;
    readonly lastOffsetDelta: number;
    readonly baseTimestamp: number;
    readonly maxTimestamp: number;
    readonly producerId: number;
    readonly producerEpoch: number;
    readonly baseSequence: number;
    readonly recordsCount: number;
  };
  readonly bytes: string;
}

const all = JSON.parse(readFileSync(new URL('golden-batches.json', import.meta.url), 'utf8')) as GoldenBatch[];
// One batch was made to be refused: its CRC is 1.
const golden = all.filter((batch) => batch.client !== 'errors');
const bytesOf = (batch: GoldenBatch): Buffer => Buffer.from(batch.bytes, 'base64');
/** One batch for each client, kind and number of records. */
const different = [
  ...new Map(
    golden.map((batch) => [`${batch.client} ${batch.header.attributes} ${batch.header.recordsCount}`, batch]),
  ).values(),
];
const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

const codecErrorOf = (run: () => unknown): CodecError => {
  try {
    run();
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

/** What became of opening a batch and reading all of it. */
const outcomeOf = (bytes: Uint8Array): string => {
  try {
    contents(openBatch(bytes));
    return 'read';
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
};

/** The batch with one bit flipped, for each bit of the bytes `start` to `end`; the same buffer each time. */
function* withEachBitFlipped(
  batch: GoldenBatch,
  start: number,
  end: number,
): Generator<{ readonly at: number; readonly bit: number; readonly bytes: Buffer }> {
  const bytes = bytesOf(batch);
  for (let at = start; at < Math.min(end, bytes.length); at++) {
    for (let bit = 0; bit < 8; bit++) {
      bytes[at]! ^= 1 << bit;
      yield { at, bit, bytes };
      bytes[at]! ^= 1 << bit;
    }
  }
}

const plain = (record: NewRecord) => ({
  key: record.key === null ? null : Buffer.from(record.key).toString('latin1'),
  value: record.value === null ? null : Buffer.from(record.value).toString('latin1'),
  headers: record.headers.map(({ key, value }) => [key, value === null ? null : Buffer.from(value).toString('latin1')]),
  timestampMs: record.timestampMs,
});
const contents = (reader: BatchReader) => [...reader].map((record) => ({ offset: record.offset, ...plain(record) }));

const threeRecords = (): NewRecord[] => [
  { key: null, value: Buffer.from('a'), headers: [], timestampMs: 1000 },
  { key: Buffer.from('k'), value: null, headers: [{ key: 'h', value: null }], timestampMs: 1005 },
  {
    key: Buffer.alloc(0),
    value: Buffer.alloc(300, 'x'),
    headers: [{ key: 'ü', value: Buffer.from('v') }],
    timestampMs: 990,
  },
];

describe('a batch of a real client', () => {
  it('is there for every client and every compression', () => {
    expect(new Set(golden.map((batch) => batch.header.attributes & 7))).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(new Set(golden.map((batch) => batch.client)).size).toBe(7);
  });

  it.each(golden.map((batch, index) => [`${index} ${batch.client} ${batch.api}`, batch] as const))(
    '%s gives the header that Kafka gave it, and all its records',
    (_, batch) => {
      const { header } = batch;
      const bytes = bytesOf(batch);
      const expected: BatchHeader = {
        baseOffset: header.baseOffset,
        lastOffset: header.baseOffset + header.lastOffsetDelta,
        lastOffsetDelta: header.lastOffsetDelta,
        sizeBytes: header.batchLength + 12,
        partitionLeaderEpoch: header.partitionLeaderEpoch,
        compression: compressionNames[header.attributes & 7] as BatchHeader['compression'],
        timestampType: header.attributes & 8 ? 'log_append' : 'create',
        isTransactional: (header.attributes & 16) !== 0,
        isControl: (header.attributes & 32) !== 0,
        baseTimestampMs: header.baseTimestamp,
        maxTimestampMs: header.maxTimestamp,
        producerId: header.producerId,
        producerEpoch: header.producerEpoch,
        baseSequence: header.baseSequence,
        recordsCount: header.recordsCount,
      };
      expect(inspectBatch(bytes)).toEqual(expected);
      expect(checkRecords(bytes)).toEqual({ header: expected, greatestTimestampMs: header.maxTimestamp });
      const records = [...openBatch(bytes)];
      expect(records.map((record) => record.offset)).toEqual(
        Array.from({ length: header.recordsCount }, (__, index) => header.baseOffset + index),
      );
      const ofApplications = expected.isControl || batch.client === 'kafka-tools-4.3.1' ? [] : records;
      for (const { value } of ofApplications) {
        expect(Buffer.from(value ?? 'value').toString()).toMatch(/^(value( \d)?|aborted)$/);
      }
    },
  );

  it.each(golden.filter((batch) => (batch.header.attributes & 7) === 0).map((batch) => [batch.client, batch] as const))(
    'of %s, uncompressed, is made again byte for byte',
    (_, batch) => {
      const reader = openBatch(bytesOf(batch));
      const { bytes } = encodeBatch({ ...reader.header, records: [...reader] });
      expect(bytes.toString()).toBe(bytesOf(batch).toString());
      expect(Buffer.compare(bytes, bytesOf(batch))).toBe(0);
    },
  );

  it('of the Java client says the same in every compression', () => {
    const sent = golden.filter(
      (batch) => batch.client === 'java-4.4.0' && batch.api === 'Produce' && batch.header.recordsCount === 8,
    );
    expect(sent.map((batch) => batch.header.attributes)).toEqual([0, 1, 2, 3, 4]);
    const records = sent.map((batch) =>
      contents(openBatch(bytesOf(batch))).map((record) => ({ ...record, timestampMs: 0 })),
    );
    for (const list of records) expect(list).toEqual(records[0]);
    expect(records[0]?.slice(0, 2)).toEqual([
      {
        offset: 0,
        key: null,
        timestampMs: 0,
        value: 'value 0',
        headers: [
          ['h', '\x01\x02'],
          ['n', null],
        ],
      },
      { offset: 1, timestampMs: 0, key: 'k1', value: 'value 1', headers: [] },
    ]);
  });

  it('with a wrong CRC is refused', () => {
    const batch = all.find(({ client }) => client === 'errors')!;
    expect(codecErrorOf(() => inspectBatch(bytesOf(batch)))).toMatchObject({
      code: 'CORRUPT_MESSAGE',
      message: expect.stringMatching(/^crc is 1, but/) as string,
    });
  });

  it('cut at any byte is refused as corrupt', () => {
    const outcomes = new Set<string>();
    for (const batch of different) {
      const bytes = bytesOf(batch);
      for (let end = 0; end < bytes.length; end++) outcomes.add(outcomeOf(bytes.subarray(0, end)));
    }
    expect(outcomes).toEqual(new Set(['CORRUPT_MESSAGE']));
  });

  it('with any one bit flipped where the CRC covers it is refused as corrupt', () => {
    const outcomes = new Set<string>();
    for (const batch of different) {
      for (const { bytes } of withEachBitFlipped(batch, headerAt.crc, Infinity)) outcomes.add(outcomeOf(bytes));
    }
    expect(outcomes).toEqual(new Set(['CORRUPT_MESSAGE']));
  });

  it('with a bit flipped before the CRC is refused, or differs in the base offset or leader epoch alone', () => {
    for (const batch of different) {
      const records = contents(openBatch(bytesOf(batch))).map((record) => ({ ...record, offset: 0 }));
      for (const { at, bit, bytes } of withEachBitFlipped(batch, 0, headerAt.crc)) {
        const offsetTooGreat = at === 0 || (at === 1 && bit >= 5);
        const inLengthOrMagic = (at >= headerAt.batchLength && at < 12) || at === 16;
        const refused = offsetTooGreat || inLengthOrMagic;
        const found = refused
          ? outcomeOf(bytes)
          : contents(openBatch(bytes)).map((record) => ({ ...record, offset: 0 }));
        expect(found).toEqual(refused ? 'CORRUPT_MESSAGE' : records);
      }
    }
  });

  it('with a bit flipped behind a right CRC gives a clean error or records, never anything else', () => {
    let refused = 0;
    for (const batch of different) {
      for (const { bytes } of withEachBitFlipped(batch, headerAt.attributes, Infinity)) {
        if (outcomeOf(rebuild(bytes, {})) !== 'read') refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});

describe('a batch that is made', () => {
  const bytesArbitrary = fc.option(fc.uint8Array({ maxLength: 200 }), { nil: null });
  const recordArbitrary: fc.Arbitrary<NewRecord> = fc.record({
    key: bytesArbitrary,
    value: bytesArbitrary,
    headers: fc.array(fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 20 }), value: bytesArbitrary }), {
      maxLength: 4,
    }),
    timestampMs: fc.oneof(
      fc.integer({ min: 0, max: 2 ** 52 }),
      fc.integer({ min: 1_795_000_000_000, max: 1_795_000_001_000 }),
    ),
  });

  it('reads back as it was, whatever its records are', () => {
    fc.assert(
      fc.property(
        fc.array(recordArbitrary, { minLength: 1, maxLength: 40 }),
        fc.record({
          baseOffset: fc.nat({ max: 2 ** 52 }),
          producerId: fc.integer({ min: -1, max: 2 ** 52 }),
          producerEpoch: fc.integer({ min: -1, max: 32767 }),
          baseSequence: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
          partitionLeaderEpoch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
          isTransactional: fc.boolean(),
          isControl: fc.boolean(),
        }),
        (records, fields) => {
          const made = encodeBatch({ records, ...fields });
          const times = records.map((record) => record.timestampMs);
          expect(made).toMatchObject({
            offsetCount: records.length,
            baseTimestampMs: times[0],
            maxTimestampMs: Math.max(...times),
          });
          expect(made.bytes.byteOffset).toBe(0);
          expect(made.bytes.buffer.byteLength).toBe(made.bytes.length);
          expect(checkRecords(made.bytes).header).toMatchObject({ ...fields, sizeBytes: made.bytes.length });
          const reader = openBatch(made.bytes);
          expect([...reader].map(plain)).toEqual(records.map(plain));
          records.forEach((record, index) => {
            expect(plain(reader.record(fields.baseOffset + index)!)).toEqual(plain(record));
          });
          expect(reader.record(fields.baseOffset - 1)).toBeUndefined();
          expect(reader.record(fields.baseOffset + records.length)).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps a header key that starts with a byte order mark', () => {
    const headers = [{ key: '\uFEFFa', value: null }];
    const { bytes } = encodeBatch({ records: [{ key: null, value: null, headers, timestampMs: 0 }] });
    expect(openBatch(bytes).record(0)?.headers).toEqual(headers);
  });

  it('needs a record, and times that are whole numbers', () => {
    expect(() => encodeBatch({ records: [] })).toThrow(/at least one record/);
    const record = { key: null, value: null, headers: [], timestampMs: 0 };
    expect(() => encodeBatch({ records: [record, { ...record, timestampMs: 2 ** 53 }] })).toThrow(/of record 1 is/);
    expect(() => encodeBatch({ records: [{ ...record, timestampMs: 0.5 }] })).toThrow(RangeError);
  });
});

describe('reading a batch by offset', () => {
  it('gives views into the batch and no copies', () => {
    const { bytes } = encodeBatch({ records: threeRecords(), baseOffset: 7 });
    const record = openBatch(bytes).record(9)!;
    expect(record.value?.buffer).toBe(bytes.buffer);
    expect(record.key?.length).toBe(0);
    expect(record.offset).toBe(9);
  });

  it('finds the records that compaction left, and nothing between them', () => {
    const { bytes } = encodeBatch({ records: threeRecords(), baseOffset: 100 });
    const [first, second, third] = splitRecords(bytes);
    // Offset delta 0, 1, 2 → 0, 5, 9, each one byte long.
    second![3] = 10;
    third![4] = 18;
    const compacted = rebuild(bytes, { records: Buffer.concat([first!, second!, third!]), lastOffsetDelta: 11 });
    const reader = openBatch(compacted);
    expect([...reader].map((record) => record.offset)).toEqual([100, 105, 109]);
    expect(reader.record(105)?.key).toEqual(Buffer.from('k'));
    for (const offset of [99, 101, 104, 106, 108, 110, 111, 112, 104.5]) expect(reader.record(offset)).toBeUndefined();
    expect(codecErrorOf(() => inspectBatch(compacted)).message).toMatch(/recordsCount is 3.* must be 12/);
    expect(inspectBatch(compacted, { allowGaps: true }).lastOffset).toBe(111);
  });

  it('takes a batch that compaction emptied', () => {
    const { bytes } = encodeBatch({ records: threeRecords() });
    const empty = rebuild(bytes, { records: Buffer.alloc(0), recordsCount: 0 });
    expect([...openBatch(empty)]).toEqual([]);
    expect(openBatch(empty).record(0)).toBeUndefined();
    expect(openBatch(empty).header.lastOffset).toBe(2);
  });

  it('gives every record the time of appending where the log set it', () => {
    const { bytes } = encodeBatch({ records: threeRecords() });
    const reader = openBatch(rebuild(bytes, { attributes: 8 }));
    expect(reader.header.timestampType).toBe('log_append');
    expect([...reader].map((record) => record.timestampMs)).toEqual([1005, 1005, 1005]);
  });

  it('reads the first batch of several and says where the next one starts', () => {
    const first = encodeBatch({ records: threeRecords() }).bytes;
    const second = encodeBatch({ records: threeRecords().slice(1), baseOffset: 3 }).bytes;
    const both = Buffer.concat([first, second]);
    expect(openBatch(both).header.sizeBytes).toBe(first.length);
    expect(openBatch(both.subarray(first.length)).record(3)?.key).toEqual(Buffer.from('k'));
  });
});

const refusal = (changed: Buffer): string => {
  const error = codecErrorOf(() => openBatch(changed));
  expect(error.code).toBe('CORRUPT_MESSAGE');
  return error.message;
};

describe('a batch that lies behind a right CRC', () => {
  const { bytes } = encodeBatch({ records: threeRecords() });

  it('about the number of its records is refused before anything is allocated for them', () => {
    expect(refusal(rebuild(bytes, { recordsCount: 2 ** 31 - 1, lastOffsetDelta: 2 ** 31 - 2 }))).toMatch(
      /recordsCount is 2147483647; \d+ bytes of records hold at most \d+/,
    );
    expect(refusal(rebuild(bytes, { recordsCount: 2 ** 31 - 1, lastOffsetDelta: 2 ** 31 - 2, attributes: 4 }))).toMatch(
      /recordsCount is 2147483647/,
    );
    expect(refusal(rebuild(bytes, { recordsCount: -1 }))).toMatch(/recordsCount is -1/);
    expect(refusal(rebuild(bytes, { recordsCount: 4 }))).toMatch(/recordsCount is 4/);
    expect(refusal(rebuild(bytes, { recordsCount: 2, lastOffsetDelta: 1 }))).toMatch(/bytes follow the last of 2/);
    expect(refusal(rebuild(bytes, { recordsCount: 4, lastOffsetDelta: 3 }))).toMatch(/record 3 of 4/);
    expect(refusal(rebuild(bytes, { lastOffsetDelta: -1 }))).toMatch(/lastOffsetDelta is -1; the least is 0/);
  });

  it('about a length inside a record is refused', () => {
    const records = splitRecords(bytes);
    const huge = Buffer.from('feffffff0f', 'hex'); // 2^31-1 as a varint
    const withRecord = (fields: Buffer): Buffer =>
      rebuild(bytes, {
        records: Buffer.concat([Buffer.of(fields.length * 2), fields, records[1]!, records[2]!]),
      });
    const start = Buffer.of(0, 0, 0); // attributes, timestamp delta, offset delta
    expect(refusal(rebuild(bytes, { records: Buffer.concat([huge, records[0]!, records[1]!, records[2]!]) }))).toMatch(
      /record 0 of 3: length is 2147483647, where/,
    );
    expect(refusal(withRecord(Buffer.concat([start, huge])))).toMatch(/key is 2147483647 bytes long/);
    expect(refusal(withRecord(Buffer.concat([start, Buffer.of(1), huge])))).toMatch(/value is 2147483647 bytes long/);
    expect(refusal(withRecord(Buffer.concat([start, Buffer.of(1, 1), huge])))).toMatch(/record 0 of 3/);
    expect(refusal(withRecord(Buffer.concat([start, Buffer.of(1, 1, 2), huge])))).toMatch(/header key is 2147483647/);
    expect(refusal(withRecord(Buffer.concat([start, Buffer.of(1, 1, 2, 1)])))).toMatch(/header key is -1/);
    expect(refusal(withRecord(Buffer.concat([start, Buffer.of(3)])))).toMatch(/key is -2 bytes long/);
    expect(refusal(withRecord(Buffer.concat([start, Buffer.of(1, 1, 1)])))).toMatch(/headersCount is -1/);
    expect(refusal(withRecord(Buffer.concat([start, Buffer.of(1, 1, 0, 0)])))).toMatch(
      /length is 7, but its fields take 6/,
    );
    expect(refusal(withRecord(Buffer.from('00ffffffffffffffffff01000101000000', 'hex')))).toMatch(
      /beyond ±9007199254740991/,
    );
    expect(refusal(withRecord(Buffer.from('0000ffffffffff0f', 'hex')))).toMatch(
      /offsetDelta is a varint of more than 32 bits/,
    );
  });

  it('about offsets is refused: they go up by one', () => {
    const [first, second, third] = splitRecords(bytes);
    const records = Buffer.concat([first!, third!, second!]);
    expect(refusal(rebuild(bytes, { records }))).toMatch(/record 1 of 3: offsetDelta is 2 after 0/);
    expect(refusal(rebuild(bytes, { records, lastOffsetDelta: 5 }))).toMatch(/record 2 of 3: offsetDelta is 1 after 2/);
  });

  it('with a whole number beyond 2^53-1 is refused with the number', () => {
    const wide = Buffer.from(bytes);
    wide.writeBigInt64BE(2n ** 53n, headerAt.maxTimestamp);
    expect(refusal(rebuild(wide, {}))).toMatch(/maxTimestamp is 9007199254740992; /);
    const late = Buffer.from(bytes);
    late.writeBigInt64BE(2n ** 53n - 2n, 0);
    expect(refusal(late)).toMatch(/last offset/);
    late.writeBigInt64BE(-1n, 0);
    expect(refusal(late)).toMatch(/baseOffset is -1/);
  });

  it('about a time that is beyond 2^53-1 only when its delta is added is refused', () => {
    const late = Buffer.from(bytes);
    late.writeBigInt64BE(2n ** 53n - 2n, headerAt.baseTimestamp);
    expect(refusal(rebuild(late, {}))).toMatch(/record 1 of 3: its time \d+ is beyond/);
  });

  it('of an older format or another length is refused', () => {
    const old = Buffer.from(bytes);
    old[16] = 1;
    expect(refusal(old)).toMatch(/magic is 1/);
    const batchLength = bytes.length - 12;
    for (const length of [-1, 0, 48, batchLength + 1, 2 ** 31 - 1, -(2 ** 31)]) {
      const copy = Buffer.from(bytes);
      copy.writeInt32BE(length, headerAt.batchLength);
      expect(refusal(copy)).toMatch(`batchLength is ${length}; possible here are 49 to ${batchLength}`);
    }
  });
});

/** The records of an uncompressed batch, each with its length in front (one or two bytes). */
const splitRecords = (bytes: Uint8Array): Buffer[] => {
  const list: Buffer[] = [];
  let position = headerAt.records;
  while (position < bytes.length) {
    const low = bytes[position]!;
    const raw = low < 0x80 ? low : (low & 0x7f) | (bytes[position + 1]! << 7);
    const end = position + (low < 0x80 ? 1 : 2) + raw / 2;
    list.push(Buffer.from(bytes.subarray(position, end)));
    position = end;
  }
  return list;
};
