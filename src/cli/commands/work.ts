import { constants, hostname } from 'node:os';
import { Option, type Command } from 'commander';
import { defaultReleaseBackoff } from '../../client/backoff.ts';
import type { WorkerRecord } from '../../client/held-record.ts';
import { Worker } from '../../client/worker.ts';
import type { WorkerEvents } from '../../client/worker-settings.ts';
import { collect, durationMs, durationOption, integer } from '../arguments.ts';
import { Failure } from '../exit-code.ts';
import { count, counted, duration } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { checkCommand, RecordProcesses } from '../record-process.ts';
import { openSession } from '../session.ts';
import { note, printJson, safeLine } from '../terminal.ts';

interface WorkOptions {
  readonly group: string;
  readonly topic: readonly string[];
  readonly concurrency: number;
  readonly fromBeginning?: true;
  readonly workerId: string;
  readonly lock?: number;
  readonly timeout?: number;
  readonly retryDelay: number;
  readonly drainTimeout: number;
}

export function addWork(program: Command): void {
  program
    .command('work')
    .summary('Runs a command for each record of a topic.')
    .description(
      'Runs a command for each record, as one of the workers of a group. How it exits is what becomes of the record.',
    )
    .usage('[options] --group GROUP --topic TOPIC -- COMMAND [ARG]...')
    .argument('<command...>', 'after --; without a shell around it')
    .requiredOption('-g, --group <group>', 'made by its first worker')
    .requiredOption('-t, --topic <topic>', 'repeatable', collect)
    .option('-c, --concurrency <number>', 'how many commands run at once', integer(1, 1000), 1)
    .option('-b, --from-beginning', 'where the group has no start yet: from the first record, not from the next')
    .addOption(
      new Option('--worker-id <name>', 'as windows and histories show it').default(
        `${hostname()}-${process.pid}`,
        'host and process id',
      ),
    )
    .option('--lock <duration>', "how long a lock lasts until it is renewed; the group's unless told", durationMs)
    .option('--timeout <duration>', 'a command that takes longer is ended, and its record released', durationMs)
    .addOption(
      durationOption(
        '--retry-delay <duration>',
        'before the second delivery; twice as long before each further one',
        '1s',
      ),
    )
    .addOption(
      durationOption('--drain-timeout <duration>', 'how long commands may still run after the first signal', '30s'),
    )
    .addHelpText(
      'after',
      wrapped(`
The value of the record is on stdin. Exit codes of the command:

  0      accept: done
  65     reject: never again; the record is archived
  75     release: again, after the retry delay
  other  or ended by a signal: release, as 75

The last line that it writes to stderr is kept with the record as the reason. While it runs the lock is renewed; when the lock is lost all
the same, the command gets SIGTERM. In its environment: SASH_TOPIC, SASH_PARTITION, SASH_OFFSET, SASH_TIMESTAMP, SASH_KEY,
SASH_HEADER_… (a header's name in capitals, _ for what is no letter or digit), SASH_DELIVERY_COUNT, SASH_DELIVERY_COUNT_LIMIT,
SASH_LAST_FAILURE, SASH_GROUP and SASH_URL. What is null, or no text, is not set.

SIGTERM or Ctrl-C: takes no more records, lets the commands that run end, and exits with 0. A second one ends at once; locks that are
left run out by themselves.

With --json: a line for each outcome that the server has confirmed, {"event":"accepted","topic":…,"partition":…,"offset":…}; events are
accepted, released, rejected, archived and lockLost. The output of the commands goes to stderr then.

Examples:
  sash work --group mailers --topic emails --concurrency 8 -- ./send-mail
  sash work -g checkers -t emails -- sh -c 'jq -e .to >/dev/null || exit 65'`),
    )
    .action((operands: string[], options: WorkOptions, command: Command) => work(operands, options, command));
}

