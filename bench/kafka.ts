/**
 * `npm run bench:kafka`: Kafka's own Java client against sash and against Kafka 4.4, in one run, with one client process. Kafka
 * runs twice: as it is by default, which never waits for the disk, and at equal durability (`flush.messages=1`). Needs Java 17, a
 * JDK, and Maven. `-- --short` sends a tenth.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunningBroker } from '../test/interop/broker-process.ts';
import { startKafka } from '../test/interop/kafka/kafka.ts';
import { startSash } from '../test/interop/sash-broker.ts';
import { JavaLoad } from './kafka/java-load.ts';
import { type Row, median, number, table } from './row.ts';

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false }, rounds: { type: 'string' } } });
const records = values.short ? 100_000 : 1_000_000;
const commits = values.short ? 500 : 3_000;
const rounds = Number(values.rounds ?? (values.short ? 1 : 3));

type Name = 'sash' | 'kafka' | 'kafka, flushed';
type Figures = Map<string, number[]>;

const folders = mkdtempSync(join(tmpdir(), 'sash-bench-kafka-'));
const brokers = new Map<Name, RunningBroker>();
const figures = new Map<Name, Figures>();
let topics = 0;

const log = (text: string): void => console.error(text);

async function measure(load: JavaLoad, name: Name, broker: RunningBroker): Promise<void> {
  const found = figures.get(name) ?? new Map<string, number[]>();
  figures.set(name, found);
  const note = (what: string, value: number): void => {
    log(`${name}: ${what} ${number(value)}`);
    found.set(what, [...(found.get(what) ?? []), value]);
  };
  const topic = async (): Promise<string> => {
    const made = `bench-${topics++}`;
    await load.task('topic', broker.bootstrap, made, 4);
    return made;
  };
  const small = await topic();
  note('produce 200 B', (await load.task('produce', broker.bootstrap, small, records, 200))[0]!);
  const large = await topic();
  note('produce 1,000 B', (await load.task('produce', broker.bootstrap, large, records / 4, 1_000))[0]!);
  note('consume, 1', (await load.task('consume', broker.bootstrap, small, 1, records))[0]!);
  note('consume, 4', (await load.task('consume', broker.bootstrap, small, 4, records))[0]!);
  const [p50, p99] = await load.task('commit', broker.bootstrap, small, commits);
  note('commit p50', p50!);
  note('commit p99', p99!);
  note('first record', (await load.task('first', broker.bootstrap, small))[0]!);
  const memory = memoryOf(broker.pid);
  note('RssAnon', memory.anonymous);
  note('RssFile', memory.file);
}

/** MB of a process: its own, and pages of files that the system may take back. */
function memoryOf(pid: number): { readonly anonymous: number; readonly file: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { anonymous: mb('RssAnon'), file: mb('RssFile') };
}

const of = (name: Name, what: string): number => median(figures.get(name)?.get(what) ?? []);

function rowsOf(): Row[] {
  const row = (what: string, key: string, unit: string, more: { least?: number; most?: number } = {}): Row => ({
    section: 'kafka',
    what,
    figure: `${number(of('sash', key))} ${unit}`,
    against: {
      what: `Kafka's ${number(of('kafka', key))}`,
      ratio: of('sash', key) / of('kafka', key),
      ...(more.least === undefined ? {} : { atLeast: more.least }),
      ...(more.most === undefined ? {} : { atMost: more.most }),
    },
  });
  const flushed = (what: string, key: string): Row => ({
    section: 'kafka',
    what: `${what}, equal durability`,
    figure: `${number(of('sash', key))} records/s`,
    against: {
      what: `${number(of('kafka, flushed', key))} flushed`,
      ratio: of('sash', key) / of('kafka, flushed', key),
      atLeast: 1,
    },
  });
  const firstMs = of('sash', 'first record');
  return [
    row('share consume, 1 consumer', 'consume, 1', 'records/s', { least: 1 }),
    row('share consume, 4 consumers', 'consume, 4', 'records/s', { least: 1 }),
    row('produce acks=all, 200 B', 'produce 200 B', 'records/s', { least: 0.8 }),
    flushed('produce acks=all, 200 B', 'produce 200 B'),
    row('produce acks=all, 1,000 B', 'produce 1,000 B', 'records/s', { least: 0.6 }),
    flushed('produce acks=all, 1,000 B', 'produce 1,000 B'),
    row('commitSync of one record, p50', 'commit p50', 'ms', { most: 1 }),
    row('commitSync of one record, p99', 'commit p99', 'ms', { most: 0.5 }),
    {
      ...row('first record of a new group', 'first record', 'ms'),
      target: { text: '≤ 100 ms', met: firstMs <= 100 },
    },
    row('server memory after it, RssAnon', 'RssAnon', 'MB', { most: 0.5 }),
    row('server memory after it, RssFile', 'RssFile', 'MB'),
  ];
}

const startedMs = performance.now();
let load: JavaLoad | undefined;
try {
  const start = async (name: Name, begin: typeof startSash, settings: Record<string, string>): Promise<void> => {
    const folder = mkdtempSync(join(folders, 'broker-'));
    // The suite's settings make members quick to learn what they are assigned; here all is as it is by default.
    brokers.set(name, await begin({ folder, settings, defaults: true }));
  };
  await start('sash', startSash, {});
  await start('kafka', startKafka, {});
  await start('kafka, flushed', startKafka, { 'log.flush.interval.messages': '1' });
  load = await JavaLoad.start();
  // The first round warms up the client, and both kinds of broker.
  for (let round = 0; round <= rounds; round++) {
    if (round === 1) figures.clear();
    log(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    for (const [name, broker] of brokers) await measure(load, name, broker);
  }
  const [cpu] = cpus();
  console.log(`
${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}; ${records.toLocaleString('en-US')} records, median of ${rounds}; ${Math.round((performance.now() - startedMs) / 1000)} s

${table(rowsOf())}`);
} finally {
  load?.stop();
  await Promise.allSettled([...brokers.values()].map((broker) => broker.stop()));
  rmSync(folders, { recursive: true, force: true });
}
