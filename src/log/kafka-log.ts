import { errorCodes } from '../codec/error-codes.ts';
import { deleteRecordsApi } from '../codec/messages/delete-records.ts';
import { offsetForLeaderEpochApi } from '../codec/messages/offset-for-leader-epoch.ts';
import { type TopicPartition, topicPartitionText } from '../core/ids.ts';
import type { KafkaClient } from '../kafka-client/kafka-client.ts';
import type { KafkaClusterView } from '../kafka-client/kafka-cluster-view.ts';
import { kafkaFault } from '../kafka-client/kafka-fault.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault, closedAdapter } from '../ports/fault.ts';
import type { Logger } from '../ports/logger.ts';
import type {
  Append,
  AppendOutcome,
  LeaderEpochEnd,
  LogBounds,
  LogChanges,
  RecordLog,
  StoredBatch,
} from '../ports/record-log.ts';
import { isHole } from './fetched-batches.ts';
import { KafkaBatches } from './kafka-batches.ts';
import { KafkaOffsets } from './kafka-offsets.ts';
import { type KafkaPartition, KafkaPartitions } from './kafka-partitions.ts';
import type { KafkaAppender } from './kafka-producer.ts';
import { KafkaReader } from './kafka-reader.ts';
import { KafkaTail } from './kafka-tail.ts';
import { PartitionLeaders, answerTimeoutMs } from './partition-leaders.ts';

export interface KafkaLogOptions {
  /** `log.cache.bytes`: of batches kept in memory, for all partitions together. */
  readonly cacheBytes: number;
}

/** Of one fetch, at least and at most; in between an eighth of the cache. */
const smallestFetchBytes = 64 * 1024;
const largestFetchBytes = 4 * 1024 * 1024;

/** How long a leader that does not tell the ends of a partition holds up those that are followed together with it. */
const followWithinMs = 5_000;

/** The ends of partitions that are not followed are asked for so often, and more seldom when there are very many. */
const lookAroundMs = 5_000;
const partitionsPerMs = 2;

/** For DeleteRecords at the broker, and for a new partition to show. */
const adminTimeoutMs = 5_000;

/**
 * The record log of a Kafka cluster, whose topics, retention and leader epochs are its own. What is read is read committed: the end is
 * the last stable offset, and control batches and aborted transactions are holes, quietly. Followed partitions are tailed, so that their
 * bounds are exact and what comes is read once for all groups; of the others the bounds are some seconds old.
 */
export class KafkaLog implements RecordLog {
  readonly mayHaveHoles = true;
  readonly knowsSizes = false;
  readonly #client: KafkaClient;
  readonly #appender: KafkaAppender;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #partitions = new KafkaPartitions();
  readonly #leaders: PartitionLeaders;
  readonly #offsets: KafkaOffsets;
  readonly #batches: KafkaBatches;
  readonly #reader: KafkaReader;
  readonly #tail: KafkaTail;
  /** Topics that the last view did not have: gone when the next does not have them either. */
  #missing = new Set<string>();
  #lookAround: { cancel(): void } | undefined;
  #stopWatching: (() => void) | undefined;
  #closed = false;

