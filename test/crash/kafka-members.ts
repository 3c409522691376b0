import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodes } from '../../src/codec/error-codes.ts';
import type { ShareFetchResponsePartitionData } from '../../src/codec/messages/share-fetch.ts';
import { openBatch } from '../../src/codec/record-batch.ts';
import { ShareMember } from '../kafka/share-member.ts';
import { leaseOfMember } from './auditor.ts';
import { type AcknowledgeOutcome, type AcknowledgeType, type AcquiredRecord, nowMs } from './history.ts';
import { KafkaLink, answerOf } from './kafka-link.ts';
import { judgeBytes } from './payload.ts';
import type { Random } from './random.ts';
import { NoAnswer, type Session } from './session.ts';

export interface KafkaMemberPlan {
  readonly group: string;
  readonly topic: string;
  /** `share.delivery.count.limit` of the group: at it a release archives, which the answer does not say. */
  readonly deliveryCountLimit: number;
  /** For so long nobody else gets what it has. */
  readonly lockMs: number;
  readonly maxRecords: number;
  /** How often a record is not simply accepted. */
  readonly trouble: number;
}

interface Item {
  readonly record: AcquiredRecord;
  readonly type: AcknowledgeType;
}

const heartbeatEveryMs = 3_000;
const types = { accept: 1, release: 2, reject: 3, renew: 4 } as const;
const statuses = { accept: 'accepted', release: 'released', reject: 'rejected', renew: 'renewed' } as const;

/**
 * A share consumer that never stops: joins whatever server is running, fetches, and settles what it got with ShareAcknowledge: most
 * records are accepted, some released, rejected, or renewed first.
 */
export async function consumeForever(session: Session, random: Random, plan: KafkaMemberPlan): Promise<void> {
  // The coordinator is one node of a cluster; the partitions that this one fetches are those of one node, this or another.
  const member = new Member(session, new KafkaLink(session), new KafkaLink(session, session.name.length), plan);
  for (;;) {
    try {
      await member.beat();
      const maxRecords = random.between(1, plan.maxRecords);
      const records = await member.fetch(maxRecords, random.pick([0, 100, 500]));
      if (records.length === 0) {
        await sleep(random.between(5, 30));
        continue;
      }
      const items = records.map((record): Item => {
        const isTrouble = !session.drain && random.chance(plan.trouble);
        return { record, type: isTrouble ? random.pick(['release', 'release', 'reject', 'renew']) : 'accept' };
      });
      const renewed = items.filter(({ type }) => type === 'renew');
      if (renewed.length > 0) await member.acknowledge(renewed);
      await sleep(random.between(0, 25));
      await member.acknowledge(items.map((item) => (item.type === 'renew' ? { ...item, type: 'accept' } : item)));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      await sleep(random.between(1, 10));
    }
  }
}

/** One member of a group, which joins again wherever it is not known. */
class Member {
  readonly #session: Session;
  readonly #coordinator: KafkaLink;
  readonly #link: KafkaLink;
  readonly #plan: KafkaMemberPlan;
  /** Who sends the heartbeats, and who fetches: the same member, over two connections. */
  #beating: ShareMember | undefined;
  #member: ShareMember | undefined;
  #beatAtMs = 0;
  #topicId = '';
  #assigned: readonly number[] = [];
  #inSession: readonly number[] = [];

  constructor(session: Session, coordinator: KafkaLink, link: KafkaLink, plan: KafkaMemberPlan) {
    this.#session = session;
    this.#coordinator = coordinator;
    this.#link = link;
    this.#plan = plan;
  }

  async beat(): Promise<void> {
    await this.#coordinator.exchange(async ({ client, isNew }) => {
      if (isNew || this.#beating === undefined) {
        this.#beating = new ShareMember(client, this.#session.name, this.#plan.group);
        this.#beatAtMs = 0;
      }
      const member = this.#beating;
      if (nowMs() - this.#beatAtMs < heartbeatEveryMs) return;
      const answer = await answerOf(member.memberEpoch === 0 ? member.join(this.#plan.topic) : member.heartbeat());
      if (answer.errorCode !== 0) {
        this.#beating = undefined;
        this.#coordinator.nextNode();
        this.#refused('heartbeat', answer.errorCode);
      }
      this.#beatAtMs = nowMs();
      const assigned = answer.assignment?.topicPartitions;
      if (assigned === undefined) return;
      this.#topicId = assigned[0]?.topicId ?? this.#topicId;
      this.#assigned = assigned[0]?.partitions ?? [];
    });
  }

  /** It is begun anew, on a server that may be stopping. */
  #refused(what: string, errorCode: number): never {
    this.#member = undefined;
    if (!expected.has(errorCode)) this.#session.complain(`${what} was answered with error ${errorCode}`);
    throw new NoAnswer(`error ${errorCode}`);
  }

