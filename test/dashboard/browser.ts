import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launchBrowser } from './chromium.ts';

/** A page in the browser, watched: whatever goes wrong in it fails the test, unless it was expected. */
export interface WatchedPage {
  readonly page: Page;
  /** What went wrong so far and was not expected, one sentence each. */
  readonly problems: readonly string[];
  /** Problems that match are what the test is about, such as the failed requests of a lost connection. */
  readonly expectProblem: (pattern: RegExp) => void;
}

export interface PageOptions {
  /** CSS pixels. Default: 1440 × 900. */
  readonly width?: number;
  readonly height?: number;
  /** Default: light. */
  readonly colorScheme?: 'light' | 'dark';
  /** Default: reduce, so that nothing moves while a test looks. */
  readonly reducedMotion?: 'reduce' | 'no-preference';
  /** Device pixels of one CSS pixel. Default: 1. */
  readonly pixelRatio?: number;
  /** Fingers instead of a mouse. */
  readonly touch?: boolean;
  /** Default: Europe/Berlin, so that local time is never UTC. */
  readonly timeZone?: string;
}

/**
 * One Chromium for a test file, started before its tests and closed after them. Call it at the top of the file.
 *
 * After each test its pages are closed, and the test fails when in one of them
 *
 *   - a script threw, or a promise was rejected and nobody caught it
 *   - something was written with `console.error` or `console.warn`, which a failed request does too
 *   - a request went to another host than the page came from
 *   - the content security policy was violated
 */
export function useBrowser(): { open(url: string, options?: PageOptions): Promise<WatchedPage> } {
  let browser: Browser;
  const opened: WatchedPage[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
    // The first file that runs unpacks it.
  }, 60_000);

  afterEach(async () => {
    const pages = opened.splice(0);
    // First what tests put in between: a request that it is just passing on would fail with the page.
    await Promise.all(pages.map(({ page }) => page.unrouteAll({ behavior: 'ignoreErrors' })));
    await Promise.all(pages.map(({ page }) => page.context().close()));
    expect(
      pages.flatMap(({ problems }) => problems),
      'what went wrong in the page',
    ).toEqual([]);
  });

  afterAll(() => browser.close());

  return {
    async open(url, options = {}) {
      const watched = await watchedPage(browser, new URL(url).host, options);
      opened.push(watched);
      await watched.page.goto(url);
      return watched;
    },
  };
}

async function watchedPage(browser: Browser, ownHost: string, options: PageOptions): Promise<WatchedPage> {
  const context = await browser.newContext(contextOptions(options));
  context.setDefaultTimeout(10_000);
  const problems: string[] = [];
  const expected: RegExp[] = [];
  const report = (problem: string): void => {
    if (!expected.some((pattern) => pattern.test(problem))) problems.push(problem);
  };
  context.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (!(protocol === 'data:' || protocol === 'blob:' || host === ownHost))
      report(`request to another host: ${request.method()} ${request.url()}`);
  });
  context.on('weberror', (error) => report(`uncaught: ${error.error().stack ?? error.error().message}`));
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      report(`console.${message.type()}: ${message.text()} (${message.location().url})`);
  });
  // Chromium tells violations on the console too, but not all that a script can see.
  await context.addInitScript(
    `document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
      console.error('content security policy violated: ' + violatedDirective + ' by ' + blockedURI + ' in ' + sourceFile + ':' + lineNumber));`,
  );
  return { page: await context.newPage(), problems, expectProblem: (pattern) => void expected.push(pattern) };
}

function contextOptions(options: PageOptions): BrowserContextOptions {
  const { width = 1440, height = 900, touch = false } = options;
  return {
    viewport: { width, height },
    colorScheme: options.colorScheme ?? 'light',
    reducedMotion: options.reducedMotion ?? 'reduce',
    deviceScaleFactor: options.pixelRatio ?? 1,
    hasTouch: touch,
    isMobile: touch,
    locale: 'en-GB',
    timezoneId: options.timeZone ?? 'Europe/Berlin',
  };
}

/**
 * What axe finds against WCAG 2.2 A and AA and its best practices in the page as it is: one sentence for each element.
 * `[]` is what a test expects.
 */
export async function accessibilityProblems(page: Page, within?: string): Promise<string[]> {
  // Through the debugger: the page's own policy forbids scripts that are not its own.
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate(
    `axe.run(${within === undefined ? 'document' : JSON.stringify(within)}, { resultTypes: ['violations'] })`,
  )) as {
    violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n  ${html}\n  ${failureSummary.replaceAll('\n', '\n  ')}`),
  );
}
