import { groupId, sharePartitionText, topicId } from '../core/ids.ts';
import type { GroupId, SharePartitionKey, TopicId } from '../core/ids.ts';
import { maxEndingOffsets } from '../core/share-partition/ending.ts';
import { Fault } from '../ports/fault.ts';
import type { SharePartitionWrite, StateStore, StoredEnding, StoredSharePartition } from '../ports/state-store.ts';
import type { RedisCall, RedisConnection } from './redis/connection.ts';
import { decodeEnding, encodeEnding, isListed, summaryOf } from './redis/ending-bytes.ts';
import { HistoryCleanup } from './redis/history-cleanup.ts';
import { closedFault } from './redis/redis-fault.ts';
import type { StateLossWatch } from './redis/state-loss.ts';
import {
  type Refusal,
  coveringScript,
  createScript,
  deleteScript,
  openScript,
  raiseScript,
  resetScript,
  unlistScript,
  writeScript,
} from './redis/state-scripts.ts';

/** A share partition as it was opened here. */
export interface OpenSharePartition {
  readonly key: SharePartitionKey;
  readonly leaderEpoch: number;
  stateEpoch: number;
  /** The last that Redis has confirmed. */
  version: number;
  startOffset: number;
  nextSequence: number;
}

/** Endings of one page when a window is loaded, and of one step of the cleanup: each blocks Redis for about a millisecond. */
const endingsPerPage = 2_000;
/** Share partitions that are deleted or listed at once. */
const partitionsPerStep = 100;

/** The state store in Redis. What is stored under which keys: redis/state-scripts.ts. */
export class RedisStore implements StateStore {
  readonly #redis: RedisConnection;
  readonly #loss: StateLossWatch;
  readonly #cleanup: HistoryCleanup;
  readonly #open = new Map<string, OpenSharePartition>();
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  /** `offsetsBetweenCleanups`: how far a share partition's start offset moves before its history is looked through again. */
  constructor(
    redis: RedisConnection,
    loss: StateLossWatch,
    options: { readonly offsetsBetweenCleanups?: number } = {},
  ) {
    this.#redis = redis;
    this.#loss = loss;
    this.#cleanup = new HistoryCleanup(
      {
        call: (call) => this.#call(call),
        keysOf: (key) => this.#keysOf(key),
        now: (key) => this.#open.get(sharePartitionText(key)),
      },
      options.offsetsBetweenCleanups ?? 20_000,
    );
    loss.onAccepted(() => this.#open.clear());
  }

