import { randomUUID } from 'node:crypto';

import type { Clock } from '../../ports/clock.ts';
import { Fault } from '../../ports/fault.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Witness } from '../../ports/witness.ts';
import type { RedisConnection } from './connection.ts';
import { luaScript } from './lua-script.ts';

/** Who is told that less is stored than was confirmed. */
export interface StateLossWatch {
  /** The fault is thrown. `isStill` is asked again and again, until it is there again or an operator has decided. */
  lost(operation: string, what: string, isStill: () => Promise<boolean>): Fault;
  /** Leader epochs are greater than it. */
  readonly leaderEpochFloor: number;
  /** `accepted` is called when an operator has decided that what is stored counts. */
  onAccepted(accepted: () => void): void;
}

/** Which store this is, and how often it has been counted on: both are in Redis first, and then at the witness. */
interface Identity {
  readonly incarnation: string;
  readonly count: number;
  /** How often a loss was accepted. */
  readonly generation: number;
}

/**
 * Leader epochs of one generation lie above those of all before: what they were is lost, and a lease of then must not fit a lock of now.
 * Nothing is taken over a million times between two losses.
 */
const leaderEpochsOfGeneration = 1_000_000;

const lookEveryMs = 5_000;
/** What came to Redis after the last count, and was lost again while no node had it open, is not noticed. */
const countEveryMs = 60_000;

/** KEYS: identity. ARGV: an incarnation. → the one that is there now */
const createScript = luaScript(`
redis.call('HSETNX', KEYS[1], 'incarnation', ARGV[1])
redis.call('HSETNX', KEYS[1], 'count', 0)
redis.call('HSETNX', KEYS[1], 'generation', 0)
return redis.call('HGET', KEYS[1], 'incarnation')
`);

/** KEYS: identity. ARGV: the incarnation. → the count, one more than before; nothing when it is another store */
const countScript = luaScript(`
if redis.call('HGET', KEYS[1], 'incarnation') ~= ARGV[1] then return false end
return redis.call('HINCRBY', KEYS[1], 'count', 1)
`);

/** KEYS: identity. ARGV: the incarnation, what was lost. Only of the store in which it was noticed. */
const markScript = luaScript(`
local now = redis.call('HGET', KEYS[1], 'incarnation')
if now ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'lost', ARGV[2])
return 1
`);

/** KEYS: identity. ARGV: a new incarnation, its generation. */
const acceptScript = luaScript(`
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1], 'count', 1, 'generation', ARGV[2])
redis.call('HDEL', KEYS[1], 'lost')
return 1
`);

/**
 * Notices that Redis has less than it has confirmed, and has nothing served then until it is restored, or an operator goes on with what is
 * there (`accept`).
 *
 * Two things tell. A share partition that is open here was at a greater version: `lost` is called. Or the identity of the store is not the one
 * that the witness has, or its count is smaller: looked at after each connect and every few seconds. The count rises with each start of
 * a node and each minute, in Redis first, so that an older copy of Redis has a smaller one.
 */
export class StateLoss implements StateLossWatch {
  readonly #redis: RedisConnection;
  readonly #witness: Witness;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #key: string;
  readonly #lookEveryMs: number;
  readonly #accepted: (() => void)[] = [];
  /** As the witness has it; undefined: not read yet. */
  #witnessed: Identity | undefined;
  #reason: string | undefined;
  /** By a share partition that is open here. */
  #noticedHere: { readonly what: string; readonly isStill: () => Promise<boolean> } | undefined;
  #countedMs = -Infinity;
  #timer: { cancel(): void } | undefined;
  #closed = false;

