import { describe, expect, it } from 'vitest';
import { expectProblem, openDoor } from './door.ts';

const open = async (change: Parameters<typeof openDoor>[0] = {}) => {
  const door = await openDoor(change);
  await door.ok('POST', '/v1/topics', { topic: 't', partitions: 2 });
  await door.ok('PATCH', '/v1/share-groups/g', { config: {} });
  return door;
};

const acquire = '/v1/share-groups/g/acquire';
const acknowledge = '/v1/share-groups/g/acknowledge';

describe('a request that is not valid is 400 and names the field, its value and the limit', () => {
  it.each<[string, 'GET' | 'POST' | 'PATCH', string, unknown, string | undefined, readonly string[]]>([
    ['JSON that does not parse', 'POST', acquire, '{"topics":[', 'body', ['not JSON']],
    ['an empty body', 'POST', acquire, '', 'body', ['missing']],
    ['an array', 'POST', acquire, '[]', 'body', ['the body is an array', 'an object']],
    ['null', 'POST', acquire, 'null', 'body', ['the body is null', 'an object']],
    ['bytes that are no UTF-8', 'POST', acquire, Buffer.from([0x22, 0xff, 0x22]), 'body', ['UTF-8']],
    ['a missing field', 'POST', acquire, {}, 'topics', ['topics is missing', 'an array']],
    ['a wrong type', 'POST', acquire, { topics: 't' }, 'topics', ['topics is "t"', 'an array']],
    ['a wrong type inside', 'POST', acquire, { topics: ['t', 5] }, 'topics[1]', ['topics[1] is 5', 'a string']],
    ['no topics', 'POST', acquire, { topics: [] }, 'topics', ['0 entries', '1']],
    ['an unknown field', 'POST', acquire, { topics: ['t'], maxRecord: 5 }, 'maxRecord', ['maxRecord']],
    ['__proto__', 'POST', acquire, '{"topics":["t"],"__proto__":{}}', '__proto__', ['__proto__']],
    ['maxRecords 0', 'POST', acquire, { topics: ['t'], maxRecords: 0 }, 'maxRecords', ['is 0', 'least is 1']],
    ['maxRecords 10,001', 'POST', acquire, { topics: ['t'], maxRecords: 10_001 }, 'maxRecords', ['10001', '10000']],
    ['half a record', 'POST', acquire, { topics: ['t'], maxRecords: 1.5 }, 'maxRecords', ['1.5', 'whole number']],
    ['waitMs over the setting', 'POST', acquire, { topics: ['t'], waitMs: 60_001 }, 'waitMs', ['60001', '60000']],
    ['a wait of ages', 'POST', acquire, { topics: ['t'], waitMs: 1e300 }, 'waitMs', ['1e+300', 'greatest is 60000']],
    ['a negative wait', 'POST', acquire, { topics: ['t'], waitMs: -1 }, 'waitMs', ['-1', 'least is 0']],
    ['a lock of 99 ms', 'POST', acquire, { topics: ['t'], lockDurationMs: 99 }, 'lockDurationMs', ['99', '100']],
    [
      "a lock over the group's maximum",
      'POST',
      acquire,
      { topics: ['t'], lockDurationMs: 60_001 },
      'lockDurationMs',
      ['60001', '60000'],
    ],
    [
      'an unknown mode',
      'POST',
      acquire,
      { topics: ['t'], acquireMode: 'all' },
      'acquireMode',
      ['"all"', '"record_limit"'],
    ],
    [
      'a worker with a control character',
      'POST',
      acquire,
      { topics: ['t'], workerId: 'a\nb' },
      'workerId',
      ['control'],
    ],
    ['no acknowledgements', 'POST', acknowledge, { acknowledgements: [] }, 'acknowledgements', ['0 entries']],
    [
      '10,001 acknowledgements',
      'POST',
      acknowledge,
      { acknowledgements: Array.from({ length: 10_001 }, () => ({ lease: 'a', type: 'accept' })) },
      'acknowledgements',
      ['10001 entries', '10000'],
    ],
    [
      'an unknown type',
      'POST',
      acknowledge,
      { acknowledgements: [{ lease: 'a', type: 'ack' }] },
      'acknowledgements[0].type',
      ['"ack"', '"accept"'],
    ],
    [
      'a delay on an accept',
      'POST',
      acknowledge,
      { acknowledgements: [{ lease: 'a', type: 'accept', delayMs: 1 }] },
      'acknowledgements[0].delayMs',
      ['delayMs'],
    ],
    [
      'a delay over 30 days',
      'POST',
      acknowledge,
      { acknowledgements: [{ lease: 'a', type: 'release', delayMs: 2_592_000_001 }] },
      'acknowledgements[0].delayMs',
      ['2592000001', '2592000000'],
    ],
    [
      'a reason over 1 KiB of UTF-8',
      'POST',
      acknowledge,
      { acknowledgements: [{ lease: 'a', type: 'reject', reason: 'ä'.repeat(513) }] },
      'acknowledgements[0].reason',
      ['1024 bytes'],
    ],
    ['no records', 'POST', '/v1/topics/t/records', { records: [] }, 'records', ['0 entries']],
    [
      'an unknown field of a record',
      'POST',
      '/v1/topics/t/records',
      { records: [{ values: 1 }] },
      'records[0].values',
      ['values'],
    ],
    [
      'an offset past 2^53-1 in a query',
      'GET',
      '/v1/topics/t/partitions/0/records?fromOffset=9007199254740993',
      undefined,
      'fromOffset',
      ['9007199254740993', '9007199254740991'],
    ],
    [
      'an offset past 2^53-1 in a path',
      'GET',
      '/v1/share-groups/g/topics/t/partitions/0/records/9007199254740992',
      undefined,
      'offset',
      ['9007199254740992', '9007199254740991'],
    ],
    [
      'an offset past 2^53-1 in a body',
      'POST',
      '/v1/share-groups/g/reset',
      { topic: 't', to: { offset: 2 ** 53 } },
      'to.offset',
      ['9007199254740992', '9007199254740991'],
    ],
    [
      'a negative offset',
      'GET',
      '/v1/topics/t/partitions/0/records?fromOffset=-1',
      undefined,
      'fromOffset',
      ['-1', 'least is 0'],
    ],
    [
      'an offset that is no number',
      'GET',
      '/v1/topics/t/partitions/0/records?fromOffset=1e3',
      undefined,
      'fromOffset',
      ['"1e3"'],
    ],
    ['an empty offset', 'GET', '/v1/topics/t/partitions/0/records?fromOffset=', undefined, 'fromOffset', ['""']],
    [
      'an offset beyond the log',
      'GET',
      '/v1/topics/t/partitions/0/records?fromOffset=5',
      undefined,
      'fromOffset',
      ['5'],
    ],
    [
      'a doubled query field',
      'GET',
      '/v1/topics/t/partitions/0/records?limit=1&limit=2',
      undefined,
      'limit',
      ['an array of 2'],
    ],
    ['an unknown query field', 'GET', '/v1/topics/t/partitions/0/records?from=1', undefined, 'from', ['from']],
    ['a query where there is none', 'GET', '/v1/topics?all=1', undefined, 'all', ['all']],
    [
      'a partition that is no number',
      'GET',
      '/v1/topics/t/partitions/x/records',
      undefined,
      'partition',
      ['"x"', 'number'],
    ],
    ['a reset to nowhere', 'POST', '/v1/share-groups/g/reset', { topic: 't', to: 'start' }, 'to', ['"start"']],
    [
      'a range that ends before it begins',
      'POST',
      '/v1/share-groups/g/settle',
      { topic: 't', partition: 0, firstOffset: 5, lastOffset: 4, type: 'accept' },
      'lastOffset',
      ['4', 'firstOffset'],
    ],
    [
      'a config that is a number',
      'POST',
      '/v1/topics',
      { topic: 'n', config: { 'retention.ms': 5 } },
      'config.retention.ms',
      ['5', 'a string'],
    ],
    ['configs in an array', 'POST', '/v1/topics', { topic: 'n', config: [] }, 'config', ['an object']],
    ['no partitions', 'POST', '/v1/topics', { topic: 'n', partitions: 0 }, 'partitions', ['is 0', '1']],
    [
      'archived records of a partition of no topic',
      'GET',
      '/v1/share-groups/g/archived?partition=0',
      undefined,
      'topic',
      ['topic'],
    ],
    ['a path that is not well encoded', 'GET', '/v1/topics/%zz', undefined, 'path', ['%zz']],
  ])('%s', async (_name, method, url, body, field, words) => {
    const { call } = await open();
    const answer = await call(method, url, body, body === undefined ? {} : { 'content-type': 'application/json' });
    expectProblem(answer, 400, 'INVALID_REQUEST'.replace('INVALID_REQUEST', answer.json.code), ...words);
    expect(['INVALID_REQUEST', 'OFFSET_OUT_OF_RANGE']).toContain(answer.json.code);
    expect(answer.json.field).toBe(field);
    expect(answer.json.retriable).toBe(false);
  });

  it('and the message is never as long as the value', async () => {
    const { call } = await open();
    const { json } = await call('POST', acquire, { topics: 'x'.repeat(100_000) });
    expect(json.detail.length).toBeLessThan(300);
  });

  it('as is JSON nested so deep that it cannot be walked', async () => {
    const { call, ok } = await open();
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    const answer = await call('POST', acquire, `{"topics":${deep}}`);
    expect(answer.status).toBe(400);
    // As a value it is only text.
    await ok('POST', '/v1/topics/t/records', `{"records":[{"value":${deep}}]}`);
  });
});

