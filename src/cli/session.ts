import type { Command } from 'commander';
import { SashClient } from '../client/entry.ts';
import { Failure } from './exit-code.ts';

/** What every command gets from the options that all of them have. */
export interface Session {
  readonly client: SashClient;
  readonly url: string;
  /** JSON instead of a table. */
  readonly json: boolean;
}

interface GlobalOptions {
  readonly url: string;
  readonly json?: true;
}

export function openSession(command: Command): Session {
  const { url, json } = command.optsWithGlobals<GlobalOptions>();
  try {
    return { client: new SashClient({ url }), url, json: json === true };
  } catch (error) {
    const from = command.parent === null ? '' : ' (--url or SASH_URL)';
    throw new Failure('usage', `${error instanceof Error ? error.message : String(error)}${from}`);
  }
}

/** What a command was asked about: its option or argument of this name. */
export function namedIn(command: Command, name: 'topic' | 'group'): string | undefined {
  const option: unknown = command.opts()[name];
  if (typeof option === 'string') return option;
  const at = command.registeredArguments.findIndex((argument) => argument.name() === name);
  return at === -1 ? undefined : command.args[at];
}
