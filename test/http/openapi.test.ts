import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { openApiDocument } from '../../src/http/openapi.ts';
import type { OpenApiOperation } from '../../src/http/openapi.ts';
import { problemCodes } from '../../src/http/problem.ts';
import { document, openDoor } from './door.ts';

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, path, operation] as const),
);

describe('openapi.json', () => {
  it('is fresh: `npm run openapi` would write the same', () => {
    const committed = JSON.parse(
      readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'),
    ) as unknown;
    expect(committed, 'openapi/openapi.json is stale: run `npm run openapi`').toEqual(
      JSON.parse(JSON.stringify(openApiDocument(packageJson.version))),
    );
  });

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate({ ...structuredClone(document) });
    expect(result.errors ?? [], JSON.stringify(result.errors)).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('refers only to what is there', () => {
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(document.components.schemas, name).toHaveProperty(name!);
    }
    expect(text).not.toContain('#/$defs');
  });

  it('has an id of its own for each operation', () => {
    const ids = operations.map(([, , operation]) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(operations)(
    'describes %s: its path, its fields and its errors',
    (_name, path, operation: OpenApiOperation) => {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters = operation.parameters ?? [];
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(inPath);
      for (const { name, description } of parameters) expect(description, name).toBeTruthy();
      for (const status of ['400', '403', '500']) expect(operation.responses).toHaveProperty(status);
      expect(operation.summary).not.toMatch(/\.$/);
    },
  );

  it('is served as it is', async () => {
    const { app } = await openDoor();
    const { body } = await app.inject({ url: '/openapi.json', headers: { host: 'localhost' } });
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(document)));
  });
});

describe('the reference at /docs', () => {
  const open = async () => {
    const { app } = await openDoor();
    return app.inject({ url: '/docs', headers: { host: 'localhost' } });
  };

  it('shows every operation, schema and code', async () => {
    const { body } = await open();
    for (const [, path, operation] of operations) {
      expect(body).toContain(`id="${operation.operationId}"`);
      expect(body).toContain(path);
    }
    for (const name of Object.keys(document.components.schemas)) expect(body).toContain(`id="schema-${name}"`);
    // `type` of a problem points here.
    for (const code of problemCodes) expect(body).toContain(`id="${code}"`);
  });

  it('loads nothing and runs nothing, and says so to the browser', async () => {
    const { body, headers } = await open();
    expect(body).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|@import|url\(|https?:\/\//);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+=*'; /);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('has links that lead somewhere', async () => {
    const { body } = await open();
    const ids = new Set([...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const [, target] of body.matchAll(/href="#([^"]+)"/g)) expect(ids.has(target), target).toBe(true);
  });

  it('is pointed to from the root', async () => {
    const { app } = await openDoor();
    const { body } = await app.inject({ url: '/', headers: { host: 'localhost' } });
    expect(body).toContain('/docs');
  });
});
