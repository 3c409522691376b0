import type { DriverProcess } from './driver-process.ts';

/** The commands of the protocol (README.md) with their types. */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

interface ErrorOf {
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface RecordToProduce {
  readonly topic: string;
  readonly partition: number | null;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: readonly (readonly [string, string | null])[];
  readonly timestampMs?: number;
}

export interface Delivered extends TopicPartition {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
  readonly timestampMs: number;
  readonly deliveryCount: number | null;
}

export type AcknowledgeType = 'accept' | 'release' | 'reject' | 'renew';

export interface ProducerOptions {
  readonly bootstrap?: string;
  readonly acks?: '0' | '1' | 'all';
  readonly idempotence?: boolean;
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly lingerMs?: number;
}

export interface ShareConsumerOptions {
  readonly bootstrap?: string;
  readonly group: string;
  readonly topics: readonly string[];
  readonly mode: 'implicit' | 'explicit';
  readonly acquireMode?: 'batch_optimized' | 'record_limit';
  readonly maxPollRecords?: number;
  readonly clientId?: string;
}

export class Producer {
  readonly #driver: DriverProcess;
  readonly #name: string;

  constructor(driver: DriverProcess, name: string) {
    this.#driver = driver;
    this.#name = name;
  }

  produce(records: readonly RecordToProduce[]) {
    return this.#driver.call('produce', { name: this.#name, records }) as Promise<
      readonly (TopicPartition & ErrorOf & { readonly offset: number })[]
    >;
  }

  async close(): Promise<void> {
    await this.#driver.call('close', { name: this.#name });
  }
}

/** Reads partitions without a group. */
export class Reader {
  protected readonly driver: DriverProcess;
  protected readonly name: string;

  constructor(driver: DriverProcess, name: string) {
    this.driver = driver;
    this.name = name;
  }

  poll(timeoutMs: number) {
    return this.driver.call('poll', { name: this.name, timeoutMs }) as Promise<readonly Delivered[]>;
  }

  async close(): Promise<void> {
    await this.driver.call('close', { name: this.name });
  }
}

export class ShareConsumer extends Reader {
  async acknowledge(type: AcknowledgeType, records: readonly (TopicPartition & { readonly offset: number })[]) {
    const acks = records.map(({ topic, partition, offset }) => ({ topic, partition, offset, type }));
    await this.driver.call('acknowledge', { name: this.name, acks });
  }

  commitSync() {
    return this.driver.call('commitSync', { name: this.name }) as Promise<readonly (TopicPartition & ErrorOf)[]>;
  }

  async commitAsync(): Promise<void> {
    await this.driver.call('commitAsync', { name: this.name });
  }

  commitResults() {
    return this.driver.call('commitResults', { name: this.name }) as Promise<
      readonly (TopicPartition & ErrorOf & { readonly offsets: readonly number[] })[]
    >;
  }

  lockTimeout() {
    return this.driver.call('lockTimeout', { name: this.name }) as Promise<number | null>;
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.driver.call('subscribe', { name: this.name, topics });
  }
}

type ConfigType = 'topic' | 'group' | 'broker';

export class Admin {
  readonly #driver: DriverProcess;

  constructor(driver: DriverProcess) {
    this.#driver = driver;
  }

