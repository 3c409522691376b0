import type { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  type BackgroundOperation,
  type OperationQueue,
  hasEnded,
  operationLimits,
} from '../../src/ports/operation-queue.ts';
import { BullmqOperationQueue } from '../../src/store/bullmq-operation-queue.ts';
import type { RedisConnection } from '../../src/store/redis/connection.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { newOperation, operationQueueContract, until } from '../contract/operation-queue.ts';
import { connectionTo, startWithinMs } from './redis-fixture.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { cannot, uniqueName } from './shared-kafka.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };

describe.skipIf(cannot('redis'))('the queue of operations over BullMQ', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.remove());

  /** A node of a cluster: what it has of Redis can be cut off at once, as when it is killed. */
  const node = async (prefix: string) => {
    const redis = connectionTo(server.url, { prefix });
    await redis.start(startWithinMs);
    const clients: (Redis | Cluster)[] = [];
    const watched = new Proxy(redis, {
      get(target, name: keyof RedisConnection) {
        if (name === 'newClient')
          return (...args: Parameters<RedisConnection['newClient']>) => {
            const client = target.newClient(...args);
            clients.push(client);
            return client;
          };
        const own: unknown = Reflect.get(target, name, target);
        return typeof own === 'function' ? (own.bind(target) as unknown) : own;
      },
    });
    const timing = { lockMs: 1_500, stalledCheckMs: 500 };
    const queue = new BullmqOperationQueue({ redis: watched, clock: systemClock, logger }, timing);
    return {
      queue,
      async close() {
        await queue.close();
        await redis.close();
      },
      async kill() {
        for (const client of clients) client.disconnect();
        await redis.close();
      },
    };
  };

  operationQueueContract(async () => {
    const prefix = uniqueName('sash');
    let current = await node(prefix);
    const others = [current];
    return {
      queue: current.queue,
      async reopen(how) {
        await (how === 'after a close' ? current.close() : current.kill());
        current = await node(prefix);
        others.push(current);
        return current.queue;
      },
      cleanUp: async () => {
        for (const each of others) await each.close();
      },
    };
  });

  type Node = Awaited<ReturnType<typeof node>>;
  const cluster = async (nodes: number) => {
    const prefix = uniqueName('sash');
    const all: Node[] = [];
    for (let index = 0; index < nodes; index++) all.push(await node(prefix));
    onTestFinished(async () => {
      for (const each of all) await each.close();
    });
    return all;
  };

  const stepsOf =
    (log: string[], name: string, steps = 20) =>
    async (queue: OperationQueue) =>
      queue.start(async (operation, run) => {
        const { step } = (operation.cursor ?? { step: 0 }) as { step: number };
        for (let next = step + 1; next <= steps; next++) {
          if (run.signal.aborted) return run.isCancelled() ? { state: 'cancelled', result: null, error: null } : null;
          log.push(`${operation.id} ${next} ${name}`);
          await new Promise((resolve) => setTimeout(resolve, 5));
          for (;;) {
            try {
              await run.save({ cursor: { step: next }, done: next, total: steps, result: null, error: null });
              break;
            } catch (error) {
              if (run.signal.aborted) return null;
              expect(error).toMatchObject({ name: 'Fault' });
              await new Promise((resolve) => setTimeout(resolve, 50));
            }
          }
        }
        return { state: 'done', result: null, error: null };
      });

  it('is shared by all nodes: each operation is worked at by one of them, each step once, and it tells of it', async () => {
    const [a, b] = (await cluster(2)) as [Node, Node];
    const log: string[] = [];
    const told = new Set<string>();
    a.queue.watch(({ id, state }) => void told.add(`${id} ${state} a`));
    b.queue.watch(({ id, state }) => void told.add(`${id} ${state} b`));
    await stepsOf(log, 'a')(a.queue);
    await stepsOf(log, 'b')(b.queue);
    const ids: string[] = [];
    for (let count = 0; count < 3 * operationLimits.running; count++) ids.push((await a.queue.add(newOperation())).id);
    for (const id of ids) await until(b.queue, id, hasEnded);
    expect(log.map((line) => line.slice(0, -2)).toSorted()).toEqual(
      ids.flatMap((id) => Array.from({ length: 20 }, (_, step) => `${id} ${step + 1}`)).toSorted(),
    );
    expect(new Set(log.map((line) => line.at(-1)))).toEqual(new Set(['a', 'b']));
    const toldBy = (node: (id: string) => string): string[] => ids.filter((id) => told.has(`${id} done ${node(id)}`));
    const worker = (id: string): string => log.find((line) => line.startsWith(id))!.at(-1)!;
    // The end is there for all to see a moment before the node that came to it tells of it.
    await expect.poll(() => toldBy(worker)).toEqual(ids);
    expect(toldBy((id) => (worker(id) === 'a' ? 'b' : 'a'))).toEqual([]);
  });

  it('a node that is stopped hands its operations over at once, and one that dies after its lock has run out; no step is left out', async () => {
    const [a, b, c] = (await cluster(3)) as [Node, Node, Node];
    const log: string[] = [];
    await stepsOf(log, 'a')(a.queue);
    const { id } = await c.queue.add(newOperation());
    await until(c.queue, id, ({ done }) => done >= 3);
    await stepsOf(log, 'b')(b.queue);
    await a.close();
    await until(c.queue, id, ({ done }) => done >= 10);
    expect(log.filter((line) => line.endsWith('b'))).not.toEqual([]);
    await b.kill();
    await stepsOf(log, 'c')(c.queue);
    expect(await until(c.queue, id, hasEnded)).toMatchObject({ state: 'done', done: 20 });
    const steps = log.map((line) => Number(line.split(' ')[1]));
    expect([...new Set(steps)]).toEqual(Array.from({ length: 20 }, (_, step) => step + 1));
    // Only the step that was cut off is repeated.
    expect(steps.length).toBeLessThanOrEqual(22);
  });

  it('a cancel is heard by whichever node has it', async () => {
    const [a, b] = (await cluster(2)) as [Node, Node];
    await a.queue.start(async (_operation, run) => {
      await new Promise<void>((resolve) => {
        run.signal.addEventListener('abort', () => resolve());
        if (run.signal.aborted) resolve();
      });
      return run.isCancelled() ? { state: 'cancelled', result: { steps: 0 }, error: null } : null;
    });
    const { id } = await b.queue.add(newOperation());
    expect(await b.queue.cancel(id)).toMatchObject({ isCancelling: true });
    expect(await until(b.queue, id, hasEnded)).toMatchObject({ state: 'cancelled', result: { steps: 0 } });
  });

  it('Redis that is killed and comes back takes nothing with it, and the operation goes on', async () => {
    const [a] = (await cluster(1)) as [Node];
    const log: string[] = [];
    await stepsOf(log, 'a', 50)(a.queue);
    const { id } = await a.queue.add(newOperation());
    await until(a.queue, id, ({ done }) => done >= 3);
    await server.kill();
    await expect(a.queue.add(newOperation())).rejects.toMatchObject({ name: 'Fault', retriable: true });
    await server.start();
    const found = await eventuallyFound(a.queue, id);
    expect(found.done).toBeGreaterThanOrEqual(3);
    for (;;) {
      const { state, done } = await eventuallyFound(a.queue, id);
      if (state !== 'done') continue;
      expect(done).toBe(50);
      break;
    }
    expect(new Set(log.map((line) => Number(line.split(' ')[1]))).size).toBe(50);
  });
});

/** While Redis is on its way. */
const eventuallyFound = async (queue: OperationQueue, id: string): Promise<BackgroundOperation> => {
  for (;;) {
    try {
      const operation = await queue.find(id);
      if (operation !== undefined) return operation;
    } catch (error) {
      expect(error).toMatchObject({ name: 'Fault' });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
