import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isCompiled } from '../../scripts/compiled.mjs';
import { ensureCompiled } from '../../scripts/ensure-compiled.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** A project of one program, with the compiler of this one. */
function newProject() {
  const root = mkdtempSync(join(tmpdir(), 'sash-compiled-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  for (const file of ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'package.json', 'scripts'])
    cpSync(join(repository, file), join(root, file), { recursive: true });
  write('src/cli/main.ts', `const said: string = import.meta.url; console.log(said.slice(-7));`);
  write('src/dashboard/page.ts', 'export {};');
  const run = (): string =>
    execFileSync(process.execPath, [join(root, 'scripts/sash.mjs')], { encoding: 'utf8' }).trim();
  return { root, write, run };
}

describe('what the launcher runs', () => {
  it('is what was compiled, as long as it is of the same sources, whatever the time of the files', () => {
    const { root, write, run } = newProject();
    expect(run()).toBe('main.ts');
    expect(ensureCompiled(root)).toBe(true);
    expect(run()).toBe('main.js');
    utimesSync(join(root, 'src/cli/main.ts'), new Date(), new Date());
    write('src/dashboard/page.ts', 'export const changed = 1;');
    expect(run()).toBe('main.js');
    write('src/cli/other.ts', 'export {};');
    expect(isCompiled(root)).toBe(false);
    expect(run()).toBe('main.ts');
    rmSync(join(root, 'src'), { recursive: true });
    expect(run()).toBe('main.js');
  });

  it('is the sources while they cannot be compiled, and they are compiled again when they can', () => {
    const { root, write, run } = newProject();
    ensureCompiled(root);
    write('src/cli/main.ts', `const said: number = import.meta.url; console.log('changed');`);
    const before = readFileSync(join(root, 'dist/cli/main.js'), 'utf8');
    expect(ensureCompiled(root)).toBe(false);
    expect(readFileSync(join(root, 'dist/cli/main.js'), 'utf8')).toBe(before);
    expect(readdirSync(root).filter((name) => name.startsWith('dist'))).toEqual(['dist']);
    const compile = (...argv: string[]) =>
      spawnSync(process.execPath, [join(root, 'scripts/ensure-compiled.mjs'), ...argv]).status;
    expect([compile(), compile('--strict')]).toEqual([0, 1]);
    expect(isCompiled(root)).toBe(false);
    expect(run()).toBe('changed');
    write('src/cli/main.ts', `console.log('mended');`);
    expect(ensureCompiled(root)).toBe(true);
    expect(run()).toBe('mended');
    expect(readFileSync(join(root, 'dist/cli/main.js'), 'utf8')).toContain('mended');
  });
});