  constructor(
    client: KafkaClient,
    appender: KafkaAppender,
    { cacheBytes }: KafkaLogOptions,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#client = client;
    this.#appender = appender;
    this.#clock = clock;
    this.#logger = logger;
    const partitions = this.#partitions;
    this.#leaders = new PartitionLeaders(client, clock);
    this.#offsets = new KafkaOffsets(client, this.#leaders);
    this.#batches = new KafkaBatches(cacheBytes);
    const parts = { client, leaders: this.#leaders, offsets: this.#offsets, partitions, batches: this.#batches };
    const fetchBytes = Math.min(largestFetchBytes, Math.max(smallestFetchBytes, Math.floor(cacheBytes / 4)));
    this.#reader = new KafkaReader({ ...parts, logger, readAheadBytes: fetchBytes });
    this.#tail = new KafkaTail({ ...parts, clock, logger, maxBytes: fetchBytes });
  }

  /** Once, before anything else: from then on the bounds of all partitions are known. @throws Fault */
  async start(): Promise<void> {
    try {
      const view = await this.#client.refresh();
      this.#stopWatching = this.#client.onView((next) => this.#seen(next));
      this.#seen(view);
      await this.#learnBounds([...this.#partitions.all()]);
    } catch (error) {
      throw kafkaFault('open the log', error);
    }
    this.#lookAroundLater();
  }

  watch(changes: LogChanges): void {
    this.#partitions.watch(changes);
  }

  async follow(partitions: readonly TopicPartition[]): Promise<void> {
    this.#checkOpen('follow');
    for (const partition of partitions) this.#partitions.follow(partition);
    const known = partitions.flatMap((partition) => this.#partitions.get(partition) ?? []);
    const { topics } = this.#client.metadata();
    const isLed = ({ topicId, partition }: KafkaPartition): boolean =>
      (topics.get(topicId)?.partitions[partition]?.leader ?? -1) >= 0;
    const untilMs = this.#clock.monotonicMs() + followWithinMs;
    let asked = known;
    while (asked.length > 0) {
      try {
        await this.#learnBounds(asked);
      } catch (error) {
        throw kafkaFault('follow', error);
      }
      // Once more where a leader did not tell; a partition without one holds up no other.
      asked = asked.filter((partition) => partition.bounds === undefined && isLed(partition));
      if (this.#clock.monotonicMs() > untilMs) break;
      if (asked.length > 0) await this.#client.refresh().catch(() => {});
    }
    for (const partition of known) {
      partition.tailOffset = Math.max(partition.tailOffset, partition.bounds?.endOffset ?? 0);
    }
    this.#arrange();
  }

  unfollow(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#partitions.unfollow(partition);
    this.#arrange();
  }

  /** They are made by the cluster; resolves when it has leaders for them. @throws Fault */
  async createPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    this.#checkOpen('create partitions');
    for (const partition of partitions) {
      const known = this.#partitions.get(partition) ?? (await this.#appear(partition));
      if (known.bounds === undefined) await this.#learnOne(known);
    }
  }

  /** The cluster's own work; here they are forgotten. */
  async deletePartitions(partitions: readonly TopicPartition[]): Promise<void> {
    this.#checkOpen('delete partitions');
    for (const partition of partitions) {
      this.#partitions.unfollow(partition);
      this.#forget(partition);
    }
    this.#arrange();
  }

  async append(append: Append): Promise<AppendOutcome> {
    this.#checkOpen('append');
    const partitions = append.entries.map((entry) => this.#find(entry, 'append'));
    const outcome = await this.#appender.append(append);
    if (outcome.kind !== 'appended') return outcome;
    for (const [index, { batch }] of append.entries.entries()) {
      const partition = partitions[index]!;
      const baseOffset = outcome.baseOffsets[index] ?? -1;
      // Behind what is stable with nothing in between it is stable too. Else the tail tells, soon.
      if (partition.bounds?.endOffset !== baseOffset) continue;
      const lastOffset = baseOffset + batch.offsetCount - 1;
      const cameBytes = this.#partitions.count(partition, [{ baseOffset, lastOffset, bytes: batch.bytes }]);
      this.#partitions.learn(partition, { endOffset: lastOffset + 1, cameBytes });
    }
    return outcome;
  }

  bounds(partition: TopicPartition): LogBounds | undefined {
    return this.#partitions.get(partition)?.bounds;
  }

  leaderEpoch(partition: TopicPartition): number {
    const known = this.#partitions.get(partition);
    return known === undefined ? 0 : Math.max(0, this.#leaders.epochOf(known));
  }

  async endOfLeaderEpoch(topicPartition: TopicPartition, leaderEpoch: number): Promise<LeaderEpochEnd> {
    const operation = 'find the end of a leader epoch';
    this.#checkOpen(operation);
    const partition = await this.#known(topicPartition, operation);
    return this.#leaders.ask(operation, partition, async (broker) => {
      const asked = { partition: partition.partition, currentLeaderEpoch: -1, leaderEpoch };
      const topics = [{ topic: partition.topicName, partitions: [asked] }];
      const { response } = await this.#client.request(
        offsetForLeaderEpochApi,
        { replicaId: -1, topics },
        { broker, timeoutMs: answerTimeoutMs },
      );
      const answer = response.topics[0]?.partitions[0];
      if (answer === undefined) return { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
      const { errorCode, leaderEpoch: found = -1, endOffset = -1 } = answer;
      return { errorCode, value: { leaderEpoch: found, endOffset } };
    });
  }

  async read(
    topicPartition: TopicPartition,
    range: { readonly startOffset: number; readonly endOffset: number; readonly maxBytes: number },
  ): Promise<readonly StoredBatch[]> {
    this.#checkOpen('read');
    return this.#reader.read(await this.#known(topicPartition, 'read'), range);
  }

  cached(topicPartition: TopicPartition, offset: number): StoredBatch | undefined {
    const partition = this.#closed ? undefined : this.#partitions.get(topicPartition);
    const bounds = partition?.bounds;
    if (partition === undefined || bounds === undefined) return undefined;
    if (offset < bounds.startOffset || offset >= bounds.endOffset) return undefined;
    const batch = this.#batches.find(partition, offset);
    return batch === undefined || isHole(batch) ? undefined : batch;
  }

  async offsetForTimestamp(
    topicPartition: TopicPartition,
    timestampMs: number,
    fromOffset = 0,
  ): Promise<number | undefined> {
    const operation = 'find an offset by its timestamp';
    this.#checkOpen(operation);
    const partition = await this.#known(topicPartition, operation);
    const { offset } = await this.#offsets.atTimestamp(partition, timestampMs);
    if (offset < 0) return undefined;
    return this.#firstFrom(partition, Math.max(offset, fromOffset), (batch) => batch.maxTimestampMs >= timestampMs);
  }

  async offsetOfMaxTimestamp(topicPartition: TopicPartition): Promise<number | undefined> {
    const operation = 'find the greatest timestamp';
    this.#checkOpen(operation);
    const partition = await this.#known(topicPartition, operation);
    const { offset, timestampMs } = await this.#offsets.atMaxTimestamp(partition);
    if (offset < 0) return undefined;
    const { startOffset } = await this.#offsets.bounds(partition);
    this.#partitions.learn(partition, { startOffset });
    const first = offset < startOffset ? undefined : await this.#batchFrom(partition, offset);
    if (first !== undefined && first.maxTimestampMs >= timestampMs) return first.baseOffset;
    // What the cluster remembers was deleted, or belongs to an aborted transaction: all that is left has to be looked at.
    let greatest: StoredBatch | undefined;
    await this.#firstFrom(partition, startOffset, (batch) => {
      if (greatest === undefined || batch.maxTimestampMs > greatest.maxTimestampMs) greatest = batch;
      return false;
    });
    return greatest?.baseOffset;
  }

