/**
 * The README's share consumers behind the protocol of test/interop/README.md, each as it stands there, but for the address,
 * the topic and the group. Ops: `start` {language, topic, group}, and `lines` {language}: what it has printed so far.
 *
 *     node run-examples.ts JARS PYTHON 127.0.0.1:PORT
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { run } from '../cache.ts';
import { allJars, jvmOptions } from '../maven.ts';

interface Command {
  readonly id: number;
  readonly op: string;
  readonly language: string;
  readonly topic: string;
  readonly group: string;
}

interface Running {
  readonly child: ChildProcess;
  output: string;
  errors: string;
}

const [jars = '', python = '', brokers = ''] = process.argv.slice(2);
// The examples name one.
const [bootstrap = ''] = brokers.split(',');
const repository = fileURLToPath(new URL('../../../', import.meta.url));
const readme = readFileSync(join(repository, 'README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'sash-readme-'));
const running = new Map<string, Running>();
const say = (line: object): void => console.log(JSON.stringify(line));

/** Writes the example into a folder of its own and says how it is run there. */
const starts: Readonly<Record<string, (source: string, own: string) => Promise<[command: string, args: string[]]>>> = {
  async java(source, own) {
    writeFileSync(join(own, 'Mailer.java'), source);
    return ['java', [...jvmOptions, '-cp', allJars(jars), 'Mailer.java']];
  },
  async go(source, own) {
    writeFileSync(join(own, 'main.go'), source);
    for (const name of ['go.mod', 'go.sum']) cpSync(join(repository, 'test', 'interop', 'go', name), join(own, name));
    await run('go', ['build', '-buildvcs=false', '-o', 'mailer', '.'], { cwd: own });
    return [join(own, 'mailer'), []];
  },
  async python(source, own) {
    writeFileSync(join(own, 'mailer.py'), source);
    return [python, ['-X', 'utf8', 'mailer.py']];
  },
  async js(source, own) {
    writeFileSync(join(own, 'mailer.mjs'), source);
    symlinkSync(join(repository, 'node_modules'), join(own, 'node_modules'));
    return [process.execPath, ['mailer.mjs']];
  },
};

async function start({ language, topic, group }: Command): Promise<null> {
  const source = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
  const how = starts[language];
  if (source === undefined || how === undefined) throw new Error(`the README has no example in ${language}`);
  for (const word of ['localhost:9092', 'emails', 'mailers']) {
    if (!source.includes(word)) throw new Error(`the README's example in ${language} lacks ${word}`);
  }
  const own = join(folder, language);
  mkdirSync(own);
  const [command, args] = await how(
    source.replaceAll('localhost:9092', bootstrap).replaceAll('emails', topic).replaceAll('mailers', group),
    own,
  );
  const child = spawn(command, args, { cwd: own, stdio: ['ignore', 'pipe', 'pipe'] });
  const example: Running = { child, output: '', errors: '' };
  running.set(language, example);
  child.stdout.on('data', (chunk: Buffer) => (example.output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (example.errors += chunk.toString()));
  child.once('error', (error) => (example.errors += error.message));
  return null;
}

function lines({ language }: Command): string[] {
  const example = running.get(language);
  if (example === undefined) throw new Error(`${language} was not started`);
  if (example.child.exitCode !== null) throw new Error(`the example in ${language} ended: ${example.errors}`);
  return example.output.split('\n').filter((line) => line !== '');
}

async function answer(command: Command): Promise<void> {
  try {
    const value = command.op === 'start' ? await start(command) : lines(command);
    say({ id: command.id, ok: true, value });
  } catch (error) {
    say({ id: command.id, ok: false, error: { code: 'CLIENT_ERROR', message: (error as Error).message } });
  }
}

process.once('exit', () => {
  for (const { child } of running.values()) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
say({ ready: true, version: 'the README', capabilities: ['examples'] });
createInterface({ input: process.stdin })
  .on('line', (line) => void answer(JSON.parse(line) as Command))
  .on('close', () => process.exit(0));
