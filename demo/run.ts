/**
 * `npm run demo`: real jobs through a real server. Starts a server on a data folder of its own, produces one record for
 * each job, lets four worker processes drain them together, one of which crashes on the way, shows the windows as they
 * move, and ends with a table and the check that nothing was lost or done twice. Exit code 0 only when the check holds.
 * On a terminal the live page is kept alive until Ctrl-C.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Api } from './api.ts';
import { readArguments, usage, type DemoArguments } from './arguments.ts';
import { findPackages } from './job.ts';
import { Report, type WorkerReport } from './report.ts';
import { startLife } from './page-life.ts';
import { startServer } from './server-process.ts';
import { livePicture, plainLine, summaryTable, type Progress, type WindowPicture } from './view.ts';
import type { WorkerOrder } from './worker.ts';

const GROUP = 'demo-workers';
const TOPIC = 'jobs';
const PARTITIONS = 4;
const WORKERS = 4;
const DELIVERY_COUNT_LIMIT = 3;
/** Short, so that what the crashed worker held comes back while one watches; the others renew in time. */
const LOCK_DURATION_MS = 1_500;
const RETRY_DELAY_MS = 400;

const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));

/** The default jobs are real, so it depends on the machine whether one of them fails. */
const nothingFailed = `  Every package here has a licence that is valid SPDX, so no job failed for good. To see jobs retried and archived:

    npm run demo -- package.json --exec 'grep -q :'    # each line is a job; one without a colon fails at every try

`;

const pageStays = (http: string): string => `  The live page stays until Ctrl-C: ${http}

  There the mailers work on, and one of their windows does not move. Which record holds it back, and who has it?
  Free it: docs/live-page.md walks there in a minute.
`;

interface WorkerProcess {
  readonly workerId: string;
  readonly child: ChildProcess;
  /** Resolves when it has ended; a worker that dies by a signal has crashed. */
  readonly ended: Promise<void>;
  alive: boolean;
}

async function main(): Promise<number> {
  let demo: DemoArguments;
  try {
    demo = readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (demo.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (demo.file !== undefined) {
    const file = await open(demo.file).catch((error: Error) => error);
    if (file instanceof Error) {
      process.stderr.write(`demo: ${demo.file} cannot be read: ${file.message}\n`);
      return 2;
    }
    await file.close();
  }

  let interrupted = false;
  // From the first moment, a terminal that is closed included: the server is not in its group of processes, and would stay.
  // A second signal ends at once, by way of `exit`: a closed terminal, and npm after it, send two.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (interrupted) process.exit(130);
      interrupted = true;
    });
  const server = await startServer();
  say(`The live page: ${server.http}`);
  say(`A server of its own listens there, its data folder is ${server.folder}.`);
  const workers: WorkerProcess[] = [];
  const stopAll = async (): Promise<void> => {
    for (const { child, alive } of workers) if (alive) child.send('stop');
    await Promise.all(workers.map(({ ended }) => ended));
  };
  let life: Awaited<ReturnType<typeof startLife>> | undefined;
  process.stdout.on('error', () => {});
  try {
    const api = new Api(server.http);
    // Only for somebody who may open the page.
    if (isLive && process.env['CI'] === undefined) life = await startLife(api);
    const jobs = await produceJobs(api, demo);
    say(
      `Produced ${jobs} jobs to ${PARTITIONS} partitions; ${WORKERS} workers drain them together, and worker-4 will crash.`,
    );

    const report = new Report();
    for (let number = 1; number <= WORKERS; number++) {
      const workerId = `worker-${number}`;
      const crashAfterJobs = number === WORKERS ? Math.max(1, Math.min(12, Math.floor(jobs / 12))) : null;
      workers.push(startWorker(orderOf(server.http, demo, workerId, crashAfterJobs), report));
    }
    await watch(api, report, jobs, workers, () => interrupted);
    await stopAll();
    if (interrupted) return 130;

    const logEndOffsets = await api.logEndOffsets(TOPIC);
    const partitions = logEndOffsets.map((_, partition) => partition);
    const archived = (await Promise.all(partitions.map((partition) => api.archived(GROUP, TOPIC, partition)))).flat();
    const lag = (await api.windows(GROUP)).reduce((sum, row) => sum + row.lag, 0);
    const names = await namesOf(archived, server.http);
    const summary = report.summary(
      { logEndOffsets, archived, lag, deliveryCountLimit: DELIVERY_COUNT_LIMIT },
      (partition, offset) => names.get(`${partition}/${offset}`) ?? `${TOPIC}-${partition} offset ${offset}`,
    );
    process.stdout.write(summaryTable(summary, crashedOf(workers)));
    if (demo.file === undefined && archived.length === 0) process.stdout.write(nothingFailed);
    if (life !== undefined) {
      say(pageStays(server.http));
      while (!interrupted) await sleep(100);
    }
    return summary.faults.length === 0 ? 0 : 1;
  } finally {
    await life?.stop();
    for (const { child, alive } of workers) if (alive) child.kill('SIGKILL');
    const code = await server.stop();
    if (code !== 0) process.stderr.write(`demo: the server ended with ${code}, not with 0\n`);
  }
}

const crashedOf = (workers: readonly WorkerProcess[]): string[] =>
  workers.filter(({ child }) => child.signalCode !== null).map(({ workerId }) => workerId);

