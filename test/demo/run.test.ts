import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const demo = fileURLToPath(new URL('../../demo/run.ts', import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sash-demo-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...argv: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [demo, ...argv], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('close', (code) => resolve({ code, output }));
  });
}

describe('the demo with a file', () => {
  it('hands each line to the command, byte for byte; exit 0 accepts, 65 rejects, anything else is tried again', async () => {
    const lines = Array.from({ length: 24 }, (_, index) => `job ${index} «ä» "quoted" \\ `);
    writeFileSync(join(folder, 'jobs.txt'), `${lines.join('\n')}\n`);
    // Job 3 is bad for ever, job 5 fails twice before it succeeds, job 7 fails always; the others leave their value behind.
    const done = join(folder, 'done');
    mkdirSync(done);
    writeFileSync(
      join(folder, 'work.sh'),
      `cat > "$$.value"
case "$(cat "$$.value")" in
  'job 3 '*) echo 'no such user' >&2; exit 65 ;;
  'job 5 '*)
    if [ ! -e first ]; then touch first; exit 1; fi
    if [ ! -e second ]; then touch second; kill -9 $$; fi ;;
  'job 7 '*) echo 'smtp 421' >&2; exit 3 ;;
  *) mv "$$.value" done/ ;;
esac
`,
    );
    const { code, output } = await run('jobs.txt', '--exec', 'sh work.sh');
    expect(output).toContain('check: ok. Each of the 24 jobs ended exactly once');
    expect(code).toBe(0);
    expect(output).toMatch(/accepted +22 /);
    expect(output).toMatch(/1 × exit 65: no such user: job 3 /);
    expect(output).toMatch(/1 × exit 3: smtp 421: job 7 /);
    // The job of the crashed worker may have been done twice: it was not accepted the first time.
    const values = new Set(readdirSync(done).map((file) => readFileSync(join(done, file), 'utf8')));
    expect(values).toEqual(new Set(lines.filter((line) => !/^job [357] /.test(line))));
  });

  it('leaves neither its server nor a folder behind when it is told twice to end', async () => {
    writeFileSync(join(folder, 'long.txt'), 'a\nb\nc\n');
    const child = spawn(process.execPath, [demo, 'long.txt', '--pace', '5000'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = once(child, 'exit');
    await expect.poll(() => output, { timeout: 60_000 }).toContain('Produced 3 jobs');
    // More than one are one while the first was not taken.
    const hurry = setInterval(() => child.kill('SIGHUP'), 10);
    expect(await ended).toEqual([130, null]);
    clearInterval(hurry);
    const [, url = '', data = ''] = /live page: (\S+)[^]*data folder is (\S+)\./.exec(output) ?? [];
    expect(existsSync(data)).toBe(false);
    await expect
      .poll(() =>
        fetch(url).then(
          () => 'there',
          () => 'gone',
        ),
      )
      .toBe('gone');
  });

  it('checks the lines of an NDJSON file when there is no command', async () => {
    writeFileSync(join(folder, 'jobs.ndjson'), '{"a":1}\n{"a":\n{"a":3}\n');
    const { code, output } = await run('jobs.ndjson', '--pace', '0');
    expect(output).toMatch(/accepted +2 /);
    expect(output).toMatch(/1 × the line is not JSON/);
    expect(code).toBe(0);
  });

  it('is refused with a sentence when the file is not there or the arguments mean nothing', async () => {
    expect(await run('no-such-file')).toMatchObject({
      code: 2,
      output: expect.stringContaining('no-such-file cannot be read'),
    });
    expect(await run('--exec', 'true')).toMatchObject({
      code: 2,
      output: expect.stringContaining('--exec needs a file'),
    });
  });
});
