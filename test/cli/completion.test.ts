import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { complete, type KnownNames } from '../../src/cli/completion.ts';
import { completionScripts } from '../../src/cli/completion-scripts.ts';
import { makeProgram } from '../../src/cli/program.ts';
import { useServer } from '../dashboard/sash-server.ts';
import { runSash } from './run-sash.ts';

const names: KnownNames = {
  topics: async () => ['emails', 'events'],
  groups: async () => ['mailers', 'checkers'],
  workers: async (group) => [`worker of ${group}`],
  operations: async () => ['m1-a', 'm2-b'],
};

async function candidates(...words: string[]): Promise<string[]> {
  const { candidates, takesFiles } = await complete(makeProgram(), words, names);
  return [...candidates.map(({ value }) => value), ...(takesFiles ? [':files'] : [])];
}

describe('what may be typed next', () => {
  it('is a command, and below it another', async () => {
    expect(await candidates('to')).toEqual(['topics']);
    expect(await candidates('topics', '')).toEqual(['list', 'describe', 'create', 'alter', 'delete', 'help']);
    expect(await candidates('')).not.toContain('complete');
  });

  it('is the name of a topic, a group, a worker or an operation, wherever it stands', async () => {
    expect(await candidates('topics', 'describe', 'em')).toEqual(['emails']);
    expect(await candidates('groups', 'lag', '')).toEqual(['mailers', 'checkers']);
    expect(await candidates('work', '--group', '')).toEqual(['mailers', 'checkers']);
    expect(await candidates('work', '-c', '3', '-g', 'm')).toEqual(['mailers']);
    expect(await candidates('groups', 'release-worker', 'mailers', '')).toEqual(['worker of mailers']);
    expect(await candidates('operations', 'wait', 'm2')).toEqual(['m2-b']);
    // As bash cuts it, and as other shells leave it.
    expect(await candidates('work', '--topic', '=', 'ev')).toEqual(['events']);
    expect(await candidates('work', '--topic=ev')).toEqual(['--topic=events']);
  });

  it('is an option, a word that it may be, or a file', async () => {
    expect(await candidates('groups', 'delete', 'mailers', '--')).toEqual([
      '--yes',
      '--background',
      '--help',
      '--url',
      '--json',
    ]);
    expect(await candidates('settle', 're')).toEqual(['reject', 'release', 'retry']);
    expect(await candidates('produce', 'emails', '')).toEqual([':files']);
    expect(await candidates('work', '-g', 'a', '--', 'se')).toEqual([':files']);
    expect(await candidates('produce', 'emails', 'jobs', '')).toEqual([]);
  });
});

describe('sash completion', () => {
  const server = useServer();

  it('completes in bash, with the names that the server knows', async () => {
    await server.call('POST', '/v1/topics', { topic: 'emails' });
    const folder = mkdtempSync(join(tmpdir(), 'sash-completion-'));
    try {
      const launcher = fileURLToPath(new URL('../../scripts/sash.mjs', import.meta.url));
      writeFileSync(join(folder, 'sash'), `#!/bin/sh\nexec "${process.execPath}" "${launcher}" "$@"\n`, {
        mode: 0o755,
      });
      const { stdout } = await runSash(['completion', 'bash']);
      expect(stdout).toBe(completionScripts.bash);
      const script = `${stdout}\nCOMP_WORDS=(sash topics describe e); COMP_CWORD=3; _sash; echo "\${COMPREPLY[*]}"`;
      const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, SASH_URL: server.url };
      expect(spawnSync('bash', ['-c', script], { encoding: 'utf8', env }).stdout).toBe('emails\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has nothing to say, and no error, while the server is away', async () => {
    const argv = ['complete', '--', 'topics', 'describe', ''];
    expect(await runSash(argv, { url: 'http://127.0.0.1:9' })).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  for (const shell of ['zsh', 'fish'] as const)
    it.skipIf(spawnSync(shell, ['--version']).error !== undefined)(`prints a script that ${shell} reads`, () => {
      expect(spawnSync(shell, ['-n'], { input: completionScripts[shell] }).status).toBe(0);
    });
});