  async open(key: SharePartitionKey, startOffsetIfNew: number | null): Promise<StoredSharePartition | undefined> {
    const operation = 'open share partition';
    const name = sharePartitionText(key);
    const [state] = this.#keysOf(key);
    const known = this.#open.get(name);
    const args = [this.#loss.leaderEpochFloor];
    let reply = await this.#call({ operation, name: openScript, keys: [state], args, writes: true });
    if (isGone(reply)) this.#open.delete(name);
    else if (reply === null && known !== undefined) {
      // Deleted so long ago that this is forgotten, too? Leader epochs of what is deleted are noted for good.
      const floor = Number(await this.#read(operation, 'GET', this.#floorKey));
      if (floor < known.leaderEpoch) throw this.#lost(operation, known, 'nothing is there');
      this.#open.delete(name);
    }
    if (reply === null || isGone(reply)) {
      if (startOffsetIfNew === null) return undefined;
      reply = await this.#create(operation, key, startOffsetIfNew);
    }
    const [leaderEpoch, stateEpoch, version, startOffset, nextSequence, born] = texts(reply).map(Number) as SixNumbers;
    const before = this.#open.get(name);
    // Deleted and made again by other nodes, it is another one.
    const isKnown = before !== undefined && born <= before.leaderEpoch;
    if (isKnown && (leaderEpoch <= before.leaderEpoch || version <= before.version)) {
      throw this.#lost(operation, before, `it is at ${leaderEpoch}, ${stateEpoch} and ${version}`);
    }
    const opened: OpenSharePartition = { key, leaderEpoch, stateEpoch, version, startOffset, nextSequence };
    const endings = await this.#windowEndings(opened);
    this.#open.set(name, opened);
    this.#cleanup.opened(key, stateEpoch > 0);
    return { stateEpoch, leaderEpoch, startOffset, endings };
  }

  async write({ key, leaderEpoch, stateEpoch, startOffset, endings }: SharePartitionWrite): Promise<void> {
    const operation = 'write share state';
    const opened = this.#guarded(operation, key, leaderEpoch, stateEpoch);
    checkEndings(key, endings);
    const members: (number | Buffer)[] = [];
    const listed: (number | Buffer)[] = [];
    let listedRecords = 0;
    for (const ending of endings) {
      const sequence = opened.nextSequence++;
      const member = encodeEnding(ending, sequence, stateEpoch);
      members.push(ending.lastOffset, member);
      if (!isListed(ending)) continue;
      listed.push(sequence, member);
      listedRecords += ending.lastOffset - ending.firstOffset + 1;
    }
    const { version, nextSequence } = opened;
    const reply = await this.#call({
      operation,
      name: writeScript,
      keys: this.#keysOf(key),
      args: [
        leaderEpoch,
        stateEpoch,
        version,
        startOffset,
        nextSequence,
        listedRecords,
        listed.length / 2,
        ...members,
        ...listed,
      ],
      writes: true,
    });
    this.#confirm(operation, opened, reply);
    if (startOffset <= opened.startOffset) return;
    const offsets = startOffset - opened.startOffset;
    opened.startOffset = startOffset;
    this.#cleanup.grew(key, offsets);
  }

