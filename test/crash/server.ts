import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StartedServer, startServer } from '../process/started-server.ts';
import { nowMs } from './history.ts';
import type { Random } from './random.ts';
import type { NodeAddress } from './session.ts';

/** A server that was killed starts like any other: longer than this is a fault, however busy the machine. */
const startWithinMs = 30_000;

export interface RunningServer {
  /** Where the auditor asks. */
  readonly url: string;
  /** Where clients ask. */
  readonly nodes: readonly NodeAddress[];
  readonly startMs: number;
  /**
   * Lets one of several nodes, or what all of them need, fail and come back, while clients go on. Resolves with what it was, when all is
   * well again.
   *
   * @throws Error when it is not well again in time
   */
  disturb?(random: Random): Promise<string>;
  /** Resolves with the time at which it was gone. @throws Error when it had ended by itself */
  kill(): Promise<{ readonly atMs: number; readonly log: string }>;
  /** A graceful stop: exit code and how long it took. */
  stop(): Promise<{ readonly code: number | null; readonly tookMs: number; readonly log: string }>;
}

/** Starts servers, one after the other, and leaves none behind. */
export interface Starter {
  /** @throws Error with the server's log when it does not come up */
  start(): Promise<RunningServer>;
  /** Kills a server `afterMs` after it was started: most often before it listens. */
  killWhileStarting(afterMs: number): Promise<void>;
  /** Ends what else was started. */
  end(): Promise<void>;
  /** For an exit in a hurry. */
  killNow(): void;
}

/** One server on one data folder. */
export class ServerStarter implements Starter {
  readonly #dataDir: string;
  readonly #cwd: string;
  #running: StartedServer | undefined;

  constructor(dataDir: string, cwd: string) {
    this.#dataDir = dataDir;
    this.#cwd = cwd;
  }

  #spawn(): StartedServer {
    const argv = [
      '--data-dir',
      this.#dataDir,
      '--port',
      '0',
      '--kafka.port',
      '0',
      '--log.retention.check.interval.ms',
      '150',
    ];
    return (this.#running = startServer(argv, this.#cwd));
  }

  async start(): Promise<RunningServer> {
    const spawnedMs = nowMs();
    const server = this.#spawn();
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it did not listen within ${startWithinMs} ms`)), startWithinMs);
    });
    const url = await Promise.race([server.listening, tooLong]).finally(() => clearTimeout(timer));
    return {
      url,
      nodes: [{ url, kafka: this.#kafkaAddress() }],
      startMs: nowMs() - spawnedMs,
      kill: async () => {
        server.child.kill('SIGKILL');
        await exited(server);
        const atMs = nowMs();
        const { code, signal, stdout, stderr } = await server.ended;
        if (signal !== 'SIGKILL')
          throw new Error(`the server ended by itself with ${code ?? signal}:\n${stdout}${stderr}`);
        return { atMs, log: stdout };
      },
      stop: async () => {
        const signalledMs = nowMs();
        server.child.kill('SIGTERM');
        const { code, stdout } = await server.ended;
        return { code, tookMs: nowMs() - signalledMs, log: stdout };
      },
    };
  }

  #kafkaAddress(): string {
    return (JSON.parse(readFileSync(join(this.#dataDir, 'sash.json'), 'utf8')) as { kafka: string }).kafka;
  }

  async killWhileStarting(afterMs: number): Promise<void> {
    const server = this.#spawn();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    server.child.kill('SIGKILL');
    await exited(server);
  }

  end(): Promise<void> {
    this.killNow();
    return Promise.resolve();
  }

  killNow(): void {
    this.#running?.child.kill('SIGKILL');
  }
}

const exited = ({ child }: StartedServer): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));
