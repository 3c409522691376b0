import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topicId } from '../../../src/core/ids.ts';
import type { TopicId } from '../../../src/core/ids.ts';
import { assignSimply } from '../../../src/core/share-group/simple-assignor.ts';
import type { AssignorMember, Assignment } from '../../../src/core/share-group/simple-assignor.ts';
import { assignment, assignmentText } from './printed-group.ts';

/** `m1` subscribes to `a b` and has `a:0`. */
const member = (memberId: string, topics: string, current = ''): AssignorMember => ({
  memberId,
  topicIds: new Set(topics.split(' ').filter(Boolean).map(topicId)),
  current: assignment(current),
});

const assigned = (members: readonly AssignorMember[], partitions: Readonly<Record<string, number>>): string[] =>
  [...assignSimply(members, new Map(Object.entries(partitions).map(([id, count]) => [topicId(id), count])))].map(
    ([memberId, parts]) => `${memberId} ${assignmentText(parts)}`.trimEnd(),
  );

describe('the simple assignor', () => {
  it('gives everything to one member', () => {
    expect(assigned([member('m1', 'a b')], { a: 2, b: 1 })).toEqual(['m1 a:0,1 b:0']);
  });

  it('gives nothing where there is nothing', () => {
    expect(assigned([], { a: 2 })).toEqual([]);
    expect(assigned([member('m1', ''), member('m2', '')], { a: 2 })).toEqual(['m1', 'm2']);
    expect(assigned([member('m1', 'a')], { a: 0 })).toEqual(['m1']);
  });

  it('splits the partitions among fewer members, in turn', () => {
    expect(assigned([member('m1', 'a b'), member('m2', 'a b')], { a: 3, b: 2 })).toEqual([
      'm1 a:0,2 b:1',
      'm2 a:1 b:0',
    ]);
  });

  it('shares each partition among ⌈members ÷ partitions⌉ when there are more members', () => {
    expect(
      assigned(
        ['m1', 'm2', 'm3', 'm4', 'm5'].map((id) => member(id, 'a')),
        { a: 2 },
      ),
    ).toEqual(['m1 a:0,1', 'm2 a:0', 'm3 a:0', 'm4 a:1', 'm5 a:1']);
  });

  it('lets everybody read the only partition', () => {
    expect(assigned([member('m1', 'a'), member('m2', 'a'), member('m3', 'a')], { a: 1 })).toEqual([
      'm1 a:0',
      'm2 a:0',
      'm3 a:0',
    ]);
  });

  it('takes no more from members than a new one needs', () => {
    const members = [member('m1', 'a', 'a:0,1,2'), member('m2', 'a', 'a:3,4,5'), member('m3', 'a')];
    expect(assigned(members, { a: 6 })).toEqual(['m1 a:0,1', 'm2 a:3,4', 'm3 a:2,5']);
  });

  it('gives what a member leaves behind to the others, who keep what they have', () => {
    expect(assigned([member('m1', 'a', 'a:0,1'), member('m3', 'a', 'a:4,5')], { a: 6 })).toEqual([
      'm1 a:0,1,2',
      'm3 a:3,4,5',
    ]);
  });

  it('leaves the odd partition where it is, whoever came first', () => {
    expect(assigned([member('m1', 'a', 'a:0'), member('m2', 'a', 'a:1,2')], { a: 3 })).toEqual(['m1 a:0', 'm2 a:1,2']);
  });

  it('no longer shares partitions when there are as many as members again', () => {
    const members = [member('m1', 'a', 'a:0'), member('m2', 'a', 'a:0'), member('m3', 'a', 'a:1')];
    expect(assigned(members, { a: 3 })).toEqual(['m1 a:2', 'm2 a:0', 'm3 a:1']);
  });

  it('takes a partition that too many share from who has too much', () => {
    expect(assigned([member('m1', 'a', 'a:0,1'), member('m2', 'a', 'a:0')], { a: 2 })).toEqual(['m1 a:1', 'm2 a:0']);
  });

  it('takes away what is not subscribed to any more, and what is gone', () => {
    expect(assigned([member('m1', 'b', 'a:0 b:0'), member('m2', 'b', 'b:7')], { b: 2 })).toEqual(['m1 b:0', 'm2 b:1']);
  });

  it('shares each topic among its subscribers where members subscribe to different ones', () => {
    const members = [member('m1', 'a'), member('m2', 'b'), member('m3', 'a b'), member('m4', '')];
    expect(assigned(members, { a: 4, b: 2 })).toEqual(['m1 a:0,2', 'm2 b:0', 'm3 a:1,3 b:1', 'm4']);
  });

  it('swaps where the only member with room has the partition already', () => {
    // Kafka leaves partition 1 with one member here, and m1 with one partition.
    const members = [member('m1', 'a', 'a:1'), member('m2', 'a', 'a:0'), member('m3', 'a', 'a:0')];
    expect(assigned(members, { a: 2 })).toEqual(['m1 a:0,1', 'm2 a:1', 'm3 a:0']);
  });
});

