import type { Rejection } from '../core/errors.ts';
import { type GroupId, type TopicPartition, holderOf, topicPartitionText } from '../core/ids.ts';
import { type Result, ok, reject } from '../core/result.ts';
import { endLeaving } from '../core/share-group/departure.ts';
import { checkShareRequest, readAcknowledgementBatches } from '../core/share-session/share-request.ts';
import {
  type SessionUse,
  type ShareSession,
  type ShareSessions,
  answerFetch,
  dropConnection,
  endShareSession,
  findShareSession,
  partitionsToFetch,
  useForAcknowledge,
  useForFetch,
} from '../core/share-session/share-session.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { RecordLog } from '../ports/record-log.ts';
import { ReleaseHolderCommand, type WindowInstant } from './commands.ts';
import { rejectionOf } from './faults.ts';
import type { Fetching } from './fetching.ts';
import type { Groups } from './groups.ts';
import type { Guard } from './guard.ts';
import { MemberAcknowledgeCommand } from './member-acknowledge-command.ts';
import type {
  AcknowledgedPartition,
  PartitionAcknowledgements,
  ShareAcknowledgeOutcome,
  ShareAcknowledgeRequest,
  ShareFetchOutcome,
  ShareFetchRequest,
  SharePartitionAnswer,
} from './member-requests.ts';
import type { Ownership } from './ownership.ts';
import { ReadAhead } from './read-ahead.ts';
import type { AcquiredRange } from './requests.ts';
import type { ShareGroup } from './share-group.ts';
import type { SharePartitionRuntime } from './share-partition-runtime.ts';
import type { Topics } from './topics.ts';

/** What a member has at one node, as of one moment: its share session, and where it holds records. */
export interface MemberHoldings {
  /** Sessions are numbered by their node. */
  readonly session: number | null;
  readonly partitions: readonly (TopicPartition & WindowInstant)[];
}

export interface ShareSessionSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: RecordLog;
  readonly guard: Guard;
  readonly topics: Topics;
  readonly groups: Groups;
  readonly fetching: Fetching;
  readonly ownership: Ownership;
  /** `group.share.max.share.sessions`. */
  readonly maxShareSessions: number;
  /** `fetch.max.bytes`. */
  readonly fetchMaxBytes: number;
}

/**
 * ShareFetch and ShareAcknowledge: the share sessions of Kafka's members and what is done in them. A request is checked, uses up its
 * session's epoch, has its acknowledgements applied, and fetches meanwhile; the answer waits for both (KIP-932 sections 3.5, 3.6).
 * The rules are in core/share-session.
 */
export class ShareSessionRuntime {
  readonly #surroundings: ShareSessionSurroundings;
  readonly #sessions: ShareSessions = new Map();
  readonly #readAhead: ReadAhead;
  readonly #numbers = new WeakMap<ShareSession, number>();
  #numbered = 0;
  /** Fetches under way, by session: a session that ends has nobody to hand records to. */
  readonly #fetches = new Map<ShareSession, AbortController>();
  /** Refused for want of room, and told so later. */
  readonly #heldBack = new Set<() => void>();

  constructor(surroundings: ShareSessionSurroundings) {
    this.#surroundings = surroundings;
    this.#readAhead = new ReadAhead(surroundings.log);
  }

