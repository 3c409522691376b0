import { Fault } from '../../ports/fault.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RedisConnection, RedisSettings } from './connection.ts';

const operation = 'look at how Redis is set';

/** From this version on a write can wait for the append-only file. */
const waitAofSince = [7, 2] as const;

/**
 * Looks at how Redis is set, at each connect. One that evicts is not used: it would forget state whenever its memory is full. One that
 * may lose what it has confirmed is used, and `warnings` says what may be lost.
 */
export class RedisServerCheck {
  readonly #redis: RedisConnection;
  readonly #settings: Pick<RedisSettings, 'waitReplicas' | 'waitAof'>;
  readonly #logger: Logger;
  #warnings: readonly string[] = [];

  /** Adds itself to the checks of the connection. */
  constructor(
    redis: RedisConnection,
    settings: Pick<RedisSettings, 'waitReplicas' | 'waitAof'>,
    outside: { readonly logger: Logger },
  ) {
    this.#redis = redis;
    this.#settings = settings;
    this.#logger = outside.logger;
    redis.addCheck(() => this.#check());
  }

  /** Sentences for operators; none: nothing that was confirmed can be lost, as far as settings can say. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  async #check(): Promise<void> {
    const facts = await this.#facts();
    const evicting = facts.policies.find((policy) => policy !== 'noeviction');
    if (evicting !== undefined) {
      throw refused(
        `Redis at ${this.#redis.address} evicts (maxmemory-policy ${evicting}): it would forget share state when its memory is full`,
        'CONFIG SET maxmemory-policy noeviction, and in redis.conf; sash needs a Redis that it shares with no cache',
      );
    }
    const tooOld = this.#settings.waitAof ? facts.versions.find(isBeforeWaitAof) : undefined;
    if (tooOld !== undefined) {
      throw refused(
        `store.redis.wait.aof needs Redis ${waitAofSince.join('.')} or newer; Redis at ${this.#redis.address} is ${tooOld}`,
        'set store.redis.wait.aof to false and appendfsync of Redis to always, or upgrade Redis',
      );
    }
    this.#warn(this.#warningsOf(facts));
  }

  #warningsOf({ policies, appendOnly, fsync }: Facts): string[] {
    const warnings: string[] = [];
    const { waitReplicas, waitAof } = this.#settings;
    const kept = waitReplicas > 0 ? `, unless one of the ${waitReplicas} replicas that have each write takes over` : '';
    const lost = (what: string, todo: string): void => {
      const when = 'when Redis or its machine fails';
      warnings.push(
        `${what}: ${when}, acknowledgements that were confirmed are lost${kept}, and records are delivered again. ${todo}`,
      );
    };
    if (appendOnly.includes('no')) {
      lost(
        'Redis keeps no append-only file (appendonly no)',
        'CONFIG SET appendonly yes, and appendfsync always, in redis.conf too.',
      );
    } else if (fsync.includes('no') && !waitAof) {
      lost(
        'Redis leaves it to its machine when the append-only file is on disk (appendfsync no)',
        'Set appendfsync to always.',
      );
    } else if (fsync.includes('everysec') && !waitAof) {
      lost(
        'Redis confirms up to a second before the append-only file is on disk (appendfsync everysec)',
        'Set appendfsync to always, or store.redis.wait.aof to true from Redis 7.2 on.',
      );
    }
    if (fsync.length === 0) {
      warnings.push(
        'This Redis does not tell how it is set (CONFIG GET appendfsync): see to it that it keeps an append-only file and has it on disk ' +
          'before it confirms (appendfsync always); otherwise acknowledgements that were confirmed may be lost, and records delivered again.',
      );
    }
    if (policies.length === 0) {
      warnings.push(
        'This Redis does not tell its maxmemory-policy: see to it that it is noeviction, or it will forget share state when its memory is full.',
      );
    }
    return warnings;
  }

  #warn(warnings: readonly string[]): void {
    for (const warning of warnings)
      if (!this.#warnings.includes(warning)) this.#logger.warn({ redis: this.#redis.address }, warning);
    this.#warnings = warnings;
  }

  /** Managed ones may forbid CONFIG; then INFO says a part of it. */
  async #facts(): Promise<Facts> {
    const config = async (name: string): Promise<string[] | undefined> =>
      this.#redis.onEachPrimary(operation, 'CONFIG', 'GET', name).then(
        (replies) => replies.flatMap((reply) => (reply as (string | undefined)[])[1] ?? []),
        () => undefined,
      );
    const infos = await this.#redis.onEachPrimary(operation, 'INFO').catch(() => []);
    const info = (name: string): string[] =>
      infos.flatMap((reply) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(reply as string)?.[1] ?? []);
    const [policies, appendOnly, fsync] = await Promise.all(
      ['maxmemory-policy', 'appendonly', 'appendfsync'].map(config),
    );
    return {
      versions: info('redis_version'),
      policies: policies ?? info('maxmemory_policy'),
      appendOnly: appendOnly ?? info('aof_enabled').map((enabled) => (enabled === '1' ? 'yes' : 'no')),
      fsync: fsync ?? [],
    };
  }
}

/** Of all primaries; empty: they do not tell. */
interface Facts {
  readonly versions: readonly string[];
  readonly policies: readonly string[];
  readonly appendOnly: readonly string[];
  readonly fsync: readonly string[];
}

function isBeforeWaitAof(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < waitAofSince[0] || (major === waitAofSince[0] && minor < waitAofSince[1]);
}

const refused = (message: string, hint: string): Fault =>
  new Fault({ code: 'STORAGE_FAILED', operation, message, retriable: false, outcome: 'refused', hint });
