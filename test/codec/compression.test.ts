/* oxlint-disable typescript/no-non-null-assertion -- a test that finds nothing there has failed */
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { compressFrameSync } from 'lz4-napi';
import { compressSync as snappySync } from 'snappy';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../../src/codec/codec-error.ts';
import { decompress } from '../../src/codec/compression.ts';
import type { CompressionName } from '../../src/codec/compression.ts';
import { checkRecords, encodeBatch, openBatch } from '../../src/codec/record-batch.ts';
import { rebuild, xerialStream } from './compressed-batch.ts';

const chunks = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

const codecs: readonly {
  name: string;
  type: CompressionName;
  code: number;
  compress: (bytes: Uint8Array) => Uint8Array;
}[] = [
  { name: 'gzip', type: 'gzip', code: 1, compress: (bytes) => gzipSync(bytes) },
  { name: 'snappy, one raw block', type: 'snappy', code: 2, compress: (bytes) => snappySync(bytes) },
  {
    name: "snappy, snappy-java's stream",
    type: 'snappy',
    code: 2,
    compress: (bytes) => xerialStream(chunks(bytes, 32 * 1024).map((chunk) => snappySync(chunk))),
  },
  { name: 'lz4', type: 'lz4', code: 3, compress: (bytes) => compressFrameSync(Buffer.from(bytes)) },
  {
    name: 'lz4 with checksums',
    type: 'lz4',
    code: 3,
    compress: (bytes) => compressFrameSync(Buffer.from(bytes), { blockChecksums: true, contentChecksum: true }),
  },
  { name: 'zstd', type: 'zstd', code: 4, compress: (bytes) => zstdCompressSync(bytes) },
  {
    name: 'zstd at its highest level',
    type: 'zstd',
    code: 4,
    compress: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 22 } }),
  },
];

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
  return 'none';
};

/** Text that repeats and text that does not, in turns: short and long literals, near and far matches. */
const mixed = (sizeBytes: number): Buffer => {
  const bytes = Buffer.alloc(sizeBytes);
  let state = 1;
  for (let index = 0; index < sizeBytes; index++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const copied = (index >> 9) % 3 === 0 && index > 70_000 ? bytes[index - 65_000]! : index % 41;
    bytes[index] = (index >> 7) % 5 === 0 ? state >>> 24 : copied;
  }
  return bytes;
};

