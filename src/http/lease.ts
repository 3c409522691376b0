import { createHash, hash, timingSafeEqual } from 'node:crypto';
import { topicId } from '../core/ids.ts';
import type { AcquiredRange, LeaseRef } from '../broker/requests.ts';

/**
 * A lease is a token and a number in decimal. The token stands for one acquisition of a range of records, signed, so that
 * every node with the same secret can check it without a look at its memory; the number says which of them, counted from
 * the first. So a range is signed once, and checked once, whatever its length. Who holds one lease of an acquisition holds
 * all of them and could write any of them down: he was given all of them in one answer.
 *
 * The token's 75 bytes are 100 characters of base64url with no bits left over.
 */
const version = 2;
const at = {
  version: 0,
  group: 1, // 8 bytes: see groupTag
  topicId: 9, // 16 bytes
  partition: 25, // 4 bytes
  firstOffset: 29, // 8 bytes
  lastIndex: 37, // 4 bytes: last offset - first offset
  acquisition: 41, // 8 bytes
  leaderEpoch: 49, // 4 bytes
  stateEpoch: 53, // 4 bytes
  mac: 57, // 18 bytes: HMAC-SHA-256 of all before it, cut
} as const;
const macBytes = 18;
const tokenBytes = at.mac + macBytes;
const tokenLength = (tokenBytes / 3) * 4;
const tokenSpelling = new RegExp(`^[A-Za-z0-9_-]{${tokenLength}}$`);
const maxIndexDigits = 10;
const zero = 0x30;
/** Characters of the longest lease. */
export const maxLeaseLength = tokenLength + maxIndexDigits;

/** What a checked lease says. `groupTag` is that of the group's name. */
export interface OpenedLease {
  readonly ref: LeaseRef;
  readonly groupTag: string;
}

/** What a token says. */
interface OpenedToken extends Omit<LeaseRef, 'offset'> {
  /** All of it: nobody knows it who was not given it. */
  readonly text: string;
  readonly groupTag: string;
  readonly firstOffset: number;
  readonly lastIndex: number;
}

type SignedRange = Pick<
  AcquiredRange,
  'topicId' | 'partition' | 'firstOffset' | 'lastOffset' | 'acquisition' | 'leaderEpoch' | 'stateEpoch'
>;

/** SHA-256 works on blocks of 64 bytes (FIPS 180-4). */
const blockBytes = 64;
const digestBytes = 32;
const twoTo32 = 2 ** 32;
const maxRememberedGroups = 10_000;
/** A token comes back soon after it was made, and with it the other leases of its acquisition. */
const rememberedTokens = 4096;

/**
 * Makes and opens leases. One for a server: it reuses its buffers, which is safe because nothing in it waits.
 *
 * The MAC is HMAC (RFC 2104) over two one-shot hashes with the padded keys made once: `createHmac` costs several times
 * as much for each token. What was made or checked here lately is remembered.
 */
export class Leases {
  /** The padded inner key, then the token's bytes. */
  readonly #inner = Buffer.alloc(blockBytes + tokenBytes);
  readonly #innerInput = this.#inner.subarray(0, blockBytes + at.mac);
  /** The token's bytes alone: the same memory. */
  readonly #token = this.#inner.subarray(blockBytes);
  readonly #mac = this.#token.subarray(at.mac);
  /** The padded outer key, then the inner digest. */
  readonly #outer = Buffer.alloc(blockBytes + digestBytes);
  readonly #givenMac = Buffer.alloc(macBytes);
  readonly #groupTags = new Map<string, string>();
  /**
   * Each in a place that its text says, and gone when the next one comes there. No Map: V8 would enter every text into its
   * table of strings, which costs more than all else here.
   */
  readonly #tokens = Array.from({ length: rememberedTokens }, (): OpenedToken | undefined => undefined);

  /** `secret`: at most 64 bytes, durable, the same on every node. */
  constructor(secret: Uint8Array) {
    if (secret.length < 16 || secret.length > blockBytes) {
      throw new RangeError(`the lease secret has ${secret.length} bytes; it needs 16 to ${blockBytes}`);
    }
    this.#inner.set(secret);
    this.#outer.set(secret);
    for (let index = 0; index < blockBytes; index++) {
      this.#inner[index]! ^= 0x36;
      this.#outer[index]! ^= 0x5c;
    }
  }

