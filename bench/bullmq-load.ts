/** BullMQ's worker and producer: a process of its own, as sash's workers have one. */
import { Queue, Worker } from 'bullmq';
import { jobOf } from './http-load.ts';
import type { LoadAnswer } from './http-load.ts';
import { serveTasks } from './processes.ts';

export type BullmqTask =
  | { readonly kind: 'work'; readonly port: number; readonly concurrency: number; readonly durationMs: number }
  | {
      readonly kind: 'add';
      readonly port: number;
      readonly producers: number;
      readonly batch: number;
      readonly durationMs: number;
      readonly records: number;
    }
  | { readonly kind: 'clear'; readonly port: number };

const queueName = 'emails';
/** Finished jobs go at once: keeping them would cost BullMQ time and memory. */
const jobOptions = { removeOnComplete: true, removeOnFail: true };

const connectionTo = (port: number) => ({ host: '127.0.0.1', port, maxRetriesPerRequest: null });

async function work({
  port,
  concurrency,
  durationMs,
}: BullmqTask & { kind: 'work' }): Promise<Omit<LoadAnswer, 'cpuMs'>> {
  let done = 0;
  const worker = new Worker(queueName, async () => void done++, {
    connection: connectionTo(port),
    concurrency,
    autorun: false,
  });
  await worker.waitUntilReady();
  const startMs = performance.now();
  const running = worker.run();
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  const counted = done;
  const elapsedMs = performance.now() - startMs;
  await worker.close();
  await running;
  const queue = new Queue(queueName, { connection: connectionTo(port) });
  const left = await queue.getWaitingCount();
  await queue.close();
  if (left === 0) throw new Error("BullMQ's worker ran out of jobs: too few were added");
  return { done: counted, elapsedMs, latenciesMs: [] };
}

async function add(task: BullmqTask & { kind: 'add' }): Promise<Omit<LoadAnswer, 'cpuMs'>> {
  const { port, producers, batch, durationMs, records } = task;
  const queue = new Queue(queueName, { connection: connectionTo(port), defaultJobOptions: jobOptions });
  await queue.waitUntilReady();
  const startMs = performance.now();
  let done = 0;
  const produce = async (producer: number): Promise<void> => {
    let number = 0;
    while (performance.now() - startMs < durationMs || done < records) {
      await queue.addBulk(Array.from({ length: batch }, () => ({ name: 'job', data: jobOf(producer, number++) })));
      done += batch;
    }
  };
  await Promise.all(Array.from({ length: producers }, (_, index) => produce(index)));
  const elapsedMs = performance.now() - startMs;
  await queue.close();
  return { done, elapsedMs, latenciesMs: [] };
}

async function clear(port: number): Promise<Omit<LoadAnswer, 'cpuMs'>> {
  const queue = new Queue(queueName, { connection: connectionTo(port) });
  await queue.obliterate({ force: true });
  await queue.close();
  return { done: 0, elapsedMs: 0, latenciesMs: [] };
}

async function perform(task: BullmqTask): Promise<LoadAnswer> {
  const before = process.cpuUsage();
  const answer =
    task.kind === 'work' ? await work(task) : task.kind === 'add' ? await add(task) : await clear(task.port);
  const { user, system } = process.cpuUsage(before);
  return { ...answer, cpuMs: (user + system) / 1000 };
}

serveTasks(perform);
