import { invariant } from '../core/assert.ts';
import type { TopicPartition } from '../core/ids.ts';
import type { SequencedBatch } from '../core/producer/producer-state.ts';
import { type Result, ok, reject } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { MetadataStore } from '../ports/metadata-store.ts';
import type { LeaderEpochEnd, LogBounds, NewBatch, RecordLog, StoredBatch } from '../ports/record-log.ts';
import { AppendWaits } from './append-waits.ts';
import type { Guard } from './guard.ts';
import type { Ownership } from './ownership.ts';
import { ProducerIds } from './producer-ids.ts';
import { type Records, checkBatchSize } from './records.ts';
import type { Topic, Topics } from './topics.ts';

/** What of one partition is asked for. */
export interface PartitionToFetch extends TopicPartition {
  readonly fetchOffset: number;
  readonly maxBytes: number;
}

export interface Fetch {
  readonly partitions: readonly PartitionToFetch[];
  /** Of all partitions together; the first batch of the first one that has any always comes. */
  readonly maxBytes: number;
  /** Waits until there is so much. */
  readonly minBytes: number;
  /** 0: answer at once. */
  readonly waitMs: number;
}

export interface FetchedPartition {
  /** Whole batches; the first may begin before the offset asked for. */
  readonly batches: readonly StoredBatch[];
  readonly bounds: LogBounds;
}

interface PartitionLogsContext {
  readonly clock: Clock;
  readonly log: RecordLog;
  readonly metadata: MetadataStore;
  readonly topics: Topics;
  readonly records: Records;
  readonly guard: Guard;
  readonly ownership: Ownership;
  /** `fetch.max.bytes`. */
  readonly fetchMaxBytes: number;
}

/**
 * The partitions as logs, as producers and readers without a share group know them: each partition on its own, by the
 * id of its topic. UNKNOWN_TOPIC_OR_PARTITION where there is none, NOT_OWNER where another node serves it.
 */
export class PartitionLogs {
  readonly #context: PartitionLogsContext;
  readonly #waits: AppendWaits;
  readonly #producerIds: ProducerIds;

  constructor(context: PartitionLogsContext) {
    this.#context = context;
    this.#waits = new AppendWaits(context.clock);
    this.#producerIds = new ProducerIds(context.metadata);
  }

  /** Something has been appended; wakes who waits for it. */
  appended(partition: TopicPartition, sizeBytes: number): void {
    this.#waits.appended(partition, sizeBytes);
  }

  /** A topic has been deleted: nobody waits for it any more. */
  topicGone(topicId: TopicPartition['topicId']): void {
    this.#waits.gone(topicId);
  }

  /** Another node serves them now: who waits for them is to ask there. */
  lost(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#waits.appended(partition, Infinity);
  }

  /** Answers everybody who waits, and lets nobody wait any more. */
  drain(): void {
    this.#waits.drain();
  }

  #find({ topicId, partition }: TopicPartition): Result<Topic> {
    const topic = this.#context.topics.byId(topicId);
    if (topic === undefined) return reject('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic with the id ${topicId}.`);
    return this.#context.topics.findPartition(topic.name, partition);
  }

