import { setTimeout as pause } from 'node:timers/promises';
import { Producer } from '../src/client/producer.ts';
import { SashClient } from '../src/client/sash-client.ts';
import { Worker } from '../src/client/worker.ts';
import { startSash } from './processes.ts';
import { median, number } from './row.ts';
import type { BenchOptions, Row } from './row.ts';

const topic = 'emails';
const batch = 100;

/**
 * The SDK beside a bare loop of `fetch` with the same batches, both in this process: what buffering, renewal and events
 * cost. In rounds, in turn, each of them on a group of its own.
 */
export async function benchClient(options: BenchOptions): Promise<readonly Row[]> {
  const rounds = options.short ? 2 : 5;
  const durationMs = options.short ? 1000 : 3000;
  const records = options.short ? 50_000 : 300_000;
  const sash = await startSash();
  try {
    const client = new SashClient({ url: sash.address });
    await client.createTopic({ topic, partitions: 1 });
    const producer = new Producer({ url: sash.address });
    const value = { to: 'a@b.c', text: 'x'.repeat(80) };
    const startMs = performance.now();
    await producer.sendAll(
      topic,
      Array.from({ length: records }, () => ({ value })),
    );
    const producedPerSecond = (records / (performance.now() - startMs)) * 1000;
    await producer.close();

    const bare: number[] = [];
    const sdk: number[] = [];
    // The first round warms up and does not count.
    for (let round = 0; round <= rounds; round++) {
      options.log(`client: round ${round} of ${rounds}`);
      const [bareJobs, sdkJobs] = [
        await perSecond(durationMs, (signal) => bareLoop(sash.address, `bare-${round}`, signal)),
        await perSecond(durationMs, (signal) => worker(sash.address, `sdk-${round}`, signal)),
      ];
      if (round === 0) continue;
      bare.push(bareJobs);
      sdk.push(sdkJobs);
    }
    const ratios = sdk.map((jobs, index) => jobs / bare[index]!);
    return [
      { section: 'client', what: 'Producer, records of 100 B', figure: `${number(producedPerSecond)} records/s` },
      { section: 'client', what: `bare fetch, acquires of ${batch}`, figure: `${number(median(bare))} jobs/s` },
      {
        section: 'client',
        what: `Worker, concurrency ${batch}, handlers that do nothing`,
        figure: `${number(median(sdk))} jobs/s`,
        against: { what: 'bare fetch', ratio: median(ratios) },
      },
    ];
  } finally {
    await sash.stop();
  }
}

/** Jobs a second whose accept was confirmed. */
const perSecond = async (durationMs: number, work: (signal: AbortSignal) => Promise<number>): Promise<number> => {
  const startMs = performance.now();
  const done = await work(AbortSignal.timeout(durationMs));
  return (done / (performance.now() - startMs)) * 1000;
};

const bareLoop = async (address: string, group: string, signal: AbortSignal): Promise<number> => {
  let acknowledgements: { lease: string; type: 'accept' }[] = [];
  let done = 0;
  while (!signal.aborted) {
    const response = await fetch(`${address}/v1/share-groups/${group}/acquire`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        topics: [topic],
        maxRecords: batch,
        startFrom: 'earliest',
        ...(acknowledgements.length === 0 ? {} : { acknowledgements }),
      }),
    });
    const { records } = (await response.json()) as { records: { lease: string }[] };
    done += acknowledgements.length;
    if (records.length === 0) throw new Error('there are too few records for this machine');
    acknowledgements = records.map(({ lease }) => ({ lease, type: 'accept' }));
  }
  return done;
};

const worker = async (address: string, group: string, signal: AbortSignal): Promise<number> => {
  const worker = new Worker({
    url: address,
    group,
    topics: [topic],
    startFrom: 'earliest',
    concurrency: batch,
    handler: () => {},
  });
  let done = 0;
  worker.on('accepted', () => done++);
  worker.on('idle', () => {
    throw new Error('there are too few records for this machine');
  });
  await worker.run({ signal });
  await pause(0);
  return done;
};
