import { maxEndingOffsets } from '../../core/share-partition/ending.ts';
import { luaScript } from './lua-script.ts';

/**
 * The scripts of the state store. A share partition has three keys, in one slot of a Redis Cluster:
 *
 *     <prefix>:{<topic id>/<partition>/<group>}:state      hash: format, leader, born (the leader epoch with which it was created), epoch (state epoch), version, start,
 *                                                          next (sequence), archived
 *     <prefix>:{<topic id>/<partition>/<group>}:endings    sorted set: members by last offset, see ending-bytes.ts
 *     <prefix>:{<topic id>/<partition>/<group>}:archived   sorted set: the same members, those that are listed, by sequence
 *
 * One that was deleted leaves for a day `leader` and `deleted` behind, so that whoever still writes to it is told that, and not that
 * state was lost.
 */
const deletedForSeconds = 86_400;

/** What `guard` answers with instead of going on. */
export type Refusal = readonly [word: 'gone' | 'lost' | 'fenced' | 'start', ...facts: string[]];

/**
 * KEYS: state. ARGV: leader epoch, state epoch, the version that was last confirmed. All three only rise: where less is stored, state was lost.
 */
const guard = `
local now = redis.call('HMGET', KEYS[1], 'leader', 'epoch', 'version', 'start', 'deleted')
if now[5] then return {'gone'} end
if not now[1] then return {'lost', 'nothing', '', ''} end
local leader, epoch, version = tonumber(now[1]), tonumber(now[2]), tonumber(now[3])
local myLeader, myEpoch, myVersion = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if leader < myLeader or (leader == myLeader and (epoch < myEpoch or version < myVersion)) then
  return {'lost', now[1], now[2], now[3]}
end
if leader ~= myLeader or epoch ~= myEpoch then return {'fenced', now[1], now[2]} end
`;

/** KEYS: state. ARGV: what the leader epoch is greater than. Raises it. → leader epoch, state epoch, version, start, next sequence, born; `gone` where it was deleted, nothing where nothing is stored */
export const openScript = luaScript(`
local now = redis.call('HMGET', KEYS[1], 'leader', 'epoch', 'start', 'next', 'deleted', 'born')
if now[5] then return {'gone'} end
if not now[1] then return false end
local leader = math.max(tonumber(now[1]), tonumber(ARGV[1])) + 1
redis.call('HSET', KEYS[1], 'leader', string.format('%.0f', leader))
local version = redis.call('HINCRBY', KEYS[1], 'version', 1)
return {string.format('%.0f', leader), now[2], tostring(version), now[3], now[4], now[6] or '0'}
`);

/** KEYS: state. ARGV: start offset, the greatest leader epoch of all that were deleted. As `openScript`; somebody may have been quicker. */
export const createScript = luaScript(`
local now = redis.call('HMGET', KEYS[1], 'leader', 'epoch', 'start', 'next', 'deleted', 'born')
if not now[1] or now[5] then
  local leader = math.max(tonumber(now[1] or '0'), tonumber(ARGV[2]))
  local born = string.format('%.0f', leader + 1)
  redis.call('HSET', KEYS[1], 'format', 1, 'leader', string.format('%.0f', leader), 'born', born, 'epoch', 0, 'version', 0,
    'start', ARGV[1], 'next', 0, 'archived', 0)
  redis.call('HDEL', KEYS[1], 'deleted')
  redis.call('PERSIST', KEYS[1])
  now = {'', '0', ARGV[1], '0', false, born}
end
local leader = redis.call('HINCRBY', KEYS[1], 'leader', 1)
local version = redis.call('HINCRBY', KEYS[1], 'version', 1)
return {string.format('%.0f', leader), now[2], tostring(version), now[3], now[4], now[6] or '0'}
`);

/**
 * KEYS: state, endings, archived. ARGV: as `guard`; start offset, next sequence, records that are listed, endings that are listed;
 * then of each ending its last offset and its member, and of each that is listed its sequence and its member. → the version
 */
export const writeScript = luaScript(`${guard}
if tonumber(ARGV[4]) < tonumber(now[4]) then return {'start', now[4]} end
redis.call('HSET', KEYS[1], 'start', ARGV[4], 'next', ARGV[5])
if ARGV[6] ~= '0' then redis.call('HINCRBY', KEYS[1], 'archived', ARGV[6]) end
local listedFrom = #ARGV - 2 * tonumber(ARGV[7])
for i = 8, listedFrom, 2 do redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i + 1]) end
for i = listedFrom + 1, #ARGV, 2 do redis.call('ZADD', KEYS[3], ARGV[i], ARGV[i + 1]) end
return redis.call('HINCRBY', KEYS[1], 'version', 1)
`);

/** KEYS: state. ARGV: as `guard`; start offset. → the version */
export const resetScript = luaScript(`${guard}
redis.call('HSET', KEYS[1], 'start', ARGV[4], 'epoch', string.format('%.0f', epoch + 1))
return redis.call('HINCRBY', KEYS[1], 'version', 1)
`);

/** KEYS: state, endings, archived. ARGV: as `guard`; records that were listed; then members. Forgets history. → 1 when it did */
export const forgetScript = luaScript(`${guard}
for i = 5, #ARGV do
  redis.call('ZREM', KEYS[2], ARGV[i])
  redis.call('ZREM', KEYS[3], ARGV[i])
end
if ARGV[4] ~= '0' then redis.call('HINCRBY', KEYS[1], 'archived', '-' .. ARGV[4]) end
return 1
`);

/** KEYS: state, endings. ARGV: an offset. → the state epoch, then the members that cover it; nothing where nothing is stored */
export const coveringScript = luaScript(`
local now = redis.call('HMGET', KEYS[1], 'epoch', 'deleted')
if not now[1] or now[2] then return false end
local offset = tonumber(ARGV[1])
local found = {now[1]}
local near = redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[1], string.format('%.0f', offset + ${maxEndingOffsets - 1}), 'WITHSCORES')
for i = 1, #near, 2 do
  local high, low = string.byte(near[i], 11, 12)
  if tonumber(near[i + 1]) - (high * 256 + low) < offset then found[#found + 1] = near[i] end
end
return found
`);

/**
 * KEYS: state, endings, archived. ARGV: a leader epoch. Deletes a share partition whose leader epoch is not above that one. → 1, or the
 * leader epoch when it has been opened meanwhile. Memory is given back in the background.
 */
export const deleteScript = luaScript(`
local now = redis.call('HMGET', KEYS[1], 'leader', 'deleted')
if not now[1] or now[2] then return 1 end
if tonumber(now[1]) > tonumber(ARGV[1]) then return {now[1]} end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'leader', now[1], 'deleted', 1)
redis.call('EXPIRE', KEYS[1], ${deletedForSeconds})
return 1
`);

/** KEYS: a number. ARGV: what it is at least from now on. */
export const raiseScript = luaScript(`
local now = redis.call('GET', KEYS[1])
if not now or tonumber(now) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
return 1
`);

/** KEYS: an index. ARGV: a field, its value as it was seen. The entry goes unless it has been made anew. */
export const unlistScript = luaScript(`
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 1
`);
