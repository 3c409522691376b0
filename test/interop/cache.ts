import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';

/** Where jars and built drivers are kept between runs. */
const cacheFolder = (): string =>
  process.env['SASH_INTEROP_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sash-interop');

/**
 * The folder of something that is built once from files and options: found in the cache, or made by `make` in a new
 * folder and then renamed, so that half of it is never found and two runs do not disturb each other.
 *
 * @param from files and folders of which it is made, and whatever else it depends on as text
 */
export async function built(
  name: string,
  from: { readonly paths: readonly string[]; readonly options: readonly string[] },
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(from.options));
  for (const file of from.paths.flatMap(filesBelow)) hash.update(basename(file)).update(readFileSync(file));
  const folder = join(cacheFolder(), `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (exists(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(), `.${name}-`));
  try {
    await make(work);
    renameSync(work, folder);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    // Another run was faster.
    if (!exists(folder)) throw error;
  }
  return folder;
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

const filesBelow = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => filesBelow(join(path, name)))
    : [path];

/** Runs a program to its end. @throws Error with the end of what it wrote when it fails or is not there */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly timeoutMs?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 300_000,
      killSignal: 'SIGKILL',
    });
    let [output, log] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    child.once('error', (error) => reject(new Error(`${command} cannot be run: ${error.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new Error(`${command} ${args.join(' ')}: ended with ${signal ?? code}: ${(output + log).slice(-3_000)}`),
        );
    });
  });
}
