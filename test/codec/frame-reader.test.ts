import { describe, expect, it } from 'vitest';
import { FrameError, FrameReader } from '../../src/codec/frame-reader.ts';

const maxBytes = 1000;

/** A frame of so many bytes, each of which is `fill`, with its length. */
const framed = (sizeBytes: number, fill: number): Buffer => {
  const bytes = Buffer.alloc(4 + sizeBytes, fill);
  bytes.writeInt32BE(sizeBytes);
  return bytes;
};

const withLength = (length: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length);
  return bytes;
};

/** The frames that come of chunks, and what went wrong. */
const read = (chunks: readonly Buffer[], reader = new FrameReader(maxBytes)) => {
  const frames: Buffer[] = [];
  try {
    for (const chunk of chunks) reader.read(chunk, (frame) => frames.push(frame));
    return { frames, reader };
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return { frames, reader, refused: error.message };
  }
};

describe('frames', () => {
  const sent = [framed(10, 1), framed(300, 2), framed(11, 3), framed(maxBytes, 4)];
  const all = Buffer.concat(sent);
  const bodies = sent.map((each) => each.subarray(4));
  const areBodies = (frames: readonly Buffer[]): boolean =>
    frames.length === bodies.length && frames.every((frame, index) => frame.equals(bodies[index]!));

  it('come out of one chunk that holds them all', () => {
    const { frames, reader } = read([all]);
    expect(frames).toEqual(bodies);
    expect(reader.isWithin).toBe(false);
  });

  it('come out whole wherever they are cut', () => {
    for (let at = 0; at <= all.length; at++) {
      expect(areBodies(read([all.subarray(0, at), all.subarray(at)]).frames)).toBe(true);
    }
  });

  it('come out of chunks of every size', () => {
    for (let size = 1; size <= 40; size++) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size));
      expect(areBodies(read(chunks).frames)).toBe(true);
    }
  });

  it('are not copied when they come whole', () => {
    expect(read([all]).frames.map((frame) => frame.buffer === all.buffer)).toEqual([true, true, true, true]);
  });

  it('are within from the first byte of the length to the last of the frame, and their length is known in between', () => {
    const reader = new FrameReader(maxBytes);
    const bytes = framed(20, 1);
    for (let at = 0; at < bytes.length; at++) {
      expect(reader.isWithin).toBe(at > 0);
      expect(reader.comingBytes).toBe(at < 4 ? 0 : 20);
      reader.read(bytes.subarray(at, at + 1), () => {});
    }
    expect(reader.isWithin).toBe(false);
    expect(reader.comingBytes).toBe(0);
  });

  it('are kept by nothing but who got them: the next one does not write over the one before', () => {
    const { frames } = read([framed(50, 1), framed(50, 2)].flatMap((each) => [each.subarray(0, 9), each.subarray(9)]));
    expect(frames.map((frame) => frame[49])).toEqual([1, 2]);
  });
});

describe('a length that cannot be', () => {
  it.each([
    ['2 GB', 2 ** 31 - 1],
    ['one byte more than is allowed', maxBytes + 1],
    ['nine bytes', 9],
    ['zero', 0],
    ['minus one', -1],
    ['the smallest number', -(2 ** 31)],
  ])('is refused: %s', (_name, length) => {
    for (let at = 0; at <= 4; at++) {
      const bytes = withLength(length);
      const { refused } = read([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(refused).toContain(`a request of ${length} bytes`);
      expect(refused).toContain(`socket.request.max.bytes, ${maxBytes}`);
    }
  });

  it('takes nothing from the frames before it, and stays wrong', () => {
    const { frames, reader } = read([Buffer.concat([framed(10, 1), framed(10, 2), withLength(-1), framed(10, 3)])]);
    expect(frames).toHaveLength(2);
    expect(read([framed(10, 4)], reader)).toMatchObject({ frames: [], refused: expect.any(String) });
  });

  it('says so where it is HTTP or TLS that came to the wrong port', () => {
    expect(read([Buffer.from('GET / HTTP/1.1\r\n')]).refused).toContain('http.port');
    expect(read([Buffer.from('POST / HTTP/1.1\r\n')]).refused).toContain('http.port');
    expect(read([Buffer.from([0x16, 3, 1, 2, 0])]).refused).toContain('TLS');
    expect(read([withLength(2 ** 31 - 1)]).refused).not.toMatch(/HTTP|TLS/);
  });
});

it('a length alone takes no memory: room comes with the bytes', () => {
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 20 }, () => new FrameReader(100_000_000));
  for (const reader of readers) reader.read(Buffer.concat([withLength(100_000_000), Buffer.alloc(100)]), () => {});
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  expect(readers.every((reader) => reader.comingBytes === 100_000_000)).toBe(true);
});