  async timestampAt(topicPartition: TopicPartition, offset: number): Promise<number | undefined> {
    const operation = 'find the timestamp of an offset';
    this.#checkOpen(operation);
    return (await this.#batchFrom(await this.#known(topicPartition, operation), offset))?.baseTimestampMs;
  }

  async trim(topicPartition: TopicPartition, startOffset: number): Promise<LogBounds> {
    const operation = 'trim';
    this.#checkOpen(operation);
    const partition = await this.#known(topicPartition, operation);
    // The request names the topic, not its id: another one of the same name must not lose records.
    const view = await this.#client.refresh().catch((error: unknown) => {
      throw kafkaFault(operation, error);
    });
    if (!view.topics.has(partition.topicId)) throw this.#unknown(partition, operation);
    const bounds = await this.#offsets.bounds(partition);
    this.#partitions.learn(partition, bounds);
    const offset = Math.min(startOffset, bounds.endOffset);
    if (offset <= bounds.startOffset) return partition.bounds!;
    const lowWatermark = await this.#leaders.ask(operation, partition, async (broker) => {
      const partitions = [{ partitionIndex: partition.partition, offset }];
      const request = { topics: [{ name: partition.topicName, partitions }], timeoutMs: adminTimeoutMs };
      const { response } = await this.#client.request(deleteRecordsApi, request, {
        broker,
        timeoutMs: answerTimeoutMs,
      });
      const answer = response.topics[0]?.partitions[0];
      return {
        errorCode: answer?.errorCode ?? errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
        value: answer?.lowWatermark ?? 0,
      };
    });
    this.#partitions.learn(partition, { startOffset: lowWatermark });
    return partition.bounds!;
  }

  /** The cluster's own work (`retention.ms` and `retention.bytes` of its topics): nothing is done here. */
  async applyRetention(topicPartition: TopicPartition): Promise<LogBounds> {
    this.#checkOpen('apply retention');
    return (await this.#known(topicPartition, 'apply retention')).bounds!;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#lookAround?.cancel();
    this.#stopWatching?.();
    await this.#appender.close();
    await this.#tail.close();
  }

  /** Base offset of the first batch from an offset on that is as wanted. */
  async #firstFrom(
    partition: KafkaPartition,
    fromOffset: number,
    isWanted: (batch: StoredBatch) => boolean,
  ): Promise<number | undefined> {
    for (let offset = fromOffset; ;) {
      const range = { startOffset: offset, endOffset: Number.MAX_SAFE_INTEGER, maxBytes: smallestFetchBytes };
      const batches = await this.#reader.read(partition, range);
      if (batches.length === 0) return undefined;
      const found = batches.find(isWanted);
      if (found !== undefined) return found.baseOffset;
      offset = batches.at(-1)!.lastOffset + 1;
    }
  }

  /** The batch that holds an offset, or the next one. */
  async #batchFrom(partition: KafkaPartition, startOffset: number): Promise<StoredBatch | undefined> {
    const range = { startOffset, endOffset: Number.MAX_SAFE_INTEGER, maxBytes: 1 };
    return (await this.#reader.read(partition, range, smallestFetchBytes))[0];
  }

  /** The cluster as it is now: partitions come, and go with their topics. */
  #seen(view: KafkaClusterView): void {
    const added: KafkaPartition[] = [];
    for (const { id: topicId, name, partitions } of view.topics.values()) {
      // What belongs to the cluster, or to sash itself.
      if (name.startsWith('__')) continue;
      for (const { partition } of partitions) {
        if (this.#partitions.get({ topicId, partition }) !== undefined) continue;
        added.push(this.#partitions.add({ topicId, partition }, name));
      }
    }
    const missing = new Set<string>();
    for (const partition of this.#partitions.all()) {
      if (view.topics.has(partition.topicId)) continue;
      const name = topicPartitionText(partition);
      // One broker may not have heard of a topic that another one has just made.
      if (this.#missing.has(name)) this.#forget(partition);
      else missing.add(name);
    }
    this.#missing = missing;
    // The first time, who starts this waits for them.
    if (added.length > 0 && this.#lookAround !== undefined) void this.#learnQuietly(added);
    this.#arrange();
  }

  #forget(partition: TopicPartition): void {
    const known = this.#partitions.get(partition);
    if (known === undefined) return;
    this.#partitions.remove(known);
    this.#batches.forget(known);
  }

  #arrange(): void {
    if (this.#closed) return;
    const followed = [...this.#partitions.all()].filter((partition) => this.#partitions.isFollowed(partition));
    this.#tail.arrange(followed);
  }

  #lookAroundLater(): void {
    if (this.#closed) return;
    let count = 0;
    for (const _ of this.#partitions.all()) count++;
    this.#lookAround = this.#clock.schedule(Math.max(lookAroundMs, count / partitionsPerMs), () => {
      const isTailed = (each: KafkaPartition): boolean =>
        each.bounds !== undefined && this.#partitions.isFollowed(each);
      const others = [...this.#partitions.all()].filter((partition) => !isTailed(partition));
      void this.#learnQuietly(others).finally(() => this.#lookAroundLater());
    });
  }

  async #learnQuietly(partitions: readonly KafkaPartition[]): Promise<void> {
    try {
      await this.#learnBounds(partitions);
      this.#arrange();
    } catch (error) {
      // The client warns when the cluster is away; the next look is in some seconds.
      this.#logger.debug({ err: error }, 'the ends of partitions could not be asked for');
    }
  }

  async #learnBounds(partitions: readonly KafkaPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    for (const [partition, bounds] of await this.#offsets.boundsOf(partitions)) {
      this.#partitions.learn(partition, bounds);
    }
  }

  async #learnOne(partition: KafkaPartition): Promise<void> {
    this.#partitions.learn(partition, await this.#offsets.bounds(partition));
  }

  /** Waits until the cluster shows a partition that was just made. */
  async #appear(partition: TopicPartition): Promise<KafkaPartition> {
    const operation = 'create partitions';
    const untilMs = this.#clock.monotonicMs() + adminTimeoutMs;
    for (;;) {
      try {
        await this.#client.refresh();
      } catch (error) {
        throw kafkaFault(operation, error);
      }
      const known = this.#partitions.get(partition);
      if (known !== undefined) return known;
      if (this.#clock.monotonicMs() > untilMs) throw this.#unknown(partition, operation);
    }
  }

  /** A partition whose bounds are known. @throws Fault */
  async #known(topicPartition: TopicPartition, operation: string): Promise<KafkaPartition> {
    const partition = this.#find(topicPartition, operation);
    if (partition.bounds === undefined) await this.#learnOne(partition);
    return partition;
  }

  #find(topicPartition: TopicPartition, operation: string): KafkaPartition {
    const partition = this.#partitions.get(topicPartition);
    if (partition === undefined) throw this.#unknown(topicPartition, operation);
    return partition;
  }

  #unknown(partition: TopicPartition, operation: string): Fault {
    return new Fault({
      code: 'STORAGE_FAILED',
      operation,
      message: `the cluster has no partition ${topicPartitionText(partition)}`,
      retriable: false,
      outcome: 'refused',
      hint: 'the topic was deleted, or is not there yet; one that was created again is another topic',
    });
  }

  #checkOpen(operation: string): void {
    if (!this.#closed) return;
    throw closedAdapter(operation, 'the log');
  }
}
