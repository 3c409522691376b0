import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type StartedServer } from './started-server.ts';

let folder: string;
let data: string;
const started: StartedServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sash-main-'));
  data = join(folder, 'data');
});
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true });
});

function start(...argv: string[]): StartedServer {
  const server = startServer(['--data.dir', data, '--http.port', '0', '--kafka.port', '0', ...argv], folder);
  started.push(server);
  return server;
}

describe('a server that starts', () => {
  it('prints one line that a machine can read, answers there, and keeps sash.json while it runs', async () => {
    const server = start();
    const http = await server.listening;
    expect(http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${http}/livez`)).status).toBe(200);
    const sash = JSON.parse(readFileSync(join(data, 'sash.json'), 'utf8')) as Record<string, unknown>;
    expect(sash).toMatchObject({ pid: server.child.pid, http });
    expect(Date.parse(String(sash['startedAt']))).toBeGreaterThan(Date.now() - 60_000);

    server.child.kill('SIGTERM');
    const { code, stdout } = await server.ended;
    expect(code).toBe(0);
    expect(existsSync(join(data, 'sash.json'))).toBe(false);
    expect(stdout.split('\n').filter((line) => line.includes('"msg":"listening"'))).toHaveLength(1);
    for (const line of stdout.trim().split('\n')) expect(() => JSON.parse(line) as unknown, line).not.toThrow();
  });

  it('shows the curl lines to try under `npm start`, and leaves stdout to the log', async () => {
    const server = startServer(['--data.dir', data, '--http.port', '0', '--kafka.port', '0'], folder, {
      npm_lifecycle_event: 'start',
    });
    started.push(server);
    const http = await server.listening;
    server.child.kill('SIGINT');
    const { code, stderr, stdout } = await server.ended;
    expect(code).toBe(0);
    expect(stderr).toContain(`curl -sS ${http}/v1/share-groups/mailers/acquire`);
    expect(stderr).toMatch(new RegExp(`live page.*${http}/$`, 'm'));
    expect(stdout).not.toContain('curl');
  });

  it('warns in one sentence when it binds to more than loopback', async () => {
    const server = start('--http.host', '0.0.0.0');
    await server.listening;
    server.child.kill('SIGTERM');
    const warnings = (await server.ended).stdout.split('\n').filter((line) => line.includes('no authentication yet'));
    expect(warnings).toHaveLength(1);
  });

  it('starts again, at once, after kill -9 left sash.json behind', async () => {
    const first = start();
    await first.listening;
    first.child.kill('SIGKILL');
    await first.ended;
    expect(existsSync(join(data, 'sash.json'))).toBe(true);
    const second = start();
    const http = await second.listening;
    expect(JSON.parse(readFileSync(join(data, 'sash.json'), 'utf8'))).toMatchObject({ pid: second.child.pid, http });
  });
});

describe('a server that cannot say where it is', () => {
  it('starts all the same, and leaves no sash.json of a process that is gone', async () => {
    const first = start();
    await first.listening;
    first.child.kill('SIGKILL');
    await first.ended;
    // As on a full disk: the file cannot be written.
    mkdirSync(join(data, 'sash.json.new'));
    const second = start();
    expect((await fetch(`${await second.listening}/livez`)).status).toBe(200);
    expect(existsSync(join(data, 'sash.json'))).toBe(false);
    second.child.kill('SIGTERM');
    const { code, stdout } = await second.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('sash.json, which says where the server is, cannot be written');
  });
});

describe('a graceful stop', () => {
  it('answers a waiting poll and ends with 0 within five seconds', async () => {
    const server = start();
    const http = await server.listening;
    const post = (path: string, body: object): Promise<Response> =>
      fetch(`${http}/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await post('/topics', { topic: 'emails' })).status).toBe(201);
    const poll = post('/share-groups/mailers/acquire', { topics: ['emails'], waitMs: 60_000 });
    await untilSomebodyWaits(http);
    const stoppedMs = performance.now();
    server.child.kill('SIGTERM');
    // Answered, one way or the other: not cut off.
    expect([200, 503]).toContain((await poll).status);
    expect((await server.ended).code).toBe(0);
    expect(performance.now() - stoppedMs).toBeLessThan(5_000);
  });

  it('becomes an immediate one at the second signal', async () => {
    const server = start('--shutdown.timeout.ms', '60000');
    const hanging = await requestThatNeverEnds(await server.listening);
    server.child.kill('SIGTERM');
    await untilLogged(server, 'stopping');
    const signalledMs = performance.now();
    server.child.kill('SIGTERM');
    const { code, stdout } = await server.ended;
    expect(code).toBe(1);
    expect(stdout).toContain('second signal: ends at once');
    // And not when shutdown.timeout.ms is over.
    expect(performance.now() - signalledMs).toBeLessThan(15_000);
    hanging.destroy();
  });

  it('takes no longer than shutdown.timeout.ms, and ends with 1 when that was not enough', async () => {
    const server = start('--shutdown.timeout.ms', '100');
    const hanging = await requestThatNeverEnds(await server.listening);
    server.child.kill('SIGTERM');
    const { code, stdout } = await server.ended;
    expect(code).toBe(1);
    expect(stdout).toContain('longer than shutdown.timeout.ms (100)');
    hanging.destroy();
  });
});

