import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { topicId } from '../../src/core/ids.ts';
import { Leases, maxLeaseLength } from '../../src/http/lease.ts';

const secret = Buffer.alloc(32, 7);
const range = {
  topicId: topicId('AAECAwQFBgcICQoLDA0ODw'),
  partition: 4_000_000_000,
  firstOffset: 0,
  lastOffset: 999,
  acquisition: Number.MAX_SAFE_INTEGER,
  leaderEpoch: 4_294_967_295,
  stateEpoch: 3,
};
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const tokenLength = maxLeaseLength - 10;
const last = Number.MAX_SAFE_INTEGER;

describe('a lease', () => {
  it('says again what it was made of, up to the greatest numbers', () => {
    const { firstOffset: _first, lastOffset: _last, ...acquired } = range;
    const lease = new Leases(secret).signer('mailers', {
      ...range,
      firstOffset: last - 4_294_967_295,
      lastOffset: last,
    })(last);
    // One that has made it, and one that knows nothing but the secret.
    const leases = new Leases(secret);
    for (let time = 0; time < 2; time++) {
      expect(leases.open(lease)).toEqual({
        groupTag: leases.groupTag('mailers'),
        ref: { ...acquired, offset: last },
      });
    }
    expect(lease).toHaveLength(maxLeaseLength);
  });

  it('has at most 120 characters that need no escaping in a URL', () => {
    const lease = new Leases(secret).signer('a group with a long name'.repeat(10), range)(5);
    expect(maxLeaseLength).toBeLessThanOrEqual(120);
    expect(lease.length).toBeLessThanOrEqual(maxLeaseLength);
    expect(lease).toMatch(/^[\w-]+$/);
  });

  it('carries the HMAC-SHA-256 that node:crypto computes', () => {
    const lease = new Leases(secret).signer('mailers', range)(5);
    const bytes = Buffer.from(lease.slice(0, tokenLength), 'base64url');
    const mac = createHmac('sha256', secret).update(bytes.subarray(0, -18)).digest().subarray(0, 18);
    expect(bytes.subarray(-18).equals(mac)).toBe(true);
  });

  it('is refused when any one character of its token is another, by who has made it and by who has not', () => {
    const leases = new Leases(secret);
    const other = new Leases(secret);
    const lease = leases.signer('mailers', range)(5);
    for (let index = 0; index < tokenLength; index++) {
      for (const character of alphabet) {
        if (character === lease[index]) continue;
        const altered = lease.slice(0, index) + character + lease.slice(index + 1);
        expect(leases.open(altered) ?? other.open(altered), altered).toBeUndefined();
      }
    }
    expect(leases.open(lease)).toEqual(other.open(lease));
    expect(leases.open(lease)).toBeDefined();
  });

  it('stands for a record of its acquisition, and for no offset before or behind it', () => {
    const acquired = { ...range, firstOffset: 40, lastOffset: 49 };
    const maker = new Leases(secret);
    const leaseOf = maker.signer('mailers', acquired);
    const token = leaseOf(40).slice(0, tokenLength);
    for (const leases of [maker, new Leases(secret)]) {
      const offsets = Array.from({ length: 10 }, (_, index) => leases.open(leaseOf(40 + index))?.ref.offset);
      expect(offsets).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
      for (const other of ['10', '-1', '4294967296', '99999999999', '', '05', '1e0', '5 ', '+5', '5.0', '٥']) {
        expect(leases.open(`${token}${other}`), other).toBeUndefined();
      }
    }
  });

  it('with the token of another acquisition stands for a record of that one alone', () => {
    const leases = new Leases(secret);
    const mine = { ...range, acquisition: 1, firstOffset: 40, lastOffset: 49 };
    const theirs = { ...range, acquisition: 2, firstOffset: 50, lastOffset: 50 };
    const lease = leases.signer('mailers', theirs)(50);
    // The number of my record 45 behind their token.
    const mixed = lease.slice(0, tokenLength) + leases.signer('mailers', mine)(45).slice(tokenLength);
    expect(leases.open(mixed)).toBeUndefined();
    expect(leases.open(lease)?.ref).toMatchObject({ offset: 50, acquisition: 2 });
  });

  it('still counts when many others were made and opened since', () => {
    const leases = new Leases(secret);
    const lease = leases.signer('mailers', range)(5);
    for (let acquisition = 0; acquisition < 3000; acquisition++) leases.signer('mailers', { ...range, acquisition });
    expect(leases.open(lease)?.ref.offset).toBe(5);
  });

  it('has one spelling only', () => {
    const leases = new Leases(secret);
    // Made until it has both characters that base64 spells differently.
    let lease = '';
    for (let acquisition = 0; !(lease.includes('-') && lease.includes('_')); acquisition++) {
      lease = leases.signer('mailers', { ...range, acquisition })(0);
    }
    const others = [
      lease.replaceAll('-', '+'),
      lease.replaceAll('_', '/'),
      `${lease}=`,
      `${lease}0`,
      ` ${lease.slice(1)}`,
      `${lease.slice(0, -1)}\n`,
      lease.slice(0, -1),
      `${lease}A`,
      '',
      'é'.repeat(tokenLength + 1),
    ];
    for (const other of others) expect(leases.open(other) ?? new Leases(secret).open(other), other).toBeUndefined();
  });

  it('of an earlier version of sash is refused', () => {
    const bytes = Buffer.alloc(69);
    bytes[0] = 1;
    bytes.set(createHmac('sha256', secret).update(bytes.subarray(0, 53)).digest().subarray(0, 16), 53);
    expect(new Leases(secret).open(bytes.toString('base64url'))).toBeUndefined();
  });

  it('is refused by a server with another secret', () => {
    const lease = new Leases(secret).signer('mailers', range)(5);
    expect(new Leases(Buffer.alloc(32, 8)).open(lease)).toBeUndefined();
  });

  it('is another one for another offset, acquisition, epoch, partition, topic and group', () => {
    const leases = new Leases(secret);
    const made = [
      leases.signer('mailers', range)(5),
      leases.signer('mailers', range)(6),
      leases.signer('mailers', { ...range, firstOffset: 1 })(6),
      leases.signer('mailers', { ...range, lastOffset: 998 })(5),
      leases.signer('mailers', { ...range, acquisition: 1 })(5),
      leases.signer('mailers', { ...range, leaderEpoch: 1 })(5),
      leases.signer('mailers', { ...range, stateEpoch: 1 })(5),
      leases.signer('mailers', { ...range, partition: 1 })(5),
      leases.signer('mailers', { ...range, topicId: topicId('AAECAwQFBgcICQoLDA0OEA') })(5),
      leases.signer('others', range)(5),
    ];
    expect(new Set(made).size).toBe(made.length);
    expect(made.every((lease) => leases.open(lease) !== undefined)).toBe(true);
  });
});
