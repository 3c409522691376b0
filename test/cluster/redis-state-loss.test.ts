import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { groupId, topicId } from '../../src/core/ids.ts';
import type { Witness } from '../../src/ports/witness.ts';
import { RedisMetadata } from '../../src/store/redis-metadata.ts';
import { RedisStore } from '../../src/store/redis-store.ts';
import { StateLoss } from '../../src/store/redis/state-loss.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { ending } from '../contract/state-store.ts';
import { type Logged, connectionTo, logTo, startWithinMs, until } from './redis-fixture.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { cannot } from './shared-kafka.ts';

const key = { group: groupId('g'), topicId: topicId('ordersAAAAAAAAAAAAAAAA'), partition: 0 };
const lost = { code: 'STATE_LOST', outcome: 'refused', retriable: false };

class MemoryWitness implements Witness {
  text: string | null = null;

  async read(): Promise<string | null> {
    return this.text;
  }

  async write(text: string): Promise<void> {
    this.text = text;
  }
}

describe.skipIf(cannot('redis'))('state that Redis has lost', () => {
  const prefix = 'sash';
  let server: RedisServer;
  let witness: MemoryWitness;
  let operator: Redis;

  beforeEach(async () => {
    server = await startRedis();
    witness = new MemoryWitness();
    operator = new Redis(server.url, { retryStrategy: () => 20 });
    operator.on('error', () => {});
  });
  afterEach(async () => {
    operator.disconnect();
    await server.remove();
  });

  const makeNode = () => {
    const lines: Logged[] = [];
    const redis = connectionTo(server.url, { prefix }, lines);
    const outside = { clock: systemClock, logger: logTo(lines) };
    const loss = new StateLoss(redis, witness, outside, { lookEveryMs: 50 });
    const store = new RedisStore(redis, loss);
    onTestFinished(async () => {
      loss.close();
      await redis.close();
    });
    const write = (offset: number, leaderEpoch = 1) =>
      store.write({ key, leaderEpoch, stateEpoch: 0, startOffset: 0, endings: [ending(offset)] });
    return { redis, loss, store, write, lines };
  };
  const startNode = async () => {
    const node = makeNode();
    await node.redis.start(startWithinMs);
    return node;
  };
  /** All that Redis has; what puts it there again, and nothing else. */
  const copy = async () => {
    const keys = await operator.keys('*');
    const values = await Promise.all(keys.map((name) => operator.dumpBuffer(name)));
    return async () => {
      const back = operator.multi().flushall();
      for (const [index, name] of keys.entries()) back.restore(name, 0, values[index]!);
      await back.exec();
    };
  };

  test('a new cluster is taken for new, by many nodes at once, and its identity outlives restarts', async () => {
    const nodes = [makeNode(), makeNode(), makeNode()];
    await Promise.all(nodes.map(({ redis }) => redis.start(startWithinMs)));
    for (const { loss } of nodes) expect(loss.reason).toBeUndefined();
    const [incarnation] = witness.text?.split(' ') ?? [];
    expect(await operator.hget('sash:identity', 'incarnation')).toBe(incarnation);
    await server.kill();
    await server.start();
    await until(async () =>
      expect(nodes.map(({ redis }) => redis.trouble())).toEqual([undefined, undefined, undefined]),
    );
    await startNode();
    expect(witness.text?.split(' ')[0]).toBe(incarnation);
  });

  test('restarted empty it is never taken for new: nothing is served, by nodes that run and by those that start, until an operator accepts it', async () => {
    const node = await startNode();
    await node.store.open(key, 0);
    await node.write(1);
    await server.kill();
    await server.start({ empty: true });
    await until(async () => expect(node.redis.trouble()).toMatchObject(lost));
    await expect(node.store.open(key, 0)).rejects.toMatchObject(lost);
    await expect(node.write(2)).rejects.toMatchObject(lost);
    const late = makeNode();
    await expect(late.redis.start(startWithinMs)).rejects.toMatchObject({
      ...lost,
      message: expect.stringMatching(
        /has lost share state: it is not the store that the cluster knows, .*: it is empty/,
      ),
      hint: expect.stringContaining('sash cluster accept-state-loss'),
    });
    expect(await operator.dbsize(), 'nothing was written').toBe(0);

    await node.loss.accept();
    await until(async () => expect(node.redis.trouble()).toBeUndefined());
    await until(async () => expect(late.redis.trouble()).toBeUndefined());
    await expect(node.write(2), 'what it knew is over').rejects.toMatchObject({ code: 'FENCED' });
    expect(await node.store.open(key, 5), 'a lease of before fits no lock of now').toEqual({
      stateEpoch: 0,
      leaderEpoch: 1_000_001,
      startOffset: 5,
      endings: [],
    });
    await node.store.write({ key, leaderEpoch: 1_000_001, stateEpoch: 0, startOffset: 6, endings: [] });
  });

  test('emptied under a connection it is noticed by the next write, and other nodes hear of it', async () => {
    const [node, other] = [await startNode(), await startNode()];
    await node.store.open(key, 0);
    await operator.flushall();
    await expect(node.write(1)).rejects.toMatchObject(lost);
    await until(async () => expect(other.redis.trouble()).toMatchObject(lost));
  });

  test('a group that others have deleted is no loss to who had it before: not when they have made it again, nor when that was long ago', async () => {
    const [node, other] = [await startNode(), await startNode()];
    await node.store.open(key, 0);
    for (const offset of [1, 2, 3]) await node.write(offset);
    await other.store.open(key, 0);
    await other.store.deleteGroup(key.group);
    await other.store.open(key, 7);
    expect(await node.store.open(key, null)).toMatchObject({ leaderEpoch: 4, startOffset: 7, endings: [] });

    await other.store.deleteGroup(key.group);
    await operator.del('sash:{ordersAAAAAAAAAAAAAAAA/0/g}:state');
    expect(await node.store.open(key, null)).toBeUndefined();
    expect(await node.store.open(key, 9)).toMatchObject({ leaderEpoch: 5, startOffset: 9, endings: [] });
    expect(node.redis.trouble()).toBeUndefined();
  });

  test('one share partition that is gone is noticed by the next write or by opening it, and other nodes hear of it', async () => {
    for (const use of ['write', 'open'] as const) {
      await operator.flushall();
      witness.text = null;
      const [node, other] = [await startNode(), await startNode()];
      await node.store.open(key, 0);
      await operator.del('sash:{ordersAAAAAAAAAAAAAAAA/0/g}:state');
      await expect(use === 'write' ? node.write(1) : node.store.open(key, 0)).rejects.toMatchObject({
        ...lost,
        message: expect.stringContaining('share partition g/ordersAAAAAAAAAAAAAAAA/0 was at leader epoch 1'),
      });
      await until(async () => expect(other.redis.trouble()).toMatchObject(lost));
      expect(other.loss.reason).toContain('and nothing is there');
    }
  });

  test('an older copy is noticed by the version of what is open, and by the next to start where nothing was open', async () => {
    const node = await startNode();
    await node.store.open(key, 0);
    await node.write(1);
    const older = await copy();
    await node.write(2);
    await older();
    await expect(node.write(3)).rejects.toMatchObject({
      ...lost,
      message: expect.stringContaining('version 3, and it is at 1, 0 and 2'),
    });
    await node.loss.accept();
    await until(async () => expect(node.redis.trouble()).toBeUndefined());
    expect(await node.store.open(key, null)).toMatchObject({ leaderEpoch: 1_000_001, endings: [{ firstOffset: 1 }] });

    await operator.flushall();
    witness.text = null;
    const again = await startNode();
    const before = await copy();
    await startNode();
    await before();
    await until(async () => expect(again.redis.trouble()).toBeUndefined());
    await expect(makeNode().redis.start(startWithinMs)).rejects.toMatchObject(lost);
  });

  test('restored from its newest copy it is served again by itself', async () => {
    const node = await startNode();
    await node.store.open(key, 0);
    await node.write(1);
    const newest = await copy();
    await operator.flushall();
    await expect(node.write(2)).rejects.toMatchObject(lost);
    await newest();
    await until(() => node.write(2));
    expect(node.loss.reason).toBeUndefined();
    expect((await node.store.open(key, null))?.endings.map(({ firstOffset }) => firstOffset)).toEqual([1, 2]);
  });

  test('what another node has deleted or taken over is not lost', async () => {
    const [node, other] = [await startNode(), await startNode()];
    await node.store.open(key, 0);
    await node.write(1);
    await other.store.deleteGroup(key.group);
    await expect(node.write(2)).rejects.toMatchObject({ code: 'FENCED' });
    await node.store.open(key, 0);
    await other.store.open(key, 0);
    await expect(node.write(2, 2)).rejects.toMatchObject({ code: 'FENCED' });
    expect(node.redis.trouble()).toBeUndefined();
  });

  test('a loss that one node noticed is accepted at another', async () => {
    const [node, other] = [await startNode(), await startNode()];
    await node.store.open(key, 0);
    await operator.del('sash:{ordersAAAAAAAAAAAAAAAA/0/g}:state');
    await expect(node.write(1)).rejects.toMatchObject(lost);
    await until(async () => expect(other.redis.trouble()).toMatchObject(lost));
    await other.loss.accept();
    await until(async () => expect([node.redis.trouble(), other.redis.trouble()]).toEqual([undefined, undefined]));
    expect(await node.store.open(key, 9)).toMatchObject({ startOffset: 9 });
  });

  test('secrets that nodes know outlive a loss that was accepted: they still understand each other', async () => {
    const node = await startNode();
    const metadata = new RedisMetadata(node.redis, { clock: systemClock, loss: node.loss });
    const secret = await metadata.secret('cluster', 32);
    await operator.flushall();
    await until(async () => expect(node.redis.trouble()).toMatchObject(lost));
    await node.loss.accept();
    await until(async () => expect(node.redis.trouble()).toBeUndefined());
    await until(async () => expect(new Uint8Array((await operator.getBuffer('sash:secret:cluster'))!)).toEqual(secret));
  });

  test('where the witness has forgotten, it is told again', async () => {
    await startNode();
    const [incarnation] = String(witness.text).split(' ');
    witness.text = null;
    const { loss } = await startNode();
    expect(loss.reason).toBeUndefined();
    expect(String(witness.text).split(' ')[0]).toBe(incarnation);
  });
});
