import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningBroker } from './broker-process.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import {
  Driver,
  type AcknowledgeType,
  type Delivered,
  type Producer,
  type Reader,
  type ShareConsumer,
} from './driver.ts';
import { type DriverCommand, DriverError, DriverProcess } from './driver-process.ts';

/** A member learns of its partitions within this, also with a busy machine. */
const deliveryWithinMs = 25_000;
/** What did not come within this is not delivered. */
const quietMs = 1_500;

/** What one scenario has: topics and groups of its own, and clients to tell what to do. */
export class Stage {
  /** The client that the scenario is about. */
  readonly client: Driver;
  /** Java 4.4: prepares and checks. */
  readonly referee: Driver;
  readonly #id: string;
  readonly #brokerPorts: readonly number[];
  readonly #bootstrap: string;
  readonly #command: DriverCommand;
  readonly #startBroker: () => Promise<RunningBroker>;
  readonly #brokers: RunningBroker[] = [];
  readonly #processes: DriverProcess[] = [];
  readonly #drivers: Driver[];
  readonly #proxies: CuttingProxy[] = [];
  #names = 0;
  #producer: Producer | undefined;

  constructor(options: {
    /** Different for each run of a scenario: part of every name it uses. */
    readonly id: string;
    readonly brokerPorts: readonly number[];
    readonly bootstrap: string;
    readonly command: DriverCommand;
    readonly client: DriverProcess;
    readonly referee: DriverProcess;
    /** Starts one more of the broker that the suite runs against. */
    startBroker(): Promise<RunningBroker>;
  }) {
    this.#id = options.id;
    this.#brokerPorts = options.brokerPorts;
    this.#bootstrap = options.bootstrap;
    this.#command = options.command;
    this.#startBroker = () => options.startBroker();
    this.client = new Driver(options.client, `${options.id}-client`);
    this.referee = new Driver(options.referee, `${options.id}-referee`);
    this.#drivers = [this.client, this.referee];
  }

  /** How many nodes the broker of the suite has. */
  get nodes(): number {
    return this.#brokerPorts.length;
  }

  /** A name that nothing else has. */
  name(kind: string): string {
    return `${this.#id}-${kind}-${++this.#names}`;
  }

  /** A new topic, of one partition if not told otherwise. */
  async topic(partitions = 1, config: Record<string, string> = {}): Promise<string> {
    const name = this.name('topic');
    await this.referee.admin.createTopics([{ name, partitions, config }]);
    return name;
  }

  /** The name of a new group with these configs; it starts at the earliest record if not told otherwise. */
  async group(config: Record<string, string> = {}): Promise<string> {
    const group = this.name('group');
    await this.referee.admin.alterConfig('group', group, { 'share.auto.offset.reset': 'earliest', ...config });
    return group;
  }

  /** From the next acquisition on: what is taken then is settled in time however busy the machine is. */
  async longLocks(group: string): Promise<void> {
    const { admin } = this.referee;
    const name = 'share.record.lock.duration.ms';
    await admin.alterConfig('group', group, { [name]: '30000' });
    await eventually(async () => assert.equal((await admin.describeConfig('group', group))[name]?.value, '30000'));
  }

  /** Writes the values as one batch of one partition; acknowledged by all. */
  async produce(topic: string, values: readonly string[], partition = 0): Promise<void> {
    // All of one call go into one batch: the client flushes long before this is over.
    this.#producer ??= await this.referee.openProducer({ lingerMs: 1_000 });
    const outcomes = await this.#producer.produce(values.map((value) => ({ topic, partition, key: null, value })));
    for (const { error } of outcomes) assert.equal(error, null);
  }

