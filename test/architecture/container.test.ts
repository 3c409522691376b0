import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { settings } from '../../src/config.ts';

const url = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const launcher = fileURLToPath(url('scripts/sash.mjs'));
const dockerfile = readFileSync(url('Dockerfile'), 'utf8');
const compose = readFileSync(url('docker-compose.yml'), 'utf8');
const embedded = readFileSync(url('docker-compose.embedded.yml'), 'utf8');
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
    expect(dockerfile.indexOf('USER 1000:1000')).toBeGreaterThan(dockerfile.indexOf('chown node:node /data'));
    expect(dockerfile).toContain('VOLUME /data');
    expect(dockerfile).toMatch(/HEALTHCHECK [^]*\/livez/);
    expect(embedded).toContain('sash-data:/data');
  });

  it('runs the Node that the tests ran on, by its major version', () => {
    const { devDependencies } = JSON.parse(readFileSync(url('package.json'), 'utf8')) as {
      devDependencies: { node: string };
    };
    for (const [, major] of dockerfile.matchAll(/^FROM node:(\d+)/gm))
      expect(devDependencies.node.split('.')[0]).toBe(major);
  });

  // In a mount namespace of its own, so that nothing outside sees it; only root may make one.
  const asNobody = 'setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs';
  const probe = `mount --make-rprivate / && mount -o remount,ro,bind / / && exec ${asNobody} ${process.execPath} --check ${launcher}`;
  const mayMount = spawnSync('unshare', ['-m', 'sh', '-c', probe], { cwd: '/' }).status === 0;
  it.skipIf(!mayMount)('serves as a user without rights where nothing but its data can be written', async () => {
    const data = mkdtempSync(join(tmpdir(), 'sash-read-only-'));
    onTestFinished(() => rmSync(data, { recursive: true }));
    const steps = [
      'mount --make-rprivate /',
      `mount -t tmpfs -o uid=1000,gid=1000 tmpfs ${data}`,
      'mount -o remount,ro,bind / /',
      // Fails, as it should.
      `! touch ${tmpdir()}/sash-probe 2>/dev/null`,
      `exec ${asNobody} ${process.execPath} ${launcher} serve`,
    ];
    const environment = { SASH_DATA_DIR: data, SASH_HTTP_PORT: '0', SASH_KAFKA_PORT: '0', PATH: process.env['PATH'] };
    const server = spawn('unshare', ['-m', 'sh', '-ec', steps.join('\n')], { cwd: '/', env: environment });
    const ended = once(server, 'close');
    onTestFinished(() => void server.kill('SIGKILL'));
    let said = '';
    server.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    for await (const line of createInterface({ input: server.stdout })) {
      said += `${line}\n`;
      if (line.includes('"msg":"listening"')) break;
    }
    const { http } = JSON.parse(said.split('\n').find((line) => line.includes('listening')) ?? `"${said}"`) as {
      http: string;
    };
    const body = JSON.stringify({ topic: 'written' });
    const made = await fetch(`${http}/v1/topics`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(made.status).toBe(201);
    server.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('is published for this machine only, as long as there is no authentication', () => {
    for (const file of [compose, embedded]) {
      const ports = [...file.matchAll(/^ +ports:\n((?: +- .*\n)+)/gm)].flatMap(([, list = '']) =>
        list.trim().split('\n'),
      );
      expect(ports.length).toBeGreaterThan(0);
      for (const port of ports) expect(port).toMatch(/- '127\.0\.0\.1:\d+:\d+'/);
    }
  });

  it('sets no variable that is not a setting', () => {
    const known = new Set(settings.map(({ environment }) => environment));
    for (const [variable] of `${dockerfile}${compose}${embedded}`.matchAll(/\bSASH_[A-Z_]+/g))
      expect(known).toContain(variable);
  });
});
