/**
 * `npm run bench:page`: what the live page costs. 200 partitions whose windows have 10,000 runs each, 1,000
 * acknowledgements a second, a real Chromium. `-- --short`: 40 partitions of 1,000 runs, for a look whether it works.
 *
 * Measured: the tasks of the page's main thread while somebody scrolls through all windows, and the server's CPU time with
 * a page open minus without, in turn.
 */
import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../test/dashboard/chromium.ts';
import { PageLoad, makeWindows } from './page-load.ts';
import { cpuMs, startSash } from './processes.ts';
import type { RunningServer } from './processes.ts';
import { mainThreadTasks } from './page-trace.ts';
import { median, number, quantile, table } from './row.ts';
import type { Row } from './row.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    partitions: { type: 'string' },
    runs: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const partitions = Number(values.partitions ?? (values.short ? 40 : 200));
const runs = Number(values.runs ?? (values.short ? 1000 : 10_000));
const rounds = Number(values.rounds ?? (values.short ? 2 : 4));
const phaseMs = Number(values.seconds ?? (values.short ? 5 : 20)) * 1000;
const acknowledgementsPerSecond = 1000;
const group = 'bench';
const log = (text: string): void => console.error(text);

const server = await startSash([], { 'group.share.max.partition.max.record.locks': '100000' });
let load: PageLoad | undefined;
let browser: Browser | undefined;
try {
  log(`making ${partitions} windows of ${number(runs)} runs`);
  await makeWindows(server.address, { group, partitions, runs }, log);
  load = new PageLoad(server.address, { group, partitions, acknowledgementsPerSecond });
  browser = await launchBrowser();
  const rows = [...(await serverCost(server, browser)), ...(await scrolling(browser))];
  const [cpu] = cpus();
  console.log(`
${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}; ${partitions} partitions, ${number(runs)} runs in each window, ${number(load.acknowledgedPerSecond())} acknowledgements/s, ${rounds} rounds of ${phaseMs / 1000} s

${table(rows)}`);
} finally {
  await browser?.close();
  await load?.stop();
  await server.stop();
}

async function openPage(browser: Browser, hash: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  const page = await context.newPage();
  page.on('pageerror', (error) => log(`the page: ${error.message}`));
  await page.goto(`${server.address}/${hash}`);
  await page.getByRole('application').first().waitFor();
  // Until what a page costs at its opening is over.
  await sleep(2000);
  return page;
}

/** The server's CPU time with a page and without one, each as a share of one core. */
async function serverCost({ pid }: RunningServer, browser: Browser): Promise<readonly Row[]> {
  const share = async (): Promise<number> => {
    const [beforeMs, startedMs] = [cpuMs(pid), performance.now()];
    await sleep(phaseMs);
    return (cpuMs(pid) - beforeMs) / (performance.now() - startedMs);
  };
  const views = [
    { what: 'all windows of a group', hash: `#/groups/${group}` },
    { what: 'one window, closely', hash: `#/groups/${group}/window/${group}/0` },
  ];
  const rows: Row[] = [];
  const without: number[] = [];
  for (const { what, hash } of views) {
    const costs: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      log(`${what}: round ${round} of ${rounds}`);
      const base = await share();
      const page = await openPage(browser, hash);
      const withPage = await share();
      await page.context().close();
      without.push(base);
      costs.push(withPage - base);
    }
    const cost = median(costs) * 100;
    rows.push({
      section: 'page',
      what: `server's CPU for one open page: ${what}`,
      figure: `${number(Math.max(0, cost))} % of a core`,
      target: { text: '≤ 5 %', met: cost <= 5 },
    });
  }
  return [
    { section: 'page', what: "server's CPU without a page", figure: `${number(median(without) * 100)} % of a core` },
    ...rows,
  ];
}

/** Down and up again through all windows, by the wheel, while they change. */
async function scrolling(browser: Browser): Promise<readonly Row[]> {
  log('scrolling');
  const page = await openPage(browser, `#/groups/${group}`);
  await page.mouse.move(500, 600);
  await page.evaluate(`(() => {
    window.frames_ = [];
    let before;
    const look = (at) => {
      if (before !== undefined) window.frames_.push(at - before);
      before = at;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  })()`);
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] });
  const endMs = performance.now() + phaseMs;
  for (let step = 0; performance.now() < endMs; step += 1) {
    await page.mouse.wheel(0, step % 400 < 200 ? 120 : -120);
    await sleep(16);
  }
  const tasks = mainThreadTasks(await browser.stopTracing());
  const frames = (await page.evaluate('window.frames_')) as number[];
  await page.context().close();
  // Half of all tasks do next to nothing, and would make any page look smooth.
  const real = tasks.filter((ms) => ms >= 1);
  const p95 = quantile(real, 0.95);
  const long = tasks.filter((ms) => ms > 50);
  return [
    {
      section: 'page',
      what: 'main thread while scrolling: tasks of 1 ms or more, p95',
      figure: `${number(p95)} ms of ${number(real.length)} tasks`,
      target: { text: '< 50 ms', met: p95 < 50 },
    },
    {
      section: 'page',
      what: 'tasks over 50 ms, and the longest',
      figure: `${number(long.length)} of ${number(tasks.length)}, ${number(quantile(tasks, 1))} ms`,
    },
    {
      section: 'page',
      what: 'busy while scrolling',
      figure: `${number((tasks.reduce((sum, ms) => sum + ms, 0) / phaseMs) * 100)} % of the main thread`,
    },
    {
      section: 'page',
      what: 'time between frames, p50 and p95',
      figure: `${number(median(frames))} and ${number(quantile(frames, 0.95))} ms`,
    },
  ];
}
