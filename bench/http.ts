import type { BullmqTask } from './bullmq-load.ts';
import type { LoadAnswer, LoadTask } from './http-load.ts';
import { LeanConnection } from './lean-client.ts';
import { TaskProcess, cpuMs, startRedis, startSash } from './processes.ts';
import { median, number, quantile } from './row.ts';
import type { BenchOptions, Row } from './row.ts';

const theSame = 'the same';
const topic = 'emails';
const group = 'mailers';
/** Records of one produce request and jobs of one bulk add. */
const bulk = 500;
const bulkProducers = 4;

interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of the server and of the load's process, in cores. */
  readonly serverCores: number;
  readonly loadCores: number;
}

interface Phase {
  readonly name: string;
  readonly measure: (durationMs: number) => Promise<Measured>;
}

/**
 * Jobs a second over HTTP, beside BullMQ and a bare echo. Everything is measured in rounds, in turn, so that a machine
 * that is busy with something else is so for all; a figure is the median of its rounds, a ratio the median of the
 * rounds' ratios.
 */
export async function benchHttp(options: BenchOptions): Promise<readonly Row[]> {
  const rounds = options.short ? 2 : 5;
  const durationMs = options.short ? 600 : 2000;
  const sash = await startSash();
  const everysec = await startRedis('everysec');
  const always = everysec === undefined ? undefined : await startRedis('always');
  const load = new TaskProcess<LoadTask, LoadAnswer>('http-load.ts', ['serve']);
  const bullmq = new TaskProcess<BullmqTask, LoadAnswer>('bullmq-load.ts', []);
  const echoServer = new TaskProcess<object, string>('echo-server.ts', []);
  try {
    const echoAddress = await echoServer.run({});
    await createTopic(sash.address);

    const measured = async (serverPid: number, run: () => Promise<LoadAnswer>): Promise<Measured> => {
      const before = cpuMs(serverPid);
      const { done, elapsedMs, cpuMs: loadMs, latenciesMs } = await run();
      return {
        perSecond: (done / elapsedMs) * 1000,
        p50Ms: quantile(latenciesMs, 0.5),
        p99Ms: quantile(latenciesMs, 0.99),
        serverCores: (cpuMs(serverPid) - before) / elapsedMs,
        loadCores: loadMs / elapsedMs,
      };
    };

    // How many records wait in sash, and jobs in each Redis: enough for a phase, whatever it takes out.
    const produceUntil = (records: number, ms: number): Promise<LoadAnswer> =>
      load.run({
        kind: 'produce',
        address: sash.address,
        topic,
        producers: bulkProducers,
        batch: bulk,
        durationMs: ms,
        records,
      });
    let backlog = 0;
    const produce: Phase = {
      name: 'produce',
      measure: (ms) =>
        measured(sash.pid, async () => {
          const answer = await produceUntil(0, ms);
          backlog += answer.done;
          return answer;
        }),
    };
    const work = (workers: number, batch: number, acknowledge: 'carried' | 'separate'): Phase => {
      let fastest = batch === 1 ? 30_000 : 150_000;
      return {
        name: `${workers} × ${batch} ${acknowledge}`,
        measure: async (ms) => {
          const needed = Math.ceil((fastest * 1.5 * ms) / 1000) + workers * batch;
          if (backlog < needed) backlog += (await produceUntil(needed - backlog, 0)).done;
          const result = await measured(sash.pid, async () => {
            const answer = await load.run({
              kind: 'work',
              address: sash.address,
              topic,
              group,
              workers,
              batch,
              acknowledge,
              durationMs: ms,
            });
            backlog -= answer.done;
            return answer;
          });
          fastest = Math.max(fastest, result.perSecond);
          return result;
        },
      };
    };
    const echo = (connections: number): Phase => ({
      name: `echo ${connections}`,
      // As large as a carried acknowledgement of one record and its answer.
      measure: (ms) =>
        measured(echoServer.pid, () =>
          load.run({
            kind: 'echo',
            address: echoAddress,
            connections,
            requestBytes: 280,
            answerBytes: 560,
            durationMs: ms,
          }),
        ),
    });
    const sashPhases = {
      produce,
      hundred: work(100, 1, 'carried'),
      hundredSeparate: work(100, 1, 'separate'),
      batch: work(1, 100, 'carried'),
      batchFour: work(4, 100, 'carried'),
      batchFourSeparate: work(4, 100, 'separate'),
      one: work(1, 1, 'carried'),
      oneSeparate: work(1, 1, 'separate'),
      echoHundred: echo(100),
      echoOne: echo(1),
    };

    const redisPhases = (
      redis: { readonly port: number; readonly pid: number },
      fastest: { one: number; many: number },
    ) => {
      const { port, pid } = redis;
      let waiting = 0;
      const addUntil = (records: number, ms: number): Promise<LoadAnswer> =>
        bullmq.run({ kind: 'add', port, producers: bulkProducers, batch: bulk, durationMs: ms, records });
      const consume = (concurrency: number): Phase => ({
        name: `BullMQ ${concurrency}`,
        measure: async (ms) => {
          const needed = Math.ceil(((concurrency === 1 ? fastest.one : fastest.many) * ms) / 1000) + 200;
          if (waiting < needed) waiting += (await addUntil(needed - waiting, 0)).done;
          return measured(pid, async () => {
            const answer = await bullmq.run({ kind: 'work', port, concurrency, durationMs: ms });
            // The jobs at work at the end are done after the count.
            waiting -= answer.done + concurrency;
            return answer;
          });
        },
      });
      return {
        add: {
          name: 'BullMQ add',
          measure: (ms: number) =>
            measured(pid, async () => {
              const answer = await addUntil(0, ms);
              waiting += answer.done;
              return answer;
            }),
        },
        hundred: consume(100),
        one: consume(1),
      };
    };
    const everysecPhases = everysec && redisPhases(everysec, { one: 15_000, many: 40_000 });
    const alwaysPhases = always && redisPhases(always, { one: 8000, many: 30_000 });

    const series = new Map<Phase, Measured[]>();
    const runAll = async (ms: number, keep: boolean): Promise<void> => {
      // Those that are compared stand next to each other.
      const order: readonly (Phase | undefined)[] = [
        sashPhases.produce,
        everysecPhases?.add,
        alwaysPhases?.add,
        sashPhases.batch,
        sashPhases.batchFour,
        everysecPhases?.hundred,
        sashPhases.hundred,
        sashPhases.echoHundred,
        alwaysPhases?.hundred,
        sashPhases.hundredSeparate,
        sashPhases.batchFourSeparate,
        everysecPhases?.one,
        sashPhases.one,
        alwaysPhases?.one,
        sashPhases.oneSeparate,
        sashPhases.echoOne,
      ];
      for (const phase of order) {
        if (phase === undefined) continue;
        const result = await phase.measure(ms);
        if (!keep) continue;
        options.log(
          `${phase.name.padEnd(20)} ${number(result.perSecond).padStart(9)}/s   p50 ${result.p50Ms.toFixed(2)} ms, p99 ${result.p99Ms.toFixed(2)} ms, cores: server ${result.serverCores.toFixed(2)}, load ${result.loadCores.toFixed(2)}`,
        );
        const results = series.get(phase);
        if (results === undefined) series.set(phase, [result]);
        else results.push(result);
      }
    };
    options.log('http: warming up');
    // Long: V8 optimises the server's code for its first ten thousands of requests.
    await runAll(options.short ? 700 : 3000, false);
    for (let round = 1; round <= rounds; round++) {
      options.log(`http: round ${round} of ${rounds}`);
      await runAll(durationMs, true);
    }

    const of = (phase: Phase): readonly Measured[] => series.get(phase) ?? [];
    const rate = (phase: Phase): string => `${number(median(of(phase).map(({ perSecond }) => perSecond)))}/s`;
    const latency = (phase: Phase): string => {
      const p50 = median(of(phase).map(({ p50Ms }) => p50Ms));
      const p99 = median(of(phase).map(({ p99Ms }) => p99Ms));
      return Number.isNaN(p50) ? '' : ` (p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms)`;
    };
    const ratio = (phase: Phase, base: Phase): number =>
      median(of(phase).map(({ perSecond }, round) => perSecond / (of(base)[round]?.perSecond ?? Number.NaN)));
    const rows: Row[] = [];
    const row = (
      what: string,
      phase: Phase | undefined,
      base?: Phase,
      baseName?: string,
      atLeast?: number,
      withLatency = false,
    ): void => {
      if (phase === undefined || (base === undefined && what === theSame)) return;
      const figure = rate(phase) + (withLatency ? latency(phase) : '');
      const against =
        base === undefined
          ? undefined
          : { what: baseName ?? base.name, ratio: ratio(phase, base), ...(atLeast === undefined ? {} : { atLeast }) };
      rows.push({ section: 'http', what, figure, ...(against === undefined ? {} : { against }) });
    };
    const p = sashPhases;
    row('echo, 100 connections: the floor', p.echoHundred);
    row('echo, 1 connection: the floor', p.echoOne, undefined, undefined, undefined, true);
    row('BullMQ everysec, concurrency 100', everysecPhases?.hundred);
    row('BullMQ everysec, concurrency 1', everysecPhases?.one);
    row(`BullMQ everysec, bulk adds of ${bulk}`, everysecPhases?.add);
    row('BullMQ always, concurrency 100', alwaysPhases?.hundred);
    row('BullMQ always, concurrency 1', alwaysPhases?.one);
    row(`BullMQ always, bulk adds of ${bulk}`, alwaysPhases?.add);
    if (everysec === undefined) {
      rows.push({
        section: 'http',
        what: 'BullMQ: SKIPPED, no redis-server here (Debian: apt-get install redis-server)',
        figure: '-',
      });
    }
    const c100 = 'BullMQ everysec, concurrency 100';
    row('jobs, 4 workers × batch 100', p.batchFour, everysecPhases?.hundred, c100, 5);
    row('jobs, 1 worker × batch 100', p.batch, everysecPhases?.hundred, c100, 5);
    row('jobs, 4 workers × batch 100, two requests a round', p.batchFourSeparate, everysecPhases?.hundred, c100);
    row('jobs, 100 workers × 1', p.hundred, everysecPhases?.hundred, c100, 1, true);
    row(theSame, p.hundred, p.echoHundred, 'echo, 100 connections');
    row(theSame, p.hundred, alwaysPhases?.hundred, 'BullMQ always, concurrency 100');
    row('jobs, 100 workers × 1, two requests a job', p.hundredSeparate, everysecPhases?.hundred, c100);
    row('jobs, 1 worker × 1', p.one, alwaysPhases?.one, 'BullMQ always, concurrency 1', 1, true);
    row(theSame, p.one, everysecPhases?.one, 'BullMQ everysec, concurrency 1');
    row('jobs, 1 worker × 1, two requests a job', p.oneSeparate, alwaysPhases?.one, 'BullMQ always, concurrency 1');
    row(`records, produced ${bulk} a request`, produce, everysecPhases?.add, 'BullMQ everysec, bulk adds', 5);
    row(theSame, produce, alwaysPhases?.add, 'BullMQ always, bulk adds');
    return rows;
  } finally {
    await Promise.all([load.stop(), bullmq.stop(), echoServer.stop()]);
    await Promise.all([sash.stop(), everysec?.stop(), always?.stop()]);
  }
}

async function createTopic(address: string): Promise<void> {
  const connection = await LeanConnection.open(address);
  await connection.post('/v1/topics', JSON.stringify({ topic }));
  connection.close();
}
