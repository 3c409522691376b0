/** Whether something was built from today's sources: told by their content and not by time, for a checkout gives files any time it likes. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * The files of a folder and of all folders in it, but for one.
 *
 * @param {string} folder
 * @param {string} [leftOut]
 * @returns {string[]}
 */
export const filesIn = (folder, leftOut) =>
  readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== leftOut)
    .flatMap((entry) => (entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();

/**
 * @param {string} root
 * @param {readonly string[]} files
 */
export function hashOf(root, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string} builtFrom the file with the hash of what was built
 * @param {() => string} hash
 */
export const isFresh = (builtFrom, hash) => existsSync(builtFrom) && readFileSync(builtFrom, 'utf8') === hash();
