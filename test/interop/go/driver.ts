import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { built, run } from '../cache.ts';
import type { DriverCommand } from '../driver-process.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** franz-go; needs the Go that go.mod asks for, or one that fetches it. */
export async function goDriver(): Promise<DriverCommand> {
  const sources = readdirSync(here).filter((name) => !name.endsWith('.ts'));
  const version = await run('go', ['version']);
  const from = { paths: sources.map((name) => join(here, name)), options: [version] };
  const folder = await built('franz-go', from, async (made) => {
    await run('go', ['build', '-buildvcs=false', '-o', join(made, 'driver'), '.'], { cwd: here });
  });
  return { command: join(folder, 'driver'), args: [] };
}