async function work(operands: readonly string[], options: WorkOptions, command: Command): Promise<void> {
  const { client, url, json } = openSession(command);
  const [program = '', ...args] = operands;
  checkCommand(program);
  // A worker waits for a topic that is not there; who types its name wants to know.
  for (const topic of options.topic) await client.describeTopic(topic);

  const processes = new RecordProcesses({
    command: program,
    args,
    environment: { SASH_URL: url, SASH_GROUP: options.group },
    stdout: json ? 'stderr' : 'inherit',
  });
  let unstartable: Failure | undefined;
  const stopping = new AbortController();
  const backoff = { ...defaultReleaseBackoff, initialDelayMs: options.retryDelay };
  const worker = new Worker({
    url,
    group: options.group,
    topics: options.topic,
    concurrency: options.concurrency,
    workerId: options.workerId,
    encoding: 'base64',
    backoff,
    ...(options.fromBeginning === undefined ? {} : { startFrom: 'earliest' as const }),
    ...(options.lock === undefined ? {} : { lockDurationMs: options.lock }),
    ...(options.timeout === undefined ? {} : { handlerTimeoutMs: options.timeout }),
    handler: async (record, { signal }) => {
      try {
        await processes.run(record, signal);
      } catch (error) {
        if (error instanceof Failure) {
          // It would fail every record.
          unstartable = error;
          stopping.abort();
        }
        throw error;
      }
    },
  });
  const outcomes = tellOutcomes(worker, json);
  const release = drainOnSignal(stopping, processes);
  note(
    `${options.workerId} works on ${options.topic.join(', ')} for ${options.group}. Ctrl-C lets it end its work and stop.`,
  );
  let drained = true;
  worker.on('stopped', (event) => (drained = event.drained));
  try {
    await worker.run({ signal: stopping.signal, drainTimeoutMs: options.drainTimeout });
  } finally {
    release();
  }
  note(outcomes.summary());
  if (unstartable !== undefined) throw unstartable;
  if (!drained)
    throw new Failure(
      'failed',
      `some commands had not ended after ${duration(options.drainTimeout)}`,
      'Their records were released, or their locks run out. To give them longer: --drain-timeout.',
    );
}

/**
 * The first signal lets the work end; the second ends everything, as people expect of it. However this process ends, no
 * command goes on without it.
 */
function drainOnSignal(stopping: AbortController, processes: RecordProcesses): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(128 + constants.signals[signal]);
    note(`${signal}: ${count(processes.count)} still running, then it stops. A second signal ends at once.`);
    stopping.abort();
  };
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  process.on('exit', () => processes.killAll());
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
    processes.killAll();
  };
}

const outcomeNames = ['accepted', 'released', 'rejected', 'archived', 'lockLost'] as const;
type OutcomeName = (typeof outcomeNames)[number];

/** What went well is counted, what did not is told. */
function tellOutcomes(worker: Worker, json: boolean): { readonly summary: () => string } {
  const counts: Record<OutcomeName, number> = { accepted: 0, released: 0, rejected: 0, archived: 0, lockLost: 0 };
  const tell = (name: OutcomeName, record: WorkerRecord, reason?: string): void => {
    counts[name]++;
    const { topic, partition, offset, deliveryCount, deliveryCountLimit } = record;
    if (json)
      void printJson({
        event: name,
        topic,
        partition,
        offset,
        deliveryCount,
        ...(reason === undefined ? {} : { reason }),
      });
    else if (name !== 'accepted') {
      const what = name === 'lockLost' ? 'lock lost' : name;
      note(
        `${topic}-${partition} offset ${offset} ${what}, delivery ${deliveryCount} of ${deliveryCountLimit}: ${safeLine(reason ?? '')}`,
      );
    }
  };
  worker.on('accepted', ({ record }) => tell('accepted', record));
  for (const name of ['released', 'rejected', 'archived'] as const)
    worker.on(name, (event: WorkerEvents[typeof name]) => tell(name, event.record, event.reason));
  worker.on('lockLost', ({ record, error }) => tell('lockLost', record, error.message));
  worker.on('error', ({ error, fatal }) => {
    if (!fatal) note(`${safeLine(error.message)}; trying again`);
  });
  return {
    summary: () =>
      outcomeNames
        .filter((name) => name === 'accepted' || counts[name] > 0)
        .map((name) =>
          name === 'lockLost' ? `${counted(counts[name], 'lock')} lost` : `${count(counts[name])} ${name}`,
        )
        .join(', '),
  };
}
