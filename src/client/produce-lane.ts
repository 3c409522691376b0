import type { ProduceAnswer, RecordPlace } from './api.ts';
import { part } from './http.ts';
import type { Http } from './http.ts';
import type { RetryGate } from './retry-gate.ts';
import { SashError, errorOf } from './sash-error.ts';
import type { TimeSource } from './time-source.ts';

/** A record on its way. One of the two is called, once. */
export interface SentRecord {
  /** As JSON. */
  readonly text: string;
  readonly stored: (place: RecordPlace) => void;
  readonly failed: (error: Error) => void;
}

export interface LaneParts {
  readonly http: Http;
  readonly time: TimeSource;
  readonly gate: RetryGate;
  readonly lingerMs: number;
  readonly maxBatchRecords: number;
  readonly maxBatchSize: number;
  readonly deliveryTimeoutMs: number;
  /** An Idempotency-Key that was never used. */
  readonly newKey: () => string;
  /** A request of so many records failed and is repeated. */
  readonly retrying: (topic: string, records: number, error: Error) => void;
  /** The producer is over. */
  readonly signal: AbortSignal;
}

/** What one request sends. It never changes: a repetition has the same key and the same body. */
interface Batch {
  readonly records: readonly SentRecord[];
  readonly key: string;
  /** All or none, as the caller wants. */
  readonly isWhole: boolean;
  readonly sinceMs: number;
}

/** Refused for the size of the whole. */
const tooLargeCode = 'BODY_TOO_LARGE';

/**
 * The records of one topic: gathered into batches, sent one at a time, so that their order holds also when one of them is
 * repeated. While one is on its way the next one grows.
 */
export class ProduceLane {
  readonly #topic: string;
  readonly #parts: LaneParts;
  readonly #batches: Batch[] = [];
  /** The batch that still grows. */
  #open: { readonly records: SentRecord[]; size: number; readonly sinceMs: number } | undefined;
  #isSending = false;
  #cancelLinger: (() => void) | undefined;

  constructor(topic: string, parts: LaneParts) {
    this.#topic = topic;
    this.#parts = parts;
  }

  add(record: SentRecord): void {
    const { maxBatchRecords, maxBatchSize, time } = this.#parts;
    const size = record.text.length;
    if (this.#open !== undefined && this.#open.size + size > maxBatchSize) this.#close();
    this.#open ??= { records: [], size: 0, sinceMs: time.nowMs() };
    this.#open.records.push(record);
    this.#open.size += size;
    if (this.#open.records.length >= maxBatchRecords || this.#open.size >= maxBatchSize) this.#close();
    this.#pump();
  }

  /** One request, all or none. */
  addWhole(records: readonly SentRecord[], key: string): void {
    this.#close();
    this.#batches.push({ records, key, isWhole: true, sinceMs: this.#parts.time.nowMs() });
    this.#pump();
  }

  /** Sends what is there without waiting for more. */
  flush(): void {
    this.#close();
    this.#pump();
  }

  #close(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    if (this.#open === undefined) return;
    const { records, sinceMs } = this.#open;
    this.#batches.push({ records, key: this.#parts.newKey(), isWhole: false, sinceMs });
    this.#open = undefined;
  }

  #pump(): void {
    if (this.#isSending) return;
    if (this.#batches.length === 0) {
      if (this.#open === undefined || this.#cancelLinger !== undefined) return;
      const { time, lingerMs } = this.#parts;
      const leftMs = this.#open.sinceMs + lingerMs - time.nowMs();
      if (leftMs > 0) {
        this.#cancelLinger = time.after(leftMs, () => this.flush());
        return;
      }
      this.#close();
    }
    void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) await this.#send(batch);
    this.#isSending = false;
    this.#pump();
  }

  async #send(batch: Batch): Promise<void> {
    const { time, deliveryTimeoutMs, signal } = this.#parts;
    const over = new AbortController();
    const end = (): void => over.abort(signal.reason);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    let last: Error | undefined;
    const expire = (): void => over.abort(timeout(last, deliveryTimeoutMs));
    // A server that hangs, or asks for patience, keeps nobody waiting for longer.
    const leftMs = batch.sinceMs + deliveryTimeoutMs - time.nowMs();
    const cancelTimeout = leftMs > 0 ? time.after(leftMs, expire) : expire();
    await this.#repeat(batch, over.signal, (error) => (last = error));
    cancelTimeout?.();
    signal.removeEventListener('abort', end);
  }

