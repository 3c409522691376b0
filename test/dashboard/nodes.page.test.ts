import { type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NodesAnswer } from '../../src/client/api.ts';
import { accessibilityProblems, useBrowser } from './browser.ts';
import { useServer } from './sash-server.ts';

const browser = useBrowser();
const server = useServer();

const node = { kafkaAddress: null, self: false, reachable: true, error: null };
const three: NodesAnswer = {
  nodes: [
    { ...node, nodeId: 1, httpUrl: 'http://10.0.0.1:8080', self: true, partitions: 1_200 },
    { ...node, nodeId: 2, httpUrl: 'http://10.0.0.2:8080', kafkaAddress: '10.0.0.2:9092', partitions: 1_199 },
    { ...node, nodeId: 3, httpUrl: 'http://10.0.0.3:8080', partitions: 1_199 },
  ],
  unowned: 0,
};
const why = 'Node 3 at http://10.0.0.3:8080 cannot be asked now: connection refused. Ask again.';

/** Several nodes are not to be had here: in front of a real server of one, something that says that there are more. */
let answer = three;
const streams = new Set<ServerResponse>();
const front = createServer((asked, given) => {
  if (asked.url === '/v1/nodes') {
    given.setHeader('content-type', 'application/json; charset=utf-8').end(JSON.stringify(answer));
    return;
  }
  const { method, headers, url } = asked;
  const behind = request(new URL(url ?? '/', server.url), { method, headers }, (response) => {
    given.writeHead(response.statusCode ?? 500, response.headers);
    response.on('error', () => given.destroy());
    response.pipe(given);
  });
  behind.on('error', () => given.destroy());
  given.on('close', () => {
    streams.delete(given);
    behind.destroy();
  });
  if (url?.startsWith('/v1/events') === true) streams.add(given);
  asked.pipe(behind);
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  await server.call('POST', '/v1/topics', { topic: 't' });
  await server.call('PATCH', '/v1/share-groups/g', { config: { 'share.auto.offset.reset': 'earliest' } });
});
afterAll(() => {
  front.closeAllConnections();
  front.close();
});
beforeEach(() => {
  answer = three;
});

/** As the server tells it to all who watch. */
const tellUnreachable = (nodes: readonly object[]): void => {
  for (const stream of streams) stream.write(`event: unreachable\ndata: ${JSON.stringify({ nodes })}\n\n`);
};

describe('the page of one node among several', () => {
  it('leads to the nodes: what each owns, and who does not answer', async () => {
    const { page } = await browser.open(url, { width: 360, height: 760 });
    await page.getByRole('link', { name: 'Nodes', exact: true }).click();
    const row = (nodeId: number) => page.getByRole('row').filter({ hasText: `http://10.0.0.${nodeId}:8080` });
    await row(1).filter({ hasText: 'this one' }).filter({ hasText: '1,200' }).waitFor();
    await row(2).filter({ hasText: '10.0.0.2:9092' }).filter({ hasText: 'Answers' }).waitFor();
    answer = {
      nodes: three.nodes.map((each) => (each.nodeId === 3 ? { ...each, reachable: false, error: why } : each)),
      unowned: 2,
    };
    // By itself, within seconds.
    await row(3).filter({ hasText: 'Does not answer' }).waitFor();
    await page.getByText(why, { exact: true }).waitFor();
    await page.getByText('2 partitions on the move').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });

  it('says in every view that what a node has is old or missing, until it answers again', async () => {
    const { page } = await browser.open(url);
    await page.getByRole('link', { name: 'g', exact: true }).waitFor();
    tellUnreachable([{ nodeId: 3, httpUrl: 'http://10.0.0.3:8080', error: why }]);
    const banner = page.getByRole('alert').filter({ hasText: 'Node 3 does not answer.' });
    await banner.waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.goto(`${url}/#/topics`);
    await page.getByRole('heading', { name: 'Topics' }).waitFor();
    expect(await banner.isVisible()).toBe(true);
    tellUnreachable([]);
    await banner.waitFor({ state: 'detached' });
  });
});

describe('the page of a server that is the only one', () => {
  it('says nothing of nodes', async () => {
    const { page } = await browser.open(server.url);
    await page.getByRole('link', { name: 'Audit' }).waitFor();
    await page.getByRole('link', { name: 'g', exact: true }).waitFor();
    expect(await page.getByText('Nodes').count()).toBe(0);
  });
});
