import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./hold-folder.ts', import.meta.url));

/** A process that has a data folder open, until it is killed. */
export interface Holder {
  readonly pid: number;
  /** `kill -9`; resolves when it has ended. */
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Starts a process that opens `dataDir` and appends `batches`; resolves when it has done so. */
export async function holdFolder(dataDir: string, batches = 0): Promise<Holder> {
  const child = spawn(process.execPath, [script, dataDir, String(batches)], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  if (output.toString().trim() !== 'ready') throw new Error(`the process says ${output.toString()}`);
  return { pid: child.pid ?? -1, kill: () => kill(child) };
}

/** Runs a process that tries to open `dataDir`; gives its exit code and what it printed. */
export async function tryFolder(
  dataDir: string,
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  let output = '';
  child.stdout.on('data', (data: Buffer) => void (output += data.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  running.delete(child);
  return { exitCode, output };
}

export async function killAll(): Promise<void> {
  await Promise.all([...running].map(kill));
}

async function kill(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
