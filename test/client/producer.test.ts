import { describe, expect, it } from 'vitest';
import { Producer } from '../../src/client/producer.ts';
import type { ProducerSettings } from '../../src/client/producer.ts';
import { until } from '../until.ts';
import { startNetwork } from './worker-fixture.ts';

type Network = Awaited<ReturnType<typeof startNetwork>>;

const newProducer = (network: Network, settings: Partial<ProducerSettings> = {}) =>
  new Producer({
    url: 'http://localhost:8080',
    fetch: network.fetch,
    time: network.time,
    random: () => 0,
    ...settings,
  });

const stored = async (network: Network, topic = 't'): Promise<unknown[]> => {
  const { records } = await network.door.ok('GET', `/v1/topics/${topic}/partitions/0/records?limit=10000`);
  return records.map(({ value }: { value: unknown }) => value);
};
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

describe('a producer', () => {
  it('sends together what comes together, and says of each record where it is', async () => {
    const network = await startNetwork();
    const producer = newProducer(network);
    const places = Promise.all(
      numbers(10).map((value) => producer.send('t', { key: 'k', value, headers: { h: 'x' } })),
    );
    expect(producer.buffered).toBe(10);
    await network.advance(4);
    expect(network.requests).toEqual([]);
    await network.advance(1);
    expect(await places).toEqual(numbers(10).map((_, offset) => ({ partition: 0, offset })));
    expect(network.requests).toHaveLength(1);
    expect(producer.buffered).toBe(0);
  });

  it('waits for no more when a batch is full, and gathers the next while one is on its way', async () => {
    const network = await startNetwork();
    const producer = newProducer(network, { maxBatchRecords: 4, lingerMs: 1000 });
    const places = numbers(10).map((value) => producer.send('t', { value }));
    await Promise.all(places.slice(0, 8));
    expect(network.requests.map(({ body }) => body.records.length)).toEqual([4, 4]);
    await producer.flush();
    expect(network.requests.map(({ body }) => body.records.length)).toEqual([4, 4, 2]);
    const small = newProducer(network, { maxBatchSize: 30, lingerMs: 0 });
    await Promise.all(numbers(3).map((value) => small.send('t', { value: value.padEnd(10, '.') })));
    expect(network.requests.slice(3).map(({ body }) => body.records.length)).toEqual([1, 1, 1]);
    expect(await stored(network)).toHaveLength(13);
  });

  it('stores every record once and in order, however often answers are lost and the server is killed', async () => {
    const network = await startNetwork();
    let requests = 0;
    network.way.fault = () => (['answer lost', 'no connection', undefined] as const)[requests++ % 3];
    const producer = newProducer(network, { maxBatchRecords: 7 });
    const retried: number[] = [];
    producer.on('retry', ({ records }) => retried.push(records));
    const places = Promise.all(numbers(100).map((value) => producer.send('t', { value })));
    await network.advance(300);
    network.kill();
    await network.advance(2000);
    await network.restart();
    for (let second = 0; second < 30; second++) await network.advance(1000);
    expect((await places).map(({ offset }) => offset)).toEqual(numbers(100).map(Number));
    expect(await stored(network)).toEqual(numbers(100));
    expect(retried.length).toBeGreaterThan(15);
  });

  it('gives up after the delivery time-out, and says that the record may be stored or not', async () => {
    const network = await startNetwork();
    const producer = newProducer(network, { deliveryTimeoutMs: 10_000 });
    network.kill();
    const failure = failureOf(producer.send('t', { value: 'a' }));
    await network.advance(20_000);
    expect(await failure).toMatchObject({
      code: 'TIMEOUT',
      retriable: true,
      message: expect.stringContaining('may be stored or not'),
    });
  });

  it('gives up in time also where the server hangs, or asks for more patience than there is', async () => {
    const network = await startNetwork();
    const hanging = newProducer(network, {
      deliveryTimeoutMs: 10_000,
      maxBatchRecords: 1,
      lingerMs: 0,
      fetch: (_, init) =>
        new Promise((_resolve, reject) =>
          init.signal!.addEventListener('abort', () => reject(init.signal!.reason as Error)),
        ),
    });
    const failures = numbers(20).map((value) => failureOf(hanging.send('t', { value })));
    await network.advance(10_000);
    for (const failure of await Promise.all(failures)) expect(failure).toMatchObject({ code: 'TIMEOUT' });
    expect(hanging.buffered).toBe(0);

    const patient = newProducer(network, { deliveryTimeoutMs: 10_000, lingerMs: 0 });
    network.way.fault = () => new Response('wait', { status: 503, headers: { 'retry-after': '86400' } });
    const late = failureOf(patient.send('t', { value: 'a' }));
    await network.advance(10_000);
    expect(await late).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('answered 503') });
    expect(network.timers).toBe(0);
  });

  it('repeats a request whose answer is not of sash, such as a page of a proxy with status 200', async () => {
    const network = await startNetwork();
    const producer = newProducer(network);
    const strange = [() => new Response(''), () => new Response('{}'), () => Response.json({ results: [] })];
    network.way.fault = () => strange.shift()?.();
    const place = producer.send('t', { value: 'a' });
    for (let second = 0; second < 5; second++) await network.advance(1000);
    expect(await place).toEqual({ partition: 0, offset: 0 });
    expect(await stored(network)).toEqual(['a']);
  });

  it('refuses one bad record and stores those around it', async () => {
    const network = await startNetwork();
    const producer = newProducer(network);
    const sent = ['a', 'b', 'c', 'd'].map((value, index) =>
      failureOf(producer.send('t', { value, ...(index % 2 === 1 ? { partition: 7 } : {}) })),
    );
    await network.advance(5);
    const refused = {
      code: 'INVALID_REQUEST',
      field: 'partition',
      message: expect.stringMatching(/^record\.partition is 7/),
    };
    expect(await sent[1]).toMatchObject(refused);
    expect(await sent[3]).toMatchObject(refused);
    await Promise.all(sent);
    expect(await stored(network)).toEqual(['a', 'c']);
  });

  it('halves a request that is too large for the server', async () => {
    const network = await startNetwork();
    network.way.fault = ({ body }) =>
      body.records.length > 3
        ? Response.json({ code: 'BODY_TOO_LARGE', detail: 'too large', retriable: false }, { status: 413 })
        : undefined;
    const producer = newProducer(network);
    const sent = Promise.all(numbers(10).map((value) => producer.send('t', { value })));
    await network.advance(5);
    await sent;
    expect(await stored(network)).toEqual(numbers(10));
  });

  it('fails all records of a topic that is not there, and of no other', async () => {
    const network = await startNetwork();
    const producer = newProducer(network);
    const [none, there] = [failureOf(producer.send('none', { value: 'a' })), producer.send('t', { value: 'a' })];
    await network.advance(5);
    expect(await none).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    expect(await there).toEqual({ partition: 0, offset: 0 });
  });

  it('sends a batch as one, all or none, and with a key of your own only once, whoever repeats it', async () => {
    const network = await startNetwork();
    const producer = newProducer(network, { maxBatchRecords: 2 });
    const records = numbers(5).map((value) => ({ value }));
    const places = await producer.sendBatch('t', records, { idempotencyKey: 'order-17' });
    expect(places.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4]);
    expect(network.requests).toHaveLength(1);
    expect(await newProducer(network).sendBatch('t', records, { idempotencyKey: 'order-17' })).toEqual(places);
    expect(await failureOf(producer.sendBatch('t', [{ value: 'x' }, { value: 'y', partition: 9 }]))).toMatchObject({
      field: 'records[1].partition',
    });
    expect(await failureOf(producer.sendBatch('t', [{ value: 'x' }], { idempotencyKey: 'order-17' }))).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(await producer.sendBatch('t', [])).toEqual([]);
    expect(await stored(network)).toEqual(numbers(5));
  });

  it('takes bytes as they are, and refuses what JSON cannot say', async () => {
    const network = await startNetwork();
    const producer = newProducer(network, { lingerMs: 0 });
    const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => index);
    await producer.send('t', { key: new Uint8Array([0xff]), value: bytes });
    await producer.send('t', { value: { n: 1 } });
    await producer.send('t', {});
    const { records } = await network.door.ok('GET', '/v1/topics/t/partitions/0/records?encoding=base64');
    expect(records[0].value).toBe(Buffer.from(bytes).toString('base64'));
    expect(records[0].key).toBe('/w==');
    expect(Buffer.from(records[1].value, 'base64').toString()).toBe('{"n":1}');
    expect(records[2].value).toBeNull();
    for (const value of [1n, () => {}, Symbol('s'), Number.NaN, -Infinity]) {
      expect(await failureOf(producer.send('t', { value }))).toBeInstanceOf(TypeError);
    }
    expect(producer.buffered).toBe(0);
  });

  it('has room for so much only, and whoever waits for room goes on with the first that is confirmed', async () => {
    const network = await startNetwork();
    const producer = newProducer(network, { maxBufferedRecords: 3 });
    const sent = numbers(3).map((value) => producer.send('t', { value }));
    expect(await failureOf(producer.send('t', { value: 'x' }))).toMatchObject({
      code: 'BUFFER_FULL',
      retriable: true,
      message: expect.stringContaining('ready()'),
    });
    let isReady = false;
    void producer.ready().then(() => (isReady = true));
    await until(() => true);
    expect(isReady).toBe(false);
    await network.advance(5);
    await Promise.all(sent);
    await until(() => isReady);
    const bytes = newProducer(network, { maxBufferedSize: 50 });
    void bytes.send('t', { value: 'y'.repeat(100) });
    expect(await failureOf(bytes.send('t', { value: 'x' }))).toMatchObject({ code: 'BUFFER_FULL' });
    await bytes.flush();
  });

  it('sends all of a stream, no faster than it is confirmed', async () => {
    const network = await startNetwork();
    const producer = newProducer(network, { maxBufferedRecords: 10, lingerMs: 0 });
    let most = 0;
    async function* records() {
      for (const value of numbers(200)) {
        most = Math.max(most, producer.buffered);
        yield { value };
      }
    }
    expect(await producer.sendAll('t', records())).toBe(200);
    expect(most).toBeLessThanOrEqual(10);
    expect(await stored(network)).toEqual(numbers(200));
    expect(
      await failureOf(
        producer.sendAll(
          'none',
          numbers(1000).map((value) => ({ value })),
        ),
      ),
    ).toMatchObject({ status: 404 });
    expect(producer.buffered).toBe(0);
  });

  it('sends several streams at once within the same room', async () => {
    const network = await startNetwork();
    const producer = newProducer(network, { maxBufferedRecords: 1, lingerMs: 0 });
    const stream = numbers(20).map((value) => ({ value }));
    expect(await Promise.all([1, 2, 3].map(() => producer.sendAll('t', stream)))).toEqual([20, 20, 20]);
  });

  it('sends what is left when it closes, takes no more, and gives up after its time', async () => {
    const network = await startNetwork();
    const producer = newProducer(network, { lingerMs: 60_000 });
    const sent = producer.send('t', { value: 'a' });
    await producer.close();
    expect(await sent).toEqual({ partition: 0, offset: 0 });
    expect(await failureOf(producer.send('t', { value: 'b' }))).toMatchObject({ code: 'CLOSED' });

    const cut = newProducer(network);
    network.kill();
    const lost = failureOf(cut.send('t', { value: 'c' }));
    const closed = cut.close({ timeoutMs: 5000 });
    await network.advance(5000);
    await closed;
    expect(await lost).toMatchObject({ code: 'CLOSED', message: expect.stringContaining('5000 ms') });
  });

  it('is refused with settings that cannot be', () => {
    const made = (settings: object) => () => new Producer({ url: 'http://localhost', ...settings });
    expect(made({ lingerMs: -1 })).toThrow('lingerMs is -1; it must be a whole number of at least 0');
    expect(made({ maxBatchRecords: 0 })).toThrow('maxBatchRecords is 0');
    expect(made({ maxBatchSize: 0.5 })).toThrow('maxBatchSize');
    expect(made({ deliveryTimeoutMs: Number.NaN })).toThrow('deliveryTimeoutMs');
  });
});