function orderOf(http: string, demo: DemoArguments, workerId: string, crashAfterJobs: number | null): WorkerOrder {
  let work: WorkerOrder['work'] = { kind: 'packages' };
  if (demo.exec !== undefined) work = { kind: 'command', command: demo.exec };
  else if (demo.file !== undefined) work = { kind: 'lines', mustBeJson: /\.(ndjson|jsonl)$/i.test(demo.file) };
  return {
    http,
    group: GROUP,
    topic: TOPIC,
    workerId,
    work,
    paceMs: demo.paceMs,
    lockDurationMs: LOCK_DURATION_MS,
    retryDelayMs: RETRY_DELAY_MS,
    crashAfterJobs,
  };
}

/** Makes the topic and one record for each job; how many there are. */
async function produceJobs(api: Api, demo: DemoArguments): Promise<number> {
  await api.createTopic(TOPIC, PARTITIONS);
  await api.configureGroup(GROUP, {
    'share.delivery.count.limit': String(DELIVERY_COUNT_LIMIT),
    'share.auto.offset.reset': 'earliest',
  });
  if (demo.file !== undefined) {
    const lines = Readable.toWeb(createReadStream(demo.file)) as ReadableStream<Uint8Array>;
    const { produced, failed, errors } = await api.produceLines(TOPIC, lines);
    for (const error of errors) say(`${basename(demo.file)}, line ${error.line}: ${error.message}`);
    if (failed > 0) say(`${failed} lines could not be produced; the others are in.`);
    return produced;
  }
  const packages = await findPackages(`${root}node_modules`);
  const records = packages.map((path) => ({ key: nameOfPackage(path), value: { path } }));
  for (let first = 0; first < records.length; first += 100) await api.produce(TOPIC, records.slice(first, first + 100));
  return records.length;
}

const nameOfPackage = (path: string): string => relative(`${root}node_modules`, path).replaceAll('\\', '/');

/** What to call the jobs that were archived: the record's key (the package), or the beginning of its value (the line). */
async function namesOf(
  rows: readonly { readonly partition: number; readonly offset: number }[],
  http: string,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const { partition, offset } of rows) {
    const path = `${http}/v1/share-groups/${GROUP}/topics/${TOPIC}/partitions/${partition}/records/${offset}`;
    const { record } = (await (await fetch(path)).json()) as { record?: { key: string | null; value: unknown } };
    if (record === undefined) continue;
    const value = typeof record.value === 'string' ? record.value : JSON.stringify(record.value);
    names.set(`${partition}/${offset}`, record.key ?? (value.length > 40 ? `${value.slice(0, 40)}…` : value));
  }
  return names;
}

function startWorker(order: WorkerOrder, report: Report): WorkerProcess {
  const child = fork(workerFile, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const { workerId } = order;
  const ended = new Promise<void>((resolve) => {
    child.once('close', (code, signal) => {
      worker.alive = false;
      if (signal === null && code !== 0) say(`${workerId} ended with ${code}.`);
      resolve();
    });
  });
  const worker: WorkerProcess = { workerId, child, ended, alive: true };
  child.on('message', (message: WorkerReport) => {
    report.add(message);
    if (message.kind === 'crashing') {
      say(
        `${workerId} crashes (kill -9) and still holds ${message.held.length} ${message.held.length === 1 ? 'record' : 'records'}: ${message.held.join(', ')}.`,
      );
    }
    if (message.kind === 'too-late')
      say(`${workerId} was too late with ${message.partition}/${message.offset}: ${message.code}.`);
  });
  child.send(order);
  return worker;
}

// ───────────── showing ─────────────

const isLive = process.stdout.isTTY;
/** Lines of the live view on the screen, below everything that was said. */
let drawnLines = 0;

function say(text: string): void {
  erase();
  process.stdout.write(`${text}\n`);
}

function erase(): void {
  if (drawnLines > 0) process.stdout.write(`\u001B[${drawnLines}A\u001B[0J`);
  drawnLines = 0;
}

function draw(lines: readonly string[]): void {
  erase();
  process.stdout.write(`${lines.join('\n')}\n`);
  drawnLines = lines.length;
}

/** Shows the windows until every job has ended, or until no worker is left to end it. */
async function watch(
  api: Api,
  report: Report,
  jobs: number,
  workers: readonly WorkerProcess[],
  isInterrupted: () => boolean,
): Promise<void> {
  const startedMs = performance.now();
  let shownMs = -Infinity;
  while (!isInterrupted()) {
    const rows = (await api.windows(GROUP)).toSorted((a, b) => a.partition - b.partition);
    const windows: WindowPicture[] = await Promise.all(
      rows.map(async (row) => ({ row, runs: isLive ? await api.runs(GROUP, TOPIC, row.partition) : [] })),
    );
    const elapsedMs = performance.now() - startedMs;
    const progress: Progress = {
      elapsedMs,
      jobs,
      accepted: report.accepted,
      archived: report.archived,
      workers,
      windows,
    };
    const isDone = rows.length === PARTITIONS && rows.every((row) => row.lag === 0);
    if (isLive) draw(livePicture(progress, process.stdout.columns));
    else if (isDone || elapsedMs - shownMs >= 500) {
      shownMs = elapsedMs;
      say(plainLine(progress));
    }
    if (isDone) break;
    if (!workers.some(({ alive }) => alive)) {
      say('No worker is left.');
      break;
    }
    await sleep(100);
  }
  drawnLines = 0;
}

process.exitCode = await main();
