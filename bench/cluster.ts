/**
 * `npm run bench:cluster`: sash over a Kafka and a Redis next to one that keeps everything itself, and next to Kafka's own share groups,
 * in one run. Needs Java 17, a JDK, Maven and redis-server. `-- --short` sends a tenth; `-- --only accept` (or `consume`, `http`,
 * `takeover`) runs one part.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { encodeBatch } from '../src/codec/record-batch.ts';
import { MemoryLog } from '../src/log/memory-log.ts';
import { MemoryAudit } from '../src/store/memory-audit.ts';
import { MemoryMetadata } from '../src/store/memory-metadata.ts';
import { RedisStore } from '../src/store/redis-store.ts';
import { connectionTo } from '../test/cluster/redis-fixture.ts';
import { type KafkaServer, startKafka } from '../test/cluster/kafka-server.ts';
import { type RedisServer, startRedis } from '../test/cluster/redis-server.ts';
import { type SashCluster, startSashCluster } from '../test/cluster/sash-node.ts';
import { startKafka as startShareKafka } from '../test/interop/kafka/kafka.ts';
import { startSash } from '../test/interop/sash-broker.ts';
import { acceptsPerBlock, fill, openBroker, timeAccepts } from './accepts.ts';
import type { LoadAnswer, LoadTask } from './http-load.ts';
import { JavaLoad } from './kafka/java-load.ts';
import { TaskProcess, startSash as startHttpSash } from './processes.ts';
import { type Row, median, number, quantile, table } from './row.ts';

const parts = ['accept', 'consume', 'http', 'takeover'] as const;
const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, only: { type: 'string' }, rounds: { type: 'string' } },
});
const { short, only } = values;
const rounds = Number(values.rounds ?? (short ? 1 : 3));
if (only !== undefined && !parts.some((part) => part === only)) {
  console.error(`--only ${only}: there are ${parts.join(', ')}`);
  process.exit(2);
}

const log = (text: string): void => console.error(text);
const folder = mkdtempSync(join(tmpdir(), 'sash-bench-cluster-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** As a cluster is set up by default, but for what is being measured. */
const defaults = { 'cluster.session.timeout.ms': '10000', 'cluster.heartbeat.interval.ms': '1000' };

class Figures {
  readonly #values = new Map<string, number[]>();

  note(what: string, value: number, unit: string): void {
    log(`${what}: ${number(value)} ${unit}`);
    this.#values.set(what, [...(this.#values.get(what) ?? []), value]);
  }

  /** What was the first time of everything does not count. */
  forget(): void {
    this.#values.clear();
  }

