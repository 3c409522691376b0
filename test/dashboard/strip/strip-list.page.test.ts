import { beforeAll, describe, expect, it } from 'vitest';
import { useBrowser } from '../browser.ts';
import { useServer } from '../sash-server.ts';

const browser = useBrowser();
const server = useServer();
const partitions = 40;

const acquire = async (maxRecords: number): Promise<readonly { readonly lease: string }[]> => {
  const { records } = await server.call<{ records: { lease: string }[] }>('POST', '/v1/share-groups/mailers/acquire', {
    topics: ['emails'],
    startFrom: 'earliest',
    workerId: 'mailer-1',
    maxRecords,
  });
  return records;
};

beforeAll(async () => {
  await server.call('POST', '/v1/topics', { topic: 'emails', partitions });
  await server.call('POST', '/v1/topics/emails/records', {
    records: Array.from({ length: partitions * 50 }, (_, index) => ({ partition: index % partitions, value: index })),
  });
  for (let left = partitions * 20; left > 0;) left -= (await acquire(left)).length;
});

/** Partitions that a request for strips asks for. */
const askedPartitions = (url: string): number[] =>
  new URL(url).searchParams
    .get('windows')!
    .split(',')
    .map((window) => Number(window.split(':')[1]));

describe('The strips of a list', () => {
  it('are asked for together, once a second at most, and only those that are seen', async () => {
    const { page } = await browser.open(`${server.url}/#/groups/mailers`);
    const asked: { readonly atMs: number; readonly partitions: readonly number[] }[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/strips?'))
        asked.push({ atMs: performance.now(), partitions: askedPartitions(request.url()) });
    });
    await page.getByRole('application', { name: /^Window of emails-0/ }).waitFor();
    await expect.poll(() => asked.length).toBeGreaterThan(0);
    for (let turn = 0; turn < 30; turn += 1) {
      const records = await acquire(40);
      if (records.length > 0)
        await server.call('POST', '/v1/share-groups/mailers/acknowledge', {
          acknowledgements: records.map(({ lease }) => ({ lease, type: 'accept' })),
        });
      await page.waitForTimeout(100);
    }
    const seen = new Set(asked.flatMap(({ partitions }) => partitions));
    expect(Math.max(...seen), 'far below the edge of the screen').toBeLessThan(partitions / 2);
    for (const partition of seen) {
      const times = asked.filter(({ partitions }) => partitions.includes(partition)).map(({ atMs }) => atMs);
      const seconds = (times.at(-1)! - times[0]!) / 1000;
      // What comes a little early goes together with what is due.
      expect(times.length, `emails-${partition}`).toBeLessThanOrEqual(Math.ceil(seconds * 1.15) + 1);
    }
  });

  it('are drawn when they are scrolled to', async () => {
    const { page } = await browser.open(`${server.url}/#/groups/mailers`);
    await page.getByRole('application', { name: /^Window of emails-0/ }).waitFor();
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    const last = page.getByRole('application', { name: /^Window of emails-39/ });
    await last.waitFor();
    await expect
      .poll(() => last.locator('> canvas').evaluate((canvas: { readonly width: number }) => canvas.width))
      .toBeGreaterThan(300);
  });

  it('show their tooltip above the rows around it', async () => {
    const { page } = await browser.open(`${server.url}/#/groups/mailers`);
    const strip = page.getByRole('application', { name: /^Window of emails-1\b/ });
    await strip.waitFor();
    const { x, y, height } = (await strip.boundingBox())!;
    const tooltip = strip.locator('.strip-tooltip');
    await expect
      .poll(async () => {
        await page.mouse.move(x + 100 + Math.random() * 20, y + height / 2);
        return tooltip.count();
      })
      .toBe(1);
    const box = (await tooltip.boundingBox())!;
    // Pointers go through it, so that it hides nothing: not for this look.
    const isOnTop = await page.evaluate(`(() => {
      const tooltip = document.querySelector('.strip-tooltip');
      tooltip.style.pointerEvents = 'auto';
      const at = document.elementFromPoint(${box.x + box.width / 2}, ${box.y + box.height - 6});
      tooltip.style.pointerEvents = '';
      return tooltip.contains(at);
    })()`);
    expect(isOnTop).toBe(true);
  });
});
