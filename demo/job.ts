/**
 * The work itself. A job gets the bytes of one record and says how it ended; it knows nothing of queues.
 */
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import parseSpdx from 'spdx-expression-parse';

export type JobOutcome =
  | { readonly kind: 'accept'; /** What was found out, for the table at the end. */ readonly found?: PackageFacts }
  /** Worth another try: it may be different next time. */
  | { readonly kind: 'release'; readonly reason: string }
  /** It will never be different. */
  | { readonly kind: 'reject'; readonly reason: string };

export type Job = (value: Buffer) => Promise<JobOutcome>;

export interface PackageFacts {
  readonly license: string;
  readonly files: number;
}

/** One package is one job: is there a licence, is it valid SPDX, and how many files does the package have? */
export const inspectPackage: Job = async (value) => {
  const { path } = JSON.parse(value.toString()) as { path: string };
  let manifest: { license?: unknown; licenses?: unknown };
  try {
    manifest = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as typeof manifest;
  } catch (error) {
    return { kind: 'release', reason: `package.json cannot be read: ${messageOf(error)}` };
  }
  const { license } = manifest;
  if (license === undefined) return { kind: 'release', reason: 'no license field in package.json' };
  if (typeof license !== 'string') return { kind: 'reject', reason: 'the license field is not a text' };
  try {
    parseSpdx(license);
  } catch (error) {
    return { kind: 'reject', reason: `license ${JSON.stringify(license)} is not SPDX: ${messageOf(error)}` };
  }
  return { kind: 'accept', found: { license, files: await countFiles(path) } };
};

/** Files of the package itself; packages inside it are jobs of their own. */
async function countFiles(folder: string): Promise<number> {
  let files = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) files++;
    else if (entry.name !== 'node_modules') files += await countFiles(join(folder, entry.name));
  }
  return files;
}

/** The paths of all packages below `folder`: every folder with a package.json of its own. */
export async function findPackages(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.name === 'package.json' && entry.isFile())
    .map((entry) => entry.parentPath)
    .filter((path) => path !== folder)
    .toSorted();
}

/** A line of a file, when no command is given: lines of an NDJSON file must be JSON, others only must not be empty. */
export const checkLine =
  (mustBeJson: boolean): Job =>
  async (value) => {
    const line = value.toString();
    if (line.trim() === '') return { kind: 'reject', reason: 'the line is empty' };
    if (!mustBeJson) return { kind: 'accept' };
    try {
      JSON.parse(line);
      return { kind: 'accept' };
    } catch (error) {
      return { kind: 'reject', reason: `the line is not JSON: ${messageOf(error)}` };
    }
  };

/** EX_DATAERR of sysexits.h: the input is wrong, and trying again does not help. */
const REJECT_EXIT_CODE = 65;

/**
 * Runs a command of the shell for each job: the value on stdin; exit 0 accepts, 65 rejects, anything else or a signal
 * releases. The last line that it wrote to stderr is the reason.
 */
export const runCommand =
  (command: string): Job =>
  (value) =>
    new Promise((resolve) => {
      const child = spawn(command, { shell: true, stdio: ['pipe', 'ignore', 'pipe'] });
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => {
        errors = (errors + chunk.toString()).slice(-4096);
      });
      // A command that does not read its input is no failure: what counts is how it exits.
      child.stdin.on('error', () => {});
      child.stdin.end(value);
      child.on('error', (error) => resolve({ kind: 'release', reason: `cannot be started: ${error.message}` }));
      child.on('close', (code, signal) => {
        if (code === 0) return resolve({ kind: 'accept' });
        const lastLine = errors.trim().split('\n').at(-1) ?? '';
        const how = signal === null ? `exit ${code}` : `ended by ${signal}`;
        const reason = (lastLine === '' ? how : `${how}: ${lastLine}`).slice(0, 250);
        resolve({ kind: code === REJECT_EXIT_CODE ? 'reject' : 'release', reason });
      });
    });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
