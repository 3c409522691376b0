import { describe, expect, it } from 'vitest';
import { settle } from '../broker/fake-clock.ts';
import { expectProblem, openDoor } from './door.ts';
import type { Json } from './door.ts';

type Door = Awaited<ReturnType<typeof openDoor>>;

/** A group that has read ten records, and given them all back. */
const released = async (): Promise<Door> => {
  const door = await openDoor();
  await door.ok('POST', '/v1/topics', { topic: 't', partitions: 1 });
  await door.ok('POST', '/v1/topics/t/records', {
    records: Array.from({ length: 10 }, (_, index) => ({ value: index })),
  });
  const acquire = { topics: ['t'], maxRecords: 10, startFrom: 'earliest', workerId: 'w1' };
  await door.ok('POST', '/v1/share-groups/g/acquire', acquire);
  await door.ok('POST', '/v1/share-groups/g/workers/w1/release');
  return door;
};

const ended = async ({ ok }: Door, id: string): Promise<Json> => {
  for (;;) {
    const operation = await ok('GET', `/v1/operations/${id}`);
    if (operation.endedAt !== null) return operation;
    await settle();
  }
};

describe('an operation over HTTP', () => {
  it('is begun, told of while it runs, and done: 202 with the operation, which can be asked for', async () => {
    const door = await released();
    const request = { kind: 'settle', group: 'g', type: 'accept', reason: 'a test' };
    const begun = await door.call('POST', '/v1/operations', request);
    expect(begun.status).toBe(202);
    expect(begun.json).toMatchObject({
      kind: 'settle',
      group: 'g',
      topic: null,
      partition: null,
      request: { type: 'accept', reason: 'a test', firstOffset: null, lastOffset: null },
      state: 'queued',
      cancelling: false,
      done: 0,
      total: null,
      door: 'http',
      from: '127.0.0.1',
    });
    const done = await ended(door, begun.json.id);
    expect(done).toMatchObject({ state: 'done', done: 10, total: 10, result: { accepted: 10 }, resultBytes: null });
    const other = await door.ok('POST', '/v1/operations', { kind: 'settle', group: 'g', topic: 't', type: 'release' });
    await ended(door, other.id);
    const { operations } = await door.ok('GET', '/v1/operations?group=g');
    expect(operations.map(({ id }: Json) => id)).toEqual([other.id, begun.json.id]);
    expect((await door.ok('GET', '/v1/operations?limit=1')).operations).toHaveLength(1);
    expect((await door.ok('GET', '/v1/operations?group=nobody')).operations).toEqual([]);
    const { lines } = await door.ok('GET', '/v1/audit?group=g');
    expect(lines.at(-3)).toMatchObject({ action: 'settle', from: '127.0.0.1' });
    expect(lines.filter(({ action }: Json) => action === 'settle')).toHaveLength(4);
  });

  it('that exports a window gives its runs as lines', async () => {
    const door = await released();
    const { id } = await door.ok('POST', '/v1/operations', {
      kind: 'export-window',
      group: 'g',
      topic: 't',
      partition: 0,
    });
    const done = await ended(door, id);
    const answer = await door.call('GET', `/v1/operations/${id}/result`);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': `attachment; filename="${id}.ndjson"`,
    });
    expect(done.resultBytes).toBe(Buffer.byteLength(answer.text));
    expect(
      answer.text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        topic: 't',
        partition: 0,
        firstOffset: 0,
        lastOffset: 9,
        state: 'available',
        deliveryCount: 1,
        holder: null,
        lockRemainingMs: null,
        availableInMs: null,
        lastFailure: 'released by an operator',
      },
    ]);
  });

  it('deletes a group that nobody uses', async () => {
    const door = await released();
    const { id } = await door.ok('POST', '/v1/operations', { kind: 'delete-group', group: 'g' });
    expect(await ended(door, id)).toMatchObject({ state: 'done', done: 1, total: 1, result: { windows: 1 } });
    expectProblem(await door.call('GET', '/v1/share-groups/g'), 404, 'GROUP_ID_NOT_FOUND');
  });

  it('is refused in words', async () => {
    const door = await released();
    const refused = async (body: object, status: number, code: string, ...words: string[]) =>
      expectProblem(await door.call('POST', '/v1/operations', body), status, code, ...words);
    await refused({ kind: 'paint', group: 'g' }, 400, 'INVALID_REQUEST', 'kind', '"paint"');
    await refused({ group: 'g' }, 400, 'INVALID_REQUEST', 'kind');
    await refused({ kind: 'settle', group: 'g' }, 400, 'INVALID_REQUEST', 'type');
    await refused({ kind: 'settle', group: 'g', type: 'retry', patition: 0 }, 400, 'INVALID_REQUEST', 'patition');
    await refused({ kind: 'settle', group: 'g', type: 'retry', partition: 0 }, 400, 'INVALID_REQUEST', 'topic');
    const range = { kind: 'settle', group: 'g', topic: 't', partition: 0, type: 'retry' };
    await refused({ ...range, firstOffset: 9, lastOffset: 8 }, 400, 'INVALID_REQUEST', 'lastOffset');
    await refused({ kind: 'settle', group: 'nobody', type: 'retry' }, 404, 'GROUP_ID_NOT_FOUND', 'nobody');
    await refused({ ...range, topic: 'u' }, 404, 'UNKNOWN_TOPIC_OR_PARTITION', 'u-0');
    await refused({ kind: 'export-window', group: 'g', topic: 't', partition: 4 }, 404, 'UNKNOWN_TOPIC_OR_PARTITION');
    for (const path of ['/v1/operations/nobody', '/v1/operations/nobody/result']) {
      expectProblem(await door.call('GET', path), 404, 'OPERATION_NOT_FOUND', 'nobody');
    }
    expectProblem(await door.call('DELETE', '/v1/operations/nobody'), 404, 'OPERATION_NOT_FOUND', 'nobody');
    const { id } = await door.ok('POST', '/v1/operations', range);
    await ended(door, id);
    expectProblem(await door.call('DELETE', `/v1/operations/${id}`), 409, 'OPERATION_ENDED', id, 'done');
    expectProblem(
      await door.call('GET', `/v1/operations/${id}/result`),
      404,
      'OPERATION_RESULT_NOT_FOUND',
      'a settle writes none',
    );
  });
});
