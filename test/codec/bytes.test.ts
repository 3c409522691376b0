import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ByteReader,
  int16At,
  int32At,
  int64At,
  varintSize,
  varlongSize,
  writeInt16,
  writeInt32,
  writeInt64,
  writeVarint,
  writeVarlong,
} from '../../src/codec/bytes.ts';
import { CodecError } from '../../src/codec/codec-error.ts';

const from = (hex: string) => new ByteReader(Buffer.from(hex, 'hex'));
const anyInt32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const anySafe = fc.oneof(
  fc.maxSafeInteger(),
  anyInt32,
  fc.constantFrom(2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 30, -(2 ** 30)),
);

describe('a varint', () => {
  // From Kafka's ByteUtilsTest.
  it.each([
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8001'],
    [-65, '8101'],
    [8191, 'fe7f'],
    [-8192, 'ff7f'],
    [8192, '808001'],
    [2 ** 31 - 1, 'feffffff0f'],
    [-(2 ** 31), 'ffffffff0f'],
  ])('of %d is %s', (value, hex) => {
    const bytes = Buffer.alloc(hex.length / 2);
    expect(writeVarint(bytes, 0, value)).toBe(bytes.length);
    expect(bytes.toString('hex')).toBe(hex);
    expect(varintSize(value)).toBe(bytes.length);
    expect(from(hex).varint('x')).toBe(value);
    expect(from(hex).varlong('x')).toBe(value);
  });

  it('of more than 32 or 64 bits is refused', () => {
    expect(() => from('feffffff1f').varint('length')).toThrow(/length is a varint of more than 32 bits \(at byte 0\)/);
    expect(() => from('808080808000').varint('length')).toThrow(CodecError);
    expect(() => from('80808080808080808002').varlong('time')).toThrow(/time is a varint of more than 64 bits/);
    expect(() => from('8080808080808080808000').varlong('time')).toThrow(CodecError);
    expect(() => from('ffffffffffffffffff01').varlong('time')).toThrow(
      /time is -9223372036854775808; whole numbers beyond ±9007199254740991 are refused/,
    );
  });

  it('that is cut is refused, wherever', () => {
    for (const hex of ['', '80', 'ffffffff']) {
      expect(() => from(hex).varint('length')).toThrow(CodecError);
      expect(() => from(hex).varlong('length')).toThrow(CodecError);
    }
    expect(() => from('ffffffffffffff').varlong('length')).toThrow(CodecError);
    expect(() => new ByteReader(Buffer.from('8001', 'hex'), 0, 1).varint('length')).toThrow(CodecError);
  });

  it('reads back whatever was written, in as many bytes as it was said to take', () => {
    const bytes = Buffer.alloc(10);
    fc.assert(
      fc.property(anyInt32, (value) => {
        const end = writeVarint(bytes, 0, value);
        expect(end).toBe(varintSize(value));
        expect(new ByteReader(bytes, 0, end).varint('x')).toBe(value);
      }),
    );
    fc.assert(
      fc.property(anySafe, (value) => {
        const end = writeVarlong(bytes, 0, value);
        expect(end).toBe(varlongSize(value));
        expect(new ByteReader(bytes, 0, end).varlong('x')).toBe(value);
      }),
    );
  });
});

describe('a whole number of fixed size', () => {
  it('is written and read as Node does', () => {
    const bytes = Buffer.alloc(8);
    fc.assert(
      fc.property(anySafe, (value) => {
        writeInt64(bytes, 0, value);
        expect(bytes.readBigInt64BE()).toBe(BigInt(value));
        expect(int64At(bytes, 0, 'x')).toBe(value);
      }),
    );
    fc.assert(
      fc.property(anyInt32, (value) => {
        writeInt32(bytes, 4, value);
        expect(bytes.readInt32BE(4)).toBe(value);
        expect(int32At(bytes, 4)).toBe(value);
        writeInt16(bytes, 2, value >> 16);
        expect(bytes.readInt16BE(2)).toBe(value >> 16);
        expect(int16At(bytes, 2)).toBe(value >> 16);
      }),
    );
  });

  it('of 64 bits is refused beyond 2^53-1 in either direction', () => {
    const bytes = Buffer.alloc(9);
    for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
      bytes.writeBigInt64BE(value, 1);
      expect(() => int64At(bytes.subarray(1), 0, 'offset')).toThrow(`offset is ${value}; whole numbers beyond`);
    }
  });
});

describe('bytes of a stated length', () => {
  it('are skipped only when they are there', () => {
    const reader = new ByteReader(Buffer.alloc(10), 2, 8);
    expect(reader.skip(4, 'key')).toBe(2);
    expect(reader.remaining).toBe(2);
    expect(() => reader.skip(3, 'key')).toThrow('key is 3 bytes long at byte 6, where 2 are left');
    expect(() => reader.skip(-1, 'key')).toThrow(CodecError);
    expect(reader.skip(2, 'key')).toBe(6);
    expect(() => reader.int8('attributes')).toThrow(CodecError);
  });
});
