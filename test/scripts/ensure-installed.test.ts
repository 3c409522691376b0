import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { whatIsMissing } from '../../scripts/ensure-installed.mjs';

interface Entry {
  readonly version: string;
  readonly integrity?: string;
  readonly optional?: boolean;
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sash-installed-'));
  mkdirSync(join(folder, 'node_modules', 'node', 'bin'), { recursive: true });
  writeFileSync(join(folder, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

function lock(packages: Record<string, Entry>): void {
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }));
}
function installed(packages: Record<string, Entry>): void {
  writeFileSync(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
}

const zod: Entry = { version: '4.0.0', integrity: 'sha512-a' };

describe('what is missing', () => {
  it('is nothing when everything that the lock file names is there', () => {
    lock({ 'node_modules/zod': zod });
    installed({ 'node_modules/zod': zod, 'node_modules/something-extra': zod });
    expect(whatIsMissing(folder)).toBeUndefined();
  });

  it('is everything in a fresh clone, and after an install that was interrupted', () => {
    lock({ 'node_modules/zod': zod });
    expect(whatIsMissing(folder)).toBe('nothing is installed yet');
  });

  it('is a package that is not there, has another version, or is another one of the same version', () => {
    lock({ 'node_modules/zod': zod });
    installed({});
    expect(whatIsMissing(folder)).toBe('node_modules/zod is not installed');
    installed({ 'node_modules/zod': { ...zod, version: '3.9.0' } });
    expect(whatIsMissing(folder)).toBe('node_modules/zod is 3.9.0, wanted 4.0.0');
    installed({ 'node_modules/zod': { ...zod, integrity: 'sha512-b' } });
    expect(whatIsMissing(folder)).toContain('is not the package that the lock file names');
  });

  it('is not a package for another platform', () => {
    lock({ 'node_modules/zod': zod, 'node_modules/@swc/core-win32': { version: '1.0.0', optional: true } });
    installed({ 'node_modules/zod': zod });
    expect(whatIsMissing(folder)).toBeUndefined();
  });

  it('is the runtime, when the script that brings it was not run', () => {
    lock({ 'node_modules/zod': zod });
    installed({ 'node_modules/zod': zod });
    rmSync(join(folder, 'node_modules', 'node'), { recursive: true });
    expect(whatIsMissing(folder)).toBe('the Node runtime of the project is not installed');
  });
});
