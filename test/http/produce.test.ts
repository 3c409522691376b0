import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { reject } from '../../src/core/result.ts';
import { expectProblem, openDoor } from './door.ts';
import type { Json } from './door.ts';

const openTopic = async (partitions = 1, change: Parameters<typeof openDoor>[0] = {}, config: object = {}) => {
  const door = await openDoor(change);
  await door.ok('POST', '/v1/topics', { topic: 't', partitions, config });
  const values = async (partition = 0): Promise<unknown[]> =>
    (await door.ok('GET', `/v1/topics/t/partitions/${partition}/records?limit=10000`)).records.map(
      (record: Json) => record.value,
    );
  const lines = (text: string, query = '') =>
    door.call('POST', `/v1/topics/t/records${query}`, text, { 'content-type': 'application/x-ndjson' });
  return { ...door, values, lines };
};

describe('a JSON request', () => {
  it('puts a key where Kafka clients put it, and says where each record is', async () => {
    const { ok } = await openTopic(10);
    const { results } = await ok('POST', '/v1/topics/t/records', {
      // murmur2 as Kafka's tests have it: "21" is 3 and "foobar" is 6 of 10 partitions.
      records: [{ key: '21' }, { key: 'foobar' }, { key: '21' }, { partition: 7 }],
    });
    expect(results[0]).toEqual({ partition: results[2].partition, offset: 0 });
    expect(results[2].offset).toBe(1);
    expect(results[3]).toEqual({ partition: 7, offset: 0 });
  });

  it('keeps records without a key together, and moves on with the next request', async () => {
    const { ok } = await openTopic(3);
    const used = [];
    for (let request = 0; request < 4; request++) {
      const { results } = await ok('POST', '/v1/topics/t/records', { records: [{}, {}, {}] });
      expect(new Set(results.map((place: Json) => place.partition)).size).toBe(1);
      used.push(results[0].partition);
    }
    expect(used).toEqual([0, 1, 2, 0]);
  });

  it('is all or nothing: one bad record and none is stored', async () => {
    const { call, values } = await openTopic();
    const answer = await call('POST', '/v1/topics/t/records', {
      records: [{ value: 'good' }, { value: 'bad', partition: 9 }],
    });
    expectProblem(answer, 400, 'INVALID_REQUEST', 'records[1].partition is 9');
    expect(await values()).toEqual([]);
  });

  it('answers for a thousand records in several batches with the right offsets', async () => {
    const { ok } = await openTopic(3);
    const records = Array.from({ length: 1000 }, (_, index) => ({
      key: `k${index % 50}`,
      value: `${index}`.padStart(100, '.'),
    }));
    const { results } = await ok('POST', '/v1/topics/t/records', { records });
    const read = await Promise.all(
      [0, 1, 2].map(
        async (partition) => (await ok('GET', `/v1/topics/t/partitions/${partition}/records?limit=10000`)).records,
      ),
    );
    for (const [index, place] of results.entries()) {
      expect(read[place.partition][place.offset]).toMatchObject({ offset: place.offset, value: records[index]!.value });
    }
  });

  it('refuses a record that no batch of the topic can hold, with the limit', async () => {
    const { call, ok } = await openTopic(1, {}, { 'max.message.bytes': '1000' });
    expectProblem(
      await call('POST', '/v1/topics/t/records', { records: [{ value: 'ok' }, { value: 'x'.repeat(1000) }] }),
      413,
      'MESSAGE_TOO_LARGE',
      'records[1]',
      'max.message.bytes is 1000',
    );
    // Together they are larger than a batch may be; apart they are not.
    await ok('POST', '/v1/topics/t/records', { records: [{ value: 'x'.repeat(900) }, { value: 'y'.repeat(900) }] });
    // To the byte: 61 of the batch's header and 9 of the record's own.
    await ok('POST', '/v1/topics/t/records', { records: [{ value: 'x'.repeat(1000 - 70) }] });
    expectProblem(
      await call('POST', '/v1/topics/t/records', { records: [{ value: 'x'.repeat(1000 - 69) }] }),
      413,
      'MESSAGE_TOO_LARGE',
    );
  });

  it('refuses a header over its limit, and too many of them', async () => {
    const { call } = await openTopic(1, { limits: { recordHeaderMaxBytes: 10, recordMaxHeaders: 2 } });
    const produce = (headers: object) => call('POST', '/v1/topics/t/records', { records: [{ headers }] });
    expect((await produce({ name: '123456' })).status).toBe(200);
    expectProblem(await produce({ name: '1234567' }), 413, 'MESSAGE_TOO_LARGE', 'records[0].headers.name', '11', '10');
    expectProblem(await produce({ a: '', b: '', c: '' }), 413, 'MESSAGE_TOO_LARGE', '3 entries', 'the most is 2');
  });

  it('is answered again by its Idempotency-Key, and stored once', async () => {
    const { ok, call, values } = await openTopic(2);
    const body = { records: [{ value: 'a' }, { value: 'b', partition: 1 }, { value: 'c' }] };
    const headers = { 'idempotency-key': 'order-1' };
    const first = await ok('POST', '/v1/topics/t/records', body, headers);
    const second = await ok('POST', '/v1/topics/t/records', body, headers);
    expect(second).toEqual({ results: first.results, replayed: true });
    expect([...(await values(0)), ...(await values(1))]).toHaveLength(3);
    const other = { records: [{ value: 'other' }] };
    expectProblem(await call('POST', '/v1/topics/t/records', other, headers), 422, 'IDEMPOTENCY_KEY_REUSED', 'order-1');
    expectProblem(
      await call('POST', '/v1/topics/t/records', body, { 'idempotency-key': 'x'.repeat(256) }),
      400,
      'INVALID_REQUEST',
      '255',
    );
  });

  it('for an unknown topic is 404 with its name, and creates nothing', async () => {
    const { call, ok } = await openDoor();
    expectProblem(
      await call('POST', '/v1/topics/nope/records', { records: [{}] }),
      404,
      'UNKNOWN_TOPIC_OR_PARTITION',
      'nope',
    );
    expect((await ok('GET', '/v1/topics')).topics).toEqual([]);
  });
});

