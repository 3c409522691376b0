import { describe, expect, it } from 'vitest';
import type { Operation } from '../../src/client/api.ts';
import { patienceMs, useCluster } from './cluster-fixture.ts';
import { Work, allReady, ask, eventually } from './node-api.ts';
import type { SashNode } from './sash-node.ts';
import { cannot, uniqueName } from './shared-kafka.ts';

const partitions = 4;
const recordsOfEach = 500;
const records = partitions * recordsOfEach;

describe.skipIf(cannot('kafka', 'redis'))('an operation of a cluster', () => {
  const fixture = useCluster();

  /** A group that has read all records of a topic twice, and given them back. */
  const delivered = async (name: string): Promise<Work> => {
    const work = new Work(uniqueName(name));
    const node = fixture.cluster.node(0);
    expect((await work.createTopic(node, partitions)).status).toBe(201);
    const values = Array.from({ length: recordsOfEach }, (_, index) => index);
    for (let partition = 0; partition < partitions; partition++) {
      await eventually(async () => expect((await work.produce(node, values, { partition })).status).toBe(200));
    }
    for (let delivery = 0; delivery < 2; delivery++) {
      await work.take(node, records);
      const released = await ask(node, `/v1/share-groups/${work.group}/workers/w/release`, { method: 'POST' });
      expect(released).toMatchObject({ status: 200, body: { released: records } });
    }
    return work;
  };

  const begin = async (node: SashNode, body: object): Promise<string> => {
    const answer = await ask<{ id: string }>(node, '/v1/operations', { body });
    expect(answer, JSON.stringify(answer)).toMatchObject({ status: 202 });
    return answer.body.id;
  };

  const ended = (node: SashNode, id: string): Promise<Operation> =>
    eventually(async () => {
      const { status, body } = await ask<Operation>(node, `/v1/operations/${id}`);
      expect(status).toBe(200);
      expect(body.endedAt, JSON.stringify(body)).not.toBeNull();
      return body;
    }, 60_000);

  /** How often the records of the windows have been delivered, as they are now. */
  const deliveryCounts = async (node: SashNode, work: Work): Promise<number[]> => {
    const counts: number[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const path = `/v1/share-groups/${work.group}/topics/${work.topic}/partitions/${partition}/window`;
      const { body } = await ask<{
        runs: readonly { firstOffset: number; lastOffset: number; deliveryCount: number }[];
      }>(node, path);
      for (const { firstOffset, lastOffset, deliveryCount } of body.runs) {
        counts.push(...Array.from({ length: lastOffset - firstOffset + 1 }, () => deliveryCount));
      }
    }
    return counts;
  };

  it(
    'settles windows of all nodes, is seen at each, exports what another node has, and deletes the group',
    async () => {
      const { cluster } = fixture;
      const work = await delivered('settled');
      const id = await begin(cluster.node(0), { kind: 'settle', group: work.group, type: 'retry', reason: 'a test' });
      for (const node of cluster.nodes) {
        expect(await ended(node, id)).toMatchObject({ state: 'done', done: records, result: { retried: records } });
        const { body } = await ask<{ operations: readonly Operation[] }>(node, '/v1/operations');
        expect(body.operations[0]).toMatchObject({ id, state: 'done' });
      }
      expect(await deliveryCounts(cluster.node(1), work)).toEqual(Array(records).fill(1));

      for (let partition = 0; partition < partitions; partition++) {
        const place = { kind: 'export-window', group: work.group, topic: work.topic, partition };
        const exported = await begin(cluster.node(1), place);
        await ended(cluster.node(0), exported);
        const response = await fetch(`${cluster.node(0).http}/v1/operations/${exported}/result`);
        const lines = (await response.text()).trimEnd().split('\n');
        expect(JSON.parse(lines[0]!)).toMatchObject({ partition, firstOffset: 0, deliveryCount: 1 });
      }

      const deleted = await begin(cluster.node(0), { kind: 'delete-group', group: work.group });
      expect(await ended(cluster.node(1), deleted)).toMatchObject({ state: 'done', done: partitions });
      for (const node of cluster.nodes) {
        await eventually(async () =>
          expect(await ask(node, `/v1/share-groups/${work.group}`)).toMatchObject({ status: 404 }),
        );
      }
    },
    patienceMs,
  );

  it.each([0, 1])(
    'goes on at another node when its own is killed, and nothing is done twice (node %i goes)',
    async (index) => {
      const { cluster } = fixture;
      const [goes, stays] = [cluster.node(index), cluster.node(1 - index)];
      const work = await delivered('killed');
      const id = await begin(stays, { kind: 'settle', group: work.group, type: 'retry' });
      await goes.kill();
      const operation = await ended(stays, id);
      const counts = await deliveryCounts(stays, work);
      await goes.start();
      await allReady(cluster);
      expect(operation).toMatchObject({ state: 'done', done: records, result: { retried: records } });
      expect(counts).toEqual(Array(records).fill(1));
    },
    patienceMs,
  );
});
