import { topicPartitionText } from '../core/ids.ts';
import type { Sparse } from '../codec/api.ts';
import type { FetchRequest, FetchResponse, FetchResponsePartitionData } from '../codec/messages/fetch.ts';
import type { KafkaPartition } from './kafka-partitions.ts';

/** From here on topics go by their ids, so that one that was created again is not taken for the one before. */
const firstVersionWithTopicIds = 13;

/** A partition as a Fetch asks for it. */
export interface PartitionToFetch {
  readonly partition: KafkaPartition;
  readonly fetchOffset: number;
  /** -1: not known. */
  readonly leaderEpoch: number;
  readonly maxBytes: number;
}

/** The part of a Fetch that names partitions. */
export const topicsToFetch = (partitions: readonly PartitionToFetch[]): Sparse<FetchRequest>['topics'] =>
  byTopic(partitions, ({ partition }) => partition).map(([{ topicId, topicName }, asked]) => ({
    topicId,
    topic: topicName,
    partitions: asked.map((each) => ({
      partition: each.partition.partition,
      fetchOffset: each.fetchOffset,
      currentLeaderEpoch: each.leaderEpoch,
      partitionMaxBytes: each.maxBytes,
    })),
  }));

const byTopic = <T>(items: readonly T[], partitionOf: (item: T) => KafkaPartition): [KafkaPartition, T[]][] => {
  const topics = new Map<string, [KafkaPartition, T[]]>();
  for (const item of items) {
    const partition = partitionOf(item);
    const listed = topics.get(partition.topicId);
    if (listed === undefined) topics.set(partition.topicId, [partition, [item]]);
    else listed[1].push(item);
  }
  return [...topics.values()];
};

/** Partitions by what answers call them: until version 12 the topic's name, from then on its id. */
export class PartitionsAsked {
  readonly #partitions: Iterable<KafkaPartition>;
  #byTopic: Map<string, Map<number, KafkaPartition>> | undefined;
  #byId = false;

  constructor(partitions: Iterable<KafkaPartition>) {
    this.#partitions = partitions;
  }

  /** What was answered of them. */
  in(response: FetchResponse, version: number): [KafkaPartition, FetchResponsePartitionData][] {
    const byId = version >= firstVersionWithTopicIds;
    if (this.#byTopic === undefined || byId !== this.#byId) {
      this.#byTopic = new Map();
      this.#byId = byId;
      for (const partition of this.#partitions) {
        const topic = byId ? partition.topicId : partition.topicName;
        const listed = this.#byTopic.get(topic);
        if (listed === undefined) this.#byTopic.set(topic, new Map([[partition.partition, partition]]));
        else listed.set(partition.partition, partition);
      }
    }
    const answered: [KafkaPartition, FetchResponsePartitionData][] = [];
    for (const { topicId, topic = '', partitions } of response.responses) {
      const listed = this.#byTopic.get(byId ? topicId : topic);
      for (const data of partitions) {
        const partition = listed?.get(data.partitionIndex);
        if (partition !== undefined) answered.push([partition, data]);
      }
    }
    return answered;
  }
}

/**
 * An incremental fetch session with one broker (KIP-227): only what changed since the last request is sent, and only what has
 * something new is answered. So a request costs as much as changes, however many partitions there are.
 */
export class FetchSession {
  #sessionId = 0;
  #epoch = 0;
  /** The offsets that were sent last. */
  #sent = new Map<KafkaPartition, number>();

  /**
   * What to send so that all of `wanted` is fetched.
   *
   * @param changed what is new in `wanted`, other than it was, or not in it any more, since the last call
   */
  next(
    wanted: ReadonlyMap<KafkaPartition, PartitionToFetch>,
    changed: ReadonlySet<KafkaPartition>,
  ): Sparse<FetchRequest> {
    const session = { sessionId: this.#sessionId, sessionEpoch: this.#epoch };
    if (this.#epoch === 0) {
      this.#sent = new Map([...wanted.values()].map(({ partition, fetchOffset }) => [partition, fetchOffset]));
      return { ...session, topics: topicsToFetch([...wanted.values()]) };
    }
    const asked: PartitionToFetch[] = [];
    const gone: KafkaPartition[] = [];
    for (const partition of changed) {
      const each = wanted.get(partition);
      if (each !== undefined) {
        asked.push(each);
        this.#sent.set(partition, each.fetchOffset);
      } else if (this.#sent.delete(partition)) gone.push(partition);
    }
    // One that is known anew is asked for; a broker would take it out again.
    const names = new Set(gone.length === 0 ? [] : asked.map(({ partition }) => topicPartitionText(partition)));
    const left = gone.filter((partition) => !names.has(topicPartitionText(partition)));
    const forgotten = byTopic(left, (partition) => partition);
    return {
      ...session,
      topics: topicsToFetch(asked),
      forgottenTopicsData: forgotten.map(([{ topicId, topicName }, partitions]) => ({
        topicId,
        topic: topicName,
        partitions: partitions.map(({ partition }) => partition),
      })),
    };
  }

  /** From where an answer about a partition begins, at the earliest. */
  sentOffset(partition: KafkaPartition): number | undefined {
    return this.#sent.get(partition);
  }

  /** The broker took the request; without an id it keeps no session, and everything is sent each time. */
  answered(sessionId: number): void {
    this.#sessionId = sessionId;
    this.#epoch = sessionId === 0 ? 0 : this.#epoch === 0x7fff_ffff ? 1 : this.#epoch + 1;
  }

  /** Whatever the broker knew counts no more. */
  reset(): void {
    this.#sessionId = 0;
    this.#epoch = 0;
  }
}
