import { setTimeout as sleep } from 'node:timers/promises';

interface Acquired {
  readonly records: readonly { readonly offset: number; readonly lease: string }[];
}

async function call<Answer>(address: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(`${address}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 500)}`);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

/** What one acquire takes: the server's limit. */
const batch = 10_000;
const delayMs = 3_600_000;

/**
 * Makes a topic, named as the group, and windows in which every second record is finished and the others wait for an
 * hour: no two neighbours are alike.
 */
export async function makeWindows(
  address: string,
  { group, partitions, runs }: { readonly group: string; readonly partitions: number; readonly runs: number },
  log: (text: string) => void,
): Promise<void> {
  await call(address, 'POST', '/v1/topics', { topic: group, partitions });
  const locks = Math.min(100_000, Math.max(4000, runs * 5));
  await call(address, 'PATCH', `/v1/share-groups/${group}`, {
    config: { 'share.partition.max.record.locks': String(locks) },
  });
  const each = Array.from({ length: partitions }, (_, partition) => partition);
  await inParallel(each, 4, async (partition) => {
    for (let made = 0; made < runs; made += batch) {
      const records = Array.from({ length: Math.min(batch, runs - made) }, (_, value) => ({ partition, value }));
      await call(address, 'POST', `/v1/topics/${group}/records`, { records });
    }
  });
  let left = partitions * runs;
  await inParallel([1, 2, 3, 4], 4, async (worker) => {
    while (left > 0) {
      const { records } = await call<Acquired>(address, 'POST', `/v1/share-groups/${group}/acquire`, {
        topics: [group],
        startFrom: 'earliest',
        workerId: `maker-${worker}`,
        maxRecords: batch,
        maxBytes: 1_000_000_000,
      });
      if (records.length === 0) {
        await sleep(50);
        continue;
      }
      await call(address, 'POST', `/v1/share-groups/${group}/acknowledge`, {
        acknowledgements: records.map(({ offset, lease }) =>
          offset % 2 === 1 ? { lease, type: 'accept' } : { lease, type: 'release', delayMs },
        ),
      });
      const before = left;
      left -= records.length;
      if (Math.floor(before / 500_000) !== Math.floor(left / 500_000)) log(`${Math.max(0, left)} records to go`);
    }
  });
}

async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  perform: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of rest) await perform(item);
    }),
  );
}

/** Produces records to all partitions in turn, and workers that finish as many, at a steady rate. */
export class PageLoad {
  readonly #address: string;
  readonly #group: string;
  readonly #partitions: number;
  readonly #startedMs = performance.now();
  readonly #done: Promise<void>;
  #acknowledged = 0;
  #isStopped = false;

  constructor(
    address: string,
    {
      group,
      partitions,
      acknowledgementsPerSecond,
    }: { readonly group: string; readonly partitions: number; readonly acknowledgementsPerSecond: number },
  ) {
    this.#address = address;
    this.#group = group;
    this.#partitions = partitions;
    this.#done = this.#run(acknowledgementsPerSecond);
    // Told by whoever waits for `stop`.
    this.#done.catch(() => {});
  }

  acknowledgedPerSecond(): number {
    return (this.#acknowledged / (performance.now() - this.#startedMs)) * 1000;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async #run(perSecond: number): Promise<void> {
    let turn = 0;
    let made = 0;
    let acknowledgements: readonly { readonly lease: string; readonly type: 'accept' }[] = [];
    while (!this.#isStopped) {
      // As many as are due by now: a late turn is made good.
      const due = Math.min(1000, Math.round(((performance.now() - this.#startedMs) / 1000) * perSecond) - made);
      if (due > 0) {
        await call(this.#address, 'POST', `/v1/topics/${this.#group}/records`, {
          records: Array.from({ length: due }, (_, index) => ({
            partition: (made + index) % this.#partitions,
            value: { turn },
          })),
        });
        made += due;
      }
      turn += 1;
      const { records } = await call<Acquired>(this.#address, 'POST', `/v1/share-groups/${this.#group}/acquire`, {
        topics: [this.#group],
        workerId: `worker-${turn % 8}`,
        maxRecords: 1000,
        ...(acknowledgements.length === 0 ? {} : { acknowledgements }),
      });
      this.#acknowledged += acknowledgements.length;
      acknowledgements = records.map(({ lease }) => ({ lease, type: 'accept' }));
      await sleep(50);
    }
  }
}
