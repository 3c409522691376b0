import { describe, expect, it } from 'vitest';
import { BoundedSeries } from '../../src/system/bounded-series.ts';

const nameable = () => true;
const entry = (key: string, ...counts: number[]) => ({ key, counts });
const keysOf = (entries: readonly { readonly key: string }[]) => entries.map((each) => each.key).join('');

describe('series that are bounded', () => {
  it('belong to those that came first, until they are gone', () => {
    const series = new BoundedSeries(2);
    const first = series.update([entry('b'), entry('c'), entry('d')], nameable);
    expect([keysOf(first.own), keysOf(first.others)]).toEqual(['bc', 'd']);
    const second = series.update([entry('a'), entry('b'), entry('c'), entry('d')], nameable);
    expect([keysOf(second.own), keysOf(second.others)]).toEqual(['bc', 'ad']);
    const third = series.update([entry('a'), entry('c'), entry('d')], nameable);
    expect([keysOf(third.own), keysOf(third.others)]).toEqual(['ac', 'd']);
  });

  it('count the others together, and that never falls', () => {
    const series = new BoundedSeries(1);
    const others = (...entries: ReturnType<typeof entry>[]) => [...series.update(entries, nameable).countsOfOthers];
    expect(others(entry('a', 1, 1), entry('b', 5, 0), entry('c', 2, 1))).toEqual([7, 1]);
    expect(others(entry('a', 9, 9), entry('b', 6, 0), entry('c', 2, 2))).toEqual([8, 2]);
    expect(others(entry('a', 9, 9), entry('c', 3, 2)), 'b was deleted').toEqual([9, 2]);
    expect(others(entry('a', 9, 9), entry('b', 1, 0), entry('c', 3, 2)), 'another b').toEqual([10, 2]);
    expect(others(entry('b', 4, 0), entry('c', 4, 2)), 'b has its own now').toEqual([11, 2]);
  });

  it('are never given to what may not have a name of its own', () => {
    const series = new BoundedSeries(5);
    const { own, others } = series.update([entry('other'), entry('a')], (each) => each.key !== 'other');
    expect([keysOf(own), keysOf(others)]).toEqual(['a', 'other']);
  });

  it('are none where the limit says so', () => {
    const { own, others } = new BoundedSeries(0).update([entry('a', 1)], nameable);
    expect([keysOf(own), keysOf(others)]).toEqual(['', 'a']);
  });
});
