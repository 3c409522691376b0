import { errorCodes } from '../codec/error-codes.ts';
import { heartbeatApi } from '../codec/messages/heartbeat.ts';
import { type JoinGroupResponse, joinGroupApi } from '../codec/messages/join-group.ts';
import { leaveGroupApi } from '../codec/messages/leave-group.ts';
import { syncGroupApi } from '../codec/messages/sync-group.ts';
import { errorName } from '../kafka-client/error-name.ts';
import type { KafkaClient } from '../kafka-client/kafka-client.ts';
import { KafkaUnavailable } from '../kafka-client/kafka-unavailable.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { LastMember } from './member-file.ts';

export interface OwnershipGroupSettings {
  readonly groupId: string;
  /** Of the broker's `group.min.session.timeout.ms` (6 s) and `group.max.session.timeout.ms`. */
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

export interface GroupMember {
  readonly memberId: string;
  readonly data: Uint8Array;
}

export interface OwnershipGroupOutside {
  readonly client: Pick<KafkaClient, 'request' | 'coordinatorOf'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The member that a process was which is dead for certain: this one has what kept others out. */
  readonly lastMember: LastMember;
  /** Asked of the leader: what each member is to be told. */
  assign(members: readonly GroupMember[]): Uint8Array;
  /** This member's part of a generation. */
  assigned(bytes: Uint8Array, memberId: string): void;
  /**
   * The group has gone on without this member. What it had may have been another's meanwhile, also where it gets it back: what is in memory
   * of it no longer counts, since acquiring writes nothing that could be fenced.
   */
  lost(): void;
  /** Heartbeats succeed again after a time in which `isCurrent` was false. */
  resumed(): void;
}

const protocolType = 'sash';
/** One name for each layout of members' data: nodes that do not have one in common cannot be in one group. */
const protocolName = 'sash-1';

/** The time by which nobody's clock is slower than another's, nor an answer late: so long before the session ends nothing is handed out. */
const marginMs = 1_000;
const retryDelayMs = 200;
/** What does not pass by itself is tried again after so long. */
const refusedDelayMs = 5_000;
/** As Kafka's own consumer waits for JoinGroup beyond the rebalance time-out. */
const joinLapseMs = 5_000;
const leaveTimeoutMs = 1_000;

/** What an operator can do where joining is refused for good. */
const hints: Readonly<Record<string, string>> = {
  INVALID_SESSION_TIMEOUT:
    "set cluster.session.timeout.ms between the brokers' group.min.session.timeout.ms and group.max.session.timeout.ms",
  INCONSISTENT_GROUP_PROTOCOL:
    'another program uses the group, or nodes of another version of sash do: choose another cluster.name',
  GROUP_AUTHORIZATION_FAILED: 'give the user of log.kafka.sasl.username READ on the group',
  UNKNOWN_SERVER_ERROR:
    "the brokers' logs say why; what a group keeps has to fit into one record of __consumer_offsets (its max.message.bytes)",
  GROUP_MAX_SIZE_REACHED: "the brokers' group.max.size allows no more nodes",
};

/**
 * Membership in the Kafka consumer group that decides who owns what: the classic protocol (JoinGroup, SyncGroup, Heartbeat, LeaveGroup) as
 * in KIP-62, without `group.instance.id`: a second process with the same one would take over at once, and not when the session of the first is over.
 *
 * One step after the other: a member is joining or in a generation, never both. From the moment it sends JoinGroup until SyncGroup is
 * answered, `isCurrent` is false; and so it is when the last successful heartbeat was sent too long ago. The coordinator gives what a member
 * has to another when the session time-out has passed since it *received* the last heartbeat, or all members have joined again: the rebalance
 * time-out is as long as the session, so that none is left out earlier.
 */
export class OwnershipGroup {
  readonly #settings: OwnershipGroupSettings;
  readonly #outside: OwnershipGroupOutside;
  readonly #stopping = new AbortController();
  #data: Uint8Array = new Uint8Array(0);
  #memberId = '';
  #coordinator: number | undefined;
  /** undefined while joining. */
  #generationId: number | undefined;
  /** Of which this member heard what it was assigned. */
  #last: { readonly memberId: string; readonly generationId: number } | undefined;
  /** Monotonic: when the last request was sent that kept the membership alive. */
  #sentMs = -Infinity;
  #trouble: string | null = 'this node is joining the cluster';
  #running: Promise<void> = Promise.resolve();
  #wakeUp: (() => void) | undefined;

