import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { built, run } from '../cache.ts';
import type { DriverCommand } from '../driver-process.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** confluent-kafka, in a virtual environment of its own; needs Python 3.9 or newer, as `python3`, with venv and pip. */
export async function pythonDriver(): Promise<DriverCommand> {
  const requirements = join(here, 'requirements.txt');
  const version = await run('python3', ['--version']);
  const folder = await built('python', { paths: [requirements], options: [version] }, async (made) => {
    await run('python3', ['-m', 'venv', made]);
    await run(join(made, 'bin', 'python'), ['-m', 'pip', '-q', 'install', '-r', requirements]);
  });
  return { command: join(folder, 'bin', 'python'), args: ['-B', '-X', 'utf8', join(here, 'driver.py')] };
}
