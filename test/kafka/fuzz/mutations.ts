import { crc32c } from '@node-rs/crc32';
import type { Api } from '../../../src/codec/api.ts';
import { CodecError } from '../../../src/codec/codec-error.ts';
import { readRequest, readRequestHeader } from '../../../src/codec/frame.ts';
import { MessageReader } from '../../../src/codec/message-reader.ts';
import { encodeRequestFrame } from '../../codec/client-frames.ts';
import { everyApi } from '../../codec/every-api.ts';
import type { Random } from '../../simulation/random.ts';

/** Bytes for the wire: a request that was changed, or several things that are none. */
export interface Mutation {
  readonly kind: MutationKind;
  /** With a length in front. */
  readonly bytes: Buffer;
  /** Whether the length in front is right: what is sent behind it is a request of its own. */
  readonly isFramed: boolean;
}

type Mutate = (random: Random, frame: Buffer, others: readonly Buffer[]) => Buffer;

export const apisByKey: ReadonlyMap<number, Api<unknown, unknown>> = new Map(everyApi.map((api) => [api.key, api]));

/** What a frame asks; undefined where it cannot be read. */
export const readFrame = (
  frame: Buffer,
): { readonly api: Api<unknown, unknown>; readonly version: number; readonly request: unknown } | undefined => {
  try {
    const reader = new MessageReader(frame);
    const { apiKey, apiVersion } = readRequestHeader(reader);
    const api = apisByKey.get(apiKey);
    return api === undefined ? undefined : { api, version: apiVersion, request: readRequest(api, apiVersion, reader) };
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
};

export const framed = (body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
};

const extremes: readonly (readonly number[])[] = [
  [0x7f, 0xff, 0xff, 0xff],
  [0x80, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff],
  [0, 0, 0, 0],
  [0x7f, 0xff],
  [0x80, 0],
  [0xff, 0xff],
  [0],
  [0xff],
  // Varints: 2^31-1 with the one that is added, 2^32-1, one that does not end.
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
];

const bytesOf = (random: Random, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, () => random.between(0, 255)));

const flip = (random: Random, bytes: Buffer, first: number): void => {
  const at = random.between(first, bytes.length - 1);
  bytes[at] = bytes[at]! ^ (1 << random.between(0, 7));
};

const cut: Mutate = (random, frame) => frame.subarray(0, random.between(0, frame.length - 1));

const flipBits: Mutate = (random, frame) => {
  const changed = Buffer.from(frame);
  for (let left = random.between(1, 4); left > 0; left--) flip(random, changed, 0);
  return changed;
};

/** The body only: API, version and what is answered stay. */
const flipBodyBit: Mutate = (random, frame) => {
  const changed = Buffer.from(frame);
  flip(random, changed, Math.min(frame.length - 1, 10));
  return changed;
};

const putExtreme: Mutate = (random, frame) => {
  const changed = Buffer.from(frame);
  const at = random.between(8, frame.length - 1);
  changed.set(random.pick(extremes).slice(0, frame.length - at), at);
  return changed;
};

const insertOrRemove: Mutate = (random, frame) => {
  const at = random.between(0, frame.length);
  const isInserted = random.chance(0.5);
  const count = random.between(1, 16);
  return Buffer.concat([
    frame.subarray(0, at),
    isInserted ? bytesOf(random, count) : Buffer.alloc(0),
    frame.subarray(isInserted ? at : Math.min(frame.length, at + count)),
  ]);
};

const splice: Mutate = (random, frame, others) => {
  const other = random.pick(others);
  return Buffer.concat([
    frame.subarray(0, random.between(8, frame.length)),
    other.subarray(random.between(8, other.length)),
  ]);
};

const changeVersion: Mutate = (random, frame) => {
  const changed = Buffer.from(frame);
  changed.writeInt16BE(random.pick([-1, 0, 1, 2, 3, 4, 5, 7, 9, 12, 13, 14, 17, 18, 99, 32_767, -32_768]), 2);
  return changed;
};

const changeKey: Mutate = (random, frame) => {
  const changed = Buffer.from(frame);
  changed.writeInt16BE(random.chance(0.2) ? random.pick([-1, 99, 1000, 32_767]) : random.between(0, 92), 0);
  return changed;
};

/** The header of a request, and anything behind it. */
const randomBody: Mutate = (random, frame) =>
  Buffer.concat([frame.subarray(0, 14), bytesOf(random, random.between(0, 200))]);

const randomBytes: Mutate = (random) => bytesOf(random, random.between(0, 100));

/** Values of the request are changed and the request is written anew: it can be read, and is wrong further inside. */
const changeValues: Mutate = (random, frame) => {
  const read = readFrame(frame);
  if (read === undefined) return frame;
  for (let attempt = 0; attempt < 5; attempt++) {
    let request = read.request;
    for (let left = random.between(1, 3); left > 0; left--) request = changed(random, request);
    try {
      const header = { correlationId: frame.readInt32BE(4) };
      return encodeRequestFrame(read.api, read.version, request as never, header).subarray(4);
    } catch (error) {
      // A value that this version, or this field, cannot hold.
      if (!(error instanceof CodecError || error instanceof RangeError || error instanceof TypeError)) throw error;
    }
  }
  return flipBodyBit(random, frame, []);
};

