import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { groupId, topicId } from '../../src/core/ids.ts';
import type { Ending } from '../../src/core/share-partition/ending.ts';
import { historyLimits } from '../../src/ports/state-store.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import type { RedisConnection } from '../../src/store/redis/connection.ts';
import { ending } from '../contract/state-store.ts';
import { connectionTo, noLoss, startWithinMs, until } from './redis-fixture.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { cannot } from './shared-kafka.ts';

const key = { group: groupId('g'), topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };
const rejected = { outcome: 'rejected', state: 'archived' } as const;
const released = { outcome: 'released', state: 'available' } as const;

const range = (first: number, end: number, change: Partial<Ending> = {}): Ending[] =>
  Array.from({ length: end - first }, (_, i) => ending(first + i, change));

describe.skipIf(cannot('redis'))('history in Redis', () => {
  let server: RedisServer;
  let redis: RedisConnection;
  let operator: Redis;
  let store: RedisStore;

  beforeAll(async () => {
    server = await startRedis({ settings: { appendfsync: 'no' } });
    operator = new Redis(server.url);
  });
  afterAll(async () => {
    operator.disconnect();
    await server.remove();
  });
  beforeEach(async () => {
    redis = connectionTo(server.url);
    await redis.start(startWithinMs);
    store = new RedisStore(redis, noLoss, { offsetsBetweenCleanups: 1_000 });
    await store.open(key, 0);
  });
  afterEach(() => redis.close());

  const write = (endings: readonly Ending[], startOffset: number, epochs = {}): Promise<void> =>
    store.write({ key, leaderEpoch: 1, stateEpoch: 0, startOffset, endings, ...epochs });
  const stored = (what: 'endings' | 'archived'): Promise<number> =>
    operator.zcard(redis.key(`{${key.topicId}/0/g}:${what}`));
  const untilStored = (count: number, what: 'endings' | 'archived' = 'endings'): Promise<void> =>
    until(async () => expect(await stored(what)).toBe(count));

  test('shrinks to the newest endings that cover as many records as must be kept', async () => {
    await write(range(0, 25_000), 25_000);
    await untilStored(historyLimits.settledRecords);
    expect(await store.latestEnding(key, 14_999)).toBeUndefined();
    expect(await store.latestEnding(key, 15_000)).toMatchObject({ outcome: 'accepted' });
  });

  test('counts records, not endings; what was not accepted stays, however much is accepted after it', async () => {
    await write([...range(0, 300, rejected), ...range(300, 400, released)], 300);
    const ranges = Array.from({ length: 1_200 }, (_, i) => ending(400 + i * 100, { lastOffset: 499 + i * 100 }));
    await write(ranges, 120_400);
    await untilStored(historyLimits.settledRecords / 100 + 400);
    expect(await store.countArchived(key)).toBe(300);
  });

  test('of those that were archived the newest stay and are listed, and are counted', async () => {
    await write(range(0, 12_000, rejected), 12_000);
    await untilStored(historyLimits.failedRecords);
    await untilStored(historyLimits.failedRecords, 'archived');
    expect(await store.countArchived(key)).toBe(historyLimits.failedRecords);
    const listed = await store.archived(key, { limit: 20_000 });
    expect([listed[0]?.firstOffset, listed.at(-1)?.firstOffset]).toEqual([11_999, 2_000]);
  });

  test('newest means settled last, not the highest offset', async () => {
    await write(range(1, 20_000), 0); // offset 0 holds the window back
    await write([ending(0)], 20_000);
    await untilStored(historyLimits.settledRecords);
    expect(await store.latestEnding(key, 0)).toMatchObject({ outcome: 'accepted' });
  });

  test('nothing of the window goes, however much there is', async () => {
    await write([...range(1, 15_000), ...range(15_000, 18_000, released)], 0);
    const other = { ...key, partition: 1 };
    await store.open(other, 0);
    await store.write({ key: other, leaderEpoch: 1, stateEpoch: 0, startOffset: 12_000, endings: range(0, 12_000) });
    // Another partition goes through a cleanup after that, so this one has had its turn.
    await until(async () => {
      expect(await operator.zcard(redis.key(`{${key.topicId}/1/g}:endings`))).toBe(historyLimits.settledRecords);
    });
    expect(await stored('endings')).toBe(17_999);
  });

  test('endings of an earlier state epoch are history, wherever the window starts now', async () => {
    await write(range(50_000, 65_000), 50_000);
    await store.reset({ key, leaderEpoch: 1, stateEpoch: 0, startOffset: 0 });
    await write(range(1, 1_500), 0, { stateEpoch: 1 });
    await untilStored(historyLimits.settledRecords + 1_499);
    expect((await store.open(key, null))?.endings).toHaveLength(1_499);
  });

  test('what a node left undone is done by the next that opens it; a node that lost it does nothing any more', async () => {
    const careless = new RedisStore(redis, noLoss, { offsetsBetweenCleanups: 1_000_000 });
    await careless.open(key, 0);
    await careless.write({ key, leaderEpoch: 2, stateEpoch: 0, startOffset: 15_000, endings: range(0, 15_000) });
    expect(await stored('endings')).toBe(15_000);
    await store.open(key, 0);
    await untilStored(historyLimits.settledRecords);
  });
});
