import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems, useBrowser } from './browser.ts';
import { launchBrowser } from './chromium.ts';

/** What can go wrong in a page, each at a path. */
const pages: Record<string, string> = {
  '/fine': '<p>fine</p>',
  '/throws': `<script src="/throws.js"></script>`,
  '/throws.js': `setTimeout(() => { throw new Error('thrown in a timer'); })`,
  '/rejects': `<script src="/rejects.js"></script>`,
  '/rejects.js': `Promise.reject(new Error('nobody caught this'))`,
  '/logs': `<script src="/logs.js"></script>`,
  '/logs.js': `console.error('told as an error')`,
  '/missing-script': `<script src="/none.js"></script>`,
  '/elsewhere': `<img alt="" src="http://localhost:1/picture.png">`,
  '/inline': `<button onclick="alert(1)">inline</button><script>window.ran = true</script>`,
};

const page = (body: string): string =>
  `<!doctype html><html lang="en"><title>a page</title><link rel="icon" href="data:,"><main><h1>A page</h1>${body}</main>`;

const server = createServer(({ url = '' }, response) => {
  const body = pages[url];
  response.statusCode = body === undefined ? 404 : 200;
  response.setHeader('content-type', url.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8');
  response.setHeader('content-security-policy', "default-src 'none'; script-src 'self'; img-src 'self' data:");
  response.end(body === undefined || url.endsWith('.js') ? body : page(body));
});
let origin: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const browser = useBrowser();

describe('The browser of the page tests', () => {
  it.each([
    ['a script that throws', '/throws', /uncaught: Error: thrown in a timer/],
    ['a rejection that nobody caught', '/rejects', /uncaught: Error: nobody caught this/],
    ['an error on the console', '/logs', /console\.error: told as an error/],
    ['a request that fails', '/missing-script', /console\.error: Failed to load resource.*404.*none\.js/],
    ['a request to another host', '/elsewhere', /request to another host: GET http:\/\/localhost:1\/picture\.png/],
    ['a script that the content security policy forbids', '/inline', /content security policy violated: script-src/],
  ])('notices %s', async (_, path, problem) => {
    const watched = await browser.open(`${origin}${path}`);
    await expect.poll(() => watched.problems.join('\n')).toMatch(problem);
    // Told: else this very test would fail, which is what the rig is for.
    (watched.problems as string[]).length = 0;
  });

  it('lets pass what is fine, and what a test expects', async () => {
    const fine = await browser.open(`${origin}/fine`);
    expect(await fine.page.textContent('p')).toBe('fine');
    expect(fine.problems).toEqual([]);

    fine.expectProblem(/told as an error/);
    await fine.page.goto(`${origin}/logs`);
    await fine.page.waitForLoadState('networkidle');
    expect(fine.problems).toEqual([]);
  });

  it('tells what axe finds', async () => {
    const { page } = await browser.open(`${origin}/fine`);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.evaluate(`document.body.append(document.createElement('button'))`);
    expect((await accessibilityProblems(page)).join('\n')).toMatch(/^button-name: Buttons must have discernible text/);
  });

  it('can be launched twice at the same time', async () => {
    const both = await Promise.all([launchBrowser(), launchBrowser()]);
    for (const each of both) await each.close();
  });
});
