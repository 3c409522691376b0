import { describe, expect, it } from 'vitest';
import { CodecError } from '../../src/codec/codec-error.ts';
import { readRequest, readRequestHeader } from '../../src/codec/frame.ts';
import { MessageReader } from '../../src/codec/message-reader.ts';
import { everyApi } from './every-api.ts';
import { goldenFrames, nameOf } from './golden-frames.ts';

const apis = new Map(everyApi.map((api) => [api.key, api]));

/** The request in a frame, or the CodecError; everything else is thrown. Undefined: no API of that key. */
const decode = (frame: Buffer): unknown => {
  try {
    const reader = new MessageReader(frame);
    const { apiKey, apiVersion } = readRequestHeader(reader);
    const api = apis.get(apiKey);
    return api === undefined ? undefined : readRequest(api, apiVersion, reader);
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
};

/** Elements of all arrays. */
const elementsOf = (value: unknown): number => {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + 1 + elementsOf(each), 0);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0;
  return Object.values(value).reduce<number>((sum, each) => sum + elementsOf(each), 0);
};

const requests = goldenFrames.filter(
  ({ direction, decoded }) => direction === 'request' && decoded.unknownBody === undefined,
);

/** `frame` with other bytes at one place. */
const overwritten = (frame: Buffer, at: number, bytes: readonly number[]): Buffer => {
  const copy = Buffer.from(frame);
  copy.set(bytes.slice(0, frame.length - at), at);
  return copy;
};

describe('a golden request that was damaged', () => {
  it('is refused with a CodecError wherever it is cut', () => {
    for (const golden of requests) {
      const { frame, decoded } = golden;
      const end = frame.length - Buffer.from(decoded.trailingBytes ?? '', 'base64').length;
      for (let length = 0; length < end; length++) {
        const result = decode(frame.subarray(0, length));
        if (!(result instanceof CodecError)) throw new Error(`${nameOf(golden)} cut at ${length} was read`);
      }
    }
  });

  it('gives a CodecError or a value with any bit flipped', () => {
    for (const { frame } of requests) {
      const damaged = Buffer.from(frame);
      for (let index = 0; index < frame.length; index++) {
        const bit = 1 << (index % 8);
        damaged[index] = (damaged[index] ?? 0) ^ bit;
        const result = decode(damaged);
        if (!(result instanceof CodecError)) expect(elementsOf(result)).toBeLessThan(frame.length);
        damaged[index] = frame[index] ?? 0;
      }
    }
  });

  it('never has more elements than bytes, whatever a length claims', () => {
    const lengths = [
      [0x7f, 0xff, 0xff, 0xff],
      [0x80, 0, 0, 0],
      [0xff, 0xff, 0xff, 0xff, 0x07],
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    for (const { frame } of requests) {
      for (let index = 8; index < frame.length; index += frame.length > 1000 ? 7 : 1) {
        for (const length of lengths) {
          const result = decode(overwritten(frame, index, length));
          if (!(result instanceof CodecError)) expect(elementsOf(result)).toBeLessThan(frame.length);
        }
      }
    }
  });
});