const topicIds = ['a', 'b', 'c', 'd'].map(topicId);
const worlds = fc.record({
  counts: fc.array(fc.nat(6), { minLength: 4, maxLength: 4 }),
  members: fc.array(
    fc.record({
      topics: fc.subarray(topicIds),
      current: fc.array(fc.tuple(fc.constantFrom(...topicIds), fc.subarray([0, 1, 2, 3, 4, 5]))),
    }),
    { maxLength: 9 },
  ),
  same: fc.boolean(),
});

describe('whatever the members had before', () => {
  it('every partition has its members, all are balanced, and a second time changes nothing', () => {
    fc.assert(
      fc.property(worlds, ({ counts, members, same }) => {
        const partitionCounts = new Map(topicIds.map((id, index) => [id, counts[index]!]));
        const before: AssignorMember[] = members.map(({ topics, current }, index) => ({
          memberId: `m${index}`,
          topicIds: new Set(same ? members[0]!.topics : topics),
          current: new Map(current),
        }));
        const after = assignSimply(before, partitionCounts);
        expect([...after.keys()]).toEqual(before.map(({ memberId }) => memberId));
        const all = before.map((m) => ({ ...m, current: after.get(m.memberId)! }));
        for (const { topicIds: subscribed, current } of all) {
          for (const [id, partitions] of current) {
            expect(subscribed.has(id)).toBe(true);
            expect(partitions.length).toBeGreaterThan(0);
            expect(partitions).toEqual([...new Set(partitions)].toSorted((x, y) => x - y));
            expect(partitions.at(-1)).toBeLessThan(partitionCounts.get(id)!);
          }
        }
        const homogeneous = all.every(
          (m) => m.topicIds.size === all[0]!.topicIds.size && [...m.topicIds].every((id) => all[0]!.topicIds.has(id)),
        );
        const shares = homogeneous ? [[...(all[0]?.topicIds ?? [])]] : topicIds.map((id) => [id]);
        for (const ids of shares) {
          const subscribers = all.filter(({ topicIds: subscribed }) => ids.some((id) => subscribed.has(id)));
          const total = ids.reduce((sum, id) => sum + partitionCounts.get(id)!, 0);
          if (total === 0 || subscribers.length === 0) continue;
          for (const id of ids) {
            for (let partition = 0; partition < partitionCounts.get(id)!; partition++) {
              const readers = subscribers.filter(({ current }) => current.get(id)?.includes(partition));
              expect(readers).toHaveLength(Math.ceil(subscribers.length / total));
            }
          }
          const sizes = subscribers.map(({ current }) => sizeOf(current, ids));
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        }
        const again = assignSimply(all, partitionCounts);
        expect(printed(again)).toEqual(printed(after));
      }),
      { numRuns: 1_000 },
    );
  });
});

const sizeOf = (current: Assignment, ids: readonly TopicId[]): number =>
  ids.reduce((sum, id) => sum + (current.get(id)?.length ?? 0), 0);

const printed = (assignments: ReadonlyMap<string, Assignment>): string[] =>
  [...assignments].map(([memberId, parts]) => `${memberId} ${assignmentText(parts)}`);
