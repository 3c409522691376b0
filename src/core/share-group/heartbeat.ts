import type { GroupConfig } from '../group-config.ts';
import type { TopicName } from '../ids.ts';
import { ok, reject } from '../result.ts';
import type { Result } from '../result.ts';
import { leaveMember } from './departure.ts';
import { refreshAssignment } from './membership.ts';
import type { Member, Membership, TopicDescriber } from './membership.ts';
import type { Assignment } from './simple-assignor.ts';

/** ShareGroupHeartbeat: joining, staying, leaving (KIP-932; GroupMetadataManager.shareGroupHeartbeat in Kafka 4.4). */

/** Member epochs with a meaning of their own. */
export const joinEpoch = 0;
export const leaveEpoch = -1;

/** Kafka refuses longer member ids; clients use a UUID as text of 22, 24 or 36 characters. */
export const maxMemberIdLength = 36;

export interface HeartbeatRequest {
  /** For messages alone. */
  readonly groupId: string;
  readonly memberId: string;
  readonly memberEpoch: number;
  /** null: as before. */
  readonly rackId: string | null;
  /** null: as before; an empty list: none. */
  readonly subscribedTopicNames: readonly TopicName[] | null;
  /** Of the connection, as the group's description shows them. */
  readonly clientId: string;
  readonly clientHost: string;
}

export interface HeartbeatContext {
  /** Monotonic. */
  readonly nowMs: number;
  readonly describe: TopicDescriber;
  /** `group.share.max.size`: most members of a group. */
  readonly maxSize: number;
  readonly config: Pick<GroupConfig, 'sessionTimeoutMs' | 'heartbeatIntervalMs'>;
  /** Whether this member's share session is open: if so, leaving does not free its records yet. */
  readonly hasShareSession: boolean;
}

/** What the response says; `memberId` is echoed. */
export interface HeartbeatAnswer {
  readonly memberId: string;
  /** -1 after leaving. */
  readonly memberEpoch: number;
  /** 0 after leaving. */
  readonly heartbeatIntervalMs: number;
  /** null: as before, or left. Empty: nothing. */
  readonly assignment: Assignment | null;
}

export interface HeartbeatOutcome {
  readonly answer: HeartbeatAnswer;
  /** The records of these members are to be released now. */
  readonly freed: readonly string[];
}

/**
 * INVALID_REQUEST for a heartbeat that is wrong whatever the group: checked before a group is looked up or created.
 * The order is Kafka's: the member id, the group id, the rack, then epoch and topics.
 */
export function checkHeartbeat(request: HeartbeatRequest): Result<void> {
  const { memberId, memberEpoch, subscribedTopicNames } = request;
  const invalid = (message: string) => reject('INVALID_REQUEST', message);
  const member = checkMemberId(memberId);
  if (!member.ok) return member;
  if (request.groupId === '') return invalid('GroupId is empty: a share group has an id of at least 1 character.');
  if (request.rackId === '') return invalid('RackId is empty: leave it null where there is no rack.');
  if (memberEpoch === joinEpoch && (subscribedTopicNames === null || subscribedTopicNames.length === 0)) {
    return invalid('SubscribedTopicNames has to name at least one topic when a member joins (member epoch 0).');
  }
  if (memberEpoch < leaveEpoch) {
    return invalid(`MemberEpoch is ${memberEpoch}: 0 joins, -1 leaves, and above 0 is what the last answer said.`);
  }
  return ok(undefined);
}

/** INVALID_REQUEST for a member id that is null, empty or longer than 36 characters; the same in all share requests. */
export function checkMemberId(memberId: string | null): Result<string> {
  if (memberId !== null && memberId.length > 0 && memberId.length <= maxMemberIdLength) return ok(memberId);
  return reject(
    'INVALID_REQUEST',
    `MemberId ${memberId === null ? 'is null' : `has ${memberId.length} characters`}: the client makes one of 1 to ${maxMemberIdLength} characters.`,
  );
}

/**
 * Joins, keeps or removes a member. A rejection changes nothing. In this order, as in Kafka:
 * INVALID_REQUEST (`checkHeartbeat`); GROUP_ID_NOT_FOUND without a group; when leaving, UNKNOWN_MEMBER_ID;
 * GROUP_MAX_SIZE_REACHED for who is not a member yet; UNKNOWN_MEMBER_ID; FENCED_MEMBER_EPOCH for an epoch that is neither
 * the member's nor the one before.
 *
 * A known member may join again at any time (epoch 0) and keeps what it had. Kafka repeats an assignment only in answers to
 * requests that name the topics; here also when the epoch says that the last answer was lost.
 *
 * @param membership undefined: there is no such share group. For a join, the caller makes the group first
 */
