import type { TopicId, TopicName, TopicPartition } from '../ids.ts';
import { type Assignment, assignSimply } from './simple-assignor.ts';

/**
 * The members of one share group (KIP-932; ShareGroup and GroupMetadataManager in Kafka). Plain data in memory: after a
 * restart members are unknown, are told so, and join again with the same id. heartbeat.ts and departure.ts are what changes it.
 *
 * Kafka hands out a new target assignment at most once in an interval, and only partitions whose state was initialised by
 * then. Here it is made in the step that raises the group epoch, so the epoch of the target assignment is always the group
 * epoch, and the first heartbeat of a group already carries its assignment.
 */
export interface Membership {
  /**
   * Raised by each change of members, of subscriptions and of subscribed topics; never falls. The target assignment's
   * epoch (AssignmentEpoch of ShareGroupDescribe) is the same number.
   */
  groupEpoch: number;
  /** By member id, in the order in which they joined. */
  readonly members: Map<string, Member>;
  /** The subscribed topics that existed when the group epoch was last raised: what is assigned. */
  topics: ReadonlyMap<TopicName, SubscribedTopic>;
  /**
   * Members that left while their share session was open: member id → until when (monotonic ms) their
   * acknowledgements count and their records are kept for them.
   */
  readonly leaving: Map<string, number>;
}

export interface Member {
  /** Made by the client, 1 to 36 characters. */
  readonly memberId: string;
  /** Kept and shown; the assignor does not look at it. */
  rackId: string | null;
  clientId: string;
  clientHost: string;
  /** Sorted, each once. Topics need not exist. */
  subscribedTopicNames: readonly TopicName[];
  /** The group epoch that the member was last told. */
  memberEpoch: number;
  /** The one before: still accepted, because the answer with the newer one may have been lost. */
  previousMemberEpoch: number;
  /** What it was last told. */
  assigned: Assignment;
  /** What it is told with its next heartbeat. */
  target: Assignment;
  /** Monotonic. */
  lastHeartbeatMs: number;
  /** Without a heartbeat until then (monotonic), it is fenced. */
  sessionDeadlineMs: number;
}

export interface SubscribedTopic {
  readonly topicId: TopicId;
  /** Number of partitions. */
  readonly partitions: number;
}

/** The topics there are now; undefined for a name that none has. */
export type TopicDescriber = (name: TopicName) => SubscribedTopic | undefined;

/** A group without members. */
export const emptyMembership = (groupEpoch = 0): Membership => ({
  groupEpoch,
  members: new Map(),
  topics: new Map(),
  leaving: new Map(),
});

/** Kafka's names. Its third, Dead, is a group that does not exist, and none is ever shown in that state. */
export type ShareGroupState = 'Empty' | 'Stable';

/** @param workers who are no members and work in the group all the same: over HTTP */
export const shareGroupState = (membership: Membership, workers = 0): ShareGroupState =>
  membership.members.size + workers === 0 ? 'Empty' : 'Stable';

/** Every partition that some member is to read: those whose start offset has to be there before an assignment is told. */
export const subscribedPartitions = (membership: Membership): TopicPartition[] =>
  [...membership.topics.values()].flatMap(({ topicId, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topicId, partition })),
  );

/**
 * Raises the group epoch and makes the target assignment anew when members or subscriptions have changed (`changed`), or
 * when a subscribed topic has appeared, grown, gone, or come back under another id.
 */
export function refreshAssignment(membership: Membership, describe: TopicDescriber, changed: boolean): void {
  const members = [...membership.members.values()];
  const topics = new Map<TopicName, SubscribedTopic>();
  for (const name of new Set(members.flatMap((member) => member.subscribedTopicNames))) {
    const topic = describe(name);
    if (topic !== undefined) topics.set(name, topic);
  }
  if (!changed && sameTopics(topics, membership.topics)) return;
  membership.groupEpoch++;
  membership.topics = topics;
  const targets = assignSimply(
    members.map((member) => ({
      memberId: member.memberId,
      topicIds: new Set(
        member.subscribedTopicNames.flatMap((name) => {
          const topic = topics.get(name);
          return topic === undefined ? [] : [topic.topicId];
        }),
      ),
      current: member.target,
    })),
    new Map([...topics.values()].map(({ topicId, partitions }) => [topicId, partitions])),
  );
  for (const member of members) member.target = targets.get(member.memberId)!;
}

const sameTopics = (one: Membership['topics'], other: Membership['topics']): boolean =>
  one.size === other.size &&
  [...one].every(([name, topic]) => {
    const before = other.get(name);
    return before !== undefined && before.topicId === topic.topicId && before.partitions === topic.partitions;
  });