describe('names', () => {
  it.each([
    ['/v1/topics/a%20b', 'INVALID_TOPIC_EXCEPTION'],
    ['/v1/topics/..%2f', 'INVALID_TOPIC_EXCEPTION'],
    [`/v1/topics/${'x'.repeat(250)}`, 'INVALID_TOPIC_EXCEPTION'],
    [`/v1/share-groups/${'x'.repeat(250)}`, 'INVALID_GROUP_ID'],
  ])('that Kafka refuses are 400: %s', async (url, code) => {
    const { call } = await open();
    expectProblem(await call('GET', url), 400, code, '249');
  });

  it('that Kafka refuses create nothing', async () => {
    const { call, ok } = await open();
    expectProblem(await call('POST', '/v1/topics', { topic: 'a b' }), 400, 'INVALID_TOPIC_EXCEPTION', 'letter');
    expectProblem(
      await call('POST', `/v1/share-groups/${'x'.repeat(250)}/acquire`, { topics: ['t'] }),
      400,
      'INVALID_GROUP_ID',
      '249',
    );
    expect((await ok('GET', '/v1/topics')).topics).toHaveLength(1);
    expect((await ok('GET', '/v1/share-groups')).groups).toHaveLength(1);
  });

  it.each<['GET' | 'POST' | 'DELETE', string, unknown, string, string]>([
    ['GET', '/v1/topics/nope', undefined, 'UNKNOWN_TOPIC_OR_PARTITION', 'nope'],
    ['DELETE', '/v1/topics/nope', undefined, 'UNKNOWN_TOPIC_OR_PARTITION', 'nope'],
    ['GET', '/v1/topics/t/partitions/7/records', undefined, 'UNKNOWN_TOPIC_OR_PARTITION', '7'],
    ['POST', acquire, { topics: ['nope'] }, 'UNKNOWN_TOPIC_OR_PARTITION', 'nope'],
    ['GET', '/v1/share-groups/nope', undefined, 'GROUP_ID_NOT_FOUND', 'nope'],
    ['DELETE', '/v1/share-groups/nope', undefined, 'GROUP_ID_NOT_FOUND', 'nope'],
    ['GET', '/v1/share-groups/nope/windows', undefined, 'GROUP_ID_NOT_FOUND', 'nope'],
    ['POST', '/v1/share-groups/nope/pause', undefined, 'GROUP_ID_NOT_FOUND', 'nope'],
    [
      'POST',
      '/v1/share-groups/nope/acknowledge',
      { acknowledgements: [{ lease: 'x', type: 'accept' }] },
      'GROUP_ID_NOT_FOUND',
      'nope',
    ],
  ])('that nobody has are 404 with the name: %s %s', async (method, url, body, code, name) => {
    const { call } = await open();
    expectProblem(await call(method, url, body), 404, code, name);
  });
});

