import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { NodesAnswer } from '../../src/client/api.ts';
import { patienceMs, useCluster } from './cluster-fixture.ts';
import { Work, ask, eventually } from './node-api.ts';
import type { SashNode } from './sash-node.ts';
import { cannot, uniqueName } from './shared-kafka.ts';

const partitions = 4;

describe.skipIf(cannot('kafka', 'redis'))('over real sockets, a Kafka and a Redis, any node', () => {
  const fixture = useCluster();

  const begin = async (name: string): Promise<Work> => {
    const work = new Work(uniqueName(name));
    expect((await work.createTopic(fixture.cluster.node(0), partitions)).status).toBe(201);
    return work;
  };

  /** What the windows of a group say at a node, by partition. */
  const windowsAt = async (node: SashNode, work: Work) => {
    const path = `/v1/share-groups/${work.group}/windows`;
    const { body } = await ask<{ windows: readonly { partition: number; node: number; lag: number }[] }>(node, path);
    return body.windows;
  };

  it(
    'wakes who waits there for what comes to another one, within moments',
    async () => {
      const { cluster } = fixture;
      const work = await begin('wake');
      await work.acquire(cluster.node(0));
      for (let partition = 0; partition < partitions; partition++) {
        const waiting = work.acquire(cluster.node(partition % 2), { waitMs: 20_000, maxRecords: 1 });
        await sleep(200);
        const beganMs = performance.now();
        await work.produce(cluster.node((partition + 1) % 2), ['job'], { partition });
        const { status, body } = await waiting;
        expect(status).toBe(200);
        expect(body.records.map((each) => each.partition)).toEqual([partition]);
        expect(performance.now() - beganMs).toBeLessThan(5_000);
      }
    },
    patienceMs,
  );

  it(
    'knows the nodes, and says what is missing of one that does not answer',
    async () => {
      const { cluster } = fixture;
      const [one, two] = [cluster.node(0), cluster.node(1)];
      const work = await begin('nodes');
      await work.acquire(one);
      const listed = async () => (await ask<NodesAnswer>(one, '/v1/nodes')).body;
      await eventually(async () => {
        expect(await listed()).toMatchObject({
          nodes: [
            { nodeId: one.id, httpUrl: one.http, self: true, reachable: true },
            { nodeId: two.id, httpUrl: two.http, self: false, reachable: true },
          ],
          unowned: 0,
        });
      });
      const { nodes } = await listed();
      expect(nodes.map(({ kafkaAddress }) => Number(kafkaAddress?.split(':').at(-1)))).toEqual([
        one.kafkaPort,
        two.kafkaPort,
      ]);
      expect(nodes.every((each) => each.partitions > 0)).toBe(true);
      await two.kill();
      // Until its session is over it is one of them.
      const [, gone] = (await listed()).nodes;
      expect(gone).toMatchObject({ nodeId: two.id, reachable: false, error: expect.stringContaining(two.http) });
      const windows = await ask(one, `/v1/share-groups/${work.group}/windows`);
      expect(windows.body).toMatchObject({ unreachable: [{ nodeId: two.id, httpUrl: two.http }] });
      await eventually(async () => expect((await listed()).nodes).toMatchObject([{ nodeId: one.id }]));
      await eventually(async () =>
        expect((await windowsAt(one, work)).map(({ partition }) => partition)).toEqual([0, 1, 2, 3]),
      );
      await two.start();
    },
    patienceMs,
  );

  it(
    'shows the windows of all, sums their rows, and does what an operator asks',
    async () => {
      const { cluster } = fixture;
      const work = await begin('look');
      await work.acquire(cluster.node(1));
      for (let partition = 0; partition < partitions; partition++) {
        await work.produce(cluster.node(0), ['a', 'b'], { partition });
      }
      for (const node of cluster.nodes) {
        await eventually(async () => {
          const windows = await windowsAt(node, work);
          expect(windows.map((each) => each.lag)).toEqual([2, 2, 2, 2]);
          expect(new Set(windows.map((each) => each.node))).toEqual(new Set([1, 2]));
        });
      }
      const [first, second] = [cluster.node(0), cluster.node(1)];
      const group = `/v1/share-groups/${work.group}`;
      expect((await ask(second, group)).body).toMatchObject({ lag: 8, error: null });
      expect((await ask(first, `${group}/pause`, { method: 'POST' })).status).toBe(200);
      for (const node of cluster.nodes) {
        expect((await work.acquire(node)).body).toMatchObject({ records: [], emptyReason: 'paused' });
      }
      expect((await ask(second, `${group}/resume`, { method: 'POST' })).status).toBe(200);
      const reset = await ask(second, `${group}/reset`, { body: { topic: work.topic, to: 'latest', dryRun: false } });
      expect(reset).toMatchObject({ status: 200, body: { partitions: [{}, {}, {}, {}] } });
      expect((await ask(first, group)).body).toMatchObject({ lag: 0 });
      expect((await ask(first, group, { method: 'DELETE' })).status).toBe(204);
      for (const node of cluster.nodes) expect((await ask(node, group)).status).toBe(404);
    },
    patienceMs,
  );

  it(
    'counts what it asks the others, and takes calls of nobody who does not know the secret',
    async () => {
      const { cluster } = fixture;
      const work = await begin('count');
      await work.acquire(cluster.node(0));
      const metrics = await (await fetch(`${cluster.node(0).http}/metrics`)).text();
      expect(metrics).toMatch(/sash_forwarded_calls_total\{method="acquire",outcome="answered"\} [1-9]/);
      const headers = { 'content-type': 'application/x-sash-call', 'x-sash-call': '1 2 c 3 x y' };
      const stranger = await fetch(`${cluster.node(0).http}/internal/v1/call`, { method: 'POST', headers, body: 'x' });
      expect(stranger.status).toBe(403);
    },
    patienceMs,
  );

  it(
    'streams what changes at all nodes to who watches there',
    async () => {
      const { cluster } = fixture;
      const work = await begin('watch');
      await work.acquire(cluster.node(0));
      const controller = new AbortController();
      const stream = await fetch(`${cluster.node(0).http}/v1/events?group=${work.group}`, {
        signal: controller.signal,
      });
      const seen = new Map<number, number>();
      const reading = (async () => {
        let text = '';
        for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
          text += chunk;
          for (const data of text.matchAll(/^data: (.*"partition".*"version".*)$/gm)) {
            const row = JSON.parse(data[1]!) as { partition?: number; lag: number };
            if (row.partition !== undefined) seen.set(row.partition, row.lag);
          }
        }
      })().catch(() => {});
      await sleep(500);
      for (let partition = 0; partition < partitions; partition++)
        await work.produce(cluster.node(1), ['a'], { partition });
      await eventually(async () =>
        expect([...seen].toSorted(([a], [b]) => a - b)).toEqual([0, 1, 2, 3].map((each) => [each, 1])),
      );
      controller.abort();
      await reading;
    },
    patienceMs,
  );
});
