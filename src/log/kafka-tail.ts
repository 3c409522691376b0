import { errorCodes } from '../codec/error-codes.ts';
import { type FetchResponsePartitionData, fetchApi } from '../codec/messages/fetch.ts';
import type { KafkaClient } from '../kafka-client/kafka-client.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { cutBatches } from './fetched-batches.ts';
import type { KafkaBatches } from './kafka-batches.ts';
import { FetchSession, type PartitionToFetch, PartitionsAsked } from './kafka-fetch.ts';
import type { KafkaOffsets } from './kafka-offsets.ts';
import type { KafkaPartition, KafkaPartitions } from './kafka-partitions.ts';
import { readCommitted, truncated } from './kafka-reader.ts';
import { type PartitionLeaders, answerTimeoutMs } from './partition-leaders.ts';

interface TailContext {
  readonly client: KafkaClient;
  readonly leaders: PartitionLeaders;
  readonly offsets: KafkaOffsets;
  readonly partitions: KafkaPartitions;
  readonly batches: KafkaBatches;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of one answer. */
  readonly maxBytes: number;
}

/** A broker waits so long for something new (`fetch.max.wait.ms`); a partition that is followed from now on waits no longer. */
const maxWaitMs = 500;
/** `max.partition.fetch.bytes`. */
const partitionMaxBytes = 1024 * 1024;
const retryBackoffMs = 200;

/** Hears of everything that is appended to the followed partitions: one long poll to each of their leaders. */
export class KafkaTail {
  readonly #context: TailContext;
  readonly #brokers = new Map<number, BrokerTail>();
  #closed = false;

  constructor(context: TailContext) {
    this.#context = context;
  }

