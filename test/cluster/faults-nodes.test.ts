import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lasting, patienceMs, sessionTimeoutMs, useCluster } from './cluster-fixture.ts';
import { type Acquired, Work, ask, eventually } from './node-api.ts';
import type { SashNode } from './sash-node.ts';
import { cannot, uniqueName } from './shared-kafka.ts';

/** Beyond what is promised, for a machine that is busy with something else. */
const slackMs = 6_000;
const partitions = 4;

describe.skipIf(cannot('kafka', 'redis'))('when a node', () => {
  const fixture = useCluster();

  /** A record in each partition, each of them taken through `node`. */
  const takeOneOfEach = async (work: Work, node: SashNode, withinMs: number): Promise<Acquired[]> => {
    const taken = new Map<number, Acquired>();
    for (let partition = 0; partition < partitions; partition++)
      await eventually(async () => {
        expect((await work.produce(node, ['job'], { partition })).status).toBe(200);
      }, withinMs);
    await eventually(async () => {
      const { status, body } = await work.acquire(node, { waitMs: 200, lockDurationMs: 60_000 });
      expect(status).toBe(200);
      for (const record of body.records) if (!taken.has(record.partition)) taken.set(record.partition, record);
      expect(taken.size).toBe(partitions);
    }, withinMs);
    return [...taken.values()];
  };

  const begin = async (name: string): Promise<{ work: Work; held: Acquired[] }> => {
    const work = new Work(uniqueName(name));
    expect((await work.createTopic(fixture.cluster.node(0), partitions)).status).toBe(201);
    return { work, held: await takeOneOfEach(work, fixture.cluster.node(0), 30_000) };
  };

  it(
    'takes any request, leases included, of partitions that another one has',
    async () => {
      const { cluster } = fixture;
      const { work, held } = await begin('any');
      await work.acceptAll(
        cluster.node(1),
        held.map(({ lease }) => lease),
      );
      for (const node of cluster.nodes) await eventually(async () => expect(await work.lag(node)).toBe(0));
      for (const node of cluster.nodes) {
        const { body } = await ask<{ windows: readonly unknown[] }>(node, `/v1/share-groups/${work.group}/windows`);
        expect(body.windows).toHaveLength(partitions);
      }
    },
    patienceMs,
  );

  it(
    'is killed, another one serves its partitions within the session time-out plus 2 s, and nothing accepted comes back',
    async () => {
      const { cluster } = fixture;
      const [stays, goes] = [cluster.node(0), cluster.node(1)];
      const { work, held } = await begin('killed');
      await work.acceptAll(
        stays,
        held.map(({ lease }) => lease),
      );
      await goes.kill();
      const killedMs = performance.now();
      const accepted = new Set(held.map(({ partition, offset }) => `${partition}/${offset}`));
      const again = await takeOneOfEach(work, stays, 60_000);
      expect(performance.now() - killedMs).toBeLessThan(sessionTimeoutMs + 2_000 + slackMs);
      for (const { partition, offset } of again) expect(accepted).not.toContain(`${partition}/${offset}`);
      await work.acceptAll(
        stays,
        again.map(({ lease }) => lease),
      );
      await goes.start();
    },
    patienceMs,
  );

  it(
    'is stopped as planned, its partitions are handed over within 2 s, and nobody is told more than to try again',
    async () => {
      const { cluster } = fixture;
      const [stays, goes] = [cluster.node(0), cluster.node(1)];
      const { work } = await begin('stopped');
      const refused: unknown[] = [];
      let stopping = true;
      const asking = (async () => {
        while (stopping) {
          const { status, body } = await work.produce(stays, ['more']);
          const acquired = await work.acquire(stays, { maxRecords: 5, waitMs: 50 });
          for (const answer of [{ status, body }, acquired])
            if (answer.status !== 200 && !(answer.status === 503 && answer.body.retriable === true))
              refused.push(answer);
        }
      })();
      await sleep(200);
      const stoppedMs = performance.now();
      await goes.stop();
      await takeOneOfEach(work, stays, 30_000);
      const tookMs = performance.now() - stoppedMs;
      stopping = false;
      await asking;
      expect(refused).toEqual([]);
      expect(tookMs).toBeLessThan(2_000 + slackMs);
      await goes.start();
    },
    patienceMs,
  );

  it(
    'sleeps (SIGSTOP) while another one takes over, it hands out nothing stale when it wakes up, and old leases are refused',
    async () => {
      const { cluster } = fixture;
      const [stays, sleeper] = [cluster.node(0), cluster.node(1)];
      const { work, held } = await begin('sleeper');
      sleeper.pause();
      onTestFinished(() => {
        if (sleeper.isRunning) sleeper.resume();
      });
      // Somebody asks it while it sleeps: it answers when it wakes up, and must not believe that nothing has changed.
      const stale = work.acquire(sleeper, { maxRecords: 100, lockDurationMs: 60_000 });
      const staleAccept = work.acknowledge(
        sleeper,
        held.map(({ lease }) => lease),
      );
      stale.catch(() => {});
      staleAccept.catch(() => {});
      await sleep(lasting(sessionTimeoutMs + 3_000, 60_000));
      // By now all partitions are the other one's, which gives out again what the sleeper had locked.
      const again = await takeOneOfEach(work, stays, 30_000);
      const ofSleeper = held.filter((record) =>
        again.some(({ partition, offset }) => partition === record.partition && offset === record.offset),
      );
      expect(ofSleeper.length).toBeGreaterThan(0);
      await work.acceptAll(
        stays,
        again.map(({ lease }) => lease),
      );
      sleeper.resume();
      const [acquired, acknowledged] = await Promise.allSettled([stale, staleAccept]);
      const accepted = new Set(again.map(({ partition, offset }) => `${partition}/${offset}`));
      if (acquired.status === 'fulfilled' && acquired.value.status === 200) {
        for (const { partition, offset } of acquired.value.body.records)
          expect(accepted).not.toContain(`${partition}/${offset}`);
      }
      const late = await work.acknowledge(
        stays,
        ofSleeper.map(({ lease }) => lease),
      );
      for (const { status } of late.body.results) expect(status).toBe('error');
      if (acknowledged.status === 'fulfilled' && acknowledged.value.status === 200) {
        for (const [index, { status }] of acknowledged.value.body.results.entries())
          if (ofSleeper.includes(held[index]!)) expect(status).toBe('error');
      }
      // It goes on by itself, and gives out nothing that was accepted while it slept.
      const more = await takeOneOfEach(work, sleeper, 30_000);
      for (const { partition, offset } of more) expect(accepted).not.toContain(`${partition}/${offset}`);
    },
    patienceMs,
  );

  it(
    'joins and leaves in the middle of acknowledgements, each record is accepted once and none comes back',
    async () => {
      const { cluster } = fixture;
      const work = new Work(uniqueName('rebalance'));
      await work.createTopic(cluster.node(0), 8);
      const values = Array.from({ length: 2_000 }, (_, index) => index);
      for (let start = 0; start < values.length; start += 500)
        await work.produce(cluster.node(0), values.slice(start, start + 500));
      const accepted = new Set<unknown>();
      const twice: unknown[] = [];
      let over = false;
      const consume = async (index: number): Promise<void> => {
        while (!over) {
          const node = cluster.nodes[index % 2 === 1 && cluster.node(1).isRunning ? 1 : 0]!;
          const got = await work
            .acquire(node, { maxRecords: 10, waitMs: 100, lockDurationMs: 2_000 })
            .catch(() => undefined);
          const records = got?.body.records ?? [];
          if (records.length === 0) {
            await sleep(20);
            continue;
          }
          for (const { value } of records) if (accepted.has(value)) twice.push(value);
          await sleep(20);
          const answer = await work
            .acknowledge(
              cluster.node(0),
              records.map(({ lease }) => lease),
            )
            .catch(() => undefined);
          for (const [at, { status }] of (answer?.body.results ?? []).entries())
            if (status === 'accepted') accepted.add(records[at]!.value);
        }
      };
      const consumers = Promise.all([0, 1, 2, 3].map(consume));
      onTestFinished(() => void (over = true));
      for (let round = 0; round < 3; round++) {
        await cluster.node(1).stop();
        await sleep(300);
        await cluster.node(1).start();
        await sleep(700);
      }
      // An accept whose answer was lost with the node may have counted: the lag says when all are finished.
      await eventually(async () => expect(await work.lag(cluster.node(0))).toBe(0), 60_000);
      over = true;
      await consumers;
      expect(twice).toEqual([]);
      expect(accepted.size).toBeGreaterThan(values.length * 0.9);
    },
    patienceMs,
  );
});
