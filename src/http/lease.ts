import { createHash, hash, timingSafeEqual } from 'node:crypto';
import { topicId } from '../core/ids.ts';
import type { AcquiredRange, LeaseRef } from '../broker/requests.ts';

/**
 * A lease is a token for one acquisition of one record, signed, so that every node with the same secret can check it
 * without a look at its memory. Its 69 bytes are 92 characters of base64url with no bits left over.
 */
const version = 1;
const at = {
  version: 0,
  group: 1, // 8 bytes: see groupTag
  topicId: 9, // 16 bytes
  partition: 25, // 4 bytes
  offset: 29, // 8 bytes
  acquisition: 37, // 8 bytes
  leaderEpoch: 45, // 4 bytes
  stateEpoch: 49, // 4 bytes
  mac: 53, // 16 bytes: HMAC-SHA-256 of all before it, cut
} as const;
const macBytes = 16;
const tokenBytes = at.mac + macBytes;
/** Characters of every lease. */
export const leaseLength = (tokenBytes / 3) * 4;
const spelling = new RegExp(`^[A-Za-z0-9_-]{${leaseLength}}$`);

/** What a checked lease says. `groupTag` is that of the group's name. */
export interface OpenedLease {
  readonly ref: LeaseRef;
  readonly groupTag: string;
}

/** SHA-256 works on blocks of 64 bytes (FIPS 180-4). */
const blockBytes = 64;
const digestBytes = 32;
const twoTo32 = 2 ** 32;
const maxRememberedGroups = 10_000;

/**
 * Makes and opens leases. One for a server: it reuses its buffers, which is safe because nothing in it waits.
 *
 * The MAC is HMAC (RFC 2104) over two one-shot hashes with the padded keys made once: `createHmac` costs several times
 * as much for each token, and an acquire makes up to 10,000.
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

  /** A function that makes the lease of an offset of `range`; use it up before the next call of any method. */
  signer(
    group: string,
    range: Pick<AcquiredRange, 'topicId' | 'partition' | 'acquisition' | 'leaderEpoch' | 'stateEpoch'>,
  ): (offset: number) => string {
    const token = this.#token;
    token[at.version] = version;
    token.write(this.groupTag(group), at.group, 8, 'hex');
    token.write(range.topicId, at.topicId, 16, 'base64url');
    token.writeUInt32BE(range.partition, at.partition);
    writeUInt64(token, at.acquisition, range.acquisition);
    token.writeUInt32BE(range.leaderEpoch, at.leaderEpoch);
    token.writeUInt32BE(range.stateEpoch, at.stateEpoch);
    return (offset) => {
      writeUInt64(token, at.offset, offset);
      this.#sign();
      return token.toString('base64url');
    };
  }

  /** What `lease` says, or undefined when it is not one of ours, to the last bit. */
  open(lease: string): OpenedLease | undefined {
    const token = this.#token;
    // The decoder also takes `+` and `/` and skips what is no base64: only the one spelling counts.
    if (!spelling.test(lease) || token.write(lease, 0, tokenBytes, 'base64url') !== tokenBytes) return undefined;
    if (token[at.version] !== version) return undefined;
    this.#givenMac.set(this.#mac);
    this.#sign();
    if (!timingSafeEqual(this.#givenMac, this.#mac)) return undefined;
    return {
      groupTag: token.toString('hex', at.group, at.topicId),
      ref: {
        topicId: topicId(token.toString('base64url', at.topicId, at.partition)),
        partition: token.readUInt32BE(at.partition),
        offset: readUInt64(token, at.offset),
        acquisition: readUInt64(token, at.acquisition),
        leaderEpoch: token.readUInt32BE(at.leaderEpoch),
        stateEpoch: token.readUInt32BE(at.stateEpoch),
      },
    };
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

const writeUInt64 = (target: Buffer, position: number, value: number): void => {
  target.writeUInt32BE(Math.floor(value / twoTo32), position);
  target.writeUInt32BE(value % twoTo32, position + 4);
};

const readUInt64 = (source: Buffer, position: number): number =>
  source.readUInt32BE(position) * twoTo32 + source.readUInt32BE(position + 4);
