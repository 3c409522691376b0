import { describe, expect, it } from 'vitest';
import { useBrowser } from './browser.ts';
import { useServer } from './sash-server.ts';

const browser = useBrowser();
const server = useServer();

describe('the page of a server that has nothing yet', () => {
  it('tells a newcomer what to type', async () => {
    const { page } = await browser.open(server.url);
    await page.getByRole('heading', { name: 'There is no share group yet' }).waitFor();
    expect(await page.locator('.commands pre').textContent()).toContain(`curl -sS ${server.url}/v1/topics`);
  });
});
