import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { accessibilityProblems, useBrowser } from './browser.ts';
import { useServer } from './sash-server.ts';

const browser = useBrowser();
const server = useServer();

interface Acquired {
  readonly records: readonly { readonly partition: number; readonly offset: number; readonly lease: string }[];
}

/** Waits for what comes a moment later. */
// eslint-disable-next-line vitest/require-awaited-expect-poll -- whoever calls it awaits
const eventually = <T>(look: () => Promise<T>) => expect.poll(look);

let groups = 0;

/** A group of its own on a topic of its own: `records` in partition 0, of which a worker has locked the first `locked`. */
const newGroup = async (records: number, locked: number, config: Record<string, string> = {}) => {
  const topic = `topic-${++groups}`;
  const group = `group-${groups}`;
  await server.call('POST', '/v1/topics', { topic, partitions: 2 });
  await server.call('PATCH', `/v1/share-groups/${group}`, {
    config: { 'share.auto.offset.reset': 'earliest', ...config },
  });
  const produce = (count: number) =>
    server.call('POST', `/v1/topics/${topic}/records`, {
      records: Array.from({ length: count }, (_, number) => ({
        partition: 0,
        key: `key-${number}`,
        value: { number },
      })),
    });
  if (records > 0) await produce(records);
  const acquire = (maxRecords: number, workerId = 'mailer-7f9c') =>
    server.call<Acquired>('POST', `/v1/share-groups/${group}/acquire`, {
      topics: [topic],
      maxRecords,
      workerId,
      lockDurationMs: 60_000,
    });
  const acknowledge = (taken: Acquired, type: 'accept' | 'release' | 'reject', reason?: string) =>
    server.call('POST', `/v1/share-groups/${group}/acknowledge`, {
      acknowledgements: taken.records.map(({ lease }) => ({
        lease,
        type,
        ...(reason === undefined ? {} : { reason }),
      })),
    });
  const window = async () => {
    const { windows } = await server.call<{
      windows: { partition: number; startOffset: number; counts: Record<string, number> }[];
    }>('GET', `/v1/share-groups/${group}/windows`);
    return windows.find(({ partition }) => partition === 0)!;
  };
  const taken = locked === 0 ? { records: [] } : await acquire(locked);
  return { topic, group, produce, acquire, acknowledge, window, taken };
};

const view = (path: string): string => `${server.url}/#${path}`;
const row = (page: Page, topic: string) => page.getByRole('article', { name: `${topic}-0`, exact: true });

/** In the dialog that is open: waits for its preview, then confirms. */
const confirm = async (page: Page, previewed: RegExp, button: string) => {
  const dialog = page.getByRole('dialog').last();
  await dialog.getByRole('status', { name: 'Preview' }).filter({ hasText: previewed }).waitFor();
  await dialog.getByRole('button', { name: button, exact: true }).click();
};

/** The message that an action leaves: the line of the audit. */
const message = (page: Page, text: RegExp) =>
  page.getByRole('status', { name: 'Messages' }).filter({ hasText: text }).waitFor();

const newestAudit = async () => {
  const { lines } = await server.call<{ lines: { action: string; summary: string; group: string }[] }>(
    'GET',
    '/v1/audit?limit=1',
  );
  return lines[0]!;
};

describe('the page of a server that has nothing yet', () => {
  it('tells a newcomer what to type, and shows the group as soon as it is there', async () => {
    const { page } = await browser.open(server.url);
    await page.getByRole('heading', { name: 'There is no share group yet' }).waitFor();
    expect(await page.getByLabel('Commands').textContent()).toContain(`curl -sS ${server.url}/v1/topics`);
    const { group } = await newGroup(1, 0);
    await page.getByRole('link', { name: group, exact: true }).waitFor();
  });
});

describe('the list of groups', () => {
  it('says what blocks a group in words, and leads to the record', async () => {
    const { group, topic } = await newGroup(5, 2);
    const { page } = await browser.open(server.url);
    const link = page.getByRole('link', { name: `ffset 0 on ${topic}-0 has been locked by mailer-7f9c for` });
    await link.waitFor();
    // Nothing new comes of the server; the lock grows older all the same.
    await eventually(async () => (await link.textContent())?.match(/for (\d+) s/)?.[1]).toMatch(/^[2-9]$/);
    await link.click();
    await page
      .getByRole('dialog')
      .getByRole('heading', { name: `${topic}-0 offset 0` })
      .waitFor();
    expect(page.url()).toBe(view(`/groups/${group}/record/${topic}/0/0`));
  });

  it('is sorted by a click on a head, and walked through with the arrow keys', async () => {
    const few = await newGroup(3, 0);
    const many = await newGroup(30, 0);
    await few.acquire(1);
    await many.acquire(1);
    const { page } = await browser.open(server.url);
    await page.getByRole('link', { name: many.group, exact: true }).waitFor();
    await page.getByRole('button', { name: 'Lag' }).click();
    const names = page.locator('table [data-row]');
    await eventually(() => names.first().textContent()).toBe(many.group);
    await names.first().focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate('document.activeElement.textContent')).toBe(await names.nth(1).textContent());
    await page.keyboard.press('End');
    expect(await page.evaluate('document.activeElement.textContent')).toBe(await names.last().textContent());
  });
});