  constructor(settings: OwnershipGroupSettings, outside: OwnershipGroupOutside) {
    this.#settings = settings;
    this.#outside = outside;
  }

  /** Whether nobody else can own what was assigned to this member. Looks at the clock, so it is right also after the process was paused. */
  get isCurrent(): boolean {
    if (this.#generationId === undefined || this.#stopping.signal.aborted) return false;
    return this.#outside.clock.monotonicMs() - this.#sentMs < this.#settings.sessionTimeoutMs - marginMs;
  }

  /** Why this node is not in the group, for people; null when it is. */
  get trouble(): string | null {
    if (this.#trouble !== null || this.isCurrent) return this.#trouble;
    return 'no heartbeat of this node has reached the cluster for too long';
  }

  /** @param data what this member tells the leader */
  start(data: Uint8Array): void {
    this.#data = data;
    this.#running = this.#run();
  }

  /** Leaves: the others go on without waiting for the session to end. */
  async leave(): Promise<void> {
    this.#stopping.abort();
    this.#wakeUp?.();
    await this.#running;
    this.#generationId = undefined;
    const memberId = this.#memberId;
    if (memberId === '') return;
    this.#memberId = '';
    try {
      await this.#takeOut(memberId);
    } catch (error) {
      this.#outside.logger.warn(
        { err: error },
        'the group could not be told that this node leaves: the others wait until its session ends',
      );
    }
  }

  async #takeOut(memberId: string): Promise<void> {
    const { client, lastMember } = this.#outside;
    const { groupId } = this.#settings;
    const broker = this.#coordinator ?? (await client.coordinatorOf(groupId, { timeoutMs: leaveTimeoutMs }));
    // A lane of its own: JoinGroup may be waiting in the other.
    await client.request(
      leaveGroupApi,
      (version) => (version < 3 ? { groupId, memberId } : { groupId, members: [{ memberId }] }),
      { broker, timeoutMs: leaveTimeoutMs, lane: 'leave' },
    );
    lastMember.write(null);
  }

  /**
   * A rebalance waits for all members: were the one that this process was before its crash still among them, nobody would hand out anything until
   * the session of the dead has ended.
   */
  async #buryLast(): Promise<void> {
    const memberId = this.#outside.lastMember.read();
    if (memberId !== null) await this.#takeOut(memberId);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      let delayMs = 0;
      try {
        if (this.#generationId === undefined) delayMs = await this.#join();
        else delayMs = await this.#heartbeat();
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        if (!(error instanceof KafkaUnavailable)) throw error;
        this.#coordinator = undefined;
        this.#troubled(`Kafka: ${error.message}`);
        delayMs = retryDelayMs;
      }
      if (delayMs > 0) await this.#pause(delayMs);
    }
  }

  #troubled(sentence: string): void {
    // While it lasts each broker has its own; that it begins is told in any case.
    const repeats = this.#trouble === null ? undefined : 'reasons why this node is not in the group';
    if (this.#trouble !== sentence) this.#outside.logger.warn({ group: this.#settings.groupId, repeats }, sentence);
    this.#trouble = sentence;
  }

  #pause(delayMs: number): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#outside.clock.schedule(delayMs, resolve);
      this.#wakeUp = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  async #where(): Promise<{ broker: number; lane: string; signal: AbortSignal }> {
    const { signal } = this.#stopping;
    this.#coordinator ??= await this.#outside.client.coordinatorOf(this.#settings.groupId, { signal });
    return { broker: this.#coordinator, lane: 'group', signal };
  }

