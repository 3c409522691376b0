import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../scripts/sash.mjs', import.meta.url));

/** Compiled once for all processes of the tests, which halves what a start costs; not in the temporary folder of the machine. */
export const compileCache = fileURLToPath(new URL('../../node_modules/.cache/sash/compile', import.meta.url));

/** The environment of this process without settings of sash, and not under `npm start`. */
const cleanEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SASH_'))),
  npm_lifecycle_event: 'test',
  NODE_COMPILE_CACHE: compileCache,
});

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the server that a test has started. `ended` resolves when it is gone. */
export interface StartedServer {
  readonly child: ChildProcess;
  /** Resolves with the address when it listens; rejects when it ends before. */
  readonly listening: Promise<string>;
  readonly ended: Promise<Ended>;
}

/** @param cwd the working folder, so that no config file of this repository is read */
export function startServer(argv: readonly string[], cwd: string, environment: NodeJS.ProcessEnv = {}): StartedServer {
  const child = spawn(process.execPath, [launcher, 'serve', ...argv], {
    cwd,
    env: { ...cleanEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'close').then(
    (end: unknown[]) => ({ code: end[0], signal: end[1], stdout, stderr }) as Ended,
  );
  const listening = new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      stdout += `${line}\n`;
      if (!line.includes('"msg":"listening"')) return;
      resolve((JSON.parse(line) as { http: string }).http);
    });
    void ended.then((end) =>
      reject(new Error(`ended with ${end.code} before it listened:\n${end.stdout}${end.stderr}`)),
    );
  });
  // A test that only looks at how it ended does not wait for this.
  listening.catch(() => {});
  return { child, listening, ended };
}
