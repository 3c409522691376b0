/**
 * Life for the live page, while somebody looks at it: e-mails and pictures that never end, workers that fail now and then,
 * and one that is stuck and renews its locks for ever. Nothing of it counts for the demo's table.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, AcknowledgementType } from './api.ts';

interface Crew {
  readonly topic: string;
  readonly partitions: number;
  readonly group: string;
  readonly workers: readonly string[];
  readonly recordsPerSecond: number;
  /** Average time for one record; ms. */
  readonly workMs: number;
  readonly failures: readonly string[];
  record(number: number): { readonly key: string; readonly value: unknown };
}

const crews: readonly Crew[] = [
  {
    topic: 'emails',
    partitions: 6,
    group: 'mailers',
    workers: ['mailer-1', 'mailer-2', 'mailer-3', 'mailer-4'],
    recordsPerSecond: 60,
    workMs: 50,
    failures: ['smtp 421 try again later', 'no such mailbox'],
    record: (number) => ({
      key: `user-${number % 211}`,
      value: { to: `user-${number % 211}@example.org`, template: number % 3 === 0 ? 'invoice' : 'welcome', number },
    }),
  },
  {
    topic: 'pictures',
    partitions: 3,
    group: 'resizers',
    workers: ['resizer-1', 'resizer-2'],
    recordsPerSecond: 12,
    workMs: 130,
    failures: ['the picture is damaged', 'out of memory'],
    record: (number) => ({
      key: `album-${number % 17}`,
      value: { path: `/albums/${number % 17}/${number}.jpg`, width: 640 },
    }),
  },
];

/** Holds what blocks a window of the mailers, as a worker does that hangs. */
const stuckWorker = 'mailer-7f9c';
const lockDurationMs = 15_000;
/** Of a hundred records. */
const failuresPercent = 6;

/** Begins; `stop` resolves when nobody asks the server for anything any more. */
export async function startLife(api: Api): Promise<{ stop(): Promise<void> }> {
  const stopping = new AbortController();
  const { signal } = stopping;
  /** Until it is over; what fails on the way is tried again. */
  const again = async (step: () => Promise<unknown>): Promise<void> => {
    while (!signal.aborted) {
      try {
        await step();
      } catch {
        await pause(500);
      }
    }
  };
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal }).catch(() => undefined);
  const everybody: Promise<void>[] = [];
  for (const crew of crews) {
    const { topic, group, workMs, failures } = crew;
    await api.createTopic(topic, crew.partitions);
    await api.configureGroup(group, { 'share.delivery.count.limit': '5', 'share.auto.offset.reset': 'earliest' });
    let number = 0;
    const someRecords = (count: number) => Array.from({ length: count }, () => crew.record(number++));
    await api.produce(topic, someRecords(crew.recordsPerSecond * 4));
    everybody.push(
      again(async () => {
        await pause(500);
        await api.produce(topic, someRecords(Math.ceil(crew.recordsPerSecond / 2)));
      }),
    );
    for (const workerId of crew.workers) {
      everybody.push(
        again(async () => {
          const records = await api.acquire(
            group,
            { topics: [topic], maxRecords: 8, waitMs: 5000, workerId, lockDurationMs },
            signal,
          );
          for (const { lease } of records) {
            await pause(workMs * (0.5 + Math.random()));
            await api.acknowledge(group, [{ lease, ...outcome(failures) }]);
          }
        }),
      );
    }
  }
  everybody.push(
    again(async () => {
      // One record: with it freed, the window moves.
      const request = { topics: ['emails'], maxRecords: 1, waitMs: 5000, workerId: stuckWorker, lockDurationMs };
      let held = await api.acquire('mailers', request, signal);
      while (held.length > 0 && !signal.aborted) {
        await pause(lockDurationMs / 3);
        const results = await api.acknowledge(
          'mailers',
          held.map(({ lease }) => ({ lease, type: 'renew' as const, lockDurationMs })),
        );
        // Whom an operator has freed is free.
        held = held.filter((_record, index) => results[index]?.status === 'renewed');
      }
      await pause(10_000);
    }),
  );
  return {
    async stop() {
      stopping.abort();
      await Promise.all(everybody);
    },
  };
}

function outcome(failures: readonly string[]): { type: AcknowledgementType; reason?: string; delayMs?: number } {
  if (Math.random() * 100 >= failuresPercent) return { type: 'accept' };
  const reason = failures[Math.floor(Math.random() * failures.length)] ?? 'failed';
  return Math.random() < 0.15
    ? { type: 'reject', reason }
    : { type: 'release', reason, delayMs: Math.round(2000 + Math.random() * 6000) };
}
