/**
 * Runs before `npm start`, the demo and the tests, after ensure-installed.mjs and on any Node: builds the live page when
 * it is not there or its sources have changed (about a second), and does nothing, in a few milliseconds, otherwise.
 */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runWithOwnNode } from './own-node.mjs';
import { filesIn, hashOf, isFresh } from './source-hash.mjs';

/** In the folder of the built page: the hash of what it was built from. */
export const builtFromFile = '.built-from';

/** @param {string} root */
export const dashboardFolder = (root) => join(root, 'dist', 'dashboard');

/** @param {string} root */
export const sourceHash = (root) =>
  hashOf(root, [
    ...filesIn(join(root, 'src', 'dashboard')),
    join(root, 'scripts/build-dashboard.mjs'),
    join(root, 'package-lock.json'),
  ]);

/** @param {string} root */
export const isDashboardFresh = (root) => isFresh(join(dashboardFolder(root), builtFromFile), () => sourceHash(root));

/**
 * @param {string} root
 * @returns {boolean} whether there is a page of today's sources now
 */
export function ensureDashboard(root) {
  // Vite needs a newer Node than installing does.
  return isDashboardFresh(root) || runWithOwnNode(root, ['scripts/build-dashboard.mjs']);
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  if (!ensureDashboard(fileURLToPath(new URL('..', import.meta.url)))) {
    process.stderr.write('sash: the live page could not be built; the reason is above\n');
    process.exitCode = 1;
  }
}
