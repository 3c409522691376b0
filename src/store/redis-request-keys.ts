import type { Clock } from '../ports/clock.ts';
import type { RequestKey } from '../ports/record-log.ts';
import type { RequestKeys, TakenKey } from '../ports/request-keys.ts';
import type { RedisConnection } from './redis/connection.ts';
import { luaScript } from './redis/lua-script.ts';

const fields = ['fingerprint', 'layout', 'producers', 'offsets'] as const;

/** KEYS: a key. ARGV: fingerprint, layout, producer ids, ms to keep it. → what it was before; nothing when it is new */
const takeScript = luaScript(`
local now = redis.call('HMGET', KEYS[1], 'fingerprint', 'layout', 'producers', 'offsets')
if now[1] then return now end
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'layout', ARGV[2], 'producers', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return false
`);

/** KEYS: a key. ARGV: base offsets. It is forgotten when it would have been. */
const completeScript = luaScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'offsets', ARGV[1]) end
return 1
`);

/** Request keys in Redis: a hash each, which Redis forgets by itself. */
export class RedisRequestKeys implements RequestKeys {
  readonly #redis: RedisConnection;
  readonly #clock: Clock;
  readonly #retentionMs: number;

  constructor(redis: RedisConnection, options: { readonly clock: Clock; readonly requestKeyRetentionMs: number }) {
    this.#redis = redis;
    this.#clock = options.clock;
    this.#retentionMs = options.requestKeyRetentionMs;
  }

  async take(key: RequestKey, producerIds: () => Promise<readonly number[]>): Promise<TakenKey> {
    const operation = 'look up a request key';
    const keys = [this.#keyOf(key)];
    const before = await this.#redis.call({ operation, name: 'HMGET', keys, args: fields, writes: false });
    const [fingerprint] = before as unknown[];
    if (fingerprint !== null) return taken(before, key);
    const ids = await producerIds();
    const keptMs = key.nowMs + this.#retentionMs - this.#clock.wallMs();
    if (keptMs > 0) {
      const args = [key.fingerprint, key.layout, JSON.stringify(ids), Math.ceil(keptMs)];
      const meanwhile = await this.#redis.call({ operation, name: takeScript, keys, args, writes: true });
      if (meanwhile !== null) return taken(meanwhile, key);
    }
    return { kind: 'new', producerIds: ids, layout: key.layout };
  }

  async complete(key: RequestKey, baseOffsets: readonly number[]): Promise<void> {
    const args = [JSON.stringify(baseOffsets)];
    const operation = 'complete a request key';
    await this.#redis.call({ operation, name: completeScript, keys: [this.#keyOf(key)], args, writes: true });
  }

  async close(): Promise<void> {}

  #keyOf({ topicId, key }: RequestKey): string {
    return this.#redis.key(`request:${topicId}/${key}`);
  }
}

function taken(stored: unknown, asked: RequestKey): TakenKey {
  const [fingerprint, layout = '', producers, offsets] = (stored as (Buffer | null)[]).map((field) =>
    field?.toString(),
  );
  if (fingerprint !== asked.fingerprint) return { kind: 'reused' };
  if (offsets !== undefined) return { kind: 'done', baseOffsets: JSON.parse(offsets) as number[], layout };
  return { kind: 'pending', producerIds: JSON.parse(producers ?? '[]') as number[], layout };
}