  async fetch(maxRecords: number, maxWaitMs: number): Promise<readonly AcquiredRecord[]> {
    return this.#link.exchange(async ({ client, incarnation, isNew }) => {
      if (isNew || this.#member === undefined) {
        this.#member = new ShareMember(client, this.#session.name, this.#plan.group);
        this.#inSession = [];
      }
      const member = this.#member;
      const { group, topic, lockMs } = this.#plan;
      const request = this.#session.nextRequest();
      const { journal } = this.#session;
      journal.write({ kind: 'acquire', atMs: nowMs(), request, incarnation, group, topics: [topic], lockMs });
      const isOpening = member.sessionEpoch === 0;
      const added = this.#assigned.filter((each) => !this.#inSession.includes(each));
      const removed = this.#inSession.filter((each) => !this.#assigned.includes(each));
      const { errorCode, responses } = await answerOf(
        member.fetch({
          maxRecords,
          maxWaitMs: isOpening ? 0 : maxWaitMs,
          topics:
            added.length === 0
              ? []
              : [{ topicId: this.#topicId, partitions: added.map((partitionIndex) => ({ partitionIndex })) }],
          forgottenTopicsData: removed.length === 0 ? [] : [{ topicId: this.#topicId, partitions: removed }],
        }),
      );
      if (errorCode !== 0) {
        journal.write({ kind: 'acquire_refused', atMs: nowMs(), request, why: `error ${errorCode}` });
        this.#refused('share fetch', errorCode);
      }
      this.#inSession = this.#assigned;
      const partitions = responses.flatMap((each) => each.partitions);
      const records = partitions.flatMap((each) => recordsOf(request, topic, each));
      journal.write({ kind: 'acquired', atMs: nowMs(), request, records });
      for (const each of partitions) {
        if (each.errorCode !== 0 && !expected.has(each.errorCode)) {
          this.#session.complain(`share fetch of ${topic}/${each.partitionIndex}: error ${each.errorCode}`);
        }
      }
      return records;
    });
  }

  async acknowledge(items: readonly Item[]): Promise<void> {
    await this.#link.exchange(async ({ incarnation, isNew }) => {
      const member = this.#member;
      if (isNew || member === undefined) throw new NoAnswer('a new server');
      const request = this.#session.nextRequest();
      const { lockMs, deliveryCountLimit } = this.#plan;
      const sent = items.map(({ record: { lease }, type }) =>
        type === 'renew' ? { lease, type, lockDurationMs: lockMs } : { lease, type },
      );
      this.#session.willAcknowledge(request, incarnation, sent);
      const partitions = [...Map.groupBy(items, ({ record }) => record.partition)].map(([partitionIndex, each]) => ({
        partitionIndex,
        acknowledgementBatches: each.map(({ record: { offset }, type }) => ({
          firstOffset: offset,
          lastOffset: offset,
          acknowledgeTypes: [types[type]],
        })),
      }));
      const isRenewAck = items[0]?.type === 'renew';
      const answer = await answerOf(
        member.acknowledge(this.#topicId, [], { isRenewAck, topics: [{ topicId: this.#topicId, partitions }] }),
      );
      if (answer.errorCode !== 0) this.#refused('share acknowledge', answer.errorCode);
      const errors = new Map(
        answer.responses.flatMap((each) => each.partitions.map((part) => [part.partitionIndex, part.errorCode])),
      );
      this.#session.wasAcknowledged(
        request,
        items.map(({ record, type }): AcknowledgeOutcome => {
          const error = errors.get(record.partition);
          if (error !== 0) return { status: 'error', code: codeOf(error) };
          const isLast = type === 'release' && record.deliveryCount >= deliveryCountLimit;
          return { status: isLast ? 'archived' : statuses[type] };
        }),
      );
    });
  }
}

/** What a server says that has been restarted, or stops. */
const expected: ReadonlySet<number> = new Set([
  errorCodes.UNKNOWN_MEMBER_ID,
  errorCodes.SHARE_SESSION_NOT_FOUND,
  errorCodes.COORDINATOR_NOT_AVAILABLE,
  errorCodes.NOT_LEADER_OR_FOLLOWER,
  errorCodes.KAFKA_STORAGE_ERROR,
  // One of several nodes says it, or what they all need is away.
  errorCodes.NOT_COORDINATOR,
  errorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  errorCodes.REQUEST_TIMED_OUT,
]);

/** Where nothing is known of the outcome, as the auditor calls it. */
const codeOf = (error: number | undefined): string =>
  error !== undefined && expected.has(error) ? 'OUTCOME_UNKNOWN' : `error ${error}`;

const recordsOf = (
  request: string,
  topic: string,
  { partitionIndex, records, acquiredRecords }: ShareFetchResponsePartitionData,
): AcquiredRecord[] => {
  let bytes = Buffer.concat(records instanceof Uint8Array ? [records] : [...records]);
  const acquired: AcquiredRecord[] = [];
  while (bytes.length > 0) {
    const sizeBytes = 12 + bytes.readInt32BE(8);
    const batch = openBatch(bytes.subarray(0, sizeBytes));
    const { baseOffset, lastOffset } = batch.header;
    for (let offset = baseOffset; offset <= lastOffset; offset++) {
      const range = acquiredRecords.find((each) => offset >= each.firstOffset && offset <= each.lastOffset);
      if (range === undefined) continue;
      acquired.push({
        topic,
        partition: partitionIndex,
        offset,
        deliveryCount: range.deliveryCount,
        lease: leaseOfMember(request, partitionIndex, offset),
        ...judgeBytes(Buffer.from(batch.record(offset)?.value ?? [])),
      });
    }
    bytes = bytes.subarray(sizeBytes);
  }
  return acquired;
};
