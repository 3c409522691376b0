/**
 * The workers and producers of the http benchmark: a process of its own, one connection for each worker.
 */
import { LeanConnection } from './lean-client.ts';
import { serveTasks } from './processes.ts';

export type LoadTask =
  | {
      readonly kind: 'work';
      readonly address: string;
      readonly topic: string;
      readonly group: string;
      readonly workers: number;
      readonly batch: number;
      /** `carried`: acknowledgements ride on the next acquire. `separate`: a request of their own. */
      readonly acknowledge: 'carried' | 'separate';
      readonly durationMs: number;
    }
  | {
      readonly kind: 'produce';
      readonly address: string;
      readonly topic: string;
      readonly producers: number;
      readonly batch: number;
      /** Ends after so long, but not before `records` are in. */
      readonly durationMs: number;
      readonly records: number;
    }
  | {
      readonly kind: 'echo';
      readonly address: string;
      readonly connections: number;
      /** Bytes of a request's body and of the answer's. */
      readonly requestBytes: number;
      readonly answerBytes: number;
      readonly durationMs: number;
    };

export interface LoadAnswer {
  /** Jobs accepted and confirmed, records produced and confirmed, or requests answered. */
  readonly done: number;
  readonly elapsedMs: number;
  readonly cpuMs: number;
  /** Of each request, ms; a part of them when there are many. */
  readonly latenciesMs: readonly number[];
}

type Load = (task: LoadTask, connection: LeanConnection, index: number, tally: Tally) => Promise<void>;

const maxLatencies = 20_000;

class Tally {
  readonly startMs = performance.now();
  done = 0;
  readonly latenciesMs: number[] = [];

  elapsed(): number {
    return performance.now() - this.startMs;
  }

  answered(startMs: number): void {
    if (this.latenciesMs.length < maxLatencies) this.latenciesMs.push(performance.now() - startMs);
  }
}

interface AcquireAnswer {
  readonly records: readonly { readonly value: unknown; readonly lease: string }[];
  readonly results?: readonly { readonly status: string }[];
  readonly emptyReason: string | null;
}

const work: Load = async (task, connection, index, tally) => {
  if (task.kind !== 'work') return;
  const { topic, group, batch, acknowledge, durationMs } = task;
  const acquirePath = `/v1/share-groups/${group}/acquire`;
  const acknowledgePath = `/v1/share-groups/${group}/acknowledge`;
  const fields = `{"topics":["${topic}"],"maxRecords":${batch},"waitMs":10000,"startFrom":"earliest","workerId":"worker-${index}"`;
  const accepts = (records: AcquireAnswer['records']): string =>
    `"acknowledgements":[${records.map(({ lease }) => `{"lease":"${lease}","type":"accept"}`).join(',')}]`;
  const settle = async (records: AcquireAnswer['records']): Promise<void> => {
    const body = `{${accepts(records)}}`;
    const startMs = performance.now();
    const answer = await connection.post(acknowledgePath, body);
    tally.answered(startMs);
    count(JSON.parse(answer) as AcquireAnswer, records.length, tally);
  };
  let held: AcquireAnswer['records'] = [];
  while (tally.elapsed() < durationMs) {
    const body = held.length === 0 ? `${fields}}` : `${fields},${accepts(held)}}`;
    const startMs = performance.now();
    const answer = JSON.parse(await connection.post(acquirePath, body)) as AcquireAnswer;
    tally.answered(startMs);
    if (held.length > 0) count(answer, held.length, tally);
    held = answer.records;
    if (held.length === 0)
      throw new Error(`the worker found nothing to do (${answer.emptyReason}): too few records were produced`);
    if (acknowledge === 'separate') {
      await settle(held);
      held = [];
    }
  }
  if (held.length > 0) await settle(held);
};

const count = ({ results = [] }: AcquireAnswer, sent: number, tally: Tally): void => {
  for (const result of results)
    if (result.status !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(result)}`);
  if (results.length !== sent) throw new Error(`${results.length} results for ${sent} acknowledgements`);
  tally.done += sent;
};

const produce: Load = async (task, connection, index, tally) => {
  if (task.kind !== 'produce') return;
  const { topic, batch, durationMs, records } = task;
  let number = 0;
  while (tally.elapsed() < durationMs || tally.done < records) {
    const values = Array.from({ length: batch }, () => ({ value: jobOf(index, number++) }));
    const startMs = performance.now();
    const answer = await connection.post(`/v1/topics/${topic}/records`, JSON.stringify({ records: values }));
    tally.answered(startMs);
    const { results } = JSON.parse(answer) as { results: readonly unknown[] };
    if (results.length !== batch) throw new Error(`${results.length} results for ${batch} records`);
    tally.done += batch;
  }
};

/** The same for BullMQ. */
export const jobOf = (producer: number, index: number): { readonly to: string; readonly template: string } => ({
  to: `user-${producer}-${index}@example.com`,
  template: 'welcome',
});

const echo: Load = async (task, connection, _index, tally) => {
  if (task.kind !== 'echo') return;
  const body = 'x'.repeat(task.requestBytes);
  const path = `/${task.answerBytes}`;
  while (tally.elapsed() < task.durationMs) {
    const startMs = performance.now();
    await connection.post(path, body);
    tally.answered(startMs);
    tally.done++;
  }
};

const loads = { work, produce, echo };

async function perform(task: LoadTask): Promise<LoadAnswer> {
  const size = task.kind === 'work' ? task.workers : task.kind === 'produce' ? task.producers : task.connections;
  const connections = await Promise.all(Array.from({ length: size }, () => LeanConnection.open(task.address)));
  const cpuBefore = process.cpuUsage();
  const tally = new Tally();
  await Promise.all(connections.map((connection, index) => loads[task.kind](task, connection, index, tally)));
  const elapsedMs = tally.elapsed();
  const { user, system } = process.cpuUsage(cpuBefore);
  for (const connection of connections) connection.close();
  return { done: tally.done, elapsedMs, cpuMs: (user + system) / 1000, latenciesMs: tally.latenciesMs };
}

if (process.send !== undefined && process.argv[2] === 'serve') serveTasks(perform);