  /** What is followed, or who leads it, has changed. */
  arrange(followed: readonly KafkaPartition[]): void {
    if (this.#closed) return;
    const { topics } = this.#context.client.metadata();
    const led = new Map<number, Set<KafkaPartition>>([...this.#brokers.keys()].map((broker) => [broker, new Set()]));
    for (const partition of followed) {
      const leader = topics.get(partition.topicId)?.partitions[partition.partition]?.leader ?? -1;
      if (leader < 0 || partition.bounds === undefined) continue;
      const set = led.get(leader);
      if (set === undefined) led.set(leader, new Set([partition]));
      else set.add(partition);
    }
    for (const [broker, partitions] of led) {
      let tail = this.#brokers.get(broker);
      if (tail === undefined) this.#brokers.set(broker, (tail = new BrokerTail(broker, this.#context)));
      tail.follow(partitions);
      if (partitions.size === 0) this.#brokers.delete(broker);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const tail of this.#brokers.values()) tail.follow(new Set());
    await Promise.all([...this.#brokers.values()].map((tail) => tail.ended));
  }
}

class BrokerTail {
  readonly #broker: number;
  readonly #context: TailContext;
  readonly #session = new FetchSession();
  readonly #wanted = new Map<KafkaPartition, PartitionToFetch>();
  /** What is other than it was when it was last sent. */
  #changed = new Set<KafkaPartition>();
  #asked: PartitionsAsked | undefined;
  #stop = new AbortController();
  #ended: Promise<void> | undefined;

  constructor(broker: number, context: TailContext) {
    this.#broker = broker;
    this.#context = context;
  }

  get ended(): Promise<void> {
    return this.#ended ?? Promise.resolve();
  }

  follow(partitions: ReadonlySet<KafkaPartition>): void {
    for (const partition of this.#wanted.keys()) if (!partitions.has(partition)) this.#drop(partition);
    for (const partition of partitions) this.#want(partition);
    if (partitions.size === 0) return this.#stop.abort();
    this.#ended ??= this.#run();
  }

  /** From where it goes on. */
  #want(partition: KafkaPartition): void {
    this.#skipRead(partition);
    const fetchOffset = partition.tailOffset;
    const leaderEpoch = this.#context.leaders.epochOf(partition);
    const before = this.#wanted.get(partition);
    if (before?.fetchOffset === fetchOffset && before.leaderEpoch === leaderEpoch) return;
    if (before === undefined) this.#asked = undefined;
    const maxBytes = Math.min(partitionMaxBytes, this.#context.maxBytes);
    this.#wanted.set(partition, { partition, fetchOffset, leaderEpoch, maxBytes });
    this.#changed.add(partition);
  }

  #drop(partition: KafkaPartition): void {
    this.#wanted.delete(partition);
    this.#changed.add(partition);
    this.#asked = undefined;
  }

  async #run(): Promise<void> {
    const { client, logger } = this.#context;
    const { signal } = this.#stop;
    let inTrouble = false;
    while (!signal.aborted) {
      try {
        await this.#poll(signal);
        if (inTrouble) logger.info({ broker: this.#broker }, `broker ${this.#broker} tells of what is appended again`);
        inTrouble = false;
      } catch (error) {
        if (signal.aborted) return;
        this.#session.reset();
        const message = `broker ${this.#broker} does not tell what is appended: ${(error as Error).message}`;
        if (!inTrouble) logger.warn({ broker: this.#broker, err: error }, message);
        inTrouble = true;
        await this.#pause();
        await client.refresh().catch(() => {});
      }
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { client, maxBytes } = this.#context;
    if (this.#wanted.size === 0) return this.#pause();
    const { response, version } = await client.request(
      fetchApi,
      () => {
        const asked = this.#session.next(this.#wanted, this.#changed);
        this.#changed = new Set();
        return { ...asked, maxWaitMs, minBytes: 1, maxBytes, isolationLevel: readCommitted };
      },
      { broker: this.#broker, lane: 'tail', timeoutMs: answerTimeoutMs, signal },
    );
    const { errorCode } = response;
    if (errorCode !== errorCodes.NONE) {
      // The broker has forgotten the session, because there are many or it was started again.
      this.#session.reset();
      return;
    }
    this.#session.answered(response.sessionId ?? 0);
    this.#asked ??= new PartitionsAsked([...this.#wanted.keys()]);
    const fetched = this.#asked.in(response, version);
    let sourceBytes = 0;
    for (const [, data] of fetched) sourceBytes += (data.records as Uint8Array | null)?.length ?? 0;
    for (const [partition, data] of fetched) {
      // It may have been dropped, or readers were quicker, while this waited; what lies before the answer is not in it.
      const sentOffset = this.#session.sentOffset(partition) ?? Infinity;
      if (!this.#wanted.has(partition) || sentOffset > partition.tailOffset) continue;
      await this.#take(partition, data, sourceBytes);
      if (this.#wanted.has(partition)) this.#want(partition);
    }
  }

  /** What readers have fetched meanwhile. */
  #skipRead(partition: KafkaPartition): void {
    for (;;) {
      const batch = this.#context.batches.find(partition, partition.tailOffset);
      if (batch === undefined) return;
      const cameBytes = this.#context.partitions.count(partition, [batch]);
      partition.tailOffset = batch.lastOffset + 1;
      if (cameBytes > 0) this.#context.partitions.learn(partition, { cameBytes });
    }
  }

  async #take(partition: KafkaPartition, data: FetchResponsePartitionData, sourceBytes: number): Promise<void> {
    const { partitions, batches, logger } = this.#context;
    const { errorCode } = data;
    if (errorCode === errorCodes.OFFSET_OUT_OF_RANGE) return this.#outOfRange(partition);
    if (errorCode !== errorCodes.NONE) {
      this.#drop(partition);
      // A view that comes arranges everything anew.
      void this.#context.client.refresh().catch(() => {});
      return;
    }
    const records = (data.records as Uint8Array | null) ?? new Uint8Array(0);
    const aborted = data.abortedTransactions ?? [];
    const cut = cutBatches(partition, { fetchOffset: partition.tailOffset, records, aborted });
    const cameBytes = partitions.count(partition, batches.add(partition, cut, sourceBytes));
    partition.tailOffset = cut.nextOffset;
    if (cut.damage?.offsets !== undefined) {
      logger.error({ topic: partition.topicName, partition: partition.partition }, cut.damage.message);
      partition.tailOffset = cut.damage.offsets.lastOffset + 1;
    }
    const endOffset = data.lastStableOffset ?? data.highWatermark;
    partitions.learn(partition, { startOffset: data.logStartOffset ?? 0, endOffset, cameBytes });
  }

  async #outOfRange(partition: KafkaPartition): Promise<void> {
    const { offsets, partitions } = this.#context;
    const bounds = await offsets.bounds(partition);
    const lost = partition.tailOffset > bounds.endOffset && (partition.bounds?.endOffset ?? 0) > bounds.endOffset;
    if (lost) truncated(this.#context, partition, bounds);
    else partitions.learn(partition, bounds);
    partition.tailOffset = bounds.endOffset;
  }

  #pause(): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const timer = this.#context.clock.schedule(retryBackoffMs, finish);
      signal.addEventListener('abort', finish);
    });
  }
}
