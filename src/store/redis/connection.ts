import { Cluster, Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';

import { Histogram, secondsBounds, sizeBounds } from '../../core/measure/histogram.ts';
import type { Clock } from '../../ports/clock.ts';
import { Fault } from '../../ports/fault.ts';
import type { Logger } from '../../ports/logger.ts';
import type { StorageMeasures } from '../../ports/measures.ts';
import type { StorageHealth } from '../../ports/storage-health.ts';
import type { LuaScript } from './lua-script.ts';
import { parseRedisUrl } from './redis-url.ts';
import { type Command, type WaitSettings, unconfirmed, waitCommand, waitsForReplicas } from './replica-wait.ts';
import { closedFault, disconnectedFault, redisFault, refusalOf } from './redis-fault.ts';

export interface RedisSettings extends WaitSettings {
  /** `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. Never logged. */
  readonly url: string;
  /** PEM of the authorities that TLS trusts; undefined: those of Node. */
  readonly tlsAuthorities?: string;
  /** What all keys begin with: the cluster's name. */
  readonly prefix: string;
  /** A command without an answer for so long has failed, ms. */
  readonly timeoutMs: number;
}

/** One command. `name` is a Redis command or a script. */
export interface RedisCall {
  /** What is being done, as in `write share state`. */
  readonly operation: string;
  readonly name: string | LuaScript;
  readonly keys: readonly string[];
  readonly args?: readonly (string | number | Buffer)[];
  /** Whether it changes something: then replicas are waited for, and it may have been executed when no answer came. */
  readonly writes: boolean;
}

interface Waiting {
  readonly call: RedisCall;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (fault: Fault) => void;
}

/** Looks at Redis after each connect, before anything is served; it may be asked again and again until it no longer throws. */
export type ConnectCheck = (redis: RedisConnection) => Promise<void>;

const connectTimeoutMs = 5_000;
const checkAgainMs = 1_000;
/** A replica that became one, or a name that leads to another primary by now: asked again, but not at each write. */
const reconnectPauseMs = 1_000;

/**
 * The connection to Redis: one Redis, or a Redis Cluster, which it finds out by itself. What is asked for in one turn of the event loop goes out
 * as one pipeline.
 *
 * Nothing waits for a connection: without one every call is refused at once. A connection that has left a command without an
 * answer is given up, and with it all that it has not answered: their outcome is unknown. After each connect the checks come first, and while
 * one of them throws, its fault is the answer to everything.
 */
export class RedisConnection implements StorageHealth {
  readonly prefix: string;
  /** `host:port`, for people. */
  readonly address: string;
  readonly #settings: RedisSettings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #checks: ConnectCheck[] = [];
  #client: Redis | Cluster | undefined;
  #subscriber: Redis | Cluster | undefined;
  /** It is known that this is no node of a Redis Cluster. */
  #isSingle = false;
  #serving = false;
  /** Why nothing is served; undefined while `#serving`. */
  #trouble: Fault;
  #checking = false;
  #closed = false;
  #reconnectedMs = -Infinity;
  #queue: Waiting[] = [];
  /** When each batch that is on its way was sent. */
  readonly #sentMs = new Set<{ readonly atMs: number }>();
  #waitingWrites = 0;
  #failedWrites = 0;
  readonly #commitSeconds = new Histogram(secondsBounds);
  readonly #commitWrites = new Histogram(sizeBounds);
  #started: { resolve(): void; reject(fault: Fault): void } | undefined;

  /** @throws Error that names what is wrong with the address, without repeating its password */
  constructor(settings: RedisSettings, outside: { readonly clock: Clock; readonly logger: Logger }) {
    this.#settings = settings;
    this.#clock = outside.clock;
    this.#logger = outside.logger;
    this.prefix = settings.prefix;
    const { hostname, port } = parseRedisUrl(settings.url);
    this.address = `${hostname}:${port || '6379'}`;
    this.#trouble = disconnectedFault('connect', this.address, 'not yet');
  }

  /** Before `start`: what has to hold before anything is served. Checks run in the order in which they were added. */
  addCheck(check: ConnectCheck): void {
    this.#checks.push(check);
  }

  /** Resolves when Redis is connected and all checks pass. @throws Fault what was wrong last, when that takes longer than `withinMs`; it goes on trying until `close`. */
  async start(withinMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#started = { resolve, reject };
    const timer = this.#clock.schedule(withinMs, () => reject(this.#trouble));
    this.#connect();
    try {
      await promise;
    } finally {
      timer.cancel();
      this.#started = undefined;
    }
  }

  /** The reply, binary strings as Buffers. Faults as said above. */
  call(call: RedisCall): Promise<unknown> {
    if (!this.#serving) return Promise.reject(this.#troubleOf(call.operation));
    return this.#enqueue(call);
  }

  /** As `call`, while the checks have not passed: for the checks themselves. */
  callUnchecked(call: RedisCall): Promise<unknown> {
    if (this.#closed) return Promise.reject(closedFault(call.operation));
    return this.#enqueue(call);
  }

  /** What each primary answers to a command without keys; one where it is no Redis Cluster. For the checks. */
  async onEachPrimary(operation: string, name: string, ...args: readonly string[]): Promise<unknown[]> {
    const client = this.#client;
    const nodes = client instanceof Cluster ? client.nodes('master') : client === undefined ? [] : [client];
    try {
      return await Promise.all(nodes.map((node) => node.call(name, ...args)));
    } catch (error) {
      throw redisFault(toError(error), operation, false, this.address);
    }
  }

  /** Serves nothing any more until the checks pass again, which are asked every second. */
  block(fault: Fault): void {
    if (this.#closed) return;
    this.#stopServing(fault);
    this.#checkLater();
  }

  /** Calls `heard` for each message, over a connection of its own. What is sent while it is away is missed. */
  async subscribe(channel: string, heard: (message: string) => void): Promise<void> {
    const subscriber = (this.#subscriber ??= this.#makeSubscriber());
    subscriber.on('message', (from: string, message: string) => {
      if (from === channel) heard(message);
    });
    await subscriber.subscribe(channel).catch(() => undefined); // it is tried again with each connect
    subscriber.on('ready', () => void subscriber.subscribe(channel).catch(() => undefined));
  }

  /** Whether it is a Redis Cluster: then what one script touches has to lie in one slot. */
  get isCluster(): boolean {
    return this.#client instanceof Cluster;
  }

  /**
   * A client of its own, after `start`, for a library that brings its own commands; whoever asks for it ends it.
   *
   * @param waits its commands wait for a connection, and for something to come; others fail at once without one
   */
  newClient(name: string, waits: boolean): Redis | Cluster {
    const first = this.#client;
    if (first === undefined) throw new Error('start comes before all clients');
    const options = { enableOfflineQueue: waits, maxRetriesPerRequest: waits ? null : 0, connectionName: name };
    let client: Redis | Cluster;
    if (first instanceof Cluster) {
      const { replyMapping: _, ...redisOptions } = first.options.redisOptions ?? {};
      client = first.duplicate([], { enableOfflineQueue: waits, redisOptions: { ...redisOptions, ...options } });
    } else {
      client = first.duplicate(options);
    }
    client.on('error', () => undefined); // the first connection tells of it
    return client;
  }

  /** A key of this cluster of sash. */
  key(rest: string): string {
    return `${this.prefix}:${rest}`;
  }

  trouble(): Fault | undefined {
    return this.#serving ? undefined : this.#trouble;
  }

  busyMs(): number {
    let oldestMs = Infinity;
    for (const { atMs } of this.#sentMs) oldestMs = Math.min(oldestMs, atMs);
    return oldestMs === Infinity ? 0 : this.#clock.monotonicMs() - oldestMs;
  }

  async probe(sizeBytes: number): Promise<void> {
    const operation = 'probe whether it can be written';
    const keys = [this.key(`{probe:${process.pid}}`)];
    await this.call({ operation, name: 'SET', keys, args: [Buffer.alloc(sizeBytes), 'PX', 10_000], writes: true });
    await this.call({ operation, name: 'DEL', keys, writes: true });
  }

  measure(): StorageMeasures {
    return {
      commitSeconds: this.#commitSeconds,
      commitWrites: this.#commitWrites,
      failedWrites: this.#failedWrites,
      waitingWrites: this.#waitingWrites,
      files: new Map(),
      freeBytes: undefined,
    };
  }

  /** What is on its way settles first. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const wasServing = this.#serving;
    this.#stopServing(closedFault('close'));
    this.#closed = true;
    while (wasServing && (this.#queue.length > 0 || this.#sentMs.size > 0)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#client?.disconnect();
    this.#subscriber?.disconnect();
  }

  // ───────────── connecting ─────────────

  #connect(): void {
    const redis = new Redis(this.#settings.url, this.#options());
    this.#client = redis;
    this.#listen(redis);
  }

  #options() {
    const { url, tlsAuthorities } = this.#settings;
    return {
      connectionName: 'sash',
      connectTimeout: connectTimeoutMs,
      protocol: 2 as const,
      // A command that was sent is never sent again behind our back, and none waits for a connection.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: backOffMs,
      ...(url.startsWith('rediss:') && tlsAuthorities !== undefined ? { tls: { ca: tlsAuthorities } } : {}),
    } satisfies RedisOptions;
  }

  #listen(client: Redis | Cluster): void {
    client.on('error', (error: Error) => this.#connectionFailed(client, error.message));
    client.on('close', () => this.#connectionFailed(client, 'the connection was closed'));
    client.on('ready', () => void this.#ready(client));
  }

  async #ready(client: Redis | Cluster): Promise<void> {
    if (client instanceof Redis) this.#isSingle ||= !(await isClusterNode(client));
    if (client !== this.#client || this.#closed) return;
    if (client instanceof Redis && !this.#isSingle) return this.#becomeCluster(client);
    if (client instanceof Cluster) await Promise.all(client.nodes('master').map(connected));
    await this.#check();
  }

  /** What was connected first is one node of a Redis Cluster: from now on the client is one that knows them all. */
  #becomeCluster(first: Redis): void {
    const { hostname, port } = parseRedisUrl(this.#settings.url);
    const { username, password, tls } = first.options;
    const cluster = new Cluster([{ host: hostname, port: Number(port || 6379) }], {
      enableOfflineQueue: false,
      // Redirected is what was not executed; what was sent and lost is never sent again.
      maxRedirections: 4,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      slotsRefreshInterval: 5_000,
      clusterRetryStrategy: backOffMs,
      redisOptions: {
        ...this.#options(),
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
        ...(tls === undefined ? {} : { tls }),
      },
    });
    cluster.on('+node', (node: Redis) => {
      if (cluster.status === 'ready') void connected(node);
    });
    this.#client = cluster;
    first.disconnect();
    this.#listen(cluster);
  }

  #makeSubscriber(): Redis | Cluster {
    const subscriber = new Redis(this.#settings.url, {
      ...this.#options(),
      connectionName: 'sash-watch',
      enableOfflineQueue: true,
    });
    subscriber.on('error', () => undefined); // the other connection tells of it
    return subscriber;
  }

  #connectionFailed(client: Redis | Cluster, why: string): void {
    if (client !== this.#client || this.#closed) return;
    // The reason comes as an error before the close.
    if (!this.#serving && why === 'the connection was closed') return;
    const error = new Error(why);
    this.#stopServing(
      refusalOf(error) === undefined
        ? disconnectedFault('connect', this.address, why)
        : redisFault(error, 'connect', false, this.address),
    );
  }

  #stopServing(fault: Fault): void {
    if (this.#serving || fault.message !== this.#trouble.message) {
      const level = this.#closed || fault.code === 'CLOSED' ? 'debug' : 'error';
      // That it begins is told in any case.
      const repeats = this.#serving ? undefined : 'reasons why Redis is not used';
      this.#logger[level]({ fault: fault.code, repeats }, `${fault.message}. ${fault.hint}`);
    }
    this.#serving = false;
    this.#trouble = fault;
  }

  async #check(): Promise<void> {
    if (this.#checking || this.#closed) return;
    this.#checking = true;
    try {
      for (const check of this.#checks) await check(this);
      const wasStarted = this.#started === undefined;
      if (this.#isConnected()) {
        if (!this.#serving && wasStarted)
          this.#logger.info({ redis: this.address }, `Redis at ${this.address} is back`);
        this.#serving = true;
        this.#started?.resolve();
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#stopServing(error);
      // What waiting does not mend ends the start.
      if (!error.retriable) this.#started?.reject(error);
      this.#checkLater();
    } finally {
      this.#checking = false;
    }
  }

  #checkLater(): void {
    this.#clock.schedule(checkAgainMs, () => {
      if (!this.#serving && this.#isConnected()) void this.#check();
    });
  }

  #isConnected(): boolean {
    return !this.#closed && this.#client?.status === 'ready';
  }

  /** The connection is given up: what it has not answered fails, and it is made anew. */
  #reconnect(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#closed || nowMs - this.#reconnectedMs < reconnectPauseMs) return;
    this.#reconnectedMs = nowMs;
    if (this.#client instanceof Cluster) for (const node of this.#client.nodes('all')) node.disconnect(true);
    else this.#client?.disconnect(true);
  }

  // ───────────── commands ─────────────

  #troubleOf(operation: string): Fault {
    if (this.#closed) return closedFault(operation);
    const { code, message, retriable, hint } = this.#trouble;
    return new Fault({ code, operation, message, retriable, outcome: 'refused', hint });
  }

  #enqueue(call: RedisCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#queue.length === 0) setImmediate(() => void this.#flush());
      if (call.writes) this.#waitingWrites++;
      this.#queue.push({ call, resolve, reject });
    });
  }

  /** Sends what has gathered, as one pipeline. */
  async #flush(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    const sent = { atMs: this.#clock.monotonicMs() };
    this.#sentMs.add(sent);
    let unanswered = batch.length;
    const settled = new Set<Waiting>();
    const timer = this.#clock.schedule(
      this.#settings.timeoutMs + (waitsForReplicas(this.#settings) ? this.#settings.waitTimeoutMs : 0),
      () => {
        this.#reconnect();
        for (const waiting of batch) {
          settle(waiting, new Error(`no answer within ${this.#settings.timeoutMs} ms`));
        }
      },
    );
    const settle = (waiting: Waiting, outcome: unknown): void => {
      if (settled.has(waiting)) return;
      settled.add(waiting);
      if (--unanswered === 0) {
        timer.cancel();
        this.#sentMs.delete(sent);
      }
      this.#settle(waiting, outcome);
    };
    const writes = batch.filter(({ call }) => call.writes).length;
    if (writes > 0) this.#commitWrites.observe(writes);
    const outcomes = await this.#send(batch.map(({ call }) => call));
    if (writes > 0) this.#commitSeconds.observe((this.#clock.monotonicMs() - sent.atMs) / 1000);
    for (const [index, waiting] of batch.entries()) settle(waiting, outcomes[index]);
  }

  #settle({ call, resolve, reject }: Waiting, outcome: unknown): void {
    if (call.writes) this.#waitingWrites--;
    if (!(outcome instanceof Error)) return resolve(outcome);
    if (call.writes) this.#failedWrites++;
    if (refusalOf(outcome) === 'READONLY') this.#reconnect();
    reject(outcome instanceof Fault ? outcome : redisFault(outcome, call.operation, call.writes, this.address));
  }

  /** Replies and errors in the order of the calls. */
  async #send(calls: readonly RedisCall[]): Promise<unknown[]> {
    const outcomes = await this.#sendOnce(
      calls.map((call) => commandOf(call, 'EVALSHA')),
      calls,
    );
    // Scripts that Redis does not know (any more) have not been executed: they are sent in full, which also makes them known.
    const unknown = calls.flatMap((_, index) => (isNoScript(outcomes[index]) ? [index] : []));
    if (unknown.length > 0) {
      const again = unknown.map((index) => calls[index]!);
      const secondOutcomes = await this.#sendOnce(
        again.map((call) => commandOf(call, 'EVAL')),
        again,
      );
      for (const [place, index] of unknown.entries()) outcomes[index] = secondOutcomes[place];
    }
    return outcomes;
  }

  async #sendOnce(commands: readonly Command[], calls: readonly RedisCall[]): Promise<unknown[]> {
    const client = this.#client;
    if (client === undefined) throw new Error('start comes before all calls');
    const waits = waitsForReplicas(this.#settings) && calls.some(({ writes }) => writes);
    const confirmed = (outcomes: unknown[], answers: readonly unknown[]): unknown[] =>
      outcomes.map((outcome, index) =>
        outcome instanceof Error || calls[index]?.writes !== true
          ? outcome
          : (unconfirmed(this.#settings, answers) ?? outcome),
      );
    if (client instanceof Cluster) {
      const outcomes = await Promise.all(
        commands.map(([name, ...args]) => client.callBuffer(name, ...args).catch(toError)),
      );
      if (!waits) return outcomes;
      const [name, ...args] = waitCommand(this.#settings);
      // What counts for a WAIT is what its own connection wrote last: all nodes are asked when all writes are done.
      return confirmed(
        outcomes,
        await Promise.all(client.nodes('master').map((node) => node.call(name, ...args).catch(toError))),
      );
    }
    const pipeline = client.pipeline();
    for (const [name, ...args] of commands) pipeline.callBuffer(name, ...args);
    if (waits) {
      const [name, ...args] = waitCommand(this.#settings);
      pipeline.call(name, ...args);
    }
    const replies = await pipeline
      .exec()
      .catch((error: unknown) => commands.map(() => [toError(error), null] as const));
    const outcomes = (replies ?? []).map(([error, reply]) => error ?? reply);
    return waits ? confirmed(outcomes.slice(0, commands.length), outcomes.slice(commands.length)) : outcomes;
  }
}

function commandOf({ name, keys, args = [] }: RedisCall, how: 'EVALSHA' | 'EVAL'): Command {
  if (typeof name === 'string') return [name, ...keys, ...args];
  return [how, how === 'EVAL' ? name.lua : name.sha, keys.length, ...keys, ...args];
}

/**
 * Resolves when it is, or will not be soon. A node of a Redis Cluster connects at its first command, and the next ones are refused
 * meanwhile: so it is connected before it is needed.
 */
const connected = async (node: Redis): Promise<void> => {
  if (node.status === 'ready') return;
  await new Promise<void>((resolve) => {
    node.once('ready', resolve);
    node.once('close', resolve);
    if (node.status === 'wait') node.connect().catch(() => resolve());
  });
};

const isClusterNode = (redis: Redis): Promise<boolean> =>
  redis.info('cluster').then(
    (info) => info.includes('cluster_enabled:1'),
    () => false,
  );

const isNoScript = (outcome: unknown): boolean => outcome instanceof Error && outcome.message.includes('NOSCRIPT');
const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** 50 ms, 100 ms, … 2 s, and a little by chance, so that not all nodes come at once. */
const backOffMs = (attempt: number): number =>
  Math.min(2_000, 50 * 2 ** Math.min(attempt - 1, 6)) * (0.75 + Math.random() / 4);
