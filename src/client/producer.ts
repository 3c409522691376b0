import type { RecordPlace } from './api.ts';
import { Http } from './http.ts';
import type { ConnectionSettings } from './http.ts';
import { ProduceLane } from './produce-lane.ts';
import type { LaneParts, SentRecord } from './produce-lane.ts';
import { recordJson } from './record-json.ts';
import type { ProducerRecord } from './record-json.ts';
import { RetryGate } from './retry-gate.ts';
import { SashError } from './sash-error.ts';
import { sleep, systemTime } from './time-source.ts';
import type { TimeSource } from './time-source.ts';
import { TypedEvents } from './typed-events.ts';

export interface ProducerSettings extends ConnectionSettings {
  /** How long a record waits for others to share its request, in ms, as Kafka's linger.ms. Default: 5. */
  readonly lingerMs?: number;
  /** Most records of one request. Default: 1,000. */
  readonly maxBatchRecords?: number;
  /** About how large a request becomes, as characters of JSON; a larger record goes alone. Default: 1,000,000. */
  readonly maxBatchSize?: number;
  /** Most records that are not confirmed yet; one more is refused. Default: 100,000. */
  readonly maxBufferedRecords?: number;
  /** How large those may be together, as characters of JSON, as Kafka's buffer.memory. Default: 32,000,000. */
  readonly maxBufferedSize?: number;
  /** How long a record is tried, in ms, as Kafka's delivery.timeout.ms. Default: 120,000. */
  readonly deliveryTimeoutMs?: number;
  /** For tests: 0 to 1. */
  readonly random?: () => number;
}

export interface ProducerEvents {
  /** A request failed, and is repeated. */
  readonly retry: { readonly topic: string; readonly records: number; readonly error: Error };
}

/**
 * Produces records in batches, each with an Idempotency-Key: a request whose answer was lost is repeated until the server
 * confirms it, and its records are stored once. Records of one topic are stored in the order in which they were sent.
 */
export class Producer {
  readonly #time: TimeSource;
  readonly #maxBufferedRecords: number;
  readonly #maxBufferedSize: number;
  readonly #laneParts: LaneParts;
  readonly #lanes = new Map<string, ProduceLane>();
  readonly #events = new TypedEvents<ProducerEvents>();
  readonly #unconfirmed = new Set<Promise<unknown>>();
  #size = 0;
  #isClosed = false;
  readonly #over = new AbortController();
  readonly #waitingForRoom = new Set<() => void>();