describe('a bug of ours', () => {
  it.each([
    ['an exception that nobody caught', `throw new Error('broken on purpose');`],
    ['a rejection that nobody handled', `void Promise.reject(new Error('broken on purpose'));`],
  ])('such as %s is logged as fatal and ends the process with 1', async (_, statement) => {
    const broken = join(folder, 'broken.mjs');
    writeFileSync(broken, `process.on('SIGUSR2', () => { ${statement} });`);
    const environment = { NODE_OPTIONS: `--import ${broken}` };
    const server = startServer(['--data.dir', data, '--http.port', '0', '--kafka.port', '0'], folder, environment);
    started.push(server);
    await server.listening;
    server.child.kill('SIGUSR2');
    const { code, stdout } = await server.ended;
    expect(code).toBe(1);
    const fatal = stdout.split('\n').find((line) => line.includes('"level":60')) ?? '';
    expect(fatal).toContain('broken on purpose');
    expect(fatal).toContain('a bug');
  });
});

describe('a server that cannot start', () => {
  it('says that another process has the data folder, names it and the pid, and ends with 1', async () => {
    const first = start();
    await first.listening;
    const { code, stdout } = await start().ended;
    expect(code).toBe(1);
    const fatal = stdout.split('\n').find((line) => line.includes('"level":60')) ?? '';
    expect(fatal).toContain(data);
    expect(fatal).toContain(String(first.child.pid));
    // The first one does not notice.
    expect((await fetch(`${await first.listening}/livez`)).status).toBe(200);
    expect(existsSync(join(data, 'sash.json'))).toBe(true);
  });

  it('says that the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stdout } = await start('--http.port', String(port)).ended;
    other.close();
    expect(code).toBe(1);
    expect(stdout).toContain(`127.0.0.1:${port} is in use by another process; choose another http.port (--port)`);
    // The sentence is enough: no stack.
    expect(stdout).not.toContain('node:net');
    expect(existsSync(join(data, 'sash.json'))).toBe(false);
  });

  it('blames the door whose host cannot be listened on, also where both take any port', async () => {
    const { code, stdout } = await start('--kafka.host', '192.0.2.1').ended;
    expect(code).toBe(1);
    expect(stdout).toContain('kafka.host 192.0.2.1 is not an address of this machine');
  });

  it('tells who wrote npm start --port where the -- belongs', async () => {
    // npm takes the flag and leaves its value.
    const server = startServer(['8081'], folder, { npm_lifecycle_event: 'start' });
    started.push(server);
    const { code, stderr } = await server.ended;
    expect(code).toBe(2);
    expect(stderr).toContain('npm keeps flags for itself unless they follow --, as in: npm start -- --port 8081');
  });

  it('says what is wrong with the settings, one sentence each, and ends with 2', async () => {
    const { code, stdout, stderr } = await start('--http.prot', '1', '--log.level', 'loud').ended;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toEqual([
      'sash: There is no setting for the argument --http.prot. Did you mean --http.port? --help lists all settings.',
      expect.stringMatching(/^sash: log.level is "loud" \(the flag --log.level\); it must be one of /),
    ]);
    expect(existsSync(data)).toBe(false);
  });

  it('reads sash.config.json of the working folder', async () => {
    writeFileSync(join(folder, 'sash.config.json'), '{"num": {"partitions": 0}}');
    const { code, stderr } = await start().ended;
    expect(code).toBe(2);
    expect(stderr).toContain('num.partitions is 0 (the file sash.config.json); it must be an integer from 1 to 10000.');
  });
});

describe('the launcher', () => {
  const launcher = fileURLToPath(new URL('../../scripts/sash.mjs', import.meta.url));

  it('prints every setting with `serve --help` and the version with --version', () => {
    const print = (...argv: string[]): string =>
      execFileSync(process.execPath, [launcher, ...argv], { encoding: 'utf8' });
    expect(print('serve', '--help')).toContain('--http.port, --port  (SASH_HTTP_PORT)');
    expect(print('serve', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(print('--version')).toBe(print('serve', '--version'));
  });

  it('refuses an older Node with a sentence', () => {
    // A Node that says it is 20: what the launcher looks at, without the need to have one.
    const old = join(folder, 'old.mjs');
    writeFileSync(old, `Object.defineProperty(process.versions, 'node', { value: '20.1.0' });`);
    const { status, stderr } = spawnSync(process.execPath, ['--import', old, launcher], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^sash needs Node 24 or newer, and this is Node 20\.1\.0 /);
  });
});

/** A request whose body never comes: the stop has to wait for it. */
async function requestThatNeverEnds(http: string): Promise<Socket> {
  const { host, hostname, port, origin } = new URL(http);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.write(
    `POST /v1/topics HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{`,
  );
  // Once another request is answered, this one has been read.
  await fetch(`${origin}/livez`);
  return socket;
}

async function untilSomebodyWaits(http: string): Promise<void> {
  await expect
    .poll(async () => {
      const { groups } = (await (await fetch(`${http}/v1/share-groups`)).json()) as { groups: { workers: number }[] };
      return groups[0]?.workers ?? 0;
    })
    .toBe(1);
}

async function untilLogged(server: StartedServer, message: string): Promise<void> {
  await new Promise<void>((resolve) => {
    server.child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes(message)) resolve();
    });
    void server.ended.then(() => resolve());
  });
}
