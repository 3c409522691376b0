import { randomInt } from 'node:crypto';
import type { FetchRequest } from '../codec/messages/fetch.ts';
import { errorCodes } from '../codec/error-codes.ts';
import type { Clock } from '../ports/clock.ts';

/** A partition as a client asks for it: the topic by name or by id, as the version has it. */
export interface AskedPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly fetchOffset: number;
  readonly currentLeaderEpoch: number;
  readonly lastFetchedEpoch: number;
  readonly maxBytes: number;
}

/** What the client was told last of a partition in its session. */
interface Told {
  asked: AskedPartition;
  highWatermark: number;
  logStartOffset: number;
}

interface Session {
  readonly id: number;
  readonly usesTopicIds: boolean;
  /** That the next request has to carry. */
  epoch: number;
  readonly partitions: Map<string, Told>;
  lastUsedMs: number;
  readonly createdMs: number;
}

/** What one Fetch request is about. */
export interface FetchScope {
  /** Answered with this alone when it is not NONE. */
  readonly errorCode: number;
  readonly asked: readonly AskedPartition[];
  /** Gives the id to answer with, and whether a partition has to be in the answer. Called once, when the partitions have been read. */
  settle(read: readonly ReadPartition[]): { readonly sessionId: number; readonly isTold: readonly boolean[] };
}

/** What was found of a partition, in the order of `asked`. */
export interface ReadPartition {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly hasRecords: boolean;
  readonly diverges: boolean;
}

/** Session epochs with a meaning of their own (FetchMetadata in Kafka). */
const initialEpoch = 0;
const finalEpoch = -1;
const noSession = 0;

/** A session that has not been used for so long gives way to any other (`FetchSession.MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS`). */
const evictionMs = 120_000;

/**
 * Fetch sessions (KIP-227): the server remembers the partitions a client asks for, so that requests and answers carry only what has
 * changed. A session belongs to whoever knows its id, also over another connection. There are at most
 * `max.incremental.fetch.session.cache.slots`; a client that gets none asks for everything each time.
 */
export class FetchSessions {
  readonly #maxSessions: number;
  readonly #clock: Clock;
  /** Longest unused first. */
  readonly #sessions = new Map<number, Session>();

