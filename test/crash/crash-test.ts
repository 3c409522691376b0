import { setTimeout as sleep } from 'node:timers/promises';
import { Auditor } from './auditor.ts';
import { Fleet } from './fleet.ts';
import { type AcknowledgeOutcome, type HistoryEvent, type ObservedStart, nowMs } from './history.ts';
import { Random } from './random.ts';
import { type Sabotage, sabotage } from './sabotage.ts';
import type { RunningServer, Starter } from './server.ts';
import { ask, peek, takeSnapshot } from './snapshot.ts';
import type { Died, Doubt } from './window-auditor.ts';

/** Limits low enough that records reach them. */
const groups = [
  { group: 'blue', deliveryCountLimit: 5 },
  { group: 'green', deliveryCountLimit: 2 },
] as const;
const topics = [
  { topic: 'jobs', partitions: 3, config: {} },
  { topic: 'short', partitions: 1, config: { 'retention.bytes': '65536' } },
] as const;

/**
 * `group.share.record.lock.duration.ms`: Kafka's members do not choose. Those of a cluster are to and fro between its nodes, and with a
 * connection goes the session and what it held: no lock is promised.
 */
const kafkaLockMs = { embedded: 30_000, cluster: 0 };

/** While more records than that are unfinished, nothing is produced: the workers shall catch up now and then. */
const maxBacklog = 2000;

/** After the last kill everything must be finished within this time. */
const drainWithinMs = 60_000;
const stopWithinMs = 5000;

export interface CrashTestOptions {
  /** For the journals; not removed here. */
  readonly folder: string;
  readonly backend: 'embedded' | 'cluster';
  readonly starter: Starter;
  /** What `sabotage` breaks. */
  readonly dataDir: string;
  /** Kills of a server at work. */
  readonly rounds: number;
  readonly seed: number;
  readonly sabotage: Sabotage | null;
}

/**
 * One run. A round: the server starts and is audited while nobody works (what came back from the data folder, and
 * what it says to acknowledgements of before), then all work, then it is killed.
 */
export class CrashTest {
  readonly #options: CrashTestOptions;
  readonly #random: Random;
  readonly #auditor: Auditor;
  readonly #fleet: Fleet;
  readonly #starter: Starter;
  #incarnation = 0;
  #died: Died = { incarnation: 0, atMs: 0 };
  #startsMs: number[] = [];
  #killedWhileStarting = 0;
  #ownRequests = 0;
  #sabotaged: string | null = null;

