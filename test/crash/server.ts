import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StartedServer, startServer } from '../process/started-server.ts';
import { nowMs } from './history.ts';

/** A server that was killed starts like any other: longer than this is a fault, however busy the machine. */
const startWithinMs = 30_000;

export interface RunningServer {
  readonly url: string;
  /** Where its Kafka door is, as `127.0.0.1:9092`. */
  readonly kafka: string;
  readonly startMs: number;
  /** Not, as long as nobody kills it. */
  readonly ended: StartedServer['ended'];
  /** Resolves with the time at which the process was gone. */
  kill(): Promise<number>;
  /** A graceful stop: exit code and how long it took. */
  stop(): Promise<{ readonly code: number | null; readonly tookMs: number; readonly log: string }>;
}

/** Starts servers on one data folder, one after the other, and leaves none behind. */
export class ServerStarter {
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

  /** @throws Error with the server's log when it does not come up */
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
      kafka: this.#kafkaAddress(),
      startMs: nowMs() - spawnedMs,
      ended: server.ended,
      kill: async () => {
        server.child.kill('SIGKILL');
        await exited(server);
        return nowMs();
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

  /** Kills a server `afterMs` after it was started: most often before it listens. */
  async killWhileStarting(afterMs: number): Promise<void> {
    const server = this.#spawn();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    server.child.kill('SIGKILL');
    await exited(server);
  }

  /** For an exit in a hurry. */
  killNow(): void {
    this.#running?.child.kill('SIGKILL');
  }
}

const exited = ({ child }: StartedServer): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));
