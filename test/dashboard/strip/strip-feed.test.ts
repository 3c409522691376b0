import { describe, expect, it } from 'vitest';
import { StripFeed } from '../../../src/dashboard/strip/strip-feed.ts';
import type { StripRequest, StripWant } from '../../../src/dashboard/strip/strip-feed.ts';
import type { StripPicture } from '../../../src/dashboard/strip/strip-picture.ts';

const startFeed = () => {
  let nowMs = 0;
  let timers: { atMs: number; call: () => void }[] = [];
  const requests: { atMs: number; request: StripRequest }[] = [];
  const versions = new Map<number, number>();
  const outside = { fails: false };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  const feed = new StripFeed({
    nowMs: () => nowMs,
    later: (ms, call) => {
      const timer = { atMs: nowMs + ms, call };
      timers.push(timer);
      return () => (timers = timers.filter((each) => each !== timer));
    },
    load: async (request) => {
      requests.push({ atMs: nowMs, request });
      if (outside.fails) throw new Error('the server is away');
      return request.windows.map(({ topic, partition }): StripPicture => ({
        topic,
        partition,
        startOffset: 0,
        endOffset: 10,
        fromOffset: request.range?.fromOffset ?? 0,
        toOffset: request.range?.endOffset ?? 10,
        version: versions.get(partition) ?? 1,
        holders: [],
        runs: [[0, 9, 0, 0, -1, null]],
        columns: null,
        columnOffsets: null,
      }));
    },
  });
  return {
    feed,
    requests,
    outside,
    /** The window changes, and the events say so. */
    move: (partition: number) => {
      const version = (versions.get(partition) ?? 1) + 1;
      versions.set(partition, version);
      feed.moved('emails', partition, version);
    },
    pass: async (ms: number) => {
      const untilMs = nowMs + ms;
      for (;;) {
        await settle();
        const next = timers.toSorted((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > untilMs) break;
        nowMs = Math.max(nowMs, next.atMs);
        timers = timers.filter((each) => each !== next);
        next.call();
      }
      nowMs = untilMs;
    },
  };
};

const want = (partition: number, change: Partial<StripWant> = {}): StripWant => ({
  topic: 'emails',
  partition,
  columns: 400,
  range: null,
  pace: 'list',
  isVisible: true,
  ...change,
});

describe('The feed of strips', () => {
  it('asks for all visible windows of one width in one request, 64 at most', async () => {
    const { feed, requests, pass } = startFeed();
    for (let partition = 0; partition < 70; partition += 1) feed.watch(want(partition), () => {});
    feed.watch(want(70, { columns: 800 }), () => {});
    await pass(5000);
    expect(requests.map(({ request }) => request.windows.length)).toEqual([64, 6, 1]);
    expect(requests.every(({ atMs }) => atMs === 0)).toBe(true);
  });

  it('asks again only when the window has changed, and for that window only', async () => {
    const { feed, requests, move, pass } = startFeed();
    for (const partition of [0, 1, 2]) feed.watch(want(partition), () => {});
    await pass(60_000);
    expect(requests).toHaveLength(1);
    move(1);
    await pass(5000);
    expect(requests).toHaveLength(2);
    expect(requests[1]!.request.windows).toEqual([{ topic: 'emails', partition: 1 }]);
  });

  it('asks nothing for what nobody sees, until it is seen', async () => {
    const { feed, requests, move, pass } = startFeed();
    const watch = feed.watch(want(0, { isVisible: false }), () => {});
    for (let second = 0; second < 10; second += 1) {
      move(0);
      await pass(1000);
    }
    expect(requests).toEqual([]);
    watch.change(want(0));
    await pass(0);
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['list', 10],
    ['focus', 40],
  ] as const)(
    'asks at the pace of a strip in %s: %i times in ten seconds, however busy the window',
    async (pace, most) => {
      const { feed, requests, move, pass } = startFeed();
      feed.watch(want(0, { pace }), () => {});
      for (let step = 0; step < 200; step += 1) {
        move(0);
        await pass(50);
      }
      expect(requests.length).toBeGreaterThan(most * 0.85);
      expect(requests.length).toBeLessThanOrEqual(most + 1);
    },
  );

  it('asks for a range alone, and for another range soon', async () => {
    const { feed, requests, pass } = startFeed();
    const range = { fromOffset: 3, endOffset: 5 };
    const seen: StripPicture[] = [];
    feed.watch(want(1), () => {});
    const watch = feed.watch(want(0, { pace: 'focus' }), (picture) => seen.push(picture));
    await pass(1000);
    watch.change(want(0, { pace: 'focus', range }));
    await pass(0);
    expect(requests.at(-1)!.request).toEqual({ windows: [{ topic: 'emails', partition: 0 }], columns: 400, range });
    expect(seen.at(-1)).toMatchObject({ fromOffset: 3, toOffset: 5 });
  });

  it('keeps trying, at leisure, while the server is away', async () => {
    const { feed, requests, outside, pass } = startFeed();
    let shown = 0;
    outside.fails = true;
    feed.watch(want(0, { pace: 'focus' }), () => (shown += 1));
    await pass(9900);
    expect(requests).toHaveLength(5);
    outside.fails = false;
    await pass(2000);
    expect(shown).toBe(1);
    await pass(60_000);
    expect(requests).toHaveLength(6);
  });

  it('shows nothing to a strip that is gone', async () => {
    const { feed, requests, pass } = startFeed();
    let shown = 0;
    const watch = feed.watch(want(0), () => (shown += 1));
    watch.close();
    await pass(5000);
    expect([requests.length, shown]).toEqual([0, 0]);
  });
});
