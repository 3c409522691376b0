import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { settle } from '../broker/fake-clock.ts';
import { until } from '../until.ts';
import { openDoor, untilConnected } from './door.ts';
import type { Json } from './door.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A door that really listens, with a topic `t` and a group `g` at its beginning. */
const listen = async (change: Parameters<typeof openDoor>[0] = {}) => {
  const door = await openDoor(change);
  await door.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = door.app.server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  closing.push(async () => {
    agent.destroy();
    await door.app.close();
  });
  await door.ok('POST', '/v1/topics', { topic: 't' });
  await door.ok('PATCH', '/v1/share-groups/g', { config: { 'share.auto.offset.reset': 'earliest' } });

  const start = (path: string, body?: unknown, headers: Record<string, string> = {}): ClientRequest => {
    const sent = request({
      host: '127.0.0.1',
      port,
      agent,
      path,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
    });
    if (body !== undefined) sent.end(JSON.stringify(body));
    return sent;
  };
  const answerTo = async (
    sent: ClientRequest,
  ): Promise<{ status: number; json: Json; headers: IncomingMessage['headers'] }> => {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    return {
      status: response.statusCode!,
      json: text === '' ? undefined : JSON.parse(text),
      headers: response.headers,
    };
  };
  const poll = (more: object = {}): ClientRequest =>
    start('/v1/share-groups/g/acquire', { topics: ['t'], waitMs: 20_000, ...more });
  const untilWaiting = (count: number): Promise<void> =>
    until(async () => {
      const { workers } = await door.ok('GET', '/v1/share-groups/g/workers');
      return workers.reduce((sum: number, worker: Json) => sum + worker.waiting, 0) === count;
    }, `${count} acquires that wait`);
  const produce = (...values: readonly string[]) =>
    door.ok('POST', '/v1/topics/t/records', { records: values.map((value) => ({ value })) });
  return { ...door, port, agent, start, answerTo, poll, untilWaiting, produce };
};

describe('an acquire that waits', () => {
  it('is answered as soon as a record comes', async () => {
    const { poll, answerTo, untilWaiting, produce } = await listen();
    const answer = answerTo(poll());
    await untilWaiting(1);
    await produce('a');
    expect((await answer).json.records).toMatchObject([{ value: 'a', deliveryCount: 1 }]);
  });

  it('is answered with the reason when its time is up', async () => {
    const { poll, answerTo, untilWaiting, clock } = await listen();
    const answer = answerTo(poll());
    await untilWaiting(1);
    await clock.advance(20_100);
    expect(await answer).toMatchObject({ status: 200, json: { records: [], emptyReason: 'no_records' } });
  });

  it('leaves no lock behind when its client goes away', async () => {
    const { poll, untilWaiting, produce, ok } = await listen();
    const sent = poll({ workerId: 'gone' });
    sent.on('error', () => {});
    await untilWaiting(1);
    sent.destroy();
    await untilWaiting(0);
    await produce('a');
    expect((await ok('GET', '/v1/share-groups/g/windows')).windows[0].counts.acquired).toBe(0);
    const { records } = await ok('POST', '/v1/share-groups/g/acquire', { topics: ['t'] });
    expect(records).toMatchObject([{ value: 'a', deliveryCount: 1 }]);
  });

  it('takes back what was acquired for a client that went away in the last moment, and counts no delivery', async () => {
    const gone = Promise.withResolvers<void>();
    const acquired = Promise.withResolvers<void>();
    const door = await listen({
      override: {
        acquire: async (asked) => {
          const answer = await door.broker.acquire(asked, null);
          if (asked.waitMs > 0) {
            acquired.resolve();
            await gone.promise;
          }
          return answer;
        },
      },
    });
    await door.produce('a');
    const sent = door.poll();
    sent.on('error', () => {});
    await acquired.promise;
    sent.destroy();
    // The server has to notice first.
    await untilConnected(door.app, 0);
    gone.resolve();
    let taken: Json[] = [];
    await until(async () => {
      taken = (await door.ok('POST', '/v1/share-groups/g/acquire', { topics: ['t'] })).records;
      return taken.length > 0;
    }, 'the record to be free');
    expect(taken).toMatchObject([{ value: 'a', deliveryCount: 1, lastFailure: null }]);
  });

  it('is refused beyond the limit, before its acknowledgements are settled', async () => {
    const { poll, answerTo, untilWaiting, produce, ok } = await listen({ limits: { maxWaitingPolls: 2 } });
    await produce('a');
    const { lease } = (await ok('POST', '/v1/share-groups/g/acquire', { topics: ['t'] })).records[0];
    const waiting = [answerTo(poll()), answerTo(poll())];
    await untilWaiting(2);
    const refused = await answerTo(poll({ acknowledgements: [{ lease, type: 'accept' }] }));
    expect(refused).toMatchObject({ status: 503, json: { code: 'TOO_MANY_WAITERS', retriable: true } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ok('GET', '/v1/share-groups/g/windows')).windows[0].counts.acquired).toBe(1);
    // Who does not wait is served.
    await ok('POST', '/v1/share-groups/g/acquire', { topics: ['t'], acknowledgements: [{ lease, type: 'accept' }] });
    // And one more may wait as soon as one is answered.
    await produce('b');
    await Promise.race(waiting);
    const third = answerTo(poll());
    await untilWaiting(2);
    await produce('c', 'd');
    await Promise.all([...waiting, third]);
  });
});

