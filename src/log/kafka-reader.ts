import { errorCodes } from '../codec/error-codes.ts';
import { fetchApi } from '../codec/messages/fetch.ts';
import type { KafkaClient } from '../kafka-client/kafka-client.ts';
import type { Logger } from '../ports/logger.ts';
import { Fault } from '../ports/fault.ts';
import type { StoredBatch } from '../ports/record-log.ts';
import { cutBatches, isHole } from './fetched-batches.ts';
import type { KafkaBatches } from './kafka-batches.ts';
import { PartitionsAsked, topicsToFetch } from './kafka-fetch.ts';
import type { KafkaOffsets } from './kafka-offsets.ts';
import type { KafkaPartition, KafkaPartitions } from './kafka-partitions.ts';
import { type LeaderAnswer, type PartitionLeaders, answerTimeoutMs } from './partition-leaders.ts';

interface ReaderContext {
  readonly client: KafkaClient;
  readonly leaders: PartitionLeaders;
  readonly offsets: KafkaOffsets;
  readonly partitions: KafkaPartitions;
  readonly batches: KafkaBatches;
  readonly logger: Logger;
  /** How much is fetched at once, so that who is far behind catches up quickly. */
  readonly readAheadBytes: number;
}

/** Isolation level 1: up to the last stable offset, and aborted transactions are told. */
export const readCommitted = 1;

/** Reads batches from any offset on, from memory where they are and from the leader where not. */
export class KafkaReader {
  readonly #context: ReaderContext;
  /** Fetches that are under way, by partition and offset: who wants the same waits for the same. */
  readonly #fetching = new Map<string, Promise<readonly StoredBatch[]>>();

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  /** As `RecordLog.read`. @throws Fault */
  async read(
    partition: KafkaPartition,
    range: { readonly startOffset: number; readonly endOffset: number; readonly maxBytes: number },
    fetchBytes = this.#context.readAheadBytes,
  ): Promise<readonly StoredBatch[]> {
    const found: StoredBatch[] = [];
    let leftBytes = range.maxBytes;
    let offset = range.startOffset;
    for (;;) {
      const { startOffset = 0, endOffset = 0 } = partition.bounds ?? {};
      // It may move while this reads.
      offset = Math.max(offset, startOffset);
      if (offset >= Math.min(range.endOffset, endOffset)) return found;
      const cached = this.#context.batches.find(partition, offset);
      let next: readonly StoredBatch[];
      try {
        next = cached === undefined ? await this.#fetch(partition, offset, fetchBytes) : [cached];
      } catch (error) {
        // What was found before a damaged batch is good.
        if (found.length > 0 && error instanceof Fault && error.code === 'CORRUPT') return found;
        throw error;
      }
      for (const batch of next) {
        if (batch.lastOffset < offset) continue;
        if (batch.baseOffset >= Math.min(range.endOffset, endOffset)) return found;
        offset = batch.lastOffset + 1;
        if (isHole(batch)) continue;
        if (found.length > 0 && batch.bytes.length > leftBytes) return found;
        found.push(batch);
        leftBytes -= batch.bytes.length;
      }
    }
  }

  /** Batches and holes from `offset` on, at least one; none when the log starts behind the offset by now. */
  #fetch(partition: KafkaPartition, offset: number, maxBytes: number): Promise<readonly StoredBatch[]> {
    const name = `${partition.cacheKey}/${offset}`;
    const under = this.#fetching.get(name);
    if (under !== undefined) return under;
    const fetching = this.#context.leaders
      .ask('read', partition, (broker) => this.#fetchFrom(broker, partition, offset, maxBytes))
      .finally(() => this.#fetching.delete(name));
    this.#fetching.set(name, fetching);
    return fetching;
  }

  async #fetchFrom(
    broker: number,
    partition: KafkaPartition,
    offset: number,
    maxBytes: number,
  ): Promise<LeaderAnswer<readonly StoredBatch[]>> {
    const { client, leaders, batches, partitions } = this.#context;
    const asked = { partition, fetchOffset: offset, leaderEpoch: leaders.epochOf(partition), maxBytes };
    const request = {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes,
      isolationLevel: readCommitted,
      topics: topicsToFetch([asked]),
    };
    const { response, version } = await client.request(fetchApi, request, {
      broker,
      lane: 'read',
      timeoutMs: answerTimeoutMs,
    });
    if (response.errorCode !== errorCodes.NONE) return { errorCode: response.errorCode };
    const [answer] = new PartitionsAsked([partition]).in(response, version);
    // A broker that throttles us answers nothing of what was asked.
    if (answer === undefined) return { errorCode: errorCodes.REQUEST_TIMED_OUT };
    const [, data] = answer;
    if (data.errorCode === errorCodes.OFFSET_OUT_OF_RANGE) return this.#outOfRange(partition, offset);
    if (data.errorCode !== errorCodes.NONE) return { errorCode: data.errorCode };
    const records = data.records as Uint8Array | null;
    const aborted = data.abortedTransactions ?? [];
    const cut = cutBatches(partition, { fetchOffset: offset, records: records ?? new Uint8Array(0), aborted });
    if (cut.batches.length === 0) {
      if (cut.damage !== undefined) throw cut.damage;
      // The leader is behind the one before it, or the bytes are on their way from remote storage. Never taken for a hole: records
      // would be given up.
      return { errorCode: errorCodes.OFFSET_NOT_AVAILABLE };
    }
    partitions.learn(partition, { startOffset: data.logStartOffset ?? 0 });
    return { errorCode: errorCodes.NONE, value: batches.add(partition, cut, records?.length ?? 0) };
  }

  /** Retention has moved the start, or the cluster has lost its end. */
  async #outOfRange(partition: KafkaPartition, offset: number): Promise<LeaderAnswer<readonly StoredBatch[]>> {
    const { offsets, partitions } = this.#context;
    const bounds = await offsets.bounds(partition);
    if (offset < bounds.startOffset) {
      partitions.learn(partition, bounds);
      return { errorCode: errorCodes.NONE, value: [] };
    }
    if (offset < bounds.endOffset) return { errorCode: errorCodes.OFFSET_NOT_AVAILABLE };
    truncated(this.#context, partition, bounds);
    return { errorCode: errorCodes.OFFSET_NOT_AVAILABLE };
  }
}

/**
 * Only an unclean election does this: acknowledged records are gone. Others come at their offsets, so what was fetched of the
 * partition counts no longer.
 */
export const truncated = (
  { partitions, batches, logger }: Pick<ReaderContext, 'partitions' | 'batches' | 'logger'>,
  partition: KafkaPartition,
  bounds: { readonly startOffset: number; readonly endOffset: number },
): void => {
  const before = partition.bounds?.endOffset;
  const { endOffset } = bounds;
  logger.error(
    { topic: partition.topicName, partition: partition.partition, before, endOffset },
    `the cluster has lost records: partition ${partition.partition} of '${partition.topicName}' ended at ${before} and ends at ${endOffset} now (unclean.leader.election.enable?)`,
  );
  batches.forget(partition);
  partitions.learn(partition, { ...bounds, lost: true });
};
