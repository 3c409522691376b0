import { type AuditLine, type AuditLog, type NewAuditLine, auditLimit } from '../ports/audit-log.ts';
import type { RedisConnection } from './redis/connection.ts';
import { luaScript } from './redis/lua-script.ts';
import { closedFault } from './redis/redis-fault.ts';

/**
 * KEYS: the last sequence, lines (sorted set: a line's JSON behind its sequence, by sequence), lines of groups (sorted set: group, a zero
 * byte and the sequence, in the order of their bytes). ARGV: the line, its group or nothing. → its sequence
 */
const appendScript = luaScript(`
local sequence = redis.call('INCR', KEYS[1])
local digits = string.format('%016.0f', sequence)
redis.call('ZADD', KEYS[2], sequence, digits .. ARGV[1])
if ARGV[2] ~= '' then redis.call('ZADD', KEYS[3], 0, ARGV[2] .. '\\0' .. digits) end
while redis.call('ZCARD', KEYS[2]) > ${auditLimit} do
  local oldest = redis.call('ZPOPMIN', KEYS[2])[1]
  local group = cjson.decode(string.sub(oldest, 17)).group
  if type(group) == 'string' then redis.call('ZREM', KEYS[3], group .. '\\0' .. string.sub(oldest, 1, 16)) end
end
return sequence
`);

const sequenceDigits = 16;

/** The audit in Redis, one for all nodes. */
export class RedisAudit implements AuditLog {
  readonly #redis: RedisConnection;
  readonly #sequence: string;
  readonly #lines: string;
  readonly #ofGroups: string;
  #closed = false;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
    this.#sequence = redis.key('{audit}:sequence');
    this.#lines = redis.key('{audit}:lines');
    this.#ofGroups = redis.key('{audit}:of-groups');
  }

  async append(line: NewAuditLine): Promise<AuditLine> {
    const operation = 'append to the audit';
    this.#checkOpen(operation);
    const keys = [this.#sequence, this.#lines, this.#ofGroups];
    const args = [JSON.stringify(line), line.group ?? ''];
    const sequence = await this.#redis.call({ operation, name: appendScript, keys, args, writes: true });
    return { ...line, sequence: sequence as number };
  }

  async page({ beforeSequence, group, limit }: Parameters<AuditLog['page']>[0]): Promise<readonly AuditLine[]> {
    this.#checkOpen('read the audit');
    const before = beforeSequence ?? Number.MAX_SAFE_INTEGER;
    if (group === null) {
      const lines = await this.#read('ZREVRANGEBYSCORE', this.#lines, `(${before}`, '-inf', 'LIMIT', 0, limit);
      return lines.map(toLine);
    }
    const digits = String(before).padStart(sequenceDigits, '0');
    const range = [`(${group}\0${digits}`, `[${group}\0`];
    const found = await this.#read('ZREVRANGEBYLEX', this.#ofGroups, ...range, 'LIMIT', 0, limit);
    const sequences = found.map((member) => Number(member.toString().slice(-sequenceDigits)));
    const lines = await Promise.all(
      sequences.map((sequence) => this.#read('ZRANGEBYSCORE', this.#lines, sequence, sequence)),
    );
    return lines.flat().map(toLine);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #read(name: string, key: string, ...args: (string | number)[]): Promise<Buffer[]> {
    const operation = 'read the audit';
    return (await this.#redis.call({ operation, name, keys: [key], args, writes: false })) as Buffer[];
  }

  #checkOpen(operation: string): void {
    if (this.#closed) throw closedFault(operation);
  }
}

const toLine = (member: Buffer): AuditLine => {
  const text = member.toString();
  return {
    ...(JSON.parse(text.slice(sequenceDigits)) as NewAuditLine),
    sequence: Number(text.slice(0, sequenceDigits)),
  };
};
