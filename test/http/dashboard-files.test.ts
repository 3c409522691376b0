import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { addDashboard } from '../../src/http/dashboard-files.ts';
import { openDoor } from './door.ts';

const html = { host: 'localhost', accept: 'text/html,*/*' };

const openPage = async () => {
  const { app } = await openDoor();
  const get = (url: string, headers: Record<string, string> = {}) =>
    app.inject({ url, headers: { host: 'localhost', ...headers } });
  const page = await get('/', html);
  const named = [...page.body.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, path]) => `/${path}`);
  const entry = await get(named.find((path) => path.endsWith('.js'))!);
  const loaded = [...entry.body.matchAll(/import\([`'"]\.\/([^`'"]+)[`'"]\)/g)].map(([, file]) => `/assets/${file}`);
  const assets = [...named, ...loaded];
  return { get, page, assets };
};

describe('the live page', () => {
  it('is the document at /, which is asked for each time and named by what is in it', async () => {
    const { get, page } = await openPage();
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['cache-control']).toBe('no-cache');
    const again = await get('/', { ...html, 'if-none-match': String(page.headers['etag']) });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  it('allows nothing that does not come from this server, no script or style in the document, and no frame', async () => {
    const { page } = await openPage();
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
    expect(page.body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it('has files that browsers keep for ever, since their names change with them', async () => {
    const { get, assets } = await openPage();
    expect(assets.length).toBeGreaterThanOrEqual(4);
    for (const asset of assets) {
      const { statusCode, headers } = await get(asset);
      expect(statusCode, asset).toBe(200);
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
    const gone = await get('/assets/index-of-yesterday.js');
    expect(gone.statusCode).toBe(404);
    expect(gone.json()).toMatchObject({ code: 'UNKNOWN_ROUTE' });
  });

  it.each([
    ['br', 'gzip, deflate, br', brotliDecompressSync],
    ['gzip', 'gzip, br;q=0', gunzipSync],
    [undefined, 'identity', (bytes: Buffer) => bytes],
  ] as const)('is sent as %s to who accepts %s', async (encoding, accepted, unpack) => {
    const { get, assets } = await openPage();
    const script = assets.find((path) => path.endsWith('.js'))!;
    const plain = await get(script);
    const answer = await get(script, { 'accept-encoding': accepted });
    expect(answer.headers['content-encoding']).toBe(encoding);
    expect(answer.headers['vary']).toContain('accept-encoding');
    expect(unpack(answer.rawPayload).equals(plain.rawPayload)).toBe(true);
  });

  it('loads with at most 150 KB', async () => {
    const { get, assets } = await openPage();
    const sizes = await Promise.all(
      ['/', ...assets].map(async (path) => {
        const answer = await get(path, { ...html, 'accept-encoding': 'gzip, br' });
        return answer.rawPayload.length + JSON.stringify(answer.headers).length;
      }),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(150_000);
  });

  it('is a few lines of text for curl', async () => {
    const { get } = await openPage();
    const { body, headers } = await get('/', { accept: '*/*' });
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(body).toContain('/docs');
  });

  describe('that has not been built', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sash-dashboard-'));
    afterEach(() => rmSync(folder, { recursive: true }));

    it('says so in a sentence, and is there as soon as it is', async () => {
      const app = fastify();
      addDashboard(app, '1.2.3', folder);
      const missing = await app.inject({ url: '/', headers: html });
      expect(missing.body).toContain('The live page has not been built: run');
      mkdirSync(join(folder, 'assets'));
      writeFileSync(join(folder, 'index.html'), '<p>built</p>');
      expect((await app.inject({ url: '/', headers: html })).body).toBe('<p>built</p>');
      const outside = await app.inject({ url: '/assets/../index.html', headers: html });
      expect(outside.statusCode).toBe(404);
    });
  });
});
