import type { Api } from '../../src/codec/api.ts';
import { errorCodes } from '../../src/codec/error-codes.ts';
import { heartbeatApi, type HeartbeatRequest } from '../../src/codec/messages/heartbeat.ts';
import { joinGroupApi, type JoinGroupRequest } from '../../src/codec/messages/join-group.ts';
import { leaveGroupApi, type LeaveGroupRequest } from '../../src/codec/messages/leave-group.ts';
import { syncGroupApi, type SyncGroupRequest } from '../../src/codec/messages/sync-group.ts';
import { type TopicId, topicId } from '../../src/core/ids.ts';
import { type KafkaClusterView, nothingKnown } from '../../src/kafka-client/kafka-cluster-view.ts';
import { KafkaUnavailable } from '../../src/kafka-client/kafka-unavailable.ts';
import type { Clock } from '../../src/ports/clock.ts';

interface Member {
  readonly memberId: string;
  data: Uint8Array;
  assignment: Uint8Array;
  readonly sessionTimeoutMs: number;
  expires?: { cancel(): void };
  joined?: ((answer: object) => void) | undefined;
  synced?: ((answer: object) => void) | undefined;
}

const { NONE, UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, MEMBER_ID_REQUIRED } = errorCodes;

/** One group as Kafka's GroupMetadataManager keeps a classic one, without static members; and a view of topics. */
export class FakeKafkaGroup {
  readonly #clock: Clock;
  readonly #members = new Map<string, Member>();
  /** Ids that were given and have not joined yet. */
  readonly #given = new Set<string>();
  #state: 'empty' | 'preparing' | 'completing' | 'stable' = 'empty';
  #leader = '';
  #rebalance: { cancel(): void } | undefined;
  #ids = 0;
  generation = 0;
  /** Requests that arrived, by name of their API. */
  readonly arrived = new Map<string, number>();
  #topics = new Map<TopicId, number>();
  readonly #viewers = new Set<(view: KafkaClusterView) => void>();
  /** Of all members, in the last generation. */
  assignedBytes = 0;
  /** Answered to every request, where it is not 0. */
  refusal = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get memberCount(): number {
    return this.#members.size;
  }

  setTopic(name: string, partitions: number): TopicId {
    const id = topicId(Buffer.from(name.padEnd(16)).toString('base64url'));
    this.#topics.set(id, partitions);
    for (const viewer of this.#viewers) viewer(this.#view());
    return id;
  }

  deleteTopic(name: string): void {
    this.#topics.delete(topicId(Buffer.from(name.padEnd(16)).toString('base64url')));
    for (const viewer of this.#viewers) viewer(this.#view());
  }

  #view(): KafkaClusterView {
    const topics = new Map(
      [...this.#topics].map(([id, count]) => {
        const partition = { leader: 1, leaderEpoch: 0, replicas: [1], inSync: [1], offline: [] };
        const partitions = Array.from({ length: count }, (_, index) => ({ partition: index, ...partition }));
        return [id, { id, name: id, isInternal: false, partitions }];
      }),
    );
    return { ...nothingKnown, topics };
  }

