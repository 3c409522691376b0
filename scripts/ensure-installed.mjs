/**
 * Runs before the commands that a fresh machine starts with, on the machine's own Node (20 or newer): installs what
 * package-lock.json says when it is not there yet, and does nothing, in a few milliseconds, when it is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownNodeOf } from './own-node.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Why `node_modules` does not satisfy the lock file, or `undefined` when it does. npm keeps its own list of what it
 * installed in `node_modules/.package-lock.json`, written last, so an interrupted install is never taken for a whole one.
 *
 * @param {string} folder
 * @returns {string | undefined}
 */
export function whatIsMissing(folder) {
  const installedFile = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return 'nothing is installed yet';
  const wanted = readJson(join(folder, 'package-lock.json')).packages;
  const installed = readJson(installedFile).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    if (found === undefined) {
      // Packages for other platforms, and optional ones that do not install here, are not expected.
      if (entry.optional || entry.devOptional) continue;
      return `${path} is not installed`;
    }
    if (found.version !== entry.version) return `${path} is ${found.version}, wanted ${entry.version}`;
    if (entry.integrity && found.integrity && found.integrity !== entry.integrity) {
      return `${path} is not the package that the lock file names`;
    }
  }
  if (!existsSync(ownNodeOf(folder))) return 'the Node runtime of the project is not installed';
  return undefined;
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * What goes to stdout belongs to the command that follows, so npm writes to stderr here.
 *
 * @param {string[]} args
 */
function npm(args) {
  const result = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    // Production settings of the machine would leave out the runtime and the tools.
    env: { ...process.env, NODE_ENV: 'development', npm_config_omit: '', npm_config_ignore_scripts: 'false' },
  });
  if (result.error) fail(`npm could not be started: ${result.error.message}. Is npm 10 or newer on the PATH?`);
  return result.status === 0;
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`sash: ${message}\n`);
  process.exit(1);
}

function main() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    fail(`this is Node ${process.versions.node}, and installing needs Node 20 or newer. See https://nodejs.org`);
  }
  const missing = whatIsMissing(root);
  if (missing === undefined) return;
  process.stderr.write(`sash: ${missing}; running npm ci (once, about a minute)\n`);
  // Errors only: that some development tool asks for a newer Node than the machine's says nothing, for it runs on the project's own.
  if (!npm(['ci', '--no-fund', '--no-audit', '--loglevel=error']))
    fail('npm ci failed; the reason is above. Is the npm registry reachable?');
  // Some npm versions skip the install script that brings the runtime; then it is asked for by name.
  if (!existsSync(ownNodeOf(root))) npm(['rebuild', 'node', '--foreground-scripts']);
  const stillMissing = whatIsMissing(root);
  if (stillMissing !== undefined) fail(`after npm ci, ${stillMissing}. Remove node_modules and try again.`);
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) main();
