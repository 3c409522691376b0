import { topicId, topicName } from '../../../src/core/ids.ts';
import type { TopicName } from '../../../src/core/ids.ts';
import { nextMemberDeadlineMs } from '../../../src/core/share-group/departure.ts';
import { heartbeat } from '../../../src/core/share-group/heartbeat.ts';
import type { HeartbeatOutcome } from '../../../src/core/share-group/heartbeat.ts';
import { emptyMembership } from '../../../src/core/share-group/membership.ts';
import type { Membership, SubscribedTopic } from '../../../src/core/share-group/membership.ts';
import type { Assignment } from '../../../src/core/share-group/simple-assignor.ts';
import type { Result } from '../../../src/core/result.ts';

/** `a:0,1 b:2`: topic id, partitions. */
export const assignmentText = (assignment: Assignment): string =>
  [...assignment]
    .map(([id, partitions]) => `${id}:${partitions.join()}`)
    .toSorted()
    .join(' ');

/** The other way round. */
export const assignment = (text: string): Assignment =>
  new Map(
    text
      .split(' ')
      .filter((part) => part !== '')
      .map((part) => {
        const [id = '', partitions = ''] = part.split(':');
        return [topicId(id), partitions.split(',').map(Number)];
      }),
  );

export interface Beat {
  readonly epoch: number;
  readonly topics?: readonly string[] | null;
  readonly rackId?: string | null;
  readonly hasShareSession?: boolean;
  readonly clientHost?: string;
}

export const sessionTimeoutMs = 45_000;

/** A share group, the topics there are, and a clock. */
export class PrintedGroup {
  membership: Membership | undefined = emptyMembership();
  readonly topics = new Map<TopicName, SubscribedTopic>();
  nowMs = 1_000;
  maxSize = 200;

  constructor(topics: Readonly<Record<string, number>> = {}) {
    for (const [name, partitions] of Object.entries(topics)) this.setTopic(name, partitions);
  }

  /** The id is the name, until another one is given. */
  setTopic(name: string, partitions: number, id = name): void {
    this.topics.set(topicName(name), { topicId: topicId(id), partitions });
  }

  deleteTopic(name: string): void {
    this.topics.delete(topicName(name));
  }

  beat(memberId: string, { epoch, topics = null, rackId = null, hasShareSession = false, clientHost }: Beat) {
    const request = {
      groupId: 'g',
      memberId,
      memberEpoch: epoch,
      rackId,
      subscribedTopicNames: topics === null ? null : topics.map(topicName),
      clientId: 'client',
      clientHost: clientHost ?? '/127.0.0.1',
    };
    return heartbeat(this.membership, request, {
      nowMs: this.nowMs,
      describe: (name) => this.topics.get(name),
      maxSize: this.maxSize,
      config: { sessionTimeoutMs, heartbeatIntervalMs: 5_000 },
      hasShareSession,
    });
  }

  join(memberId: string, ...topics: string[]): string {
    return told(this.beat(memberId, { epoch: 0, topics }));
  }

  /** A heartbeat with the epoch the member has. */
  stay(memberId: string, topics: readonly string[] | null = null): string {
    return told(this.beat(memberId, { epoch: this.member(memberId).memberEpoch, topics }));
  }

  member(memberId: string) {
    return this.membership!.members.get(memberId)!;
  }

  deadlineMs(): number | undefined {
    return nextMemberDeadlineMs(this.membership!);
  }
}

/** `epoch 2: a:0,1`, `epoch 2: -` when nothing is assigned, `epoch 2` when it is as before, or the code. */
export function told(result: Result<HeartbeatOutcome>): string {
  if (!result.ok) return result.error.code;
  const { memberEpoch, assignment: parts } = result.value.answer;
  return parts === null ? `epoch ${memberEpoch}` : `epoch ${memberEpoch}: ${assignmentText(parts) || '-'}`;
}
