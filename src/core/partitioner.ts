/* oxlint-disable typescript/no-non-null-assertion -- every index is checked against the length before, once and not byte by byte */
/**
 * Which partition a key belongs to: the rule of Kafka's producers (BuiltInPartitioner.partitionForKey, Utils.murmur2), so
 * that a key is in the same partition whoever produces it.
 */

const seed = 0x9747b28c;
const m = 0x5bd1e995;

/** Kafka's murmur2 of `bytes`: an int32. */
export const murmur2 = (bytes: Uint8Array): number => {
  const { length } = bytes;
  let hash = seed ^ length;
  const wordsEnd = length & ~3;
  for (let at = 0; at < wordsEnd; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    word = Math.imul(word, m);
    word ^= word >>> 24;
    hash = Math.imul(hash, m) ^ Math.imul(word, m);
  }
  const rest = length - wordsEnd;
  if (rest === 3) hash ^= bytes[wordsEnd + 2]! << 16;
  if (rest >= 2) hash ^= bytes[wordsEnd + 1]! << 8;
  if (rest >= 1) hash = Math.imul(hash ^ bytes[wordsEnd]!, m);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, m);
  return hash ^ (hash >>> 15);
};

/** The partition, 0 to `partitions` - 1, of records with this key (a key of no bytes is a key). */
export const partitionForKey = (key: Uint8Array, partitions: number): number =>
  (murmur2(key) & 0x7fff_ffff) % partitions;
