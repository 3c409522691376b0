/**
 * Runs before `npm start`, the demo, the tests and the benchmarks, after ensure-installed.mjs and on any Node: compiles src to dist
 * when it has changed (a few seconds), and does nothing, in a few milliseconds, otherwise.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiledFromFile, compiledHash, isCompiled } from './compiled.mjs';

/**
 * @param {string} root
 * @returns {boolean} whether what is in dist is compiled from today's sources now
 */
export function ensureCompiled(root) {
  if (isCompiled(root)) return true;
  const hash = compiledHash(root);
  // Until all of it is written, whoever starts runs the sources.
  rmSync(compiledFromFile(root), { force: true });
  const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '-p', join(root, 'tsconfig.build.json')];
  // What goes to stdout belongs to the command that follows.
  const { status } = spawnSync(existsSync(own) ? own : process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) return false;
  writeFileSync(compiledFromFile(root), hash);
  return true;
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  if (!ensureCompiled(fileURLToPath(new URL('..', import.meta.url)))) {
    process.stderr.write('sash: its sources could not be compiled; the reason is above. They run as they are.\n');
  }
}
