import { describe, expect, it } from 'vitest';
import type { TopicPartition } from '../../src/core/ids.ts';
import type { RecordLog, StoredBatch } from '../../src/ports/record-log.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { must, startBroker } from './broker-fixture.ts';
import { FaultyStore } from './faulty-outside.ts';
import { settle } from './fake-clock.ts';

/** A log that has what it is told to have in memory; reading anything else takes until it is let go. */
class SlowLog extends MemoryLog {
  isInMemory = true;
  readonly held: (() => void)[] = [];

  override async read(...[partition, range]: Parameters<RecordLog['read']>) {
    await new Promise<void>((resolve) => this.held.push(resolve));
    return await super.read(partition, range);
  }

  override cached(partition: TopicPartition, offset: number): StoredBatch | undefined {
    return this.isInMemory ? super.cached(partition, offset) : undefined;
  }
}

const firstOffsets = (outcome: Awaited<ReturnType<Awaited<ReturnType<typeof startBroker>>['acquire']>>): number[] =>
  must(outcome).ranges.map((range) => range.firstOffset);

async function start(store = new FaultyStore()) {
  const log = new SlowLog();
  const fixture = await startBroker({ log, store });
  must(await fixture.broker.createTopic({ name: 't', partitions: 1, config: {} }));
  await fixture.produce('t', ['a', 'b', 'c', 'd']);
  return { ...fixture, log, store };
}

describe('what is in memory', () => {
  it('is handed out without reading the log', async () => {
    const { acquire, log } = await start();
    expect(firstOffsets(await acquire())).toEqual([0]);
    expect(firstOffsets(await acquire())).toEqual([1]);
    expect(log.held).toHaveLength(0);
  });

  it('is handed out behind those whose records are being read', async () => {
    const { acquire, log } = await start();
    expect(firstOffsets(await acquire())).toEqual([0]);
    log.isInMemory = false;
    const first = acquire({ worker: 'w1' });
    await settle();
    log.isInMemory = true;
    const second = acquire({ worker: 'w2' });
    await settle();
    log.held.splice(0).forEach((go) => go());
    expect(firstOffsets(await first)).toEqual([1]);
    await settle();
    log.held.splice(0).forEach((go) => go());
    expect(firstOffsets(await second)).toEqual([2]);
  });

  it('is not handed out while an operator’s ending of a range is being written', async () => {
    const { acquire, broker, log, store } = await start();
    expect(firstOffsets(await acquire())).toEqual([0]);
    store.writes = 'hangs';
    const settled = broker.settle({
      group: 'g',
      topic: 't',
      partition: 0,
      firstOffset: 0,
      lastOffset: 0,
      type: 'accept',
      reason: null,
      dryRun: false,
    });
    await settle();
    let isServed = false;
    const waiting = acquire().finally(() => (isServed = true));
    await settle();
    expect(isServed).toBe(false);
    store.trouble.letGo();
    must(await settled);
    await settle();
    log.held.splice(0).forEach((go) => go());
    expect(firstOffsets(await waiting)).toEqual([1]);
  });
});
