import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../src/client/http.ts';
import { SashClient } from '../../src/client/sash-client.ts';
import { SashError } from '../../src/client/sash-error.ts';
import { document, openDoor } from '../http/door.ts';
import { doorFetch } from './door-fetch.ts';

const url = 'http://localhost:8080';

const start = async () => {
  const door = await openDoor();
  return { door, client: new SashClient({ url, fetch: doorFetch(door) }) };
};

/** A client whose server answers with just this. */
const answeredWith = (respond: () => Response) => new SashClient({ url, fetch: async () => respond() });

/** Where nobody listens. */
const closedAddress = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
};

const failureOf = async (call: Promise<unknown>): Promise<SashError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SashError);
  return error as SashError;
};

describe('SashClient', () => {
  it('makes, describes, changes and deletes topics', async () => {
    const { client } = await start();
    const made = await client.createTopic({ topic: 'emails', partitions: 2, config: { 'retention.ms': '1000' } });
    expect(made).toMatchObject({ topic: 'emails', partitions: [{ partition: 0 }, { partition: 1 }] });
    expect(await client.listTopics()).toEqual([made]);
    expect(
      (await client.alterTopic('emails', { partitions: 3, config: { 'retention.ms': null } })).partitions,
    ).toHaveLength(3);
    expect((await client.describeTopic('emails')).config['retention.ms']).not.toBe('1000');
    await client.deleteTopic('emails');
    expect(await client.listTopics()).toEqual([]);
  });

  it('produces, with a key that makes it safe to repeat, streams lines, and reads', async () => {
    const { client } = await start();
    await client.createTopic({ topic: 't', partitions: 1 });
    const records = [{ key: 'a', value: { n: 1 }, headers: { trace: 'x' } }];
    const first = await client.produce('t', records, { idempotencyKey: 'once' });
    expect(await client.produce('t', records, { idempotencyKey: 'once' })).toEqual({ ...first, replayed: true });
    const lines = new Response('{"value":"b"}\nnot json\n').body!;
    expect(await client.produceLines('t', lines)).toMatchObject({ produced: 1, failed: 1, errors: [{ line: 2 }] });
    const read = await client.readRecords('t', 0, { limit: 1 });
    expect(read).toMatchObject({ logEndOffset: 2, nextOffset: 1, records: [{ key: 'a', value: { n: 1 } }] });
    expect((await client.readRecords('t', 0, { fromOffset: 1 })).records).toMatchObject([{ value: 'b' }]);
  });

  it('acquires and acknowledges, looks into windows, and acts as an operator', async () => {
    const { client } = await start();
    await client.createTopic({ topic: 't', partitions: 1 });
    await client.produce('t', [{ value: 'a' }, { value: 'b' }, { value: 'c' }, { value: 'd' }]);
    const { records } = await client.acquire('g', {
      topics: ['t'],
      maxRecords: 3,
      workerId: 'w/1',
      startFrom: 'earliest',
    });
    const leases = records.map(({ lease }) => lease);
    expect(
      await client.acknowledge('g', [
        { lease: leases[0]!, type: 'accept' },
        { lease: leases[1]!, type: 'release', delayMs: 1000, reason: 'later' },
        { lease: 'nonsense', type: 'accept' },
      ]),
    ).toMatchObject([{ status: 'accepted' }, { status: 'released' }, { status: 'error', code: 'LEASE_INVALID' }]);

    expect(await client.listShareGroups()).toMatchObject([{ group: 'g', lag: 3 }]);
    expect(await client.listWorkers('g')).toMatchObject({ workers: [{ holder: 'w/1', records: 1 }], unreachable: [] });
    expect(await client.listWindows('g')).toMatchObject({
      windows: [{ counts: { acquired: 1, delayed: 1 } }],
      unreachable: [],
    });
    expect((await client.readWindow('g', 't', 0)).runs.map(({ state }) => state)).toEqual(['delayed', 'acquired']);
    expect(await client.peekRecord('g', 't', 0, 1)).toMatchObject({
      state: 'delayed',
      attempts: [{ reason: 'later' }],
    });
    const range = { topic: 't', partition: 0, firstOffset: 1, lastOffset: 1, type: 'reject', reason: 'no' } as const;
    expect(await client.settleRange('g', { ...range, dryRun: true })).toMatchObject({ dryRun: true, rejected: 1 });
    expect(await client.settleRange('g', range)).toMatchObject({ rejected: 1 });
    expect((await client.listArchived('g', { topic: 't', partition: 0 })).records).toMatchObject([
      { offset: 1, reason: 'no' },
    ]);
    expect(await client.releaseWorker('g', 'w/1')).toEqual({ released: 1, archived: 0 });

    expect(await client.pauseShareGroup('g')).toEqual({ group: 'g', paused: true });
    expect((await client.acquire('g', { topics: ['t'] })).emptyReason).toBe('paused');
    expect(await client.resumeShareGroup('g')).toEqual({ group: 'g', paused: false });
    expect((await client.alterShareGroup('g', { 'share.delivery.count.limit': '3' })).config).toMatchObject({
      'share.delivery.count.limit': { value: '3', source: 'group' },
    });
    expect(await client.resetShareGroup('g', { topic: 't', to: { offset: 3 } })).toMatchObject({
      partitions: [{ startOffsetAfter: 3 }],
    });
    expect(await client.describeShareGroup('g')).toMatchObject({ lag: 1 });
    await client.deleteShareGroup('g');
    await client.ready();
  });

  it('knows members, the past and the audit of a group', async () => {
    const { client } = await start();
    await client.createTopic({ topic: 't' });
    await client.alterShareGroup('g', { 'share.delivery.count.limit': '3' });
    await client.pauseShareGroup('g');
    expect(await client.listMembers('g')).toEqual([]);
    expect(await client.readHistory('g', { minutes: 5 })).toMatchObject({
      intervalMs: expect.any(Number),
      samples: [],
    });
    const page = await client.listAudit({ group: 'g', limit: 1 });
    expect(page.lines).toMatchObject([{ action: 'pause', group: 'g' }]);
    expect((await client.listAudit({ after: page.next! })).lines).toMatchObject([
      { action: 'alter-group' },
      { action: 'create-topic' },
    ]);
  });

  it('has a method for every operation but those for a single lease or a picture', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path ?? {}));
    const names = operations.map(({ operationId }) => operationId);
    expect(names.length).toBeGreaterThan(30);
    const missing = names.filter((name) => !(name in SashClient.prototype));
    expect(missing).toEqual(
      expect.arrayContaining([
        'acceptLease',
        'releaseLease',
        'rejectLease',
        'renewLease',
        'releaseLeases',
        'renewLeases',
      ]),
    );
    expect(missing.filter((name) => !/Leases?$|^readStrips$|^live$/.test(name))).toEqual([]);
  });

  it('streams what changes, from a snapshot on, until it is left', async () => {
    const door = await openDoor();
    await door.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = door.app.server.address() as AddressInfo;
    const client = new SashClient({ url: `http://127.0.0.1:${port}` });
    await client.createTopic({ topic: 't' });
    // Changes are told by the broker's clock.
    const ticking = setInterval(() => void door.clock.advance(250), 5);
    const controller = new AbortController();
    const seen: string[] = [];
    let lastEventId = '';
    for await (const { id, event } of client.streamEvents({ signal: controller.signal })) {
      seen.push(event);
      lastEventId = id;
      if (event === 'snapshot') await client.deleteTopic('t');
      if (event === 'audit') break;
    }
    expect(seen.at(0)).toBe('snapshot');
    expect(seen.at(-1)).toBe('audit');
    const again = client.streamEvents({ lastEventId, signal: controller.signal });
    await client.createTopic({ topic: 'u' });
    const next = await again.next();
    expect(next.value?.event).not.toBe('snapshot');
    const reason = new Error('enough');
    const waiting = (async () => {
      for await (const { data } of again) expect(data).toBeDefined();
    })();
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await failureOf(client.streamEvents({ group: 'none' }).next());
    clearInterval(ticking);
    await door.app.close();
  });

  it('throws what the server says: code, field, whether to try again, and the id of the request', async () => {
    const { client } = await start();
    const gone = await failureOf(client.describeTopic('none'));
    expect(gone).toMatchObject({ status: 404, code: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: false, field: 'topic' });
    expect(gone.requestId).toEqual(expect.any(String));
    expect(gone.message).toContain('none');
    await client.createTopic({ topic: 't' });
    expect(await failureOf(client.produce('t', [{ value: 'a' }, { value: 'b', partition: 9 }]))).toMatchObject({
      field: 'records[1].partition',
    });
  });

  it('says that nobody listens, what an answer was that is not of sash, and that a time has passed', async () => {
    const refused = new SashClient({ url: await closedAddress() });
    const error = await failureOf(refused.listTopics());
    expect(error).toMatchObject({ status: 0, code: 'NETWORK_ERROR', retriable: true });
    expect(error.message).toMatch(/^GET http:.*\/v1\/topics: .*ECONNREFUSED.*is a sash server running there\?$/);

    const page = answeredWith(() => new Response('<html>Bad gateway</html>', { status: 502 }));
    expect(await failureOf(page.listTopics())).toMatchObject({ status: 502, code: 'BAD_ANSWER', retriable: true });
    const other = answeredWith(() => new Response('<html>Hello</html>'));
    expect(await failureOf(other.listTopics())).toMatchObject({ status: 200, code: 'BAD_ANSWER', retriable: false });

    const time = { nowMs: () => 0, after: (delayMs: number, then: () => void) => (queueMicrotask(then), () => {}) };
    const silent: Fetch = (_, init) =>
      new Promise((_resolve, reject) =>
        init.signal!.addEventListener('abort', () => reject(init.signal!.reason as Error)),
      );
    const late = new SashClient({ url, fetch: silent, time, timeoutMs: 5 });
    expect(await failureOf(late.acquire('g', { topics: ['t'], waitMs: 100 }))).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('105 ms'),
      retriable: true,
    });
  });

  it('gives up with the reason of the signal', async () => {
    const { client } = await start();
    const reason = new Error('enough');
    await expect(client.listTopics({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('keeps a path in the url, sends its headers, and writes names into paths as they have to be', async () => {
    const seen: string[] = [];
    const client = new SashClient({
      url: 'https://example.org/queue/',
      headers: { authorization: 'Bearer x' },
      fetch: async (input, init) => {
        seen.push(`${input} ${new Headers(init.headers).get('authorization')}`);
        return Response.json({ workers: [] });
      },
    });
    await client.listWorkers('a b');
    await client.releaseWorker('g', 'w/1?');
    expect(seen).toEqual([
      'https://example.org/queue/v1/share-groups/a%20b/workers Bearer x',
      'https://example.org/queue/v1/share-groups/g/workers/w%2F1%3F/release Bearer x',
    ]);
  });

  it('refuses an url that is none', () => {
    expect(() => new SashClient({ url: 'localhost:8080' })).toThrow('http://');
    expect(() => new SashClient({ url: '' })).toThrow('such as http://127.0.0.1:8080');
  });
});
