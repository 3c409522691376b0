import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems, useBrowser } from '../browser.ts';
import type { PageOptions } from '../browser.ts';
import { useServer } from '../sash-server.ts';
import { makeWindowOfAllStates, places } from './window-of-all-states.ts';

const browser = useBrowser();
const server = useServer();
let leases: ReadonlyMap<number, string>;

beforeAll(async () => {
  leases = await makeWindowOfAllStates(server);
});

/** The one window, looked at closely. */
const openWindow = async (options: PageOptions = {}) => {
  const watched = await browser.open(`${server.url}/#/groups/mailers/window/emails/0`, options);
  // Of reading the canvas, which only this test does.
  watched.expectProblem(/willReadFrequently/);
  const strip = watched.page.getByRole('application', { name: /^Window of emails-0/ });
  await expect.poll(() => colourAt(strip, 150)).toBeDefined();
  return { ...watched, strip };
};

/** Where the middle of a record is, CSS pixels of the page; the whole window is shown. */
const placeOf = async (strip: Locator, offset: number): Promise<{ x: number; y: number }> => {
  const { x, y, width, height } = (await strip.boundingBox())!;
  return { x: x + (0.02 + ((offset + 0.5) / 200) * 1) * (width / 1.04), y: y + height / 2 };
};

/** As far as a test looks at one in the browser. */
interface Canvas {
  readonly width: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  };
}

/** The colour that most of a record's area has, `r,g,b`; undefined before anything is drawn. */
const colourAt = async (strip: Locator, offset: number): Promise<string | undefined> => {
  const box = (await strip.boundingBox())!;
  const { x, y } = await placeOf(strip, offset);
  const at = { x: x - box.x, y: y - box.y, width: box.width };
  return strip.locator('> canvas').evaluate((canvas: Canvas, { x, y, width }) => {
    const ratio = canvas.width / width;
    const { data } = canvas.getContext('2d').getImageData(x * ratio - 1, y * ratio - 16, 3, 32);
    const counts = new Map<string, number>();
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] === 0) return undefined;
      const colour = data.slice(at, at + 3).join(',');
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
  }, at);
};

/** A colour of the theme, `r,g,b`. */
const themeColour = (page: Page, css: string): Promise<string> =>
  page.evaluate(
    `(() => {
      const context = document.createElement('canvas').getContext('2d');
      const value = ${JSON.stringify(css)};
      context.fillStyle = value.startsWith('--') ? getComputedStyle(document.documentElement).getPropertyValue(value) : value;
      context.fillRect(0, 0, 1, 1);
      return context.getImageData(0, 0, 1, 1).data.slice(0, 3).join();
    })()`,
  );

const spoken = (page: Page): Promise<string> =>
  page
    .locator('.strip [aria-live=polite]')
    .evaluate((element: { readonly textContent: string }) => element.textContent);

const tooltip = (page: Page): Locator => page.locator('.strip-tooltip');

