import { refreshAssignment } from './membership.ts';
import type { Membership } from './membership.ts';

/**
 * How members go, and when their records become free.
 *
 * | a member | its records are released |
 * | --- | --- |
 * | is silent for its session time-out | at once |
 * | leaves, without an open share session | at once |
 * | leaves, with an open share session | when that session closes or its connection drops, at the latest after 5 s |
 *
 * Kafka keeps the records of a silent member until their locks run out, and never frees those of one that left without
 * closing its share session. librdkafka sends the leave first and still fetches, acknowledges and then closes; what it
 * acknowledges until then counts, because only its membership is gone and not its share session. Several Node clients only
 * leave and cut the connection.
 */

/** The longest time for which the records of a member that left are kept for it. */
export const leaveGraceMs = 5_000;

/**
 * Removes a member. Returns the member ids whose records are to be released now: this one, unless its share session is
 * open; then it is leaving until `endLeaving` or until its time is over.
 */
export function leaveMember(
  membership: Membership,
  memberId: string,
  hasShareSession: boolean,
  nowMs: number,
): readonly string[] {
  remove(membership, [memberId]);
  if (!hasShareSession) return [memberId];
  membership.leaving.set(memberId, nowMs + leaveGraceMs);
  return [];
}

/**
 * A share session of the group has ended: closed, or dropped with its connection. Its member's records are released by that,
 * member or not, so a member that was leaving has left.
 */
export function endLeaving(membership: Membership, memberId: string): void {
  membership.leaving.delete(memberId);
}

export interface Expired {
  /** Members that were silent for too long: no longer members, to be told UNKNOWN_MEMBER_ID. */
  readonly fenced: readonly string[];
  /** Members that left and kept their share session open for too long. */
  readonly left: readonly string[];
}

/**
 * Ends what is over at `nowMs`. The records of all members returned are to be released at once, and their share sessions
 * closed: a fetch that still waits would acquire records for somebody who is gone.
 *
 * A heartbeat that is late and yet comes before this is called keeps its member, as in Kafka.
 */
export function expireMembers(membership: Membership, nowMs: number): Expired {
  const silent = [...membership.members.values()].filter((member) => member.sessionDeadlineMs <= nowMs);
  const fenced = silent.map((member) => member.memberId);
  if (fenced.length > 0) remove(membership, fenced);
  const left = [...membership.leaving].filter(([, untilMs]) => untilMs <= nowMs).map(([memberId]) => memberId);
  for (const memberId of left) membership.leaving.delete(memberId);
  return { fenced, left };
}

/** Another node has them as its own by now: here there are none, and what they have is theirs. */
export function forgetMembers(membership: Membership): void {
  remove(membership, [...membership.members.keys()]);
  membership.leaving.clear();
}

/** When `expireMembers` is to be called next (monotonic ms); undefined while there is nothing to end. */
export function nextMemberDeadlineMs(membership: Membership): number | undefined {
  let deadlineMs: number | undefined;
  const consider = (atMs: number): void => {
    if (deadlineMs === undefined || atMs < deadlineMs) deadlineMs = atMs;
  };
  for (const member of membership.members.values()) consider(member.sessionDeadlineMs);
  for (const untilMs of membership.leaving.values()) consider(untilMs);
  return deadlineMs;
}

/** The others share what these had, as of the topics that are known: the next heartbeat sees the newest. */
function remove(membership: Membership, memberIds: readonly string[]): void {
  for (const memberId of memberIds) membership.members.delete(memberId);
  const { topics } = membership;
  refreshAssignment(membership, (name) => topics.get(name), true);
}
