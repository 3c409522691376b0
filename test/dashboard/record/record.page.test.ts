import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems, useBrowser } from '../browser.ts';
import type { PageOptions } from '../browser.ts';
import { useServer } from '../sash-server.ts';

const browser = useBrowser();
const server = useServer();

const html = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script><b>bold</b>';
const rightToLeft = 'file\u202Egpj.exe שלום עולם';
const binary = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const megabyte = `${'<i>0123456789</i>'.repeat(61_600)}the end`;
const largeJson = JSON.stringify(Array.from({ length: 24_000 }, (_, index) => ({ index, '<b>': 'x'.repeat(10) })));

/** Values by their offset. */
const records = [
  { key: 'user-9', value: '{"amount":12345678901234567890,"to":"ada@example.org","tags":[]}' },
  {
    key: html,
    value: html,
    headers: [
      { key: html, value: html },
      { key: rightToLeft, value: Buffer.from(binary).toString('base64'), encoding: 'base64' },
    ],
  },
  { key: rightToLeft, value: `\0\u001b[31m${rightToLeft}\r\nsecond line` },
  { key: null, value: Buffer.from(binary).toString('base64'), valueEncoding: 'base64' },
  { key: '', value: megabyte },
  { key: null, value: null },
  { key: 'json', value: largeJson },
  { key: 'deep', value: `${'['.repeat(5000)}${']'.repeat(5000)}` },
] as const;

beforeAll(async () => {
  await server.call('POST', '/v1/topics', { topic: 'emails', partitions: 1 });
  await server.call('POST', '/v1/topics/emails/records', { records });
  const acquire = async (workerId: string): Promise<{ lease: string }> => {
    const answer = await server.call<{ records: { lease: string }[] }>('POST', '/v1/share-groups/mailers/acquire', {
      topics: ['emails'],
      startFrom: 'earliest',
      workerId,
    });
    return answer.records[0]!;
  };
  // Offset 0 fails once, with a reason that is hostile, too; then somebody has it.
  const { lease } = await acquire('mailer-1');
  await server.call('POST', '/v1/share-groups/mailers/acknowledge', {
    acknowledgements: [{ lease, type: 'release', reason: `${html}${rightToLeft}` }],
  });
  await acquire('mailer-2');
});

const openRecord = async (offset: number, options: PageOptions = {}) => {
  const watched = await browser.open(`${server.url}/#/groups/mailers/record/emails/0/${offset}`, options);
  const drawer = watched.page.getByRole('dialog');
  await drawer.getByRole('region', { name: 'Value' }).first().waitFor();
  return { ...watched, drawer };
};

const isHarmed = (page: Page): Promise<unknown> => page.evaluate('window.harmed');

const shownValue = (page: Page): Promise<string> =>
  page
    .getByRole('region', { name: /^Value, / })
    .evaluate((element: { readonly textContent: string }) => element.textContent);