  /** Adds itself to the checks of the connection. */
  constructor(
    redis: RedisConnection,
    witness: Witness,
    outside: { readonly clock: Clock; readonly logger: Logger },
    options: { readonly lookEveryMs?: number } = {},
  ) {
    this.#lookEveryMs = options.lookEveryMs ?? lookEveryMs;
    this.#redis = redis;
    this.#witness = witness;
    this.#clock = outside.clock;
    this.#logger = outside.logger;
    this.#key = redis.key('identity');
    redis.addCheck(() => this.#check());
  }

  onAccepted(accepted: () => void): void {
    this.#accepted.push(accepted);
  }

  lost(operation: string, what: string, isStill: () => Promise<boolean>): Fault {
    this.#noticedHere ??= { what, isStill };
    this.#reason ??= what;
    const fault = this.#fault(operation, what);
    this.#redis.block(fault);
    return fault;
  }

  get leaderEpochFloor(): number {
    return (this.#witnessed?.generation ?? 0) * leaderEpochsOfGeneration;
  }

  /** What was lost, as far as it is known; undefined: nothing. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** From now on what is in Redis is what there is: it gets a new identity, and all nodes load share partitions anew. */
  async accept(): Promise<void> {
    const [stored] = await this.#readStored();
    const before = Math.max(stored?.generation ?? 0, (await this.#readWitness())?.generation ?? 0);
    const identity = { incarnation: randomUUID(), count: 1, generation: before + 1 };
    const args = [identity.incarnation, identity.generation];
    await this.#call('accept the loss of state', { name: acceptScript, args, writes: true });
    await this.#witness.write(textOf(identity));
    this.#logger.warn(
      { was: this.#reason },
      'an operator has accepted that share state was lost: service goes on with what is in Redis',
    );
    await this.#check();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** @throws Fault STATE_LOST; or what kept it from looking */
  async #check(): Promise<void> {
    this.#lookLater();
    // The witness first: Redis is ahead of it at all times.
    let witnessed = this.#witnessed ?? (await this.#readWitness());
    let [stored, marked] = await this.#readStored();
    if (witnessed !== null && !isSame(stored, witnessed)) {
      // Perhaps another node's operator has accepted meanwhile.
      witnessed = await this.#readWitness();
      [stored, marked] = await this.#readStored();
    }
    if (witnessed !== null && !isSame(stored, witnessed)) {
      const there = stored === undefined ? 'it is empty' : `it is ${textOf(stored)}`;
      throw this.#noticed(`it is not the store that the cluster knows, ${textOf(witnessed)}: ${there}`);
    }
    const before = this.#witnessed;
    if (before !== undefined && stored !== undefined && before.incarnation !== stored.incarnation) {
      this.#noticedHere = undefined;
      for (const accepted of this.#accepted) accepted();
    }
    this.#witnessed = witnessed ?? undefined;
    if (marked !== undefined) throw this.#noticed(marked);
    if (this.#noticedHere !== undefined) {
      const { what, isStill } = this.#noticedHere;
      if (await isStill()) {
        await this.#mark(what);
        throw this.#noticed(what);
      }
      this.#noticedHere = undefined; // Redis has been restored
    }
    if (this.#countedMs === -Infinity || this.#witnessed === undefined) await this.#count(stored);
    else if (this.#clock.monotonicMs() - this.#countedMs >= countEveryMs) this.#countAgain(stored);
    this.#reason = undefined;
  }

  #noticed(what: string): Fault {
    this.#reason = what;
    return this.#fault('look at the identity of Redis', what);
  }

  /** Other nodes are told. */
  async #mark(what: string): Promise<void> {
    if (this.#witnessed === undefined) return;
    const args = [this.#witnessed.incarnation, what];
    await this.#call('mark that state was lost', { name: markScript, args, writes: true });
  }

  /** At the start of a node, and every minute. */
  async #count(stored: Identity | undefined): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    let incarnation = stored?.incarnation;
    if (incarnation === undefined) {
      const args = [randomUUID()];
      const created = await this.#call('make the identity of the store', { name: createScript, args, writes: true });
      incarnation = (created as Buffer).toString();
    }
    const count = await this.#call('count on the store', { name: countScript, args: [incarnation], writes: true });
    if (typeof count !== 'number') return; // it is another one by now: the next look finds it
    const identity = { incarnation, count, generation: stored?.generation ?? 0 };
    await this.#witness.write(textOf(identity));
    this.#witnessed = identity;
    this.#countedMs = nowMs;
  }

  /** Where the witness is away, Redis is ahead of it for a while: nothing waits for that. */
  #countAgain(stored: Identity | undefined): void {
    this.#countedMs = this.#clock.monotonicMs();
    this.#count(stored).catch((error: unknown) => {
      if (!(error instanceof Fault)) throw error;
    });
  }

  #lookLater(): void {
    this.#timer?.cancel();
    if (this.#closed) return;
    this.#timer = this.#clock.schedule(this.#lookEveryMs, () => {
      this.#lookLater();
      // While nothing is served the connection asks for the check itself.
      if (this.#redis.trouble() !== undefined) return;
      this.#check().catch((error: unknown) => {
        if (!(error instanceof Fault)) throw error;
        if (error.code === 'STATE_LOST') this.#redis.block(error);
        else
          this.#logger.warn(
            { fault: error.code, repeats: 'looks for lost state that failed' },
            `${error.message}. ${error.hint}`,
          );
      });
    });
  }

  async #readWitness(): Promise<Identity | null> {
    const text = await this.#witness.read();
    if (text === null) return null;
    const [incarnation = '', count = '', generation = ''] = text.split(' ');
    return { incarnation, count: Number(count), generation: Number(generation) };
  }

  async #readStored(): Promise<[identity: Identity | undefined, lost: string | undefined]> {
    const args = ['incarnation', 'count', 'generation', 'lost'];
    const reply = await this.#call('look at the identity of Redis', { name: 'HMGET', args, writes: false });
    const [incarnation, count, generation, lost] = (reply as (Buffer | null)[]).map((field) => field?.toString());
    const identity =
      incarnation === undefined
        ? undefined
        : { incarnation, count: Number(count), generation: Number(generation ?? 0) };
    return [identity, lost];
  }

  #call(
    operation: string,
    call: { name: string | ReturnType<typeof luaScript>; args: readonly (string | number)[]; writes: boolean },
  ): Promise<unknown> {
    return this.#redis.callUnchecked({ operation, keys: [this.#key], ...call });
  }

  #fault(operation: string, what: string): Fault {
    return new Fault({
      code: 'STATE_LOST',
      operation,
      message: `Redis at ${this.#redis.address} has lost share state: ${what}`,
      retriable: false,
      outcome: 'refused',
      hint:
        'restore Redis from its newest files, and service resumes by itself; or go on with what is there, which delivers records again or ' +
        'skips some: sash cluster accept-state-loss',
    });
  }
}

const textOf = ({ incarnation, count, generation }: Identity): string => `${incarnation} ${count} ${generation}`;

const isSame = (stored: Identity | undefined, witnessed: Identity): boolean =>
  stored?.incarnation === witnessed.incarnation && stored.count >= witnessed.count;
