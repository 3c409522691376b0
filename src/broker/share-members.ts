import { type GroupId, type TopicId, type TopicName, groupId } from '../core/ids.ts';
import { type Result, ok } from '../core/result.ts';
import { expireMembers, forgetMembers, nextMemberDeadlineMs } from '../core/share-group/departure.ts';
import {
  type HeartbeatAnswer,
  type HeartbeatRequest,
  checkHeartbeat,
  heartbeat,
  joinEpoch,
} from '../core/share-group/heartbeat.ts';
import { type ShareGroupState, type SubscribedTopic, subscribedPartitions } from '../core/share-group/membership.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { EarliestTimer } from './earliest-timer.ts';
import type { Groups } from './groups.ts';
import type { Guard } from './guard.ts';
import type { MembershipDescription } from './member-requests.ts';
import type { Ownership } from './ownership.ts';
import type { ShareGroup } from './share-group.ts';
import type { ShareSessionRuntime } from './share-session-runtime.ts';
import type { Topics } from './topics.ts';

export interface ShareMembersSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: Guard;
  readonly topics: Topics;
  readonly groups: Groups;
  readonly sessions: ShareSessionRuntime;
  readonly ownership: Ownership;
  /** `group.share.max.size`. */
  readonly maxSize: number;
  /** Stable with members or HTTP workers. */
  readonly stateOf: (group: ShareGroup) => ShareGroupState;
}

/** Where there are several nodes, others serve partitions to a group's members: what a member has there, and how that is reached. */
export interface MemberReach {
  /** Whether a member may have share sessions that this node knows nothing of. */
  readonly hasOthers: boolean;
  /** Has the starts of the group in these topics stored, by whichever nodes own their partitions. */
  open(group: GroupId, topicIds: readonly TopicId[]): Promise<Result<null>>;
  /** A member is gone: what it has at the others is free, and its share sessions there are over. */
  free(member: GoneMember): void;
}

export interface GoneMember {
  readonly group: GroupId;
  readonly memberId: string;
  readonly reason: string;
  /** Whether it has not come back, as far as this node can know. */
  readonly isGone: () => boolean;
}

/** How often a node that may have been replaced looks whether it still coordinates. */
const lookAgainMs = 1_000;

/**
 * The members of share groups (ShareGroupHeartbeat, ShareGroupDescribe): who joins, stays, leaves or falls silent. The rules are in
 * core/share-group. Members live in memory: after a restart they are told UNKNOWN_MEMBER_ID and join again.
 */
export class ShareMembers {
  readonly #surroundings: ShareMembersSurroundings;
  readonly #timers = new Map<ShareGroup, EarliestTimer>();
  /** undefined: this node has everything. */
  reach: MemberReach | undefined;

