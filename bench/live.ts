import { setTimeout as pause } from 'node:timers/promises';
import { type LiveScene, openLiveScene } from './live-scene.ts';
import { cpuMs } from './processes.ts';
import { type BenchOptions, type Row, median } from './row.ts';

/** What a page does that is open. */
interface Page {
  readonly what: string;
  readonly events: 'group' | 'overview' | null;
  /** Windows that are visible: their pictures are asked for once a second. */
  readonly strips: number;
  readonly maxPercent?: number;
}

const pages: readonly Page[] = [
  { what: 'a group: events, and strips of 20 windows once a second', events: 'group', strips: 20, maxPercent: 5 },
  { what: 'a group: events alone', events: 'group', strips: 0 },
  { what: 'strips of 20 windows once a second alone', events: null, strips: 20 },
  { what: 'all groups and topics', events: 'overview', strips: 0 },
];

const acknowledgedPerSecond = 1_000;

/** What an open page costs the server, in CPU time of its whole process, while 1,000 records a second are accepted. */
export async function benchLive({ short, log: tell }: BenchOptions): Promise<readonly Row[]> {
  const size = short ? { partitions: 40, runs: 10_000 } : { partitions: 200, runs: 10_000 };
  const scene = await openLiveScene(size, { log: tell });
  try {
    const rows: Row[] = [];
    const periodMs = short ? 3_000 : 6_000;
    const rounds = 2;
    const stopWork = scene.work(acknowledgedPerSecond);
    await pause(3_000);
    const percent = (beforeMs: number): number => ((cpuMs(scene.server.pid) - beforeMs) / periodMs) * 100;
    const costs = new Map<Page, number[]>(pages.map((page) => [page, []]));
    const bytes = new Map<Page, number>();
    const closed: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const page of pages) {
        // Before and after: the server does other things too, which change slowly.
        const around: number[] = [];
        const idle = async (): Promise<void> => {
          const beforeMs = cpuMs(scene.server.pid);
          await pause(periodMs);
          around.push(percent(beforeMs));
        };
        await idle();
        const close = await openPage(scene, page);
        await pause(1_000);
        const beforeMs = cpuMs(scene.server.pid);
        await pause(periodMs);
        const open = percent(beforeMs);
        bytes.set(page, (await close()) / (periodMs + 1_000));
        await pause(500);
        await idle();
        closed.push(...around);
        costs.get(page)!.push(open - (around[0]! + around[1]!) / 2);
        tell(
          `live: ${page.what}: ${open.toFixed(1)} %, without ${around.map((each) => each.toFixed(1)).join(' and ')} %`,
        );
      }
    }
    const rate = await stopWork();
    rows.push({
      section: 'live',
      what: `${size.partitions} windows of ${size.runs} runs, nobody looks: CPU`,
      figure: `${median(closed).toFixed(1)} % at ${rate.toFixed(0)} accepts/s`,
    });
    for (const [page, percents] of costs) {
      const cost = median(percents);
      rows.push({
        section: 'live',
        what: `an open page, ${page.what}: CPU more`,
        figure: `${cost.toFixed(1)} % (${bytes.get(page)!.toFixed(0)} kB/s)`,
        ...(page.maxPercent === undefined
          ? {}
          : { target: { text: `≤ ${page.maxPercent} %`, met: cost <= page.maxPercent } }),
      });
    }
    return rows;
  } finally {
    await scene.stop();
  }
}

/** Returns what closes it, and how many bytes it has received. */
async function openPage({ server, group, topic }: LiveScene, page: Page): Promise<() => Promise<number>> {
  const closing = new AbortController();
  const { signal } = closing;
  let received = 0;
  const read = async (path: string): Promise<void> => {
    const response = await fetch(`${server.address}${path}`, { signal });
    if (!response.ok || response.body === null) throw new Error(`GET ${path}: ${response.status}`);
    for await (const chunk of response.body) received += chunk.length;
  };
  const running: Promise<void>[] = [];
  if (page.events !== null) running.push(read(page.events === 'group' ? `/v1/events?group=${group}` : '/v1/events'));
  if (page.strips > 0) {
    const windows = Array.from({ length: page.strips }, (_, partition) => `${topic}:${partition}`).join(',');
    running.push(
      (async () => {
        for (;;) {
          await read(`/v1/share-groups/${group}/strips?windows=${windows}&columns=400`);
          await pause(1_000, undefined, { signal });
        }
      })(),
    );
  }
  const ended = Promise.allSettled(running);
  return async () => {
    closing.abort();
    for (const { reason } of (await ended) as { reason?: Error }[]) {
      if (reason !== undefined && reason.name !== 'AbortError') throw reason;
    }
    return received;
  };
}
