import { Argument, type Command } from 'commander';
import { complete, type KnownNames } from '../completion.ts';
import { completionScripts } from '../completion-scripts.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { safeLine, write } from '../terminal.ts';

/** Somebody has pressed Tab and waits. */
const patienceMs = 1000;

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('Prints the script by which a shell completes what is typed.')
    .description(
      'Prints the script by which a shell completes what is typed: commands, options, and the names of topics and groups, which it asks the server for.',
    )
    .addArgument(new Argument('<shell>').choices(Object.keys(completionScripts)))
    .addHelpText(
      'after',
      wrapped(`
  bash  source <(sash completion bash)        in ~/.bashrc
  zsh   source <(sash completion zsh)         in ~/.zshrc, after compinit
  fish  sash completion fish > ~/.config/fish/completions/sash.fish`),
    )
    .action((shell: keyof typeof completionScripts) => write(completionScripts[shell]));

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[], _options: object, command: Command) => {
      const { candidates, takesFiles } = await complete(program, words, namesOf(words, command));
      const lines = candidates.map(({ value, description }) => `${safeLine(value)}\t${safeLine(description)}\n`);
      await write(`${lines.join('')}${takesFiles ? ':files\n' : ''}`);
    });
}

/** @param words may say another server than the environment does */
function namesOf(words: readonly string[], command: Command): KnownNames {
  const at = words.indexOf('--url');
  const { client } = openSession(command, at === -1 ? undefined : words[at + 1]);
  const options = { signal: AbortSignal.timeout(patienceMs) };
  // Without a server there are no names, and a shell has no place for an error.
  const orNone = (names: Promise<readonly string[]>): Promise<readonly string[]> => names.catch(() => []);
  return {
    topics: () => orNone(client.listTopics(options).then((topics) => topics.map(({ topic }) => topic))),
    groups: () => orNone(client.listShareGroups(options).then((groups) => groups.map(({ group }) => group))),
    workers: (group) =>
      orNone(client.listWorkers(group, options).then(({ workers }) => workers.map(({ holder }) => holder))),
    operations: () => orNone(client.listOperations(options).then((operations) => operations.map(({ id }) => id))),
  };
}