  constructor(surroundings: ShareMembersSurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * Joins, keeps or removes a member. The first member makes the group. An answer with an assignment comes after the start offsets
   * of all its partitions are stored.
   */
  heartbeat(request: HeartbeatRequest): Promise<Result<HeartbeatAnswer>> {
    return this.#surroundings.guard.run(async () => {
      const valid = checkHeartbeat(request);
      if (!valid.ok) return valid;
      const { groups, sessions, ownership, clock, maxSize } = this.#surroundings;
      const id = groupId(request.groupId);
      if (!ownership.coordinates(id)) return { ok: false, error: ownership.notCoordinator(id) };
      const isJoin = request.memberEpoch === joinEpoch;
      const found = isJoin ? await groups.findOrCreate(request.groupId) : groups.find(request.groupId);
      if (!found.ok) return found;
      const group = found.value;
      const outcome = heartbeat(group.membership, request, {
        nowMs: clock.monotonicMs(),
        describe: (name) => this.#subscribed(name),
        maxSize,
        config: group.config,
        hasShareSession: this.reach?.hasOthers === true || sessions.has(group.id, request.memberId),
      });
      if (!outcome.ok) return outcome;
      const { answer, freed } = outcome.value;
      for (const memberId of freed) this.#free(group, memberId, 'the member left');
      this.#arm(group);
      if (answer.assignment !== null && answer.assignment.size > 0) {
        const opened = await this.#open(group);
        if (!opened.ok) return opened;
      }
      return ok(answer);
    });
  }

  /** Before anybody is told to read them: `latest` means as of now, also when the first fetch comes later. */
  async #open(group: ShareGroup): Promise<Result<null>> {
    const { topics, groups } = this.#surroundings;
    const topicIds = new Set(subscribedPartitions(group.membership).map((each) => each.topicId));
    if (this.reach !== undefined) return await this.reach.open(group.id, [...topicIds]);
    for (const topicId of topicIds) {
      const topic = topics.byId(topicId);
      // Deleted at this moment: the next heartbeat sees it.
      if (topic === undefined) continue;
      const opened = await groups.partitionsOf(group, topic, null);
      if (!opened.ok && topics.byId(topicId) !== undefined) return opened;
    }
    return ok(null);
  }

  #subscribed(name: TopicName): SubscribedTopic | undefined {
    const topic = this.#surroundings.topics.find(name);
    return topic.ok ? { topicId: topic.value.id, partitions: topic.value.stored.partitionCount } : undefined;
  }

  /** GROUP_ID_NOT_FOUND where there is no such share group; INVALID_GROUP_ID for a name that none can have. */
  describe(name: string): Result<MembershipDescription> {
    const { groups, topics, clock, stateOf } = this.#surroundings;
    const group = groups.find(name);
    if (!group.ok) return group;
    const { membership } = group.value;
    const nowMs = clock.monotonicMs();
    const members = [...membership.members.values()].map((member) => ({
      ...member,
      assignment: member.target,
      sinceHeartbeatMs: Math.round(nowMs - member.lastHeartbeatMs),
    }));
    const topicNames = members
      .flatMap(({ assignment }) => [...assignment.keys()])
      .flatMap((topicId) => {
        const topic = topics.byId(topicId);
        return topic === undefined ? [] : [[topicId, topic.name] as const];
      });
    return ok({
      group: group.value.id,
      state: stateOf(group.value),
      groupEpoch: membership.groupEpoch,
      members,
      topicNames: new Map(topicNames),
    });
  }

  #free(group: ShareGroup, memberId: string, reason: string): void {
    this.#surroundings.sessions.releaseRecords(group, memberId, reason);
    const { members, leaving } = group.membership;
    this.reach?.free({
      group: group.id,
      memberId,
      reason,
      isGone: () =>
        !group.deleted &&
        !members.has(memberId) &&
        !leaving.has(memberId) &&
        this.#surroundings.ownership.coordinates(group.id),
    });
  }

  /** Sets the group's timer to when the next member's time is up. */
  #arm(group: ShareGroup): void {
    const atMs = nextMemberDeadlineMs(group.membership);
    if (atMs === undefined) {
      this.#timers.get(group)?.stop();
      this.#timers.delete(group);
      return;
    }
    let timer = this.#timers.get(group);
    if (timer === undefined) {
      timer = new EarliestTimer(this.#surroundings.clock, () => this.#expire(group));
      this.#timers.set(group, timer);
    }
    timer.arm(atMs);
  }

  #expire(group: ShareGroup): void {
    // Members that left were still waited for. What they had is gone with it, and a new group of its name is another.
    if (group.deleted) {
      this.#timers.delete(group);
      return;
    }
    const { clock, sessions, logger, ownership } = this.#surroundings;
    // They are silent here because they are members there.
    if (ownership.isCoordinatedElsewhere(group.id)) {
      forgetMembers(group.membership);
      this.#arm(group);
      return;
    }
    // They may be members of another node that took this one for dead: they would lose what they have there.
    if (!ownership.isCurrent) {
      this.#timers.get(group)?.arm(clock.monotonicMs() + lookAgainMs);
      return;
    }
    const { fenced, left } = expireMembers(group.membership, clock.monotonicMs());
    for (const memberId of [...fenced, ...left]) {
      sessions.drop(group.id, memberId);
      this.#free(group, memberId, left.includes(memberId) ? 'the member left' : 'the member fell silent');
    }
    for (const memberId of fenced) {
      logger.info(
        { group: group.id, memberId },
        `removed a member that sent no heartbeat for share.session.timeout.ms, ${group.config.sessionTimeoutMs}`,
      );
    }
    this.#arm(group);
  }

  /** No timer is left behind. */
  stop(): void {
    for (const timer of this.#timers.values()) timer.stop();
    this.#timers.clear();
  }
}
