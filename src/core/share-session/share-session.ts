import { topicPartitionText } from '../ids.ts';
import type { GroupId, TopicPartition } from '../ids.ts';
import { ok, reject } from '../result.ts';
import type { Result } from '../result.ts';

/**
 * Share sessions (KIP-932; SharePartitionManager.newContext, ShareSession and ShareSessionCache in Kafka 4.4): which
 * partitions a member fetches, so that its requests name only what changes, and an epoch that counts its requests, so that
 * a lost or repeated one is noticed. Plain data in memory, changed by the functions here.
 *
 * A session belongs to a group and a member id, not to a connection: @kafkats/client fetches on one connection and
 * acknowledges on another, the epochs counting through both. It ends with the connection that opened it. Whether the member
 * has joined the group is not looked at.
 */
export interface ShareSession {
  readonly group: GroupId;
  readonly memberId: string;
  /** The connection that opened it; when that drops, the session ends. */
  readonly connectionId: string;
  /** What the next request has to say: 1 after opening, and 1 again after 2³¹ − 1. */
  epoch: number;
  /** By topic and partition, in the order in which they are to be read: who gave records goes to the end. */
  readonly partitions: Map<string, SessionPartition>;
}

interface SessionPartition extends TopicPartition {
  /** New, or failed last time: the next answer names it even when there is nothing to say. */
  answerDue: boolean;
}

/** By `sessionKey`. */
export type ShareSessions = Map<string, ShareSession>;

/** Session epochs with a meaning of their own. */
export const openEpoch = 0;
export const closeEpoch = -1;

const maxEpoch = 2 ** 31 - 1;
export const nextSessionEpoch = (epoch: number): number => (epoch === maxEpoch ? 1 : epoch + 1);

/** Group ids have no control characters, so no two keys are the same. */
const sessionKey = (group: GroupId, memberId: string): string => `${group}\n${memberId}`;

export const findShareSession = (sessions: ShareSessions, group: GroupId, memberId: string): ShareSession | undefined =>
  sessions.get(sessionKey(group, memberId));

export interface SessionRequest {
  readonly group: GroupId;
  readonly memberId: string;
  readonly epoch: number;
}

export interface SessionFetchRequest extends SessionRequest {
  readonly connectionId: string;
  /** Topics: added unless they are there. A topic or partition that does not exist is kept too, and fails each time. */
  readonly partitions: readonly TopicPartition[];
  /** ForgottenTopicsData: removed after the others were added. Nothing they hold is released. */
  readonly forgotten: readonly TopicPartition[];
  readonly hasAcknowledgements: boolean;
}

/** What a request does to its session. `closing`: when it is answered, the session is to be ended (`endShareSession`). */
export interface SessionUse {
  readonly kind: 'opened' | 'continued' | 'closing';
  readonly session: ShareSession;
  /** The epoch of the request. */
  readonly epoch: number;
  /** With `opened`: the member's session until now. Its records stay acquired, as in Kafka, until their locks run out. */
  readonly replaced: ShareSession | undefined;
}

/**
 * Takes a ShareFetch into its session, which uses up the epoch whatever becomes of the partitions. A rejection changes nothing:
 * INVALID_REQUEST for acknowledgements with epoch 0; SHARE_SESSION_LIMIT_REACHED when a session more would be too many (no
 * session is put out for it; the answer is to be held back for MaxWaitMs, so that the client does not ask again at once);
 * SHARE_SESSION_NOT_FOUND; INVALID_SHARE_SESSION_EPOCH.
 *
 * @param maxSessions `group.share.max.share.sessions`
 */
export function useForFetch(
  sessions: ShareSessions,
  request: SessionFetchRequest,
  maxSessions: number,
): Result<SessionUse> {
  if (request.epoch === openEpoch) return open(sessions, request, maxSessions);
  const use = useSession(sessions, request);
  if (use.ok && use.value.kind === 'continued') {
    const { partitions } = use.value.session;
    add(partitions, request.partitions, true);
    for (const partition of request.forgotten) partitions.delete(topicPartitionText(partition));
  }
  return use;
}

/**
 * Takes a ShareAcknowledge into its session; it never opens one and never changes the partitions. A rejection changes nothing:
 * INVALID_SHARE_SESSION_EPOCH for epoch 0 or another than expected; SHARE_SESSION_NOT_FOUND.
 */
export function useForAcknowledge(sessions: ShareSessions, request: SessionRequest): Result<SessionUse> {
  if (request.epoch !== openEpoch) return useSession(sessions, request);
  return reject('INVALID_SHARE_SESSION_EPOCH', 'Epoch 0 opens a share session, and only ShareFetch does that.');
}

