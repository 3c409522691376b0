import { parseArgs } from 'node:util';

export interface DemoArguments {
  /** Lines of this file are the jobs; `undefined`: the installed packages are. */
  readonly file: string | undefined;
  /** A command of the shell that does each job. */
  readonly exec: string | undefined;
  /** Least time a job takes, so that people can watch; ms. */
  readonly paceMs: number;
  readonly help: boolean;
}

export const usage = `Usage: npm run demo                                      every package in node_modules is one job
       npm run demo -- FILE                               every line of a text or NDJSON file is one job
       npm run demo -- FILE --exec './work.sh'            a command does each job: the value on stdin;
                                                          exit 0 accepts, 65 rejects, anything else or a signal releases
Options: --pace MS   least time of a job, so that one can watch (60; with --exec 0)

One of the four workers crashes on the way, so the job that it was working on is done again by another.
On a terminal the live page, whose address is printed first, stays until Ctrl-C.
`;

/** Throws an error with one sentence when the arguments mean nothing. */
export function readArguments(argv: readonly string[]): DemoArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      exec: { type: 'string' },
      pace: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (positionals.length > 1)
    throw new Error(`one file at a time, not ${positionals.length}: ${positionals.join(', ')}`);
  const [file] = positionals;
  if (values.exec !== undefined && file === undefined) throw new Error('--exec needs a file whose lines are the jobs');
  const pace = values.pace ?? (values.exec === undefined ? '60' : '0');
  if (!/^\d{1,5}$/.test(pace))
    throw new Error(`--pace is ${JSON.stringify(pace)}; it must be an integer from 0 to 99999 ms`);
  return { file, exec: values.exec, paceMs: Number(pace), help: values.help };
}
