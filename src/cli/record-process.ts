import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { RejectError, ReleaseError } from '../client/handler-outcome.ts';
import type { WorkerRecord } from '../client/held-record.ts';
import { Failure } from './exit-code.ts';
import { bytesOf } from './record-line.ts';

/** EX_DATAERR of sysexits.h: the input is wrong, and trying again does not help. */
const rejectExitCode = 65;

/** A process that is told to end may take so long until it is killed. */
const killGraceMs = 5000;
/** A command that has ended may have left something behind that holds its stderr: what that still writes is not waited for. */
const lastWordsMs = 1000;
/** Of what a command writes to stderr, so much is looked at for its last line. */
const keptErrorText = 4096;
/** Linux takes no longer text in an environment (MAX_ARG_STRLEN is 128 KiB). */
const maxVariableBytes = 100 * 1024;

export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
  /** Beside those of each record. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where its stdout goes. */
  readonly stdout: 'inherit' | 'stderr';
}

/** The processes that run now. */
export class RecordProcesses {
  readonly #line: CommandLine;
  readonly #running = new Set<ChildProcess>();

  constructor(line: CommandLine) {
    this.#line = line;
  }

  get count(): number {
    return this.#running.size;
  }

  /**
   * Runs the command for one record: the value on stdin, the rest in the environment. It runs in a group of processes of its own,
   * so that Ctrl-C on the terminal is for the worker, which lets it end.
   *
   * @param record with key, value and headers as base64
   * @throws RejectError, ReleaseError as it exited; Failure when it cannot be started
   */
  run(record: WorkerRecord, signal: AbortSignal): Promise<void> {
    const { command, args, environment, stdout } = this.#line;
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        env: { ...inheritedEnvironment(), ...environment, ...recordEnvironment(record) },
        stdio: ['pipe', stdout === 'inherit' ? 'inherit' : 2, 'pipe'],
        detached: true,
      });
      this.#running.add(child);
      let errors = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        process.stderr.write(chunk);
        errors = (errors + chunk.toString()).slice(-keptErrorText);
      });
      // A command that does not read its input is no failure: what counts is how it exits.
      child.stdin?.on('error', () => {});
      child.stdin?.end(bytesOf(record.value));

      let killing: NodeJS.Timeout | undefined;
      let lastWords: NodeJS.Timeout | undefined;
      const end = (): void => {
        killGroup(child, 'SIGTERM');
        killing = setTimeout(() => killGroup(child, 'SIGKILL'), killGraceMs);
      };
      signal.addEventListener('abort', end);
      const settle = (): void => {
        this.#running.delete(child);
        signal.removeEventListener('abort', end);
        clearTimeout(killing);
        clearTimeout(lastWords);
      };
      child.on('error', (error) => {
        settle();
        reject(new Failure('failed', `${command} cannot be started: ${error.message}`));
      });
      const ended = (code: number | null, endedBy: NodeJS.Signals | null): void => {
        if (!this.#running.has(child)) return;
        settle();
        if (code === 0) return resolve();
        const how = endedBy === null ? `exit ${code}` : `ended by ${endedBy}`;
        const lastLine = errors.trim().split('\n').at(-1) ?? '';
        const reason = lastLine === '' ? how : `${how}: ${lastLine}`;
        reject(code === rejectExitCode ? new RejectError(reason) : new ReleaseError({ reason }));
      };
      child.on('close', ended);
      child.on('exit', (code, endedBy) => {
        lastWords = setTimeout(() => {
          child.stderr?.destroy();
          ended(code, endedBy);
        }, lastWordsMs);
      });
    });
  }

  /** At once, with all that they have started. */
  killAll(): void {
    for (const child of this.#running) killGroup(child, 'SIGKILL');
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    // Windows has no groups of processes.
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has just ended.
  }
}

/** What is not set for a record must not be that of another one: this worker may itself be the command of a worker. */
const inheritedEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^SASH_(KEY$|HEADER_|LAST_FAILURE$)/.test(name)));

/**
 * What a command knows of its record. What is binary, or longer than an environment takes, is left out; Kafka's null is,
 * too.
 */
function recordEnvironment(record: WorkerRecord): Record<string, string> {
  const { topic, partition, offset, timestamp, deliveryCount, deliveryCountLimit, lastFailure, key, headers } = record;
  const variables: [string, string | undefined][] = [
    ['SASH_TOPIC', topic],
    ['SASH_PARTITION', String(partition)],
    ['SASH_OFFSET', String(offset)],
    ['SASH_TIMESTAMP', String(timestamp)],
    ['SASH_DELIVERY_COUNT', String(deliveryCount)],
    ['SASH_DELIVERY_COUNT_LIMIT', String(deliveryCountLimit)],
    ['SASH_LAST_FAILURE', lastFailure ?? undefined],
    ['SASH_KEY', key === null ? undefined : textOf(bytesOf(key))],
    ...headers.map(({ key: name, value, encoding }): [string, string | undefined] => [
      `SASH_HEADER_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`,
      value === null ? undefined : encoding === 'base64' ? textOf(Buffer.from(value, 'base64')) : value,
    ]),
  ];
  return Object.fromEntries(
    variables.filter((variable): variable is [string, string] => {
      const value = variable[1];
      return value !== undefined && !value.includes('\0') && Buffer.byteLength(value) <= maxVariableBytes;
    }),
  );
}

function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

/** Before any record is taken for it: a command that is not there would fail each of them. @throws Failure */
export function checkCommand(command: string): void {
  if (process.platform === 'win32') return;
  const places = command.includes('/')
    ? [command]
    : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, command));
  const isRunnable = (path: string): boolean => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  };
  if (places.some(isRunnable)) return;
  if (command.includes('/') && existsSync(command))
    throw new Failure('usage', `${command} may not be executed`, `If it is a program or a script: chmod +x ${command}`);
  const hint = /[\s|&;<>$]/.test(command)
    ? `For a line of the shell: -- sh -c '${command}'`
    : 'It must be a program on the PATH, or the path of one that may be executed.';
  throw new Failure('usage', `there is no command ${command}`, hint);
}
