/**
 * The command `sash`. `sash serve` is the server, and nothing but the server is loaded for it; every other command
 * talks to one over HTTP.
 */
import { serve } from './commands/serve.ts';

const argv = process.argv.slice(2);

if (argv[0] === 'serve') await serve();
else {
  const { run } = await import('./program.ts');
  process.exitCode = await run(argv);
}
