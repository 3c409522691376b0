import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkLine, findPackages, inspectPackage, runCommand } from '../../demo/job.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sash-job-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function packageWith(name: string, manifest: string, files: readonly string[] = []): Promise<Buffer> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'package.json'), manifest);
  for (const file of files) {
    await mkdir(join(path, file, '..'), { recursive: true });
    await writeFile(join(path, file), '');
  }
  return Buffer.from(JSON.stringify({ path }));
}

describe('a package as a job', () => {
  it('is accepted with a valid licence, and its files are counted without the packages inside it', async () => {
    const job = await packageWith('good', '{"license": "(MIT OR Apache-2.0)"}', [
      'a.js',
      'lib/b.js',
      'node_modules/x/c.js',
    ]);
    expect(await inspectPackage(job)).toEqual({ kind: 'accept', found: { license: '(MIT OR Apache-2.0)', files: 3 } });
  });

  it('is released when there is no licence, and rejected when the licence is not SPDX', async () => {
    expect(await inspectPackage(await packageWith('none', '{}'))).toEqual({
      kind: 'release',
      reason: 'no license field in package.json',
    });
    const invalid = await inspectPackage(await packageWith('bad', '{"license": "see the file"}'));
    expect(invalid).toMatchObject({ kind: 'reject', reason: expect.stringContaining('"see the file" is not SPDX') });
    expect(await inspectPackage(await packageWith('old', '{"license": {"type": "MIT"}}'))).toMatchObject({
      kind: 'reject',
    });
  });

  it('is released when its package.json is half written', async () => {
    expect(await inspectPackage(await packageWith('half', '{"lic'))).toMatchObject({
      kind: 'release',
      reason: expect.stringContaining('cannot be read'),
    });
  });

  it('is every folder with a package.json of its own', async () => {
    const root = join(folder, 'tree');
    for (const path of ['one', '@scope/two', 'one/node_modules/three']) await packageWith(join('tree', path), '{}');
    await writeFile(join(root, 'package.json'), '{}');
    expect((await findPackages(root)).map((path) => path.slice(root.length + 1))).toEqual([
      '@scope/two',
      'one',
      'one/node_modules/three',
    ]);
  });
});

describe('a line as a job', () => {
  it('must be JSON in an NDJSON file, and anything but empty elsewhere', async () => {
    expect(await checkLine(true)(Buffer.from('{"a":1}'))).toEqual({ kind: 'accept' });
    expect(await checkLine(true)(Buffer.from('{"a":'))).toMatchObject({ kind: 'reject' });
    expect(await checkLine(false)(Buffer.from('{"a":'))).toEqual({ kind: 'accept' });
    expect(await checkLine(false)(Buffer.from('  '))).toEqual({ kind: 'reject', reason: 'the line is empty' });
  });
});

describe('a command as a worker', () => {
  const value = Buffer.from('the value\n');

  it('gets the value on stdin', async () => {
    expect(await runCommand(`test "$(cat)" = "the value"`)(value)).toEqual({ kind: 'accept' });
  });

  it('accepts with 0, rejects with 65, releases with anything else or a signal, and says why', async () => {
    expect(await runCommand('exit 0')(value)).toEqual({ kind: 'accept' });
    expect(await runCommand('echo first >&2; echo "no such user" >&2; exit 65')(value)).toEqual({
      kind: 'reject',
      reason: 'exit 65: no such user',
    });
    expect(await runCommand('exit 1')(value)).toEqual({ kind: 'release', reason: 'exit 1' });
    expect(await runCommand('kill -TERM $$')(value)).toEqual({ kind: 'release', reason: 'ended by SIGTERM' });
    expect(await runCommand('/no/such/command')(value)).toMatchObject({ kind: 'release' });
  });

  it('may leave a large value unread', async () => {
    expect(await runCommand('exit 0')(Buffer.alloc(4 * 1024 * 1024))).toEqual({ kind: 'accept' });
  });
});