  /** What a node's client does. Its process can be paused, and its line cut. */
  client(line: FakeLine) {
    const request = async (
      api: Api<never, never>,
      body: object | ((version: number) => object),
      options: { signal?: AbortSignal },
    ) => {
      const asked: object = typeof body === 'function' ? body(api.lastVersion) : body;
      const given = new Promise((_, reject) =>
        options.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error)),
      );
      given.catch(() => {});
      const answered = line.exchange(() => this.#answer(api, asked));
      return { response: await Promise.race([answered, given]), version: api.lastVersion, broker: 1 };
    };
    return {
      request: request as never,
      coordinatorOf: async () => 1,
      metadata: () => this.#view(),
      onView: (viewer: (view: KafkaClusterView) => void) => {
        this.#viewers.add(viewer);
        return () => this.#viewers.delete(viewer);
      },
    };
  }

  #answer(api: Api<never, never>, asked: object): Promise<object> | object {
    this.arrived.set(api.name, (this.arrived.get(api.name) ?? 0) + 1);
    if (this.refusal !== 0) return { errorCode: this.refusal, memberId: '', members: [] };
    if (api.name === joinGroupApi.name) return this.#join(asked as JoinGroupRequest);
    if (api.name === syncGroupApi.name) return this.#sync(asked as SyncGroupRequest);
    if (api.name === heartbeatApi.name) return this.#heartbeat(asked as HeartbeatRequest);
    if (api.name === leaveGroupApi.name) return this.#leave(asked as LeaveGroupRequest);
    throw new Error(`the fake has no ${api.name}`);
  }

  #join({ memberId, protocols, sessionTimeoutMs }: JoinGroupRequest): Promise<object> | object {
    if (memberId === '') {
      const given = `member-${++this.#ids}`;
      this.#given.add(given);
      return { errorCode: MEMBER_ID_REQUIRED, memberId: given, members: [] };
    }
    let member = this.#members.get(memberId);
    if (member === undefined) {
      if (!this.#given.delete(memberId)) return { errorCode: UNKNOWN_MEMBER_ID, memberId, members: [] };
      member = { memberId, data: new Uint8Array(0), assignment: new Uint8Array(0), sessionTimeoutMs };
      this.#members.set(memberId, member);
      this.#leader ||= memberId;
    }
    member.data = protocols[0]!.metadata;
    const { promise, resolve } = Promise.withResolvers<object>();
    member.joined?.({ errorCode: REBALANCE_IN_PROGRESS, memberId, members: [] });
    member.joined = resolve;
    member.expires?.cancel();
    this.#prepare();
    return promise;
  }

  #prepare(): void {
    if (this.#state !== 'preparing') {
      this.#state = 'preparing';
      for (const member of this.#members.values()) {
        member.synced?.({ errorCode: REBALANCE_IN_PROGRESS, assignment: new Uint8Array(0) });
        member.synced = undefined;
      }
      const timeoutMs = Math.max(0, ...[...this.#members.values()].map((each) => each.sessionTimeoutMs));
      this.#rebalance = this.#clock.schedule(timeoutMs, () => this.#complete());
    }
    if ([...this.#members.values()].every((each) => each.joined !== undefined)) this.#complete();
  }

  #complete(): void {
    this.#rebalance?.cancel();
    for (const member of this.#members.values()) if (member.joined === undefined) this.#drop(member);
    this.generation++;
    const [first] = this.#members.keys();
    if (first === undefined) {
      this.#state = 'empty';
      return;
    }
    this.#state = 'completing';
    if (!this.#members.has(this.#leader)) this.#leader = first;
    const all = [...this.#members.values()].map(({ memberId, data }) => ({
      memberId,
      metadata: data,
      groupInstanceId: null,
    }));
    for (const member of this.#members.values()) {
      const { memberId } = member;
      const members = memberId === this.#leader ? all : [];
      member.joined?.({ errorCode: NONE, generationId: this.generation, leader: this.#leader, memberId, members });
      member.joined = undefined;
      this.#beat(member);
    }
  }

  #beat(member: Member): void {
    member.expires?.cancel();
    member.expires = this.#clock.schedule(member.sessionTimeoutMs, () => this.#remove(member));
  }

  #drop(member: Member): void {
    member.expires?.cancel();
    member.synced?.({ errorCode: UNKNOWN_MEMBER_ID, assignment: new Uint8Array(0) });
    this.#members.delete(member.memberId);
  }

  #remove(member: Member): void {
    this.#drop(member);
    this.#prepare();
  }

  #sync({ memberId, generationId, assignments }: SyncGroupRequest): Promise<object> | object {
    const member = this.#members.get(memberId);
    const refused = (errorCode: number) => ({ errorCode, assignment: new Uint8Array(0) });
    if (member === undefined) return refused(UNKNOWN_MEMBER_ID);
    if (generationId !== this.generation) return refused(ILLEGAL_GENERATION);
    if (this.#state === 'preparing') return refused(REBALANCE_IN_PROGRESS);
    if (this.#state === 'stable') return { errorCode: NONE, assignment: member.assignment };
    const { promise, resolve } = Promise.withResolvers<object>();
    member.synced = resolve;
    if (memberId !== this.#leader) return promise;
    this.assignedBytes = assignments.reduce((sum, each) => sum + each.assignment.length, 0);
    for (const each of assignments) this.#members.get(each.memberId)!.assignment = each.assignment;
    this.#state = 'stable';
    for (const each of this.#members.values()) {
      each.synced?.({ errorCode: NONE, assignment: each.assignment });
      each.synced = undefined;
      this.#beat(each);
    }
    return promise;
  }

  #heartbeat({ memberId, generationId }: HeartbeatRequest): object {
    const member = this.#members.get(memberId);
    if (member === undefined) return { errorCode: UNKNOWN_MEMBER_ID };
    if (generationId !== this.generation) return { errorCode: ILLEGAL_GENERATION };
    this.#beat(member);
    return { errorCode: this.#state === 'preparing' ? REBALANCE_IN_PROGRESS : NONE };
  }

  #leave({ members }: LeaveGroupRequest): object {
    for (const { memberId } of members) {
      const member = this.#members.get(memberId);
      if (member !== undefined) this.#remove(member);
    }
    return { errorCode: NONE };
  }
}

/** The line between one process and Kafka, and the process's own time: both can stop. */
export class FakeLine {
  readonly clock: Clock;
  #paused: (() => void)[] | undefined;
  /** Requests do not arrive, and fail after a second. */
  cut = false;
  /** How long a request and its answer take each, ms. */
  latencyMs = 1;
  readonly #outer: Clock;

  constructor(clock: Clock) {
    this.#outer = clock;
    this.clock = {
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => clock.wallMs(),
      schedule: (delayMs, task) => {
        let cancelled = false;
        const run = (): void => {
          if (!cancelled) task();
        };
        const timer = clock.schedule(delayMs, () => this.#whenRunning(run));
        return {
          cancel: () => {
            cancelled = true;
            timer.cancel();
          },
        };
      },
    };
  }

  /** As SIGSTOP. */
  pause(): void {
    this.#paused ??= [];
  }

  /** As SIGCONT. */
  resume(): void {
    const waiting = this.#paused ?? [];
    this.#paused = undefined;
    for (const each of waiting) each();
  }

  #whenRunning(task: () => void): void {
    if (this.#paused === undefined) task();
    else this.#paused.push(task);
  }

  exchange(answer: () => Promise<object> | object): Promise<object> {
    return new Promise((resolve, reject) => {
      const lost = (sent: boolean) => {
        this.#outer.schedule(1_000, () =>
          this.#whenRunning(() => reject(new KafkaUnavailable('the line is cut', { sent }))),
        );
      };
      this.#outer.schedule(this.latencyMs, () => {
        if (this.cut) return lost(false);
        void Promise.resolve(answer()).then((response) => {
          this.#outer.schedule(this.latencyMs, () => {
            if (this.cut) return lost(true);
            this.#whenRunning(() => resolve(response));
          });
        });
      });
    });
  }
}
