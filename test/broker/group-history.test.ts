import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { leasesOf, must, startBroker } from './broker-fixture.ts';

const start = async () => {
  const fixture = await startBroker({ settings: { historyIntervalMs: 5_000 } });
  must(await fixture.broker.createTopic({ name: 't', partitions: 1, config: {} }));
  must(await fixture.acquire());
  const history = async (minutes = 15) => must(await fixture.broker.live.history('g', minutes));
  return { ...fixture, history };
};

describe('the history of a group', () => {
  it('is filled whoever looks, with what was between two samples', async () => {
    const { clock, produce, acquire, acknowledge, history } = await start();
    await clock.advance(5_000);
    await produce('t', Array.from({ length: 20 }, String));
    const { ranges } = must(await acquire({ maxRecords: 10 }));
    await acknowledge('accept', leasesOf(ranges).slice(0, 5));
    await acknowledge('reject', leasesOf(ranges).slice(5, 6));
    await clock.advance(5_000);
    await clock.advance(5_000);
    const { intervalMs, samples } = await history();
    const atMs = clock.wallMs();
    expect(intervalMs).toBe(5_000);
    const still = { deliveredPerSecond: 0, acknowledgedPerSecond: 0, archivedPerSecond: 0 };
    expect(samples).toEqual([
      { atMs: atMs - 10_000, lag: 0, inFlight: 0, oldestAgeMs: null, ...still },
      {
        atMs: atMs - 5_000,
        lag: 14,
        inFlight: 4,
        oldestAgeMs: 5_000,
        deliveredPerSecond: 2,
        acknowledgedPerSecond: 1,
        archivedPerSecond: 0.2,
      },
      { atMs, lag: 14, inFlight: 4, oldestAgeMs: 10_000, ...still },
    ]);
  });

  it('goes back so many minutes as are asked for, fifteen at most', async () => {
    const { clock, history } = await start();
    await clock.advance(20 * 60_000);
    const { samples } = await history();
    expect(samples).toHaveLength(180);
    expect(samples.at(-1)!.atMs).toBe(clock.wallMs());
    expect(samples.map(({ atMs }) => atMs)).toEqual(samples.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    expect((await history(1)).samples).toHaveLength(12);
  });

  it('does not load a window, and says that it cannot tell', async () => {
    const { broker, store, log, metadata } = await start();
    await broker.stop();
    const clock = new FakeClock();
    const again = await startBroker({ store, log, metadata, clock, settings: { historyIntervalMs: 5_000 } });
    await clock.advance(5_000);
    expect(must(await again.broker.live.history('g', 15)).samples).toMatchObject([
      { lag: null, inFlight: null, oldestAgeMs: null },
    ]);
    must(await again.broker.windows('g'));
    await clock.advance(5_000);
    expect(must(await again.broker.live.history('g', 15)).samples).toMatchObject([{ lag: null }, { lag: 0 }]);
    await again.broker.stop();
    expect(clock.scheduled).toBe(0);
  });

  it('begins with what was before the first sample', async () => {
    const { clock, produce, acquire, history } = await start();
    await produce('t', Array.from({ length: 20 }, String));
    must(await acquire({ maxRecords: 10 }));
    await clock.advance(5_000);
    expect((await history()).samples).toMatchObject([{ inFlight: 10, deliveredPerSecond: 2 }]);
  });

  it('ends with its group', async () => {
    const { broker, clock, history } = await start();
    await clock.advance(5_000);
    must(await broker.deleteShareGroup('g'));
    await clock.advance(5_000);
    must(await broker.alterShareGroup('g', {}));
    expect((await history()).samples).toEqual([]);
  });
});
