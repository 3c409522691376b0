#!/usr/bin/env node
/**
 * The command `sash`; `sash serve` is the server (`npm start`). Plain JavaScript that any Node can read, so that one that
 * is too old gets a sentence and not a syntax error.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The oldest Node that sash is made for: its own TypeScript, `node:sqlite` and the timers of Node 24 are in use. */
const minimumNodeMajor = 24;

if (Number(process.versions.node.split('.')[0]) < minimumNodeMajor) {
  process.stderr.write(
    `sash needs Node ${minimumNodeMajor} or newer, and this is Node ${process.versions.node} (${process.execPath}). ` +
      'In a clone, `npm start` brings its own Node; elsewhere see https://nodejs.org.\n',
  );
  process.exit(1);
}

const root = fileURLToPath(new URL('..', import.meta.url));
const source = new URL('../src/cli/main.ts', import.meta.url);
const compiled = new URL('../dist/cli/main.js', import.meta.url);
// In a clone that has changed since it was compiled the sources run; a package and an image have none.
const runsSources = existsSync(source) && !(await import('./compiled.mjs')).isCompiled(root);
await import((runsSources ? source : compiled).href);
