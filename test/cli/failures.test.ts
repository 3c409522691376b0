import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/cli/exit-code.ts';
import { useServer } from '../dashboard/sash-server.ts';
import { launcher, runSash, startSash, type Ended } from './run-sash.ts';

const server = useServer();
const sash = (...argv: string[]): Promise<Ended> => runSash(argv, { url: server.url });

describe('the command line', () => {
  it('prints help for nothing, and for a group of commands, with every exit code', async () => {
    const help = await sash();
    expect(help.code).toBe(0);
    expect(help.stderr).toBe('');
    for (const { code, meaning } of Object.values(exitCodes))
      expect(help.stdout).toContain(`  ${String(code).padEnd(4)} ${meaning}\n`);
    const group = await sash('topics');
    expect(group).toMatchObject({ code: 2, stdout: '' });
    expect(group.stderr).toContain('describe <topic>');
  });

  it('guesses a command that is misspelt', async () => {
    const { code, stderr } = await sash('topics', 'crate', 'emails');
    expect(code).toBe(2);
    expect(stderr).toContain("sash: unknown command 'crate'\n(Did you mean create?)");
  });

  it('says how the server is started, which settings alone did once', async () => {
    const { code, stderr } = await sash('--port', '0');
    expect(code).toBe(2);
    expect(stderr).toBe("sash: unknown option '--port'\nTo start the server with settings: sash serve --port 0\n");
  });
});

describe('a failure says what to do next', () => {
  it('when no server is there', async () => {
    const { code, stdout, stderr } = await sash('topics', 'list', '--url', 'http://127.0.0.1:9');
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^sash: no sash answers at http:\/\/127\.0\.0\.1:9 /);
    expect(stderr).toContain('Start it with: sash serve (in a clone: npm start).');
  });

  it('when the URL is none', async () => {
    const { code, stderr } = await sash('topics', 'list', '--url', 'localhost');
    expect(code).toBe(2);
    expect(stderr).toContain('such as http://127.0.0.1:8080 (--url or SASH_URL)');
  });

  it('when something else answers', async () => {
    const other = createServer((_request, response) => response.end('<h1>Welcome</h1>')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stderr } = await sash('topics', 'list', '--url', url);
    other.close();
    expect(code).toBe(4);
    expect(stderr).toContain('<h1>Welcome</h1>');
    expect(stderr).toContain('Is this the address of a sash server?');
  });

  it('when a topic is misspelt, wherever its name stands', async () => {
    const before = await sash('topics', 'describe', 'emials');
    expect(before).toMatchObject({ code: 3, stdout: '' });
    expect(before.stderr).toContain('There are no topics yet. To make one: sash topics create emials');
    await server.call('POST', '/v1/topics', { topic: 'emails' });
    for (const argv of [
      ['topics', 'describe', 'emials'],
      ['consume', 'emials'],
      ['produce', 'emials'],
    ]) {
      const { code, stderr } = await runSash(argv, { url: server.url, input: 'a\n' });
      expect(code, argv.join(' ')).toBe(3);
      expect(stderr, argv.join(' ')).toContain('Did you mean emails?');
    }
  });

  it('when a group is misspelt', async () => {
    await server.call('PATCH', '/v1/share-groups/mailers', { config: { 'share.auto.offset.reset': 'earliest' } });
    for (const argv of [
      ['groups', 'describe', 'mailer'],
      ['groups', 'window', 'mailer'],
      ['archived', '--group', 'mailer'],
    ]) {
      const { code, stderr } = await sash(...argv);
      expect(code, argv.join(' ')).toBe(3);
      expect(stderr, argv.join(' ')).toContain('Did you mean mailers?');
    }
  });
});

describe('a disk without room', () => {
  it.skipIf(!existsSync('/dev/full'))('fails the command in a sentence', () => {
    const argv = ['-c', '"$0" "$1" --help > /dev/full', process.execPath, launcher];
    const { status, stderr } = spawnSync('sh', argv, { encoding: 'utf8' });
    expect(status).toBe(exitCodes.failed.code);
    expect(stderr).toBe('sash: the output cannot be written: ENOSPC: no space left on device, write\n');
  });
});

describe('a reader that goes away', () => {
  it('ends the command without noise', async () => {
    await server.call('POST', '/v1/topics', { topic: 'long' });
    const records = Array.from({ length: 20_000 }, () => ({ value: 'x'.repeat(100) }));
    await server.call('POST', '/v1/topics/long/records', { records });
    const { child, ended } = startSash(['consume', 'long'], { url: server.url });
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });
});
