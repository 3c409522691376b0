/** How a command ends, as the shell sees it. The table of docs/cli.md and of `sash --help` is this one. */
export const exitCodes = {
  done: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'failed: the message says why' },
  usage: { code: 2, meaning: 'the command line is wrong, or the server refused a value in it' },
  notFound: { code: 3, meaning: 'no such topic, partition, group or record' },
  unreachable: { code: 4, meaning: 'no sash answers at the URL' },
  conflict: { code: 5, meaning: 'refused in this state: it exists already, or is in use' },
  notConfirmed: { code: 6, meaning: 'it was not confirmed: nothing was changed' },
  partly: { code: 7, meaning: 'done, but not for every line or partition' },
  interrupted: { code: 130, meaning: 'ended by Ctrl-C (143: by SIGTERM); a worker that has drained ends with 0' },
} as const satisfies Record<string, { readonly code: number; readonly meaning: string }>;

export type Ending = keyof typeof exitCodes;

/** A command cannot go on. Told on stderr as `sash: message`, and the hint on a line of its own. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly ending: Ending;
  /** What to do next. */
  readonly hint: string | undefined;

  constructor(ending: Ending, message: string, hint?: string) {
    super(message);
    this.ending = ending;
    this.hint = hint;
  }
}
