import { beforeEach, describe, expect, it } from 'vitest';
import { codeOf, leasesOf, must, startBroker, troubledBroker } from './broker-fixture.ts';

describe('a row of the list of groups', () => {
  let fixture: Awaited<ReturnType<typeof startBroker>>;
  const row = async () => must(await fixture.broker.listShareGroups())[0]!;

  beforeEach(async () => {
    fixture = await startBroker();
    must(await fixture.broker.createTopic({ name: 't', partitions: 2, config: {} }));
  });

  it('says how much may be in flight in all its windows together', async () => {
    must(await fixture.broker.alterShareGroup('g', { 'share.partition.max.record.locks': '150' }));
    expect(await row()).toMatchObject({ inFlight: 0, inFlightLimit: null });
    must(await fixture.acquire());
    expect(await row()).toMatchObject({ inFlight: 0, inFlightLimit: 300 });
  });

  it('says how fast records are delivered and accepted, over the last ten seconds', async () => {
    await fixture.produce('t', Array.from({ length: 20 }, String));
    const { ranges } = must(await fixture.acquire({ maxRecords: 20 }));
    await fixture.acknowledge('accept', leasesOf(ranges).slice(0, 10));
    expect(await row()).toMatchObject({ deliveredPerSecond: 2, acknowledgedPerSecond: 1 });
    await fixture.clock.advance(11_000);
    expect(await row()).toMatchObject({ deliveredPerSecond: 0, acknowledgedPerSecond: 0 });
  });

  it('counts the archived records that are listed, those of an earlier process too', async () => {
    await fixture.produce('t', ['a', 'b', 'c']);
    const { ranges } = must(await fixture.acquire({ maxRecords: 3 }));
    const [a, b, c] = leasesOf(ranges);
    await fixture.acknowledge('reject', [b!]);
    expect((await row()).archived).toBe(1);
    await fixture.acknowledge('reject', [a!]);
    expect((await row()).archived).toBe(2);
    await fixture.broker.stop();
    const { store, log, metadata } = fixture;
    fixture = await startBroker({ store, log, metadata, clock: fixture.clock });
    expect((await row()).archived).toBe(2);
    await fixture.acknowledge('reject', [c!]);
    const again = must(await fixture.acquire());
    await fixture.acknowledge('reject', leasesOf(again.ranges));
    expect((await row()).archived).toBe(3);
  });

  it('names what blocks the window whose start has not moved for longest', async () => {
    await fixture.produce('t', ['a', 'b'], 1);
    must(await fixture.acquire({ worker: 'slow' }));
    await fixture.clock.advance(5_000);
    await fixture.produce('t', ['a'], 0);
    must(await fixture.acquire({ worker: 'quick', maxRecords: 5 }));
    await fixture.clock.advance(5_000);
    const blocked = (await row()).blockedBy;
    expect(blocked).toMatchObject({ topic: 't', partition: 1, offset: 0, holder: 'slow', standingMs: 10_000 });
    expect(blocked?.sentence).toBe('offset 0 on t-1 has been locked by slow for 10 s, 1st delivery of 5');
  });

  it('counts how long the start stands from when the first records came into flight', async () => {
    must(await fixture.acquire());
    await fixture.clock.advance(3_600_000);
    await fixture.produce('t', ['a']);
    must(await fixture.acquire());
    expect((await row()).blockedBy?.standingMs).toBe(0);
    await fixture.clock.advance(2_000);
    expect((await row()).blockedBy?.standingMs).toBe(2_000);
  });

  it('says for each worker what it accepted and what failed of late', async () => {
    await fixture.produce('t', Array.from({ length: 20 }, String));
    const { ranges } = must(await fixture.acquire({ maxRecords: 20 }));
    const leases = leasesOf(ranges);
    await fixture.acknowledge('accept', leases.slice(0, 10));
    await fixture.acknowledge('release', leases.slice(10, 12));
    await fixture.acknowledge('reject', leases.slice(12, 13));
    const worker = async () => must(await fixture.broker.workers('g'))[0];
    expect(await worker()).toMatchObject({ holder: 'w1', records: 7, acknowledgedPerSecond: 1, failures: 3 });
    await fixture.clock.advance(30_000);
    must(await fixture.acquire());
    expect(await worker()).toMatchObject({ acknowledgedPerSecond: 0, failures: 10 });
    await fixture.clock.advance(20 * 60_000);
    must(await fixture.acquire());
    expect(await worker()).toMatchObject({ failures: 0 });
  });
});

describe('the version of a window', () => {
  const version = async ({ broker }: { broker: Awaited<ReturnType<typeof startBroker>>['broker'] }) =>
    must(await broker.windows('g'))[0]!.version;

  it('grows with each change, and stays while nothing changes', async () => {
    const fixture = await startBroker();
    must(await fixture.broker.createTopic({ name: 't', partitions: 1, config: {} }));
    must(await fixture.acquire());
    await fixture.produce('t', ['a', 'b']);
    const seen = [await version(fixture)];
    const grown = async (): Promise<void> => {
      const now = await version(fixture);
      expect(now).toBeGreaterThan(seen.at(-1)!);
      seen.push(now);
    };
    const { ranges } = must(await fixture.acquire({ maxRecords: 2 }));
    await grown();
    must(await fixture.acquire());
    expect(await version(fixture)).toBe(seen.at(-1));
    await fixture.acknowledge('renew', leasesOf(ranges).slice(0, 1));
    await grown();
    await fixture.acknowledge('release', leasesOf(ranges).slice(0, 1), { delayMs: 1_000 });
    await grown();
    await fixture.clock.advance(1_000);
    await grown();
    await fixture.clock.advance(30_000);
    await grown();
    must(await fixture.broker.reset({ group: 'g', topic: 't', partitions: null, to: 'latest', dryRun: false }));
    await grown();
  });

  it('is higher after the window was loaded again', async () => {
    const fixture = await troubledBroker();
    await fixture.produce('t', ['a', 'b']);
    const { ranges } = must(await fixture.acquire({ maxRecords: 2 }));
    const before = await version(fixture);
    fixture.store.writes = 'not_done';
    const [result] = await fixture.acknowledge('accept', leasesOf(ranges));
    expect(result).toMatchObject({ status: 'error', error: { code: 'OUTCOME_UNKNOWN' } });
    fixture.store.writes = 'works';
    expect(await version(fixture)).toBeGreaterThan(before);
    expect(codeOf(await fixture.broker.windows('other'))).toBe('GROUP_ID_NOT_FOUND');
  });
});
