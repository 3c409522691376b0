/** The few calls of the HTTP API that the demo makes, and nothing of the server. */

/** A record as acquire gives it (with `encoding: "base64"`, so that any bytes come through). */
export interface AcquiredRecord {
  readonly partition: number;
  readonly offset: number;
  readonly value: string | null;
  readonly deliveryCount: number;
  readonly lease: string;
}

export type AcknowledgementType = 'accept' | 'release' | 'reject' | 'renew';

export interface AcknowledgementResult {
  readonly status: 'accepted' | 'released' | 'archived' | 'rejected' | 'renewed' | 'error';
  readonly code?: string;
  readonly retriable?: boolean;
  readonly message?: string;
}

export interface WindowRow {
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly logEndOffset: number;
  readonly counts: {
    readonly available: number;
    readonly acquired: number;
    readonly delayed: number;
    readonly acknowledged: number;
    readonly archived: number;
  };
  readonly lag: number;
  readonly blockedBy: { readonly sentence: string } | null;
}

export interface WindowRun {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly state: string;
}

export interface ArchivedRow {
  readonly partition: number;
  readonly offset: number;
  readonly deliveryCount: number;
  readonly reason: string | null;
}

/** The server's answer was a problem (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly retriable: boolean;

  constructor(
    status: number,
    body: { readonly detail?: string; readonly code?: string; readonly retriable?: boolean },
  ) {
    super(`${status} ${body.code ?? ''}: ${body.detail ?? 'no detail'}`);
    this.status = status;
    this.retriable = body.retriable ?? false;
  }
}

export class Api {
  readonly #base: string;

  /** @param base such as `http://127.0.0.1:8080` */
  constructor(base: string) {
    this.#base = `${base}/v1`;
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    await this.#json('POST', '/topics', { topic, partitions });
  }

  async configureGroup(group: string, config: Record<string, string>): Promise<void> {
    await this.#json('PATCH', `/share-groups/${group}`, { config });
  }

  async produce(topic: string, records: readonly { key: string; value: unknown }[]): Promise<void> {
    await this.#json('POST', `/topics/${topic}/records`, { records });
  }

  /** One record a line, streamed; the line itself is the value. */
  async produceLines(
    topic: string,
    lines: ReadableStream<Uint8Array>,
  ): Promise<{ produced: number; failed: number; errors: readonly { line: number; message: string }[] }> {
    const response = await fetch(`${this.#base}/topics/${topic}/records?lines=value`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines,
      duplex: 'half',
    });
    return (await answerOf(response)) as Awaited<ReturnType<Api['produceLines']>>;
  }

  async logEndOffsets(topic: string): Promise<readonly number[]> {
    const { partitions } = (await this.#json('GET', `/topics/${topic}`)) as {
      partitions: readonly { logEndOffset: number }[];
    };
    return partitions.map((partition) => partition.logEndOffset);
  }

  async acquire(
    group: string,
    request: {
      topics: readonly string[];
      maxRecords: number;
      waitMs: number;
      workerId: string;
      lockDurationMs: number;
    },
    signal: AbortSignal,
  ): Promise<readonly AcquiredRecord[]> {
    const body = { ...request, startFrom: 'earliest', encoding: 'base64' };
    const answer = await this.#json('POST', `/share-groups/${group}/acquire`, body, signal);
    return (answer as { records: readonly AcquiredRecord[] }).records;
  }

  async acknowledge(
    group: string,
    acknowledgements: readonly {
      lease: string;
      type: AcknowledgementType;
      delayMs?: number;
      reason?: string;
      lockDurationMs?: number;
    }[],
  ): Promise<readonly AcknowledgementResult[]> {
    const answer = await this.#json('POST', `/share-groups/${group}/acknowledge`, { acknowledgements });
    return (answer as { results: readonly AcknowledgementResult[] }).results;
  }

  async windows(group: string): Promise<readonly WindowRow[]> {
    return ((await this.#json('GET', `/share-groups/${group}/windows`)) as { windows: readonly WindowRow[] }).windows;
  }

  /** The first thousand runs of one window. */
  async runs(group: string, topic: string, partition: number): Promise<readonly WindowRun[]> {
    const path = `/share-groups/${group}/topics/${topic}/partitions/${partition}/window?limit=1000`;
    return ((await this.#json('GET', path)) as { runs: readonly WindowRun[] }).runs;
  }

  /** Every archived record of one partition. */
  async archived(group: string, topic: string, partition: number): Promise<readonly ArchivedRow[]> {
    const rows: ArchivedRow[] = [];
    let after: string | null = null;
    do {
      const query: string = `topic=${topic}&partition=${partition}&limit=1000${after === null ? '' : `&after=${encodeURIComponent(after)}`}`;
      const page = (await this.#json('GET', `/share-groups/${group}/archived?${query}`)) as {
        records: readonly ArchivedRow[];
        next: string | null;
      };
      rows.push(...page.records);
      after = page.next;
    } while (after !== null);
    return rows;
  }

  async #json(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
    return answerOf(
      await fetch(this.#base + path, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  }
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (response.ok) return text === '' ? undefined : JSON.parse(text);
  let problem: object = {};
  try {
    problem = JSON.parse(text) as object;
  } catch {
    problem = { detail: text.slice(0, 200) };
  }
  throw new Problem(response.status, problem);
}
