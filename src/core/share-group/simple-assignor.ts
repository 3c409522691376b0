import { invariant } from '../assert.ts';
import { topicPartitionText } from '../ids.ts';
import type { TopicId, TopicPartition } from '../ids.ts';

/** Who reads what: topic id → partitions, ascending. A topic of which nothing is assigned is absent. */
export type Assignment = ReadonlyMap<TopicId, readonly number[]>;

export interface AssignorMember {
  readonly memberId: string;
  /** The topics it subscribes to, as far as they exist. */
  readonly topicIds: ReadonlySet<TopicId>;
  /** What it has until now, and keeps as far as balance allows. */
  readonly current: Assignment;
}

/**
 * Kafka's assignor "simple" (KIP-932; SimpleAssignor and its two builders in 4.4): with as many members as partitions or
 * fewer, each partition has one member; with more, each has ⌈members ÷ partitions⌉. No two members differ by more than
 * one partition, and nobody gives away what need not be given away.
 *
 * Members that subscribe to the same topics share all their partitions; otherwise each topic is shared by itself, and only
 * within a topic the members are balanced.
 *
 * Two things are better than in Kafka and cannot be seen on the wire: who may have the one partition more is who has it
 * already, and where no member with room can take a partition, two of them swap instead of leaving it with fewer.
 *
 * @param members in any order that stays the same from call to call, as the one in which they joined
 * @param partitionCounts of the topics that exist
 * @returns an assignment for each member, empty for who subscribes to nothing
 */
export function assignSimply(
  members: readonly AssignorMember[],
  partitionCounts: ReadonlyMap<TopicId, number>,
): Map<string, Assignment> {
  const assigned = new Map<string, Map<TopicId, number[]>>(members.map(({ memberId }) => [memberId, new Map()]));
  const share = (topicIds: Iterable<TopicId>, subscribers: readonly AssignorMember[]): void => {
    const partitions = [...topicIds].flatMap((topicId) =>
      Array.from({ length: partitionCounts.get(topicId) ?? 0 }, (_, partition) => ({ topicId, partition })),
    );
    distribute(partitions, subscribers).forEach((indexes, member) => {
      const topics = assigned.get(subscribers[member]!.memberId)!;
      // Ascending indexes are ascending partitions within a topic.
      for (const index of [...indexes].toSorted((a, b) => a - b)) {
        const { topicId, partition } = partitions[index]!;
        const list = topics.get(topicId);
        if (list === undefined) topics.set(topicId, [partition]);
        else list.push(partition);
      }
    });
  };
  const first = members[0]?.topicIds ?? new Set();
  if (members.every(({ topicIds }) => sameSet(topicIds, first))) {
    share(first, members);
  } else {
    for (const topicId of new Set(members.flatMap(({ topicIds }) => [...topicIds]))) {
      const subscribers = members.filter(({ topicIds }) => topicIds.has(topicId));
      share([topicId], subscribers);
    }
  }
  return assigned;
}

const sameSet = (one: ReadonlySet<TopicId>, other: ReadonlySet<TopicId>): boolean =>
  one.size === other.size && [...one].every((id) => other.has(id));

/**
 * Every partition gets `sharing` members, and every member its quota; the sums of both are the same, so there is always
 * somebody with room while a partition wants a member.
 *
 * @returns for each member, the indexes of its partitions
 */
function distribute(partitions: readonly TopicPartition[], members: readonly AssignorMember[]): readonly Set<number>[] {
  const held = members.map(() => new Set<number>());
  if (partitions.length === 0 || members.length === 0) return held;
  const sharers = partitions.map(() => new Set<number>());
  const give = (member: number, partition: number): void => {
    held[member]!.add(partition);
    sharers[partition]!.add(member);
  };
  const take = (member: number, partition: number): void => {
    held[member]!.delete(partition);
    sharers[partition]!.delete(member);
  };

  const indexOf = new Map(partitions.map((partition, index) => [topicPartitionText(partition), index]));
  members.forEach(({ current }, member) => {
    for (const [topicId, list] of current) {
      for (const partition of list) {
        const index = indexOf.get(topicPartitionText({ topicId, partition }));
        if (index !== undefined) give(member, index);
      }
    }
  });

  const sharing = Math.ceil(members.length / partitions.length);
  const total = sharing * partitions.length;
  const quota: number[] = [];
  members
    .map((_, member) => member)
    .toSorted((a, b) => held[b]!.size - held[a]!.size)
    .forEach((member, rank) => {
      quota[member] = Math.floor(total / members.length) + (rank < total % members.length ? 1 : 0);
    });

  const surplus = (member: number): number => held[member]!.size - quota[member]!;
  sharers.forEach((sharing_, partition) => {
    const tooMany = sharing_.size - sharing;
    if (tooMany <= 0) return;
    const mostFirst = [...sharing_].toSorted((a, b) => surplus(b) - surplus(a));
    for (const member of mostFirst.slice(0, tooMany)) take(member, partition);
  });
  held.forEach((indexes, member) => {
    const tooMany = surplus(member);
    if (tooMany > 0) for (const partition of [...indexes].slice(-tooMany)) take(member, partition);
  });

  const withRoom = members.map((_, member) => member).filter((member) => surplus(member) < 0);
  partitions.forEach((_, partition) => {
    while (sharers[partition]!.size < sharing) {
      const at = withRoom.findIndex((member) => !held[member]!.has(partition));
      const member = withRoom[Math.max(at, 0)];
      invariant(member !== undefined, 'a partition wants a member and none has room');
      if (at >= 0) give(member, partition);
      else swapIn(member, partition);
      // To the end: the next partition is the next member's.
      withRoom.splice(Math.max(at, 0), 1);
      if (surplus(member) < 0) withRoom.push(member);
    }
  });
  return held;

  /** Who has room has this partition already: it takes another one instead, whose member comes here if it was full. */
  function swapIn(member: number, partition: number): void {
    const other = partitions.findIndex((_, index) => !held[member]!.has(index));
    invariant(other >= 0, 'a member with room has all partitions');
    if (sharers[other]!.size === sharing) {
      const moved = [...sharers[other]!].find((sharer) => !held[sharer]!.has(partition));
      invariant(moved !== undefined, 'a full partition has no member that a partition with room lacks');
      take(moved, other);
      give(moved, partition);
    }
    give(member, other);
  }
}
