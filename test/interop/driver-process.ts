import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How the driver of a client is started; the bootstrap address comes after `args`. */
export interface DriverCommand {
  readonly command: string;
  readonly args: readonly string[];
}

interface Ready {
  readonly version: string;
  readonly capabilities: readonly string[];
}

/** What a driver answered with instead of a value. `code` is Kafka's name of the error, in capitals. */
export class DriverError extends Error {
  readonly code: string;

  constructor(op: string, code: string, message: string) {
    super(`${op}: ${code}: ${message}`);
    this.code = code;
  }
}

interface Answer {
  readonly id: number;
  readonly ok: boolean;
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Waiting {
  readonly op: string;
  readonly timer: NodeJS.Timeout;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const startWithinMs = 60_000;
/** More than any command waits by itself. */
const answerWithinMs = 60_000;

/** A driver as a process of its own: commands go in as lines of JSON, answers come out (README.md). */
export class DriverProcess {
  readonly version: string;
  readonly capabilities: ReadonlySet<string>;
  readonly #child: ChildProcess;
  readonly #waiting: Map<number, Waiting>;
  #nextId = 1;

  private constructor(child: ChildProcess, waiting: Map<number, Waiting>, ready: Ready) {
    this.#child = child;
    this.#waiting = waiting;
    this.version = ready.version;
    this.capabilities = new Set(ready.capabilities);
  }

  /** @throws Error with what it wrote on standard error, when it does not say that it is ready */
  static start(how: DriverCommand, bootstrap: string): Promise<DriverProcess> {
    const child = spawn(how.command, [...how.args, bootstrap], { stdio: ['pipe', 'pipe', 'pipe'] });
    const waiting = new Map<number, Waiting>();
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4_000);
    });
    // A driver that was killed cannot read any more; who waits is told by 'close'.
    child.stdin.on('error', () => {});
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`the driver was not ready within ${startWithinMs} ms: ${log}`));
      }, startWithinMs);
      child.once('error', reject);
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        const gone = new Error(`the driver ended (${signal ?? code}): ${log}`);
        reject(gone);
        for (const command of waiting.values()) {
          clearTimeout(command.timer);
          command.reject(gone);
        }
        waiting.clear();
      });
      createInterface({ input: child.stdout }).on('line', (line) => {
        let said: (Ready & { readonly ready: true }) | Answer;
        try {
          said = JSON.parse(line) as typeof said;
        } catch {
          log += `\nnot JSON on standard output: ${line.slice(0, 200)}\n`;
          return;
        }
        if ('ready' in said) {
          clearTimeout(timer);
          resolve(new DriverProcess(child, waiting, said));
          return;
        }
        const command = waiting.get(said.id);
        if (command === undefined) return;
        waiting.delete(said.id);
        clearTimeout(command.timer);
        if (said.ok) command.resolve(said.value);
        else command.reject(new DriverError(command.op, said.error?.code ?? '?', said.error?.message ?? '?'));
      });
    });
  }

  /** @throws DriverError when the client refuses; Error when the driver is gone or silent */
  call(op: string, fields: object): Promise<unknown> {
    const id = this.#nextId++;
    // Made here, because the answer knows nothing of who asked.
    const { stack } = new Error('asked');
    return new Promise((resolve, refuse) => {
      const reject = (error: Error): void => {
        error.stack = `${error.message}\n${stack}`;
        refuse(error);
      };
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        reject(new Error(`${op}: the driver has ended`));
        return;
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`${op}: no answer within ${answerWithinMs} ms`));
      }, answerWithinMs);
      this.#waiting.set(id, { op, timer, resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify({ id, op, ...fields })}\n`);
    });
  }

  /** The end of input: it leaves its groups and ends; after 12 s it is killed. */
  async stop(): Promise<void> {
    if (this.#gone) return;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 12_000);
    const closed = this.#closed();
    this.#child.stdin?.end();
    await closed;
    clearTimeout(timer);
  }

  /** `kill -9`: nobody says goodbye, and the operating system closes the connections. */
  async crash(): Promise<void> {
    if (this.#gone) return;
    const closed = this.#closed();
    this.#child.kill('SIGKILL');
    await closed;
  }

  /** Stands still, with its connections open, until it is killed. */
  hang(): void {
    this.#child.kill('SIGSTOP');
  }

  /** Goes on after `hang`, as if no time had passed. */
  resume(): void {
    this.#child.kill('SIGCONT');
  }

  killNow(): void {
    this.#child.kill('SIGKILL');
  }

  get #gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #closed(): Promise<unknown> {
    return new Promise((resolve) => this.#child.once('close', resolve));
  }
}