describe('a graceful stop', () => {
  /** After so long it cuts off what has not ended. */
  const cutOffMs = 3_000;

  it('answers those who wait, takes nobody new and ends', async () => {
    const { app, poll, answerTo, untilWaiting, port } = await listen();
    const waiting = [answerTo(poll()), answerTo(poll()), answerTo(poll())];
    await untilWaiting(3);
    const started = performance.now();
    await app.close();
    expect(performance.now() - started).toBeLessThan(cutOffMs);
    for (const answer of await Promise.all(waiting)) {
      expect(answer).toMatchObject({ status: 200, json: { records: [], emptyReason: 'draining' } });
      expect(answer.headers.connection).toBe('close');
    }
    const late = connect(port, '127.0.0.1');
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('does not wait for connections that idle', async () => {
    const { app, start, answerTo, agent } = await listen();
    await answerTo(start('/v1/share-groups/g/pause', {}));
    expect(Object.keys(agent.freeSockets)).toHaveLength(1);
    const started = performance.now();
    await app.close();
    expect(performance.now() - started).toBeLessThan(cutOffMs);
  });

  it('finishes what is on its way and refuses what comes behind it on the same connection', async () => {
    const written = Promise.withResolvers<void>();
    const writing = Promise.withResolvers<void>();
    const door = await listen({
      override: {
        produce: async (asked) => {
          writing.resolve();
          await written.promise;
          return door.broker.produce(asked);
        },
      },
    });
    const socket = connect(door.port, '127.0.0.1');
    const body = '{"records":[{"value":"a"}]}';
    const head = `POST /v1/topics/t/records HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    socket.write(head);
    await writing.promise;
    const closed = door.app.close();
    await settle();
    written.resolve();
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    await closed;
    expect(text).toMatch(/^HTTP\/1.1 200 OK/);
    expect(text.toLowerCase()).toContain('connection: close');
    expect(text).toContain('{"results":[{"partition":0,"offset":0}]}');
  });

  it('refuses who comes while the others are still being answered', async () => {
    const drained = Promise.withResolvers<void>();
    const { app, start, answerTo } = await listen({ override: { drain: () => drained.promise } });
    const closed = app.close();
    await settle();
    const answer = await answerTo(start('/v1/share-groups/g/pause', {}));
    expect(answer).toMatchObject({ status: 503, json: { code: 'SHUTTING_DOWN', retriable: true } });
    expect(answer.headers).toMatchObject({ connection: 'close', 'retry-after': '1' });
    drained.resolve();
    await closed;
  });

  it('cuts off, after 3 s, a body that does not come to its end', async () => {
    const { app, start } = await listen();
    const sent = start('/v1/topics/t/records', undefined, { 'content-length': '1000' });
    sent.on('error', () => {});
    sent.write('{');
    await untilConnected(app, 1);
    const started = performance.now();
    await app.close();
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('what is not HTTP as it should be', () => {
  const say = async (port: number, text: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    socket.write(text);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  };

  it('is 400 as a problem', async () => {
    const { port } = await listen();
    const answer = await say(port, 'NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\ncontent-type: application\/problem\+json/);
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });

  it('is 431 when its own headers are too large', async () => {
    const { port } = await listen();
    const answer = await say(port, `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ code: 'REQUEST_HEADERS_TOO_LARGE' });
  });
});

describe('a body', () => {
  it('over its limit is refused while it comes, without being kept', async () => {
    const { start, answerTo } = await listen({ limits: { bodyMaxBytes: 100_000 } });
    const sent = start('/v1/topics/t/records', undefined, { 'transfer-encoding': 'chunked' });
    sent.on('error', () => {});
    const answer = answerTo(sent);
    let written = 0;
    let answered = false;
    void answer.then(
      () => (answered = true),
      () => {},
    );
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    while (!answered && written < 1024) {
      written++;
      if (!sent.write(chunk)) await Promise.race([once(sent, 'drain'), answer]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answer).toMatchObject({
      status: 413,
      json: { code: 'BODY_TOO_LARGE', detail: expect.stringContaining('100000') },
    });
    sent.destroy();
  });

  it('of lines may be larger than the limit, for it is never kept whole', async () => {
    const { start, answerTo, ok } = await listen({ limits: { bodyMaxBytes: 100_000 } });
    const sent = start('/v1/topics/t/records?lines=value', undefined, { 'content-type': 'application/x-ndjson' });
    const answer = answerTo(sent);
    const chunk = `${'v'.repeat(99)}\n`.repeat(500);
    for (let written = 0; written < 20; written++) if (!sent.write(chunk)) await once(sent, 'drain');
    sent.end();
    expect((await answer).json).toEqual({ produced: 10_000, failed: 0, errors: [] });
    expect((await ok('GET', '/v1/topics/t')).partitions[0].logEndOffset).toBe(10_000);
  });

  it('of lines that breaks off leaves out the line that is not whole', async () => {
    const { start, ok } = await listen();
    const sent = start('/v1/topics/t/records?lines=value', undefined, { 'content-type': 'application/x-ndjson' });
    sent.on('error', () => {});
    const whole = 'whole\n'.repeat(20_000);
    sent.write(`${whole}bro`);
    const ends = async (): Promise<number> => (await ok('GET', '/v1/topics/t')).partitions[0].logEndOffset;
    while ((await ends()) === 0) await settle();
    sent.destroy();
    await settle();
    const { records } = await ok('GET', '/v1/topics/t/partitions/0/records?limit=10000');
    expect(new Set(records.map((record: Json) => record.value))).toEqual(new Set(['whole']));
    expect(await ends()).toBeLessThanOrEqual(20_000);
  });
});
