/**
 * Runs before `npm start`, the demo and the tests, after ensure-installed.mjs and on any Node: builds the live page when
 * it is not there or its sources have changed (about a second), and does nothing, in a few milliseconds, otherwise.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** In the folder of the built page: the hash of what it was built from. */
export const builtFromFile = '.built-from';

/** @param {string} root */
export const dashboardFolder = (root) => join(root, 'dist', 'dashboard');

/**
 * By content and not by time: a checkout gives files any time it likes.
 *
 * @param {string} root
 */
export function sourceHash(root) {
  const folder = join(root, 'src', 'dashboard');
  const sources = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of [...sources, join(root, 'scripts/build-dashboard.mjs'), join(root, 'package-lock.json')]) {
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

/** @param {string} root */
export function isDashboardFresh(root) {
  const builtFrom = join(dashboardFolder(root), builtFromFile);
  return existsSync(builtFrom) && readFileSync(builtFrom, 'utf8') === sourceHash(root);
}

/**
 * @param {string} root
 * @returns {boolean} whether there is a page of today's sources now
 */
export function ensureDashboard(root) {
  if (isDashboardFresh(root)) return true;
  // The project's own Node: Vite needs a newer one than installing does.
  const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const { status } = spawnSync(existsSync(own) ? own : process.execPath, ['scripts/build-dashboard.mjs'], {
    cwd: root,
    // What goes to stdout belongs to the command that follows.
    stdio: ['ignore', 2, 2],
  });
  return status === 0;
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  if (!ensureDashboard(fileURLToPath(new URL('..', import.meta.url)))) {
    process.stderr.write('sash: the live page could not be built; the reason is above\n');
    process.exitCode = 1;
  }
}