const numbers = [0, 1, -1, 2, 100, 127, 32_767, -32_768, 2 ** 31 - 1, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53 - 1)];
const texts = [
  '',
  'j1',
  'st',
  '.',
  '..',
  'a/b',
  'ä\u0000',
  'x'.repeat(250),
  'x'.repeat(32_767),
  'AAAAAAAAAAAAAAAAAAAAAA',
];

/** The value with one thing in it changed. */
const changed = (random: Random, value: unknown): unknown => {
  if (typeof value === 'number') return random.chance(0.3) ? value + random.pick([-1, 1]) : random.pick(numbers);
  if (typeof value === 'string') return random.pick(texts);
  if (typeof value === 'boolean') return !value;
  if (value === null || value === undefined) return random.pick([null, '', 0, []]);
  if (value instanceof Uint8Array) return changedBatch(random, Buffer.from(value));
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    if (list.length === 0) return list;
    const at = random.between(0, list.length - 1);
    switch (random.between(0, 5)) {
      case 0:
        return [];
      case 1:
        return list.toSpliced(at, 1);
      case 2:
        return [...list, list[at]];
      case 3:
        return Array.from({ length: random.pick([3, 100, 2_000]) }, () => list[at]);
      default:
        return list.with(at, changed(random, list[at]));
    }
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return value;
  const [name, field] = random.pick(entries);
  return { ...value, [name]: changed(random, field) };
};

const crcAt = 17;
const crcStartsAt = 21;
const batchHeaderBytes = 61;

/** A record batch with one thing in it wrong, most often below a checksum that is right. */
const changedBatch = (random: Random, batch: Buffer): Buffer => {
  if (batch.length <= batchHeaderBytes) return bytesOf(random, random.between(0, 80));
  switch (random.between(0, 5)) {
    case 0:
      return batch.subarray(0, random.between(0, batch.length - 1));
    case 1:
      flip(random, batch, 0);
      return batch;
    case 2:
      return Buffer.concat([batch, batch]);
    case 3: {
      // Offsets, counts, times, producer: the header's numbers.
      const at = random.pick([0, 8, 12, 16, 21, 23, 27, 35, 43, 51, 53, 57]);
      batch.set(random.pick(extremes).slice(0, batch.length - at), at);
      break;
    }
    case 4:
      batch.set(random.pick(extremes).slice(0, batch.length - batchHeaderBytes), batchHeaderBytes);
      break;
    default:
      flip(random, batch, crcStartsAt);
  }
  batch.writeUInt32BE(crc32c(batch.subarray(crcStartsAt)), crcAt);
  return batch;
};

/** Lengths that are not those of what follows. */
const wrongLength = (random: Random, frame: Buffer): Buffer => {
  const bytes = framed(frame);
  const length = random.pick([-1, 0, 1, 9, 2 ** 31 - 1, -(2 ** 31), frame.length + 1, frame.length - 1, 100_000_000]);
  bytes.writeInt32BE(length, 0);
  return bytes;
};

const kinds = {
  cut,
  flipBits,
  flipBodyBit,
  putExtreme,
  insertOrRemove,
  splice,
  changeVersion,
  changeKey,
  randomBody,
  randomBytes,
  changeValues,
} as const satisfies Record<string, Mutate>;

export type MutationKind = keyof typeof kinds | 'wrongLength';

/** How often each comes. */
const weights: readonly MutationKind[] = [
  ...Array<MutationKind>(15).fill('cut'),
  ...Array<MutationKind>(5).fill('flipBits'),
  ...Array<MutationKind>(20).fill('flipBodyBit'),
  ...Array<MutationKind>(15).fill('putExtreme'),
  ...Array<MutationKind>(4).fill('insertOrRemove'),
  ...Array<MutationKind>(4).fill('splice'),
  ...Array<MutationKind>(3).fill('changeVersion'),
  ...Array<MutationKind>(3).fill('changeKey'),
  ...Array<MutationKind>(3).fill('randomBody'),
  ...Array<MutationKind>(1).fill('randomBytes'),
  ...Array<MutationKind>(25).fill('changeValues'),
  ...Array<MutationKind>(2).fill('wrongLength'),
];

/** One thing wrong with a request, as the random numbers say. `frame` is without its length. */
export const mutate = (random: Random, frame: Buffer, others: readonly Buffer[]): Mutation => {
  const kind = random.pick(weights);
  if (kind === 'wrongLength') return { kind, bytes: wrongLength(random, frame), isFramed: false };
  return { kind, bytes: framed(kinds[kind](random, frame, others)), isFramed: true };
};
