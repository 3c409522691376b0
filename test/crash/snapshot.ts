import { judgePayload } from './payload.ts';

/** What a server tells about itself while nobody works with it. */
export interface Snapshot {
  readonly incarnation: number;
  readonly topics: readonly TopicSnapshot[];
  readonly windows: readonly WindowSnapshot[];
  /** Lag by group, as the list of groups has it. */
  readonly lagOfGroup: ReadonlyMap<string, number>;
}

export interface TopicSnapshot {
  readonly topic: string;
  readonly retentionBytes: number;
  readonly partitions: readonly PartitionSnapshot[];
}

export interface PartitionSnapshot {
  readonly partition: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly sizeBytes: number;
  /** The records from where the auditor asked on, in the order in which they came. */
  readonly records: readonly { readonly offset: number; readonly id: string; readonly intact: boolean }[];
}

export interface WindowSnapshot {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly lag: number;
  readonly counts: Readonly<Record<RunState, number>>;
  readonly runs: readonly Run[];
}

export type RunState = 'available' | 'acquired' | 'delayed' | 'acknowledged' | 'archived';

export interface Run {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly state: RunState;
  readonly deliveryCount: number;
}

/** What a peek says of how a record came to its end. */
export interface Peek {
  readonly state: string;
  readonly deliveryCount: number;
  readonly lastOutcome: string | null;
}

const timeoutMs = 20_000;

/** One request of the auditor; an answer that is not a 2xx throws. */
export async function ask<T>(server: string, path: string, init: { method?: string; body?: unknown } = {}): Promise<T> {
  const response = await fetch(`${server}/v1${path}`, {
    method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
    ...(init.body === undefined
      ? {}
      : { body: JSON.stringify(init.body), headers: { 'content-type': 'application/json' } }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  if (!response.ok) throw new RefusedRequest(`${init.method ?? ''} ${path} answered ${response.status}`, text);
  return JSON.parse(text) as T;
}

class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly #answer: string;

  constructor(what: string, answer: string) {
    super(`${what}: ${answer.slice(0, 500)}`);
    this.#answer = answer;
  }

  /** The log no longer had what was asked for, as the answer's `code` says. */
  get isOutOfRange(): boolean {
    return this.#answer.includes('"code":"OFFSET_OUT_OF_RANGE"');
  }
}

type ReadFrom = (topic: string, partition: number) => number;

/**
 * Reads the state of a server. Nobody works, but retention may still take a last batch, before or while the log is
 * read: then all is read once more. A log that refuses what it says it has throws.
 *
 * @param readFrom the first offset of a partition whose records are wanted
 */
export async function takeSnapshot(server: string, incarnation: number, readFrom: ReadFrom): Promise<Snapshot> {
  for (;;) {
    const before = await topicsOf(server);
    const snapshot = await readState(server, incarnation, before, readFrom).catch((error: unknown) => {
      if (error instanceof RefusedRequest && error.isOutOfRange) return error;
      throw error;
    });
    if (startsOf(await topicsOf(server)) !== startsOf(before)) continue;
    if (snapshot instanceof RefusedRequest) throw snapshot;
    return snapshot;
  }
}

interface DescribedTopic {
  readonly topic: string;
  readonly config: Record<string, string>;
  readonly partitions: readonly Omit<PartitionSnapshot, 'records'>[];
}

const topicsOf = async (server: string): Promise<readonly DescribedTopic[]> =>
  (await ask<{ topics: readonly DescribedTopic[] }>(server, '/topics')).topics;

const startsOf = (topics: readonly DescribedTopic[]): string =>
  JSON.stringify(topics.map(({ topic, partitions }) => [topic, partitions.map((each) => each.logStartOffset)]));

async function readState(
  server: string,
  incarnation: number,
  topics: readonly DescribedTopic[],
  readFrom: ReadFrom,
): Promise<Snapshot> {
  const { groups } = await ask<{ groups: readonly { group: string }[] }>(server, '/share-groups');
  const windows: WindowSnapshot[] = [];
  for (const { group } of groups) windows.push(...(await windowsOf(server, group)));
  // Once more, now that every window is loaded.
  const { groups: loaded } = await ask<{ groups: readonly { group: string; lag: number }[] }>(server, '/share-groups');
  return {
    incarnation,
    topics: await Promise.all(
      topics.map(async ({ topic, config, partitions }) => ({
        topic,
        retentionBytes: Number(config['retention.bytes']),
        partitions: await Promise.all(
          partitions.map(async (each) => {
            const from = Math.max(each.logStartOffset, readFrom(topic, each.partition));
            return { ...each, records: await readLog(server, topic, each.partition, from, each.logEndOffset) };
          }),
        ),
      })),
    ),
    windows,
    lagOfGroup: new Map(loaded.map(({ group, lag }) => [group, lag])),
  };
}

async function windowsOf(server: string, group: string): Promise<WindowSnapshot[]> {
  const { windows } = await ask<{ windows: readonly Omit<WindowSnapshot, 'group' | 'runs'>[] }>(
    server,
    `/share-groups/${group}/windows`,
  );
  return Promise.all(
    windows.map(async (window) => {
      const runs: Run[] = [];
      let from: number | null = window.startOffset;
      while (from !== null) {
        const path: string = `/share-groups/${group}/topics/${window.topic}/partitions/${window.partition}/window`;
        const page: { runs: readonly Run[]; nextOffset: number | null } = await ask(
          server,
          `${path}?fromOffset=${from}&limit=10000`,
        );
        runs.push(...page.runs);
        from = page.nextOffset;
      }
      return { ...window, group, runs };
    }),
  );
}

async function readLog(server: string, topic: string, partition: number, from: number, end: number) {
  const records: { offset: number; id: string; intact: boolean }[] = [];
  let next: number | null = from < end ? from : null;
  while (next !== null) {
    const page: {
      records: readonly { offset: number; value: unknown; valueEncoding: string | null }[];
      nextOffset: number | null;
    } = await ask(
      server,
      `/topics/${topic}/partitions/${partition}/records?fromOffset=${next}&limit=10000&encoding=base64`,
    );
    for (const { offset, value, valueEncoding } of page.records) {
      records.push({ offset, ...judgePayload(value, valueEncoding) });
    }
    next = page.nextOffset;
  }
  return records;
}

export async function peek(
  server: string,
  at: { readonly group: string; readonly topic: string; readonly partition: number; readonly offset: number },
): Promise<Peek> {
  const peeked = await ask<{
    state: string;
    deliveryCount: number;
    attempts: readonly { outcome: string | null }[];
  }>(server, `/share-groups/${at.group}/topics/${at.topic}/partitions/${at.partition}/records/${at.offset}`);
  return {
    state: peeked.state,
    deliveryCount: peeked.deliveryCount,
    lastOutcome: peeked.attempts.at(-1)?.outcome ?? null,
  };
}