  of = (what: string): number => median(this.#values.get(what) ?? []);

  /** The median of the rounds' ratios. */
  ratio = (what: string, to: string): number =>
    median((this.#values.get(what) ?? []).map((value, round) => value / (this.#values.get(to)?.[round] ?? Number.NaN)));
}

// ───────────── one accept against one Lua call ─────────────

/** About what an accept stores, behind one look at an epoch. */
const bareScript = `
if redis.call('HGET', KEYS[1], 'epoch') == ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'value', ARGV[2])
return 1`;

async function benchAccept(redis: RedisServer): Promise<readonly Row[]> {
  const blocks = short ? 20 : 100;
  const client = new Redis(redis.url);
  const sha = String(await client.script('LOAD', bareScript));
  const connection = connectionTo(redis.url);
  await connection.start(10_000);
  const lost = (): never => {
    throw new Error('state was lost');
  };
  const store = new RedisStore(connection, { lost, leaderEpochFloor: 0, onAccepted: () => {} });
  const { broker, topicId } = await openBroker({
    log: new MemoryLog(),
    store,
    metadata: new MemoryMetadata(),
    audit: new MemoryAudit(),
    health: connection,
  });
  try {
    const records = [{ timestampMs: Date.now(), key: null, value: Buffer.alloc(200, 'x'), headers: [] }];
    await fill(broker, (blocks + 2) * acceptsPerBlock, () => encodeBatch({ records }));
    const [accepts, bare, ratios]: [number[], number[], number[]] = [[], [], []];
    for (let block = 0; block < blocks + 2; block++) {
      const here = { accepts: await timeAccepts(broker, topicId), bare: [] as number[] };
      for (let i = 0; i < acceptsPerBlock; i++) {
        const startMs = performance.now();
        await client.evalsha(sha, 1, 'bench-bare', '-', Buffer.alloc(128, i));
        here.bare.push(performance.now() - startMs);
      }
      if (block < 2) continue; // warming up
      accepts.push(...here.accepts);
      bare.push(...here.bare);
      ratios.push(median(here.accepts) / median(here.bare));
    }
    const show = (times: readonly number[]): string =>
      `p50 ${quantile(times, 0.5).toFixed(2)} ms, p99 ${quantile(times, 0.99).toFixed(2)} ms`;
    return [
      { section: 'cluster', what: 'one bare Lua call on Redis, appendfsync always: the floor', figure: show(bare) },
      {
        section: 'cluster',
        what: 'one durable accept through the broker, one at a time',
        figure: show(accepts),
        against: { what: 'bare Lua call, p50', ratio: median(ratios), atMost: 3 },
      },
    ];
  } finally {
    await broker.stop();
    await connection.close();
    client.disconnect();
  }
}

// ───────────── Kafka's Java client ─────────────

async function benchConsume(kafka: KafkaServer, redis: RedisServer): Promise<readonly Row[]> {
  const records = short ? 100_000 : 1_000_000;
  const figures = new Figures();
  const begin = (name: string): string => mkdtempSync(join(folder, `${name}-`));
  const embedded = await startSash({ folder: begin('sash'), settings: {}, defaults: true });
  const share = await startShareKafka({ folder: begin('kafka'), settings: {}, defaults: true });
  const cluster = (name: string, nodes: number): Promise<SashCluster> =>
    startSashCluster({ kafka: kafka.bootstrap, redis: redis.url, name, nodes, settings: defaults });
  const [one, two] = [await cluster('consume-one', 1), await cluster('consume-two', 2)];
  const brokers = { embedded: embedded.bootstrap, one: one.bootstrap, two: two.bootstrap, kafka: share.bootstrap };
  const load = await JavaLoad.start();
  try {
    let topics = 0;
    for (let round = 0; round <= rounds; round++) {
      if (round === 1) figures.forget();
      log(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
      for (const [name, bootstrap] of Object.entries(brokers)) {
        const topic = `bench-${process.pid}-${topics++}`;
        await load.task('topic', bootstrap, topic, 4);
        const [produced = Number.NaN] = await load.task('produce', bootstrap, topic, records, 200);
        figures.note(`${name}: produce`, produced, 'records/s');
        for (const consumers of [1, 4]) {
          const [rate = Number.NaN] = await load.task('consume', bootstrap, topic, consumers, records);
          figures.note(`${name}: consume, ${consumers}`, rate, 'records/s');
        }
      }
    }
  } finally {
    load.stop();
    await Promise.allSettled([embedded.stop(), share.stop(), one.remove(), two.remove()]);
  }
  const row = (what: string, of: string, to: string, words: string): Row => ({
    section: 'cluster',
    what,
    figure: `${number(figures.of(of))} records/s`,
    against: { what: `${words} ${number(figures.of(to))}`, ratio: figures.ratio(of, to) },
  });
  return [1, 4]
    .flatMap((consumers) => {
      const key = `consume, ${consumers}`;
      const what = `native share consume, ${consumers === 1 ? '1 consumer' : `${consumers} consumers`}`;
      return [
        row(`${what}, one node`, `one: ${key}`, `kafka: ${key}`, "Kafka's own"),
        row('the same', `one: ${key}`, `embedded: ${key}`, "embedded sash's"),
        row(`${what}, two nodes`, `two: ${key}`, `one: ${key}`, "one node's"),
      ];
    })
    .concat(
      row('produce acks=all, 200 B, one node', 'one: produce', 'kafka: produce', "Kafka's own"),
      row('the same', 'one: produce', 'embedded: produce', "embedded sash's"),
    );
}

// ───────────── HTTP ─────────────

async function benchHttp(kafka: KafkaServer, redis: RedisServer): Promise<readonly Row[]> {
  const durationMs = short ? 1_000 : 3_000;
  const figures = new Figures();
  const topic = `emails-${process.pid}`;
  const group = `mailers-${process.pid}`;
  const embedded = await startHttpSash();
  const cluster = (name: string, nodes: number): Promise<SashCluster> =>
    startSashCluster({ kafka: kafka.bootstrap, redis: redis.url, name, nodes, settings: defaults });
  const [one, two] = [await cluster('http-one', 1), await cluster('http-two', 2)];
  const loads = [1, 2].map(() => new TaskProcess<LoadTask, LoadAnswer>('http-load.ts', ['serve']));
  const [load, second] = [loads[0]!, loads[1]!];
  try {
    const targets = [
      { name: 'embedded', addresses: [embedded.address], topic },
      { name: 'one', addresses: [one.node(0).http], topic: `${topic}-one` },
      { name: 'two', addresses: two.nodes.map(({ http }) => http), topic: `${topic}-two` },
    ];
    for (const { addresses, topic: name } of targets)
      await post(addresses[0]!, '/topics', { topic: name, partitions: 4 });
    const produce = async (address: string, name: string, count: number, ms: number): Promise<LoadAnswer> =>
      load.run({ kind: 'produce', address, topic: name, producers: 4, batch: 500, durationMs: ms, records: count });
    for (let round = 0; round <= rounds; round++) {
      if (round === 1) figures.forget();
      log(round === 0 ? 'http: warming up' : `http: round ${round} of ${rounds}`);
      for (const { name, addresses, topic: its } of targets) {
        const produced = await produce(addresses[0]!, its, 0, durationMs);
        figures.note(`${name}: produce`, (produced.done / produced.elapsedMs) * 1000, 'records/s');
        // Enough for the workers, however quick they are.
        await produce(addresses[0]!, its, (100_000 * durationMs) / 1000, 0);
        const work = (at: TaskProcess<LoadTask, LoadAnswer>, address: string, workers: number): Promise<LoadAnswer> =>
          at.run({ kind: 'work', address, topic: its, group, workers, batch: 100, acknowledge: 'carried', durationMs });
        const answers = await Promise.all(
          addresses.length === 1
            ? [work(load, addresses[0]!, 4)]
            : [work(load, addresses[0]!, 2), work(second, addresses[1]!, 2)],
        );
        const rate = answers.reduce((sum, { done, elapsedMs }) => sum + (done / elapsedMs) * 1000, 0);
        figures.note(`${name}: batch 100`, rate, 'jobs/s');
      }
    }
  } finally {
    await Promise.all(loads.map((each) => each.stop()));
    await Promise.allSettled([embedded.stop(), one.remove(), two.remove()]);
  }
  const row = (what: string, key: string, unit: string): readonly Row[] =>
    (
      [
        ['one', 'embedded', "embedded sash's"],
        ['two', 'one', "one node's"],
      ] as const
    ).map(([name, to, words]) => ({
      section: 'cluster',
      what: `${what}, ${name} node${name === 'two' ? 's' : ''}`,
      figure: `${number(figures.of(`${name}: ${key}`))} ${unit}`,
      against: {
        what: `${words} ${number(figures.of(`${to}: ${key}`))}`,
        ratio: figures.ratio(`${name}: ${key}`, `${to}: ${key}`),
      },
    }));
  return [
    ...row('HTTP, 4 workers × batch 100', 'batch 100', 'jobs/s'),
    ...row('HTTP, produced 500 a request', 'produce', 'records/s'),
  ];
}

async function post<T>(address: string, path: string, body: object): Promise<T> {
  const response = await fetch(`${address}/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

// ───────────── time to serve after a kill ─────────────

/**
 * How long no record of some partition was handed out: a worker at the node that stays asks for one record of each partition in turn. Both
 * nodes own half of them, and one node is killed, or stopped.
 */
async function benchTakeover(kafka: KafkaServer, redis: RedisServer): Promise<readonly Row[]> {
  const sessionTimeoutMs = Number(defaults['cluster.session.timeout.ms']);
  const times: Record<'kill' | 'stop', number[]> = { kill: [], stop: [] };
  const partitions = 8;
  for (let round = 1; round <= rounds; round++) {
    for (const how of ['kill', 'stop'] as const) {
      const name = `takeover-${how}-${process.pid}-${round}`;
      const cluster = await startSashCluster({ kafka: kafka.bootstrap, redis: redis.url, name, settings: defaults });
      try {
        const [stays, goes] = [cluster.node(0), cluster.node(1)];
        await post(stays.http, '/topics', { topic: name, partitions });
        const served = async (): Promise<ReadonlySet<number>> => {
          const records = Array.from({ length: partitions }, (_, partition) => ({ partition, value: 'job' }));
          await post(stays.http, `/topics/${name}/records`, { records });
          const got = new Set<number>();
          const { records: acquired } = await post<{ records: readonly { partition: number; lease: string }[] }>(
            stays.http,
            '/share-groups/takers/acquire',
            { topics: [name], maxRecords: 1_000, waitMs: 100, startFrom: 'earliest' },
          );
          for (const { partition } of acquired) got.add(partition);
          const acknowledgements = acquired.map(({ lease }) => ({ lease, type: 'accept' }));
          if (acknowledgements.length > 0)
            await post(stays.http, '/share-groups/takers/acknowledge', { acknowledgements });
          return got;
        };
        const untilAllServed = async (): Promise<void> => {
          const missing = new Set(Array.from({ length: partitions }, (_, partition) => partition));
          const untilMs = performance.now() + 60_000;
          while (missing.size > 0) {
            if (performance.now() > untilMs) throw new Error(`partitions ${[...missing].join(', ')} are not served`);
            const got = await served().catch(() => new Set<number>());
            for (const partition of got) missing.delete(partition);
            if (missing.size > 0) await sleep(20);
          }
        };
        await untilAllServed();
        const startMs = performance.now();
        await (how === 'kill' ? goes.kill() : Promise.all([goes.stop(), untilAllServed()]));
        if (how === 'kill') await untilAllServed();
        times[how].push(performance.now() - startMs);
        log(`takeover: ${how}, round ${round}: ${number(times[how].at(-1)!)} ms`);
      } finally {
        await cluster.remove();
      }
    }
  }
  const row = (what: string, how: 'kill' | 'stop', most: number): Row => {
    const ms = Math.max(...times[how]);
    return {
      section: 'cluster',
      what,
      figure: `${number(ms)} ms at most, median ${number(median(times[how]))}`,
      target: { text: `≤ ${number(most)} ms`, met: ms <= most },
    };
  };
  return [
    row(
      `all partitions are served again after a kill, session time-out ${number(sessionTimeoutMs)} ms`,
      'kill',
      sessionTimeoutMs + 2_000,
    ),
    row('all partitions are served again after a planned stop', 'stop', 2_000),
  ];
}

// ───────────── the run ─────────────

const startedMs = performance.now();
const rows: Row[] = [];
const redis = await startRedis();
const kafka = only === 'accept' ? undefined : await startKafka({ heapMb: 1024, isMeasured: true });
try {
  for (const part of parts) {
    if (only !== undefined && only !== part) continue;
    log(`── ${part}`);
    if (part === 'accept') rows.push(...(await benchAccept(redis)));
    else if (part === 'consume') rows.push(...(await benchConsume(kafka!, redis)));
    else if (part === 'http') rows.push(...(await benchHttp(kafka!, redis)));
    else rows.push(...(await benchTakeover(kafka!, redis)));
  }
} finally {
  await kafka?.remove();
  await redis.remove();
}
const [cpu] = cpus();
console.log(`
${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}, ${rounds} rounds; ${Math.round((performance.now() - startedMs) / 1000)} s

${table(rows)}`);
