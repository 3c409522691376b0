import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';

/** A broker that runs as a process of its own. */
export interface RunningBroker {
  /** `127.0.0.1:PORT`, several separated by commas */
  readonly bootstrap: string;
  /** Of each node. */
  readonly ports: readonly number[];
  /** Of the first node. */
  readonly pid: number;
  /** `kill -9`, then the ordinary start on the same data and port. */
  killAndRestart(): Promise<void>;
  /** Ends it, gracefully first. @throws Error when it had ended by itself: then something is wrong, whatever passed */
  stop(): Promise<void>;
  killNow(): void;
}

export interface BrokerStart {
  /** For data and log; exists and is empty. */
  readonly folder: string;
  /** Broker settings beside those of `brokerSettings`, with Kafka's names. */
  readonly settings: Readonly<Record<string, string>>;
  /** With the defaults of both brokers, for measuring: without `brokerSettings`, and Kafka's JVM as Kafka starts it. */
  readonly defaults?: boolean;
}

/**
 * The settings that both brokers run with: groups may ask for short times, and members are quick to learn what they are
 * assigned (Kafka's broker tells a new member with its second heartbeat). Retention is looked at often.
 */
export const brokerSettings: Readonly<Record<string, string>> = {
  'group.share.min.record.lock.duration.ms': '1000',
  'group.share.min.heartbeat.interval.ms': '200',
  'group.share.heartbeat.interval.ms': '300',
  'group.share.min.session.timeout.ms': '1000',
  'auto.create.topics.enable': 'false',
  'log.retention.check.interval.ms': '500',
};

/**
 * Free ports of the loopback address, all different. Below the range that outgoing connections borrow theirs from, so that none takes
 * one while a broker is not listening on it.
 */
export async function freePorts(count: number): Promise<number[]> {
  const free = new Set<number>();
  while (free.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) free.add(port);
  }
  return [...free];
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

export class BrokerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #over = false;
  #stopping = false;
  #log = '';

  constructor(
    command: string,
    args: readonly string[],
    options: { cwd: string; env?: NodeJS.ProcessEnv; logFile: string; onLine?: (line: string) => void },
  ) {
    this.#child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const file = createWriteStream(options.logFile, { flags: 'a' });
    let rest = '';
    const onData = (chunk: Buffer): void => {
      file.write(chunk);
      this.#log = (this.#log + chunk.toString()).slice(-8_000);
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) options.onLine?.(line);
    };
    this.#child.stdout?.on('data', onData);
    this.#child.stderr?.on('data', onData);
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(`${command}: ${error.message}`));
      this.#child.once('close', (code, signal) => {
        this.#over = true;
        file.end();
        resolve(`the broker ended (${signal ?? code}): ${this.#log}`);
      });
    });
  }

  /** Resolves with what `ready` gives. @throws Error with the end of its log when it ends before, or after 60 s */
  async started<T>(ready: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the broker did not start within 60 s: ${this.#log}`)), 60_000);
    });
    const ended = this.#ended.then((why) => Promise.reject(new Error(why)));
    try {
      return await Promise.race([ready, tooLong, ended]);
    } catch (error) {
      this.killNow();
      throw error;
    } finally {
      clearTimeout(timer);
      ended.catch(() => {});
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get over(): boolean {
    return this.#over;
  }

  async stop(): Promise<void> {
    if (this.#over && !this.#stopping) throw new Error(`by itself ${await this.#ended}`);
    this.#stopping = true;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.killNow(), 20_000);
    await this.#ended;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    this.#stopping = true;
    this.killNow();
    await this.#ended;
  }

  killNow(): void {
    this.#child.kill('SIGKILL');
  }
}
