import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type StartedServer } from './started-server.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const hasTool = (name: string): boolean => spawnSync(name, ['--version']).status === 0;

/** The curl commands of the README, in the order in which a reader types them. */
const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap(([, block]) => (block ?? '').split(/\n(?=curl )/))
  .map((command) => command.trim())
  .filter((command) => command.startsWith('curl '));

describe.skipIf(!hasTool('curl') || !hasTool('bash'))('the curl commands of the README', () => {
  let folder: string;
  let server: StartedServer;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sash-readme-'));
    server = startServer(['--data.dir', join(folder, 'data'), '--http.port', '0', '--kafka.port', '0'], folder);
  });
  afterAll(async () => {
    server.child.kill('SIGKILL');
    await server.ended;
    rmSync(folder, { recursive: true });
  });

  it('work as they stand, one after the other', async () => {
    const { host } = new URL(await server.listening);
    expect(commands).toHaveLength(7);
    let lease = '';
    const answers: Record<string, unknown>[] = [];
    for (const command of commands) {
      const script = command.replaceAll('localhost:8080', host).replaceAll('LEASE', lease);
      const { stdout } = await promisify(execFile)('bash', [
        '-c',
        script.replace('curl -sS', 'curl -sS --fail-with-body'),
      ]);
      const answer = JSON.parse(stdout) as Record<string, unknown> & { records?: { lease: string }[] };
      lease = answer.records?.[0]?.lease ?? lease;
      answers.push(answer);
    }
    expect(answers).toMatchObject([
      { topic: 'emails' },
      { results: [{ offset: 0 }] },
      { records: [{ key: 'user-9', value: { to: 'a@b.c' }, deliveryCount: 1 }], emptyReason: null },
      { results: [{ status: 'accepted' }] },
      { windows: expect.any(Array) },
      { group: 'mailers', config: { 'share.auto.offset.reset': { value: 'earliest' } } },
      { rejected: 0, skipped: 100 },
    ]);
    const windows = answers[4]?.['windows'] as { lag: number }[];
    expect(windows.reduce((sum, { lag }) => sum + lag, 0)).toBe(0);
  });
});
