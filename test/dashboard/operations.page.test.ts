import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import type { Operation } from '../../src/dashboard/api-types.ts';
import { accessibilityProblems, useBrowser } from './browser.ts';
import { useServer } from './sash-server.ts';

const browser = useBrowser();
const server = useServer(['--group.share.max.partition.max.record.locks', '1000000']);

let groups = 0;

/** A group with `records` in its window, all of them delivered once and given back. */
const newGroup = async (records: number) => {
  const topic = `topic-${++groups}`;
  const group = `group-${groups}`;
  await server.call('POST', '/v1/topics', { topic, partitions: 1 });
  await server.call('PATCH', `/v1/share-groups/${group}`, {
    config: { 'share.auto.offset.reset': 'earliest', 'share.partition.max.record.locks': '1000000' },
  });
  for (let produced = 0; produced < records; produced += 10_000) {
    const count = Math.min(10_000, records - produced);
    await server.call('POST', `/v1/topics/${topic}/records`, {
      records: Array.from({ length: count }, (_, number) => ({ value: number })),
    });
    await server.call('POST', `/v1/share-groups/${group}/acquire`, {
      topics: [topic],
      maxRecords: count,
      maxBytes: 10_000_000,
      workerId: 'mailer-7f9c',
    });
  }
  await server.call('POST', `/v1/share-groups/${group}/workers/mailer-7f9c/release`);
  return { topic, group };
};

const view = (path: string): string => `${server.url}/#${path}`;

/** In the dialog that is open: waits for its preview, then confirms. */
const confirm = async (page: Page, previewed: RegExp, button: string) => {
  const dialog = page.getByRole('dialog').last();
  await dialog.getByRole('status', { name: 'Preview' }).filter({ hasText: previewed }).waitFor();
  await dialog.getByRole('button', { name: button, exact: true }).click();
};

const rowOf = (page: Page, what: string) => page.getByRole('row').filter({ hasText: what });

describe('what goes on in the background', () => {
  it('is begun for a whole group, and seen until it is done, with what came of it', async () => {
    const { group } = await newGroup(30);
    const { page } = await browser.open(view(`/groups/${group}`));
    await page.getByRole('button', { name: 'Settle all…' }).click();
    await page.getByRole('dialog').getByLabel('Retry').check();
    await page.getByRole('dialog').getByLabel('Reason').fill('smtp is back');
    await confirm(page, /30 records in 1 window are not finished now/, 'Retry in the background');
    await page
      .getByRole('status', { name: 'Messages' })
      .filter({ hasText: /began to retry|gave back 30 records/ })
      .waitFor();
    await page.getByRole('link', { name: /^Operations/ }).click();
    const row = rowOf(page, `Retry all windows of ${group}: “smtp is back”`);
    await row.getByText('Done', { exact: true }).waitFor();
    await row.getByText('30 retried', { exact: true }).waitFor();
    expect(await row.getByRole('button').count()).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('is begun for a range that is too large to wait for', async () => {
    const { group, topic } = await newGroup(12_000);
    const { page } = await browser.open(view(`/groups/${group}/window/${topic}/0`));
    await page.getByLabel('From offset').fill('0');
    await page.getByLabel('to offset', { exact: true }).fill('11,999');
    await page.getByRole('button', { name: 'Accept…' }).click();
    await confirm(page, /12,000 records will be done.*It goes on in the background/s, 'Accept 12,000 records');
    await page.goto(view('/operations'));
    const row = rowOf(page, `Accept ${topic}-0 of ${group}, offsets 0 to 11,999`);
    await row.getByText('12,000 accepted').waitFor();
  });

  it('exports a window, to be fetched', async () => {
    const { group, topic } = await newGroup(5);
    const { page } = await browser.open(view(`/groups/${group}/window/${topic}/0`));
    await page.getByRole('button', { name: 'Export…' }).click();
    await confirm(page, /The runs of 5 offsets/, 'Begin the export');
    const link = rowOf(page, `Export the window of ${group} on ${topic}-0`).getByRole('link', { name: /1 run, \d+ B/ });
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    expect(download.suggestedFilename()).toMatch(/^[a-z0-9-]+\.ndjson$/);
    const lines = await (await download.createReadStream()).toArray();
    expect(JSON.parse(Buffer.concat(lines).toString())).toMatchObject({ topic, firstOffset: 0, lastOffset: 4 });
  });

  it('that is under way is shown with its group and can be cancelled; what another began is seen, too', async () => {
    const { group } = await newGroup(1);
    const running: Operation = {
      id: 'mh3k2x9a-1f2e',
      kind: 'settle',
      group,
      topic: null,
      partition: null,
      request: { type: 'release', reason: null, firstOffset: null, lastOffset: null },
      state: 'running',
      cancelling: false,
      done: 250_000,
      total: 1_000_000,
      result: { released: 249_000, skipped: 1_000 },
      error: { code: 'STORAGE_FULL', message: 'there is no room on the disk' },
      resultBytes: null,
      resultExpiresAt: null,
      door: 'http',
      from: '10.0.0.7',
      createdAt: '2026-11-21T10:00:00.000Z',
      startedAt: '2026-11-21T10:00:00.000Z',
      updatedAt: '2026-11-21T10:00:01.000Z',
      endedAt: null,
    };
    const { page } = await browser.open(view(`/groups/${group}`));
    const cancelled: string[] = [];
    // A disk that is full is not to be had in a test.
    await page.route('**/v1/operations?*', async (route) => {
      const { operations } = (await (await route.fetch()).json()) as { operations: Operation[] };
      await route.fulfill({ json: { operations: [...operations, running] } });
    });
    await page.route(`**/v1/operations/${running.id}`, (route) => {
      cancelled.push(route.request().method());
      return route.fulfill({ json: { ...running, cancelling: true, updatedAt: '2026-11-21T10:00:02.000Z' } });
    });
    await page.reload();
    const underWay = page.getByRole('list', { name: 'Operations under way' }).getByRole('listitem');
    await underWay.filter({ hasText: 'Tries again' }).filter({ hasText: 'there is no room on the disk' }).waitFor();
    await underWay.getByText('250,000 of 1,000,000').waitFor();
    expect(await page.getByRole('link', { name: /^Operations/ }).textContent()).toMatch(/1$/);
    expect(await accessibilityProblems(page)).toEqual([]);
    await underWay.getByRole('button', { name: `Cancel: Release all windows of ${group}` }).click();
    await underWay.getByText('Ends after its step').waitFor();
    expect(cancelled).toEqual(['DELETE']);

    // Begun elsewhere.
    await server.call('POST', '/v1/operations', { kind: 'settle', group, type: 'accept' });
    await page.getByRole('link', { name: /^Operations/ }).click();
    await rowOf(page, `Accept all windows of ${group}`).getByText('1 accepted').waitFor();
  });
});
