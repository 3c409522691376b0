import { type AcknowledgeItem, type AcknowledgeOutcome, type AcquiredRecord, type Journal, nowMs } from './history.ts';
import { judgePayload } from './payload.ts';

export interface NodeAddress {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Where its Kafka door is, as `127.0.0.1:9092`. */
  readonly kafka: string;
}

/** What the harness tells its producers and workers. */
export type Order =
  | {
      readonly kind: 'work';
      /** One, or all nodes of a cluster. */
      readonly nodes: readonly NodeAddress[];
      readonly incarnation: number;
      readonly produce: boolean;
      /** No more failures: all that is there has to be finished. */
      readonly drain: boolean;
    }
  /** The server is being killed: tell when no request is under way any more. */
  | { readonly kind: 'rest'; readonly incarnation: number };

/** The server is alive, and has not answered for so long: a violation, not bad luck. */
export const answerWithinMs = 40_000;

/** No answer came: what was asked for may have happened or not. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

interface Server {
  readonly nodes: readonly NodeAddress[];
  readonly incarnation: number;
}

/** The node whose turn it is: another one after each that gave no answer. */
export class NodeChoice {
  #turn: number;

  constructor(turn = 0) {
    this.#turn = turn;
  }

  of({ nodes }: Pick<Server, 'nodes'>): NodeAddress {
    return nodes[this.#turn % nodes.length]!;
  }

  next(): void {
    this.#turn++;
  }
}

/** One process's connection to whatever server is running, its journal, and the gate in front of it. */
export class Session {
  readonly name: string;
  readonly journal: Journal;
  #server: Server | undefined;
  #opened: (() => void)[] = [];
  #underWay = 0;
  #rested: (() => void) | undefined;
  #requests = 0;
  readonly #earlyReply: boolean;
  readonly #node: NodeChoice;
  /** What the last order said. */
  produce = true;
  drain = false;

  /** @param earlyReply writes down a confirmation when it sends: a broken worker, for `--break early-reply` */
  constructor(name: string, journal: Journal, earlyReply = false) {
    this.name = name;
    this.journal = journal;
    this.#earlyReply = earlyReply;
    this.#node = new NodeChoice(name.length);
  }

