import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { spawn as spawnOnTerminal, type IPty } from '@lydell/node-pty';
import { afterEach } from 'vitest';
import { compileCache } from '../process/started-server.ts';

export const launcher = fileURLToPath(new URL('../../scripts/sash.mjs', import.meta.url));

/** The environment of this process without what would change the output. */
function environment(url: string | undefined, changes: NodeJS.ProcessEnv = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(SASH_.*|NO_COLOR|FORCE_COLOR|NODE_DISABLE_COLORS|COLUMNS|LINES|CI)$/.test(name),
  );
  const own = {
    NODE_COMPILE_CACHE: compileCache,
    TERM: 'xterm-256color',
    ...(url === undefined ? {} : { SASH_URL: url }),
  };
  return Object.fromEntries([...kept, ...Object.entries({ ...own, ...changes })]) as Record<string, string>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningSash {
  readonly child: ChildProcessWithoutNullStreams;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
}

interface RunOptions {
  /** Of the server; undefined: none is named. */
  readonly url?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const running = new Set<ChildProcessWithoutNullStreams | IPty>();

afterEach(() => {
  for (const process of running) process.kill('SIGKILL');
  running.clear();
});

/** Starts `sash` without a terminal. What a test leaves running is killed after it. */
export function startSash(argv: readonly string[], { url, env }: RunOptions = {}): RunningSash {
  const child = spawn(process.execPath, [launcher, ...argv], { env: environment(url, env) });
  running.add(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {});
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => {
    running.delete(child);
    return { code, signal, stdout, stderr } as Ended;
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Runs `sash` to its end. */
export function runSash(
  argv: readonly string[],
  options: RunOptions & { readonly input?: string | Buffer } = {},
): Promise<Ended> {
  const { child, ended } = startSash(argv, options);
  child.stdin.end(options.input ?? '');
  return ended;
}

export interface SashOnTerminal {
  /** All that was written, with its control sequences. */
  readonly output: () => string;
  /** As if somebody typed it. */
  readonly type: (text: string) => void;
  readonly ended: Promise<{ readonly code: number; readonly output: string }>;
}

/** Starts `sash` on a pseudo-terminal of 100 columns and 30 rows, unless told otherwise. */
export function startSashOnTerminal(
  argv: readonly string[],
  { url, env, cols = 100, rows = 30 }: RunOptions & { readonly cols?: number; readonly rows?: number } = {},
): SashOnTerminal {
  const terminal = spawnOnTerminal(process.execPath, [launcher, ...argv], { cols, rows, env: environment(url, env) });
  running.add(terminal);
  let output = '';
  terminal.onData((text) => (output += text));
  const ended = new Promise<{ code: number; output: string }>((resolve) => {
    terminal.onExit(({ exitCode, signal }) => {
      running.delete(terminal);
      resolve({ code: signal !== undefined && signal > 0 ? 128 + signal : exitCode, output });
    });
  });
  return { output: () => output, type: (text) => terminal.write(text), ended };
}

/**
 * What stands on a terminal after `output`: the few control sequences that sash uses are obeyed, any other is a fault of
 * the test. Colours are left out.
 */
export function screenOf(output: string, cols = 100): string {
  const lines: string[][] = [[]];
  let [row, column, wraps] = [0, 0, true];
  for (const [token] of output.matchAll(/\x1b\[[?\d;]*[A-Za-z]|[^]/gu)) {
    const line = (lines[row] ??= []);
    if (token === '\n') row++;
    else if (token === '\r') column = 0;
    else if (token === '\x1b[?7l' || token === '\x1b[?7h') wraps = token.endsWith('h');
    else if (token === '\x1b[K') line.length = Math.min(line.length, column);
    else if (token === '\x1b[J') [line.length, lines.length] = [Math.min(line.length, column), row + 1];
    else if (/^\x1b\[\d*A$/.test(token)) row = Math.max(0, row - Number(token.slice(2, -1) || 1));
    else if (/^\x1b\[[\d;]*m$/.test(token)) continue;
    else if (token.startsWith('\x1b')) throw new Error(`unexpected control sequence ${JSON.stringify(token)}`);
    else if (column < cols) {
      while (line.length < column) line.push(' ');
      line[column++] = token;
    } else if (wraps) {
      [row, column] = [row + 1, 1];
      (lines[row] ??= [])[0] = token;
    }
  }
  return lines
    .map((line) => (line ?? []).join('').trimEnd())
    .join('\n')
    .trimEnd();
}
