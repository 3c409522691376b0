import { afterEach, describe, expect, it } from 'vitest';
import { openDoor } from './door.ts';

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
