import type { Command } from 'commander';
import { confirm } from '../confirm.ts';
import { Failure } from '../exit-code.ts';
import { wrapped } from '../help-text.ts';
import { note, printJson, printLine, safeLine } from '../terminal.ts';

export function addCluster(program: Command): void {
  const cluster = program.command('cluster').description('Several nodes over a Kafka and a Redis.');

  cluster
    .command('accept-state-loss')
    .summary('Goes on with what Redis has after it has lost share state.')
    .description(
      'Goes on with what Redis has after it has lost share state: records of which it has forgotten that they were accepted are delivered again. ' +
        'Restore Redis instead where you can. It takes the settings of a node, and asks Redis and Kafka themselves: nodes do not start while state is lost.',
    )
    .usage('[--yes] [--config FILE] [--SETTING VALUE]...')
    .option('-y, --yes', 'without asking')
    .option('--config <file>', "the node's settings, as for sash serve")
    .argument('[settings...]')
    .allowUnknownOption()
    .addHelpText(
      'after',
      wrapped(`
With --json: one document, {"accepted":true}, or false where Redis has lost nothing.

Examples:
  sash cluster accept-state-loss --config sash.config.json
  docker compose run --rm sash-1 node scripts/sash.mjs cluster accept-state-loss`),
    )
    .action(async (settings: string[], { yes, config }: { yes?: true; config?: string }, command: Command) => {
      const { acceptStateLoss } = await import('../../accept-state-loss.ts');
      const acceptance = await acceptStateLoss(
        [...(config === undefined ? [] : ['--config', config]), ...settings],
        async (lost) => {
          note(safeLine(`${lost}.`));
          await confirm('go on with what Redis has: what was accepted may be delivered again', yes);
        },
      );
      if (acceptance.kind === 'refused') {
        throw new Failure(acceptance.why === 'settings' ? 'usage' : 'failed', safeLine(acceptance.message));
      }
      const accepted = acceptance.kind === 'accepted';
      if (command.optsWithGlobals<{ json?: true }>().json === true) return printJson({ accepted });
      await printLine(
        accepted
          ? 'Accepted: nodes that run go on within seconds, and others can be started.'
          : 'Redis has lost nothing that the cluster knows of: nothing was changed.',
      );
    });
}
