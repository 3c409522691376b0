import { describe, expect, it } from 'vitest';
import { RequestMemory } from '../../src/kafka/request-memory.ts';

/** Room in which each that asks has a name, and who got some is told in order. */
const room = (bytes: number) => {
  const memory = new RequestMemory(bytes);
  const granted: string[] = [];
  const callbacks = new Map<string, () => void>();
  const take = (name: string, size: number): boolean => {
    const callback = (): void => void granted.push(name);
    callbacks.set(name, callback);
    return memory.take(size, callback);
  };
  return { memory, granted, take, leave: (name: string) => memory.leave(callbacks.get(name)!) };
};

describe('room for requests', () => {
  it('is given at once while there is some, to the last byte', () => {
    const { take } = room(100);
    expect(take('a', 60)).toBe(true);
    expect(take('b', 40)).toBe(true);
    expect(take('c', 1)).toBe(false);
  });

  it('is waited for in line: what would fit does not overtake what does not', () => {
    const { memory, take, granted } = room(100);
    take('a', 90);
    expect(take('large', 50)).toBe(false);
    expect(take('small', 5)).toBe(false);
    memory.give(10);
    expect(granted).toEqual([]);
    memory.give(30);
    expect(granted).toEqual(['large']);
    memory.give(50);
    expect(granted).toEqual(['large', 'small']);
  });

  it('goes to all for whom what was given back is enough', () => {
    const { memory, take, granted } = room(100);
    take('a', 100);
    for (const name of ['b', 'c', 'd']) take(name, 40);
    memory.give(100);
    expect(granted).toEqual(['b', 'c']);
  });

  it('is not kept for who has left the line, and who stands behind gets it', () => {
    const { memory, take, leave, granted } = room(100);
    take('a', 60);
    take('large', 90);
    take('small', 30);
    leave('large');
    expect(granted).toEqual(['small']);
    memory.give(60);
    memory.give(30);
    expect(take('all', 100)).toBe(true);
    expect(granted).toEqual(['small']);
  });

  it('is not changed by somebody who leaves without standing in line', () => {
    const { take, leave } = room(100);
    take('a', 100);
    leave('a');
    expect(take('b', 1)).toBe(false);
  });
});
