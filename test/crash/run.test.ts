import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const script = fileURLToPath(new URL('run.ts', import.meta.url));

describe('the crash test', () => {
  it('fails, and says why and how to repeat it, when a confirmed batch is taken out of the data folder', async () => {
    const child = spawn(process.execPath, [script, '--rounds', '4', '--seed', '1', '--break', 'lose-produce'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Where it took too long: it stops what it has started by itself.
    onTestFinished(() => void child.kill('SIGTERM'));
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code, output).toBe(1);
    expect(output).toMatch(/broken on purpose: deleted record batch \d+/);
    // Who meets the hole first is chance: the audit of the log, or a look at one of its records before that.
    expect(output).toMatch(/VIOLATION of (I1: .*(was confirmed|goes from offset)|harness: .*OFFSET_OUT_OF_RANGE)/);
    expect(output).toMatch(/crash test FAILED .*--rounds 4 --seed 1/);
    // Ten seconds where nothing else runs; its rounds go on until all that was produced is done, and that is all work of a processor.
  }, 300_000);
});