  async reset({ key, leaderEpoch, stateEpoch, startOffset }: Omit<SharePartitionWrite, 'endings'>): Promise<number> {
    const operation = 'reset share state';
    const opened = this.#guarded(operation, key, leaderEpoch, stateEpoch);
    const reply = await this.#call({
      operation,
      name: resetScript,
      keys: this.#keysOf(key),
      args: [leaderEpoch, stateEpoch, opened.version, startOffset],
      writes: true,
    });
    this.#confirm(operation, opened, reply);
    opened.stateEpoch = stateEpoch + 1;
    opened.startOffset = startOffset;
    this.#cleanup.opened(key, true);
    return opened.stateEpoch;
  }

  async latestEnding(key: SharePartitionKey, offset: number): Promise<StoredEnding | undefined> {
    const { stateEpoch, members } = await this.#covering(key, offset);
    const current = members.filter((member) => summaryOf(member).stateEpoch === stateEpoch);
    return current.map(decodeEnding).toSorted(bySequence).at(-1);
  }

  async endingsOf(key: SharePartitionKey, offset: number): Promise<readonly StoredEnding[]> {
    const { members } = await this.#covering(key, offset);
    return members.map(decodeEnding).toSorted(bySequence);
  }

  async archived(
    key: SharePartitionKey,
    page: { readonly beforeSequence?: number; readonly limit: number },
  ): Promise<readonly StoredEnding[]> {
    const [, , archived] = this.#keysOf(key);
    const before = page.beforeSequence === undefined ? '+inf' : `(${page.beforeSequence}`;
    const args = [before, '-inf', 'LIMIT', 0, page.limit];
    const members = await this.#read('read share state', 'ZREVRANGEBYSCORE', archived, ...args);
    return (members as Buffer[]).map(decodeEnding);
  }

  async countArchived(key: SharePartitionKey): Promise<number> {
    return Number((await this.#read('read share state', 'HGET', this.#keysOf(key)[0], 'archived')) ?? 0);
  }

  async list(group: GroupId): Promise<readonly (SharePartitionKey & { startOffset: number; stateEpoch: number })[]> {
    const listed: (SharePartitionKey & { startOffset: number; stateEpoch: number })[] = [];
    for (const some of steps(await this.#listed(group, undefined))) {
      const states = await Promise.all(
        some.map(({ key }) =>
          this.#read('list share state', 'HMGET', this.#keysOf(key)[0], 'start', 'epoch', 'deleted'),
        ),
      );
      for (const [index, { key }] of some.entries()) {
        const [startOffset, stateEpoch, deleted] = states[index] as (Buffer | null)[];
        if (startOffset == null || deleted != null) continue;
        listed.push({ ...key, startOffset: Number(startOffset), stateEpoch: Number(stateEpoch) });
      }
    }
    return listed;
  }

  async deleteGroup(group: GroupId, onTopic?: TopicId): Promise<void> {
    await this.#delete('delete the state of a group', await this.#listed(group, onTopic));
  }

  async deleteTopic(id: TopicId): Promise<void> {
    const operation = 'delete the state of a topic';
    const fields = (await this.#read(operation, 'HGETALL', this.#topicIndex(id))) as Buffer[];
    const all = pairs(fields).map(([field]) => {
      const slash = field.indexOf('/');
      return { group: groupId(field.slice(slash + 1)), topicId: id, partition: Number(field.slice(0, slash)) };
    });
    await this.#delete(
      operation,
      all.map((key) => ({ key })),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }

  // ───────────── opening ─────────────

  /** Lists it first: what is stored is always listed, so that it can be deleted; what is listed need not be stored. */
  async #create(operation: string, key: SharePartitionKey, startOffset: number): Promise<unknown> {
    const [state] = this.#keysOf(key);
    const list = (index: string, field: string) =>
      this.#call({ operation, name: 'HINCRBY', keys: [index], args: [field, 1], writes: true });
    const [floor] = await Promise.all([
      this.#read(operation, 'GET', this.#floorKey),
      list(this.#groupIndex(key.group), groupField(key)),
      list(this.#topicIndex(key.topicId), topicField(key)),
    ]);
    const args = [startOffset, Math.max(Number(floor), this.#loss.leaderEpochFloor)];
    return this.#call({ operation, name: createScript, keys: [state], args, writes: true });
  }

  /** Nobody else changes them meanwhile: this leader epoch is the newest, and what is at or above the start offset is not forgotten. */
  async #windowEndings({ key, stateEpoch, startOffset }: OpenSharePartition): Promise<StoredEnding[]> {
    const [, keyOfEndings] = this.#keysOf(key);
    const endings: StoredEnding[] = [];
    let from = startOffset;
    let seenOfFrom = 0;
    for (;;) {
      const args = [from, '+inf', 'LIMIT', seenOfFrom, endingsPerPage];
      const members = (await this.#read('load share state', 'ZRANGEBYSCORE', keyOfEndings, ...args)) as Buffer[];
      for (const member of members) {
        const summary = summaryOf(member);
        if (summary.stateEpoch === stateEpoch) endings.push(decodeEnding(member));
        if (summary.lastOffset > from) [from, seenOfFrom] = [summary.lastOffset, 0];
        seenOfFrom++;
      }
      if (members.length < endingsPerPage) return endings.sort(bySequence);
    }
  }

  // ───────────── writing ─────────────

  #guarded(operation: string, key: SharePartitionKey, leaderEpoch: number, stateEpoch: number): OpenSharePartition {
    this.#checkOpen(operation);
    const name = sharePartitionText(key);
    const opened = this.#open.get(name);
    if (opened === undefined) throw fencedFault(operation, `share partition ${name} is not open here`);
    if (opened.leaderEpoch !== leaderEpoch || opened.stateEpoch !== stateEpoch) {
      throw fenced(operation, key, String(opened.leaderEpoch), String(opened.stateEpoch), leaderEpoch, stateEpoch);
    }
    return opened;
  }

  /** @throws Fault what the script said instead of writing */
  #confirm(operation: string, opened: OpenSharePartition, reply: unknown): void {
    if (typeof reply === 'number') {
      opened.version = Math.max(opened.version, reply);
      return;
    }
    const { key, leaderEpoch, stateEpoch } = opened;
    const name = sharePartitionText(key);
    const [word, first = '', second = '', third = ''] = texts(reply) as unknown as Refusal;
    switch (word) {
      case 'gone':
        this.#open.delete(name);
        throw fencedFault(operation, `share partition ${name} has been deleted`);
      case 'fenced':
        throw fenced(operation, key, first, second, leaderEpoch, stateEpoch);
      case 'start':
        throw bugFault(operation, key, `the start offset lies below the stored one, ${first}`);
      case 'lost':
        throw this.#lost(
          operation,
          opened,
          second === '' ? 'nothing is there' : `it is at ${first}, ${second} and ${third}`,
        );
    }
  }

  #lost(operation: string, opened: OpenSharePartition, found: string): Fault {
    const { key, leaderEpoch, stateEpoch, version } = opened;
    const was = `leader epoch ${leaderEpoch}, state epoch ${stateEpoch} and version ${version}`;
    return this.#loss.lost(
      operation,
      `share partition ${sharePartitionText(key)} was at ${was}, and ${found}`,
      async () => {
        if (this.#open.get(sharePartitionText(key)) !== opened) return false;
        const keys = [this.#keysOf(key)[0]];
        const args = ['leader', 'version'];
        const now = await this.#redis.callUnchecked({ operation, name: 'HMGET', keys, args, writes: false });
        const [storedLeader, storedVersion] = (now as (Buffer | null)[]).map(Number);
        return (storedLeader ?? 0) < leaderEpoch || (storedVersion ?? 0) < opened.version;
      },
    );
  }

  // ───────────── deleting ─────────────

  /** Leader epochs outlive what is deleted: they are noted first, and a share partition that was opened meanwhile is noted again. */
  async #delete(operation: string, listed: readonly { readonly key: SharePartitionKey }[]): Promise<void> {
    for (const some of steps(listed)) {
      const seen = await Promise.all(
        some.map(async ({ key }) => ({
          key,
          inGroup: await this.#read(operation, 'HGET', this.#groupIndex(key.group), groupField(key)),
          inTopic: await this.#read(operation, 'HGET', this.#topicIndex(key.topicId), topicField(key)),
        })),
      );
      let left = some.map(({ key }) => key);
      while (left.length > 0) {
        const leaders = await Promise.all(
          left.map((key) => this.#read(operation, 'HGET', this.#keysOf(key)[0], 'leader')),
        );
        const floor = Math.max(0, ...leaders.map(Number));
        await this.#call({ operation, name: raiseScript, keys: [this.#floorKey], args: [floor], writes: true });
        const done = await Promise.all(
          left.map((key) =>
            this.#call({ operation, name: deleteScript, keys: this.#keysOf(key), args: [floor], writes: true }),
          ),
        );
        for (const key of left) this.#open.delete(sharePartitionText(key));
        left = left.filter((_, index) => done[index] !== 1);
      }
      const unlist = async (index: string, field: string, seenValue: unknown): Promise<void> => {
        if (seenValue === null) return;
        const args = [field, seenValue as Buffer];
        await this.#call({ operation, name: unlistScript, keys: [index], args, writes: true });
      };
      await Promise.all(
        seen.flatMap(({ key, inGroup, inTopic }) => [
          unlist(this.#groupIndex(key.group), groupField(key), inGroup),
          unlist(this.#topicIndex(key.topicId), topicField(key), inTopic),
        ]),
      );
    }
  }

  async #listed(group: GroupId, onTopic: TopicId | undefined): Promise<{ readonly key: SharePartitionKey }[]> {
    const fields = (await this.#read('list share state', 'HGETALL', this.#groupIndex(group))) as Buffer[];
    return pairs(fields).flatMap(([field]) => {
      const slash = field.indexOf('/');
      const key = { group, topicId: topicId(field.slice(0, slash)), partition: Number(field.slice(slash + 1)) };
      return onTopic === undefined || onTopic === key.topicId ? [{ key }] : [];
    });
  }

  // ───────────── keys and calls ─────────────

  #keysOf(key: SharePartitionKey): readonly [state: string, endings: string, archived: string] {
    // The topic id comes first: a group's name may have braces in it.
    const tag = this.#redis.key(`{${key.topicId}/${key.partition}/${key.group}}`);
    return [`${tag}:state`, `${tag}:endings`, `${tag}:archived`];
  }

  #groupIndex(group: GroupId): string {
    return this.#redis.key(`state-of-group:${group}`);
  }

  #topicIndex(id: TopicId): string {
    return this.#redis.key(`state-of-topic:${id}`);
  }

  get #floorKey(): string {
    return this.#redis.key('leader-epoch-floor');
  }

  async #covering(key: SharePartitionKey, offset: number): Promise<{ stateEpoch: number; members: Buffer[] }> {
    const [state, endings] = this.#keysOf(key);
    const keys = [state, endings];
    const reply = await this.#call({
      operation: 'read share state',
      name: coveringScript,
      keys,
      args: [offset],
      writes: false,
    });
    if (reply === null) return { stateEpoch: 0, members: [] };
    const [stateEpoch, ...members] = reply as Buffer[];
    return { stateEpoch: Number(stateEpoch), members };
  }

  #read(operation: string, name: string, key: string, ...args: (string | number)[]): Promise<unknown> {
    return this.#call({ operation, name, keys: [key], args, writes: false });
  }

  async #call(call: RedisCall): Promise<unknown> {
    this.#checkOpen(call.operation);
    const reply = this.#redis.call(call);
    this.#underWay.add(reply);
    try {
      return await reply;
    } finally {
      this.#underWay.delete(reply);
    }
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw closedFault(operation);
  }
}

