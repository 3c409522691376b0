import type { AcknowledgeType, AcquireOutcome, AcquiredRange } from '../../src/broker/requests.ts';
import type { Result } from '../../src/core/result.ts';
import { encodeBatch, openBatch } from '../../src/codec/record-batch.ts';
import { groupId, holderOf, topicId } from '../../src/core/ids.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { MemoryMetadata } from '../../src/store/memory-metadata.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { must } from '../broker/broker-fixture.ts';
import { FakeClock } from '../broker/fake-clock.ts';
import { Auditor, type Delivery } from './auditor.ts';
import type { Corner } from './corners.ts';
import { Random } from './random.ts';
import { type Disk, SimulatedProcess, maxLatencyMs } from './simulated-process.ts';

const groups = ['mailers', 'indexers'] as const;
const partitionCount = 3;
const topic = 'jobs';
const deliveryCountLimit = 3;
const largestBatch = 4;
const largestLimit = 12;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A world of producers, workers and operators around a server whose disk is slow, fails, and loses answers, and that
 * is killed again and again, on a clock that jumps. Everything follows from the seed.
 */
export class Simulation {
  readonly #random: Random;
  readonly #clock = new FakeClock();
  readonly #disk: Disk = {
    clock: this.#clock,
    log: new MemoryLog(),
    store: new MemoryStore(),
    metadata: new MemoryMetadata(),
  };
  readonly #auditor: Auditor;
  readonly #reached: (corner: Corner) => void;
  readonly #failures: unknown[] = [];
  #process: SimulatedProcess;
  #faultRate = 0;
  /** How busy producers are, 0 to 1. */
  #load = 1;
  /** Actors begin nothing new. */
  #resting = false;
  #over = false;
  #produced = 0;
  /** Deliveries that a worker holds, or held: somebody may come back to them. */
  #past: Delivery[] = [];
  #resets = new Map<string, { stateEpoch: number; startOffset: number; wanted: number | undefined }>();

  constructor(seed: number, reached: (corner: Corner) => void) {
    this.#random = new Random(seed);
    this.#reached = reached;
    this.#auditor = new Auditor(deliveryCountLimit, () => this.#clock.monotonicMs(), reached);
    this.#process = this.#newProcess();
  }

  get deliveries(): number {
    return this.#auditor.deliveries;
  }

  /** @throws when a promise was broken */
  async run(rounds: number): Promise<void> {
    await this.#settled(this.#process.broker.start());
    must(
      await this.#settled(this.#process.broker.createTopic({ name: topic, partitions: partitionCount, config: {} })),
    );
    for (const group of groups) {
      must(await this.#settled(this.#process.broker.alterShareGroup(group, { 'share.auto.offset.reset': 'earliest' })));
      for (let partition = 0; partition < partitionCount; partition++) {
        this.#resets.set(`${group}/${partition}`, { stateEpoch: 0, startOffset: 0, wanted: undefined });
      }
    }
    for (let index = 0; index < 2; index++) this.#actor(() => this.#produce());
    for (const group of groups) {
      for (let index = 0; index < 3; index++) this.#actor(() => this.#work(group, `${group}-${index}`));
      this.#actor(() => this.#look(group));
    }
    this.#actor(() => this.#comeBack());
    this.#actor(() => this.#operate());
    for (let round = 0; round < rounds; round++) await this.#round();
    await this.#drain();
  }

  async #round(): Promise<void> {
    this.#resting = false;
    this.#faultRate = this.#random.pick([0, 0, 0.05, 0.2]);
    this.#load = this.#random.pick([0.02, 0.1, 1]);
    await this.#advance(this.#random.between(100, 900));
    const what = this.#random.between(0, 9);
    if (what < 4) await this.#crash();
    if (what === 4) this.#jump();
    if (what === 5) await this.#foreignOpen();
    if (what > 5) await this.#calm();
  }

  async #advance(ms: number): Promise<void> {
    await this.#clock.advance(ms);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  async #settled<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    promise.then(
      () => (done = true),
      () => (done = true),
    );
    for (let tries = 0; !done && tries < 500; tries++) await this.#advance(10);
    if (!done) throw new Error('I13: a request was never answered');
    return await promise;
  }

  // ───────────── the process ─────────────

  #newProcess(): SimulatedProcess {
    return new SimulatedProcess({
      disk: this.#disk,
      random: this.#random,
      faultRate: () => this.#faultRate,
      reached: (corner) => this.#reached(corner),
      disturbed: (group, partition) => this.#auditor.disturb(group, partition)(),
    });
  }

  async #crash(): Promise<void> {
    for (const group of groups) {
      // Nothing that was acquired before counts after.
      this.#auditor.disturb(group, null)();
      const workers = await this.#settled(this.#process.broker.workers(group));
      if (workers.ok && workers.value.some((each) => each.waiting > 0)) this.#reached('a crash while somebody waited');
    }
    await this.#process.kill();
    for (const group of groups) this.#auditor.disturb(group, null)();
    const next = this.#newProcess();
    await this.#settled(next.broker.start());
    this.#process = next;
  }

  /** Another process takes a share partition over. */
  async #foreignOpen(): Promise<void> {
    const group = this.#random.pick(groups);
    const partition = this.#random.between(0, partitionCount - 1);
    this.#auditor.disturb(group, partition);
    const key = { group: groupId(group), topicId: this.#topicId(), partition };
    if ((await this.#disk.store.open(key, null)) !== undefined)
      this.#reached('another process took a share partition over');
  }

  #topicId() {
    return topicId('simulationAAAAAAAAAAAA');
  }

  #jump(): void {
    const forward = this.#random.chance(0.5);
    this.#clock.jumpWall((forward ? 1 : -1) * this.#random.between(1, 100_000));
    this.#reached(forward ? 'the wall clock went forward' : 'the wall clock went back');
  }

  // ───────────── actors ─────────────

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(ms, resolve));
  }

  /** Does the same again and again, until the end. What it throws ends the simulation. */
  #actor(act: () => Promise<void>): void {
    const go = async (): Promise<void> => {
      while (!this.#over) {
        await this.#sleep(this.#random.between(1, 40));
        if (!this.#resting) await act();
      }
    };
    go().catch((error: unknown) => this.#failures.push(error));
  }

  /** A request to the process of now; undefined when it dies before it has answered. */
  async #ask<T>(request: (broker: SimulatedProcess['broker']) => Promise<T>): Promise<T | undefined> {
    const process = this.#process;
    try {
      return await Promise.race([request(process.broker), process.died]);
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'the process was killed') throw error;
      await this.#sleep(10);
      return undefined;
    }
  }

  async #produce(): Promise<void> {
    if (!this.#random.chance(this.#load)) return;
    const partition = this.#random.between(0, partitionCount - 1);
    const values = Array.from({ length: this.#random.between(1, largestBatch) }, () => `record ${this.#produced++}`);
    const timestampMs = this.#clock.wallMs();
    const records = values.map((value) => ({ key: null, value: encoder.encode(value), headers: [], timestampMs }));
    const result = await this.#ask((broker) =>
      broker.produce({ topic, batches: [{ partition, batch: encodeBatch({ records }) }] }),
    );
    if (result?.ok === true) {
      values.forEach((value, index) => this.#auditor.produced(partition, result.value.baseOffsets[0]! + index, value));
      return;
    }
    if (result !== undefined && result.error.code !== 'OUTCOME_UNKNOWN' && result.error.code !== 'STORAGE_FULL') {
      throw new Error(`produce: ${result.error.code}`);
    }
    await this.#sleep(100);
    const isThere = (await this.#stored(partition)).has(values[0]!);
    if (result?.error.code === 'STORAGE_FULL' && isThere) throw new Error(`I1: ${values[0]} was refused, and is there`);
    this.#reached(
      isThere ? 'an append of unknown outcome was there after all' : 'an append of unknown outcome was not there',
    );
  }

  /** Values to offsets, as they are on the disk. */
  async #stored(partition: number): Promise<Map<string, number>> {
    const key = { topicId: this.#topicId(), partition };
    const bounds = this.#disk.log.bounds(key)!;
    const batches = await this.#disk.log.read(key, { ...bounds, maxBytes: Infinity });
    const found = new Map<string, number>();
    for (const batch of batches) {
      for (const record of openBatch(batch.bytes)) {
        const value = decoder.decode(record.value!);
        if (found.has(value)) throw new Error(`I1: ${value} is stored twice`);
        found.set(value, record.offset);
      }
    }
    return found;
  }

  async #work(group: string, worker: string): Promise<void> {
    const random = this.#random;
    const waitMs = random.pick([0, 30, 300, 1_000]);
    const acquireMode = random.pick(['record_limit', 'record_limit', 'batch_optimized'] as const);
    const maxRecords = random.between(1, 5);
    const controller = new AbortController();
    if (random.chance(0.2)) this.#clock.schedule(random.between(0, 60), () => controller.abort());
    const calledAtMs = this.#clock.monotonicMs();
    const result = await this.#ask((broker) =>
      broker.acquire(
        {
          group,
          topics: [topic],
          holder: holderOf('http', worker),
          maxRecords,
          maxBytes: random.pick([1, 150, 1_000_000]),
          waitMs,
          lockDurationMs: random.pick([null, 100, 200, 1_000]),
          acquireMode,
          startFrom: null,
        },
        controller.signal,
      ),
    );
    if (result === undefined) return;
    if (!result.ok) {
      if (!['STORAGE_FULL', 'OUTCOME_UNKNOWN', 'KAFKA_STORAGE_ERROR', 'NOT_OWNER'].includes(result.error.code)) {
        throw new Error(`acquire: ${result.error.code}`);
      }
      return;
    }
    const { ranges } = result.value;
    this.#noteOutcome(result.value, waitMs, controller.signal.aborted, calledAtMs);
    const count = ranges.reduce((sum, range) => sum + range.lastOffset - range.firstOffset + 1, 0);
    if (count > maxRecords) {
      if (acquireMode === 'record_limit') throw new Error(`${count} records, though only ${maxRecords} were asked for`);
      this.#reached('a batch was rounded up');
    }
    const deliveries = this.#auditor.delivered(group, worker, ranges, calledAtMs);
    if (ranges.length > 0 && random.chance(0.05)) {
      // The door found out that the client is gone.
      for (const delivery of deliveries) delivery.disturbed = true;
      await this.#giveBack(group, ranges);
      return;
    }
    this.#past = [...this.#past, ...deliveries].slice(-200);
    await this.#sleep(random.between(0, 150));
    await this.#finish(group, deliveries);
  }

  async #giveBack(group: string, ranges: readonly AcquiredRange[]): Promise<void> {
    this.#reached('an acquisition was given back');
    // At once, or late enough to have become somebody else's.
    await this.#sleep(this.#random.pick([0, 20, 250]));
    await this.#ask(async (broker) => broker.giveBack(group, ranges));
  }

  #noteOutcome(outcome: AcquireOutcome, waitMs: number, aborted: boolean, calledAtMs: number): void {
    const waitedMs = this.#clock.monotonicMs() - calledAtMs;
    if (waitedMs > waitMs + 1_000) throw new Error(`a wait of ${waitMs} ms took ${waitedMs}`);
    const found = outcome.ranges.length > 0;
    if (waitMs > 0 && waitedMs > 30) {
      if (found) this.#reached('a wait was served');
      else if (aborted) this.#reached('a client went away while it waited');
      else this.#reached('a wait ended with nothing');
    }
    if (found !== (outcome.emptyReason === null))
      throw new Error(`${outcome.emptyReason}, with ${outcome.ranges.length}`);
    if (outcome.emptyReason === 'window_full') this.#reached('the window was full');
    if (outcome.emptyReason === 'all_locked') this.#reached('everything was locked');
    if (outcome.emptyReason === 'delayed') this.#reached('everything left was delayed');
    if (outcome.emptyReason === 'paused') this.#reached('a group was paused');
  }

  /** What a worker says of what it got: not always the same of all, and not always anything. */
  async #finish(group: string, deliveries: readonly Delivery[]): Promise<void> {
    const random = this.#random;
    const renewed = deliveries.filter(() => random.chance(0.15));
    if (renewed.length > 0) {
      await this.#acknowledge(
        group,
        renewed.map((delivery) => [delivery, 'renew'] as const),
      );
      await this.#sleep(random.between(0, 100));
    }
    const wishes: (readonly [Delivery, AcknowledgeType])[] = [];
    for (const delivery of deliveries) {
      const dice = random.next();
      if (dice < 0.15) continue;
      wishes.push([delivery, dice < 0.6 ? 'accept' : dice < 0.9 ? 'release' : 'reject']);
    }
    if (wishes.length > 0) await this.#acknowledge(group, wishes);
  }

  async #acknowledge(group: string, wishes: readonly (readonly [Delivery, AcknowledgeType])[]): Promise<void> {
    const askedAtMs = this.#clock.monotonicMs();
    const acknowledgements = wishes.map(([delivery, type]) => {
      this.#auditor.asked(delivery, type);
      const delayMs = type === 'release' && this.#random.chance(0.3) ? this.#random.between(1, 500) : 0;
      if (delayMs > 0) this.#reached('a record was released with a delay');
      return { lease: delivery.lease, type, ...(delayMs > 0 ? { delayMs } : {}) };
    });
    const result = await this.#ask((broker) => broker.acknowledge(group, acknowledgements));
    wishes.forEach(([delivery, type], index) => {
      if (result === undefined) this.#auditor.neverAnswered(delivery, type);
      else {
        const answer = result.ok ? result.value[index]! : ({ status: 'error', error: result.error } as const);
        this.#auditor.answered(delivery, type, askedAtMs, answer);
      }
    });
  }

  /** Somebody repeats what was said before, or says something else, or comes far too late. */
  async #comeBack(): Promise<void> {
    await this.#sleep(this.#random.between(0, 100));
    if (this.#past.length === 0) return;
    const delivery = this.#random.pick(this.#past);
    const type = this.#random.pick([...delivery.tried, 'accept', 'release', 'reject', 'renew'] as const);
    await this.#acknowledge(delivery.group, [[delivery, type]]);
  }

  async #look(group: string): Promise<void> {
    await this.#sleep(this.#random.between(50, 200));
    await this.#audit(group);
  }

  /** Looks at a group's windows; undefined when that was not possible. */
  async #audit(group: string) {
    const known = this.#auditor.seenStarts;
    const result = await this.#ask((broker) => broker.windows(group));
    if (result?.ok !== true) return undefined;
    for (const seen of result.value) {
      // A limit that is lowered takes nothing back.
      this.#auditor.window(group, seen.partition, seen, largestLimit + largestBatch, known);
      const reset = this.#resets.get(`${group}/${seen.partition}`)!;
      if (seen.stateEpoch > reset.stateEpoch) {
        if (seen.stateEpoch !== reset.stateEpoch + 1 || reset.wanted === undefined) {
          throw new Error(
            `I7: ${group}/${seen.partition} is at state epoch ${seen.stateEpoch}, after ${reset.stateEpoch}`,
          );
        }
        Object.assign(reset, { stateEpoch: seen.stateEpoch, startOffset: reset.wanted, wanted: undefined });
        this.#reached('the window was reset');
      }
    }
    return result.value;
  }

  // ───────────── operators ─────────────

  async #operate(): Promise<void> {
    const random = this.#random;
    await this.#sleep(random.between(0, 300));
    const group = random.pick(groups);
    const partition = random.between(0, partitionCount - 1);
    switch (random.between(0, 5)) {
      case 0:
        return await this.#reset(group, partition);
      case 1:
        return await this.#settle(group, partition);
      case 2:
        return await this.#releaseWorker(group);
      case 3:
        return await this.#pause(group);
      case 4:
        return await this.#retain();
      case 5:
        await this.#ask((broker) =>
          broker.alterShareGroup(group, {
            'share.partition.max.record.locks': String(random.between(4, largestLimit)),
          }),
        );
    }
  }

  async #reset(group: string, partition: number): Promise<void> {
    if (this.#random.chance(0.5)) return;
    const reset = this.#resets.get(`${group}/${partition}`)!;
    // What became of the last one must be known first.
    const windows = await this.#audit(group);
    const window = windows?.find((each) => each.partition === partition);
    if (window === undefined || this.#resting) return;
    const offset = this.#random.between(window.logStartOffset, window.logEndOffset);
    reset.wanted = offset;
    const over = this.#auditor.disturb(group, partition);
    await this.#ask((broker) => broker.reset({ group, topic, partitions: [partition], to: { offset }, dryRun: false }));
    over();
    while ((await this.#audit(group)) === undefined) await this.#sleep(20);
    reset.wanted = undefined;
  }

  async #settle(group: string, partition: number): Promise<void> {
    const windows = await this.#audit(group);
    const window = windows?.find((each) => each.partition === partition);
    if (window === undefined || window.endOffset === window.startOffset) return;
    const firstOffset = this.#random.between(window.startOffset, window.endOffset - 1);
    const lastOffset = firstOffset + this.#random.between(0, 2);
    const type = this.#random.pick(['accept', 'reject', 'release', 'retry', 'retry'] as const);
    const { stateEpoch } = window;
    for (let offset = firstOffset; offset <= lastOffset; offset++) {
      const record = this.#auditor.record(group, partition, stateEpoch, offset);
      record.history.push(`${this.#clock.monotonicMs()} an operator settles it: ${type}`);
      if (type === 'retry') record.slack++;
      else record.operated = true;
    }
    const over = this.#auditor.disturb(group, partition);
    const range = { group, topic, partition, firstOffset, lastOffset, type, reason: null, dryRun: false };
    const result = await this.#ask((broker) => broker.settle(range));
    over();
    if (result?.ok !== true) return;
    if (result.value.locksTaken > 0) this.#reached('an operator took a record over');
    if (result.value.retried > 0) this.#reached('an operator gave an attempt back');
  }

  async #releaseWorker(group: string): Promise<void> {
    const over = this.#auditor.disturb(group, null);
    const result = await this.#ask((broker) => broker.releaseWorker(group, `${group}-${this.#random.between(0, 2)}`));
    over();
    if (result?.ok === true && result.value.released > 0) this.#reached('a worker was released');
  }

  async #pause(group: string): Promise<void> {
    await this.#ask((broker) => broker.pause(group, true));
    await this.#sleep(this.#random.between(1, 150));
    let resumed;
    do resumed = await this.#ask((broker) => broker.pause(group, false));
    while (resumed?.ok !== true);
  }

  async #retain(): Promise<void> {
    if (this.#random.chance(0.7)) return;
    const overs = groups.map((group) => this.#auditor.disturb(group, null));
    const limit = (bytes: number) =>
      this.#ask((broker) => broker.alterTopic(topic, { config: { 'retention.bytes': String(bytes) } }));
    await limit(this.#random.between(200, 2_000));
    await this.#ask((broker) => broker.applyRetention());
    while ((await limit(-1)) === undefined);
    for (const over of overs) over();
    for (const group of groups) {
      const windows = await this.#audit(group);
      if (windows?.some((each) => each.startOffset === each.logStartOffset && each.startOffset > 0) === true) {
        this.#reached('retention reached into the window');
      }
    }
  }

  // ───────────── quiet ─────────────

  /** Nobody begins anything: whoever waits now must wait for a reason (I13). */
  async #calm(): Promise<void> {
    this.#resting = true;
    this.#faultRate = 0;
    await this.#advance(20 * maxLatencyMs);
    for (const group of groups) {
      const { broker } = this.#process;
      // First what may have to read: windows and workers are of one instant then.
      const { paused } = must(await this.#settled(broker.describeShareGroup(group)));
      const windows = must(await this.#settled(broker.windows(group)));
      const workers = must(await this.#settled(broker.workers(group)));
      const waiting = workers.filter((each) => each.waiting > 0);
      if (paused || waiting.length === 0) continue;
      for (const window of windows) {
        const isNew = window.logEndOffset > window.endOffset && window.inFlight < window.inFlightLimit;
        if (window.counts.available > 0 || isNew) {
          throw new Error(
            `I13: ${waiting.map((each) => each.holder).join()} wait for ${group}, and there is ${JSON.stringify(window)} at ${this.#clock.monotonicMs()}`,
          );
        }
      }
    }
  }

  /** The end: a last process gives out everything that is left, and it must be what is said to be left (I1, I10). */
  async #drain(): Promise<void> {
    this.#over = true;
    this.#faultRate = 0;
    await this.#advance(3_000);
    await this.#crash();
    for (const group of groups) await this.#drainGroup(group);
  }

  async #drainGroup(group: string): Promise<void> {
    const { broker } = this.#process;
    must(await this.#settled(broker.pause(group, false)));
    const windows = (await this.#settled(this.#audit(group)))!;
    const left = new Map(windows.map((each) => [each.partition, each.lag]));
    for (;;) {
      const calledAtMs = this.#clock.monotonicMs();
      const outcome: Result<AcquireOutcome> = await this.#settled(
        broker.acquire(
          {
            group,
            topics: [topic],
            holder: holderOf('http', 'last'),
            maxRecords: 100,
            maxBytes: 1_000_000,
            waitMs: 1_000,
            lockDurationMs: 60_000,
            acquireMode: 'record_limit',
            startFrom: null,
          },
          null,
        ),
      );
      const { ranges, emptyReason, lag } = must(outcome);
      if (ranges.length === 0) {
        if (emptyReason === 'delayed') continue;
        if (emptyReason !== 'no_records' || lag !== 0) throw new Error(`I10: ${emptyReason}, with a lag of ${lag}`);
        break;
      }
      const deliveries = this.#auditor.delivered(group, 'last', ranges, calledAtMs);
      for (const { lease } of deliveries) left.set(lease.partition, left.get(lease.partition)! - 1);
      await this.#settled(
        this.#acknowledge(
          group,
          deliveries.map((delivery) => [delivery, 'accept'] as const),
        ),
      );
      for (const delivery of deliveries) {
        if (delivery.ended !== 'accepted') this.#auditor.fail('I4', 'the last accept did not count', delivery.record);
      }
    }
    for (const [partition, lag] of left) {
      if (lag !== 0) throw new Error(`I10: the lag of ${group}/${partition} was wrong by ${lag}`);
    }
    await this.#explainAll(group);
  }

  /** Every record is accepted, archived, or gone by retention or a reset; and nobody knows of one that is not there. */
  async #explainAll(group: string): Promise<void> {
    const archived = new Set<string>();
    for (let after: string | null = null; ;) {
      const page: { next: string | null; records: readonly { partition: number; offset: number }[] } = must(
        await this.#settled(this.#process.broker.archived({ group, topic: null, partition: null, after, limit: 50 })),
      );
      for (const { partition, offset } of page.records) archived.add(`${partition}/${offset}`);
      after = page.next;
      if (after === null) break;
    }
    const windows = (await this.#settled(this.#audit(group)))!;
    for (const { partition, stateEpoch, logStartOffset, logEndOffset } of windows) {
      const byOffset = new Map([...(await this.#stored(partition))].map(([value, offset]) => [offset, value]));
      this.#auditor.checkLog(partition, logStartOffset, byOffset);
      const { startOffset } = this.#resets.get(`${group}/${partition}`)!;
      for (let offset = Math.max(startOffset, logStartOffset); offset < logEndOffset; offset++) {
        const explanation = this.#auditor.explanation(group, partition, stateEpoch, offset);
        if (explanation !== undefined || archived.has(`${partition}/${offset}`)) continue;
        const history = this.#auditor.history(group, partition, stateEpoch, offset);
        throw new Error(`I1: offset ${offset} of ${partition} was lost for ${group}:\n  ${history}`);
      }
    }
  }
}
