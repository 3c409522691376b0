/** The Node that the project brings by its dev dependency `node`: that of the machine may be older. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} root */
export const ownNodeOf = (root) =>
  join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/**
 * Runs a program on it, or on the Node that runs this where it is not installed.
 *
 * @param {string} root
 * @param {readonly string[]} args
 * @returns {boolean} whether it ended well
 */
export function runWithOwnNode(root, args) {
  const own = ownNodeOf(root);
  // What goes to stdout belongs to the command that follows.
  const { status } = spawnSync(existsSync(own) ? own : process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  return status === 0;
}