  constructor(options: CrashTestOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#auditor = new Auditor({
      deliveryCountLimits: new Map(groups.map(({ group, deliveryCountLimit }) => [group, deliveryCountLimit])),
      topicsWithRetention: new Set(['short']),
    });
    this.#fleet = new Fleet(options.folder, new Random(options.seed + 1));
    this.#fleet.onFailure = (message) => this.#auditor.complain('harness', message);
    this.#starter = options.starter;
  }

  /** For an exit in a hurry. */
  killNow(): void {
    this.#fleet.killNow();
    this.#starter.killNow();
  }

  /** Prints how it went. True when every promise was kept. */
  async run(): Promise<boolean> {
    const startedMs = nowMs();
    const { rounds } = this.#options;
    try {
      let server = await this.#start();
      await this.#prepare(server);
      this.#startFleet();
      for (let round = 1; round <= rounds && !this.#violated; round++) {
        await this.#workAndKill(server);
        server = await this.#startAfterKill();
        if (round === Math.ceil(rounds / 3)) {
          await ask(server.url, '/topics/jobs', { method: 'PATCH', body: { partitions: 4 } });
        }
        if (round % 10 === 0 || round === rounds) console.log(this.#progress(round, nowMs() - startedMs));
      }
      if (!this.#violated) server = await this.#drain(server);
      if (!this.#violated) await this.#finalStart(server);
      if (Object.values(this.#auditor.kafka).includes(0)) {
        this.#auditor.complain('harness', `nothing went through Kafka's door: ${JSON.stringify(this.#auditor.kafka)}`);
      }
    } catch (error) {
      this.#auditor.complain('harness', error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    await this.#fleet.stop();
    await this.#starter.end();
    return this.#tell(nowMs() - startedMs);
  }

  get #violated(): boolean {
    return this.#auditor.violations.length > 0;
  }

  async #prepare(server: RunningServer): Promise<void> {
    for (const { topic, partitions, config } of topics) {
      await ask(server.url, '/topics', { body: { topic, partitions, config } });
    }
    for (const { group, deliveryCountLimit } of groups) {
      const config = {
        'share.auto.offset.reset': 'earliest',
        'share.delivery.count.limit': String(deliveryCountLimit),
      };
      await ask(server.url, `/share-groups/${group}`, { method: 'PATCH', body: { config } });
    }
  }

  #startFleet(): void {
    const earlyReply = this.#options.sabotage === 'early-reply';
    const common = { earlyReply, producers: [], workers: [], kafkaProducers: [], kafkaMembers: [] };
    const jobs = ['jobs'];
    const both = ['jobs', 'short'];
    const plain = { topics: jobs, maxRecords: 40, lockDurationMs: 3000, trouble: 0.15 };
    this.#fleet.start(
      {
        ...common,
        name: 'producer',
        producers: [
          { topics: jobs, pauseMs: 60 },
          { topics: both, pauseMs: 80 },
          { topics: jobs, pauseMs: 100 },
        ],
      },
      { mortal: false },
    );
    this.#fleet.start(
      { ...common, name: 'mortal-producer', producers: [{ topics: both, pauseMs: 80 }] },
      { mortal: true },
    );
    const member = { topic: 'jobs', lockMs: kafkaLockMs[this.#options.backend], maxRecords: 50, trouble: 0.15 };
    const [blue, green] = groups;
    this.#fleet.start(
      {
        ...common,
        name: 'kafka',
        kafkaProducers: [
          { topics: jobs, pauseMs: 60 },
          { topics: both, pauseMs: 80 },
        ],
        kafkaMembers: [
          { ...member, ...blue },
          { ...member, ...green, trouble: 0.3 },
        ],
      },
      { mortal: false },
    );
    // With the connection goes the session, and what it held is given back: no lock is promised.
    this.#fleet.start(
      {
        ...common,
        name: 'mortal-kafka',
        kafkaProducers: [{ topics: both, pauseMs: 80 }],
        kafkaMembers: [
          { ...member, ...blue, lockMs: 0 },
          { ...member, ...green, lockMs: 0 },
        ],
      },
      { mortal: true },
    );
    this.#fleet.start(
      {
        ...common,
        name: 'steady',
        workers: [
          { ...plain, group: 'blue', style: 'riding' },
          { ...plain, group: 'blue', style: 'riding', maxRecords: 200, trouble: 0.05 },
          { ...plain, group: 'blue', style: 'single', trouble: 0.3 },
          { ...plain, group: 'green', style: 'riding', topics: both },
          { ...plain, group: 'green', style: 'apart', maxRecords: 100 },
          { ...plain, group: 'green', style: 'single', topics: ['short'] },
        ],
      },
      { mortal: false },
    );
    this.#fleet.start(
      {
        ...common,
        name: 'mortal',
        workers: [
          { ...plain, group: 'blue', style: 'apart', topics: both, lockDurationMs: 250, trouble: 0.5 },
          { ...plain, group: 'green', style: 'riding', maxRecords: 10, lockDurationMs: 400, trouble: 0.5 },
        ],
      },
      { mortal: true },
    );
  }

  // ───────────── a round ─────────────

  async #start(): Promise<RunningServer> {
    this.#incarnation++;
    const server = await this.#starter.start();
    this.#startsMs.push(server.startMs);
    return server;
  }

  async #workAndKill(server: RunningServer): Promise<void> {
    const produce = this.#auditor.windows.unfinished < maxBacklog;
    this.#fleet.work({ nodes: server.nodes, incarnation: this.#incarnation, produce, drain: false });
    const workMs = this.#random.chance(0.2) ? this.#random.between(20, 300) : this.#random.between(300, 2000);
    const looks = this.#random.between(0, 2);
    for (let look = 0; look < looks; look++) {
      await sleep(workMs / (looks + 1));
      await this.#look(server);
    }
    await sleep(workMs / (looks + 1));
    if (server.disturb !== undefined) await this.#disturb(server);
    const { atMs, log } = await server.kill();
    this.#died = { incarnation: this.#incarnation, atMs };
    this.#judgeLog(log);
  }

  async #disturb(server: RunningServer): Promise<void> {
    const sinceMs = nowMs();
    this.#auditor.groups.disturbed(this.#incarnation, sinceMs);
    const what = await server.disturb?.(this.#random);
    await sleep(this.#random.between(300, 2000));
    console.log(`    ${what}, ${Math.round((nowMs() - sinceMs) / 1000)} s`);
  }

  /** What an operator sees must be durable: a start of a window that was seen never goes back. */
  async #look(server: RunningServer): Promise<void> {
    const starts: ObservedStart[] = [];
    for (const { group } of groups) {
      const { windows } = await ask<{ windows: readonly Omit<ObservedStart, 'group'>[] }>(
        server.url,
        `/share-groups/${group}/windows`,
      );
      for (const { topic, partition, startOffset } of windows) starts.push({ group, topic, partition, startOffset });
    }
    this.#auditor.take([{ kind: 'observed', atMs: nowMs(), starts }]);
  }

  async #startAfterKill(): Promise<RunningServer> {
    const resting = this.#fleet.rest(this.#incarnation);
    while (this.#random.chance(0.25)) {
      // About where in its start-up the process is does not matter: over many rounds it is everywhere.
      await this.#starter.killWhileStarting(this.#random.between(10, Math.max(...this.#startsMs.slice(0, 3)) * 1.2));
      this.#killedWhileStarting++;
    }
    if (this.#options.sabotage !== null) this.#sabotaged ??= sabotage(this.#options.sabotage, this.#options.dataDir);
    const server = await this.#start();
    await resting;
    await this.#audit(server, false);
    return server;
  }

  async #audit(server: RunningServer, whole: boolean): Promise<void> {
    const auditor = this.#auditor;
    auditor.take(this.#fleet.read());
    if (this.#incarnation > 1) await this.#acknowledgeOldLeases(server);
    const snapshot = await takeSnapshot(server.url, this.#incarnation, (topic, partition) =>
      whole ? 0 : auditor.log.readFrom(topic, partition),
    );
    const doubts: readonly Doubt[] = auditor.restarted(snapshot, this.#died);
    for (const doubt of doubts) auditor.peeked(doubt, await peek(server.url, doubt));
  }

  async #acknowledgeOldLeases(server: RunningServer): Promise<void> {
    const events: HistoryEvent[] = [];
    for (const [group, items] of this.#auditor.acknowledgementsAfter(this.#died, this.#random)) {
      const request = `auditor:${++this.#ownRequests}`;
      events.push({ kind: 'acknowledge', atMs: nowMs(), request, incarnation: this.#incarnation, items });
      const { results } = await ask<{ results: readonly AcknowledgeOutcome[] }>(
        server.url,
        `/share-groups/${group}/acknowledge`,
        { body: { acknowledgements: items } },
      );
      events.push({ kind: 'acknowledged', atMs: nowMs(), request, results });
    }
    this.#auditor.take(events);
  }

  /** Nothing is wrong with the disk here, so the server has nothing to complain about, unless what it needs was taken away. */
  #judgeLog(log: string): void {
    const unwanted = this.#auditor.groups.mayHaveMoved(this.#incarnation, nowMs()) ? /"level":60/ : /"level":(50|60)/;
    const errors = log.split('\n').filter((line) => unwanted.test(line));
    if (errors.length === 0) return;
    this.#auditor.complain('I13', `the server logged ${errors.length} errors, the first: ${errors[0]}`);
  }

  // ───────────── the end ─────────────

  async #drain(server: RunningServer): Promise<RunningServer> {
    this.#fleet.work({ nodes: server.nodes, incarnation: this.#incarnation, produce: false, drain: true });
    const untilMs = nowMs() + drainWithinMs;
    let lag = -1;
    while (nowMs() < untilMs) {
      await sleep(250);
      const { groups: rows } = await ask<{ groups: readonly { lag: number | null }[] }>(server.url, '/share-groups');
      const before = lag;
      lag = rows.reduce((sum, each) => sum + (each.lag ?? 1), 0);
      if (lag === 0 && before === 0) break;
    }
    if (lag !== 0) this.#auditor.complain('I13', `after ${drainWithinMs} ms ${lag} records were still unfinished`);
    const resting = this.#fleet.rest(this.#incarnation);
    const { code, tookMs, log } = await server.stop();
    if (code !== 0 || tookMs > stopWithinMs) {
      this.#auditor.complain('stop', `the graceful stop ended with ${code} after ${Math.round(tookMs)} ms:\n${log}`);
    }
    this.#died = { incarnation: this.#incarnation, atMs: nowMs() };
    this.#judgeLog(log);
    await resting;
    return this.#start();
  }

  async #finalStart(server: RunningServer): Promise<void> {
    await this.#audit(server, true);
    const { unfinished } = this.#auditor.windows;
    if (unfinished > 0) this.#auditor.complain('I10', `after the drain and a restart ${unfinished} are unfinished`);
    await server.stop();
  }

  #progress(round: number, tookMs: number): string {
    const { log, groups: audited, windows } = this.#auditor;
    const { accepted, deliveries } = audited.counts;
    return `  round ${round}, ${Math.round(tookMs / 1000)} s: ${log.confirmedRecords} records confirmed, ${deliveries} deliveries, ${accepted} accepts confirmed, ${windows.unfinished} unfinished`;
  }

  #tell(tookMs: number): boolean {
    const { violations, log, groups: audited, kafka } = this.#auditor;
    const { counts } = audited;
    const starts = this.#startsMs.toSorted((a, b) => a - b);
    console.log(`
  ${this.#incarnation} starts (median ${Math.round(starts[starts.length >> 1] ?? 0)} ms, longest ${Math.round(starts.at(-1) ?? 0)} ms), ${this.#killedWhileStarting} more killed while starting, ${this.#fleet.crashes} crashes of workers and producers
  produced: ${log.confirmedRecords} records confirmed, ${log.recoveredRecords} there without a confirmation, ${log.replayedRequests} requests replayed
  groups:   ${counts.deliveries} deliveries (${counts.redeliveries} again), ${counts.accepted} accepted, ${counts.rejected} rejected, ${counts.archived} archived at the limit, ${counts.released} released, ${counts.renewed} renewed
            ${counts.replayed} acknowledgements replayed, ${counts.stale} refused as stale
  of these through Kafka's door: ${kafka.produced} records confirmed, ${kafka.deliveries} deliveries, ${kafka.accepted} accepted`);
    if (this.#sabotaged !== null) console.log(`  broken on purpose: ${this.#sabotaged}`);
    const { rounds, seed } = this.#options;
    for (const { promise, message } of violations.slice(0, 30))
      console.log(`  VIOLATION of ${promise}: ${message.slice(0, 2000)}`);
    if (violations.length > 30) console.log(`  … and ${violations.length - 30} more`);
    const lost = violations.filter(({ promise }) => promise === 'I1').length;
    const again = violations.filter(({ promise }) => promise === 'I3').length;
    console.log(
      `crash test ${violations.length === 0 ? 'passed' : 'FAILED'} in ${Math.round(tookMs / 1000)} s: ${lost} lost, ${again} redelivered after accept, ${violations.length} violations (--rounds ${rounds} --seed ${seed})`,
    );
    return violations.length === 0;
  }
}
