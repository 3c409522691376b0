import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../interop/broker-process.ts';

const startWithinMs = 15_000;

export interface RedisServerOptions {
  /**
   * As redis.conf has them, such as `{ maxmemory: '20mb', 'maxmemory-policy': 'allkeys-lru' }`; before all others. Without any:
   * every write is in the append-only file before it is confirmed, no snapshots, nothing is evicted.
   */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A real Redis with a folder and a port of its own, as a process of its own. Ends with this process. */
export interface RedisServer {
  /** `redis://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** `kill -9`; its files stay. */
  kill(): Promise<void>;
  /** After `kill` or `stop`: the same port; `empty`: without what it had stored. */
  start(options?: { readonly empty?: boolean }): Promise<void>;
  /** SIGSTOP: connections stay open, and nothing answers. */
  pause(): void;
  resume(): void;
  /** A graceful end. */
  stop(): Promise<void>;
  /** Ends it whatever it does, and removes its files. */
  remove(): Promise<void>;
}

/** @throws Error with what it wrote when it does not start */
export async function startRedis({ settings = {} }: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sash-redis-'));
  const [port = 0] = await freePorts(1);
  const all = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    'maxmemory-policy': 'noeviction',
    ...settings,
  };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  let redis: ChildProcess | undefined;
  const killNow = (): void => {
    redis?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', killNow);
  const launch = async (): Promise<void> => {
    const child = spawn('redis-server', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    redis = child;
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
    child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
    let failed: string | undefined;
    child.once('error', (error) => (failed = error.message));
    child.once('exit', (code, signal) => (failed = `it ended with ${signal ?? code}: ${log}`));
    const untilMs = performance.now() + startWithinMs;
    while (!(await answersPing(port))) {
      if (failed === undefined && performance.now() > untilMs) failed = `no answer within ${startWithinMs} ms: ${log}`;
      if (failed !== undefined) {
        child.kill('SIGKILL');
        throw new Error(`redis-server did not start: ${failed}`);
      }
      await sleep(10);
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = redis;
    redis = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const exit = once(ending, 'exit');
    // One that is stopped takes no signal but this.
    ending.kill(signal);
    if (signal !== 'SIGKILL') ending.kill('SIGCONT');
    await exit;
  };
  const pid = (): number => {
    if (redis?.pid === undefined) throw new Error('this Redis does not run');
    return redis.pid;
  };
  await launch();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return pid();
    },
    kill: () => end('SIGKILL'),
    async start({ empty = false } = {}) {
      if (redis !== undefined) throw new Error('this Redis runs already');
      if (empty) for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
      await launch();
    },
    pause: () => void process.kill(pid(), 'SIGSTOP'),
    resume: () => void process.kill(pid(), 'SIGCONT'),
    stop: () => end('SIGTERM'),
    async remove() {
      process.off('exit', killNow);
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** While it loads its file it answers, but not with PONG. */
const answersPing = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(1_000, () => answer(false));
    socket.on('error', () => answer(false));
    socket.on('close', () => answer(false));
    socket.on('data', (chunk: Buffer) => answer(chunk.toString().startsWith('+PONG')));
  });