  /** The same client as a process of its own, to be killed or stopped. */
  async another(bootstrap = this.#bootstrap): Promise<Driver> {
    const process = await DriverProcess.start(this.#command, bootstrap);
    this.#processes.push(process);
    const driver = new Driver(process, `${this.#id}-other${this.#processes.length}`);
    return driver;
  }

  /** Between the client and the broker: give its `bootstrap` to what is opened. */
  async proxy(): Promise<CuttingProxy> {
    const proxy = await CuttingProxy.start(this.#brokerPorts);
    this.#proxies.push(proxy);
    return proxy;
  }

  /** A broker that only this scenario uses, to be killed; topics and groups of the stage are not on it. */
  async ownBroker(): Promise<RunningBroker> {
    const broker = await this.#startBroker();
    this.#brokers.push(broker);
    return broker;
  }

  /** For an exit in a hurry. */
  killNow(): void {
    for (const broker of this.#brokers) broker.killNow();
    for (const process of this.#processes) process.killNow();
  }

  /** Ends all that the scenario has opened. */
  async end(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.crash()));
    await Promise.all(this.#drivers.map((driver) => driver.closeAll()));
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    await Promise.all(this.#brokers.map((broker) => broker.stop()));
  }
}

export const values = (count: number, prefix = 'v'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

export const offsetsOf = (records: readonly Delivered[]): number[] => records.map(({ offset }) => offset);
export const valuesOf = (records: readonly Delivered[]): (string | null)[] => records.map(({ value }) => value);

/** The next poll that brings something has exactly these offsets. */
export async function receive(consumer: Reader, offsets: readonly number[]): Promise<readonly Delivered[]> {
  const records = await consumer.poll(deliveryWithinMs);
  assert.deepEqual(offsetsOf(records), offsets, `the offsets of a poll (none: nothing came in ${deliveryWithinMs} ms)`);
  return records;
}

/** Delivered at their `count`th time, as far as the client tells. */
export function assertDeliveryCount(records: readonly Delivered[], count: number): void {
  for (const { offset, deliveryCount } of records)
    if (deliveryCount !== null) assert.equal(deliveryCount, count, `the delivery count of offset ${offset}`);
}

/** Polls until there are `count` records, settling each poll's where a type is told (explicit mode). */
export async function drain(
  consumer: Reader | ShareConsumer,
  count: number,
  type: AcknowledgeType | null = null,
): Promise<Delivered[]> {
  const all: Delivered[] = [];
  const untilMs = performance.now() + deliveryWithinMs;
  while (all.length < count && performance.now() < untilMs) {
    const records = await consumer.poll(1_000);
    all.push(...records);
    if (type !== null && records.length > 0) await settle(consumer as ShareConsumer, type, records);
  }
  assert.ok(all.length >= count, `${all.length} of ${count} records came within ${deliveryWithinMs} ms`);
  return all;
}

/** Nothing more is delivered. */
export async function assertQuiet(consumer: Reader, forMs = quietMs): Promise<void> {
  const untilMs = performance.now() + forMs;
  while (performance.now() < untilMs)
    assert.deepEqual(
      offsetsOf(await consumer.poll(Math.max(1, untilMs - performance.now()))),
      [],
      'more was delivered',
    );
}

/** Acknowledges and commits; the broker has to take it. */
export async function settle(consumer: ShareConsumer, type: AcknowledgeType, records: readonly Delivered[]) {
  await consumer.acknowledge(type, records);
  await commit(consumer);
}

export async function commit(consumer: ShareConsumer): Promise<void> {
  for (const { error } of await consumer.commitSync()) assert.equal(error, null);
}

/** What becomes true within a time. @throws the last error of `check` when it does not */
export async function eventually(check: () => Promise<void>, withinMs = 15_000): Promise<void> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() >= untilMs) throw error;
      await sleep(100);
    }
  }
}

/** It is refused with this error of Kafka. */
export async function assertRefused(code: string, doing: Promise<unknown>): Promise<void> {
  await assert.rejects(doing, (error: unknown) => {
    assert.ok(error instanceof DriverError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
}

/**
 * The lag of partition 0, as the referee reads it, becomes this. The start offset says less: Kafka stores it with the next
 * acknowledgement, so that it may stay behind what is finished.
 */
export function assertLag(stage: Stage, group: string, lag: number): Promise<void> {
  return eventually(async () => {
    const [first] = await stage.referee.admin.listShareGroupOffsets(group);
    assert.equal(first?.lag, lag, 'the lag of the group');
  });
}
