import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/codec/record-batch.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import type { RecordLog } from '../../src/ports/record-log.ts';
import { must, startBroker } from './broker-fixture.ts';
import { FakeClock, settle } from './fake-clock.ts';

const small = encodeBatch({
  records: [{ key: null, value: new Uint8Array(1), headers: [], timestampMs: 0 }],
});

/** A log to which somebody appends whenever it is read. */
class BusyLog extends MemoryLog {
  isBusy = true;
  readCount = 0;

  override async read(...[partition, range]: Parameters<RecordLog['read']>) {
    this.readCount++;
    const found = await super.read(partition, range);
    const { topicId, partition: index } = partition;
    if (this.isBusy) await this.append({ entries: [{ topicId, partition: index, batch: small }] });
    return found;
  }
}

const openBusyLog = async () => {
  const log = new BusyLog();
  const clock = new FakeClock();
  const { broker } = await startBroker({ log, clock });
  const { topicId } = must(await broker.createTopic({ name: 't', partitions: 1, config: {} }));
  const partition = { topicId, partition: 0 };
  must(await broker.logs.append(partition, small, null));
  const fetch = (minBytes: number) =>
    broker.logs.fetch(
      {
        partitions: [{ ...partition, fetchOffset: 0, maxBytes: 1_048_576 }],
        minBytes,
        maxBytes: 1_048_576,
        waitMs: 500,
      },
      null,
    );
  return { log, clock, fetch };
};

describe('a fetch of partitions to which others append all the time', () => {
  it('waits no longer than it says, and reads twice at most', async () => {
    const { log, clock, fetch } = await openBusyLog();
    let isAnswered = false;
    const answer = fetch(1_000_000).finally(() => (isAnswered = true));
    await settle();
    expect([isAnswered, log.readCount]).toEqual([false, 1]);
    await clock.advance(520);
    expect(must((await answer)[0]!).batches).toHaveLength(2);
    expect(log.readCount).toBe(2);
  });

  it('does not wait for what came while it read', async () => {
    const { fetch } = await openBusyLog();
    expect(must((await fetch(2 * small.bytes.length))[0]!).batches).toHaveLength(2);
  });
});
