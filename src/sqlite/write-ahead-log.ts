import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

/**
 * Reads SQLite's write-ahead log (https://www.sqlite.org/fileformat2.html#walformat) to notice damage that SQLite
 * itself takes for the ordinary end of a log: it stops at the first frame whose checksum is wrong, and so drops
 * every commit behind it without a word.
 */
export interface WriteAheadLog {
  /** The pages that have a frame of this generation of the log. */
  readonly pages: ReadonlySet<number>;
  /** What is wrong with it, or `undefined`. */
  readonly damage: string | undefined;
}

const headerBytes = 32;
const frameHeaderBytes = 24;
const magicLittleEndian = 0x377f0682;
const magicBigEndian = 0x377f0683;

/**
 * With `synchronous=FULL` a commit is flushed before the next one is written. So what a power cut leaves behind the
 * last whole frame belongs to one commit at most; two commits behind a broken frame mean that confirmed bytes have
 * changed since.
 */
export function inspectWriteAheadLog(file: string): WriteAheadLog {
  const pages = new Set<number>();
  const whole = (): WriteAheadLog => ({ pages, damage: undefined });
  if (!existsSync(file)) return whole();
  const sizeBytes = statSync(file).size;
  if (sizeBytes < headerBytes) return whole();

  const handle = openSync(file, 'r');
  try {
    const header = readAt(handle, 0, headerBytes);
    if (header.every((byte) => byte === 0)) return whole(); // never written
    const magic = header.readUInt32BE(0);
    const words = magic === magicLittleEndian ? littleEndianWords : bigEndianWords;
    let sums: Sums = [0, 0];
    sums = checksum(header.subarray(0, 24), words, sums);
    const known = magic === magicLittleEndian || magic === magicBigEndian;
    if (!known || sums[0] !== header.readUInt32BE(24) || sums[1] !== header.readUInt32BE(28)) {
      return { pages, damage: 'its header is not one that SQLite wrote' };
    }

    const frameBytes = frameHeaderBytes + header.readUInt32BE(8);
    const salts = header.subarray(16, 24);
    let brokenFrame: number | undefined;
    let commitsBehind = 0;
    for (let index = 0, at = headerBytes; at + frameBytes <= sizeBytes; index++, at += frameBytes) {
      const frame = readAt(handle, at, brokenFrame === undefined ? frameBytes : frameHeaderBytes);
      const ofThisGeneration = frame.subarray(8, 16).equals(salts);
      if (brokenFrame === undefined) {
        sums = checksum(frame.subarray(0, 8), words, sums);
        sums = checksum(frame.subarray(frameHeaderBytes), words, sums);
        const right = sums[0] === frame.readUInt32BE(16) && sums[1] === frame.readUInt32BE(20);
        if (!ofThisGeneration || !right) brokenFrame = index;
      }
      if (!ofThisGeneration) continue;
      pages.add(frame.readUInt32BE(0));
      const isCommit = frame.readUInt32BE(4) !== 0;
      if (brokenFrame !== undefined && isCommit && index > brokenFrame) commitsBehind++;
    }
    const damage =
      commitsBehind >= 2 ? `frame ${brokenFrame} is broken, and ${commitsBehind} commits lie behind it` : undefined;
    return { pages, damage };
  } finally {
    closeSync(handle);
  }
}

function readAt(handle: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  if (readSync(handle, bytes, 0, length, position) !== length)
    throw new Error('the file became shorter while it was read');
  return bytes;
}

type Sums = readonly [number, number];
type Words = (bytes: Buffer, at: number) => number;
const littleEndianWords: Words = (bytes, at) => bytes.readUInt32LE(at);
const bigEndianWords: Words = (bytes, at) => bytes.readUInt32BE(at);

function checksum(bytes: Buffer, word: Words, before: Sums): Sums {
  let [first, second] = before;
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + word(bytes, at) + second) >>> 0;
    second = (second + word(bytes, at + 4) + first) >>> 0;
  }
  return [first, second];
}
