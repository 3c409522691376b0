import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../interop/cache.ts';
import { lasting, patienceMs, useCluster } from './cluster-fixture.ts';
import { Work, allReady, eventually, readiness } from './node-api.ts';
import { startRedis } from './redis-server.ts';
import { startSashCluster } from './sash-node.ts';
import { cannot, sharedKafka, uniqueName } from './shared-kafka.ts';

/** Refused, and to be tried again, with a reason. */
const retriable = expect.objectContaining({ retriable: true, detail: expect.stringMatching(/./) as string }) as object;

describe.skipIf(cannot('kafka', 'redis'))('when Redis', () => {
  const fixture = useCluster();

  const admin = (): Redis => {
    const client = new Redis(fixture.redis.url);
    onTestFinished(() => client.disconnect());
    return client;
  };

  /** Three records of which one is accepted and two are held. */
  const begin = async (name: string) => {
    const { cluster } = fixture;
    const work = new Work(uniqueName(name));
    await work.createTopic(cluster.node(0));
    await work.produce(cluster.node(0), ['a', 'b', 'c']);
    const taken = await work.take(cluster.node(0), 3);
    await work.acceptAll(cluster.node(1), [taken[0]!.lease]);
    return { work, leases: taken.slice(1).map(({ lease }) => lease) };
  };

  /** While it is so: an acknowledgement is not confirmed, in a way that says to try again. */
  const notConfirmed = async (work: Work, leases: readonly string[]): Promise<void> => {
    for (const node of fixture.cluster.nodes) {
      const { status, body } = await work.acknowledge(node, leases);
      if (status !== 200) {
        expect([503, 507]).toContain(status);
        expect(body).toEqual(retriable);
        continue;
      }
      for (const outcome of body.results) {
        expect(outcome.status).toBe('error');
        expect(['BUSY', 'OUTCOME_UNKNOWN', 'NOT_OWNER', 'KAFKA_STORAGE_ERROR', 'STORAGE_FULL']).toContain(outcome.code);
      }
    }
  };

  const allUnready = async (why: RegExp): Promise<void> => {
    for (const node of fixture.cluster.nodes) {
      await eventually(async () => {
        const said = await readiness(node);
        expect(said.ready).toBe(false);
        expect(said.why).toMatch(why);
      });
    }
  };

  /** What was held is accepted, or comes again and is accepted then; nothing else comes. */
  const finish = async (work: Work, leases: readonly string[]): Promise<void> => {
    const { cluster } = fixture;
    const seen = new Set<unknown>();
    await eventually(async () => {
      const held = await work.acknowledge(cluster.node(0), leases);
      expect(held.status).toBe(200);
      const { status, body } = await work.acquire(cluster.node(1), { lockDurationMs: 5_000 });
      expect(status).toBe(200);
      for (const { value } of body.records) seen.add(value);
      if (body.records.length > 0)
        await work.acknowledge(
          cluster.node(1),
          body.records.map(({ lease }) => lease),
        );
      expect(await work.lag(cluster.node(0))).toBe(0);
    }, 90_000);
    expect(seen).not.toContain('a');
  };

  it(
    'is away, acknowledgements are refused as retriable, nodes say so, and the leases count when it is back',
    async () => {
      const { work, leases } = await begin('away');
      await fixture.redis.kill();
      await notConfirmed(work, leases);
      await allUnready(/Redis/);
      await sleep(lasting(3_000, 30_000));
      await notConfirmed(work, leases);
      await fixture.redis.start();
      await allReady(fixture.cluster);
      await finish(work, leases);
    },
    patienceMs,
  );

  it(
    'answers after the time-out, the outcome is unknown, and asking again tells what became of it',
    async () => {
      const { work, leases } = await begin('late');
      fixture.redis.pause();
      await notConfirmed(work, leases);
      await allUnready(/Redis|storage|write/i);
      fixture.redis.resume();
      await allReady(fixture.cluster);
      await finish(work, leases);
    },
    patienceMs,
  );

  it(
    'becomes read-only, acknowledgements are refused as retriable, and they count when it is writable again',
    async () => {
      const { work, leases } = await begin('read-only');
      const client = admin();
      await client.call('REPLICAOF', '127.0.0.1', '1');
      try {
        await notConfirmed(work, leases);
        await allUnready(/Redis/);
      } finally {
        await client.call('REPLICAOF', 'NO', 'ONE');
      }
      await allReady(fixture.cluster);
      await finish(work, leases);
    },
    patienceMs,
  );

  it(
    'is out of memory, acknowledgements are refused as retriable, and they count when there is room again',
    async () => {
      const { work, leases } = await begin('full');
      const client = admin();
      await client.config('SET', 'maxmemory', '1');
      try {
        await notConfirmed(work, leases);
        await allUnready(/Redis/);
      } finally {
        await client.config('SET', 'maxmemory', '0');
      }
      await allReady(fixture.cluster);
      await finish(work, leases);
    },
    patienceMs,
  );

  it(
    'is killed again and again while records are accepted, none of these comes back',
    async () => {
      const { cluster, redis } = fixture;
      const work = new Work(uniqueName('kills'));
      await work.createTopic(cluster.node(0));
      const values = Array.from({ length: 300 }, (_, index) => index);
      await work.produce(cluster.node(0), values);
      const accepted = new Set<unknown>();
      let over = false;
      const consume = async (index: number): Promise<void> => {
        while (!over && accepted.size < values.length) {
          const node = cluster.node(index);
          try {
            const { body } = await work.acquire(node, { maxRecords: 10, waitMs: 100, lockDurationMs: 2_000 });
            for (const { value } of body.records ?? []) expect(accepted).not.toContain(value);
            const leases = (body.records ?? []).map(({ lease }) => lease);
            if (leases.length === 0) continue;
            const answer = await work.acknowledge(node, leases);
            for (const [at, { status }] of (answer.body.results ?? []).entries())
              if (status === 'accepted') accepted.add(body.records[at]!.value);
          } finally {
            await sleep(20);
          }
        }
      };
      const kills = (async () => {
        for (let kill = 0; kill < 4; kill++) {
          await sleep(400);
          await redis.kill();
          await sleep(200);
          await redis.start();
          await allReady(cluster);
        }
      })();
      await Promise.all([kills, eventually(() => Promise.all([consume(0), consume(1)]), 60_000)]).finally(
        () => (over = true),
      );
      expect(accepted.size).toBe(values.length);
      await eventually(async () => expect(await work.lag(cluster.node(1))).toBe(0));
    },
    patienceMs,
  );

  it(
    'evicts keys, a node refuses to start and says how to set it',
    async () => {
      const redis = await startRedis({ settings: { maxmemory: '50mb', 'maxmemory-policy': 'allkeys-lru' } });
      onTestFinished(() => redis.remove());
      const starting = startSashCluster({
        kafka: await sharedKafka(),
        redis: redis.url,
        name: uniqueName('evicting'),
        nodes: 1,
      });
      await expect(starting).rejects.toThrow(/maxmemory-policy.*noeviction|noeviction.*maxmemory-policy/s);
    },
    patienceMs,
  );

  it(
    'comes back empty, the loss is noticed and nothing is served until an operator accepts it',
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.remove());
      const [kafka, name] = [await sharedKafka(), uniqueName('lost')];
      const cluster = await startSashCluster({ kafka, redis: redis.url, name });
      onTestFinished(() => cluster.remove());
      await allReady(cluster);
      const work = new Work(uniqueName('lost'));
      await work.createTopic(cluster.node(0));
      await work.produce(cluster.node(0), ['a', 'b']);
      const taken = await work.take(cluster.node(0), 2);
      await work.acceptAll(cluster.node(0), [taken[0]!.lease]);
      await redis.kill();
      await redis.start({ empty: true });
      for (const node of cluster.nodes) {
        await eventually(async () => {
          const said = await readiness(node);
          expect(said.ready).toBe(false);
          expect(said.why).toMatch(/STATE_LOST/);
        });
        // Nothing of it is taken for a new group.
        const acquired = await work.acquire(node);
        expect(acquired).toMatchObject({ status: 503, body: { code: 'STATE_LOST' } });
      }
      // Nor by a node that comes later.
      await cluster.node(1).stop();
      await cluster
        .node(1)
        .start()
        .catch(() => {});
      expect((await work.acquire(cluster.node(0))).status).toBe(503);
      await acceptStateLoss({
        'log.kafka.bootstrap.servers': kafka,
        'store.redis.url': redis.url,
        'cluster.name': name,
      });
      if (!cluster.node(1).isRunning) await cluster.node(1).start();
      await allReady(cluster);
      await eventually(async () => expect((await work.acquire(cluster.node(1))).status).toBe(200));
    },
    patienceMs,
  );
});

/** As an operator does, with the settings of a node. */
async function acceptStateLoss(settings: Readonly<Record<string, string>>): Promise<void> {
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  await run(process.execPath, ['src/cli/main.ts', 'cluster', 'accept-state-loss', '--yes', ...flags]);
}
