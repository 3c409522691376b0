/** What may stand at the end of a command line that is being typed: read from the commands themselves. */
import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Names of files may stand there, too. */
  readonly takesFiles: boolean;
}

/** Names that only the server knows. */
export interface KnownNames {
  topics(): Promise<readonly string[]>;
  groups(): Promise<readonly string[]>;
  workers(group: string): Promise<readonly string[]>;
  operations(): Promise<readonly string[]>;
}

const nothing: Completion = { candidates: [], takesFiles: false };

/**
 * @param words what follows `sash`; the last is the one that is being typed, perhaps empty. bash cuts `--topic=em` into
 *   three words, other shells leave it as one: both are understood
 */
export async function complete(program: Command, words: readonly string[], names: KnownNames): Promise<Completion> {
  const before = words.slice(0, -1).filter((word) => word !== '=');
  const current = words.at(-1) === '=' ? '' : (words.at(-1) ?? '');
  let command = program;
  const operands: string[] = [];
  let expecting: Option | undefined;
  for (const word of before) {
    if (expecting !== undefined) expecting = undefined;
    // What follows belongs to another command.
    else if (word === '--') return { candidates: [], takesFiles: true };
    else if (word.startsWith('-')) {
      const option = optionOf(command, word);
      expecting = option !== undefined && takesValue(option) ? option : undefined;
    } else {
      const next = operands.length === 0 ? command.commands.find((sub) => sub.name() === word) : undefined;
      if (next === undefined) operands.push(word);
      else command = next;
    }
  }
  // The settings of the server are the server's own.
  if (command.name() === 'serve' || command.name() === 'accept-state-loss') return { candidates: [], takesFiles: true };
  if (expecting !== undefined)
    return valuesOf(expecting.attributeName(), expecting.argChoices, operands, current, names);
  const [, flag, typed] = /^(--[^=]+)=(.*)$/.exec(current) ?? [];
  if (flag !== undefined) {
    const option = optionOf(command, flag);
    if (option === undefined) return nothing;
    const values = await valuesOf(option.attributeName(), option.argChoices, operands, typed ?? '', names);
    return { ...values, candidates: values.candidates.map((value) => ({ ...value, value: `${flag}=${value.value}` })) };
  }
  if (current.startsWith('-')) return { candidates: matching(optionsOf(command), current), takesFiles: false };
  if (command.commands.length > 0) return { candidates: matching(subcommandsOf(command), current), takesFiles: false };
  const argument: Argument | undefined = command.registeredArguments[operands.length];
  if (argument === undefined) return nothing;
  return valuesOf(argument.name(), argument.argChoices, operands, current, names);
}

/** By the name of the option or argument: `topic` is a topic wherever it stands. */
async function valuesOf(
  name: string,
  choices: readonly string[] | undefined,
  operands: readonly string[],
  current: string,
  names: KnownNames,
): Promise<Completion> {
  const known = async (): Promise<readonly string[]> => {
    if (choices !== undefined) return choices;
    if (name === 'topic') return names.topics();
    if (name === 'group') return names.groups();
    if (name === 'operation') return names.operations();
    return name === 'worker' && operands[0] !== undefined ? names.workers(operands[0]) : [];
  };
  const candidates = (await known()).map((value) => ({ value, description: '' }));
  return { candidates: matching(candidates, current), takesFiles: name === 'file' };
}

const matching = (candidates: readonly Candidate[], current: string): Candidate[] =>
  candidates.filter(({ value }) => value.startsWith(current));

const takesValue = ({ required, optional }: Option): boolean => required || optional;

/** Of a command and of all that it is part of. */
function allOptions(command: Command): readonly Option[] {
  const options: Option[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent)
    options.push(
      ...at
        .createHelp()
        .visibleOptions(at)
        .filter(({ long }) => at === command || long !== '--version'),
    );
  return options;
}

const optionOf = (command: Command, flag: string): Option | undefined =>
  allOptions(command).find(({ short, long }) => short === flag || long === flag);

const optionsOf = (command: Command): Candidate[] => {
  const seen = new Set<string>();
  return allOptions(command).flatMap(({ long, description }) => {
    if (long === undefined || long === null || seen.has(long)) return [];
    seen.add(long);
    return [{ value: long, description }];
  });
};

const subcommandsOf = (command: Command): Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((sub) => ({ value: sub.name(), description: sub.summary() || sub.description() }));
