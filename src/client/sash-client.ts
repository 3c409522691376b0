import type * as api from './api.ts';
import { eventsOf } from './event-stream.ts';
import { Http, part } from './http.ts';
import type { ConnectionSettings } from './http.ts';

/** Of every call: `signal` gives it up, with its reason. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The HTTP API, one method for each operation and by its name there. Nothing is repeated: an error says by `retriable`
 * whether that can help. For work and for many records there are `Worker` and `Producer`, which do repeat.
 *
 * Every method throws a SashError when the server refuses, and when there is no answer.
 */
export class SashClient {
  readonly #http: Http;

  constructor(settings: ConnectionSettings) {
    this.#http = new Http(settings);
  }

  // Topics

  async listTopics(options?: CallOptions): Promise<readonly api.Topic[]> {
    return (await this.#get<{ topics: readonly api.Topic[] }>('/v1/topics', {}, options)).topics;
  }

  describeTopic(topic: string, options?: CallOptions): Promise<api.Topic> {
    return this.#get(`/v1/topics/${part(topic)}`, {}, options);
  }

  /** @param request.partitions default: the server's num.partitions */
  createTopic(
    request: { topic: string; partitions?: number; config?: Readonly<Record<string, string>> },
    options?: CallOptions,
  ): Promise<api.Topic> {
    return this.#post('/v1/topics', request, options);
  }

  /** @param change.partitions the new number, which only grows; a config of null goes back to its default */
  alterTopic(
    topic: string,
    change: { partitions?: number; config?: Readonly<Record<string, string | null>> },
    options?: CallOptions,
  ): Promise<api.Topic> {
    return this.#patch(`/v1/topics/${part(topic)}`, change, options);
  }

  /** With all its records. */
  async deleteTopic(topic: string, options?: CallOptions): Promise<void> {
    await this.#http.json({ method: 'DELETE', path: `/v1/topics/${part(topic)}`, ...options });
  }

  // Records

  /**
   * All of the records, or none.
   *
   * @param records 1 to 100,000
   * @param options.encoding for all keys and values that say none of their own
   * @param options.idempotencyKey makes it safe to repeat for 24 h, with exactly the same records
   */
  produce(
    topic: string,
    records: readonly api.NewRecord[],
    options: CallOptions & { encoding?: api.ValueEncoding; idempotencyKey?: string } = {},
  ): Promise<api.ProduceAnswer> {
    const { encoding, idempotencyKey, ...rest } = options;
    return this.#http.json({
      method: 'POST',
      path: `/v1/topics/${part(topic)}/records`,
      body: { encoding, records },
      headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
      ...rest,
    }) as Promise<api.ProduceAnswer>;
  }

  /**
   * A record a line, streamed and appended as it comes; a bad line does not stop the others. It has no time-out: a
   * stream takes as long as it takes.
   *
   * @param stream of NDJSON
   * @param options.lines each line is a record as `produce` takes it (default), or itself the value
   */
  produceLines(
    topic: string,
    stream: ReadableStream<Uint8Array>,
    options: CallOptions & { lines?: 'record' | 'value' } = {},
  ): Promise<api.ProduceLinesAnswer> {
    const { lines, ...rest } = options;
    return this.#http.json({
      method: 'POST',
      path: `/v1/topics/${part(topic)}/records`,
      query: { lines },
      rawBody: stream,
      headers: { 'content-type': 'application/x-ndjson' },
      waitMs: Infinity,
      ...rest,
    }) as Promise<api.ProduceLinesAnswer>;
  }

  /** Records of a partition, without any group. */
  readRecords(
    topic: string,
    partition: number,
    options: CallOptions & {
      /** Inclusive. Default: the start of the log. */
      fromOffset?: number;
      limit?: number;
      maxBytes?: number;
      encoding?: api.WantedEncoding;
    } = {},
  ): Promise<api.ReadAnswer> {
    const { signal, ...query } = options;
    return this.#get(`/v1/topics/${part(topic)}/partitions/${part(partition)}/records`, query, { signal });
  }

  // Leases

  acquire(group: string, request: api.AcquireRequest, options?: CallOptions): Promise<api.AcquireAnswer> {
    return this.#http.json({
      method: 'POST',
      path: `${groupPath(group)}/acquire`,
      body: request,
      waitMs: request.waitMs ?? 0,
      ...options,
    }) as Promise<api.AcquireAnswer>;
  }

  /** One result for each acknowledgement, in order; an error of one of them is among the results and not thrown. */
  async acknowledge(
    group: string,
    acknowledgements: readonly api.Acknowledgement[],
    options?: CallOptions,
  ): Promise<readonly api.AcknowledgeResult[]> {
    const answer = await this.#post<{ results: readonly api.AcknowledgeResult[] }>(
      `${groupPath(group)}/acknowledge`,
      { acknowledgements },
      options,
    );
    return answer.results;
  }

  // Share groups

  async listShareGroups(options?: CallOptions): Promise<readonly api.ShareGroupRow[]> {
    return (await this.#get<{ groups: readonly api.ShareGroupRow[] }>('/v1/share-groups', {}, options)).groups;
  }

  describeShareGroup(group: string, options?: CallOptions): Promise<api.ShareGroup> {
    return this.#get(groupPath(group), {}, options);
  }

  /** Creates the group when there is none. @param config Kafka's names; null goes back to the default */
  alterShareGroup(
    group: string,
    config: Readonly<Record<string, string | null>>,
    options?: CallOptions,
  ): Promise<api.ShareGroup> {
    return this.#patch(groupPath(group), { config }, options);
  }

  /** Refused (NON_EMPTY_GROUP) while somebody works in it. */
  async deleteShareGroup(group: string, options?: CallOptions): Promise<void> {
    await this.#http.json({ method: 'DELETE', path: groupPath(group), ...options });
  }

  /** Nothing is handed out any more; acknowledgements still count. */
  pauseShareGroup(group: string, options?: CallOptions): Promise<{ group: string; paused: boolean }> {
    return this.#post(`${groupPath(group)}/pause`, undefined, options);
  }

  resumeShareGroup(group: string, options?: CallOptions): Promise<{ group: string; paused: boolean }> {
    return this.#post(`${groupPath(group)}/resume`, undefined, options);
  }

  /** Moves the start of windows; leases that are out end with it. */
  resetShareGroup(group: string, request: api.ResetRequest, options?: CallOptions): Promise<api.ResetAnswer> {
    return this.#post(`${groupPath(group)}/reset`, request, options);
  }

  /** An operator's ending of a range. */
  settleRange(group: string, request: api.SettleRequest, options?: CallOptions): Promise<api.SettleAnswer> {
    return this.#post(`${groupPath(group)}/settle`, request, options);
  }

  listWorkers(group: string, options?: CallOptions): Promise<api.WorkersAnswer> {
    return this.#get(`${groupPath(group)}/workers`, {}, options);
  }

  /** Frees all that one worker holds. */
  releaseWorker(group: string, holder: string, options?: CallOptions): Promise<{ released: number; archived: number }> {
    return this.#post(`${groupPath(group)}/workers/${part(holder)}/release`, undefined, options);
  }

  /** Newest first. */
  listArchived(
    group: string,
    options: CallOptions & {
      topic?: string;
      /** Needs a topic. */
      partition?: number;
      /** `next` of the page before. */
      after?: string;
      limit?: number;
    } = {},
  ): Promise<api.ArchivedPage> {
    const { signal, ...query } = options;
    return this.#get(`${groupPath(group)}/archived`, query, { signal });
  }

  /** Kafka clients. */
  async listMembers(group: string, options?: CallOptions): Promise<readonly api.Member[]> {
    return (await this.#get<{ members: readonly api.Member[] }>(`${groupPath(group)}/members`, {}, options)).members;
  }

  /** @param options.minutes how far back, 1 to 15; default 15 */
  readHistory(group: string, options: CallOptions & { minutes?: number } = {}): Promise<api.History> {
    const { signal, ...query } = options;
    return this.#get(`${groupPath(group)}/history`, query, { signal });
  }

  /** What operators did, newest first. */
  listAudit(
    options: CallOptions & {
      group?: string;
      /** `next` of the page before. */
      after?: string;
      limit?: number;
    } = {},
  ): Promise<api.AuditPage> {
    const { signal, ...query } = options;
    return this.#get('/v1/audit', query, { signal });
  }

  // Operations

  /** Begins what takes longer than a request should. Durable when it resolves. */
  beginOperation(request: api.OperationRequest, options?: CallOptions): Promise<api.Operation> {
    return this.#post('/v1/operations', request, options);
  }

  /** Newest first. @param options.limit 1 to 1,000; default 100 */
  async listOperations(
    options: CallOptions & { group?: string; limit?: number } = {},
  ): Promise<readonly api.Operation[]> {
    const { signal, ...query } = options;
    const answer = await this.#get<{ operations: readonly api.Operation[] }>('/v1/operations', query, { signal });
    return answer.operations;
  }

  readOperation(id: string, options?: CallOptions): Promise<api.Operation> {
    return this.#get(`/v1/operations/${part(id)}`, {}, options);
  }

  /** It ends after the step under way, and what was done stays done. */
  cancelOperation(id: string, options?: CallOptions): Promise<api.Operation> {
    return this.#http.json({
      method: 'DELETE',
      path: `/v1/operations/${part(id)}`,
      ...options,
    }) as Promise<api.Operation>;
  }

  /** What an export has written, as NDJSON: a run of the window in each line. */
  async *readOperationResult(id: string, options: CallOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#http.stream({ method: 'GET', path: `/v1/operations/${part(id)}/result`, signal: options.signal });
  }

  // Windows

  listWindows(group: string, options?: CallOptions): Promise<api.WindowsAnswer> {
    return this.#get(`${groupPath(group)}/windows`, {}, options);
  }

  /** @param options.fromOffset default: the window's start @param options.limit most runs, 1 to 10,000 */
  readWindow(
    group: string,
    topic: string,
    partition: number,
    options: CallOptions & { fromOffset?: number; limit?: number } = {},
  ): Promise<api.WindowPage> {
    const { signal, ...query } = options;
    return this.#get(`${sharePartitionPath(group, topic, partition)}/window`, query, { signal });
  }

  /** @param windows at most 64 @param columns 1 to 2,000, also the most runs */
  async readStrips(
    group: string,
    windows: readonly { readonly topic: string; readonly partition: number }[],
    columns: number,
    options?: CallOptions,
  ): Promise<readonly api.WindowStrip[]> {
    const query = { windows: windows.map(({ topic, partition }) => `${topic}:${partition}`).join(','), columns };
    const path = `${groupPath(group)}/strips`;
    return (await this.#get<{ windows: readonly api.WindowStrip[] }>(path, query, options)).windows;
  }

  /** One record without locking it, with its state and attempts. */
  peekRecord(
    group: string,
    topic: string,
    partition: number,
    offset: number,
    options: CallOptions & { encoding?: api.WantedEncoding } = {},
  ): Promise<api.PeekAnswer> {
    const { signal, ...query } = options;
    return this.#get(`${sharePartitionPath(group, topic, partition)}/records/${part(offset)}`, query, { signal });
  }

  // Server

  /** The nodes that there are; the one, where there is no cluster. */
  listNodes(options?: CallOptions): Promise<api.NodesAnswer> {
    return this.#get('/v1/nodes', {}, options);
  }

  /**
   * A snapshot, then what changes, until the server ends it, the loop is left, or `signal` is aborted (then it throws its
   * reason). To go on after a lost connection, call it again with the `id` of the last event.
   *
   * @param options.group only this group; default: an overview of all groups and topics
   */
  async *streamEvents(
    options: CallOptions & { group?: string; lastEventId?: string } = {},
  ): AsyncGenerator<api.ServerEvent, void, undefined> {
    const { group, lastEventId, signal } = options;
    const bytes = this.#http.stream({
      method: 'GET',
      path: '/v1/events',
      query: { group },
      headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
      signal,
    });
    for await (const event of eventsOf(bytes)) yield event as api.ServerEvent;
  }

  /** Resolves when the server has loaded its data and takes requests. */
  async ready(options?: CallOptions): Promise<void> {
    await this.#get('/readyz', {}, options);
  }

  /** For a call that this class does not have (yet). @param path from the url on, with its query */
  request<T>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<T> {
    return this.#http.json({ method, path, body, ...options }) as Promise<T>;
  }

  #get<T>(
    path: string,
    query: Readonly<Record<string, string | number | undefined>>,
    options: CallOptions | undefined,
  ): Promise<T> {
    return this.#http.json({ method: 'GET', path, query, ...options }) as Promise<T>;
  }

  #post<T>(path: string, body: unknown, options: CallOptions | undefined): Promise<T> {
    return this.#http.json({ method: 'POST', path, body, ...options }) as Promise<T>;
  }

  #patch<T>(path: string, body: unknown, options: CallOptions | undefined): Promise<T> {
    return this.#http.json({ method: 'PATCH', path, body, ...options }) as Promise<T>;
  }
}

const groupPath = (group: string): string => `/v1/share-groups/${part(group)}`;
const sharePartitionPath = (group: string, topic: string, partition: number): string =>
  `${groupPath(group)}/topics/${part(topic)}/partitions/${part(partition)}`;
