/**
 * The command `sash`. `sash serve` is the server, and nothing but the server is loaded for it; every other command
 * talks to one over HTTP.
 */
import { enableCompileCache } from 'node:module';
import { serve } from './commands/serve.ts';

const argv = process.argv.slice(2);

if (argv[0] === 'serve') await serve();
else {
  // A command is gone in a moment; most of that would be compiling it again, and Tab has to be answered at once.
  enableCompileCache();
  const { run } = await import('./program.ts');
  process.exitCode = await run(argv);
}