function open(sessions: ShareSessions, request: SessionFetchRequest, maxSessions: number): Result<SessionUse> {
  const { group, memberId, connectionId, epoch } = request;
  if (request.hasAcknowledgements) {
    return reject('INVALID_REQUEST', 'Epoch 0 opens a share session: there is nothing yet to acknowledge in it.');
  }
  const key = sessionKey(group, memberId);
  const replaced = sessions.get(key);
  if (replaced === undefined && sessions.size >= maxSessions) {
    return reject(
      'SHARE_SESSION_LIMIT_REACHED',
      `There are ${sessions.size} share sessions; group.share.max.share.sessions allows ${maxSessions}.`,
    );
  }
  const session = { group, memberId, connectionId, epoch: nextSessionEpoch(openEpoch), partitions: new Map() };
  add(session.partitions, request.partitions, false);
  sessions.set(key, session);
  return ok({ kind: 'opened', session, epoch, replaced });
}

function useSession(sessions: ShareSessions, { group, memberId, epoch }: SessionRequest): Result<SessionUse> {
  const session = findShareSession(sessions, group, memberId);
  if (session === undefined) {
    return reject('SHARE_SESSION_NOT_FOUND', `Member ${memberId} of share group ${group} has no share session.`);
  }
  if (epoch === closeEpoch) return ok({ kind: 'closing', session, epoch, replaced: undefined });
  if (epoch !== session.epoch) {
    return reject(
      'INVALID_SHARE_SESSION_EPOCH',
      `The share session of member ${memberId} of share group ${group} expects epoch ${session.epoch}, not ${epoch}.`,
    );
  }
  session.epoch = nextSessionEpoch(epoch);
  return ok({ kind: 'continued', session, epoch, replaced: undefined });
}

function add(known: ShareSession['partitions'], partitions: readonly TopicPartition[], answerDue: boolean): void {
  for (const { topicId, partition } of partitions) {
    const key = topicPartitionText({ topicId, partition });
    if (!known.has(key)) known.set(key, { topicId, partition, answerDue });
  }
}

/**
 * The partitions in the order in which this fetch is to read them. Kafka also rotates that order by the epoch. Both
 * together favour some partitions (the third of three gets two turns of three), so here only who gave records goes to the end.
 */
export const partitionsToFetch = ({ session }: SessionUse): readonly TopicPartition[] =>
  [...session.partitions.values()].map(({ topicId, partition }) => ({ topicId, partition }));

/** What a ShareFetch found in one partition. */
export interface FetchedPartition extends TopicPartition {
  readonly hasRecords: boolean;
  /** An error of fetching, not of an acknowledgement. */
  readonly failed: boolean;
  /** The request had acknowledgements for it. */
  readonly hasAcknowledgements: boolean;
}

/**
 * What of `fetched` the answer names: all in the first answer of a session; later those with records, with an error, with
 * acknowledgements, or that are new or had an error last time. An error comes again with every fetch until the partition is
 * forgotten or the error is gone.
 *
 * A rejection means that the client is not waiting for these records, which are to be given back: INVALID_SHARE_SESSION_EPOCH when
 * another request of the session came meanwhile, SHARE_SESSION_NOT_FOUND when the session ended or was replaced (Kafka
 * answers then with the records, which nobody looks at).
 */
export function answerFetch<T extends FetchedPartition>(
  sessions: ShareSessions,
  { kind, session, epoch }: SessionUse,
  fetched: readonly T[],
): Result<readonly T[]> {
  // Closing fetches nothing: there are only results of acknowledgements.
  if (kind === 'closing') return ok(fetched);
  const { group, memberId } = session;
  if (findShareSession(sessions, group, memberId) !== session) {
    return reject('SHARE_SESSION_NOT_FOUND', `The share session of member ${memberId} ended while the fetch waited.`);
  }
  if (kind === 'continued' && session.epoch !== nextSessionEpoch(epoch)) {
    return reject(
      'INVALID_SHARE_SESSION_EPOCH',
      `Epoch ${epoch} is over: the share session of member ${memberId} expects ${session.epoch} since another request came.`,
    );
  }
  const named = fetched.filter((partition) => {
    const known = session.partitions.get(topicPartitionText(partition));
    return (
      kind === 'opened' ||
      partition.hasRecords ||
      partition.failed ||
      partition.hasAcknowledgements ||
      known?.answerDue === true
    );
  });
  for (const partition of fetched) {
    const key = topicPartitionText(partition);
    const known = session.partitions.get(key);
    if (known === undefined) continue;
    known.answerDue = partition.failed;
    if (!partition.hasRecords) continue;
    session.partitions.delete(key);
    session.partitions.set(key, known);
  }
  return ok(named);
}

/** Ends a session, unless a new one has taken its place. Returns whether it did: then the member's records are to be released. */
export function endShareSession(sessions: ShareSessions, session: ShareSession): boolean {
  const key = sessionKey(session.group, session.memberId);
  return sessions.get(key) === session && sessions.delete(key);
}

/**
 * Ends the sessions that a connection opened, and returns them: the records of their members are to be released. Kafka ends only the
 * last one of a connection; a proxy may have opened many. A session that was opened again on another connection stays.
 */
export function dropConnection(sessions: ShareSessions, connectionId: string): readonly ShareSession[] {
  const dropped = [...sessions.values()].filter((session) => session.connectionId === connectionId);
  for (const session of dropped) endShareSession(sessions, session);
  return dropped;
}
