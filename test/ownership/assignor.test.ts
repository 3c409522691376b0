import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Owners, type TopicToAssign, assign } from '../../src/cluster/assignor.ts';
import { topicId } from '../../src/core/ids.ts';

const nodeIds = fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 });
const topics = fc
  .uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 8 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.record({ topicId: fc.constant(topicId(`t${name}`)), partitions: fc.integer({ min: 0, max: 12 }) }),
      ),
    ),
  );

const countsOf = (owners: Owners, nodes: readonly number[]): number[] => {
  const all = [...owners.values()].flat();
  return nodes.map((nodeId) => all.filter((each) => each === nodeId).length);
};

const movesOf = (before: Owners, after: Owners, alive: readonly number[]): number => {
  let moves = 0;
  for (const [id, owners] of after) {
    for (const [partition, owner] of owners.entries()) {
      const was = before.get(id)?.[partition];
      if (was !== undefined && alive.includes(was) && was !== owner) moves++;
    }
  }
  return moves;
};

describe('the assignment of partitions to nodes', () => {
  it('gives every partition to one node, and no node more than one more than another', () => {
    fc.assert(
      fc.property(nodeIds, topics, nodeIds, topics, (oldNodes, oldTopics, nodes, now) => {
        const owners = assign(nodes, now, assign(oldNodes, oldTopics, new Map()));
        for (const { topicId: id, partitions } of now) expect(owners.get(id)).toHaveLength(partitions);
        expect([...owners.values()].flat().every((each) => nodes.includes(each))).toBe(true);
        const counts = countsOf(owners, nodes);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('moves nothing when nothing has changed, and depends on no order', () => {
    fc.assert(
      fc.property(nodeIds, topics, nodeIds, topics, (oldNodes, oldTopics, nodes, now) => {
        const owners = assign(nodes, now, assign(oldNodes, oldTopics, new Map()));
        expect(assign(nodes, now, owners)).toEqual(owners);
        const reversed = assign(nodes.toReversed(), now.toReversed(), new Map([...owners].toReversed()));
        expect(Object.fromEntries(reversed)).toEqual(Object.fromEntries(owners));
      }),
    );
  });

  it('moves only what a node has beyond its share', () => {
    fc.assert(
      fc.property(nodeIds, topics, nodeIds, (oldNodes, now, nodes) => {
        const before = assign(oldNodes, now, new Map());
        const after = assign(nodes, now, before);
        const total = now.reduce((sum, each) => sum + each.partitions, 0);
        const had = countsOf(before, nodes).toSorted((a, b) => b - a);
        const [least, more] = [Math.floor(total / nodes.length), total % nodes.length];
        const tooMany = had.reduce((sum, count, i) => sum + Math.max(0, count - least - (i < more ? 1 : 0)), 0);
        expect(movesOf(before, after, nodes)).toBe(tooMany);
      }),
    );
  });

  it('spreads each topic over the nodes, also when a second node comes', () => {
    const four: TopicToAssign[] = [1, 2, 3].map((each) => ({ topicId: topicId(`t${each}`), partitions: 4 }));
    const one = assign([1], four, new Map());
    const two = assign([1, 2], four, one);
    for (const owners of two.values()) expect(owners.filter((each) => each === 2)).toHaveLength(2);
  });

  it('is quick with a hundred thousand partitions', () => {
    const many = Array.from({ length: 1_000 }, (_, each) => ({ topicId: topicId(`t${each}`), partitions: 100 }));
    const two = assign([1, 2, 3], many, assign([1, 2], many, new Map()));
    expect(countsOf(two, [1, 2, 3])).toEqual([33_334, 33_333, 33_333]);
  });
});
