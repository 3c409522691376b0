import type { Command } from 'commander';
import { wrapped } from '../help-text.ts';

/** The command as help shows it. What it takes are the server's settings, which the server itself reads. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .summary('Starts the server.')
    .description('Starts the server. It takes every setting of docs/settings.md as a flag.')
    .usage('[--config FILE] [--SETTING VALUE]...')
    .helpOption('--help', 'every setting, with unit, default and limits')
    .argument('[settings...]')
    .allowUnknownOption()
    .addHelpText(
      'after',
      wrapped(`
Examples:
  sash serve
  sash serve --port 0 --kafka.port 0 --data-dir /tmp/sash`),
    )
    .action(() => serve());
}

/**
 * The one way from here into the server: everything else is the HTTP API. The settings are what follows `serve` on the
 * command line of this process.
 */
export async function serve(): Promise<void> {
  process.argv.splice(2, 1);
  await import('../../main.ts');
}
