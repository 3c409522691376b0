import { randomBytes } from 'node:crypto';

import { groupId } from '../core/ids.ts';
import type { GroupId } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault } from '../ports/fault.ts';
import type { MetadataChanges, MetadataStore, StoredGroup } from '../ports/metadata-store.ts';
import type { RedisConnection } from './redis/connection.ts';
import { luaScript } from './redis/lua-script.ts';
import { closedFault } from './redis/redis-fault.ts';
import type { StateLossWatch } from './redis/state-loss.ts';

/** So many names of groups that changed are kept: who has missed more reads all groups. */
const changesKept = 1_000;

/** KEYS: groups (hash: name → JSON), the number of changes, changes (sorted set: names by it). ARGV: a name, its JSON or nothing. → that number */
const putScript = luaScript(`
local number = redis.call('INCR', KEYS[2])
if ARGV[2] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('ZADD', KEYS[3], number, ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, ${-changesKept - 1})
return number
`);

/**
 * Groups and secrets in Redis: the half of the metadata that is not the Kafka cluster's own. What other nodes change is heard of at once by a
 * message, and at the latest when the number of changes is looked at again.
 */
export class RedisMetadata implements Pick<MetadataStore, 'putGroup' | 'deleteGroup' | 'secret' | 'close'> {
  readonly #redis: RedisConnection;
  readonly #clock: Clock;
  readonly #pollMs: number;
  readonly #groups: string;
  readonly #number: string;
  readonly #changed: string;
  /** JSON of all groups, as told or put last. */
  readonly #known = new Map<GroupId, string>();
  readonly #secrets = new Map<string, Buffer>();
  #seenNumber = 0;
  #tell: MetadataChanges['group'] | undefined;
  #refreshing: Promise<void> | undefined;
  #refreshAgain = false;
  #timer: { cancel(): void } | undefined;
  #closed = false;