export function heartbeat(
  membership: Membership | undefined,
  request: HeartbeatRequest,
  context: HeartbeatContext,
): Result<HeartbeatOutcome> {
  const valid = checkHeartbeat(request);
  if (!valid.ok) return valid;
  const { groupId, memberId, memberEpoch } = request;
  if (membership === undefined) return reject('GROUP_ID_NOT_FOUND', `There is no share group ${groupId}.`);
  const known = membership.members.get(memberId);
  if (memberEpoch === leaveEpoch) {
    if (known === undefined) return rejectUnknownMember(groupId, memberId);
    return ok({
      answer: { memberId, memberEpoch: leaveEpoch, heartbeatIntervalMs: 0, assignment: null },
      freed: leaveMember(membership, memberId, context.hasShareSession, context.nowMs),
    });
  }

  let answerLost = false;
  if (known === undefined) {
    if (membership.members.size >= context.maxSize) {
      return reject(
        'GROUP_MAX_SIZE_REACHED',
        `Share group ${groupId} has ${membership.members.size} members; group.share.max.size allows ${context.maxSize}.`,
      );
    }
    if (memberEpoch !== joinEpoch) return rejectUnknownMember(groupId, memberId);
  } else if (memberEpoch !== joinEpoch) {
    const { memberEpoch: current, previousMemberEpoch: previous } = known;
    if (memberEpoch !== current && memberEpoch !== previous) {
      return reject(
        'FENCED_MEMBER_EPOCH',
        `Member ${memberId} of share group ${groupId} has epoch ${current}, not ${memberEpoch}. It has to join again with epoch 0.`,
      );
    }
    answerLost = memberEpoch !== current;
  }

  const member = known ?? newMember(request);
  const resubscribed = update(member, request);
  if (known === undefined) {
    membership.members.set(memberId, member);
    // It is back before its records were freed: they are its own again.
    membership.leaving.delete(memberId);
  }
  member.lastHeartbeatMs = context.nowMs;
  member.sessionDeadlineMs = context.nowMs + context.config.sessionTimeoutMs;
  refreshAssignment(membership, context.describe, known === undefined || resubscribed);

  if (member.memberEpoch !== membership.groupEpoch) {
    member.previousMemberEpoch = member.memberEpoch;
    member.memberEpoch = membership.groupEpoch;
  }
  const changed = !sameAssignment(member.assigned, member.target);
  member.assigned = member.target;
  const told = memberEpoch === joinEpoch || request.subscribedTopicNames !== null || changed || answerLost;
  return ok({
    answer: {
      memberId,
      memberEpoch: member.memberEpoch,
      heartbeatIntervalMs: context.config.heartbeatIntervalMs,
      assignment: told ? member.assigned : null,
    },
    freed: [],
  });
}

const rejectUnknownMember = (groupId: string, memberId: string) =>
  reject(
    'UNKNOWN_MEMBER_ID',
    `${memberId} is not a member of share group ${groupId}: it left, was fenced, or the server was restarted. It has to join again with epoch 0.`,
  );

const newMember = ({ memberId, clientId, clientHost }: HeartbeatRequest): Member => ({
  memberId,
  rackId: null,
  clientId,
  clientHost,
  subscribedTopicNames: [],
  memberEpoch: joinEpoch,
  previousMemberEpoch: joinEpoch,
  assigned: new Map(),
  target: new Map(),
  lastHeartbeatMs: 0,
  sessionDeadlineMs: 0,
});

/** Takes over what the request says. Returns whether the subscription is another one. */
function update(member: Member, request: HeartbeatRequest): boolean {
  member.clientId = request.clientId;
  member.clientHost = request.clientHost;
  member.rackId = request.rackId ?? member.rackId;
  if (request.subscribedTopicNames === null) return false;
  const names = [...new Set(request.subscribedTopicNames)].toSorted();
  const before = member.subscribedTopicNames;
  if (names.length === before.length && names.every((name, index) => name === before[index])) return false;
  member.subscribedTopicNames = names;
  return true;
}

const sameAssignment = (one: Assignment, other: Assignment): boolean =>
  one.size === other.size &&
  [...one].every(([topicId, partitions]) => {
    const others = other.get(topicId);
    return others?.length === partitions.length && partitions.every((partition, index) => partition === others[index]);
  });
