import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What has been started and made; `cleanUp` ends and removes all of it. */
const children = new Set<ChildProcess>();
const folders = new Set<string>();

process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sash-bench-'));
  folders.add(folder);
  return folder;
};

const keep = <C extends ChildProcess>(child: C): C => {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
};

const ended = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exit;
  clearTimeout(late);
};

const until = async <T>(
  what: string,
  timeoutMs: number,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> => {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > endMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

export interface RunningServer {
  /** Such as `http://127.0.0.1:40123`. */
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * A sash server with its defaults: a process of its own, a fresh data folder, a free port.
 *
 * @param settings other than the defaults, by their names
 */
export async function startSash(
  nodeOptions: readonly string[] = [],
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const folder = newFolder();
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SASH_')));
  const launcher = fileURLToPath(new URL('../scripts/sash.mjs', import.meta.url));
  const child = keep(
    spawn(
      process.execPath,
      [
        ...nodeOptions,
        launcher,
        'serve',
        '--data.dir',
        folder,
        '--http.port',
        '0',
        '--kafka.port',
        '0',
        '--log.level',
        'warn',
        ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      ],
      {
        cwd: folder,
        env: environment,
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    ),
  );
  const address = await until('the server listens', 15_000, () => {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    try {
      return (JSON.parse(readFileSync(join(folder, 'sash.json'), 'utf8')) as { http: string }).http;
    } catch {
      return undefined;
    }
  });
  return {
    address,
    pid: child.pid!,
    async stop() {
      await ended(child, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
};

export interface RunningRedis {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A Redis of its own with an append-only file in a fresh folder; undefined where there is no `redis-server`. */
export async function startRedis(appendfsync: 'everysec' | 'always'): Promise<RunningRedis | undefined> {
  const folder = newFolder();
  const port = await freePort();
  // No snapshots: a fork in the middle of a measurement helps nobody, and this way is the kinder one.
  const settings = `--port ${port} --bind 127.0.0.1 --dir ${folder} --appendonly yes --appendfsync ${appendfsync} --save`;
  const child = keep(spawn('redis-server', [...settings.split(' '), ''], { stdio: 'ignore', cwd: folder }));
  const failed = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(false));
  });
  const answers = until('Redis listens', 5000, () => tryConnect(port)).catch(() => false);
  if (!(await Promise.race([failed, answers]))) return undefined;
  return {
    port,
    pid: child.pid!,
    async stop() {
      await ended(child, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const tryConnect = (port: number): Promise<true | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(undefined));
  });

/** A process that does one task at a time, told over IPC: `serveTasks` is its side. */
export class TaskProcess<Task, Answer> {
  readonly #child: ChildProcess;

  constructor(file: string, args: readonly string[]) {
    this.#child = keep(
      fork(fileURLToPath(new URL(file, import.meta.url)), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    );
  }

  get pid(): number {
    return this.#child.pid!;
  }

  run(task: Task): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const exited = (code: number | null): void => reject(new Error(`a process of the benchmark ended with ${code}`));
      this.#child.once('exit', exited);
      this.#child.once('message', (message: { answer?: Answer; error?: string }) => {
        this.#child.off('exit', exited);
        if (message.error === undefined) resolve(message.answer as Answer);
        else reject(new Error(message.error));
      });
      this.#child.send(task as object);
    });
  }

  stop(): Promise<void> {
    return ended(this.#child, 'SIGTERM');
  }
}

/** Answers each task that comes over IPC. The process ends with its parent. */
export function serveTasks(perform: (task: never) => Promise<unknown>): void {
  process.on('message', (task) => {
    perform(task as never).then(
      (answer) => process.send?.({ answer }),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
}

/** CPU time that a process has used so far, all threads, ms (proc(5): utime and stime, in ticks of 10 ms). */
export const cpuMs = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

/** Resident memory of a process, MB. `anonymous` is its own; `file` is mapped from files, such as the Node binary. */
export const residentMb = (pid: number): { readonly anonymous: number; readonly file: number } => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kb = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
  return { anonymous: kb('RssAnon') / 1024, file: kb('RssFile') / 1024 };
};