  /** @throws RangeError, TypeError for a setting that cannot be */
  constructor(settings: ProducerSettings) {
    const { lingerMs = 5, maxBatchRecords = 1000, maxBatchSize = 1_000_000, deliveryTimeoutMs = 120_000 } = settings;
    const time = settings.time ?? systemTime;
    this.#time = time;
    this.#maxBufferedRecords = atLeast('maxBufferedRecords', settings.maxBufferedRecords ?? 100_000, 1);
    this.#maxBufferedSize = atLeast('maxBufferedSize', settings.maxBufferedSize ?? 32_000_000, 1);
    const prefix = randomName();
    let keys = 0;
    this.#laneParts = {
      http: new Http(settings),
      time,
      gate: new RetryGate(time, settings.random ?? Math.random),
      lingerMs: atLeast('lingerMs', lingerMs, 0),
      maxBatchRecords: atLeast('maxBatchRecords', maxBatchRecords, 1),
      maxBatchSize: atLeast('maxBatchSize', maxBatchSize, 1),
      deliveryTimeoutMs: atLeast('deliveryTimeoutMs', deliveryTimeoutMs, 1),
      newKey: () => `${prefix}-${keys++}`,
      retrying: (topic, records, error) => void this.#events.emit('retry', { topic, records, error }),
      signal: this.#over.signal,
    };
  }

  /** Calls `listener` at each event of this name; the answer takes it away again. */
  on<Name extends keyof ProducerEvents>(name: Name, listener: (event: ProducerEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** How many records are not confirmed yet. */
  get buffered(): number {
    return this.#unconfirmed.size;
  }

  /**
   * Resolves with the record's place when it is durable.
   *
   * @throws SashError `BUFFER_FULL` when too much is not confirmed yet (`ready` waits for room); `CLOSED` after `close`;
   *   `TIMEOUT` when it was not confirmed in time: then it may be stored or not; the server's own code when it refuses the
   *   record: then it is not stored
   * @throws TypeError when it is not what JSON can say
   */
  async send(topic: string, record: ProducerRecord): Promise<RecordPlace> {
    const text = recordJson(record);
    this.#checkRoom(topic);
    let sent: SentRecord;
    const place = this.#unconfirmedRecord(text, (made) => (sent = made));
    this.#lane(topic).add(sent!);
    return place;
  }

  /**
   * One request: all of the records or none. It is repeated as `send` does.
   *
   * @param options.idempotencyKey of your own, 1 to 255 printable ASCII characters: with it a repetition of just these
   *   records stores nothing twice, for 24 hours, also by another process
   * @throws as `send`
   */
  async sendBatch(
    topic: string,
    records: readonly ProducerRecord[],
    options: { readonly idempotencyKey?: string } = {},
  ): Promise<readonly RecordPlace[]> {
    if (records.length === 0) return [];
    const texts = records.map(recordJson);
    this.#checkRoom(topic);
    const sent: SentRecord[] = [];
    const places = texts.map((text) => this.#unconfirmedRecord(text, (made) => sent.push(made)));
    this.#lane(topic).addWhole(sent, options.idempotencyKey ?? this.#laneParts.newKey());
    return Promise.all(places);
  }

  /**
   * Sends them all, no faster than they are confirmed. Resolves with their number when all are durable.
   *
   * @throws as `send`, for the first that fails; those behind it may be stored or not, and the rest is not taken
   */
  async sendAll(topic: string, records: Iterable<ProducerRecord> | AsyncIterable<ProducerRecord>): Promise<number> {
    let failure: { readonly error: unknown } | undefined;
    const failed = (error: unknown): void => void (failure ??= { error });
    let count = 0;
    for await (const record of records) {
      // Others who waited for the same room may have been quicker.
      while (this.#isFull() && !this.#isClosed) await this.ready();
      if (failure !== undefined) break;
      count++;
      this.send(topic, record).catch(failed);
    }
    await this.flush();
    if (failure !== undefined) throw failure.error;
    return count;
  }

  /** Resolves when there is room for another record: back-pressure for whoever makes them. */
  async ready(): Promise<void> {
    while (this.#isFull() && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#waitingForRoom.add(resolve));
    }
  }

  /** Sends what is there at once, and resolves when each of these records is confirmed or has failed. */
  async flush(): Promise<void> {
    for (const lane of this.#lanes.values()) lane.flush();
    await Promise.allSettled(this.#unconfirmed);
  }

  /** Takes no more records, and lets those that are here `timeoutMs` (default: 30,000) to be confirmed; then they fail. */
  async close({ timeoutMs = 30_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#isClosed = true;
    this.#wakeWaiting();
    const flushed = new AbortController();
    const done = this.flush().then(() => flushed.abort());
    await sleep(this.#time, timeoutMs, flushed.signal);
    const message = `The producer was closed, and ${timeoutMs} ms were too short: the record may be stored or not`;
    this.#over.abort(new SashError('CLOSED', message));
    await done;
  }

  #lane(topic: string): ProduceLane {
    let lane = this.#lanes.get(topic);
    if (lane === undefined) this.#lanes.set(topic, (lane = new ProduceLane(topic, this.#laneParts)));
    return lane;
  }

  #unconfirmedRecord(text: string, made: (sent: SentRecord) => void): Promise<RecordPlace> {
    this.#size += text.length;
    const place = new Promise<RecordPlace>((stored, failed) => made({ text, stored, failed }));
    this.#unconfirmed.add(place);
    const over = (): void => {
      this.#unconfirmed.delete(place);
      this.#size -= text.length;
      if (!this.#isFull()) this.#wakeWaiting();
    };
    place.then(over, over);
    return place;
  }

  #isFull(): boolean {
    return this.#unconfirmed.size >= this.#maxBufferedRecords || this.#size >= this.#maxBufferedSize;
  }

  #wakeWaiting(): void {
    for (const wake of this.#waitingForRoom) wake();
    this.#waitingForRoom.clear();
  }

  #checkRoom(topic: string): void {
    if (this.#isClosed) throw new SashError('CLOSED', `A record for ${topic} came after the producer was closed`);
    if (!this.#isFull()) return;
    throw new SashError(
      'BUFFER_FULL',
      `${this.#unconfirmed.size} records of ${this.#size} characters are not confirmed yet; the most are maxBufferedRecords, ` +
        `${this.#maxBufferedRecords}, and maxBufferedSize, ${this.#maxBufferedSize}. Wait for ready(), or for records sent before`,
      { retriable: true },
    );
  }
}

const randomName = (): string =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const atLeast = (name: string, value: number, min: number): number => {
  if (Number.isInteger(value) && value >= min) return value;
  throw new RangeError(`${name} is ${value}; it must be a whole number of at least ${min}`);
};