describe('The record drawer', () => {
  it('shows what became of a record: who has it, until when, and what happened before', async () => {
    const { page, drawer } = await openRecord(0);
    const text = await drawer.innerText();
    expect(text).toMatch(/State\s+acquired/);
    expect(text).toMatch(/Held by\s+mailer-2/);
    expect(text).toMatch(/Deliveries\s+2 of 5/);
    const attempts = await drawer.getByRole('region', { name: 'Attempts' }).getByRole('listitem').allInnerTexts();
    expect(attempts).toHaveLength(2);
    expect(attempts[0]).toMatch(/mailer-2 has it now/);
    expect(attempts[1]).toMatch(/mailer-1 released/);
    expect(attempts[1]).toContain(html);
    const left = async (): Promise<number> => Number(/Lock ends in\s+(\d+) s/.exec(await drawer.innerText())?.[1]);
    const before = await left();
    expect(before).toBeGreaterThan(0);
    await expect.poll(left).toBeLessThan(before);
    expect(await isHarmed(page)).toBeUndefined();
  });

  it('shows a record also while its window moves faster than the server answers', async () => {
    await server.call('POST', '/v1/topics', { topic: 'busy', partitions: 1 });
    let isOver = false;
    const moving = (async () => {
      for (let i = 0; !isOver; i++) {
        await server.call('POST', '/v1/topics/busy/records', { records: [{ value: `job ${i}` }] });
        const wish = { topics: ['busy'], startFrom: 'earliest', workerId: 'mover' };
        await server.call('POST', '/v1/share-groups/movers/acquire', wish);
      }
    })();
    const { page } = await browser.open(`${server.url}/#/groups/movers`);
    let answers = 0;
    await page.route('**/partitions/0/records/0?*', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      answers++;
      await route.continue();
    });
    await page.getByText('busy-0').first().waitFor();
    await page.evaluate("location.hash = '#/groups/movers/record/busy/0/0'");
    const drawer = page.getByRole('dialog');
    await drawer.getByText('Loading…').waitFor();
    await drawer.getByRole('region', { name: 'Value' }).first().waitFor({ timeout: 10_000 });
    expect(answers).toBeGreaterThan(0);
    isOver = true;
    await moving;
  });

  it('shows JSON in lines and keeps every digit, and the same as text and as bytes', async () => {
    const { page, drawer } = await openRecord(0);
    expect(await shownValue(page)).toBe(
      '{\n  "amount": 12345678901234567890,\n  "to": "ada@example.org",\n  "tags": []\n}',
    );
    const value = drawer.getByRole('region', { name: 'Value', exact: true });
    await value.getByRole('button', { name: 'Text' }).click();
    expect(await shownValue(page)).toBe(records[0].value);
    await value.getByRole('button', { name: 'Hex' }).click();
    expect((await shownValue(page)).split('\n')[0]).toBe(
      '00000000  7b 22 61 6d 6f 75 6e 74  22 3a 31 32 33 34 35 36  |{"amount":123456|',
    );
  });

  it('shows HTML as the text that it is: in key, value, headers and reasons', async () => {
    const { page, drawer } = await openRecord(1);
    expect(await shownValue(page)).toBe(html);
    const shown = await drawer.innerText();
    expect(shown.split(html).length - 1).toBeGreaterThanOrEqual(4);
    expect(await drawer.locator('img, b, script').count()).toBe(0);
    expect(await isHarmed(page)).toBeUndefined();
  });

  it('makes visible what would turn or hide text, and turns nothing around it', async () => {
    const { page, drawer } = await openRecord(2);
    const value = await shownValue(page);
    expect(value).toContain('⟨NUL⟩⟨ESC⟩[31mfile⟨U+202E⟩gpj.exe שלום עולם⟨CR⟩\nsecond line');
    expect(value).not.toContain('\u202E');
    const body = page.getByRole('region', { name: /^Value, / });
    expect(await body.getAttribute('dir')).toBe('auto');
    expect(
      await page.evaluate(`getComputedStyle(document.querySelector('.payload-body')).unicodeBidi`),
      'each line has its own direction',
    ).toBe('plaintext');
    expect(await drawer.getByTitle('U+202E').count()).toBeGreaterThanOrEqual(2);
  });

  it('shows bytes that are no text in hex, and saves them as they are', async () => {
    const { page, drawer } = await openRecord(3);
    expect(await shownValue(page)).toMatch(/^0{8} {2}00 01 02 .*\n(.*\n){14}0{6}f0 .* fe ff {2}\|·+\|$/);
    expect(await drawer.getByRole('button', { name: 'Text' }).isDisabled()).toBe(true);
    expect(await drawer.getByText('null: there is none').count()).toBe(1);
    const download = page.waitForEvent('download');
    await drawer.getByRole('button', { name: 'Download' }).click();
    const saved = await download;
    expect(saved.suggestedFilename()).toBe('emails-0-3-value.bin');
    expect(Uint8Array.from(readFileSync(await saved.path()))).toEqual(binary);
  });

  it('cuts a megabyte, shows all of it when asked, and stays usable', async () => {
    const { page, drawer } = await openRecord(4);
    expect((await shownValue(page)).length).toBe(16_384);
    await drawer.getByRole('button', { name: 'Show more' }).click();
    expect((await shownValue(page)).length).toBe(16_384 * 5);
    await drawer.getByRole('button', { name: /^Show all/ }).click();
    expect(await shownValue(page)).toBe(megabyte);
    expect(await drawer.getByText('Cut: there is more').count()).toBe(0);
    await drawer.getByRole('button', { name: 'Close' }).click();
    await drawer.waitFor({ state: 'detached' });
    expect(await page.locator('i').filter({ hasText: '0123456789' }).count()).toBe(0);
  });

  it('shows a megabyte of JSON, and five thousand brackets in each other', async () => {
    const { page, drawer } = await openRecord(6);
    expect(await shownValue(page)).toMatch(/^\[\n {2}\{\n {4}"index": 0,\n {4}"<b>": "x+"\n {2}\},/);
    await drawer.getByRole('button', { name: /^Show all/ }).click();
    expect(JSON.parse(await shownValue(page))).toHaveLength(24_000);
    await drawer.getByRole('button', { name: 'Next' }).click();
    await expect.poll(() => shownValue(page)).toMatch(/^\[\n {2}\[\n {4}\[/);
  });

  it('tells null from empty', async () => {
    const empty = await openRecord(4);
    expect(await empty.drawer.getByText('empty: 0 bytes').count()).toBe(1);
    const none = await openRecord(5);
    expect(await none.drawer.getByText('null: there is none').count()).toBe(2);
  });

  it('goes to the next and the previous record, with an address for each, and says where there is none', async () => {
    const { page, drawer, expectProblem } = await openRecord(6);
    // Asking beyond the end of the log is answered by a problem, which browsers put on the console.
    expectProblem(/Failed to load resource/);
    await drawer.getByRole('button', { name: 'Previous' }).click();
    await expect.poll(() => drawer.getByText('null: there is none').count()).toBe(2);
    expect(new URL(page.url()).hash).toBe('#/groups/mailers/record/emails/0/5');
    for (const offset of [6, 7, 8]) {
      await drawer.getByRole('button', { name: 'Next' }).click();
      await expect.poll(() => new URL(page.url()).hash).toBe(`#/groups/mailers/record/emails/0/${offset}`);
    }
    await drawer.getByRole('alert').waitFor();
    expect(await drawer.getByRole('alert').innerText()).toMatch(/8/);
  });

  it.each([
    ['light', 1440],
    ['dark', 360],
  ] as const)('has nothing that axe objects to: %s, %i px', async (colorScheme, width) => {
    const { page } = await openRecord(1, { colorScheme, width });
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });
});
