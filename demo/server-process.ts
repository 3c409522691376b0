import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../scripts/sash.mjs', import.meta.url));

export interface ServerProcess {
  /** Such as `http://127.0.0.1:40123`. */
  readonly http: string;
  /** Its data folder; gone after `stop`. */
  readonly folder: string;
  /** A graceful stop; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts a server of its own: a temporary data folder, a free port, no settings of this machine. */
export async function startServer(): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'sash-demo-'));
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SASH_')));
  const child = spawn(
    process.execPath,
    [launcher, 'serve', '--data.dir', folder, '--http.port', '0', '--kafka.enable', 'false', '--log.format', 'json'],
    {
      cwd: folder,
      // Not under `npm start`: the lines to try are for people who start a server.
      env: { ...environment, npm_lifecycle_event: 'demo' },
      stdio: ['ignore', 'pipe', 'inherit'],
      // Ctrl-C is for the demo, which then stops the server.
      detached: true,
    },
  );
  process.once('exit', () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const log: string[] = [];
  const http = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.push(line);
      if (log.length > 50) log.shift();
      const { msg, http: address } = entryOf(line);
      if (msg === 'listening' && address !== undefined) resolve(address);
    });
    child.once('error', reject);
    void exited.then((code) =>
      reject(new Error(`the server ended with ${code} before it listened:\n${log.join('\n')}`)),
    );
  });
  return {
    http,
    folder,
    async stop() {
      child.kill('SIGTERM');
      const code = await exited;
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

function entryOf(line: string): { msg?: string; http?: string } {
  try {
    return JSON.parse(line) as { msg?: string; http?: string };
  } catch {
    return {};
  }
}
