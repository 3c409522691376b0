import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDoor } from './door.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${parentId}-01`;

const openWork = async () => {
  const door = await openDoor();
  await door.ok('POST', '/v1/topics', { topic: 'emails', partitions: 1 });
  const produce = (records: readonly object[], headers: Record<string, string> = {}) =>
    door.call('POST', '/v1/topics/emails/records', { records }, headers);
  const acquire = (more: object = {}, headers: Record<string, string> = {}) =>
    door.call(
      'POST',
      '/v1/share-groups/mailers/acquire',
      { topics: ['emails'], startFrom: 'earliest', workerId: 'w1', maxRecords: 10, ...more },
      headers,
    );
  const headersRead = async () => {
    const { records } = await door.ok('GET', '/v1/topics/emails/partitions/0/records');
    return records.map((record: { headers: { key: string; value: string }[] }) =>
      record.headers.map(({ key, value }) => `${key}=${value}`).join(' '),
    );
  };
  return { ...door, produce, acquire, headersRead };
};

describe('without an OpenTelemetry SDK', () => {
  it('the trace of a produce goes on in its records, but not in those that have their own', async () => {
    const { produce, headersRead } = await openWork();
    const own = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`;
    const records = [{ value: 1 }, { value: 2, headers: { a: 'b' } }, { value: 3, headers: { traceparent: own } }];
    await produce(records, { traceparent, tracestate: 'vendor=x' });
    expect(await headersRead()).toEqual([
      `traceparent=${traceparent} tracestate=vendor=x`,
      `a=b traceparent=${traceparent} tracestate=vendor=x`,
      `traceparent=${own}`,
    ]);
  });

  it('the trace goes on in a stream of lines too', async () => {
    const { call, headersRead } = await openWork();
    const lines = '{"value":1}\n{"value":2}\n';
    const headers = { 'content-type': 'application/x-ndjson', traceparent };
    await call('POST', '/v1/topics/emails/records', lines, headers);
    expect(await headersRead()).toEqual([`traceparent=${traceparent}`, `traceparent=${traceparent}`]);
  });

  it.each([
    ['none', undefined],
    ['zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['something else', 'x'.repeat(5000)],
    ['the version that is none', `ff-${traceId}-${parentId}-01`],
    ['more than its version has', `${traceparent}-more`],
    ['capitals', traceparent.toUpperCase()],
  ])('records stay as they are where the header is %s', async (_name, header) => {
    const { produce, headersRead } = await openWork();
    await produce([{ value: 1 }], header === undefined ? {} : { traceparent: header });
    expect(await headersRead()).toEqual(['']);
  });

  it('a trace of a later version goes on as one of this', async () => {
    const { produce, headersRead } = await openWork();
    await produce([{ value: 1 }], { traceparent: `01-${traceId}-${parentId}-03-what` });
    expect(await headersRead()).toEqual([`traceparent=${traceparent}`]);
  });
});

describe('with an OpenTelemetry SDK', () => {
  const exporter = new InMemorySpanExporter();
  beforeAll(() => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterEach(() => exporter.reset());
  afterAll(() => {
    trace.disable();
    context.disable();
  });

  const spans = (): readonly ReadableSpan[] => exporter.getFinishedSpans();
  const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;

  it('a produce is a span below what the request says, and its records go on from that span', async () => {
    const { produce, headersRead } = await openWork();
    await produce([{ value: 1 }, { value: 2 }], { traceparent });
    expect(spans()).toHaveLength(1);
    const [span] = spans();
    expect(span).toMatchObject({
      name: 'produce emails',
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'sash',
        'messaging.operation.name': 'produce',
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'emails',
        'messaging.batch.message_count': 2,
      },
      parentSpanContext: { traceId, spanId: parentId },
    });
    const going = `traceparent=00-${traceId}-${idOf(span)}-01`;
    expect(await headersRead()).toEqual([going, going]);
  });

  it('a produce of a request without a trace begins one', async () => {
    const { produce, headersRead } = await openWork();
    await produce([{ value: 1 }]);
    const [span] = spans();
    expect(await headersRead()).toEqual([`traceparent=00-${span?.spanContext().traceId}-${idOf(span)}-01`]);
  });

  it('a produce is below the span that is active, as an instrumentation of HTTP makes one', async () => {
    const { produce } = await openWork();
    const server = trace.getTracer('test').startSpan('POST');
    await context.with(trace.setSpan(context.active(), server), () => produce([{ value: 1 }], { traceparent }));
    expect(spans()[0]?.parentSpanContext?.spanId).toBe(server.spanContext().spanId);
  });

  it('a produce that is refused says why', async () => {
    const { call } = await openWork();
    await call('POST', '/v1/topics/unknown/records', { records: [{ value: 1 }] });
    expect(spans()[0]).toMatchObject({
      attributes: { 'error.type': 'UNKNOWN_TOPIC_OR_PARTITION' },
      status: { code: SpanStatusCode.ERROR },
    });
  });

  it('an acquire is linked to the traces of its records, each once', async () => {
    const { produce, acquire } = await openWork();
    await produce([{ value: 1 }, { value: 2 }]);
    await produce([{ value: 3, headers: { traceparent } }]);
    await produce([{ value: 4, headers: { traceparent: 'nonsense' } }]);
    const [sent] = spans();
    exporter.reset();
    await acquire({}, { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });
    const [span] = spans();
    expect(span).toMatchObject({
      name: 'acquire emails',
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.operation.type': 'receive',
        'messaging.consumer.group.name': 'mailers',
        'messaging.client.id': 'w1',
        'messaging.batch.message_count': 4,
      },
      parentSpanContext: { traceId: 'a'.repeat(32) },
    });
    expect(span?.links.map((link) => link.context.spanId)).toEqual([idOf(sent), parentId]);
  });

  it('an acquire that brings nothing leaves no span', async () => {
    const { acquire } = await openWork();
    expect((await acquire()).json.emptyReason).toBe('no_records');
    expect(spans()).toEqual([]);
  });

  it('acknowledgements are spans, also those that ride along with an acquire or come one by one', async () => {
    const { produce, acquire, ok } = await openWork();
    await produce([{ value: 1 }, { value: 2 }, { value: 3 }]);
    const { records } = (await acquire()).json;
    exporter.reset();
    const acknowledgements = [{ lease: records[0].lease, type: 'accept' }];
    await ok('POST', '/v1/share-groups/mailers/acknowledge', { acknowledgements });
    await acquire({ acknowledgements: [{ lease: records[1].lease, type: 'release', delayMs: 1000 }] }, { traceparent });
    await ok('POST', `/v1/leases/${records[2].lease}/accept`);
    expect(spans().map((span) => `${span.name} ${span.kind} ${span.parentSpanContext?.spanId ?? '-'}`)).toEqual([
      `acknowledge mailers ${SpanKind.CLIENT} -`,
      `acknowledge mailers ${SpanKind.CLIENT} ${parentId}`,
      `acknowledge mailers ${SpanKind.CLIENT} -`,
    ]);
    expect(spans()[0]?.attributes).toMatchObject({
      'messaging.operation.name': 'acknowledge',
      'messaging.operation.type': 'settle',
      'messaging.consumer.group.name': 'mailers',
      'messaging.batch.message_count': 1,
    });
  });
});