  /** The first 8 bytes of the SHA-256 of the group's name, as hex: tells groups apart and finds a group again. */
  groupTag(group: string): string {
    let tag = this.#groupTags.get(group);
    if (tag === undefined) {
      tag = createHash('sha256').update(group).digest('hex').slice(0, 16);
      if (this.#groupTags.size >= maxRememberedGroups) this.#groupTags.clear();
      this.#groupTags.set(group, tag);
    }
    return tag;
  }

  /** A function that makes the lease of an offset of `range`. */
  signer(group: string, range: SignedRange): (offset: number) => string {
    const token = this.#token;
    const groupTag = this.groupTag(group);
    const { topicId, partition, firstOffset, acquisition, leaderEpoch, stateEpoch } = range;
    const lastIndex = range.lastOffset - firstOffset;
    token[at.version] = version;
    token.write(groupTag, at.group, 8, 'hex');
    token.write(topicId, at.topicId, 16, 'base64url');
    token.writeUInt32BE(partition, at.partition);
    writeUInt64(token, at.firstOffset, firstOffset);
    token.writeUInt32BE(lastIndex, at.lastIndex);
    writeUInt64(token, at.acquisition, acquisition);
    token.writeUInt32BE(leaderEpoch, at.leaderEpoch);
    token.writeUInt32BE(stateEpoch, at.stateEpoch);
    this.#sign();
    const text = token.toString('base64url');
    this.#tokens[placeOf(text)] = {
      text,
      topicId,
      partition,
      acquisition,
      leaderEpoch,
      stateEpoch,
      groupTag,
      firstOffset,
      lastIndex,
    };
    return (offset) => `${text}${offset - firstOffset}`;
  }

  /** What `lease` says, or undefined when it is not one of ours, to the last bit. */
  open(lease: string): OpenedLease | undefined {
    const index = indexAtEnd(lease);
    if (index === undefined) return undefined;
    const token = this.#openToken(lease.slice(0, tokenLength));
    if (token === undefined || index > token.lastIndex) return undefined;
    return {
      groupTag: token.groupTag,
      ref: {
        topicId: token.topicId,
        partition: token.partition,
        offset: token.firstOffset + index,
        acquisition: token.acquisition,
        leaderEpoch: token.leaderEpoch,
        stateEpoch: token.stateEpoch,
      },
    };
  }

  #openToken(text: string): OpenedToken | undefined {
    const place = placeOf(text);
    const known = this.#tokens[place];
    if (known !== undefined && isSame(known.text, text)) return known;
    const token = this.#token;
    // The decoder also takes `+` and `/` and skips what is no base64: only the one spelling counts.
    if (!tokenSpelling.test(text) || token.write(text, 0, tokenBytes, 'base64url') !== tokenBytes) return undefined;
    if (token[at.version] !== version) return undefined;
    this.#givenMac.set(this.#mac);
    this.#sign();
    if (!timingSafeEqual(this.#givenMac, this.#mac)) return undefined;
    const opened = {
      // Not the text that came: it may be a piece of a long one.
      text: token.toString('base64url'),
      groupTag: token.toString('hex', at.group, at.topicId),
      topicId: topicId(token.toString('base64url', at.topicId, at.partition)),
      partition: token.readUInt32BE(at.partition),
      firstOffset: readUInt64(token, at.firstOffset),
      lastIndex: token.readUInt32BE(at.lastIndex),
      acquisition: readUInt64(token, at.acquisition),
      leaderEpoch: token.readUInt32BE(at.leaderEpoch),
      stateEpoch: token.readUInt32BE(at.stateEpoch),
    };
    this.#tokens[place] = opened;
    return opened;
  }

  /** Writes the MAC of the token's bytes behind them. */
  #sign(): void {
    // Byte by byte from one-character-a-byte strings: asking `hash` for a Buffer costs twice as much.
    const inner = hash('sha256', this.#innerInput, 'latin1');
    for (let index = 0; index < digestBytes; index++) this.#outer[blockBytes + index] = inner.charCodeAt(index);
    const outer = hash('sha256', this.#outer, 'latin1');
    for (let index = 0; index < macBytes; index++) this.#mac[index] = outer.charCodeAt(index);
  }
}

/** The number behind a lease's token; undefined where it is none, or not in its one spelling. */
const indexAtEnd = (lease: string): number | undefined => {
  const { length } = lease;
  if (length <= tokenLength || length > maxLeaseLength) return undefined;
  if (lease.charCodeAt(tokenLength) === zero && length > tokenLength + 1) return undefined;
  let index = 0;
  for (let place = tokenLength; place < length; place++) {
    const digit = lease.charCodeAt(place) - zero;
    if (digit < 0 || digit > 9) return undefined;
    index = index * 10 + digit;
  }
  return index;
};

/** In a time that does not say where they differ: one of them may be a guess. */
const isSame = (one: string, other: string): boolean => {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let place = 0; place < one.length; place++) difference |= one.charCodeAt(place) ^ other.charCodeAt(place);
  return difference === 0;
};

/** Of its MAC's last characters, which are as good as random. */
const placeOf = (text: string): number =>
  (text.charCodeAt(tokenLength - 1) * 64 + text.charCodeAt(tokenLength - 2)) % rememberedTokens;

const writeUInt64 = (target: Buffer, position: number, value: number): void => {
  target.writeUInt32BE(Math.floor(value / twoTo32), position);
  target.writeUInt32BE(value % twoTo32, position + 4);
};

const readUInt64 = (source: Buffer, position: number): number =>
  source.readUInt32BE(position) * twoTo32 + source.readUInt32BE(position + 4);
