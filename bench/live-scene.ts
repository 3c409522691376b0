import { type RunningServer, startSash } from './processes.ts';
import type { BenchOptions } from './row.ts';

/** A busy server to look at: a group whose windows consist of many runs, and workers that go on accepting records. */
export interface LiveScene {
  readonly server: RunningServer;
  readonly group: string;
  readonly topic: string;
  readonly partitions: number;
  /** Accepts so many records a second, spread over all windows, until the function given back is called. */
  work(acknowledgedPerSecond: number): () => Promise<number>;
  stop(): Promise<void>;
}

const workers = 20;
const recordsPerCall = 500;
/** Leases on these offsets of each window are kept: what `work` accepts. */
const firstOffsets = 5_000;

const post = async (address: string, path: string, body: object): Promise<unknown> => {
  const response = await fetch(`${address}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path}: ${text}`);
  return JSON.parse(text) as unknown;
};

/**
 * Every second record of each window is accepted ahead of the start, so that no two neighbours are alike.
 *
 * @param size.runs of each window
 */
export async function openLiveScene(
  { partitions, runs }: { readonly partitions: number; readonly runs: number },
  { log: tell }: Pick<BenchOptions, 'log'>,
): Promise<LiveScene> {
  const [group, topic] = ['mailers', 'emails'];
  const server = await startSash([], {
    'group.share.max.partition.max.record.locks': String(Math.max(4_000, runs)),
    'group.share.partition.max.record.locks': String(runs),
    'group.share.max.record.lock.duration.ms': '3600000',
  });
  const { address } = server;
  tell(`live: making ${partitions} windows of ${runs} runs`);
  await post(address, '/v1/topics', { topic, partitions });
  const records = Array.from({ length: 1_000 }, (_, index) => ({ value: { index, to: 'somebody@example.org' } }));
  for (let partition = 0; partition < partitions; partition++) {
    for (let made = 0; made < runs; made += records.length) {
      const some = records.slice(0, runs - made).map((record) => ({ ...record, partition }));
      await post(address, `/v1/topics/${topic}/records`, { records: some });
    }
  }
  /** Leases of each partition in the order of their offsets, of the records near its start. */
  const leases = Array.from({ length: partitions }, (): string[] => []);
  const fill = async (workerId: string): Promise<void> => {
    let accepted: { lease: string; type: 'accept' }[] = [];
    for (;;) {
      const answer = (await post(address, `/v1/share-groups/${group}/acquire`, {
        topics: [topic],
        workerId,
        maxRecords: recordsPerCall,
        maxBytes: 10_000_000,
        lockDurationMs: 3_600_000,
        startFrom: 'earliest',
        ...(accepted.length === 0 ? {} : { acknowledgements: accepted }),
      })) as { records: { partition: number; offset: number; lease: string }[] };
      if (answer.records.length === 0) return;
      accepted = [];
      for (const { partition, offset, lease } of answer.records) {
        if (offset % 2 === 1) accepted.push({ lease, type: 'accept' });
        else if (offset < firstOffsets) leases[partition]!.push(lease);
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => fill(`mailer-${worker}`)));
  tell('live: made');

  const work = (acknowledgedPerSecond: number): (() => Promise<number>) => {
    let acknowledged = 0;
    let partition = 0;
    let isOver = false;
    const startMs = performance.now();
    const run = async (): Promise<void> => {
      while (!isOver) {
        const due = Math.floor(((performance.now() - startMs) / 1000) * acknowledgedPerSecond) - acknowledged;
        const acknowledgements: { lease: string; type: 'accept' }[] = [];
        for (let missed = 0; acknowledgements.length < due && missed < partitions;) {
          const lease = leases[partition++ % partitions]!.shift();
          if (lease === undefined) missed++;
          else acknowledgements.push({ lease, type: 'accept' });
        }
        acknowledged += acknowledgements.length;
        if (acknowledgements.length > 0) {
          await post(address, `/v1/share-groups/${group}/acknowledge`, { acknowledgements });
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const running = run();
    return async () => {
      isOver = true;
      await running;
      return acknowledged / ((performance.now() - startMs) / 1000);
    };
  };
  return { server, group, topic, partitions, work, stop: () => server.stop() };
}