  /** How many sessions there are, and partitions in all of them together. */
  get size(): { readonly sessions: number; readonly partitions: number } {
    let partitions = 0;
    for (const session of this.#sessions.values()) partitions += session.partitions.size;
    return { sessions: this.#sessions.size, partitions };
  }

  has(group: GroupId, memberId: string): boolean {
    return findShareSession(this.#sessions, group, memberId) !== undefined;
  }

  /** @param signal aborted when the connection is gone: then nothing stays locked */
  fetch(request: ShareFetchRequest, signal: AbortSignal): Promise<Result<ShareFetchOutcome>> {
    return this.#surroundings.guard.run(async () => {
      const valid = checkShareRequest(request, request);
      if (!valid.ok) return valid;
      const found = this.#find(request);
      if (!found.ok) return found;
      const { group, memberId } = found.value;
      const hasAcknowledgements = request.acknowledgements.length > 0;
      const session = { ...request, group: group.id, memberId, epoch: request.sessionEpoch, hasAcknowledgements };
      const use = useForFetch(this.#sessions, session, this.#surroundings.maxShareSessions);
      if (!use.ok) {
        // Held back: a client asks again at once.
        if (use.error.code === 'SHARE_SESSION_LIMIT_REACHED') await this.#holdBack(request.maxWaitMs, signal);
        return use;
      }
      if (use.value.replaced !== undefined) this.#stopFetch(use.value.replaced);
      const [acknowledged, fetched] = await Promise.all([
        this.#acknowledge(group, memberId, request),
        this.#fetch(group, use.value, request, signal),
      ]);
      if (use.value.kind === 'closing') this.#end(use.value.session);
      const answer = answerFetch(this.#sessions, use.value, combine(fetched, acknowledged));
      if (!answer.ok || signal.aborted) this.#giveBack(group, fetched);
      if (!answer.ok) return answer;
      return ok({ lockDurationMs: group.config.lockDurationMs, partitions: answer.value });
    });
  }

  acknowledge(request: ShareAcknowledgeRequest): Promise<Result<ShareAcknowledgeOutcome>> {
    return this.#surroundings.guard.run(async () => {
      const valid = checkShareRequest(request);
      if (!valid.ok) return valid;
      const found = this.#find(request);
      if (!found.ok) return found;
      const { group, memberId } = found.value;
      const session = { group: group.id, memberId, epoch: request.sessionEpoch };
      const use = useForAcknowledge(this.#sessions, session);
      if (!use.ok) return use;
      const partitions = await this.#acknowledge(group, memberId, request);
      if (use.value.kind === 'closing') this.#end(use.value.session);
      return ok({ lockDurationMs: group.config.lockDurationMs, partitions });
    });
  }

  /** Its member is fenced or has been gone for too long. The caller releases its records. */
  drop(group: GroupId, memberId: string): void {
    const session = findShareSession(this.#sessions, group, memberId);
    if (session === undefined) return;
    endShareSession(this.#sessions, session);
    this.#stopFetch(session);
  }

  /** A connection is gone, and what was received over it is done: its sessions end, and their members' records are free. */
  connectionClosed(connectionId: string): void {
    for (const session of dropConnection(this.#sessions, connectionId)) {
      this.#stopFetch(session);
      this.#free(session);
    }
  }

  #end(session: ShareSession): void {
    if (!endShareSession(this.#sessions, session)) return;
    this.#stopFetch(session);
    this.#free(session);
  }

  #free({ group: id, memberId }: ShareSession): void {
    const group = this.#surroundings.groups.find(id);
    if (!group.ok) return;
    endLeaving(group.value.membership, memberId);
    this.releaseRecords(group.value, memberId, 'the share session ended');
  }

  /** As of now. */
  holdings(id: GroupId, memberId: string): MemberHoldings {
    const session = findShareSession(this.#sessions, id, memberId);
    const group = this.#surroundings.groups.find(id);
    return {
      session: session === undefined ? null : this.#numberOf(session),
      partitions: group.ok ? heldPartitions(group.value, memberId) : [],
    };
  }

  /** Ends and releases what a member had when its `holdings` were asked for. What it has taken since is left alone: it is back. */
  free(id: GroupId, memberId: string, had: MemberHoldings, reason: string): void {
    const session = findShareSession(this.#sessions, id, memberId);
    if (session !== undefined && this.#numberOf(session) === had.session) this.drop(id, memberId);
    const group = this.#surroundings.groups.find(id);
    if (group.ok) this.#release(group.value, memberId, had.partitions, reason);
  }

  #numberOf(session: ShareSession): number {
    const number = this.#numbers.get(session) ?? ++this.#numbered;
    this.#numbers.set(session, number);
    return number;
  }

  /** Everything that a member holds is available again, or archived at its limit. */
  releaseRecords(group: ShareGroup, memberId: string, reason: string): void {
    this.#release(group, memberId, heldPartitions(group, memberId), reason);
  }

  #release(group: ShareGroup, memberId: string, held: MemberHoldings['partitions'], reason: string): void {
    const holder = holderOf('kafka', memberId);
    for (const each of held) {
      const partition = group.partition(each);
      if (partition?.window?.holders.has(holder) !== true) continue;
      const command = new ReleaseHolderCommand(each, holder, reason);
      partition.submit(command);
      void command.done.then((outcome) => {
        if (!('code' in outcome)) return;
        const place = { group: group.id, topic: partition.topic, partition: partition.key.partition, memberId };
        const repeats = 'releases that failed';
        this.#surroundings.logger.warn(
          { ...place, repeats },
          `records wait for their locks to run out: ${outcome.message}`,
        );
      });
    }
  }

  #stopFetch(session: ShareSession): void {
    this.#fetches.get(session)?.abort();
  }

  #find(request: ShareAcknowledgeRequest): Result<{ readonly group: ShareGroup; readonly memberId: string }> {
    const group = this.#surroundings.groups.find(request.groupId!);
    return group.ok ? ok({ group: group.value, memberId: request.memberId! }) : group;
  }

  /** Answers those who are held back. */
  drain(): void {
    for (const done of this.#heldBack) done();
  }

  async #holdBack(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => resolve();
    this.#heldBack.add(done);
    const timer = this.#surroundings.clock.schedule(Math.max(0, ms), done);
    signal.addEventListener('abort', done);
    // The connection may be gone while what was received over it is still worked on.
    if (signal.aborted) done();
    await promise;
    this.#heldBack.delete(done);
    timer.cancel();
    signal.removeEventListener('abort', done);
  }

  // ───────────── acknowledgements ─────────────

  async #acknowledge(
    group: ShareGroup,
    memberId: string,
    request: ShareAcknowledgeRequest,
  ): Promise<AcknowledgedPartition[]> {
    const holder = holderOf('kafka', memberId);
    const acknowledge = async ({ batches, topicId, partition }: PartitionAcknowledgements) => {
      const ranges = readAcknowledgementBatches(batches, request);
      if (!ranges.ok) return ranges.error;
      const runtime = this.#partition(group, { topicId, partition });
      if (!runtime.ok) return runtime.error;
      const command = new MemberAcknowledgeCommand(holder, ranges.value);
      runtime.value.acknowledgeAsMember(command);
      return await command.done;
    };
    return await Promise.all(
      request.acknowledgements.map(async (each) => ({
        topicId: each.topicId,
        partition: each.partition,
        error: await acknowledge(each),
      })),
    );
  }

  // ───────────── fetching ─────────────

  async #fetch(
    group: ShareGroup,
    use: SessionUse,
    request: ShareFetchRequest,
    signal: AbortSignal,
  ): Promise<SharePartitionAnswer[]> {
    if (use.kind === 'closing') return [];
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    // Before the partitions are loaded: the session may end meanwhile.
    this.#fetches.set(use.session, controller);
    try {
      return await this.#take(group, use, request, controller.signal);
    } finally {
      signal.removeEventListener('abort', abort);
      if (this.#fetches.get(use.session) === controller) this.#fetches.delete(use.session);
    }
  }

  async #take(
    group: ShareGroup,
    use: SessionUse,
    request: ShareFetchRequest,
    signal: AbortSignal,
  ): Promise<SharePartitionAnswer[]> {
    const wanted = partitionsToFetch(use);
    const answers = new Map<string, SharePartitionAnswer>();
    const runtimes: SharePartitionRuntime[] = [];
    for (const key of wanted) {
      const runtime = await this.#opened(group, key);
      if (runtime.ok) runtimes.push(runtime.value);
      answers.set(topicPartitionText(key), emptyAnswer(key, runtime.ok ? null : runtime.error));
    }
    const { maxRecords, maxBytes, maxWaitMs, minBytes } = request;
    // @kafkats/client opens its session so, and gives back what comes: a delivery wasted. In Kafka nothing comes, because a share
    // partition is still being loaded then.
    const opensOnly = use.kind === 'opened' && maxWaitMs === 0 && minBytes === 0;
    const wantsNone = maxRecords <= 0 || maxBytes <= 0 || request.isRenewAck || opensOnly;
    if (runtimes.length === 0 || wantsNone) return [...answers.values()];

    const take = {
      holder: holderOf('kafka', use.session.memberId),
      maxRecords,
      maxBytes: Math.min(maxBytes, this.#surroundings.fetchMaxBytes),
      waitMs: minBytes > 0 ? Math.max(0, maxWaitMs) : 0,
      lockDurationMs: null,
      acquireMode: request.acquireMode,
    };
    const outcome = await this.#surroundings.fetching.take(group, runtimes, take, signal);
    if (!outcome.ok) {
      const failed = runtimes.filter((each) => each.closed !== undefined);
      for (const { key } of failed.length > 0 ? failed : runtimes) {
        answers.set(topicPartitionText(key), emptyAnswer(key, outcome.error));
      }
      return [...answers.values()];
    }
    // After what runs now, which also asks for the acknowledgements to be written: the disk is waited for, and nobody computes.
    if (outcome.value.length > 0) setImmediate(() => this.#readAhead.read(runtimes, take));
    for (const [text, ranges] of byPartition(outcome.value)) {
      answers.set(text, { ...answers.get(text)!, ranges, batches: batchesOf(ranges) });
    }
    return [...answers.values()];
  }

  /** A share partition of the group, loaded, with its start stored. */
  async #opened(group: ShareGroup, key: TopicPartition): Promise<Result<SharePartitionRuntime>> {
    const known = group.partition(key);
    if (known?.window !== undefined) return ok(known);
    const { topics, groups } = this.#surroundings;
    const topic = topics.findById(key.topicId);
    if (!topic.ok) return topic;
    try {
      const opened = await groups.partitionsOf(group, topic.value, null);
      return opened.ok ? this.#partition(group, key) : opened;
    } catch (error) {
      return { ok: false, error: rejectionOf(error) };
    }
  }

  #partition(group: ShareGroup, key: TopicPartition): Result<SharePartitionRuntime> {
    const partition = group.partition(key);
    if (partition !== undefined) return ok(partition);
    const topic = this.#surroundings.topics.findById(key.topicId);
    if (!topic.ok) return topic;
    const found = this.#surroundings.topics.findPartition(topic.value.name, key.partition);
    if (!found.ok) return found;
    const { ownership } = this.#surroundings;
    if (!ownership.owns(key)) return { ok: false, error: ownership.notOwner(topic.value.name, key) };
    return reject(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `Share group "${group.id}" has not read ${topic.value.name}-${key.partition}: there is nothing to acknowledge.`,
    );
  }

  #giveBack(group: ShareGroup, fetched: readonly SharePartitionAnswer[]): void {
    for (const { ranges } of fetched) for (const range of ranges) group.partition(range)?.giveBack(range);
  }
}

