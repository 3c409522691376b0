import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodesAnswer } from '../../src/client/api.ts';
import { useServer } from '../dashboard/sash-server.ts';
import { runSash } from './run-sash.ts';

const server = useServer();

/** Nodes that are not to be had in a test of the command line: the answer of one of them. */
const node = { kafkaAddress: null, self: false, reachable: true, error: null };
const several: NodesAnswer = {
  nodes: [
    { ...node, nodeId: 1, httpUrl: 'http://10.0.0.1:8080', self: true, partitions: 1_200 },
    { ...node, nodeId: 2, httpUrl: 'http://10.0.0.2:8080', kafkaAddress: '10.0.0.2:9092', partitions: 1_199 },
    {
      ...node,
      nodeId: 3,
      httpUrl: 'http://10.0.0.3:8080',
      partitions: 1_199,
      reachable: false,
      error: 'Node 3 at http://10.0.0.3:8080 cannot be asked now: connection refused. Ask again.',
    },
  ],
  unowned: 2,
};
const unreachable = several.nodes.flatMap(({ nodeId, httpUrl, error }) =>
  error === null ? [] : [{ nodeId, httpUrl, error }],
);
const answers: Record<string, object> = {
  '/v1/nodes': several,
  '/v1/share-groups': { groups: [{ group: 'g' }, { group: 'h' }] },
  '/v1/share-groups/g': { group: 'g', state: 'Empty', workers: 0, members: 0, lag: null, error: null, config: {} },
  '/v1/share-groups/g/windows': { windows: [], unreachable },
  '/v1/share-groups/h/windows': { windows: [], unreachable },
  '/v1/share-groups/g/workers': { workers: [], unreachable },
};
const cluster = createServer(({ url: path = '' }, response) => {
  response.setHeader('content-type', 'application/json; charset=utf-8').end(JSON.stringify(answers[path]));
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => cluster.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(cluster.address() as AddressInfo).port}`;
});
afterAll(() => void cluster.close());

describe('sash nodes list', () => {
  it('shows the one node that there is, at its address', async () => {
    await server.call('POST', '/v1/topics', { topic: 't', partitions: 3 });
    const { stdout, stderr, code } = await runSash(['nodes', 'list'], { url: server.url });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').map((line) => line.trim().split(/ +/))).toEqual([
      ['NODE', 'HTTP', 'KAFKA', 'PARTITIONS', 'ANSWERS'],
      ['1', server.url, '–', '3', 'was', 'asked'],
      [''],
    ]);
  });

  it('shows which of several does not answer, and why', async () => {
    const { stdout, stderr, code } = await runSash(['nodes', 'list'], { url });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +1 +http:\/\/10\.0\.0\.1:8080 +– +1,200 +was asked$/m);
    expect(stdout).toMatch(/^ +2 +http:\/\/10\.0\.0\.2:8080 +10\.0\.0\.2:9092 +1,199 +yes$/m);
    expect(stdout).toMatch(/^ +3 +http:\/\/10\.0\.0\.3:8080 +– +1,199 +no$/m);
    expect(stderr).toBe(`${several.nodes[2]!.error}\n2 partitions are owned by no node now: they are moving.\n`);
    const machine = await runSash(['nodes', 'list', '--json'], { url });
    expect([JSON.parse(machine.stdout), machine.stderr]).toEqual([several, '']);
  });
});

describe('what lacks the part of a node that does not answer', () => {
  const leftOut = `What node 3 has is left out: ${unreachable[0]!.error}\n`;

  it.each([
    ['groups window', ['groups', 'window', 'g']],
    ['groups describe', ['groups', 'describe', 'g']],
    ['groups workers', ['groups', 'workers', 'g']],
    ['groups lag', ['groups', 'lag']],
  ])('is said by %s', async (_, argv) => {
    const { stderr, code } = await runSash(argv, { url });
    expect(code).toBe(0);
    expect(stderr).toContain(leftOut);
    expect(stderr.split(leftOut)).toHaveLength(2);
    const machine = await runSash([...argv, '--json'], { url });
    expect(JSON.parse(machine.stdout)).toMatchObject({ unreachable });
    expect(machine.stderr).toBe('');
  });

  it('is said before a whole group is settled', async () => {
    const { stderr, code } = await runSash(['settle', 'accept', '--group', 'g', '--background'], { url });
    expect(code).not.toBe(0);
    expect(stderr).toContain(`Not counted here, but settled too as soon as it answers: ${unreachable[0]!.error}`);
  });
});
