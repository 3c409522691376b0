import { describe, expect, it } from 'vitest';
import { settle } from '../broker/fake-clock.ts';
import { threeNodes } from './three-nodes.ts';

describe('who asks any node for the nodes', () => {
  it('is told of all of them, with how much each owns, and which one was asked', async () => {
    const { one, three } = await threeNodes({ partitions: 7 });
    const of = ({ broker }: typeof one) => broker.nodes.list();
    expect(await of(one)).toEqual({
      nodes: [
        { nodeId: 1, httpUrl: 'http://10.0.0.1:8080', kafka: null, isSelf: true, partitions: 3, error: null },
        { nodeId: 2, httpUrl: 'http://10.0.0.2:8080', kafka: null, isSelf: false, partitions: 2, error: null },
        { nodeId: 3, httpUrl: 'http://10.0.0.3:8080', kafka: null, isSelf: false, partitions: 2, error: null },
      ],
      unowned: 0,
    });
    expect((await of(three)).nodes.map((each) => each.isSelf)).toEqual([false, false, true]);
  });

  it('is told which of them cannot be reached now, and why', async () => {
    const { two, peers } = await threeNodes();
    peers.away.add(3);
    const { nodes } = await two.broker.nodes.list();
    expect(nodes.map((each) => each.error)).toEqual([
      null,
      null,
      'Node 3 at http://10.0.0.3:8080 cannot be asked now: connection refused. Ask again.',
    ]);
    peers.away.delete(3);
    expect((await two.broker.nodes.list()).nodes[2]?.error).toBeNull();
  });

  it('is told how many partitions nobody owns', async () => {
    const { one, cluster, all } = await threeNodes();
    await cluster.take(all[1]!);
    await settle();
    const { nodes, unowned } = await one.broker.nodes.list();
    expect([nodes.map((each) => each.partitions), unowned]).toEqual([[1, 0, 1], 1]);
  });
});
