/**
 * Starts and stops the process; nothing else. Exit codes: 0 after a graceful stop, 1 when something failed, 2 when a
 * setting is wrong.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compose } from './compose.ts';
import { type Addresses, version } from './compose-doors.ts';
import { readConfig, type Config } from './config.ts';
import { Fault } from './ports/fault.ts';
import { FewLines } from './system/few-lines.ts';
import { PinoLogger } from './system/pino-logger.ts';
import { systemClock } from './system/system-clock.ts';
import { collectGarbageLessOften } from './system/v8-flags.ts';

const minimumNodeMajor = 24;

if (Number(process.versions.node.split('.')[0]) < minimumNodeMajor) {
  process.stderr.write(`sash needs Node ${minimumNodeMajor} or newer, and this is Node ${process.versions.node}.\n`);
  process.exit(1);
}

const read = readConfig({
  argv: process.argv.slice(2),
  environment: process.env,
  readFile: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return undefined;
      throw error;
    }
  },
});

switch (read.kind) {
  case 'help':
    process.stdout.write(read.text);
    break;
  case 'version':
    process.stdout.write(`${version()}\n`);
    break;
  case 'refused':
    for (const message of read.messages) process.stderr.write(`sash: ${message}\n`);
    if (process.env['npm_lifecycle_event'] === 'start' && !process.argv.slice(2).some((each) => each.startsWith('-')))
      process.stderr.write('npm keeps flags for itself unless they follow --, as in: npm start -- --port 8081\n');
    process.exitCode = 2;
    break;
  case 'config':
    await run(read.config, read.warnings);
    break;
}

async function run(config: Config, warnings: readonly string[]): Promise<void> {
  collectGarbageLessOften();
  const pino = new PinoLogger({ level: config['log.level'], format: config['log.format'] });
  const logger = new FewLines(pino, systemClock);
  const sashFile = join(config['data.dir'], 'sash.json');
  let stop: (() => Promise<void>) | undefined;
  let stopping = false;

  // A bug of ours: what is in memory may be wrong, what is on the disk is not. The next start is the ordinary start.
  const die = (error: unknown): never => {
    pino.fatal({ err: error }, 'sash ends because of a bug; please report it. What was confirmed is on the disk');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);

  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) {
      logger.warn({ signal }, 'second signal: ends at once');
      process.exit(1);
    }
    stopping = true;
    logger.info({ signal }, 'stopping: answers those who wait, then ends');
    // Nothing was confirmed yet by a process that is still starting.
    if (stop === undefined) process.exit(0);
    const timeoutMs = config['shutdown.timeout.ms'];
    setTimeout(() => {
      logger.error({ timeoutMs }, `the stop took longer than shutdown.timeout.ms (${timeoutMs}): ends anyway`);
      process.exit(1);
    }, timeoutMs).unref();
    stop().then(
      () => {
        logger.flush();
        logger.info({}, 'stopped');
        process.exit(0);
      },
      (error: unknown) => {
        pino.fatal({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);

  for (const warning of warnings) logger.warn({}, warning);
  try {
    const sash = compose(config, {
      logger,
      died: (error) => {
        if (!(error instanceof Fault)) die(error);
        pino.fatal({ code: (error as Fault).code }, startFailure(error, config));
        process.exit(1);
      },
    });
    const addresses = await sash.start();
    stop = async () => {
      // First, while the data folder is still ours: the next process may write its own at once.
      rmSync(sashFile, { force: true });
      await sash.stop();
    };
    try {
      // Where records and state are elsewhere, nobody has made it yet.
      mkdirSync(config['data.dir'], { recursive: true });
      // Written beside and renamed: a reader never sees half of it.
      const startedAt = new Date().toISOString();
      writeFileSync(`${sashFile}.new`, `${JSON.stringify({ pid: process.pid, ...addresses, startedAt })}\n`);
      renameSync(`${sashFile}.new`, sashFile);
    } catch (error) {
      // On a full disk the server is needed all the same: what is stored is read, and retention makes room.
      rmSync(sashFile, { force: true });
      logger.warn({ file: sashFile, err: error }, 'sash.json, which says where the server is, cannot be written');
    }
    logger.info({ ...addresses }, 'listening');
    if (process.stdout.isTTY || process.env['npm_lifecycle_event'] === 'start')
      process.stderr.write(linesToTry(addresses));
  } catch (error) {
    // A fault, and what the system refuses, is told in a sentence; anything else needs its stack to be understood.
    const isTold = error instanceof Fault || isSystemError(error);
    pino.fatal(isTold ? { code: error.code } : { err: error }, startFailure(error, config));
    process.exit(1);
  }
}

/** In one sentence what keeps the server from starting. */
function startFailure(error: unknown, config: Config): string {
  if (!(error instanceof Error)) return String(error);
  if (isSystemError(error)) {
    const door = doorOf(error, config);
    const address = `${config[`${door}.host`]}:${config[`${door}.port`]}`;
    if (error.code === 'EADDRINUSE')
      return `${address} is in use by another process; choose another ${door}.port (${door === 'http' ? '--port' : '--kafka.port'}), or 0 for a free one`;
    if (error.code === 'EADDRNOTAVAIL' || error.syscall === 'getaddrinfo')
      return `${door}.host ${config[`${door}.host`]} is not an address of this machine`;
    if (error.code === 'EACCES' && error.syscall === 'listen')
      return `this user may not listen on ${address}; ports below 1024 belong to root`;
    return `cannot start on the data folder ${config['data.dir']}: ${error.message}`;
  }
  return error instanceof Fault ? `${error.message}; ${error.hint}` : error.message;
}

/** The door that could not listen: told by its port, or where both were asked for the same (0, say) by its host. */
function doorOf(error: NodeJS.ErrnoException, config: Config): 'http' | 'kafka' {
  const { port, address, hostname } = error as { port?: number; address?: string; hostname?: string };
  const isSamePort = config['kafka.port'] === config['http.port'];
  if (port !== undefined && !isSamePort) return port === config['kafka.port'] ? 'kafka' : 'http';
  const host = hostname ?? address;
  return host === config['kafka.host'] && host !== config['http.host'] ? 'kafka' : 'http';
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function linesToTry({ http, kafka }: Addresses): string {
  const json = `-H 'content-type: application/json'`;
  return `
  sash listens on ${http}${kafka === undefined ? '' : `, and for Kafka clients on ${kafka}`}. Ctrl-C stops it.

  The live page, in a browser:  ${http}/
  The reference of all calls:   ${http}/docs

  Try, in another terminal:

    curl -sS ${http}/v1/topics ${json} -d '{"topic":"emails","partitions":4}'
    curl -sS ${http}/v1/topics/emails/records ${json} -d '{"records":[{"key":"user-9","value":{"to":"a@b.c"}}]}'
    curl -sS ${http}/v1/share-groups/mailers/acquire ${json} -d '{"topics":["emails"],"startFrom":"earliest","waitMs":20000}'
    curl -sS -X POST ${http}/v1/leases/LEASE/accept      # LEASE: from the answer before
    curl -sS ${http}/v1/share-groups/mailers/windows

`;
}
