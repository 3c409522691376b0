import { describe, expect, it } from 'vitest';
import type { SharePartitionWrite } from '../../src/ports/state-store.ts';
import { leasesOf, must, offsetsOf, troubledBroker, wordsOf } from './broker-fixture.ts';
import { settle } from './fake-clock.ts';

const inFlight = 50_000;

/** Five acquisitions of 10,000 records by `w1`, of which every second has been accepted: 25,000 locks that stand alone. */
async function manyLocks() {
  const fixture = await troubledBroker();
  const { broker, store, produce, acquire, acknowledge } = fixture;
  must(await broker.alterShareGroup('g', { 'share.partition.max.record.locks': '1000000' }));
  const texts = Array.from({ length: inFlight + 10 }, () => '');
  for (let first = 0; first < texts.length; first += 10_000) await produce('t', texts.slice(first, first + 10_000));
  for (let first = 0; first < inFlight; first += 10_000) {
    const leases = leasesOf(must(await acquire({ maxRecords: 10_000 })).ranges);
    expect(leases.map((lease) => lease.offset)).toEqual(Array.from({ length: 10_000 }, (_, index) => first + index));
    await acknowledge(
      'accept',
      leases.filter((lease) => lease.offset % 2 === 1),
    );
  }
  const writes: number[] = [];
  const write = store.write.bind(store);
  store.write = (change: SharePartitionWrite) => {
    writes.push(change.endings.length);
    return write(change);
  };
  return { ...fixture, writes };
}

describe('a window of tens of thousands of records in flight', () => {
  it('ends locks that run out together a part at a time, and others come in between', async () => {
    const { broker, clock, store, acquire, acknowledge, writes } = await manyLocks();
    expect(must(await broker.windows('g'))[0]).toMatchObject({ inFlight, counts: { acquired: inFlight / 2 } });
    await clock.advance(20_000);
    const live = leasesOf(must(await acquire({ worker: 'w2' })).ranges);
    store.writes = 'hangs';
    await clock.advance(10_000);
    const accept = acknowledge('accept', live);
    await settle();
    expect(writes).toEqual([20_000]);
    store.writes = 'works';
    store.trouble.letGo();
    expect(wordsOf(await accept)).toEqual(['accepted']);
    expect(writes.slice(0, 2)).toEqual([20_000, 1]);
    // Over since its deadline, although it has not been ended yet.
    const late = { ...live[0]!, offset: inFlight - 2, acquisition: 5 };
    expect(wordsOf(await acknowledge('accept', [late]))).toEqual(['LEASE_EXPIRED']);
    await clock.advance(1);
    expect(writes).toEqual([20_000, 1, 5_000]);
    expect(must(await broker.windows('g'))[0]!.counts).toMatchObject({ acquired: 0, available: inFlight / 2 });
  });

  it('frees all that a worker holds a part at a time, and nothing that it acquires meanwhile', async () => {
    const { broker, store, acquire, writes } = await manyLocks();
    store.writes = 'hangs';
    const releasing = broker.releaseWorker('g', 'w1');
    await settle();
    const meanwhile = must(await acquire()).ranges;
    expect(offsetsOf(meanwhile)).toEqual([inFlight]);
    store.writes = 'works';
    store.trouble.letGo();
    expect(must(await releasing)).toEqual({ released: inFlight / 2, archived: 0 });
    expect(writes).toEqual([20_000, 5_000]);
    expect(must(await broker.windows('g'))[0]!.counts).toMatchObject({ acquired: 1, available: inFlight / 2 });
  });

  it('says so when a part of them could not be freed, and goes on when asked again', async () => {
    const { broker, store } = await manyLocks();
    store.writes = 'hangs';
    const releasing = broker.releaseWorker('g', 'w1');
    await settle();
    store.writes = 'full';
    store.trouble.letGo();
    expect(await releasing).toMatchObject({ ok: false, error: { code: 'STORAGE_FULL' } });
    expect(must(await broker.windows('g'))[0]!.counts).toMatchObject({ acquired: 5_000, available: 20_000 });
    store.writes = 'works';
    expect(must(await broker.releaseWorker('g', 'w1'))).toEqual({ released: 5_000, archived: 0 });
  });
});
