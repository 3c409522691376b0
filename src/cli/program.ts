import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { SashError } from '../client/sash-error.ts';
import { addArchived } from './commands/archived.ts';
import { addAudit } from './commands/audit.ts';
import { addCluster } from './commands/cluster.ts';
import { addCompletion } from './commands/completion.ts';
import { addConsume } from './commands/consume.ts';
import { addGroups } from './commands/groups.ts';
import { addNodes } from './commands/nodes.ts';
import { addOperations } from './commands/operations.ts';
import { addPeek } from './commands/peek.ts';
import { addProduce } from './commands/produce.ts';
import { addServe } from './commands/serve.ts';
import { addSettle } from './commands/settle.ts';
import { addTopics } from './commands/topics.ts';
import { addWork } from './commands/work.ts';
import { exitCodes, Failure } from './exit-code.ts';
import { requestFailure } from './request-failure.ts';
import { endWhenNobodyReads, printFailure } from './terminal.ts';

const defaultUrl = 'http://127.0.0.1:8080';

const endingsText = (): string =>
  Object.values(exitCodes)
    .map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`)
    .join('\n');

/** All commands. Made anew for each use: a Command remembers what it has parsed. */
export function makeProgram(): Command {
  const program = new Command('sash')
    .description(
      'Share-group queues over HTTP and over Kafka’s protocol: the server, and what people and scripts do with it.',
    )
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .addOption(new Option('--url <url>', 'where the server is').env('SASH_URL').default(defaultUrl))
    .option('--json', 'for machines: JSON as the HTTP API gives it, instead of a table')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText(
      'after',
      `\nExit codes:\n${endingsText()}\n\nColours are for terminals only, and NO_COLOR turns them off there, too.`,
    );
  addServe(program);
  addTopics(program);
  addProduce(program);
  addWork(program);
  addConsume(program);
  addGroups(program);
  addPeek(program);
  addArchived(program);
  addSettle(program);
  addOperations(program);
  addAudit(program);
  addNodes(program);
  addCluster(program);
  addCompletion(program);
  return program;
}

/** @param argv without the program's name. Resolves with the exit code; never rejects. */
export async function run(argv: readonly string[]): Promise<number> {
  endWhenNobodyReads();
  const program = makeProgram();
  let running = program;
  program.hook('preAction', (_program, command) => {
    running = command;
  });
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
    // A command that did its work in part has said so itself.
    return Number(process.exitCode ?? exitCodes.done.code);
  } catch (error) {
    const failure =
      error instanceof CommanderError
        ? failureOf(error, argv)
        : error instanceof SashError
          ? await requestFailure(error, running)
          : error;
    if (failure === undefined) return exitCodes.done.code;
    printFailure(failure);
    return failure instanceof Failure ? exitCodes[failure.ending].code : exitCodes.failed.code;
  }
}

/** What commander refuses, in the form of every other failure; `undefined`: help or the version was asked for, and given. */
function failureOf(error: CommanderError, argv: readonly string[]): Failure | undefined {
  if (error.exitCode === 0) return undefined;
  // A group of commands without the command: commander has printed its help to stderr.
  if (error.code === 'commander.help') return new Failure('usage', 'say which command');
  const message = error.message.replace(/^error: /, '');
  const settings = argv[0]?.startsWith('--') && error.code === 'commander.unknownOption';
  return new Failure(
    'usage',
    message,
    settings
      ? `To start the server with settings: sash serve ${argv.join(' ')}`
      : 'With --help a command says what it takes.',
  );
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
