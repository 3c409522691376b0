import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settings } from '../../src/config.ts';

const url = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const dockerfile = readFileSync(url('Dockerfile'), 'utf8');
const compose = readFileSync(url('docker-compose.yml'), 'utf8');
const ignored = readFileSync(url('.dockerignore'), 'utf8').split('\n');

describe('the container image', () => {
  it('copies only what is there and what .dockerignore lets through', () => {
    const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) =>
      (sources ?? '').split(' '),
    );
    expect(copies).toContain('src');
    for (const source of copies) {
      expect(existsSync(url(source)), source).toBe(true);
      expect(ignored).toContain(`!${source}`);
    }
  });

  it('does not run as root, keeps its data in a volume, and is asked for its health at /livez', () => {
    expect(dockerfile.indexOf('USER node')).toBeGreaterThan(dockerfile.indexOf('chown node:node /data'));
    expect(dockerfile).toContain('VOLUME /data');
    expect(dockerfile).toMatch(/HEALTHCHECK [^]*\/livez/);
    expect(compose).toMatch(/healthcheck:[^]*\/livez/);
    expect(compose).toContain('sash-data:/data');
  });

  it('runs the Node that the tests ran on, by its major version', () => {
    const { devDependencies } = JSON.parse(readFileSync(url('package.json'), 'utf8')) as {
      devDependencies: { node: string };
    };
    for (const [, major] of dockerfile.matchAll(/^FROM node:(\d+)/gm))
      expect(devDependencies.node.split('.')[0]).toBe(major);
  });

  it('is published for this machine only, as long as there is no authentication', () => {
    expect(compose).toContain(`'127.0.0.1:8080:8080'`);
  });

  it('sets no variable that is not a setting', () => {
    const known = new Set(settings.map(({ environment }) => environment));
    for (const [variable] of `${dockerfile}${compose}`.matchAll(/\bSASH_[A-Z_]+/g)) expect(known).toContain(variable);
  });
});