function heldPartitions(group: ShareGroup, memberId: string): MemberHoldings['partitions'] {
  const holder = holderOf('kafka', memberId);
  return [...group.partitions].flatMap(({ key, window }) => {
    if (window?.holders.has(holder) !== true) return [];
    const { leaderEpoch, stateEpoch, nextAcquisition } = window;
    return [{ topicId: key.topicId, partition: key.partition, leaderEpoch, stateEpoch, nextAcquisition }];
  });
}

const emptyAnswer = ({ topicId, partition }: TopicPartition, error: Rejection | null): SharePartitionAnswer => ({
  topicId,
  partition,
  error,
  acknowledgeError: null,
  ranges: [],
  batches: [],
});

/** What the session's rules look at, beside the answer. */
type Answerable = SharePartitionAnswer & {
  readonly hasRecords: boolean;
  readonly failed: boolean;
  readonly hasAcknowledgements: boolean;
};

/** Fetched partitions with what became of their acknowledgements, then those that were only acknowledged. */
function combine(
  fetched: readonly SharePartitionAnswer[],
  acknowledged: readonly AcknowledgedPartition[],
): readonly Answerable[] {
  const open = new Map(acknowledged.map((each) => [topicPartitionText(each), each]));
  const both = fetched.map((each) => {
    const text = topicPartitionText(each);
    const own = open.get(text);
    open.delete(text);
    return answerable({ ...each, acknowledgeError: own?.error ?? null }, own !== undefined);
  });
  const rest = [...open.values()].map((each) =>
    answerable({ ...emptyAnswer(each, null), acknowledgeError: each.error }, true),
  );
  return [...both, ...rest];
}

const answerable = (answer: SharePartitionAnswer, hasAcknowledgements: boolean): Answerable => ({
  ...answer,
  hasRecords: answer.ranges.length > 0,
  failed: answer.error !== null,
  hasAcknowledgements,
});

function byPartition(ranges: readonly AcquiredRange[]): Map<string, AcquiredRange[]> {
  const partitions = new Map<string, AcquiredRange[]>();
  for (const range of ranges) {
    const text = topicPartitionText(range);
    const known = partitions.get(text);
    if (known === undefined) partitions.set(text, [range]);
    else known.push(range);
  }
  return partitions;
}

/** Neighbouring ranges may lie in the same batch. */
function batchesOf(ranges: readonly AcquiredRange[]): AcquiredRange['batches'] {
  if (ranges.length === 1) return ranges[0]!.batches;
  const batches = new Map(ranges.flatMap((range) => range.batches.map((batch) => [batch.baseOffset, batch])));
  return [...batches.values()].sort((a, b) => a.baseOffset - b.baseOffset);
}