describe('a group', () => {
  it('moves while workers run', async () => {
    const { group, topic, acquire, acknowledge } = await newGroup(400, 0);
    await acknowledge(await acquire(1), 'accept');
    const { page } = await browser.open(view(`/groups/${group}`));
    const lag = row(page, topic).locator('.lag');
    await eventually(() => lag.textContent()).toBe('lag 399');
    const strip = row(page, topic).locator('canvas[aria-hidden=true]').last();
    const before = await strip.screenshot();
    const held = await acquire(30, 'mailer-a');
    await page.getByRole('region', { name: 'Workers' }).getByText('mailer-a').waitFor();
    await eventually(async () => (await strip.screenshot()).equals(before)).toBe(false);
    await acknowledge(held, 'accept');
    await eventually(() => lag.textContent()).toBe('lag 369');
  });

  it('shows 200 windows, of which only those exist that are seen', async () => {
    const { group, topic } = await newGroup(0, 0);
    await server.call('PATCH', `/v1/topics/${topic}`, { partitions: 200 });
    await server.call('POST', `/v1/topics/${topic}/records`, {
      records: Array.from({ length: 200 }, (_, partition) => ({ partition, value: 'x' })),
    });
    await server.call('POST', `/v1/share-groups/${group}/acquire`, { topics: [topic], maxRecords: 200, workerId: 'w' });
    const { page } = await browser.open(view(`/groups/${group}`));
    await row(page, topic).waitFor();
    expect(await page.getByRole('article').count()).toBeLessThan(25);
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await page.getByRole('article', { name: `${topic}-199` }).waitFor();
    expect(await page.getByRole('article').count()).toBeLessThan(25);
    await page.getByRole('searchbox', { name: 'Find a window' }).fill(`${topic}-77`);
    await page.getByRole('article', { name: `${topic}-77` }).waitFor();
    expect(await page.getByRole('article').count()).toBe(1);
  });

  it('says which window is full: more waits behind it, and there is no room', async () => {
    const { group, topic, produce } = await newGroup(100, 100, { 'share.partition.max.record.locks': '100' });
    const { page } = await browser.open(view(`/groups/${group}`));
    await row(page, topic).waitFor();
    expect(await row(page, topic).getByText('full').count()).toBe(0);
    await produce(1);
    await row(page, topic).getByText('full: 100 of 100').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('that is not there says so, and appears when it comes into being', async () => {
    const { page, expectProblem } = await browser.open(view('/groups/comes-later'));
    expectProblem(/404/);
    await page.getByRole('heading', { name: 'There is no share group comes-later' }).waitFor();
    await server.call('PATCH', '/v1/share-groups/comes-later', { config: {} });
    await page.getByRole('heading', { name: 'comes-later', exact: true }).waitFor();
  });
});

describe('an action', () => {
  it('frees the record that blocks, from the sentence to the moved start, and shows its line of the audit', async () => {
    const { group, topic, window } = await newGroup(5, 1);
    const { page } = await browser.open(view(`/groups/${group}`));
    await page.getByRole('button', { name: 'Free it…' }).click();
    await page.getByLabel('Accept').check();
    await page.getByLabel('Reason').fill('done by hand');
    await confirm(page, /1 record will be done.*1 lock will be taken/s, 'Accept 1 record');
    await message(page, /done by hand/);
    expect(await newestAudit()).toMatchObject({ action: 'settle', group });
    await eventually(async () => (await window()).startOffset).toBe(1);
    await eventually(() => row(page, topic).textContent()).toContain('lag 4');
    // The focus is back in the page, and the dialog is gone.
    await eventually(() => page.getByRole('dialog').count()).toBe(0);
  });

  it.each([
    ['Release', /1 record will be handed out again/, { available: 1, acquired: 2 }],
    ['Retry', /with one attempt given back/, { available: 1, acquired: 2 }],
    ['Reject', /1 record will be archived/, { archived: 1, acquired: 2 }],
    ['Accept', /1 record will be done/, { acknowledged: 1, acquired: 2 }],
  ])('%s, on one record in its drawer, changes the window', async (name, previewed, counts) => {
    const { group, topic, window } = await newGroup(3, 3);
    const { page } = await browser.open(view(`/groups/${group}/record/${topic}/0/1`));
    const drawer = page.getByRole('dialog');
    await drawer.getByText('mailer-7f9c').first().waitFor();
    await drawer.getByRole('button', { name: `${name}…` }).click();
    await confirm(page, previewed, `${name} 1 record`);
    await message(page, /offset 1/);
    await eventually(async () => (await window()).counts).toMatchObject(counts);
    // The drawer shows what it has become.
    await drawer
      .getByText({ Release: 'available', Retry: 'available', Reject: 'archived', Accept: 'acknowledged' }[name]!)
      .first()
      .waitFor();
  });

  it('ends a range that was typed, and one that was drawn on the strip', async () => {
    const { group, topic, window } = await newGroup(20, 10);
    const { page } = await browser.open(view(`/groups/${group}/window/${topic}/0`));
    await page.getByLabel('From offset').fill('0');
    await page.getByLabel('to offset', { exact: true }).fill('3');
    await page.getByRole('group', { name: 'A range of offsets' }).getByRole('button', { name: 'Accept…' }).click();
    await confirm(page, /4 records will be done/, 'Accept 4 records');
    await eventually(async () => (await window()).startOffset).toBe(4);

    const strip = page.getByRole('application');
    await strip.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+End');
    await page.getByRole('group', { name: 'A range of offsets' }).getByRole('button', { name: 'Reject…' }).click();
    await confirm(page, /6 records will be archived/, 'Reject 6 records');
    await eventually(async () => (await window()).startOffset).toBe(10);
  });

  it('releases all that one worker holds', async () => {
    const { group, window } = await newGroup(5, 4);
    const { page } = await browser.open(view(`/groups/${group}/workers`));
    await page.getByRole('button', { name: 'Release all that mailer-7f9c holds' }).click();
    await confirm(page, /4 records will be handed out again/, 'Release 4 records');
    await message(page, /mailer-7f9c/);
    await eventually(async () => (await window()).counts['available']).toBe(4);
    await page.getByText('Nobody is at work').waitFor();
  });

  it('pauses and resumes', async () => {
    const { group, acquire } = await newGroup(5, 1);
    const { page } = await browser.open(view(`/groups/${group}`));
    await page.getByRole('button', { name: 'Pause' }).click();
    await confirm(page, /Nothing is handed out any more/, 'Pause');
    await page.getByText('Paused', { exact: true }).waitFor();
    expect((await acquire(1)).records).toEqual([]);
    await page.getByRole('button', { name: 'Resume' }).click();
    await confirm(page, /handed out again/, 'Resume');
    await page.getByText('Stable', { exact: true }).waitFor();
    expect((await acquire(1)).records).toHaveLength(1);
  });

  it('resets, after it has shown what would change', async () => {
    const { group, acknowledge, taken, window } = await newGroup(8, 8);
    await acknowledge(taken, 'accept');
    const { page } = await browser.open(view(`/groups/${group}`));
    await page.getByRole('button', { name: 'Reset…' }).click();
    await page.getByRole('dialog').getByLabel('Partition').selectOption('0');
    await page.getByLabel('An offset').check();
    await page.getByLabel('Offset', { exact: true }).fill('3');
    await confirm(page, /5 records more to hand out/, 'Reset 1 window');
    await eventually(async () => (await window()).startOffset).toBe(3);
    expect(await newestAudit()).toMatchObject({ action: 'reset', group });
  });

  it('changes a setting, takes it back, and says what the server does not take', async () => {
    const { group } = await newGroup(0, 0);
    const { page, expectProblem } = await browser.open(view(`/groups/${group}/settings`));
    const change = page.getByRole('button', { name: 'Change share.record.lock.duration.ms' });
    await change.click();
    await page.getByLabel('Value').fill('1');
    expectProblem(/400/);
    await page.getByRole('button', { name: 'Change the setting' }).click();
    await page.getByRole('alert').filter({ hasText: 'share.record.lock.duration.ms' }).waitFor();
    await page.getByLabel('Value').fill('20000');
    await confirm(page, /30000 → 20000/, 'Change the setting');
    const setting = page.getByRole('row').filter({ hasText: 'share.record.lock.duration.ms' });
    await setting.getByText('set for this group').waitFor();
    await setting.getByText('20 s').waitFor();
    // The dialog gave the focus back to the button that opened it.
    await eventually(() => page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe(
      'Change share.record.lock.duration.ms',
    );
    await change.click();
    await page.getByLabel("Back to the server's default").check();
    await confirm(page, /the server's default/, 'Change the setting');
    await setting.getByText("the server's default").waitFor();
  });

  it('deletes an empty group, after its name was typed', async () => {
    const { group } = await newGroup(3, 0);
    const { page } = await browser.open(view(`/groups/${group}`));
    await page.getByRole('button', { name: 'Delete…' }).click();
    expect(await page.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(true);
    await page.getByLabel(`Type ${group} to confirm`).fill(group);
    await confirm(page, /will be gone/, `Delete ${group}`);
    await page.getByRole('heading', { name: 'Share groups' }).waitFor();
    await eventually(() => page.getByRole('link', { name: group, exact: true }).count()).toBe(0);
  });

  it('cannot delete a group that is in use', async () => {
    const { group } = await newGroup(3, 1);
    const { page } = await browser.open(view(`/groups/${group}`));
    expect(await page.getByRole('button', { name: 'Delete…' }).isDisabled()).toBe(true);
  });
});

describe('topics', () => {
  it('are created, produced to and browsed without any group', async () => {
    const { page } = await browser.open(view('/topics'));
    await page.getByRole('button', { name: 'Create a topic…' }).click();
    await page.getByLabel('Name').fill('orders');
    await page.getByLabel('Partitions').fill('1');
    await confirm(page, /orders with 1 partition/, 'Create the topic');
    await page.getByRole('heading', { name: 'orders' }).waitFor();
    await page.getByRole('button', { name: 'Produce a record…' }).click();
    await page.getByRole('textbox', { name: 'Key' }).fill('o-1');
    await page.getByRole('textbox', { name: 'Value', exact: true }).fill('{"total": 12345678901234567890}');
    await page.getByRole('textbox', { name: 'Headers' }).fill('trace: t-9');
    await confirm(page, /One record/, 'Produce');
    await page.getByRole('link', { name: 'orders-0' }).click();
    await page.getByRole('link', { name: '0', exact: true }).click();
    const drawer = page.getByRole('dialog');
    await drawer.getByText('12345678901234567890').waitFor();
    await drawer.getByText('t-9').waitFor();
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    expect(page.url()).toMatch(/#\/topics\/orders\/0/);
    const { groups } = await server.call<{ groups: { group: string }[] }>('GET', '/v1/share-groups');
    expect(groups.map(({ group }) => group)).not.toContain('orders');
  });
});

describe('a connection that is lost', () => {
  it('is said in a banner, what is seen is marked as old, and all comes back by itself', async () => {
    const { group, topic } = await newGroup(5, 0);
    const { page, expectProblem } = await browser.open(view(`/groups/${group}`));
    await page.getByText('Live', { exact: true }).waitFor();
    expectProblem(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|Failed to load resource/);
    await server.kill();
    await page.getByRole('alert').filter({ hasText: 'The connection is lost' }).waitFor();
    expect(await page.locator('main.stale').count()).toBe(1);
    await server.restart();
    await page.getByText('Live', { exact: true }).waitFor();
    await eventually(() => page.getByRole('alert').count()).toBe(0);
    await server.call('POST', `/v1/share-groups/${group}/acquire`, {
      topics: [topic],
      maxRecords: 2,
      workerId: 'after',
    });
    await page.getByRole('region', { name: 'Workers' }).getByText('after').waitFor();
  }, 60_000);
});

describe('a page that nobody looks at', () => {
  it('has no connection, of which a browser has only six, and is told what it missed when it is looked at', async () => {
    const { group, topic } = await newGroup(5, 0);
    const { page } = await browser.open(view(`/groups/${group}`));
    await page.getByText('Live', { exact: true }).waitFor();
    const setHidden = (isHidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      `);
    const isStream = (request: { url(): string }): boolean => request.url().includes('/v1/events');
    const ended = page.waitForEvent('requestfailed', isStream);
    await setHidden(true);
    await ended;
    await page.getByText('Connecting', { exact: true }).waitFor();
    await server.call('POST', `/v1/share-groups/${group}/acquire`, {
      topics: [topic],
      maxRecords: 2,
      workerId: 'missed',
    });
    const begun = page.waitForRequest(isStream);
    await setHidden(false);
    expect(await (await begun).headerValue('last-event-id')).toMatch(/^.+-\d+$/);
    await page.getByRole('region', { name: 'Workers' }).getByText('missed').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});

describe('with the keyboard alone', () => {
  it('one skips to the content, goes between views, and opens the help, which keeps the focus and gives it back', async () => {
    const { page } = await browser.open(server.url);
    await page.getByRole('heading', { name: 'Share groups' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await page.getByRole('heading', { name: 'Topics' }).waitFor();
    const create = page.getByRole('button', { name: 'Create a topic…' });
    await create.focus();
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Help' });
    await help.waitFor();
    for (let presses = 0; presses < 8; presses++) {
      await page.keyboard.press('Tab');
      const inside = await page.evaluate(
        'document.activeElement === document.body || document.activeElement.closest("dialog") !== null',
      );
      expect(inside).toBe(true);
    }
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    await eventually(() => page.evaluate('document.activeElement.textContent')).toBe('Create a topic…');
  });
});

describe('a page that cannot run', () => {
  it('says so in a sentence', async () => {
    const { page, expectProblem } = await browser.open(`${server.url}/livez`);
    expectProblem(/./);
    await page.route(/assets\/start-.*\.js/, (route) => route.abort());
    await page.goto(server.url);
    await page.getByRole('alert').filter({ hasText: 'This page cannot run in this browser' }).waitFor();
  });

  it('is another one where the system has no language that browsers know', async () => {
    const { page } = await browser.open(`${server.url}/livez`);
    await page.addInitScript(
      "Object.defineProperty(navigator, 'language', { get: () => 'en-US@posix', configurable: true })",
    );
    const { group } = await newGroup(3, 1);
    await page.goto(view(`/groups/${group}`));
    await page.getByRole('region', { name: 'Workers' }).getByText('mailer-7f9c').waitFor();
  });
});

describe('the theme', () => {
  const background = (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor');

  it('is the system’s until another is chosen, and that one is remembered', async () => {
    const { page } = await browser.open(server.url, { colorScheme: 'dark' });
    const dark = await background(page);
    await page.getByRole('button', { name: /Theme: the system's/ }).click();
    await eventually(() => background(page)).not.toBe(dark);
    const light = await background(page);
    await page.reload();
    await eventually(() => background(page)).toBe(light);
    await page.getByRole('button', { name: /Theme: light/ }).click();
    await eventually(() => background(page)).toBe(dark);
  });
});

describe('every view', () => {
  const views = async () => {
    const { group, topic, taken, acknowledge } = await newGroup(40, 3, { 'share.delivery.count.limit': '2' });
    await acknowledge({ records: taken.records.slice(1, 2) }, 'reject', 'no such mailbox');
    await server.call('POST', `/v1/share-groups/${group}/pause`);
    return [
      '/groups',
      `/groups/${group}`,
      `/groups/${group}/window/${topic}/0`,
      `/groups/${group}/workers`,
      `/groups/${group}/members`,
      `/groups/${group}/archived`,
      `/groups/${group}/settings`,
      `/groups/${group}/audit`,
      `/groups/${group}/record/${topic}/0/0`,
      '/topics',
      `/topics/${topic}`,
      `/topics/${topic}/0`,
      `/topics/${topic}/0/record/1`,
      '/operations',
      '/nodes',
      '/audit',
      '/nothing-here',
    ];
  };
  const settled = async (page: Page): Promise<void> => {
    await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });
    await page.getByText('Loading…').waitFor({ state: 'detached' });
  };

  it.each([
    // Colours are one matter and widths another.
    ['light', 1440],
    ['dark', 360],
  ] as const)(
    'has no fault that axe finds, and no side scroll, in %s at %s px',
    async (colorScheme, width) => {
      const { page } = await browser.open(server.url, { colorScheme, width, height: 800 });
      for (const path of await views()) {
        await page.goto(view(path));
        await page.reload();
        await settled(page);
        await page.getByRole('heading').first().waitFor();
        expect(await accessibilityProblems(page), path).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), path).toBeLessThanOrEqual(0);
      }
    },
    60_000,
  );

  it('has the actions and dialogs without faults, too', async () => {
    const { group } = await newGroup(5, 2);
    const { page } = await browser.open(view(`/groups/${group}`), { width: 360, height: 760 });
    for (const name of ['Pause', 'Settle all…', 'Reset…', 'Free it…', 'Help and keys']) {
      await page.getByRole('button', { name }).click();
      await page.getByRole('dialog').waitFor();
      expect(await accessibilityProblems(page), name).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
  });
});