  constructor(maxSessions: number, clock: Clock) {
    this.#maxSessions = maxSessions;
    this.#clock = clock;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** FetchManager.newContext in Kafka. */
  open(request: FetchRequest, version: number): FetchScope {
    const { sessionId, sessionEpoch } = request;
    const usesTopicIds = version >= 13;
    if (sessionEpoch === initialEpoch || sessionEpoch === finalEpoch) {
      this.#sessions.delete(sessionId);
      const asked = [...keyed(request, usesTopicIds).values()];
      if (sessionEpoch === finalEpoch) return withoutSession(asked);
      return { errorCode: errorCodes.NONE, asked, settle: (read) => this.#create(asked, usesTopicIds, read) };
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return refused(errorCodes.FETCH_SESSION_ID_NOT_FOUND);
    if (session.epoch !== sessionEpoch) return refused(errorCodes.INVALID_FETCH_SESSION_EPOCH);
    if (session.usesTopicIds !== usesTopicIds) return refused(errorCodes.FETCH_SESSION_TOPIC_ID_ERROR);
    return this.#continue(session, request);
  }

  #continue(session: Session, request: FetchRequest): FetchScope {
    for (const [key, asked] of keyed(request, session.usesTopicIds)) {
      const told = session.partitions.get(key);
      if (told === undefined) session.partitions.set(key, { asked, highWatermark: -1, logStartOffset: -1 });
      else told.asked = asked;
    }
    for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
      const name = session.usesTopicIds ? topicId : topic;
      for (const partition of partitions) session.partitions.delete(`${name}/${partition}`);
    }
    const entries = [...session.partitions];
    const asked = entries.map(([, told]) => told.asked);
    this.#sessions.delete(session.id);
    if (entries.length === 0) return withoutSession(asked);
    session.epoch = session.epoch === 2 ** 31 - 1 ? 1 : session.epoch + 1;
    session.lastUsedMs = this.#clock.monotonicMs();
    this.#sessions.set(session.id, session);
    return {
      errorCode: errorCodes.NONE,
      asked,
      settle: (read) => ({
        sessionId: session.id,
        isTold: entries.map(([key, told], i) => tell(session, key, told, read[i] as ReadPartition)),
      }),
    };
  }

  #create(asked: readonly AskedPartition[], usesTopicIds: boolean, read: readonly ReadPartition[]) {
    const isTold = asked.map(() => true);
    const nowMs = this.#clock.monotonicMs();
    if (!this.#makeRoom(asked.length, nowMs)) return { sessionId: noSession, isTold };
    let id: number;
    do id = randomInt(1, 2 ** 31 - 1);
    while (this.#sessions.has(id));
    const partitions = new Map<string, Told>();
    for (const [i, each] of asked.entries()) {
      const { highWatermark = -1, logStartOffset = -1 } = read[i]?.errorCode === errorCodes.NONE ? read[i] : {};
      partitions.set(keyOf(each, usesTopicIds), { asked: each, highWatermark, logStartOffset });
    }
    this.#sessions.set(id, { id, usesTopicIds, epoch: 1, partitions, lastUsedMs: nowMs, createdMs: nowMs });
    return { sessionId: id, isTold };
  }

  /**
   * FetchSessionCache.tryEvict in Kafka: the session that was unused the longest goes if it was so for two minutes; otherwise the
   * smallest one, if it has fewer partitions and is not new.
   */
  #makeRoom(size: number, nowMs: number): boolean {
    if (this.#sessions.size < this.#maxSessions) return true;
    const [oldest] = this.#sessions.values();
    if (oldest === undefined) return false;
    if (nowMs - oldest.lastUsedMs > evictionMs) return this.#sessions.delete(oldest.id);
    let smallest: Session | undefined;
    for (const session of this.#sessions.values()) {
      const isOld = nowMs - session.createdMs > evictionMs;
      if (isOld && (smallest === undefined || session.partitions.size < smallest.partitions.size)) smallest = session;
    }
    return smallest !== undefined && smallest.partitions.size < size && this.#sessions.delete(smallest.id);
  }
}

/** CachedPartition.maybeUpdateResponseData: what the client does not know yet is told; an error always, and once more what comes after it. */
const tell = (session: Session, key: string, told: Told, read: ReadPartition): boolean => {
  const isNews =
    read.hasRecords ||
    read.diverges ||
    read.errorCode !== errorCodes.NONE ||
    read.highWatermark !== told.highWatermark ||
    read.logStartOffset !== told.logStartOffset;
  told.highWatermark = read.errorCode === errorCodes.NONE ? read.highWatermark : -1;
  told.logStartOffset = read.logStartOffset;
  // Behind the others: a partition with much to read must not keep them from the answer.
  if (read.hasRecords && session.partitions.delete(key)) session.partitions.set(key, told);
  return isNews;
};

const withoutSession = (asked: readonly AskedPartition[]): FetchScope => ({
  errorCode: errorCodes.NONE,
  asked,
  settle: () => ({ sessionId: noSession, isTold: asked.map(() => true) }),
});

const refused = (errorCode: number): FetchScope => ({ ...withoutSession([]), errorCode });

const keyOf = ({ topic, topicId, partition }: AskedPartition, usesTopicIds: boolean): string =>
  `${usesTopicIds ? topicId : topic}/${partition}`;

/** The partitions of a request; one that comes twice counts once, as it came last. */
const keyed = ({ topics }: FetchRequest, usesTopicIds: boolean): Map<string, AskedPartition> => {
  const asked = new Map<string, AskedPartition>();
  for (const { topic, topicId, partitions } of topics) {
    for (const { partition, fetchOffset, currentLeaderEpoch, lastFetchedEpoch, partitionMaxBytes } of partitions) {
      const each = { topic, topicId, partition, fetchOffset, currentLeaderEpoch, lastFetchedEpoch };
      asked.set(keyOf({ ...each, maxBytes: 0 }, usesTopicIds), { ...each, maxBytes: partitionMaxBytes });
    }
  }
  return asked;
};
