import { describe, expect, it } from 'vitest';
import { reject } from '../../src/core/result.ts';
import { FaultyLog } from '../broker/faulty-outside.ts';
import { expectProblem, openDoor } from './door.ts';

/** Ten records in `t-0`; a worker holds the first three, the second was rejected. */
const openWork = async () => {
  const door = await openDoor();
  const { ok } = door;
  await ok('POST', '/v1/topics', { topic: 't', partitions: 2, config: { 'retention.ms': '604800000' } });
  await ok('PATCH', '/v1/share-groups/g', { config: { 'share.auto.offset.reset': 'earliest' } });
  const records = Array.from({ length: 10 }, (_, index) => ({ value: { n: index }, partition: 0 }));
  await ok('POST', '/v1/topics/t/records', { records });
  const acquired = await ok('POST', '/v1/share-groups/g/acquire', { topics: ['t'], maxRecords: 3, workerId: 'w 1' });
  await ok('POST', `/v1/leases/${acquired.records[1].lease}/reject`, { reason: 'no such user' });
  return { ...door, acquired: acquired.records };
};

describe('topics', () => {
  it('are created, listed, altered and deleted', async () => {
    const { call, ok } = await openDoor();
    const created = await call('POST', '/v1/topics', {
      topic: 'emails',
      partitions: 2,
      config: { 'retention.ms': '1000' },
    });
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({
      topic: 'emails',
      topicId: expect.stringMatching(/^[\w-]{22}$/),
      partitions: [
        { partition: 0, logStartOffset: 0, logEndOffset: 0, sizeBytes: 0 },
        { partition: 1, logStartOffset: 0, logEndOffset: 0, sizeBytes: 0 },
      ],
      config: { 'retention.ms': '1000' },
    });
    expectProblem(await call('POST', '/v1/topics', { topic: 'emails' }), 409, 'TOPIC_ALREADY_EXISTS', 'emails');
    expect(await ok('GET', '/v1/topics/emails')).toEqual(created.json);
    expect(await ok('GET', '/v1/topics')).toEqual({ topics: [created.json] });
    const altered = await ok('PATCH', '/v1/topics/emails', { partitions: 3, config: { 'retention.ms': null } });
    expect(altered.partitions).toHaveLength(3);
    expect(altered.config['retention.ms']).toBe('604800000');
    expectProblem(await call('PATCH', '/v1/topics/emails', { partitions: 2 }), 400, 'INVALID_PARTITIONS', '2', '3');
    expectProblem(
      await call('PATCH', '/v1/topics/emails', { config: { 'retention.ms': 'x' } }),
      400,
      'INVALID_CONFIG',
      'retention.ms',
    );
    expectProblem(
      await call('PATCH', '/v1/topics/emails', { config: { nonsense: '1' } }),
      400,
      'INVALID_CONFIG',
      'nonsense',
    );
    expect((await call('DELETE', '/v1/topics/emails')).status).toBe(204);
    expect(await ok('GET', '/v1/topics')).toEqual({ topics: [] });
  });

  it('are read page by page without any group', async () => {
    const { ok } = await openWork();
    const seen: unknown[] = [];
    let next: number | null = 0;
    let pages = 0;
    while (next !== null) {
      const page = await ok('GET', `/v1/topics/t/partitions/0/records?fromOffset=${next}&limit=4`);
      expect(page).toMatchObject({ logStartOffset: 0, logEndOffset: 10 });
      seen.push(...page.records.map((record: { value: { n: number } }) => record.value.n));
      next = page.nextOffset;
      pages++;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(pages).toBe(3);
    expect(await ok('GET', '/v1/topics/t/partitions/1/records')).toEqual({
      records: [],
      logStartOffset: 0,
      logEndOffset: 0,
      nextOffset: null,
    });
  });
});

describe('share groups', () => {
  it('are listed and described, with every config and where it comes from', async () => {
    const { ok } = await openWork();
    const row = { group: 'g', state: 'Stable', members: 0, workers: 1, lag: 9, inFlight: 3, paused: false };
    expect((await ok('GET', '/v1/share-groups')).groups).toMatchObject([row]);
    const described = await ok('GET', '/v1/share-groups/g');
    expect(described).toMatchObject(row);
    expect(described.config['share.auto.offset.reset']).toEqual({ value: 'earliest', source: 'group' });
    expect(described.config['share.record.lock.duration.ms']).toEqual({ value: '30000', source: 'default' });
  });

  it('change their configs, and go back to the default with null', async () => {
    const { ok, call } = await openWork();
    const name = 'share.delivery.count.limit';
    expect((await ok('PATCH', '/v1/share-groups/g', { config: { [name]: '3' } })).config[name]).toEqual({
      value: '3',
      source: 'group',
    });
    expect((await ok('PATCH', '/v1/share-groups/g', { config: { [name]: null } })).config[name]).toEqual({
      value: '5',
      source: 'default',
    });
    expectProblem(
      await call('PATCH', '/v1/share-groups/g', { config: { [name]: '1000' } }),
      400,
      'INVALID_CONFIG',
      name,
      '1000',
    );
  });

  it('cannot be deleted while somebody holds a record', async () => {
    const { call, acquired } = await openWork();
    expectProblem(await call('DELETE', '/v1/share-groups/g'), 409, 'NON_EMPTY_GROUP', 'w 1');
    for (const { lease } of [acquired[0], acquired[2]]) await call('POST', `/v1/leases/${lease}/accept`);
    expect((await call('DELETE', '/v1/share-groups/g')).status).toBe(204);
    expectProblem(await call('GET', '/v1/share-groups/g'), 404, 'GROUP_ID_NOT_FOUND');
  });

  it('pause and resume, with a body, an empty one and none', async () => {
    const { ok, call } = await openWork();
    expect(await ok('POST', '/v1/share-groups/g/pause')).toEqual({ group: 'g', paused: true });
    expect((await ok('GET', '/v1/share-groups/g')).paused).toBe(true);
    expect(await ok('POST', '/v1/share-groups/g/resume', {})).toEqual({ group: 'g', paused: false });
    expectProblem(await call('POST', '/v1/share-groups/g/pause', { for: 5 }), 400, 'INVALID_REQUEST', 'for');
  });
});

describe('windows', () => {
  it('show one row per share partition, with what blocks the start', async () => {
    const { ok } = await openWork();
    const { windows } = await ok('GET', '/v1/share-groups/g/windows');
    expect(windows).toHaveLength(2);
    expect(windows[0]).toMatchObject({
      topic: 't',
      partition: 0,
      startOffset: 0,
      endOffset: 3,
      logEndOffset: 10,
      counts: { acquired: 2, archived: 1, available: 0 },
      inFlight: 3,
      lag: 9,
      holders: [{ holder: 'w 1', kind: 'http', records: 2 }],
      blockedBy: { offset: 0, state: 'acquired', holder: 'w 1', deliveryCount: 1 },
    });
  });

  it('show their runs page by page', async () => {
    const { ok } = await openWork();
    const url = '/v1/share-groups/g/topics/t/partitions/0/window';
    const page = await ok('GET', `${url}?limit=2`);
    expect(page).toMatchObject({
      startOffset: 0,
      endOffset: 3,
      runs: [
        { firstOffset: 0, lastOffset: 0, state: 'acquired', holder: 'w 1' },
        { firstOffset: 1, lastOffset: 1, state: 'archived' },
      ],
      nextOffset: 2,
    });
    const rest = await ok('GET', `${url}?fromOffset=2`);
    expect(rest).toMatchObject({ runs: [{ firstOffset: 2, lastOffset: 2, state: 'acquired' }], nextOffset: null });
  });

  it('show one record without locking it, wherever it is', async () => {
    const { ok, acquired } = await openWork();
    await ok('POST', `/v1/leases/${acquired[0].lease}/accept`);
    const peek = (offset: number) => ok('GET', `/v1/share-groups/g/topics/t/partitions/0/records/${offset}`);
    expect(await peek(0)).toMatchObject({ state: 'finished' });
    expect(await peek(1)).toMatchObject({
      state: 'finished',
      attempts: [
        { deliveryCount: 1, holder: 'w 1', outcome: 'rejected', reason: 'no such user', endedAt: expect.any(String) },
      ],
    });
    expect(await peek(2)).toMatchObject({
      record: {
        topic: 't',
        offset: 2,
        value: { n: 2 },
        valueEncoding: 'json',
        deliveryCount: 1,
        deliveryCountLimit: 5,
      },
      state: 'acquired',
      deliveryCount: 1,
      holder: 'w 1',
      attempts: [{ deliveryCount: 1, holder: 'w 1', endedAt: null, outcome: null }],
    });
    expect(await peek(5)).toMatchObject({ state: 'unread', deliveryCount: 0, holder: null, attempts: [] });
  });
});

describe('operators', () => {
  it('list archived records with why', async () => {
    const { ok } = await openWork();
    const archived = {
      topic: 't',
      partition: 0,
      offset: 1,
      deliveryCount: 1,
      outcome: 'rejected',
      reason: 'no such user',
      holder: 'w 1',
      archivedAt: expect.stringMatching(/Z$/),
    };
    expect(await ok('GET', '/v1/share-groups/g/archived')).toEqual({ records: [archived], next: null });
    expect(await ok('GET', '/v1/share-groups/g/archived?topic=t&partition=1')).toEqual({ records: [], next: null });
  });

  it('reset windows, after a dry run that changes nothing', async () => {
    const { ok } = await openWork();
    const body = { topic: 't', partitions: [0], to: 'latest' };
    const dry = await ok('POST', '/v1/share-groups/g/reset', { ...body, dryRun: true });
    expect(dry).toMatchObject({
      dryRun: true,
      partitions: [{ startOffsetBefore: 0, startOffsetAfter: 10, lagBefore: 9, lagAfter: 0, locksDropped: 2 }],
    });
    expect((await ok('GET', '/v1/share-groups/g')).lag).toBe(9);
    await ok('POST', '/v1/share-groups/g/reset', body);
    expect((await ok('GET', '/v1/share-groups/g')).lag).toBe(0);
    await ok('POST', '/v1/share-groups/g/reset', { topic: 't', to: { offset: 0 } });
    expect((await ok('GET', '/v1/share-groups/g')).lag).toBe(10);
    await ok('POST', '/v1/share-groups/g/reset', { topic: 't', to: { timestampMs: 1 } });
  });

  it('settle a range over the heads of workers', async () => {
    const { ok, call, acquired } = await openWork();
    const body = { topic: 't', partition: 0, firstOffset: 0, lastOffset: 2, type: 'accept', reason: 'done by hand' };
    expect(await ok('POST', '/v1/share-groups/g/settle', { ...body, dryRun: true })).toMatchObject({
      dryRun: true,
      accepted: 2,
      locksTaken: 2,
      skipped: 1,
    });
    expect(await ok('POST', '/v1/share-groups/g/settle', body)).toMatchObject({ dryRun: false, accepted: 2 });
    const late = await call('POST', `/v1/leases/${acquired[0].lease}/release`);
    expect(late.status).toBeGreaterThanOrEqual(409);
  });

  it('see who holds what and free it, whatever the worker is called', async () => {
    const { ok } = await openWork();
    expect((await ok('GET', '/v1/share-groups/g/workers')).workers).toMatchObject([
      { holder: 'w 1', kind: 'http', records: 2, waiting: 0 },
    ]);
    expect(await ok('POST', '/v1/share-groups/g/workers/w%201/release')).toEqual({ released: 2, archived: 0 });
    expect((await ok('GET', '/v1/share-groups/g/workers')).workers).toEqual([]);
  });

  it('ask whether it lives and whether it is ready', async () => {
    const { call } = await openDoor();
    expect((await call('GET', '/livez')).json).toEqual({ status: 'ok' });
    expect((await call('GET', '/readyz')).json).toEqual({ status: 'ok', warnings: [] });
    const down = await openDoor({ override: { ready: () => reject('STORAGE_FULL', 'no room') } });
    expectProblem(await down.call('GET', '/readyz'), 507, 'STORAGE_FULL', 'no room');
    expect((await down.call('GET', '/livez')).status).toBe(200);
  });

  it('are told what is weaker than it should be, without being turned away', async () => {
    const warnings = ['Redis keeps no append-only file (appendonly no)'];
    const { ok } = await openDoor({ override: { ready: () => ({ ok: true, value: { warnings } }) } });
    expect(await ok('GET', '/readyz')).toEqual({ status: 'ok', warnings });
  });
});

it('damaged records are named in an empty answer to acquire', async () => {
  const log = new FaultyLog();
  const { ok } = await openDoor({ broker: { log } });
  await ok('POST', '/v1/topics', { topic: 't' });
  await ok('POST', '/v1/topics/t/records', { records: [{ value: 'a' }] });
  log.damaged.add('0/0');
  expect(await ok('POST', '/v1/share-groups/g/acquire', { topics: ['t'], startFrom: 'earliest' })).toMatchObject({
    records: [],
    emptyReason: 'damaged',
    problem: expect.stringMatching(/^offsets 0 to 0 of t-0 cannot be read: .*settle/),
    lag: 1,
  });
});

it('damaged bytes are not served, and the others are', async () => {
  const door = await openWork();
  const read = door.broker.read.bind(door.broker);
  await door.ok('POST', '/v1/topics/t/records', { records: [{ value: 'whole', partition: 0 }] });
  const damaged = await openDoor({
    broker: { metadata: door.started.metadata, log: door.started.log, store: door.started.store },
    override: {
      read: async (request) => {
        const answer = await read(request);
        if (!answer.ok) return answer;
        const batches = answer.value.batches.map((batch) => {
          const bytes = Uint8Array.from(batch.bytes);
          if (batch.baseOffset === 0) bytes[bytes.length - 1]! ^= 1;
          return { ...batch, bytes };
        });
        return { ok: true, value: { ...answer.value, batches } };
      },
    },
  });
  expectProblem(
    await damaged.call('GET', '/v1/topics/t/partitions/0/records'),
    500,
    'CORRUPT_MESSAGE',
    't-0',
    'offset 0',
    'crc',
  );
  const { records } = await damaged.ok('GET', '/v1/topics/t/partitions/0/records?fromOffset=10');
  expect(records).toMatchObject([{ offset: 10, value: 'whole' }]);
});
