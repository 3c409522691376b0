import type { IncomingHttpHeaders } from 'node:http';
import {
  type Attributes,
  type Context,
  INVALID_SPAN_CONTEXT,
  type Link,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type SpanContext,
  context,
  createTraceState,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import type { RecordHeader } from '../codec/record-batch.ts';
import type { Answered } from './problem.ts';

/**
 * OpenTelemetry through its API alone: without an SDK in the process nothing is recorded, and a span costs next to nothing. Names are
 * those of the semantic conventions for messaging. A trace goes on in records by W3C's `traceparent`, as a header of the record.
 */

const tracer = trace.getTracer('sash');

type MessagingOperation = 'produce' | 'acquire' | 'acknowledge';

const kinds: Record<MessagingOperation, { readonly kind: SpanKind; readonly type: string }> = {
  produce: { kind: SpanKind.PRODUCER, type: 'send' },
  acquire: { kind: SpanKind.CONSUMER, type: 'receive' },
  acknowledge: { kind: SpanKind.CLIENT, type: 'settle' },
};

/** The span where there is neither an SDK nor a trace to go on with: nearly always, so that it is made once. */
const noSpan = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
const noProvider = new ProxyTracerProvider().getDelegate();

const isTraced = ({ traceparent }: IncomingHttpHeaders): boolean => {
  if (traceparent !== undefined || context.active() !== ROOT_CONTEXT) return true;
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== noProvider;
};

/**
 * Below the span that is active, as an instrumentation of HTTP makes one; otherwise below what the request's headers say.
 *
 * @param attributes asked for only where there is a trace
 */
export const beginSpan = (
  operation: MessagingOperation,
  target: string,
  headers: IncomingHttpHeaders,
  attributes: () => Attributes,
): Span =>
  isTraced(headers)
    ? tracer.startSpan(
        `${operation} ${target}`,
        {
          kind: kinds[operation].kind,
          attributes: {
            'messaging.system': 'sash',
            'messaging.operation.name': operation,
            'messaging.operation.type': kinds[operation].type,
            ...attributes(),
          },
        },
        parentOf(headers),
      )
    : noSpan;

/** Ends the span with what the work is answered. */
export const endSpan = (span: Span, answer: Answered<unknown>): void => {
  if (!answer.ok) {
    span.setAttribute('error.type', answer.error.code);
    span.setStatus({ code: SpanStatusCode.ERROR, message: answer.error.message });
  }
  span.end();
};

/** Work with a span around it. */
export const traced = <T>(span: Span, work: () => Promise<Answered<T>>): Promise<Answered<T>> =>
  span.isRecording() ? recorded(span, work) : work();

const recorded = async <T>(span: Span, work: () => Promise<Answered<T>>): Promise<Answered<T>> => {
  try {
    const answer = await work();
    endSpan(span, answer);
    return answer;
  } catch (error) {
    span.recordException(error as Error);
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    throw error;
  }
};

const parentOf = ({ traceparent, tracestate }: IncomingHttpHeaders & { tracestate?: string | string[] }): Context => {
  const active = context.active();
  if (traceparent === undefined || trace.getSpanContext(active) !== undefined) return active;
  const parent = readTraceparent(String(traceparent), tracestate === undefined ? undefined : String(tracestate));
  return parent === undefined ? active : trace.setSpanContext(active, parent);
};

/** https://www.w3.org/TR/trace-context/#traceparent-header; undefined for what is none: it is as if nothing had been said. */
const readTraceparent = (traceparent: string, tracestate: string | undefined): SpanContext | undefined => {
  const parts = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/.exec(traceparent.trim());
  if (parts === null) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', more] = parts;
  if (version === '00' && more !== undefined) return undefined;
  const parent: SpanContext = {
    traceId,
    spanId,
    // 1: sampled. What else a newer version says in there is not known here.
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(parent) ? parent : undefined;
};

const noHeaders: readonly RecordHeader[] = [];

/** What tells those who get the records of the trace they belong to; nothing where there is none. */
export const traceHeaders = (span: Span): readonly RecordHeader[] => {
  const of = span.spanContext();
  if (!isSpanContextValid(of)) return noHeaders;
  const flags = (of.traceFlags & 0xff).toString(16).padStart(2, '0');
  const traceState = of.traceState?.serialize() ?? '';
  return [
    { key: 'traceparent', value: Buffer.from(`00-${of.traceId}-${of.spanId}-${flags}`) },
    ...(traceState === '' ? [] : [{ key: 'tracestate', value: Buffer.from(traceState) }]),
  ];
};

/** A record keeps the trace that it came with. */
export const withTrace = (headers: readonly RecordHeader[], added: readonly RecordHeader[]): readonly RecordHeader[] =>
  added.length === 0 || headers.some(({ key }) => key === 'traceparent') ? headers : [...headers, ...added];

/** SDKs keep no more of a span. */
const maxLinks = 128;

/** Gathers the traces that records belong to, each once. */
export class RecordTraces {
  readonly #links = new Map<string, Link>();

  add(headers: readonly RecordHeader[]): void {
    if (headers.length === 0 || this.#links.size >= maxLinks) return;
    const text = (name: string) => headers.find(({ key, value }) => key === name && value !== null)?.value?.toString();
    const traceparent = text('traceparent');
    if (traceparent === undefined || this.#links.has(traceparent)) return;
    const of = readTraceparent(traceparent, text('tracestate'));
    if (of !== undefined) this.#links.set(traceparent, { context: of });
  }

  get links(): Link[] {
    return [...this.#links.values()];
  }
}
