/**
 * One worker: a process of its own that knows the server's address and nothing else of it. It acquires a few records,
 * does the work, acknowledges each, and renews its locks while the work takes longer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Api, Problem, type AcknowledgementResult, type AcknowledgementType, type AcquiredRecord } from './api.ts';
import { checkLine, inspectPackage, runCommand, type Job, type JobOutcome } from './job.ts';
import type { WorkerReport } from './report.ts';

/** Sent by the demo as the first message. */
export interface WorkerOrder {
  readonly http: string;
  readonly group: string;
  readonly topic: string;
  readonly workerId: string;
  readonly work:
    | { readonly kind: 'packages' }
    | { readonly kind: 'lines'; readonly mustBeJson: boolean }
    | { readonly kind: 'command'; readonly command: string };
  /** Least time a job takes, so that people can watch; ms. */
  readonly paceMs: number;
  readonly lockDurationMs: number;
  readonly retryDelayMs: number;
  /** Dies like a crash, by its own SIGKILL, in the middle of the batch in which it has done so many jobs. */
  readonly crashAfterJobs: number | null;
}

const stopping = new AbortController();

process.once('message', (order: WorkerOrder) => {
  process.on('message', () => stopping.abort());
  process.on('disconnect', () => process.exit(1));
  void work(order).then(() => process.exit(0));
});
// Ctrl-C reaches the whole group of processes; the demo says when to stop.
process.on('SIGINT', () => {});

async function work(order: WorkerOrder): Promise<void> {
  const api = new Api(order.http);
  const job = jobOf(order);
  // A command may take long: then locks are not taken for more than what is worked on.
  const maxRecords = order.work.kind === 'command' ? 1 : 5;
  let done = 0;

  while (!stopping.signal.aborted) {
    let records: readonly AcquiredRecord[];
    try {
      records = await api.acquire(
        order.group,
        {
          topics: [order.topic],
          maxRecords,
          waitMs: 5_000,
          workerId: order.workerId,
          lockDurationMs: order.lockDurationMs,
        },
        stopping.signal,
      );
    } catch (error) {
      if (stopping.signal.aborted) return;
      // What a client cannot repair by asking again ends the worker; the demo then says why.
      if (error instanceof Problem && !error.retriable) throw error;
      await sleep(100);
      continue;
    }
    for (const { partition, offset, deliveryCount } of records)
      await report({ kind: 'delivered', partition, offset, deliveryCount });

    const held = new Set(records.map((record) => record.lease));
    const renewing = setInterval(() => void renew(api, order, held), order.lockDurationMs / 3);
    try {
      for (const record of records) {
        const crashes =
          order.crashAfterJobs !== null && done >= order.crashAfterJobs && held.size >= Math.min(2, maxRecords);
        const [outcome] = await Promise.all([job(Buffer.from(record.value ?? '', 'base64')), sleep(order.paceMs)]);
        if (crashes) await crash(records.filter((other) => held.has(other.lease)));
        held.delete(record.lease);
        await settle(api, order, record, outcome);
        done++;
      }
    } finally {
      clearInterval(renewing);
    }
  }
}

function jobOf(order: WorkerOrder): Job {
  switch (order.work.kind) {
    case 'packages':
      return inspectPackage;
    case 'lines':
      return checkLine(order.work.mustBeJson);
    case 'command':
      return runCommand(order.work.command);
  }
}

async function settle(api: Api, order: WorkerOrder, record: AcquiredRecord, outcome: JobOutcome): Promise<void> {
  const { partition, offset, deliveryCount, lease } = record;
  const result = await acknowledge(api, order.group, {
    lease,
    type: outcome.kind,
    ...(outcome.kind === 'accept' ? {} : { reason: outcome.reason }),
    ...(outcome.kind === 'release' ? { delayMs: order.retryDelayMs } : {}),
  });
  if (result.status === 'error') return report({ kind: 'too-late', partition, offset, code: result.code ?? 'unknown' });
  if (result.status === 'renewed') throw new Error(`a ${outcome.kind} was answered as renewed`);
  const found = outcome.kind === 'accept' ? outcome.found : undefined;
  await report({
    kind: 'settled',
    partition,
    offset,
    deliveryCount,
    status: result.status,
    ...(found === undefined ? {} : { found }),
  });
}

/** Until the server has said how it came out: repeating an acknowledgement never has another effect. */
async function acknowledge(
  api: Api,
  group: string,
  item: { lease: string; type: AcknowledgementType; delayMs?: number; reason?: string },
): Promise<AcknowledgementResult> {
  for (;;) {
    try {
      const [result] = await api.acknowledge(group, [item]);
      if (result !== undefined && !(result.status === 'error' && result.retriable)) return result;
    } catch (error) {
      if (error instanceof Problem && !error.retriable) throw error;
    }
    await sleep(100);
  }
}

async function renew(api: Api, order: WorkerOrder, held: ReadonlySet<string>): Promise<void> {
  const { lockDurationMs } = order;
  const items = [...held].map((lease) => ({ lease, type: 'renew' as const, lockDurationMs }));
  // A lock that could not be renewed shows when its record is settled.
  if (items.length > 0) await api.acknowledge(order.group, items).catch(() => []);
}

/** Everything that was reported is out before the process dies; nothing else is. */
async function crash(records: readonly AcquiredRecord[]): Promise<void> {
  await report({ kind: 'crashing', held: records.map((record) => `${record.partition}/${record.offset}`) });
  process.kill(process.pid, 'SIGKILL');
}

function report(message: WorkerReport): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}
