import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { takeSnapshot } from './snapshot.ts';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server with one topic of three records, whose log starts where `startOf` says at each question for topics. */
async function serve(startOf: (question: number) => number, refusesBelow: number): Promise<string> {
  let questions = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    if (url.pathname === '/v1/topics') {
      const logStartOffset = startOf(questions++);
      const partitions = [{ partition: 0, logStartOffset, logEndOffset: 3, sizeBytes: 1 }];
      return answer(200, { topics: [{ topic: 't', config: { 'retention.bytes': '1' }, partitions }] });
    }
    if (url.pathname === '/v1/share-groups') return answer(200, { groups: [] });
    const from = Number(url.searchParams.get('fromOffset'));
    if (from < refusesBelow) return answer(400, { code: 'OFFSET_OUT_OF_RANGE' });
    const records = [0, 1, 2]
      .filter((offset) => offset >= from)
      .map((offset) => ({ offset, value: 'text', valueEncoding: null }));
    return answer(200, { records, nextOffset: null });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const startsAt = ({ topics }: Awaited<ReturnType<typeof takeSnapshot>>) => topics[0]?.partitions[0]?.logStartOffset;

describe('a snapshot of a server', () => {
  it('is taken anew when retention takes a batch before the log is read', async () => {
    const server = await serve((question) => (question === 0 ? 0 : 2), 2);
    const snapshot = await takeSnapshot(server, 1, () => 0);
    expect(startsAt(snapshot)).toBe(2);
    expect(snapshot.topics[0]?.partitions[0]?.records.map(({ offset }) => offset)).toEqual([2]);
  });

  it('fails when a log refuses an offset that it says it has', async () => {
    const server = await serve(() => 0, 2);
    await expect(takeSnapshot(server, 1, () => 0)).rejects.toThrow('OFFSET_OUT_OF_RANGE');
  });
});