type SixNumbers = [number, number, number, number, number, number];

const bySequence = (a: StoredEnding, b: StoredEnding): number => a.sequence - b.sequence;

const groupField = ({ topicId: id, partition }: SharePartitionKey): string => `${id}/${partition}`;
const topicField = ({ partition, group }: SharePartitionKey): string => `${partition}/${group}`;

const texts = (reply: unknown): string[] => (reply as Buffer[]).map(String);
const isGone = (reply: unknown): boolean => Array.isArray(reply) && reply.length === 1 && String(reply[0]) === 'gone';

function pairs(reply: readonly Buffer[]): [field: string, value: string][] {
  const found: [string, string][] = [];
  for (let i = 0; i + 1 < reply.length; i += 2) found.push([String(reply[i]), String(reply[i + 1])]);
  return found;
}

function* steps<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += partitionsPerStep) yield all.slice(i, i + partitionsPerStep);
}

function checkEndings(key: SharePartitionKey, endings: SharePartitionWrite['endings']): void {
  for (const { firstOffset, lastOffset } of endings) {
    const offsets = lastOffset - firstOffset + 1;
    if (offsets >= 1 && offsets <= maxEndingOffsets) continue;
    const limit = `the limit is 1 to ${maxEndingOffsets} offsets`;
    throw bugFault('write share state', key, `an ending covers ${firstOffset} to ${lastOffset}; ${limit}`);
  }
}

const fenced = (
  operation: string,
  key: SharePartitionKey,
  storedLeader: string,
  storedState: string,
  leaderEpoch: number,
  stateEpoch: number,
): Fault =>
  fencedFault(
    operation,
    `share partition ${sharePartitionText(key)} is at leader epoch ${storedLeader} and state epoch ${storedState}, ` +
      `the write was made at ${leaderEpoch} and ${stateEpoch}`,
  );

const fencedFault = (operation: string, message: string): Fault =>
  new Fault({
    code: 'FENCED',
    operation,
    message,
    retriable: false,
    outcome: 'refused',
    hint: 'load the share partition again before writing to it',
  });

const bugFault = (operation: string, key: SharePartitionKey, message: string): Fault =>
  new Fault({
    code: 'STORAGE_FAILED',
    operation,
    message: `share partition ${sharePartitionText(key)}: ${message}`,
    retriable: false,
    outcome: 'refused',
    hint: 'this is a bug of sash; please report it with this message',
  });
