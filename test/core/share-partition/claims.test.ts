import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Claims } from '../../../src/core/share-partition/claims.ts';

describe('claims', () => {
  it('take a range once', () => {
    const claims = new Claims();
    expect(claims.claim(5, 9)).toBe(true);
    expect(claims.claim(5, 9)).toBe(false);
    expect(claims.claim(9, 12)).toBe(false);
    expect(claims.claim(0, 5)).toBe(false);
    expect(claims.claim(0, 20)).toBe(false);
    expect(claims.claim(6, 7)).toBe(false);
    expect(claims.claim(10, 12)).toBe(true);
    expect(claims.claim(0, 4)).toBe(true);
  });

  it('add nothing of a range that overlaps one', () => {
    const claims = new Claims();
    claims.claim(5, 9);
    claims.claim(9, 12);
    expect(claims.overlaps(10, 12)).toBe(false);
  });

  it('are looked up in ranges as wide as the log: only those in it overlap', () => {
    const claims = new Claims();
    claims.claim(5, 5);
    expect(claims.overlaps(6, Number.MAX_SAFE_INTEGER)).toBe(false);
    expect(claims.overlaps(5, Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  it('are free again after they were cleared', () => {
    const claims = new Claims();
    claims.claim(0, 9);
    claims.clear();
    expect([claims.overlaps(0, 9), claims.claim(3, 4)]).toEqual([false, true]);
  });

  it('of a hundred thousand records in any order do not hold up the turn', () => {
    const count = 100_000;
    const claims = new Claims();
    // Walking over all claims for each of them would not be done when the test's time is over. Prime to the count: each offset once, neighbours far apart in time.
    for (let index = 0; index < count; index++) {
      const offset = 2 * ((index * 38_501) % count);
      if (!claims.claim(offset, offset)) throw new Error(`offset ${offset} was claimed before`);
    }
    expect([claims.overlaps(0, Number.MAX_SAFE_INTEGER), claims.overlaps(1, 1)]).toEqual([true, false]);
  });

  it.each([0, 4_080])('agree with a set of offsets, from offset %i on', (from) => {
    const range = fc.tuple(fc.integer({ min: from, max: from + 40 }), fc.nat(6));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 40 }), (ranges) => {
        const claims = new Claims();
        const taken = new Set<number>();
        for (const [first, more] of ranges) {
          const offsets = Array.from({ length: more + 1 }, (_, index) => first + index);
          const free = offsets.every((offset) => !taken.has(offset));
          expect(claims.overlaps(first, first + more)).toBe(!free);
          expect(claims.claim(first, first + more)).toBe(free);
          if (free) for (const offset of offsets) taken.add(offset);
        }
      }),
    );
  });
});
