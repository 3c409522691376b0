import { createHash } from 'node:crypto';

/** A script that Redis runs as one: nothing else happens between its commands. */
export interface LuaScript {
  readonly lua: string;
  /** What Redis knows it by. */
  readonly sha: string;
}

/**
 * Declares a script. Its first command that writes has to be one that Redis refuses when its memory is full (HSET, SET, ZADD …; not DEL):
 * then it is refused whole, because later commands of a script that has written are let through.
 */
export const luaScript = (lua: string): LuaScript => ({ lua, sha: createHash('sha1').update(lua).digest('hex') });