  async #repeat(batch: Batch, signal: AbortSignal, failed: (error: Error) => void): Promise<void> {
    const { gate, retrying } = this.#parts;
    const body = `{"records":[${batch.records.map(({ text }) => text).join(',')}]}`;
    for (;;) {
      await gate.opened(signal);
      try {
        signal.throwIfAborted();
        const places = await this.#request(batch, body, signal);
        gate.succeeded();
        for (const [index, record] of batch.records.entries()) record.stored(places[index]!);
        return;
      } catch (thrown) {
        const error = errorOf(thrown);
        if (signal.aborted || !isWorthRepeating(error)) {
          this.#refused(batch, error);
          return;
        }
        failed(error);
        retrying(this.#topic, batch.records.length, error);
        gate.failed(error);
      }
    }
  }

  async #request({ key, records }: Batch, rawBody: string, signal: AbortSignal): Promise<readonly RecordPlace[]> {
    const { http } = this.#parts;
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const path = `/v1/topics/${part(this.#topic)}/records`;
    const lists = ['results'];
    const { results } = (await http.json({ method: 'POST', path, rawBody, headers, signal, lists })) as ProduceAnswer;
    if (results.length === records.length) return results;
    throw new SashError('BAD_ANSWER', `${results.length} results came for ${records.length} records`);
  }

  /** Nothing of it is stored. One bad record does not take the others with it: they go on as new requests. */
  #refused({ records, isWhole, sinceMs }: Batch, error: Error): void {
    const again = (rest: readonly SentRecord[]): Batch => ({
      records: rest,
      key: this.#parts.newKey(),
      isWhole,
      sinceMs,
    });
    const bad = badRecord(error);
    if (!isWhole && records.length > 1 && bad !== undefined && bad < records.length) {
      records[bad]!.failed(ofRecord(error, bad));
      this.#batches.unshift(again(records.toSpliced(bad, 1)));
    } else if (!isWhole && records.length > 1 && error instanceof SashError && error.code === tooLargeCode) {
      const half = records.length >> 1;
      this.#batches.unshift(again(records.slice(0, half)), again(records.slice(half)));
    } else {
      // What a caller sent alone has no number.
      const told = isWhole || bad === undefined ? error : ofRecord(error, bad);
      for (const record of records) record.failed(told);
    }
  }
}

/** A BAD_ANSWER may come from a proxy after the server has stored the batch: only the server's own word counts. */
const isWorthRepeating = (error: Error): boolean =>
  error instanceof SashError && (error.retriable || error.code === 'BAD_ANSWER');

/** The record that the server says is wrong. */
const badRecord = (error: Error): number | undefined => {
  const number = error instanceof SashError ? /^records\[(\d+)\]/.exec(error.field ?? '')?.[1] : undefined;
  return number === undefined ? undefined : Number(number);
};

/** The same error, of the record alone: which number it had in the request is nobody's business. */
const ofRecord = (error: Error, index: number): Error => {
  if (!(error instanceof SashError)) return error;
  const { code, message, status, retriable, requestId, field } = error;
  const name = `records[${index}]`;
  return new SashError(code, message.replaceAll(name, 'record'), {
    status,
    retriable,
    requestId,
    field: field?.replace(`${name}.`, '').replace(name, '') || null,
    cause: error,
  });
};

/** @param last why the last try failed; undefined: none has */
const timeout = (last: Error | undefined, deliveryTimeoutMs: number): SashError => {
  const tried = last === undefined ? '' : `; the last try: ${last.message}`;
  const message = `Not confirmed within ${deliveryTimeoutMs} ms, so that the record may be stored or not${tried}`;
  return new SashError('TIMEOUT', message, { retriable: true, cause: last });
};