  #findOwned(partition: TopicPartition): Result<Topic> {
    const found = this.#find(partition);
    const { ownership } = this.#context;
    if (!found.ok || ownership.owns(partition)) return found;
    return { ok: false, error: ownership.notOwner(found.value.name, partition) };
  }

  /** Of the log's leader; 0 where one process has the log for itself. */
  leaderEpoch(partition: TopicPartition): number {
    return this.#context.log.leaderEpoch(partition);
  }

  /** Where a leader epoch ends, in the log. */
  endOfLeaderEpoch(partition: TopicPartition, leaderEpoch: number): Promise<Result<LeaderEpochEnd>> {
    return this.#context.guard.run(async () => ok(await this.#context.log.endOfLeaderEpoch(partition, leaderEpoch)));
  }

  /** Where it starts and ends: confirmed records only. */
  bounds(partition: TopicPartition): Result<LogBounds> {
    const topic = this.#findOwned(partition);
    if (!topic.ok) return topic;
    return ok(this.#context.log.bounds(partition) ?? { startOffset: 0, endOffset: 0, sizeBytes: 0 });
  }

  /** Where the log starts, as far as this node knows: also of a partition of another node, to which it may append. */
  startOffset(partition: TopicPartition): Result<number> {
    const topic = this.#find(partition);
    return topic.ok ? ok(this.#context.log.bounds(partition)?.startOffset ?? 0) : topic;
  }

  /** Whether a batch of so many bytes may be appended; asked before it is looked into. MESSAGE_TOO_LARGE if not. */
  takes(partition: TopicPartition, sizeBytes: number): Result<null> {
    const topic = this.#find(partition);
    return topic.ok ? checkBatchSize(topic.value, sizeBytes) : topic;
  }

  /**
   * Appends one batch, whichever node owns the partition; durable when it answers. The append is asked for before this returns, so that calls keep their order.
   * With a `producer` it is idempotent: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH (producer-state.ts).
   */
  append(
    partition: TopicPartition,
    batch: NewBatch,
    producer: SequencedBatch | null,
  ): Promise<Result<{ readonly baseOffset: number; readonly logStartOffset: number }>> {
    return this.#context.guard.run(async () => {
      const taken = this.takes(partition, batch.bytes.length);
      if (!taken.ok) return taken;
      const { clock, log, records } = this.#context;
      const { topicId, partition: index } = partition;
      const outcome = await records.append({
        entries: [{ topicId, partition: index, batch }],
        ...(producer === null ? {} : { producer: { ...producer, nowMs: clock.wallMs() } }),
      });
      if (outcome.kind === 'refused') return { ok: false, error: outcome.error };
      const baseOffset = outcome.kind === 'appended' ? outcome.baseOffsets[0] : undefined;
      invariant(baseOffset !== undefined, 'an append without a request key gives an offset');
      return ok({ baseOffset, logStartOffset: log.bounds(partition)?.startOffset ?? 0 });
    });
  }

  /** An id that no producer ever had, for idempotent appends from epoch 0 and sequence 0 on. */
  newProducerId(): Promise<Result<number>> {
    return this.#context.guard.run(async () => ok(await this.#producerIds.next()));
  }

  /**
   * Reads partitions from their offsets on: one result for each, in order. OFFSET_OUT_OF_RANGE outside of the log. When there are
   * fewer than `minBytes`, and nothing is wrong with any, waits for more and reads again (DelayedFetch in Kafka).
   */
  async fetch(fetch: Fetch, signal: AbortSignal | null): Promise<readonly Result<FetchedPartition>[]> {
    const maxBytes = Math.min(fetch.maxBytes, this.#context.fetchMaxBytes);
    const { log } = this.#context;
    const { results, readBytes, isComplete } = await this.#readAll(fetch.partitions, maxBytes);
    const missingBytes = Math.min(fetch.minBytes, maxBytes) - readBytes;
    if (fetch.waitMs <= 0 || fetch.partitions.length === 0 || isComplete || missingBytes <= 0) return results;
    // What came since a partition was read has woken nobody; nor has it if the partition is gone.
    const cameBytes = fetch.partitions.map((each, i) => {
      const read = results[i];
      const before = read?.ok === true ? read.value.bounds.sizeBytes : 0;
      return Math.max(0, (log.bounds(each)?.sizeBytes ?? Infinity) - before);
    });
    const openBytes = cameBytes.reduce((open, came) => open - came, missingBytes);
    if (openBytes > 0) {
      await this.#waits.wait(fetch.partitions, { missingBytes: openBytes, waitMs: fetch.waitMs }, signal);
    }
    return (await this.#readAll(fetch.partitions, maxBytes)).results;
  }

  /** `isComplete`: waiting brings nothing, because something has to be told or there is no room for more. */
  async #readAll(partitions: readonly PartitionToFetch[], maxBytes: number) {
    const results: Result<FetchedPartition>[] = [];
    let readBytes = 0;
    let isComplete = false;
    for (const partition of partitions) {
      const limit = Math.min(partition.maxBytes, maxBytes - readBytes);
      const read = await this.#context.guard.run(() => this.#read(partition, limit, readBytes === 0));
      results.push(read);
      if (!read.ok) isComplete = true;
      else for (const batch of read.value.batches) readBytes += batch.bytes.length;
    }
    return { results, readBytes, isComplete };
  }

  async #read(partition: PartitionToFetch, maxBytes: number, atLeastOne: boolean): Promise<Result<FetchedPartition>> {
    const found = this.bounds(partition);
    if (!found.ok) return found;
    const bounds = found.value;
    const { fetchOffset } = partition;
    if (fetchOffset < bounds.startOffset || fetchOffset > bounds.endOffset) {
      return reject(
        'OFFSET_OUT_OF_RANGE',
        `Offset ${fetchOffset} is not in the log, which has ${bounds.startOffset} up to ${bounds.endOffset} (exclusive).`,
      );
    }
    if (fetchOffset === bounds.endOffset || (maxBytes <= 0 && !atLeastOne)) return ok({ batches: [], bounds });
    const range = { startOffset: fetchOffset, endOffset: bounds.endOffset, maxBytes };
    const batches = await this.#context.log.read(partition, range);
    // The log always gives one; there may be no room for it behind those of other partitions.
    const fits = atLeastOne || (batches[0]?.bytes.length ?? 0) <= maxBytes;
    return ok({ batches: fits ? batches : [], bounds });
  }

  /** The first batch from `fromOffset` on whose greatest timestamp is at or after `timestampMs`. */
  batchAtTimestamp(
    partition: TopicPartition,
    timestampMs: number,
    fromOffset: number,
  ): Promise<Result<StoredBatch | undefined>> {
    return this.#batch(partition, () => this.#context.log.offsetForTimestamp(partition, timestampMs, fromOffset));
  }

  /** The first batch of those with the greatest timestamp of all. */
  batchOfMaxTimestamp(partition: TopicPartition): Promise<Result<StoredBatch | undefined>> {
    return this.#batch(partition, () => this.#context.log.offsetOfMaxTimestamp(partition));
  }

  #batch(partition: TopicPartition, find: () => Promise<number | undefined>): Promise<Result<StoredBatch | undefined>> {
    return this.#context.guard.run(async () => {
      const bounds = this.bounds(partition);
      if (!bounds.ok) return bounds;
      const baseOffset = await find();
      if (baseOffset === undefined) return ok(undefined);
      const range = { startOffset: baseOffset, endOffset: Number.MAX_SAFE_INTEGER, maxBytes: 0 };
      return ok((await this.#context.log.read(partition, range))[0]);
    });
  }

  /**
   * Deletes all records before `beforeOffset`; -1 stands for all there are. OFFSET_OUT_OF_RANGE beyond the end.
   *
   * @returns where the log starts now
   */
  deleteRecords(partition: TopicPartition, beforeOffset: number): Promise<Result<number>> {
    return this.#context.guard.run(async () => {
      const bounds = this.bounds(partition);
      if (!bounds.ok) return bounds;
      const { endOffset } = bounds.value;
      const startOffset = beforeOffset === -1 ? endOffset : beforeOffset;
      if (startOffset < 0 || startOffset > endOffset) {
        return reject(
          'OFFSET_OUT_OF_RANGE',
          `Records before offset ${startOffset} cannot be deleted: the log ends at ${endOffset}.`,
        );
      }
      return ok(await this.#context.topics.trim(partition, startOffset));
    });
  }
}
