import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Producer } from '../../src/client/producer.ts';
import { SashClient } from '../../src/client/sash-client.ts';
import type { AcquiredRecord } from '../../src/client/api.ts';
import { Worker } from '../../src/client/worker.ts';
import { useServer } from '../dashboard/sash-server.ts';

const server = useServer();
const recordCount = 1200;
const kills = 3;
const partitions = 4;

describe('workers and a producer whose server is killed again and again', () => {
  it('lose nothing, store nothing twice, and do nothing again that was confirmed', { timeout: 180_000 }, async () => {
    const client = new SashClient({ url: server.url });
    await client.createTopic({ topic: 'jobs', partitions });

    const runs = new Map<number, number>();
    const confirmed = new Set<number>();
    /** Begun, and not known to be over. */
    const open = new Set<number>();
    /** What was open or begun while no server was there: its lock was lost. */
    const lockLost = new Set<number>();
    let isAway = false;
    const againAfterConfirmed: number[] = [];
    const archived: number[] = [];
    const jobOf = (record: { readonly value: unknown }): number => (record.value as { job: number }).job;

    const workers = ['a', 'b'].map((workerId) => {
      const worker = new Worker({
        url: server.url,
        group: 'g',
        topics: ['jobs'],
        workerId,
        startFrom: 'earliest',
        concurrency: 8,
        lockDurationMs: 5000,
        handler: async (record) => {
          const job = jobOf(record);
          if (confirmed.has(job)) againAfterConfirmed.push(job);
          runs.set(job, (runs.get(job) ?? 0) + 1);
          open.add(job);
          // The worker does not know yet that the server is gone.
          if (isAway) lockLost.add(job);
          await pause(job % 10);
        },
      });
      worker.on('accepted', ({ record }) => {
        confirmed.add(jobOf(record));
        open.delete(jobOf(record));
      });
      worker.on('archived', ({ record }) => archived.push(jobOf(record)));
      worker.on('error', () => {});
      worker.start();
      return worker;
    });

    const producer = new Producer({ url: server.url, maxBatchRecords: 50 });
    let isProducing = true;
    const producing = (async () => {
      for (let job = 0; job < recordCount; job++) {
        await producer.ready();
        producer.send('jobs', { value: { job } }).catch((error: unknown) => expect.fail(String(error)));
        if (job % 20 === 0) await pause(10);
      }
      await producer.flush();
      isProducing = false;
    })();

    for (let kill = 1; kill <= kills; kill++) {
      // So that it dies in the midst of work.
      while (confirmed.size < (kill * recordCount) / (kills + 2)) await pause(5);
      isAway = true;
      await server.kill();
      for (const job of open) lockLost.add(job);
      await pause(kill * 50);
      await server.restart();
      isAway = false;
    }
    await producing;
    while (isProducing || confirmed.size < recordCount) await pause(20);
    await Promise.all(workers.map((worker) => worker.stop()));
    await producer.close();

    // Stored once, all of them.
    const stored: number[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const { records } = await client.readRecords('jobs', partition, { limit: 10_000, maxBytes: 100_000_000 });
      stored.push(...records.map(jobOf));
    }
    expect(stored.toSorted((a, b) => a - b)).toEqual(Array.from({ length: recordCount }, (_, job) => job));
    // Done, all of them; again only what was locked when a server died.
    expect(runs.size).toBe(recordCount);
    expect(againAfterConfirmed).toEqual([]);
    expect(archived).toEqual([]);
    const again = [...runs].filter(([, count]) => count > 1).map(([job]) => job);
    expect(again.filter((job) => !lockLost.has(job))).toEqual([]);
    expect(lockLost.size).toBeGreaterThan(0);
    expect(again.length).toBeLessThanOrEqual(lockLost.size);
    expect((await client.describeShareGroup('g')).lag).toBe(0);
    const held: readonly AcquiredRecord[] = (await client.acquire('g', { topics: ['jobs'] })).records;
    expect(held).toEqual([]);
  });
});

describe('a worker that stops while it waits at a real server', () => {
  it('takes nothing along: what is produced then is for others at once', async () => {
    const client = new SashClient({ url: server.url });
    await client.createTopic({ topic: 'quiet', partitions: 1 });
    const worker = new Worker({
      url: server.url,
      group: 'quiet',
      topics: ['quiet'],
      startFrom: 'earliest',
      waitMs: 60_000,
      handler: () => {},
    });
    worker.start();
    const nobody = { workers: [] };
    while ((await client.listWorkers('quiet').catch(() => nobody)).workers.every(({ waiting }) => waiting === 0))
      await pause(10);
    // It would wait for a minute.
    await worker.stop();
    await client.produce('quiet', [{ value: 'a' }]);
    const { records } = await client.acquire('quiet', { topics: ['quiet'], waitMs: 5000 });
    expect(records).toMatchObject([{ value: 'a', deliveryCount: 1 }]);
  });
});
