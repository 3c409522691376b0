import { describe, expect, it } from 'vitest';
import { apiRoutes } from '../../src/http/routes.ts';
import { defaultHttpLimits } from '../../src/http/http-settings.ts';
import { expectProblem, openDoor } from './door.ts';

const paths = [
  ...apiRoutes(defaultHttpLimits).map(({ method, path }) => [method, path.replaceAll(/\{\w+\}/g, '0')] as const),
  ['GET', '/'],
  ['GET', '/docs'],
  ['GET', '/openapi.json'],
  ['GET', '/not-served'],
  ['GET', '/%zz'],
  ['PUT', '/v1/topics'],
  ['OPTIONS', '/v1/topics'],
] as const;

describe('a web page of another origin', () => {
  it.each(paths)('gets 403 from %s %s', async (method, path) => {
    const { call } = await openDoor();
    expectProblem(
      await call(method, path, undefined, { origin: 'https://evil.example' }),
      403,
      'FORBIDDEN_ORIGIN',
      'evil.example',
    );
    expectProblem(await call(method, path, undefined, { host: 'evil.example' }), 403, 'FORBIDDEN_HOST', 'evil.example');
  });

  it.each([
    ['another port', { origin: 'http://localhost:3000' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a name that begins like ours', { origin: 'http://localhost:8080.evil.example' }],
    ['an image', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a page on another port', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
    ['a frame', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
  ])('is one also as %s', async (_name, headers) => {
    const { call } = await openDoor();
    expectProblem(await call('GET', '/docs', undefined, headers), 403, 'FORBIDDEN_ORIGIN');
  });

  it('cannot have produced, even as a form', async () => {
    const { call, ok } = await openDoor();
    await ok('POST', '/v1/topics', { topic: 't' });
    const form = { origin: 'https://evil.example', 'content-type': 'text/plain' };
    expectProblem(await call('POST', '/v1/topics/t/records', '{"records":[{}]}', form), 403, 'FORBIDDEN_ORIGIN');
    expect((await ok('GET', '/v1/topics/t')).partitions[0].logEndOffset).toBe(0);
  });

  it('may link to the reference', async () => {
    const { call } = await openDoor();
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect((await call('GET', '/docs', undefined, link)).status).toBe(200);
    expectProblem(await call('GET', '/v1/topics', undefined, link), 403, 'FORBIDDEN_ORIGIN');
  });
});

describe('sash’s own page', () => {
  it.each(['localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'LOCALHOST:8080'])('on %s may use it', async (host) => {
    const { call } = await openDoor();
    const origin = `http://${host.toLowerCase()}`;
    expect((await call('GET', '/v1/topics', undefined, { host, origin, 'sec-fetch-site': 'same-origin' })).status).toBe(
      200,
    );
  });
});

describe('a Host', () => {
  it.each(['127.1.2.3', 'localhost', '[::1]'])('that is loopback is served: %s', async (host) => {
    const { call } = await openDoor();
    expect((await call('GET', '/livez', undefined, { host })).status).toBe(200);
  });

  it('that is configured is served, with any port, and others are not', async () => {
    const { call } = await openDoor({ allowedHosts: ['queue.internal', '[fd00::1]'] });
    for (const host of ['queue.internal', 'Queue.Internal:80', '[fd00::1]:8080']) {
      expect((await call('GET', '/livez', undefined, { host })).status, host).toBe(200);
    }
    for (const host of [
      'other.internal',
      'x.queue.internal',
      '127.0.0.1.evil.example',
      'localhost:8080@evil',
      'evil/localhost',
      '[fd00::2]',
    ]) {
      expectProblem(await call('GET', '/livez', undefined, { host }), 403, 'FORBIDDEN_HOST');
    }
  });

  it('that was good once does not make the next one good', async () => {
    const { call } = await openDoor();
    await call('GET', '/livez', undefined, { host: 'localhost' });
    expectProblem(await call('GET', '/livez', undefined, { host: 'evil.example' }), 403, 'FORBIDDEN_HOST');
  });
});
