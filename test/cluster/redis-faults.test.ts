import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { groupId, topicId } from '../../src/core/ids.ts';
import { RedisMetadata } from '../../src/store/redis-metadata.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import type { RedisConnection, RedisSettings } from '../../src/store/redis/connection.ts';
import { RedisServerCheck } from '../../src/store/redis/server-check.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { ending } from '../contract/state-store.ts';
import { type Logged, connectionTo, logTo, noLoss, startWithinMs, until } from './redis-fixture.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { cannot } from './shared-kafka.ts';
import { type TcpProxy, startTcpProxy } from './tcp-proxy.ts';

const key = { group: groupId('g'), topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };

describe.skipIf(cannot('redis'))('Redis', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  let lines: Logged[];

  const start = async (settings: Readonly<Record<string, string>> = {}): Promise<void> => {
    server = await startRedis({ settings });
    proxy = await startTcpProxy(server.port);
    lines = [];
  };
  const connected = async (change: Partial<RedisSettings> = {}): Promise<RedisConnection> => {
    const redis = connectionTo(`redis://127.0.0.1:${proxy.port}`, change, lines);
    onTestFinished(() => redis.close());
    await redis.start(startWithinMs);
    return redis;
  };
  const opened = async (redis: RedisConnection): Promise<RedisStore> => {
    const store = new RedisStore(redis, noLoss);
    await store.open(key, 0);
    return store;
  };
  const write = (store: RedisStore, offset: number, leaderEpoch = 1): Promise<void> =>
    store.write({ key, leaderEpoch, stateEpoch: 0, startOffset: 0, endings: [ending(offset)] });
  const endedOffsets = async (store: RedisStore): Promise<number[] | undefined> =>
    (await store.open(key, null))?.endings.map(({ firstOffset }) => firstOffset);
  /** An operator's own connection. */
  const operator = (): Redis => {
    const redis = new Redis(server.url);
    onTestFinished(() => redis.disconnect());
    return redis;
  };

  afterEach(async () => {
    await proxy.close();
    await server.remove();
  });

  describe('over a network that fails', () => {
    beforeEach(() => start());

    test('a write whose answer was cut off has an unknown outcome, and what was written is found when it is loaded again', async () => {
      const redis = await connected();
      const store = await opened(redis);
      await write(store, 6);
      proxy.swallowAnswers();
      const outcome = write(store, 7).catch((error: unknown) => error);
      const seen = operator();
      await until(async () => expect(await seen.zcard(redis.key(`{${key.topicId}/0/g}:endings`))).toBe(2));
      proxy.cut();
      expect(await outcome).toMatchObject({ name: 'Fault', outcome: 'unknown', retriable: true });
      proxy.restore();
      await until(async () => expect(await endedOffsets(store)).toEqual([6, 7]));
    });

    test('what is asked for while it is away is refused at once, and service resumes by itself', async () => {
      const redis = await connected();
      const store = await opened(redis);
      proxy.cut();
      await until(async () => expect(redis.trouble()).toBeDefined());
      const refused = { code: 'STORAGE_FAILED', outcome: 'refused', retriable: true };
      await expect(write(store, 1)).rejects.toMatchObject(refused);
      expect(redis.trouble()?.message).toContain(`127.0.0.1:${proxy.port} is not connected`);
      proxy.restore();
      await until(() => write(store, 2));
      expect(await endedOffsets(store)).toEqual([2]);
      expect(lines.at(-1)).toEqual({ level: 'info', message: `Redis at 127.0.0.1:${proxy.port} is back` });
    });

    test('one that does not answer has a time-out, the connection is given up, and what it did not answer is unknown', async () => {
      const redis = await connected({ timeoutMs: 200 });
      const store = await opened(redis);
      proxy.swallowAll();
      const two = await Promise.allSettled([write(store, 1), write(store, 2)]);
      for (const each of two) {
        expect(each).toMatchObject({ status: 'rejected', reason: { outcome: 'unknown', retriable: true } });
      }
      expect(redis.busyMs()).toBe(0);
      proxy.restore();
      await until(async () => expect(await endedOffsets(store)).toEqual([]));
    });

    test('it is told how long one has been waited for', async () => {
      const redis = await connected();
      const store = await opened(redis);
      expect(redis.busyMs()).toBe(0);
      server.pause();
      const sent = write(store, 1);
      await until(async () => expect(redis.busyMs()).toBeGreaterThan(50));
      server.resume();
      await sent;
      expect(redis.busyMs()).toBe(0);
    });

    test('one that was killed and comes back has all that it confirmed', async () => {
      const redis = await connected();
      const store = await opened(redis);
      for (let offset = 0; offset < 20; offset++) await write(store, offset);
      await server.kill();
      await until(async () => expect(redis.trouble()).toBeDefined());
      await server.start();
      await until(async () => expect(await endedOffsets(store)).toHaveLength(20));
    });

    test('a script that it no longer knows is sent in full', async () => {
      const redis = await connected();
      const store = await opened(redis);
      await operator().script('FLUSH');
      await Promise.all([write(store, 1), write(store, 2)]);
      expect(await endedOffsets(store)).toEqual([1, 2]);
    });

    test('a change of a group that another node made is told at once, and one whose message was missed at the next look', async () => {
      const prefix = `sash-${process.pid}-watch`;
      const [here, there] = [await connected({ prefix }), await connected({ prefix })];
      const told: string[] = [];
      const watching = new RedisMetadata(here, { clock: systemClock, pollMs: 100 });
      const other = new RedisMetadata(there, { clock: systemClock });
      watching.watch({
        group: (group, stored) => void told.push(`${group} ${stored === null ? 'gone' : stored.paused}`),
      });
      await watching.loadGroups();
      const group = (paused: boolean) =>
        ({ group: groupId('g'), type: 'share', config: {}, paused, exists: true, topics: {}, createdAtMs: 1 }) as const;
      await other.putGroup(group(false));
      await until(async () => expect(told).toEqual(['g false']));
      proxy.cut();
      await until(async () => expect(there.trouble()).toBeDefined());
      proxy.restore();
      await until(() => other.putGroup(group(true)));
      await until(async () => expect(told).toEqual(['g false', 'g true']));
      await until(() => other.deleteGroup(groupId('g')));
      await until(async () => expect(told).toEqual(['g false', 'g true', 'g gone']));
      await watching.putGroup(group(true));
      expect(told, 'of what one did oneself one is not told').toHaveLength(3);
      await watching.close();
    });
  });

  describe('that refuses', () => {
    test('has no memory left: refused with what to do, nothing is half written, and service resumes by itself', async () => {
      await start();
      const redis = await connected();
      const store = await opened(redis);
      await write(store, 0);
      const other = operator();
      await other.config('SET', 'maxmemory', '1mb'); // it has more already
      await expect(write(store, 1)).rejects.toMatchObject({
        code: 'STORAGE_FULL',
        outcome: 'refused',
        retriable: true,
        hint: expect.stringContaining('maxmemory'),
      });
      await expect(redis.probe(1_000)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
      await other.config('SET', 'maxmemory', '0');
      await write(store, 2);
      await redis.probe(1_000_000);
      expect(await endedOffsets(store)).toEqual([0, 2]);
    });

    test('is a replica: refused, and it is asked again when it has become the primary', async () => {
      await start();
      const redis = await connected();
      const store = await opened(redis);
      const other = operator();
      await other.config('SET', 'replica-serve-stale-data', 'yes');
      await other.replicaof('127.0.0.1', '1');
      await expect(write(store, 1)).rejects.toMatchObject({
        outcome: 'refused',
        retriable: true,
        message: expect.stringContaining('READONLY'),
        hint: expect.stringContaining('primary'),
      });
      await other.replicaof('NO', 'ONE');
      await until(() => write(store, 2));
      expect(await endedOffsets(store)).toEqual([2]);
    });

    test('has fewer replicas than it was told to have', async () => {
      await start();
      const store = await opened(await connected());
      await operator().config('SET', 'min-replicas-to-write', '1');
      await expect(write(store, 1)).rejects.toMatchObject({
        outcome: 'refused',
        message: expect.stringContaining('NOREPLICAS'),
      });
    });

    test('wants a password: the start says so, and no password is in any message', async () => {
      await start();
      await operator().config('SET', 'requirepass', 'right-secret');
      const withPassword = (password: string) =>
        connectionTo(`redis://:${password}@127.0.0.1:${proxy.port}`, {}, lines);
      for (const [redis, word] of [
        [connectionTo(`redis://127.0.0.1:${proxy.port}`, {}, lines), 'NOAUTH'],
        [withPassword('wrong-secret'), 'WRONGPASS'],
      ] as const) {
        onTestFinished(() => redis.close());
        const fault = await redis.start(500).then(
          () => expect.unreachable(),
          (error: Error) => error,
        );
        expect(fault.message).toContain(word);
        expect(fault).toMatchObject({ outcome: 'refused', hint: expect.stringContaining('store.redis.url') });
        expect(JSON.stringify(lines) + fault.message + String(fault.cause)).not.toContain('secret');
      }
      const redis = withPassword('right-secret');
      onTestFinished(() => redis.close());
      await redis.start(startWithinMs);
      await opened(redis);
      expect(JSON.stringify(lines)).not.toContain('secret');
    });

    test('a user of the access list and a database number are taken from the address', async () => {
      await start();
      const other = operator();
      await other.acl('SETUSER', 'sash', 'on', '>pass', '~mine:*', '&mine:*', '+@all', '-config');
      const redis = connectionTo(`redis://sash:pass@127.0.0.1:${proxy.port}/3`, { prefix: 'mine' }, lines);
      onTestFinished(() => redis.close());
      const check = new RedisServerCheck(redis, { waitReplicas: 0, waitAof: false }, { logger: logTo(lines) });
      await redis.start(startWithinMs);
      await opened(redis);
      expect(await other.dbsize()).toBe(0);
      await other.select(3);
      expect(await other.dbsize()).toBeGreaterThan(0);
      expect(check.warnings).toEqual([expect.stringContaining('does not tell how it is set')]);
      const elsewhere = connectionTo(`redis://sash:pass@127.0.0.1:${proxy.port}`, { prefix: 'yours' }, lines);
      onTestFinished(() => elsewhere.close());
      await elsewhere.start(startWithinMs);
      await expect(opened(elsewhere)).rejects.toMatchObject({
        outcome: 'refused',
        message: expect.stringContaining('NOPERM'),
      });
    });

    test('an address that is none is refused without repeating it', () => {
      for (const url of ['localhost:6379', 'http://u:secret@h', 'redis://', 'redis://u:se cret@']) {
        expect(() => connectionTo(url)).toThrow(/^store\.redis\.url is not an address of Redis: redis:\/\/\[user/);
      }
    });
  });

  describe('that is set so that it loses what it confirmed', () => {
    const checked = async (settings: Readonly<Record<string, string>>, change: Partial<RedisSettings> = {}) => {
      await start(settings);
      const redis = connectionTo(server.url, change, lines);
      onTestFinished(() => redis.close());
      const check = new RedisServerCheck(
        redis,
        { waitReplicas: 0, waitAof: false, ...change },
        { logger: logTo(lines) },
      );
      await redis.start(startWithinMs);
      return check;
    };

    test('evicts: refused at start, with what to do; accepted as soon as it is set right', async () => {
      const failed = checked({ 'maxmemory-policy': 'allkeys-lru', maxmemory: '50mb' });
      await expect(failed).rejects.toMatchObject({
        message: expect.stringContaining('evicts (maxmemory-policy allkeys-lru)'),
        hint: expect.stringContaining('noeviction'),
      });
      await operator().config('SET', 'maxmemory-policy', 'noeviction');
      await connected();
    });

    test('says nothing where it is set right', async () => {
      expect((await checked({})).warnings).toEqual([]);
      expect(lines).toEqual([]);
    });

    test.each([
      [{ appendonly: 'no' }, 'keeps no append-only file (appendonly no)'],
      [{ appendfsync: 'everysec' }, 'up to a second before the append-only file is on disk (appendfsync everysec)'],
      [{ appendfsync: 'no' }, 'leaves it to its machine'],
    ])('warns of %o, in plain words', async (settings, words) => {
      const { warnings } = await checked(settings);
      expect(warnings).toEqual([expect.stringContaining(words)]);
      expect(warnings[0]).toContain('acknowledgements that were confirmed are lost');
      expect(lines).toEqual([{ level: 'warn', message: warnings[0] }]);
    });

    test('cannot wait for its append-only file before 7.2: refused at start', async ({ skip }) => {
      const failed = checked({}, { waitAof: true });
      const error = await failed.then(
        () => undefined,
        (fault: Error) => fault,
      );
      skip(error === undefined, 'this Redis has WAITAOF');
      expect(error?.message).toContain('store.redis.wait.aof needs Redis 7.2 or newer');
    });
  });

  describe('with replicas that are waited for', () => {
    let replica: RedisServer;
    beforeEach(async () => {
      await start();
      replica = await startRedis({ settings: { replicaof: `127.0.0.1 ${server.port}` } });
    });
    afterEach(() => replica.remove());

    test('a write counts when a replica has it; one that it did not get in time is unknown', async () => {
      const redis = await connected({ waitReplicas: 1, waitTimeoutMs: 300 });
      await until(async () => {
        expect(await operator().info('replication')).toContain('state=online');
      });
      const store = await opened(redis);
      await write(store, 1);
      const copy = new Redis(replica.url);
      onTestFinished(() => copy.disconnect());
      expect(await copy.zcard(redis.key(`{${key.topicId}/0/g}:endings`))).toBe(1);
      replica.pause();
      await expect(write(store, 2)).rejects.toMatchObject({
        outcome: 'unknown',
        message: expect.stringContaining('was not in 1 replicas (0 have it) within 300 ms'),
      });
      await expect(store.countArchived(key), 'reading waits for nobody').resolves.toBe(0);
      replica.resume();
      await until(async () => expect(await endedOffsets(store)).toEqual([1, 2]));
    });
  });
});