  async createTopics(topics: readonly { name: string; partitions: number; config?: Record<string, string> }[]) {
    await this.#driver.call('createTopics', { topics });
  }
  async deleteTopics(topics: readonly string[]): Promise<void> {
    await this.#driver.call('deleteTopics', { topics });
  }
  async createPartitions(topic: string, partitions: number): Promise<void> {
    await this.#driver.call('createPartitions', { topic, partitions });
  }
  describeTopics(topics: readonly string[]) {
    return this.#driver.call('describeTopics', { topics }) as Promise<
      readonly { readonly name: string; readonly topicId: string; readonly partitions: number }[]
    >;
  }
  deleteRecords(topic: string, partition: number, beforeOffset: number) {
    return this.#driver.call('deleteRecords', { topic, partition, beforeOffset }) as Promise<{ lowWatermark: number }>;
  }
  listOffsets(topic: string, partition: number, at: 'earliest' | 'latest' | 'max_timestamp' | number) {
    return this.#driver.call('listOffsets', { topic, partition, at }) as Promise<{
      readonly offset: number;
      readonly timestampMs: number;
    }>;
  }
  async alterConfig(type: ConfigType, name: string, set: Record<string, string>, remove: readonly string[] = []) {
    await this.#driver.call('alterConfig', { type, name, set, remove });
  }
  describeConfig(type: ConfigType, name: string) {
    return this.#driver.call('describeConfig', { type, name }) as Promise<
      Record<string, { readonly value: string | null; readonly source: string }>
    >;
  }
  listConfigResources(type: ConfigType) {
    return this.#driver.call('listConfigResources', { type }) as Promise<readonly string[]>;
  }
  listGroups() {
    return this.#driver.call('listGroups', {}) as Promise<
      readonly { readonly group: string; readonly type: string; readonly protocol: string; readonly state: string }[]
    >;
  }
  describeShareGroups(groups: readonly string[]) {
    return this.#driver.call('describeShareGroups', { groups }) as Promise<
      readonly {
        readonly group: string;
        readonly state: string;
        readonly members: readonly {
          readonly memberId: string;
          readonly clientId: string;
          readonly host: string;
          readonly assignment: readonly TopicPartition[];
        }[];
      }[]
    >;
  }
  listShareGroupOffsets(group: string) {
    return this.#driver.call('listShareGroupOffsets', { group }) as Promise<
      readonly (TopicPartition & { readonly startOffset: number; readonly lag: number | null })[]
    >;
  }
  async alterShareGroupOffsets(group: string, offsets: readonly (TopicPartition & { offset: number })[]) {
    await this.#driver.call('alterShareGroupOffsets', { group, offsets });
  }
  async deleteShareGroupOffsets(group: string, topics: readonly string[]): Promise<void> {
    await this.#driver.call('deleteShareGroupOffsets', { group, topics });
  }
  async deleteShareGroups(groups: readonly string[]): Promise<void> {
    await this.#driver.call('deleteShareGroups', { groups });
  }
  describeCluster() {
    return this.#driver.call('describeCluster', {}) as Promise<{
      readonly clusterId: string;
      readonly nodes: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
    }>;
  }
}

/** What a driver process can be told by one scenario. */
export class Driver {
  readonly process: DriverProcess;
  readonly admin: Admin;
  readonly #prefix: string;
  readonly #opened: { close(): Promise<void> }[] = [];

  /** @param prefix of the names of what is opened: several scenarios may tell one process */
  constructor(process: DriverProcess, prefix: string) {
    this.process = process;
    this.admin = new Admin(process);
    this.#prefix = prefix;
  }

  async #open<T extends { close(): Promise<void> }>(
    op: string,
    fields: object,
    make: new (driver: DriverProcess, name: string) => T,
  ): Promise<T> {
    const name = `${this.#prefix}-${this.#opened.length + 1}`;
    const opened = new make(this.process, name);
    this.#opened.push(opened);
    await this.process.call(op, { name, ...fields });
    return opened;
  }

  openProducer(options: ProducerOptions = {}): Promise<Producer> {
    return this.#open('openProducer', options, Producer);
  }

  /** Starts to join the group, without waiting for it. */
  openShareConsumer(options: ShareConsumerOptions): Promise<ShareConsumer> {
    return this.#open('openShareConsumer', options, ShareConsumer);
  }

  openReader(
    partitions: readonly (TopicPartition & { readonly offset: number | 'earliest' | 'latest' })[],
    isolation: 'read_uncommitted' | 'read_committed' = 'read_uncommitted',
  ): Promise<Reader> {
    return this.#open('openReader', { partitions, isolation }, Reader);
  }

  /** What is still open when the scenario is over. Closing twice does no harm; a process that was killed has nothing open. */
  async closeAll(): Promise<void> {
    await Promise.allSettled(this.#opened.map((opened) => opened.close()));
  }
}