describe('a stream of lines', () => {
  it('takes a record a line, in order, and empty lines for nothing', async () => {
    const { lines, values } = await openTopic();
    const answer = await lines('{"value":"a"}\n\n{"value":{"n":12345678901234567890}}\r\n{"value":"last"}');
    expect(answer.json).toEqual({ produced: 3, failed: 0, errors: [] });
    expect((await values())[0]).toBe('a');
    expect(await values()).toHaveLength(3);
  });

  it('takes each line as a value with ?lines=value', async () => {
    const { lines, values } = await openTopic();
    expect((await lines('plain\n{"a":1}\r\n  spaced \n', '?lines=value')).json.produced).toBe(3);
    expect(await values()).toEqual(['plain', { a: 1 }, '  spaced ']);
  });

  it('counts and names the lines that fail, and puts the others in', async () => {
    const { lines, values } = await openTopic();
    const { json } = await lines('{"value":1}\n{broken\n{"value":2,"valu":3}\n{"partition":5}\n[]\n{"value":4}\n');
    expect(json).toMatchObject({ produced: 2, failed: 4 });
    expect(json.errors.map((error: Json) => [error.line, error.code, error.field])).toEqual([
      [2, 'INVALID_REQUEST', undefined],
      [3, 'INVALID_REQUEST', 'valu'],
      [4, 'INVALID_REQUEST', 'partition'],
      [5, 'INVALID_REQUEST', 'body'],
    ]);
    expect(await values()).toEqual(['1', '4']);
  });

  it('names the first hundred of many bad lines', async () => {
    const { lines } = await openTopic();
    const { json } = await lines('x\n'.repeat(1000));
    expect(json).toMatchObject({ produced: 0, failed: 1000 });
    expect(json.errors).toHaveLength(100);
  });

  it('fails a line that is too long and goes on behind it', async () => {
    const { lines, values } = await openTopic(1, {}, { 'max.message.bytes': '1000' });
    const long = 'x'.repeat(300_000);
    const { json } = await lines(`a\n${long}\n${'y'.repeat(950)}\nb`, '?lines=value');
    expect(json).toMatchObject({ produced: 2, failed: 2 });
    expect(json.errors).toEqual([
      { line: 2, code: 'MESSAGE_TOO_LARGE', message: expect.stringContaining('1000') },
      { line: 3, code: 'MESSAGE_TOO_LARGE', message: expect.stringContaining('1000') },
    ]);
    expect(await values()).toEqual(['a', 'b']);
  });

  it('is cut into lines the same, wherever its chunks end', async () => {
    const text = '{"value":"ä€😀"}\r\n{"value":"b"}\nbad\n{"value":"c"}';
    for (const size of [1, 2, 3, 7, 64]) {
      const { app, values } = await openTopic();
      const bytes = Buffer.from(text);
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const { body } = await app.inject({
        method: 'POST',
        url: '/v1/topics/t/records',
        headers: { host: 'localhost', 'content-type': 'application/x-ndjson' },
        payload: Readable.from(chunks),
      });
      expect(JSON.parse(body), `chunks of ${size}`).toMatchObject({ produced: 3, failed: 1, errors: [{ line: 3 }] });
      expect(await values()).toEqual(['ä€😀', 'b', 'c']);
    }
  });

  it('waits for the broker: no more than two chunks are ever on their way', async () => {
    let writing = 0;
    let mostWriting = 0;
    let read = 0;
    const readWhenWritten: number[] = [];
    const door = await openDoor();
    await door.ok('POST', '/v1/topics', { topic: 't' });
    const { broker } = door;
    const slow = await openDoor({
      broker: { metadata: door.started.metadata, log: door.started.log, store: door.started.store },
      override: {
        produce: async (request) => {
          mostWriting = Math.max(mostWriting, ++writing);
          for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
          readWhenWritten.push(read);
          writing--;
          return broker.produce(request);
        },
      },
    });
    const chunk = 'v'.repeat(100).concat('\n').repeat(1000);
    const stream = Readable.from(
      (function* () {
        for (; read < 60; read++) yield Buffer.from(chunk);
      })(),
      { highWaterMark: 1 },
    );
    const { body } = await slow.app.inject({
      method: 'POST',
      url: '/v1/topics/t/records?lines=value',
      headers: { host: 'localhost', 'content-type': 'application/x-ndjson' },
      payload: stream,
    });
    expect(JSON.parse(body)).toMatchObject({ produced: 60_000, failed: 0 });
    expect(mostWriting).toBe(1);
    // When the first chunk was written, the stream had not been read to its end.
    expect(readWhenWritten[0]).toBeLessThan(30);
  });

  it('says how many lines are in when a chunk cannot be written', async () => {
    let calls = 0;
    const door = await openTopic();
    const full = await openDoor({
      broker: { metadata: door.started.metadata, log: door.started.log, store: door.started.store },
      override: {
        produce: async (request) =>
          ++calls > 1 ? reject('STORAGE_FULL', 'no room on the disk') : door.broker.produce(request),
      },
    });
    const chunk = Buffer.from('v\n'.repeat(3000));
    const response = await full.app.inject({
      method: 'POST',
      url: '/v1/topics/t/records?lines=value',
      headers: { host: 'localhost', 'content-type': 'application/x-ndjson' },
      payload: Readable.from([chunk, chunk, chunk, chunk]),
    });
    const { headers, statusCode: status, body: text } = response;
    const answer = { headers, status, text, json: JSON.parse(text) };
    expectProblem(answer, 507, 'STORAGE_FULL', 'no room', 'records were produced');
    expect(answer.json.retriable).toBe(true);
    expect(answer.json).toMatchObject({ produced: 3000, failed: 0, errors: [] });
    expect(await door.values()).toHaveLength(3000);
  });

  it('is no place for an Idempotency-Key, nor JSON for ?lines', async () => {
    const { call } = await openTopic();
    expectProblem(
      await call('POST', '/v1/topics/t/records', 'a', {
        'content-type': 'application/x-ndjson',
        'idempotency-key': 'k',
      }),
      400,
      'INVALID_REQUEST',
      'Idempotency-Key',
    );
    expectProblem(
      await call('POST', '/v1/topics/t/records?lines=value', { records: [{}] }),
      400,
      'INVALID_REQUEST',
      'lines',
    );
  });
});
