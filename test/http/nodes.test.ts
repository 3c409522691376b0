import { afterEach, describe, expect, it } from 'vitest';
import type { Nodes } from '../../src/broker/nodes.ts';
import { ok } from '../../src/core/result.ts';
import { openDoor } from './door.ts';

/** Nodes that have nothing. */
const none: Nodes = {
  list: async () => ({ nodes: [], unowned: 0 }),
  windows: async () => ok({ rows: [], unreachable: [] }),
  workers: async () => ok({ rows: [], unreachable: [] }),
};

let door: Awaited<ReturnType<typeof openDoor>>;
afterEach(() => door.app.close());

describe('GET /v1/nodes', () => {
  it('tells of the one node where there is no cluster, with all partitions', async () => {
    door = await openDoor();
    await door.ok('POST', '/v1/topics', { topic: 't', partitions: 3 });
    expect(await door.ok('GET', '/v1/nodes')).toEqual({
      nodes: [
        {
          nodeId: 1,
          httpUrl: 'http://127.0.0.1:8080',
          kafkaAddress: null,
          self: true,
          partitions: 3,
          reachable: true,
          error: null,
        },
      ],
      unowned: 0,
    });
  });

  it('tells of each of several where Kafka clients reach it, and whether it answers', async () => {
    const node = { httpUrl: 'http://10.0.0.1:8080', isSelf: false, partitions: 0 };
    door = await openDoor({
      override: {
        nodes: {
          ...none,
          list: async () => ({
            nodes: [
              { ...node, nodeId: 1, kafka: { host: '10.0.0.1', port: 9092 }, error: null },
              { ...node, nodeId: 2, kafka: { host: 'fe80::1', port: 9093 }, error: 'Node 2 cannot be asked now' },
            ],
            unowned: 4,
          }),
        },
      },
    });
    expect(await door.ok('GET', '/v1/nodes')).toMatchObject({
      nodes: [
        { nodeId: 1, kafkaAddress: '10.0.0.1:9092', reachable: true, error: null },
        { nodeId: 2, kafkaAddress: '[fe80::1]:9093', reachable: false, error: 'Node 2 cannot be asked now' },
      ],
      unowned: 4,
    });
  });
});

describe('windows and workers', () => {
  it('say that nothing is left out', async () => {
    door = await openDoor();
    await door.ok('PATCH', '/v1/share-groups/g', { config: { 'share.auto.offset.reset': 'earliest' } });
    expect(await door.ok('GET', '/v1/share-groups/g/windows')).toEqual({ windows: [], unreachable: [] });
    expect(await door.ok('GET', '/v1/share-groups/g/workers')).toEqual({ workers: [], unreachable: [] });
  });

  it('name the nodes whose part is left out', async () => {
    const unreachable = [{ nodeId: 3, httpUrl: 'http://10.0.0.3:8080', error: 'Node 3 cannot be asked now' }];
    const lacking = async () => ok({ rows: [], unreachable });
    door = await openDoor({ override: { nodes: { ...none, windows: lacking, workers: lacking } } });
    expect(await door.ok('GET', '/v1/share-groups/g/windows')).toEqual({ windows: [], unreachable });
    expect(await door.ok('GET', '/v1/share-groups/g/workers')).toEqual({ workers: [], unreachable });
  });
});
