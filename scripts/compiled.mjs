/**
 * The server and the command line as JavaScript, in dist. A process that strips the types of its sources itself takes 50 MB
 * more, for the stripper is there once in each thread, and half a second longer to start: so what people run is compiled,
 * and sources that have changed run as they are. Any Node reads this file.
 */
import { join } from 'node:path';
import { filesIn, hashOf, isFresh } from './source-hash.mjs';

/** @param {string} root */
export const compiledFromFile = (root) => join(root, 'dist', '.compiled-from');

/** @param {string} root */
export const compiledHash = (root) =>
  hashOf(root, [
    // The page is a program of its own.
    ...filesIn(join(root, 'src'), 'dashboard'),
    ...['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((file) => join(root, file)),
  ]);

/** @param {string} root */
export const isCompiled = (root) => isFresh(compiledFromFile(root), () => compiledHash(root));
