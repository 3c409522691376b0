import { describe, expect, it } from 'vitest';
import type { TopicPartition } from '../../src/core/ids.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import type { LogBounds } from '../../src/ports/record-log.ts';
import { must, startBroker } from './broker-fixture.ts';
import { FaultyLog } from './faulty-outside.ts';
import { FakeClock, settle } from './fake-clock.ts';

/** A log whose trimming takes until it is told to go on. */
class SlowlyTrimmedLog extends MemoryLog {
  readonly trimmed: number[] = [];
  go: () => void = () => {};

  override async applyRetention(...asked: Parameters<MemoryLog['applyRetention']>): Promise<LogBounds> {
    const [partition]: [TopicPartition, ...unknown[]] = asked;
    this.trimmed.push(partition.partition);
    await new Promise<void>((resolve) => (this.go = resolve));
    return super.applyRetention(...asked);
  }
}

describe('a broker that stops while retention is applied', () => {
  it('waits for the partition under way, so that the log is not closed beneath it, and leaves the others', async () => {
    const log = new SlowlyTrimmedLog();
    const clock = new FakeClock();
    const { broker } = await startBroker({ log, clock, settings: { retentionCheckIntervalMs: 1000 } });
    must(await broker.createTopic({ name: 't', partitions: 3, config: { 'retention.ms': '1000' } }));
    await clock.advance(1000);
    await settle();
    expect(log.trimmed).toEqual([0]);
    let stopped = false;
    const stop = broker.stop().then(() => (stopped = true));
    await settle();
    expect(stopped).toBe(false);
    log.go();
    await stop;
    expect(log.trimmed).toEqual([0]);
  });
});

describe('a broker that answers who waits', () => {
  it('does not wait for what is begun after that, or a stop under load would never end', async () => {
    const log = new FaultyLog();
    const { broker, produce } = await startBroker({ log });
    must(await broker.createTopic({ name: 't', partitions: 1, config: {} }));
    log.appends = 'hangs';
    const before = produce('t', ['before']);
    await settle();
    let drained = false;
    const drain = broker.drain().then(() => (drained = true));
    const after = produce('t', ['after']);
    await settle();
    expect(drained).toBe(false);
    const [first, second] = log.trouble.takeHeld();
    first?.();
    await before;
    await drain;
    second?.();
    await after;
  });
});