  /** Returns how long to wait before the next step. */
  async #join(): Promise<number> {
    const { groupId, sessionTimeoutMs } = this.#settings;
    const where = await this.#where();
    if (this.#memberId === '') await this.#buryLast();
    const { response: joined } = await this.#outside.client.request(
      joinGroupApi,
      (version) => ({
        groupId,
        sessionTimeoutMs,
        ...(version < 1 ? {} : { rebalanceTimeoutMs: sessionTimeoutMs }),
        memberId: this.#memberId,
        protocolType,
        protocols: [{ name: protocolName, metadata: this.#data }],
      }),
      { ...where, timeoutMs: sessionTimeoutMs + joinLapseMs },
    );
    if (joined.errorCode !== errorCodes.NONE) {
      if (joined.errorCode === errorCodes.MEMBER_ID_REQUIRED) this.#become(joined.memberId);
      return this.#refused(joined.errorCode);
    }
    this.#become(joined.memberId);
    return await this.#sync(joined);
  }

  #become(memberId: string): void {
    if (this.#memberId !== memberId) this.#outside.lastMember.write(memberId);
    this.#memberId = memberId;
  }

  async #sync({ generationId, memberId, leader, members }: JoinGroupResponse): Promise<number> {
    const { groupId, sessionTimeoutMs } = this.#settings;
    let assignments: { memberId: string; assignment: Uint8Array }[] = [];
    if (leader === memberId) {
      const assignment = this.#outside.assign(
        members.map((each) => ({ memberId: each.memberId, data: each.metadata })),
      );
      assignments = members.map((each) => ({ memberId: each.memberId, assignment }));
    }
    const where = await this.#where();
    const sentMs = this.#outside.clock.monotonicMs();
    const { response } = await this.#outside.client.request(
      syncGroupApi,
      (version) => ({
        groupId,
        generationId: generationId ?? -1,
        memberId,
        ...(version < 5 ? {} : { protocolType, protocolName }),
        assignments,
      }),
      { ...where, timeoutMs: sessionTimeoutMs + joinLapseMs },
    );
    if (response.errorCode !== errorCodes.NONE) return this.#refused(response.errorCode);
    const last = this.#last;
    this.#last = { memberId, generationId: generationId ?? -1 };
    // A generation in between, of which the answer got lost, may have given what this member has to another, and back.
    const generations = this.#last.generationId - (last?.generationId ?? 0);
    const wentOn = memberId === last?.memberId && (generations === 0 || generations === 1);
    if (last !== undefined && !wentOn) this.#outside.lost();
    this.#sentMs = sentMs;
    this.#generationId = this.#last.generationId;
    this.#trouble = null;
    this.#outside.assigned(response.assignment, memberId);
    return this.#settings.heartbeatIntervalMs;
  }

  async #heartbeat(): Promise<number> {
    const { groupId, sessionTimeoutMs, heartbeatIntervalMs } = this.#settings;
    const where = await this.#where();
    const sentMs = this.#outside.clock.monotonicMs();
    const { response } = await this.#outside.client.request(
      heartbeatApi,
      { groupId, generationId: this.#generationId ?? -1, memberId: this.#memberId },
      { ...where, timeoutMs: Math.max(1_000, Math.floor(sessionTimeoutMs / 4)) },
    );
    if (response.errorCode !== errorCodes.NONE) return this.#refused(response.errorCode);
    const wasCurrent = this.isCurrent;
    this.#sentMs = sentMs;
    this.#trouble = null;
    if (!wasCurrent && this.isCurrent) this.#outside.resumed();
    // From when it was sent, not from when it was answered.
    return Math.max(1, sentMs + heartbeatIntervalMs - this.#outside.clock.monotonicMs());
  }

  /** What an error code means for the membership. Returns how long to wait before the next step. */
  #refused(errorCode: number): number {
    switch (errorCode) {
      case errorCodes.REBALANCE_IN_PROGRESS:
        this.#generationId = undefined;
        return 0;
      case errorCodes.MEMBER_ID_REQUIRED:
        return 0;
      case errorCodes.UNKNOWN_MEMBER_ID:
      case errorCodes.FENCED_INSTANCE_ID:
      case errorCodes.ILLEGAL_GENERATION:
        // Those of the next generation are served already.
        this.#generationId = undefined;
        if (errorCode !== errorCodes.ILLEGAL_GENERATION) this.#memberId = '';
        if (this.#last !== undefined) {
          this.#last = undefined;
          this.#troubled(`this node was taken for dead (${errorName(errorCode)}), and joins the cluster again`);
          this.#outside.lost();
        }
        return 0;
      case errorCodes.NOT_COORDINATOR:
      case errorCodes.COORDINATOR_NOT_AVAILABLE:
      case errorCodes.COORDINATOR_LOAD_IN_PROGRESS:
        this.#coordinator = undefined;
        return retryDelayMs;
      default: {
        const name = errorName(errorCode);
        const hint = hints[name] === undefined ? '' : `: ${hints[name]}`;
        this.#troubled(`Kafka refuses this node in group "${this.#settings.groupId}" with ${name}${hint}`);
        return refusedDelayMs;
      }
    }
  }
}
