import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { topicId } from '../../src/core/ids.ts';
import { Leases, leaseLength } from '../../src/http/lease.ts';

const secret = Buffer.alloc(32, 7);
const range = {
  topicId: topicId('AAECAwQFBgcICQoLDA0ODw'),
  partition: 4_000_000_000,
  acquisition: Number.MAX_SAFE_INTEGER,
  leaderEpoch: 4_294_967_295,
  stateEpoch: 3,
};
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('a lease', () => {
  it('says again what it was made of, up to the greatest numbers', () => {
    const leases = new Leases(secret);
    const lease = leases.signer('mailers', range)(Number.MAX_SAFE_INTEGER);
    expect(leases.open(lease)).toEqual({
      groupTag: leases.groupTag('mailers'),
      ref: { ...range, offset: Number.MAX_SAFE_INTEGER },
    });
  });

  it('has at most 120 characters that need no escaping in a URL', () => {
    const lease = new Leases(secret).signer('a group with a long name'.repeat(10), range)(5);
    expect(lease).toHaveLength(leaseLength);
    expect(leaseLength).toBeLessThanOrEqual(120);
    expect(lease).toMatch(/^[\w-]+$/);
  });

  it('carries the HMAC-SHA-256 that node:crypto computes', () => {
    const bytes = Buffer.from(new Leases(secret).signer('mailers', range)(5), 'base64url');
    const mac = createHmac('sha256', secret).update(bytes.subarray(0, -16)).digest().subarray(0, 16);
    expect(bytes.subarray(-16).equals(mac)).toBe(true);
  });

  it('is refused when any one character is another', () => {
    const leases = new Leases(secret);
    const lease = leases.signer('mailers', range)(5);
    for (let index = 0; index < lease.length; index++) {
      for (const character of alphabet) {
        if (character === lease[index]) continue;
        const altered = lease.slice(0, index) + character + lease.slice(index + 1);
        expect(leases.open(altered), altered).toBeUndefined();
      }
    }
    expect(leases.open(lease)).toBeDefined();
  });

  it('has one spelling only', () => {
    const leases = new Leases(secret);
    // Made until it has both characters that base64 spells differently.
    let lease = '';
    for (let offset = 0; !(lease.includes('-') && lease.includes('_')); offset++) {
      lease = leases.signer('mailers', range)(offset);
    }
    const others = [
      lease.replaceAll('-', '+'),
      lease.replaceAll('_', '/'),
      `${lease}=`,
      ` ${lease.slice(1)}`,
      `${lease.slice(0, -1)}\n`,
      lease.slice(0, -1),
      `${lease}A`,
      '',
      'é'.repeat(leaseLength),
    ];
    for (const other of others) expect(leases.open(other), other).toBeUndefined();
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
