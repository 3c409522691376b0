import type { Command } from 'commander';
import { SashClient } from '../client/sash-client.ts';
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

/** @param otherUrl instead of the one that the options say */
export function openSession(command: Command, otherUrl?: string): Session {
  const { url: optionUrl, json } = command.optsWithGlobals<GlobalOptions>();
  const url = otherUrl ?? optionUrl;
  try {
    return { client: new SashClient({ url }), url, json: json === true };
  } catch (error) {
    throw new Failure('usage', `${error instanceof Error ? error.message : String(error)} (--url or SASH_URL)`);
  }
}

/** What a command was asked about: its option or argument of this name. */
export function namedIn(command: Command, name: 'topic' | 'group'): string | undefined {
  const option: unknown = command.opts()[name];
  if (typeof option === 'string') return option;
  if (Array.isArray(option)) return option.length === 1 ? String(option[0]) : undefined;
  const at = command.registeredArguments.findIndex((argument) => argument.name() === name);
  return at === -1 ? undefined : command.args[at];
}