  constructor(
    redis: RedisConnection,
    options: { readonly clock: Clock; readonly pollMs?: number; readonly loss?: Pick<StateLossWatch, 'onAccepted'> },
  ) {
    this.#redis = redis;
    this.#clock = options.clock;
    this.#pollMs = options.pollMs ?? 2_000;
    this.#groups = redis.key('{groups}:entries');
    this.#number = redis.key('{groups}:number');
    this.#changed = redis.key('{groups}:changed');
    options.loss?.onAccepted(() => void this.#storeSecrets());
  }

  /** Before `loadGroups`. Told of what others change; not of what this node does. */
  watch(changes: Pick<MetadataChanges, 'group'>): void {
    this.#tell = (group, stored) => changes.group(group, stored);
  }

  async loadGroups(): Promise<readonly StoredGroup[]> {
    const [number, entries] = await this.#readAll('load the metadata');
    this.#seenNumber = number;
    this.#known.clear();
    for (const [group, text] of entries) this.#known.set(group, text);
    if (this.#tell !== undefined && this.#timer === undefined) {
      await this.#redis.subscribe(this.#groups, () => void this.#refresh());
      this.#pollLater();
    }
    return [...entries.values()].map(toGroup).toSorted((a, b) => a.createdAtMs - b.createdAtMs);
  }

  putGroup(stored: StoredGroup): Promise<void> {
    return this.#put('put group', stored.group, JSON.stringify(stored));
  }

  deleteGroup(group: GroupId): Promise<void> {
    return this.#put('delete group', group, undefined);
  }

  /** Of several nodes that make it at the same time, all get the same. */
  async secret(name: string, lengthBytes: number): Promise<Uint8Array> {
    this.#checkOpen('make secret');
    const secret = await this.#storeSecret(name, this.#secrets.get(name) ?? randomBytes(lengthBytes));
    this.#secrets.set(name, secret);
    return new Uint8Array(secret);
  }

  /** → the one that is stored now */
  async #storeSecret(name: string, secret: Buffer): Promise<Buffer> {
    const call = { operation: 'make secret', keys: [this.#redis.key(`secret:${name}`)], writes: true } as const;
    const [, stored] = await Promise.all([
      this.#redis.callUnchecked({ ...call, name: 'SET', args: [secret, 'NX'] }),
      this.#redis.callUnchecked({ ...call, name: 'GET' }),
    ]);
    return stored as Buffer;
  }

  /** What nodes know of each other by holds, also where Redis has lost it: leases are still theirs, and they understand each other. */
  async #storeSecrets(): Promise<void> {
    for (const [name, secret] of this.#secrets) await this.#storeSecret(name, secret).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#refreshing;
  }

  async #put(operation: string, group: GroupId, text: string | undefined): Promise<void> {
    this.#checkOpen(operation);
    const keys = [this.#groups, this.#number, this.#changed];
    await this.#redis.call({ operation, name: putScript, keys, args: [group, text ?? ''], writes: true });
    if (text === undefined) this.#known.delete(group);
    else this.#known.set(group, text);
    // Who misses it looks at the number.
    const message = { operation: 'tell of a change', name: 'PUBLISH', keys: [this.#groups], args: [group] } as const;
    void this.#redis.call({ ...message, writes: false }).catch(() => undefined);
  }

  // ───────────── what others change ─────────────

  #pollLater(): void {
    if (this.#closed) return;
    this.#timer = this.#clock.schedule(this.#pollMs, () => void this.#refresh().then(() => this.#pollLater()));
  }

  #refresh(): Promise<void> {
    if (this.#refreshing !== undefined) this.#refreshAgain = true;
    return (this.#refreshing ??= this.#refreshUntilDone().finally(() => (this.#refreshing = undefined)));
  }

  async #refreshUntilDone(): Promise<void> {
    do {
      this.#refreshAgain = false;
      try {
        await this.#tellChanges();
      } catch (error) {
        if (!(error instanceof Fault)) throw error; // Redis is away: the next look finds it
      }
    } while (this.#refreshAgain && !this.#closed);
  }

  async #tellChanges(): Promise<void> {
    const operation = 'look for changed groups';
    const number = Number(await this.#redis.call({ operation, name: 'GET', keys: [this.#number], writes: false }));
    if (number === this.#seenNumber || this.#closed) return;
    // A number that is smaller is that of another store: an operator went on with what is there.
    if (number < this.#seenNumber || number - this.#seenNumber > changesKept) return this.#tellAll(operation);
    const range = [`(${this.#seenNumber}`, number];
    const names = (await this.#redis.call({
      operation,
      name: 'ZRANGEBYSCORE',
      keys: [this.#changed],
      args: range,
      writes: false,
    })) as Buffer[];
    if (names.length > 0) {
      const call = { operation, name: 'HMGET', keys: [this.#groups], args: names, writes: false } as const;
      const texts = (await this.#redis.call(call)) as (Buffer | null)[];
      for (const [index, name] of names.entries()) this.#note(groupId(name.toString()), texts[index]?.toString());
    }
    this.#seenNumber = number;
  }

  async #tellAll(operation: string): Promise<void> {
    const [number, entries] = await this.#readAll(operation);
    for (const group of this.#known.keys()) if (!entries.has(group)) this.#note(group, undefined);
    for (const [group, text] of entries) this.#note(group, text);
    this.#seenNumber = number;
  }

  #note(group: GroupId, text: string | undefined): void {
    if (this.#closed || this.#known.get(group) === text) return;
    if (text === undefined) this.#known.delete(group);
    else this.#known.set(group, text);
    this.#tell?.(group, text === undefined ? null : toGroup(text));
  }

  async #readAll(operation: string): Promise<[number: number, entries: Map<GroupId, string>]> {
    this.#checkOpen(operation);
    // The number first: what changes in between is told once more.
    const [number, reply] = (await Promise.all([
      this.#redis.call({ operation, name: 'GET', keys: [this.#number], writes: false }),
      this.#redis.call({ operation, name: 'HGETALL', keys: [this.#groups], writes: false }),
    ])) as [Buffer | null, Buffer[]];
    const entries = new Map<GroupId, string>();
    for (let i = 0; i + 1 < reply.length; i += 2) entries.set(groupId(String(reply[i])), String(reply[i + 1]));
    return [Number(number), entries];
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw closedFault(operation);
  }
}

const toGroup = (text: string): StoredGroup => JSON.parse(text) as StoredGroup;
