import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { groupId, topicId } from '../../src/core/ids.ts';
import { RedisAudit } from '../../src/store/redis-audit.ts';
import { RedisMetadata } from '../../src/store/redis-metadata.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import type { RedisConnection, RedisSettings } from '../../src/store/redis/connection.ts';
import { RedisServerCheck } from '../../src/store/redis/server-check.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { auditLogContract } from '../contract/audit-log.ts';
import { ending, stateStoreContract } from '../contract/state-store.ts';
import { startRedisCluster } from './redis-cluster-server.ts';
import { connectionTo, logTo, noLoss, startWithinMs, until } from './redis-fixture.ts';
import { cannot, uniqueName } from './shared-kafka.ts';

describe.skipIf(cannot('redis'))('over a Redis Cluster of three', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.remove());

  const connect = async (change: Partial<RedisSettings> = {}): Promise<RedisConnection> => {
    const redis = connectionTo(cluster.nodes[0]!.url, change);
    await redis.start(startWithinMs);
    return redis;
  };

  stateStoreContract(async () => {
    const prefix = uniqueName('sash');
    let redis = await connect({ prefix });
    return {
      store: new RedisStore(redis, noLoss),
      async reopen() {
        await redis.close();
        redis = await connect({ prefix });
        return new RedisStore(redis, noLoss);
      },
      cleanUp: () => redis.close(),
    };
  });

  describe('the audit', () => {
    auditLogContract(async () => {
      const redis = await connect();
      return { audit: new RedisAudit(redis), cleanUp: () => redis.close() };
    });
  });

  test('it is found to be one, its parts are on all nodes, and each is checked', async () => {
    const redis = connectionTo(cluster.nodes[0]!.url);
    onTestFinished(() => redis.close());
    const check = new RedisServerCheck(redis, { waitReplicas: 0, waitAof: false }, { logger: logTo([]) });
    await redis.start(startWithinMs);
    expect(redis.isCluster).toBe(true);
    expect(check.warnings).toEqual([expect.stringContaining('appendfsync no')]);
    const store = new RedisStore(redis, noLoss);
    for (let partition = 0; partition < 30; partition++) {
      const key = { group: groupId('g'), topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition };
      await store.open(key, 0);
      await store.write({ key, leaderEpoch: 1, stateEpoch: 0, startOffset: 0, endings: [ending(partition)] });
    }
    expect(await store.list(groupId('g'))).toHaveLength(30);
    for (const { url } of cluster.nodes) {
      const node = new Redis(url);
      onTestFinished(() => node.disconnect());
      expect(await node.keys(`${redis.prefix}:{*}:endings`)).not.toEqual([]);
    }
    const evicting = new Redis(cluster.nodes[2]!.url);
    onTestFinished(() => evicting.disconnect());
    await evicting.config('SET', 'maxmemory-policy', 'volatile-lru');
    const refused = connectionTo(cluster.nodes[0]!.url);
    onTestFinished(() => refused.close());
    const itsCheck = new RedisServerCheck(refused, { waitReplicas: 0, waitAof: false }, { logger: logTo([]) });
    await expect(refused.start(startWithinMs)).rejects.toMatchObject({
      message: expect.stringContaining('volatile-lru'),
    });
    expect(itsCheck.warnings).toEqual([]);
    await evicting.config('SET', 'maxmemory-policy', 'noeviction');
  });

  test('a group that one node of sash changes is told to the others', async () => {
    const prefix = uniqueName('sash');
    const [here, there] = [await connect({ prefix }), await connect({ prefix })];
    const told: string[] = [];
    const watching = new RedisMetadata(here, { clock: systemClock });
    watching.watch({ group: (group) => void told.push(group) });
    await watching.loadGroups();
    const stored = { type: 'share', config: {}, paused: false, exists: true, topics: {}, createdAtMs: 1 } as const;
    await new RedisMetadata(there, { clock: systemClock }).putGroup({ group: groupId('g'), ...stored });
    await until(async () => expect(told).toEqual(['g']));
    await watching.close();
    await Promise.all([here.close(), there.close()]);
  });

  test('a node of it that is away: what lies there is refused or unknown, and service resumes by itself', async () => {
    const redis = await connect({ timeoutMs: 1_000 });
    onTestFinished(() => redis.close());
    const store = new RedisStore(redis, noLoss);
    const keys = Array.from({ length: 12 }, (_, partition) => {
      return { group: groupId('g'), topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition };
    });
    for (const key of keys) await store.open(key, 0);
    const writeAll = () =>
      Promise.allSettled(
        keys.map((key) => store.write({ key, leaderEpoch: 1, stateEpoch: 0, startOffset: 0, endings: [ending(1)] })),
      );
    await cluster.nodes[1]!.kill();
    const during = await writeAll();
    const failed = during.flatMap((each) => (each.status === 'rejected' ? [each.reason as { code: string }] : []));
    expect(failed.length).toBeGreaterThan(0);
    for (const fault of failed) expect(fault).toMatchObject({ code: 'STORAGE_FAILED', retriable: true });
    await cluster.nodes[1]!.start();
    await until(async () => {
      const after = await writeAll();
      expect(after.map(({ status }) => status)).toEqual(keys.map(() => 'fulfilled'));
    });
  });
});