describe('The strip of a window', () => {
  it.each(['light', 'dark'] as const)('shows each state where it is, in its colour: %s', async (colorScheme) => {
    const { page, strip } = await openWindow({ colorScheme });
    for (const state of ['acknowledged', 'delayed', 'archived', 'available'] as const) {
      const [first, last] = places[state];
      const wanted = await themeColour(page, `--state-${state}`);
      for (const offset of [first + 1, last - 1])
        expect(await colourAt(strip, offset), `${state} at ${offset}`).toBe(wanted);
    }
    expect(await colourAt(strip, 130), 'mailer-1 has a colour of its own').not.toBe(
      await themeColour(page, '--state-acquired'),
    );
    expect(await colourAt(strip, 130)).toBe(await colourAt(strip, 150));
  });

  it('follows the theme when it is changed', async () => {
    const { page, strip } = await openWindow({ colorScheme: 'light' });
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await themeColour(page, '--state-acknowledged');
    await expect.poll(() => colourAt(strip, 50)).toBe(dark);
  });

  it('shows under the pointer who holds a record, how often it was delivered, and how long the lock lasts', async () => {
    const { page, strip } = await openWindow();
    const { x, y } = await placeOf(strip, 130);
    await page.mouse.move(x, y);
    const text = await tooltip(page).innerText();
    expect(text).toContain('130');
    expect(text).toContain('120 – 159');
    expect(text).toMatch(/state\s+acquired/);
    expect(text).toMatch(/held by\s+mailer-1/);
    expect(text).toMatch(/deliveries\s+1/);
    const left = /lock ends in\s+(\d+) s/.exec(text)?.[1];
    expect(Number(left)).toBeGreaterThan(0);
    await expect
      .poll(async () => Number(/lock ends in\s+(\d+) s/.exec(await tooltip(page).innerText())?.[1]))
      .toBeLessThan(Number(left));
    await page.mouse.move(5, 5);
    await expect.poll(() => tooltip(page).count()).toBe(0);
  });

  it('opens the record that is clicked', async () => {
    const { page, strip } = await openWindow();
    const { x, y } = await placeOf(strip, 104);
    await page.mouse.click(x, y);
    await page.getByRole('dialog').getByText('smtp: 451 try again later').first().waitFor();
    expect(new URL(page.url()).hash).toBe('#/groups/mailers/window/emails/0/record/emails/0/104');
  });

  it('zooms with ctrl and the wheel around the pointer, and by buttons back to the whole', async () => {
    const { page, strip } = await openWindow();
    const { x, y } = await placeOf(strip, 130);
    await page.mouse.move(x, y);
    await page.keyboard.down('Control');
    for (let turn = 0; turn < 14; turn += 1) await page.mouse.wheel(0, -120);
    await page.keyboard.up('Control');
    await page.mouse.move(x + 1, y);
    await expect.poll(() => tooltip(page).innerText()).toMatch(/^130\n/);
    // A record is now wider than 100 pixels: its neighbour is far.
    await page.mouse.move(x + 40, y);
    expect(await tooltip(page).innerText()).toMatch(/^130\n/);
    const whole = page.getByRole('button', { name: 'Whole window' });
    await whole.click();
    await page.mouse.move((await placeOf(strip, 30)).x, y);
    await expect.poll(() => tooltip(page).innerText()).toMatch(/^(29|30)\n/);
    await expect.poll(() => whole.isDisabled()).toBe(true);
  });

  it('moves when it is dragged, once it is zoomed', async () => {
    const { page, strip } = await openWindow();
    const { x, y } = await placeOf(strip, 100);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.mouse.move(x, y);
    const before = Number((await tooltip(page).innerText()).split('\n')[0]);
    await page.mouse.down();
    await page.mouse.move(x + 200, y, { steps: 4 });
    await page.mouse.up();
    await page.mouse.move(x, y);
    await expect.poll(async () => Number((await tooltip(page).innerText()).split('\n')[0])).toBeLessThan(before - 5);
  });

  it('selects with shift and drag, and says what is selected', async () => {
    const { page, strip } = await openWindow();
    const [from, to] = [await placeOf(strip, 120), await placeOf(strip, 139)];
    await page.keyboard.down('Shift');
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await page.getByText('20 selected: 120 – 139').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await expect.poll(() => page.getByText('selected:').count()).toBe(0);
  });

  it('can be walked, zoomed, selected and opened by keys, and says where one is', async () => {
    const { page, strip } = await openWindow();
    await strip.focus();
    const press = (...keys: readonly string[]): Promise<void> =>
      keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    await press('Home');
    await expect
      .poll(() => spoken(page))
      .toMatch(/^0: acquired, held by mailer-7f9c, deliveries 1, lock ends in \d+ s$/);
    await press('+', '+', '+', '+');
    await press('ArrowRight');
    await expect.poll(() => spoken(page)).toMatch(/^Offset 1 of 1 – 99: records 99, acknowledged/);
    await press('Shift+ArrowRight', 'Shift+ArrowRight');
    await page.getByText('3 selected: 1 – 3').waitFor();
    await press('Escape');
    await expect.poll(() => page.getByText('selected:').count()).toBe(0);
    await press('End');
    await expect.poll(() => spoken(page)).toMatch(/^Offset 199 of 160 – 199: records 40, available/);
    await press('0', 'Enter');
    await page.getByRole('dialog').waitFor();
    expect(new URL(page.url()).hash).toBe('#/groups/mailers/window/emails/0/record/emails/0/199');
  });

  it('has its runs as a table, too', async () => {
    const { page } = await openWindow();
    await page.getByRole('button', { name: 'Table' }).click();
    const rows = await page.getByRole('region', { name: 'Runs that are shown' }).getByRole('row').allInnerTexts();
    expect(rows).toHaveLength(7);
    expect(rows[1]).toMatch(/^0\s+1\s+acquired\s+mailer-7f9c\s+1\s+\d+ s$/);
    expect(rows[3]).toMatch(/^100 – 109\s+10\s+delayed\s+–\s+1\s+(59 min \d\d s|1 h 00 min)$/);
  });

  it.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 360],
    ['dark', 360],
  ] as const)('has nothing that axe objects to: %s, %i px', async (colorScheme, width) => {
    const { page, strip } = await openWindow({ colorScheme, width });
    await page.getByRole('button', { name: 'Table' }).click();
    await strip.focus();
    await page.keyboard.press('Home');
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth'), 'no sideways scrolling').toBeLessThanOrEqual(
      width,
    );
  });

  it('zooms with two fingers, and leaves one finger to the scrolling of the page', async () => {
    const { page, strip } = await openWindow({ width: 390, height: 800, touch: true });
    await strip.scrollIntoViewIfNeeded();
    const session = await page.context().newCDPSession(page);
    const { x, y } = await placeOf(strip, 130);
    const touch = (type: string, ...xs: readonly number[]): Promise<unknown> =>
      session.send('Input.dispatchTouchEvent', {
        type: type as 'touchStart',
        touchPoints: xs.map((x, id) => ({ x, y, id })),
      });
    await touch('touchStart', x - 20, x + 20);
    for (const away of [40, 60, 80, 100]) await touch('touchMove', x - away, x + away);
    await touch('touchEnd');
    await expect.poll(() => page.getByRole('button', { name: 'Whole window' }).isEnabled()).toBe(true);
  });

  // The last one: it changes the window.
  it('moves while people look: what a worker finishes changes its colour, and the start slides on', async () => {
    const { page, strip } = await openWindow();
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/strips?')) asked.push(request.url());
    });
    const askedMeanwhile = async (): Promise<number> => {
      asked.length = 0;
      await page.waitForTimeout(1500);
      return asked.length;
    };
    // What belongs to the opening may still be on its way.
    await expect.poll(askedMeanwhile, { message: 'nothing is asked for while nothing changes' }).toBe(0);

    const acknowledgements = [...leases]
      .filter(([offset]) => offset >= 140)
      .map(([, lease]) => ({ lease, type: 'accept' }));
    await server.call('POST', '/v1/share-groups/mailers/acknowledge', { acknowledgements });
    const acknowledged = await themeColour(page, '--state-acknowledged');
    await expect.poll(() => colourAt(strip, 150)).toBe(acknowledged);
    expect(asked.length).toBeGreaterThan(0);

    await server.call('POST', '/v1/share-groups/mailers/acknowledge', {
      acknowledgements: [{ lease: leases.get(0), type: 'accept' }],
    });
    await page.getByRole('application', { name: /^Window of emails-0: 100 to 199/ }).waitFor();
  });
});