  /** Where several nodes and what they need fail one by one, a request may be refused for now. */
  get isOfCluster(): boolean {
    return (this.#server?.nodes.length ?? 1) > 1;
  }

  obey(order: Order, rested: () => void): void {
    switch (order.kind) {
      case 'work':
        this.#server = { nodes: order.nodes, incarnation: order.incarnation };
        this.produce = order.produce;
        this.drain = order.drain;
        for (const open of this.#opened.splice(0)) open();
        break;
      case 'rest':
        this.#server = undefined;
        this.#rested = rested;
        this.#tellRested();
    }
  }

  #tellRested(): void {
    if (this.#server !== undefined || this.#underWay > 0) return;
    this.#rested?.();
    this.#rested = undefined;
  }

  nextRequest(): string {
    return `${this.name}:${++this.#requests}`;
  }

  /** Waits for a server and runs one exchange with it. */
  async exchange<T>(exchange: (server: Server) => Promise<T>): Promise<T> {
    while (this.#server === undefined) await new Promise<void>((resolve) => this.#opened.push(resolve));
    this.#underWay++;
    try {
      return await exchange(this.#server);
    } finally {
      this.#underWay--;
      this.#tellRested();
    }
  }

  /** @throws NoAnswer when the connection broke */
  async post(
    server: Server,
    path: string,
    body: string,
    options: { readonly headers?: Record<string, string>; readonly signal?: AbortSignal } = {},
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const tooLong = AbortSignal.timeout(answerWithinMs);
    try {
      const response = await fetch(`${this.#node.of(server).url}/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...options.headers },
        body,
        signal: options.signal === undefined ? tooLong : AbortSignal.any([tooLong, options.signal]),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
    } catch (error) {
      this.#node.next();
      if (tooLong.aborted) this.complain(`${path} was not answered within ${answerWithinMs} ms`);
      throw new NoAnswer(String(error));
    }
  }

  complain(message: string): void {
    this.journal.write({ kind: 'complaint', atMs: nowMs(), message: `${this.name}: ${message}` });
  }

  /**
   * Acquires, with acknowledgements that ride along.
   *
   * @throws NoAnswer
   */
  async acquire(
    group: string,
    ask: {
      readonly topics: readonly string[];
      readonly maxRecords: number;
      readonly waitMs: number;
      readonly lockDurationMs: number;
      readonly acquireMode?: 'record_limit' | 'batch_optimized';
      readonly acknowledgements?: readonly AcknowledgeItem[];
      readonly signal?: AbortSignal;
    },
  ): Promise<{ readonly records: readonly AcquiredRecord[]; readonly results: readonly AcknowledgeOutcome[] }> {
    return this.exchange(async (server) => {
      const { signal, ...asked } = ask;
      const request = this.nextRequest();
      const { incarnation } = server;
      if (asked.acknowledgements !== undefined) this.willAcknowledge(request, incarnation, asked.acknowledgements);
      const { topics, lockDurationMs: lockMs } = asked;
      this.journal.write({ kind: 'acquire', atMs: nowMs(), request, incarnation, group, topics, lockMs });
      const body = JSON.stringify({ ...asked, workerId: this.name });
      const path = `/share-groups/${group}/acquire`;
      const answer = await this.post(server, path, body, signal === undefined ? {} : { signal });
      if (answer.status !== 200) {
        const why = JSON.stringify(answer.body);
        this.journal.write({ kind: 'acquire_refused', atMs: nowMs(), request, why });
        if (answer.status !== 503) this.complain(`acquire was answered with ${answer.status}: ${why}`);
        throw new NoAnswer(why);
      }
      const given = answer.body as {
        records: readonly (Omit<AcquiredRecord, 'id' | 'intact'> & { value: unknown; valueEncoding: string | null })[];
        results?: readonly AcknowledgeOutcome[];
      };
      const results = given.results ?? [];
      if (asked.acknowledgements !== undefined) this.wasAcknowledged(request, results);
      const records = given.records.map(
        ({ topic, partition, offset, deliveryCount, lease, value, valueEncoding }): AcquiredRecord => {
          return { topic, partition, offset, deliveryCount, lease, ...judgePayload(value, valueEncoding) };
        },
      );
      this.journal.write({ kind: 'acquired', atMs: nowMs(), request, records });
      if (records.length > asked.maxRecords && asked.acquireMode !== 'batch_optimized') {
        this.complain(`${records.length} records came for maxRecords ${asked.maxRecords}`);
      }
      return { records, results };
    });
  }

  /** @throws NoAnswer */
  async acknowledge(group: string, items: readonly AcknowledgeItem[]): Promise<readonly AcknowledgeOutcome[]> {
    return this.exchange(async (server) => {
      const request = this.nextRequest();
      this.willAcknowledge(request, server.incarnation, items);
      const body = JSON.stringify({ acknowledgements: items });
      const answer = await this.post(server, `/share-groups/${group}/acknowledge`, body);
      if (answer.status !== 200) {
        if (answer.status !== 503) this.complain(`acknowledge was answered with ${answer.status}`);
        throw new NoAnswer(JSON.stringify(answer.body));
      }
      const { results } = answer.body as { results: readonly AcknowledgeOutcome[] };
      this.wasAcknowledged(request, results);
      return results;
    });
  }

  /**
   * One lease, by its own address.
   *
   * @throws NoAnswer
   */
  async settle({ lease, type, ...options }: AcknowledgeItem): Promise<AcknowledgeOutcome> {
    return this.exchange(async (server) => {
      const request = this.nextRequest();
      this.willAcknowledge(request, server.incarnation, [{ lease, type, ...options }]);
      const answer = await this.post(server, `/leases/${lease}/${type}`, JSON.stringify(options));
      const { code, ...rest } = answer.body as { code?: string } & Partial<AcknowledgeOutcome>;
      const outcome: AcknowledgeOutcome =
        answer.status === 200
          ? (rest as AcknowledgeOutcome)
          : { status: 'error', ...(code === undefined ? {} : { code }) };
      this.wasAcknowledged(request, [outcome]);
      return outcome;
    });
  }

  /** To be written before it is sent. */
  willAcknowledge(request: string, incarnation: number, items: readonly AcknowledgeItem[]): void {
    this.journal.write({ kind: 'acknowledge', atMs: nowMs(), request, incarnation, items });
    if (!this.#earlyReply || items.some(({ type }) => type !== 'accept')) return;
    this.wasAcknowledged(
      request,
      items.map(() => ({ status: 'accepted' })),
    );
  }

  /** To be written when the answer is there. */
  wasAcknowledged(request: string, given: readonly AcknowledgeOutcome[]): void {
    const results = given.map(({ status, code, replayed }) => ({
      status,
      ...(code === undefined ? {} : { code }),
      ...(replayed === undefined ? {} : { replayed }),
    }));
    this.journal.write({ kind: 'acknowledged', atMs: nowMs(), request, results });
  }
}
