/**
 * Runs before `npm start`, the demo, the tests and the benchmarks, after ensure-installed.mjs and on any Node: compiles src to dist
 * when it has changed (a few seconds), and does nothing, in a few milliseconds, otherwise. With `--strict` (`npm run build`) it
 * fails when it cannot.
 */
import { mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiledFromFile, compiledHash, isCompiled } from './compiled.mjs';
import { runWithOwnNode } from './own-node.mjs';
import { filesIn } from './source-hash.mjs';

/**
 * @param {string} root
 * @returns {boolean} whether what is in dist is compiled from today's sources now
 */
export function ensureCompiled(root) {
  if (isCompiled(root)) return true;
  const hash = compiledHash(root);
  const target = join(root, 'dist');
  // Made beside and moved file by file: a server that starts while somebody else compiles, too, never reads half of one.
  const making = `${target}.${process.pid}`;
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', making];
  try {
    if (!runWithOwnNode(root, args)) return false;
    // Until all of it is there, whoever starts runs the sources.
    rmSync(compiledFromFile(root), { force: true });
    for (const file of filesIn(making)) {
      const moved = join(target, relative(making, file));
      mkdirSync(dirname(moved), { recursive: true });
      renameSync(file, moved);
    }
    writeFileSync(compiledFromFile(root), hash);
    return true;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  if (!ensureCompiled(fileURLToPath(new URL('..', import.meta.url)))) {
    const isStrict = process.argv.includes('--strict');
    if (isStrict) process.exitCode = 1;
    const instead = isStrict ? '' : ' They run as they are.';
    process.stderr.write(`sash: its sources could not be compiled; the reason is above.${instead}\n`);
  }
}