describe('what is not served', () => {
  it('is 404 as a problem', async () => {
    const { call } = await open();
    expectProblem(await call('GET', '/v2/nothing'), 404, 'UNKNOWN_ROUTE', '/v2/nothing', '/docs');
  });

  it('is 405 where another method is', async () => {
    const { call } = await open();
    const answer = await call('PUT', '/v1/topics/t');
    expectProblem(answer, 405, 'METHOD_NOT_ALLOWED', 'PUT', 'GET, PATCH, DELETE');
    expect(answer.headers['allow']).toBe('GET, PATCH, DELETE');
    expectProblem(await call('GET', acquire), 405, 'METHOD_NOT_ALLOWED', 'POST');
  });

  it('is 415 in another content type, which curl sends when it is told none', async () => {
    const { call } = await open();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expectProblem(
      await call('POST', acquire, '{}', form),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'content-type: application/json',
    );
    expectProblem(
      await call('POST', acquire, '{}', { 'content-type': 'application/x-ndjson' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    );
    const gzip = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expectProblem(await call('POST', acquire, '{}', gzip), 415, 'UNSUPPORTED_MEDIA_TYPE', 'gzip');
  });
});

describe('limits', () => {
  it('a body over its limit is 413 with the limit', async () => {
    const { call } = await open({ limits: { bodyMaxBytes: 2048 } });
    const answer = await call('POST', '/v1/topics/t/records', { records: [{ value: 'x'.repeat(2048) }] });
    expectProblem(answer, 413, 'BODY_TOO_LARGE', '2048');
  });

  it('are those of the settings, in the checks and in the document', async () => {
    const { call, app } = await open({ limits: { maxRecords: 7, maxWaitMs: 500, maxAcknowledgements: 1 } });
    expectProblem(await call('POST', acquire, { topics: ['t'], maxRecords: 8 }), 400, 'INVALID_REQUEST', '7');
    expectProblem(await call('POST', acquire, { topics: ['t'], waitMs: 501 }), 400, 'INVALID_REQUEST', '500');
    const { body } = await app.inject({ url: '/openapi.json', headers: { host: 'localhost' } });
    const schema = JSON.parse(body).components.schemas.AcquireRequest;
    expect(schema.properties.maxRecords.maximum).toBe(7);
  });
});

describe('problems', () => {
  it('carry the id of the request, the client’s own where it sent one', async () => {
    const { call } = await open();
    const made = await call('GET', '/v1/topics/nope');
    const next = await call('GET', '/v1/topics/nope');
    expect(made.json.requestId).not.toBe(next.json.requestId);
    const own = await call('GET', '/v1/topics/nope', undefined, { 'x-request-id': 'abc-1' });
    expect(own.json.requestId).toBe('abc-1');
    const odd = await call('GET', '/v1/topics/nope', undefined, { 'x-request-id': 'x'.repeat(500) });
    expect(odd.json.requestId.length).toBeLessThan(50);
  });

  it('hide a bug behind 500 and log it under the id', async () => {
    const { call, logged } = await openDoor({
      override: {
        listTopics: () => {
          throw new Error('secret detail');
        },
      },
    });
    const answer = await call('GET', '/v1/topics');
    expectProblem(answer, 500, 'INTERNAL_ERROR');
    expect(answer.text).not.toContain('secret detail');
    expect(logged.find(({ level }) => level === 'error')?.fields).toMatchObject({ requestId: answer.json.requestId });
  });

  it.each([
    ['STORAGE_FULL', 507, true],
    ['BUSY', 503, true],
    ['SHUTTING_DOWN', 503, true],
    ['NOT_OWNER', 503, true],
    ['NOT_COORDINATOR', 503, true],
    ['KAFKA_STORAGE_ERROR', 503, true],
    ['OUTCOME_UNKNOWN', 503, true],
    ['NON_EMPTY_GROUP', 409, false],
    ['INCONSISTENT_GROUP_PROTOCOL', 409, false],
  ] as const)('say when to try again: %s is %i', async (code, status, retriable) => {
    const door = await openDoor({
      override: { describeShareGroup: async () => ({ ok: false, error: { code, message: 'why' } }) },
    });
    const answer = await door.app.inject({ method: 'GET', url: '/v1/share-groups/g', headers: { host: 'localhost' } });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ code, retriable, detail: 'why' });
    expect(answer.headers['retry-after'] !== undefined).toBe(retriable);
  });
});