describe.each(codecs)('$name', ({ type, code, compress }) => {
  it('gives back what was compressed, from nothing to a megabyte', () => {
    for (const size of [1, 2, 15, 16, 100, 4096, 65_536, 65_537, 300_000, 1_048_576]) {
      const bytes = mixed(size);
      expect(Buffer.compare(decompress(type, compress(bytes), size), bytes)).toBe(0);
      const zeros = Buffer.alloc(size);
      expect(Buffer.compare(decompress(type, compress(zeros), size), zeros)).toBe(0);
    }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 3000 }), fc.integer({ min: 1, max: 20 }), (piece, times) => {
        const bytes = Buffer.concat(Array.from({ length: times }, () => piece));
        expect(Buffer.compare(decompress(type, compress(bytes), 100_000), bytes)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses one byte more than the limit as too large', () => {
    for (const bytes of [mixed(300_001), Buffer.alloc(300_001), mixed(17)]) {
      const compressed = compress(bytes);
      expect(codeOf(() => decompress(type, compressed, bytes.length))).toBe('none');
      expect(codeOf(() => decompress(type, compressed, bytes.length - 1))).toBe('MESSAGE_TOO_LARGE');
    }
  });

  it('refuses a bomb without taking the memory it asks for', () => {
    const bomb = compress(Buffer.alloc(32 * 1024 * 1024));
    const before = process.memoryUsage();
    expect(codeOf(() => decompress(type, bomb, 1024 * 1024))).toBe('MESSAGE_TOO_LARGE');
    const after = process.memoryUsage();
    expect(after.arrayBuffers + after.external - before.arrayBuffers - before.external).toBeLessThan(8 * 1024 * 1024);
  });

  it('refuses what is cut anywhere, or gives no more than there was', () => {
    const bytes = mixed(600);
    const compressed = compress(bytes);
    for (let end = 0; end < compressed.length; end++) {
      let found: Uint8Array = new Uint8Array(0);
      const outcome = codeOf(() => (found = decompress(type, compressed.subarray(0, end), 10_000)));
      expect(outcome === 'CORRUPT_MESSAGE' || Buffer.compare(bytes.subarray(0, found.length), found) === 0).toBe(true);
    }
  });

  it('never throws anything but a CodecError, whichever bit is flipped', () => {
    const compressed = Buffer.from(compress(mixed(400)));
    for (let bit = 0; bit < compressed.length * 8; bit++) {
      compressed[bit >> 3]! ^= 1 << (bit & 7);
      let found: Uint8Array = new Uint8Array(0);
      codeOf(() => (found = decompress(type, compressed, 10_000)));
      expect(found.length).toBeLessThanOrEqual(10_000);
      compressed[bit >> 3]! ^= 1 << (bit & 7);
    }
  });

  it('makes a batch that is read by offset', () => {
    const records = Array.from({ length: 500 }, (_, index) => ({
      key: index % 2 ? Buffer.from(`key ${index}`) : null,
      value: Buffer.from(`value ${index}`),
      headers: [],
      timestampMs: 1000 + index,
    }));
    const { bytes } = encodeBatch({ records, baseOffset: 42 });
    const batch = rebuild(bytes, { records: compress(bytes.subarray(61)), attributes: code });
    expect(checkRecords(batch).greatestTimestampMs).toBe(1499);
    const reader = openBatch(batch);
    expect(Buffer.from(reader.record(42 + 377)!.value!).toString()).toBe('value 377');
    expect(reader.sizeBytes).toBe(batch.length + (bytes.length - 61) + 4 * 500);
    expect(codeOf(() => openBatch(batch, { maxDecompressedBytes: bytes.length - 62 }))).toBe('MESSAGE_TOO_LARGE');
    expect(codeOf(() => openBatch(batch, { maxDecompressedBytes: bytes.length - 61 }))).toBe('none');
  });

  it('refuses a count of records that the decompressed bytes cannot hold', () => {
    const { bytes } = encodeBatch({ records: [{ key: null, value: null, headers: [], timestampMs: 0 }] });
    const records = compress(bytes.subarray(61));
    const lie = { records, attributes: code, recordsCount: 9_000_000, lastOffsetDelta: 8_999_999 };
    expect(() => openBatch(rebuild(bytes, lie))).toThrow(/recordsCount is 9000000; 7 bytes of records hold at most 1/);
  });
});

/** A stream of snappy-java with one block. */
const xerialOf = (text: string): Buffer => xerialStream([snappySync(text)]);

/** A block of an lz4 frame, with its length in front. */
const lz4Block = (hex: string) => {
  const bytes = Buffer.from(hex, 'hex');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
};

describe('compression', () => {
  it('types 5 to 7 are refused as unsupported', () => {
    const { bytes } = encodeBatch({ records: [{ key: null, value: null, headers: [], timestampMs: 0 }] });
    for (const attributes of [5, 6, 7]) {
      expect(codeOf(() => openBatch(rebuild(bytes, { attributes })))).toBe('UNSUPPORTED_COMPRESSION_TYPE');
    }
  });

  it("snappy-java's streams may follow each other", () => {
    expect(Buffer.from(decompress('snappy', Buffer.concat([xerialOf('ab'), xerialOf('cd')]), 4)).toString()).toBe(
      'abcd',
    );
  });

  it('a snappy block that claims more than it can make is refused before it is allocated', () => {
    // 2^32-1 bytes from five.
    expect(() => decompress('snappy', Buffer.from('ffffffff0f', 'hex'), 2 ** 33)).toThrow(
      /a block of 5 bytes claims to hold 4294967295/,
    );
  });

  it('lz4 blocks may refer to earlier blocks, and not to before the first', () => {
    const header = Buffer.from('04224d184040c0', 'hex');
    const endMark = Buffer.alloc(4);
    // "abcdef", then 4 bytes from 6 back and the literals "xyzzy".
    const linked = Buffer.concat([header, lz4Block('60616263646566'), lz4Block('0006005078797a7a79'), endMark]);
    expect(Buffer.from(decompress('lz4', linked, 100)).toString()).toBe('abcdefabcdxyzzy');
    const before = Buffer.concat([header, lz4Block('60616263646566'), lz4Block('0007005078797a7a79'), endMark]);
    expect(codeOf(() => decompress('lz4', before, 100))).toBe('CORRUPT_MESSAGE');
    // Five literals are announced, four are in the block; the end mark is not one.
    const short = Buffer.concat([header, lz4Block('5061626364'), endMark]);
    expect(codeOf(() => decompress('lz4', short, 100))).toBe('CORRUPT_MESSAGE');
  });
});
