import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StartedServer, startServer } from '../process/started-server.ts';

const launcher = fileURLToPath(new URL('../../scripts/sash.mjs', import.meta.url));

let folder: string;
let data: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sash-folder-'));
  data = join(folder, 'data');
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true });
});

function start(): StartedServer {
  const server = startServer(['--data-dir', data, '--port', '0', '--kafka.port', '0'], folder);
  children.push(server.child);
  return server;
}

const post = (http: string, path: string, body: object): Promise<Response> =>
  fetch(`${http}/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function killed(server: StartedServer): Promise<void> {
  server.child.kill('SIGKILL');
  await server.ended;
}

describe('a second process on the data folder', () => {
  it('ends with a message that names the folder and the pid of the first, which works on', async () => {
    const first = start();
    const http = await first.listening;
    const { code, stdout } = await start().ended;
    expect(code).toBe(1);
    expect(stdout).toContain(
      `data folder ${data} is in use by another sash process (pid ${first.child.pid}); stop that process`,
    );
    expect((await post(http, '/topics', { topic: 'emails' })).status).toBe(201);
  });

  it('is not kept out by what kill -9 left, though the pid in it is that of a living program', async () => {
    const first = start();
    expect((await post(await first.listening, '/topics', { topic: 'emails' })).status).toBe(201);
    await killed(first);
    const left = readdirSync(data);
    expect(left).toContain('lock.db');
    expect(left).toContain('sash.json');
    writeFileSync(join(data, 'sash.pid'), `${process.pid}\n`);

    const http = await start().listening;
    expect((await fetch(`${http}/v1/topics/emails`)).status).toBe(200);
  });

  it.skipIf(process.platform !== 'linux')('is not kept out by a zombie, which still has its pid', async () => {
    // `sleep` becomes the parent, and never asks how its child ended.
    const script = `"$1" "$2" serve --data-dir "$3" --port 0 --kafka.port 0 > "$3.log" 2>&1 & echo $! > "$3.child"; exec sleep 300`;
    const parent = spawn('sh', ['-c', script, 'sh', process.execPath, launcher, data], { cwd: folder });
    children.push(parent);
    await expect.poll(() => existsSync(join(data, 'sash.json'))).toBe(true);
    const pid = Number(readFileSync(`${data}.child`, 'utf8'));
    process.kill(pid, 'SIGKILL');
    const state = (): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.charAt(0) ?? '';
    await expect.poll(state).toBe('Z');

    expect(await start().listening).toMatch(/^http:/);
    expect(state()).toBe('Z');
  });
});

describe('a graceful stop', () => {
  it('tells everybody who waits that the server is draining, ends with 0 within 5 s, and leaves no file behind', async () => {
    const server = start();
    const http = await server.listening;
    expect((await post(http, '/topics', { topic: 'emails' })).status).toBe(201);
    const polls = Array.from({ length: 20 }, (_, n) =>
      post(http, '/share-groups/mailers/acquire', { topics: ['emails'], waitMs: 60_000, workerId: `w${n}` }),
    );
    await expect
      .poll(async () => {
        const answer = await fetch(`${http}/v1/share-groups`);
        const { groups } = (await answer.json()) as { groups: readonly { workers: number }[] };
        return groups[0]?.workers;
      })
      .toBe(20);

    const stoppedMs = performance.now();
    server.child.kill('SIGTERM');
    for (const poll of polls) {
      const answer = await poll;
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ records: [], emptyReason: 'draining' });
    }
    const { code, stdout } = await server.ended;
    expect(code).toBe(0);
    expect(performance.now() - stoppedMs).toBeLessThan(5000);
    expect(stdout).not.toMatch(/"level":(50|60)/);
    expect(readdirSync(data).filter((name) => /\.(json|pid)$/.test(name))).toEqual([]);
  });
});
